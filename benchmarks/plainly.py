"""Peers for the tasks that Gymnasium does not have: the same task and scene in plain MuJoCo, one simulation at a time
and with the renderer's defaults, as one writes it first."""

import time
from collections.abc import Iterator
from typing import Any

from contest import Run

NAME = "the same task in plain MuJoCo, one simulation at a time"
NAME_DRAWN = "the same scene in plain MuJoCo, mujoco.Renderer with its defaults"


def plain_steps(task: str, name: str) -> Run:
    """Control steps with observation and reward (the mug push: 1/20 s of a push each, with its planning)."""
    steps = _pushed(task) if task == "mug_push" else _torqued(task)
    next(steps)

    def run(seconds: float) -> dict[str, float]:
        start, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            for _ in range(50):
                next(steps)
            count += 50
        return {name: count / elapsed}

    return run


def plain_frames(task: str, name: str, width: int, height: int) -> Run:
    """A control step and a picture of the same scene, at the size and with the quality that MuJoCo starts with."""
    import mujoco

    from gplac.worlds.assemble import CAMERA, assemble
    from gplac.worlds.registry import task as task_named
    from gplac.worlds.splits import scene

    model = assemble(task_named(task), scene(task, "test", 0), width, height).model
    usual = mujoco.MjSpec().compile().vis
    for field in ("offsamples", "shadowsize", "numslices", "numstacks", "numquads"):
        setattr(model.vis.quality, field, getattr(usual.quality, field))
    model.vis.global_.offwidth, model.vis.global_.offheight = usual.global_.offwidth, usual.global_.offheight
    renderer, shown = mujoco.Renderer(model, height, width), mujoco.MjData(model)
    steps = _pushed(task) if task == "mug_push" else _torqued(task)

    def run(seconds: float) -> dict[str, float]:
        start, count = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            shown.qpos[:] = next(steps).qpos
            mujoco.mj_forward(model, shown)
            renderer.update_scene(shown, camera=CAMERA)
            renderer.render()
            count += 1
        return {name: count / elapsed}

    return run


def _torqued(task: str) -> Iterator[Any]:
    """Episodes of random torques."""
    import mujoco
    import numpy as np

    from gplac.worlds.arm import BAR_SITE, END_SITE, FORK_SITE, Hand
    from gplac.worlds.registry import task as task_named

    what: Any = task_named(task)
    model = what.physics().compile()
    data, generator = mujoco.MjData(model), np.random.default_rng(0)
    while True:
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.qvel[:] = what.reset(generator)
        for _ in range(what.episode_steps):
            data.ctrl[:] = generator.uniform(-what.action_limit, what.action_limit, what.action_size)
            mujoco.mj_step(model, data, nstep=what.substeps)
            mujoco.mj_kinematics(model, data)
            hand = Hand(*(data.site(name).xpos for name in (FORK_SITE, BAR_SITE, END_SITE)))
            what.full_state(data.qpos, data.qvel, hand)
            what.reward(data.qpos, data.qvel, hand, data.ctrl)
            yield data


def _pushed(task: str) -> Iterator[Any]:
    """Pushes from behind the mug."""
    import mujoco
    import numpy as np

    from gplac.worlds import push, sawyer
    from gplac.worlds.arm import TABLE_HEIGHT_M
    from gplac.worlds.mug_push import GOAL_XY, HOME, STEP_S
    from gplac.worlds.registry import task as task_named

    what = task_named(task)
    spec = what.physics()
    spec.option.jacobian = mujoco.mjtJacobian.mjJAC_AUTO
    model = spec.compile()
    data, generator = mujoco.MjData(model), np.random.default_rng(0)
    kinematics, substeps = sawyer.Kinematics(model), round(1.0 / push.RATE_HZ / STEP_S)
    while True:
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.qvel[:] = what.reset(generator)
        mug = what.object_xy(data.qpos)
        start = mug - 0.1 * (GOAL_XY - mug) / np.linalg.norm(GOAL_XY - mug)
        now = data.qpos[:7].copy()
        for angles in push.plan(kinematics, now, HOME, start, GOAL_XY, TABLE_HEIGHT_M):
            for share in np.linspace(0.0, 1.0, substeps + 1)[1:]:
                data.ctrl[:] = now + share * (angles - now)
                mujoco.mj_step(model, data)
            now = angles
            yield data

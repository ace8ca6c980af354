"""Stepping and drawing: the pusher beside Gymnasium's Pusher-v5, the other tasks beside plain MuJoCo."""

import os
import time
from functools import partial
from typing import Any

from contest import Case, Run
from plainly import NAME, NAME_DRAWN, plain_frames, plain_steps

CORES = os.cpu_count() or 1
SIMULATIONS = 64
WIDTH, HEIGHT = 200, 175


def our_steps(name: str, threads: int, task_name: str = "pusher") -> Run:
    """Control steps of `VectorTask`, each with observation and reward, as Gymnasium's have them."""
    import numpy as np

    from gplac.worlds.registry import TASKS
    from gplac.worlds.vector import VectorTask

    task: Any = TASKS[task_name]()
    vector = VectorTask(task, SIMULATIONS, threads)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            states = [task.reset(generator) for _ in range(SIMULATIONS)]
            vector.set_state(np.stack([q for q, _ in states]), np.stack([v for _, v in states]))
            for _ in range(task.episode_steps):
                actions = generator.uniform(-task.action_limit, task.action_limit, (SIMULATIONS, 7))
                vector.step(actions)
                vector.full_state()
                vector.reward(actions)
                steps += SIMULATIONS
        return {name: steps / elapsed}

    return run


def gymnasium_steps(name: str) -> Run:
    """Control steps of Gymnasium's environment."""
    import gymnasium
    import numpy as np

    env = gymnasium.make("Pusher-v5")
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            env.reset(seed=steps)
            done = False
            while not done:
                _, _, terminated, truncated, _ = env.step(generator.uniform(-2.0, 2.0, 7))
                done = terminated or truncated
                steps += 1
        return {name: steps / elapsed}

    return run


def our_frames(name: str = "step and render", task_name: str = "pusher") -> Run:
    """A control step and the policy's view of a test scene: table, room, mug, distractors, lights with shadows."""
    import numpy as np

    from gplac.worlds.registry import TASKS
    from gplac.worlds.render import SceneRenderer
    from gplac.worlds.splits import scene
    from gplac.worlds.vector import VectorTask

    task: Any = TASKS[task_name]()
    vector = VectorTask(task, 1)
    renderer = SceneRenderer(task, scene(task_name, "test", 0), WIDTH, HEIGHT)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, frames = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            if frames % task.episode_steps == 0:
                qpos, qvel = task.reset(generator)
                vector.set_state(qpos[None], qvel[None])
            vector.step(generator.uniform(-task.action_limit, task.action_limit, (1, 7)))
            renderer.frame(vector.qpos[0])
            frames += 1
        return {name: frames / elapsed}

    return run


def our_pushes(name: str, size: tuple[int, int] | None = None) -> Run:
    """Control steps of pushes from behind the mug, each 1/20 s of a push, planning included; with a size, and the
    policy's view after each."""
    import numpy as np

    from gplac.worlds.mug_push import GOAL_XY, MIDDLE_XY, MugPush
    from gplac.worlds.render import SceneRenderer
    from gplac.worlds.splits import scene

    task = MugPush()
    simulations = task.simulations(1)
    renderer = None if size is None else SceneRenderer(task, scene(task.name, "test", 0), *size)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            qpos, qvel = task.reset(generator)
            simulations.set_state(qpos[None], qvel[None])
            way = GOAL_XY - task.object_xy(qpos)
            behind = task.object_xy(qpos) - 0.1 * way / np.linalg.norm(way)
            film = simulations.film(0, behind - MIDDLE_XY)
            steps += len(film) - 1
            if renderer is not None:
                for position in film[1:]:
                    renderer.frame(position)
        return {name: steps / elapsed}

    return run


def gymnasium_frames() -> Run:
    """A control step and a picture of the same size from Gymnasium's environment."""
    import gymnasium
    import numpy as np

    env = gymnasium.make("Pusher-v5", render_mode="rgb_array", width=WIDTH, height=HEIGHT)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, frames, done = time.perf_counter(), 0, True
        while (elapsed := time.perf_counter() - start) < seconds:
            if done:
                env.reset(seed=frames)
            _, _, terminated, truncated, _ = env.step(generator.uniform(-2.0, 2.0, 7))
            done = terminated or truncated
            env.render()
            frames += 1
        return {"step and render": frames / elapsed}

    return run


def _steps(name: str, cores: int) -> Case:
    return Case(
        {name: "steps/s"},
        "Gymnasium Pusher-v5",
        partial(our_steps, name, cores),
        partial(gymnasium_steps, name),
        cores,
    )


STEPS = _steps("control steps, one thread", 1)
ALL_STEPS = _steps("control steps, every core", CORES)
FRAMES = Case(
    {"step and render": "frames/s"}, "Gymnasium Pusher-v5, rgb_array 200x175", our_frames, gymnasium_frames
)


def _plain_case(name: str, unit: str, peer_name: str, ours: Any, peer: Any) -> Case:
    return Case({name: unit}, peer_name, partial(ours, name), partial(peer, name=name))


PUSH_SIZE = (320, 240)
STRIKER_STEPS = _plain_case(
    "striker: control steps, one thread",
    "steps/s",
    NAME,
    partial(our_steps, threads=1, task_name="striker"),
    partial(plain_steps, "striker"),
)
STRIKER_FRAMES = _plain_case(
    "striker: step and render",
    "frames/s",
    NAME_DRAWN,
    partial(our_frames, task_name="striker"),
    partial(plain_frames, "striker", width=WIDTH, height=HEIGHT),
)
PUSH_STEPS = _plain_case(
    "mug push: control steps, one thread", "steps/s", NAME, our_pushes, partial(plain_steps, "mug_push")
)
PUSH_FRAMES = _plain_case(
    "mug push: step and render",
    "frames/s",
    NAME_DRAWN,
    partial(our_pushes, size=PUSH_SIZE),
    partial(plain_frames, "mug_push", width=PUSH_SIZE[0], height=PUSH_SIZE[1]),
)

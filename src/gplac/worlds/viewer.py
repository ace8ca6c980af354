"""A scene in MuJoCo's interactive viewer."""

import os
import sys
import warnings
from pathlib import Path

import mujoco

from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.assemble import assemble
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import require_scene, scene

SHADOW_SIZE = 2048


def show(
    task: str,
    split: str,
    index: int,
    level: str = "standard",
    assets: Path | None = None,
    episode: int = 0,
    vary: str | None = None,
    robot_model: Path | None = None,
) -> None:
    """Open a scene at the start of an episode, to be looked at from anywhere and pulled at; returns when it is closed.

    Args:
        task: name of the task.
        split, index: which scene.
        level: difficulty of the looks.
        assets: folder of an asset pack.
        episode: which start, from 0.
        vary: see `gplac.worlds.splits.scene`.
        robot_model: see `gplac.worlds.registry.task`.

    Raises:
        UserError: no such scene or start, a robot's model that is unfit, or a machine without a screen.
    """
    require_scene(task, split, index)
    if episode < 0:
        raise UserError(f"There is no episode {episode}; starts are numbered from 0.")
    description, what = scene(task, split, index, level, assets, vary), task_named(task, robot_model)
    instead = f"draw pictures instead: gplac scenes {task} --split {split}"
    screens = [os.environ[name] for name in ("DISPLAY", "WAYLAND_DISPLAY") if os.environ.get(name)]
    if sys.platform == "linux" and not screens:
        raise UserError(
            f"The viewer needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY is set; {instead}"
        )
    # Imported here: they load what draws on a screen.
    import glfw
    from mujoco import viewer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", glfw.GLFWError)
        # Tried here first, for where it fails the viewer ends the process.
        if not glfw.init():
            where = f" {screens[0]}" if screens else ""
            raise UserError(f"The viewer cannot open the screen{where}; {instead}")
    model = assemble(what, description, 640, 560, SHADOW_SIZE).model
    data = mujoco.MjData(model)
    data.qpos[:], data.qvel[:] = what.reset(rng("view", task, split, index, episode))
    mujoco.mj_forward(model, data)
    # Servos hold the arm where it starts, as in an episode; motors, which have no bias, stay at rest.
    servos = model.actuator_biastype == mujoco.mjtBias.mjBIAS_AFFINE
    data.ctrl[servos] = data.actuator_length[servos]
    viewer.launch(model, data)

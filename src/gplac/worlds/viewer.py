"""A scene in MuJoCo's interactive viewer."""

import os
import sys
from pathlib import Path

import mujoco

from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.assemble import assemble
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import require_scene, scene

SHADOW_SIZE = 2048


def show(
    task: str, split: str, index: int, level: str = "standard", assets: Path | None = None, episode: int = 0
) -> None:
    """Open a scene at the start of an episode, to be looked at from anywhere and pulled at; returns when it is closed.

    Args:
        task: name of the task.
        split, index: which scene.
        level: difficulty of the looks.
        assets: folder of an asset pack.
        episode: which start.

    Raises:
        UserError: no such scene, or a machine without a screen.
    """
    require_scene(task, split, index)
    description, what = scene(task, split, index, level, assets), task_named(task)
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise UserError(
            "The viewer needs a screen, and neither DISPLAY nor WAYLAND_DISPLAY is set;"
            f" draw pictures instead: gplac scenes {task} --split {split}"
        )
    # Imported here: it loads what draws on a screen.
    from mujoco import viewer

    model = assemble(what, description, 640, 560, SHADOW_SIZE).model
    data = mujoco.MjData(model)
    data.qpos[:], data.qvel[:] = what.reset(rng("view", task, split, index, episode))
    mujoco.mj_forward(model, data)
    # Servos hold the arm where it starts, as in an episode; motors, which have no bias, stay at rest.
    servos = model.actuator_biastype == mujoco.mjtBias.mjBIAS_AFFINE
    data.ctrl[servos] = data.actuator_length[servos]
    viewer.launch(model, data)

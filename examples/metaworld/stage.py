"""Meta-World's emergency stop button on a table, as this example records and evaluates it: camera, places, looks."""

from dataclasses import dataclass

import mujoco
import numpy as np
from gymnasium.spaces import Box
from metaworld.env_dict import ALL_V3_ENVIRONMENTS
from metaworld.policies import ENV_POLICY_MAP

TASK = "button-press-topdown-v3"
HZ, HOLD = 20.0, 4
"""Actions a second, and how many of Meta-World's steps (of 12.5 ms) each is held for."""
ACTIONS = 40
"""An episode that has not succeeded after so many has failed. The scripted policy needs about fourteen."""
PLACES = np.array([-0.2, 0.65, 0.115]), np.array([0.2, 0.85, 0.115])
"""Where the box with the button may stand, metres: four times the area that Meta-World draws from, so that a policy
that presses in the middle without looking rarely hits."""
EYE, TARGET, FOVY_DEG = np.array([0.0, 1.75, 0.95]), np.array([0.0, 0.68, 0.2]), 36.0
"""The camera faces the robot across the table."""


@dataclass(frozen=True)
class Look:
    """What the place looks like; None is as Meta-World has it. Colours are red, green, blue from 0 to 1."""

    table: tuple[float, float, float] | None = None
    rails: tuple[float, float, float] | None = None
    floor: tuple[float, float, float] | None = None
    checks: tuple[float, float, float] | None = None
    """Second colour of a chequered table."""
    light: float = 1.0
    """Brightness of all lights."""
    from_left: bool = False
    """All light comes from one side."""


def make_env(width: int, height: int, look: Look | None = None):
    """The environment; only `place` moves its button, and only `hand` and `gripper` may be shown to a policy."""
    env = ALL_V3_ENVIRONMENTS[TASK](render_mode="rgb_array", camera_name="corner", width=width, height=height)
    env._set_task_called = True  # Meta-World's own random places are not used
    env._random_reset_space = Box(*PLACES, dtype=np.float64)
    _aim(env.model)
    # Drawn in software, a picture takes five times as long with mirrors, shadows and smoothed edges.
    env.model.vis.quality.shadowsize, env.model.vis.quality.offsamples = 0, 0
    env.model.mat_reflectance[:] = 0.0
    if look is not None:
        _dress(env.model, look)
    return env


def expert():
    """Meta-World's scripted policy of this task. It is told where the button is."""
    return ENV_POLICY_MAP[TASK]()


def reset(env, place):
    """Start an episode with the box at ``place (3,)``; the observation of Meta-World, which begins with `felt`."""
    env._freeze_rand_vec, env._last_rand_vec = True, np.asarray(place, np.float64)
    observation, _ = env.reset()
    return observation


def act(env, action):
    """Do an action, from -1 to 1 each; the next observation, and whether the button has been pressed."""
    pressed = False
    for _ in range(HOLD):
        observation, _, _, _, info = env.step(np.clip(action, -1, 1).astype(np.float32))
        pressed = pressed or bool(info["success"])
    return observation, pressed


def felt(observation):
    """What the robot feels: hand position in metres (3), opening of the gripper (1). Nothing of the button."""
    return observation[:4].astype(np.float32)


def picture(env):
    """``(H, W, 3)`` uint8."""
    return np.ascontiguousarray(env.render())


def _aim(model) -> None:
    camera = model.camera("corner")
    back = EYE - TARGET
    back /= np.linalg.norm(back)
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, np.stack([right, np.cross(back, right), back], 1).ravel())
    camera.pos[:], camera.quat[:], camera.fovy[:] = EYE, quaternion, FOVY_DEG


def _dress(model, look: Look) -> None:
    """Other colours and lights. The renderer reads the model when it draws first, so this comes before."""
    for material, texture, colour in (
        ("table_wood", "T_table", look.table),
        ("wall_metal", "T_wallmetal", look.rails),
        ("basic_floor", "T_floor", look.floor),
    ):
        if colour is not None:
            model.material(material).rgba[:3] = 1.0
            _paint(model, texture, colour, look.checks if texture == "T_table" else None)
    model.vis.headlight.ambient[:] *= look.light
    model.vis.headlight.diffuse[:] *= look.light
    model.light_diffuse[:] *= look.light
    if look.from_left:
        model.light_dir[:] = np.array([0.9, -0.2, -0.4])
        model.light_diffuse[:] *= 1.4
        model.vis.headlight.diffuse[:] *= 0.4


def _paint(model, name: str, colour, checks) -> None:
    texture = model.texture(name)
    start = int(texture.adr[0])
    height, width = int(texture.height[0]), int(texture.width[0])
    pixels = np.empty((height, width, 3))
    pixels[:] = colour
    if checks is not None:
        row, column = np.indices((height, width)) * 12 // width
        pixels[(row + column) % 2 == 1] = checks
    model.tex_data[start : start + pixels.size] = np.round(255 * pixels).astype(np.uint8).ravel()


LOOKS = {
    "as recorded": Look(),
    "green table": Look(table=(0.16, 0.42, 0.24)),
    "white table": Look(table=(0.88, 0.88, 0.85), rails=(0.3, 0.35, 0.5)),
    "blue table": Look(table=(0.15, 0.2, 0.5), floor=(0.5, 0.45, 0.4)),
    "chequered table": Look(table=(0.75, 0.7, 0.6), checks=(0.35, 0.2, 0.2), rails=(0.5, 0.5, 0.45)),
    "dim light": Look(light=0.45),
    "light from the left": Look(from_left=True),
    "all at once": Look(
        table=(0.3, 0.32, 0.35), checks=(0.55, 0.5, 0.6), rails=(0.2, 0.3, 0.2), floor=(0.2, 0.25, 0.3),
        light=0.7, from_left=True,
    ),
}  # fmt: skip
"""Looks to evaluate in; written down before any policy was trained."""

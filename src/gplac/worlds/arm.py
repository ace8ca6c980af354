"""The seven-joint arm that the pusher and the striker share, from the model file that Gymnasium ships."""

from importlib.resources import as_file, files
from typing import NamedTuple

import mujoco
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

JOINTS = 7
STATE_NAMES = (
    *(f"joint {i} (rad)" for i in range(1, JOINTS + 1)),
    *(f"joint {i} (rad/s)" for i in range(1, JOINTS + 1)),
    *(f"hand {axis} (m)" for axis in "xyz"),
)
"""What the robot knows of itself, in every task."""
TORQUE_NAMES = tuple(f"torque {i} (N m)" for i in range(1, JOINTS + 1))
FORK_SITE, BAR_SITE, END_SITE = "fork", "bar", "end"
BAR_HALF_M = 0.1
OBJECT_DENSITY = 100.0
"""kg/m^3: a light mug of 79 g."""
TABLE_HEIGHT_M, FLOOR_HEIGHT_M = -0.325, -1.05
ROOT = "r_shoulder_pan_link"
ARM_GROUP = 1
"""Group of geoms that are drawn only where the robot is in the picture."""
LAST_VISIBLE_GROUP = 2
"""MuJoCo's viewers show geoms of groups 0 to this one; by custom the others hold collision shells."""
_LIGHT_GREY, _DARK_GREY, _ACCENT = (0.80, 0.81, 0.83), (0.20, 0.21, 0.23), (0.93, 0.48, 0.12)
_DARK_GEOMS, _ACCENT_GEOMS = ("", "uar", "ef", "fr", "wf", "e1p", "e2p"), ("tip_arml", "tip_armr", "sl")
_SHADELESS_GEOMS = ("e1", "e2", "e1p", "e2p", "sp", "sl", "uar")
"""The shoulder stands behind the table: its shadow is not seen, and costs time."""


class Hand(NamedTuple):
    """World positions ``(..., 3)`` in metres of points of the hand."""

    fork: Floats
    """The point between the tips of the fork: the end effector that the policy knows of."""
    bar: Floats
    """The middle of the bar that joins the prongs, 0.1 m behind."""
    end: Floats
    """One end of the bar, where a prong begins, 0.1 m from its middle."""

    def side(self, towards: Floats) -> Floats:
        """The middle ``(..., 3)`` of the prong on the side of ``towards (..., 2)``, a direction in the plane."""
        across = self.end - self.bar
        sign = np.where(np.sum(across[..., :2] * towards, axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
        return 0.5 * (self.bar + self.fork) + sign * across


def pusher_spec() -> mujoco.MjSpec:
    """Gymnasium's pusher as published, but for the object's density, plus sites for the `Hand`.

    The body that the published rewards call the tips is the bar, 0.1 m short of them. The published object weighs
    8 milligrams, and contact with so little mass is so soft that the hand sinks 5 cm into it and drags it along by
    chance; with `OBJECT_DENSITY` it touches.
    """
    with as_file(files("gymnasium") / "envs/mujoco/assets/pusher_v5.xml") as path:
        spec = mujoco.MjSpec.from_file(str(path))
    # Sparse constraint Jacobians had a solver bug in MuJoCo 4.0.0; dense ones are quicker for so few contacts.
    spec.option.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
    spec.body("object").first_geom().density = OBJECT_DENSITY
    for name, place in ((FORK_SITE, (0.1, 0.0)), (BAR_SITE, (0.0, 0.0)), (END_SITE, (0.0, BAR_HALF_M))):
        spec.body("tips_arm").add_site(name=name, pos=[*place, 0.0], size=[0.005] * 3)
    return spec


def bare_spec(torque_nm: float) -> mujoco.MjSpec:
    """The arm at its table, without the pusher's object and goal, and with another limit of its torques."""
    spec = pusher_spec()
    for name in ("object", "goal"):
        spec.delete(spec.body(name))
    for actuator in spec.actuators:
        actuator.ctrlrange = [-torque_nm, torque_nm]
    return spec


def paint(spec: mujoco.MjSpec) -> None:
    """Colour the arm, and stand it on a post."""
    for geom in spec.body(ROOT).find_all(mujoco.mjtObj.mjOBJ_GEOM):
        geom.castshadow = geom.name not in _SHADELESS_GEOMS
        tone = _DARK_GREY if geom.name in _DARK_GEOMS else _LIGHT_GREY
        geom.rgba = [*(_ACCENT if geom.name in _ACCENT_GEOMS else tone), 1.0]
    add_post(spec, (0.0, -0.6), -0.4)


def add_post(spec: mujoco.MjSpec, xy: tuple[float, float], top_m: float) -> None:
    """A round post from the floor to the arm."""
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        fromto=[*xy, FLOOR_HEIGHT_M, *xy, top_m],
        size=[0.1, 0, 0],
        rgba=[*_DARK_GREY, 1.0],
        contype=0,
        conaffinity=0,
        mass=0.0,
        group=ARM_GROUP,
        castshadow=False,
    )


def robot_state(qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
    """Joint angles (rad), velocities (rad/s) and the point between the fork's tips (m): ``(..., 17)``."""
    return np.concatenate([qpos[..., :JOINTS], qvel[..., :JOINTS], hand.fork], axis=-1)

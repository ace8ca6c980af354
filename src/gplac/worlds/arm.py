"""The seven-joint arm that the pusher and the striker share, from the model file that Gymnasium ships."""

from importlib.resources import as_file, files
from typing import NamedTuple

import mujoco
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

JOINTS = 7
ROBOT_STATE_SIZE = 2 * JOINTS + 3
FORK_SITE, BAR_SITE, END_SITE = "fork", "bar", "end"
BAR_HALF_M = 0.1
OBJECT_DENSITY = 100.0
"""kg/m^3: a light mug of 79 g."""
TABLE_HEIGHT_M = -0.325


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
    8 micrograms, and contact with so little mass is so soft that the hand sinks 5 cm into it and drags it along by
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


def robot_state(qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
    """Joint angles (rad), velocities (rad/s) and the point between the fork's tips (m): ``(..., 17)``."""
    return np.concatenate([qpos[..., :JOINTS], qvel[..., :JOINTS], hand.fork], axis=-1)

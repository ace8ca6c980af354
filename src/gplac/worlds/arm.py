"""The seven-joint arm that the pusher and the striker share, from the model file that Gymnasium ships."""

from importlib.resources import as_file, files

import mujoco
import numpy as np

from gplac.worlds.task import Floats

JOINTS = 7
ROBOT_STATE_SIZE = 2 * JOINTS + 3
HAND_SITE = "fork"
TABLE_HEIGHT_M = -0.325


def pusher_spec() -> mujoco.MjSpec:
    """Gymnasium's pusher as published, plus a site between the tips of the fork.

    The body that the published rewards call the tips is the wrist, 0.1 m short of them.
    """
    with as_file(files("gymnasium") / "envs/mujoco/assets/pusher_v5.xml") as path:
        spec = mujoco.MjSpec.from_file(str(path))
    # Sparse constraint Jacobians had a solver bug in MuJoCo 4.0.0; dense ones are quicker for so few contacts.
    spec.option.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
    spec.body("tips_arm").add_site(name=HAND_SITE, pos=[0.1, 0.0, 0.0], size=[0.005] * 3)
    return spec


def robot_state(qpos: Floats, qvel: Floats, hand: Floats) -> Floats:
    """Joint angles (rad), velocities (rad/s) and the point between the fork's tips (m): ``(..., 17)``."""
    return np.concatenate([qpos[..., :JOINTS], qvel[..., :JOINTS], hand], axis=-1)

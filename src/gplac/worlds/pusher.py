"""Pusher: push a mug onto a coaster (section 6.1). Physics as published with Gymnasium's Pusher."""

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.worlds import arm
from gplac.worlds.task import Floats

ORIGIN_XY = np.array([0.45, -0.05])
"""Where the slide joints of mug and coaster are zero, world metres; the coaster stays there."""
BEHIND_M = 0.09
"""The expert is drawn to a point this far behind the mug, as seen from the coaster."""


class Pusher:
    """The task; see `gplac.worlds.task.Task`. Positions: 7 joints, mug (y, x), coaster (y, x)."""

    name = "pusher"
    object_of_interest = "mug"
    episode_steps = 100
    control_hz = 20
    substeps = 5
    action_limit = 2.0
    action_size = arm.JOINTS
    state_size = arm.ROBOT_STATE_SIZE
    success_m = 0.08
    """The coaster's radius; the paper names no threshold."""

    def physics(self) -> mujoco.MjSpec:
        """The published model; 5 steps of 0.01 s are one control step."""
        return arm.pusher_spec()

    def reset(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Arm stretched out at rest; mug anywhere in a 0.4 x 0.3 m field, at least 0.17 m from the coaster."""
        mug_yx = np.zeros(2)
        while np.hypot(*mug_yx) <= 0.17:
            mug_yx = rng.uniform([-0.3, -0.2], [0.0, 0.2])
        qpos = np.concatenate([np.zeros(arm.JOINTS), mug_yx, np.zeros(2)])
        qvel = np.concatenate([rng.uniform(-0.005, 0.005, arm.JOINTS), np.zeros(4)])
        return qpos, qvel

    def robot_state(self, qpos: Floats, qvel: Floats, hand: Floats) -> Floats:
        """See `gplac.worlds.arm.robot_state`."""
        return arm.robot_state(qpos, qvel, hand)

    def full_state(self, qpos: Floats, qvel: Floats, hand: Floats) -> Floats:
        """Robot state (17), the mug's velocity (2), and in the plane: mug and coaster from the fork, coaster from
        the mug, and the point behind the mug from the fork (8), in metres: ``(..., 27)``."""
        mug, goal, tips = self.object_xy(qpos), self.goal_xy(qpos), hand[..., :2]
        relative = [mug - tips, goal - tips, goal - mug, self._behind(mug, goal) - tips]
        return np.concatenate([self.robot_state(qpos, qvel, hand), qvel[..., 7:9], *relative], axis=-1)

    def reward(self, qpos: Floats, qvel: Floats, hand: Floats, action: Floats) -> Floats:
        """Reach behind the mug, bring it to the coaster, gently.

        ``-0.5 |fork - point behind the mug| - 2 d - 0.01 |a|^2 + exp(-(d / 0.06)^2)``
        with d the planar distance between mug and coaster. Gymnasium's own reward stalls: it draws the wrist, not
        the fork, and to the mug's middle rather than behind it.
        """
        mug, goal = self.object_xy(qpos), self.goal_xy(qpos)
        height = np.full((*mug.shape[:-1], 1), arm.TABLE_HEIGHT_M + 0.05)
        reach = np.linalg.norm(hand - np.concatenate([self._behind(mug, goal), height], axis=-1), axis=-1)
        distance = self.distance(qpos)
        effort = 0.01 * np.sum(action**2, axis=-1)
        return np.asarray(-0.5 * reach - 2.0 * distance - effort + np.exp(-((distance / 0.06) ** 2)))

    def distance(self, qpos: Floats) -> Floats:
        """Planar distance between the centres of mug and coaster, metres."""
        return np.asarray(np.linalg.norm(qpos[..., 7:9] - qpos[..., 9:11], axis=-1))

    def success(self, distances: Floats, threshold_m: float | None = None) -> npt.NDArray[np.bool_]:
        """Whether the mug's centre is above the coaster at the last step."""
        return np.asarray(distances[-1] <= (self.success_m if threshold_m is None else threshold_m))

    def object_xy(self, qpos: Floats) -> Floats:
        """World position of the mug."""
        return np.asarray(qpos[..., 8:6:-1] + ORIGIN_XY)

    def goal_xy(self, qpos: Floats) -> Floats:
        """World position of the coaster."""
        return np.asarray(qpos[..., 10:8:-1] + ORIGIN_XY)

    def with_object(self, qpos: Floats, xy: Floats) -> Floats:
        """``qpos`` with the mug at ``xy``."""
        moved = qpos.copy()
        moved[..., 7:9] = (np.asarray(xy) - ORIGIN_XY)[..., ::-1]
        return moved

    @staticmethod
    def _behind(mug: Floats, goal: Floats) -> Floats:
        away = mug - goal
        distance = np.linalg.norm(away, axis=-1, keepdims=True)
        # On the coaster "behind" is undefined: fade the offset out within the last 2 cm.
        return np.asarray(mug + BEHIND_M * away / np.maximum(distance, 0.02))

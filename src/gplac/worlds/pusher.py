"""Pusher: push a mug onto a coaster (section 6.1). Physics as published with Gymnasium's Pusher."""

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.worlds import arm, shaping
from gplac.worlds.arm import Floats, Hand
from gplac.worlds.camera import Camera
from gplac.worlds.layout import Field
from gplac.worlds.looks import coasters, kinds, mugs, packs
from gplac.worlds.stage import RobotLook, Role, Stage
from gplac.worlds.vector import VectorTask

ORIGIN_XY = np.array([0.45, -0.05])
"""Where the slide joints of mug and coaster are zero, world metres; the coaster stays there."""
HAND_HEIGHT_M = arm.TABLE_HEIGHT_M + 0.04


STAGE = Stage(
    object=Role("mug", "object", mugs.draw, packs.mug_parts, category="mug"),
    companion=Role("coaster", "goal", coasters.draw, lambda coaster, pack: coasters.parts(coaster)),
    robot=RobotLook(arm.ROOT, arm.paint),
    camera=Camera(position=(0.45, 0.76, 0.5), target=(0.45, -0.205, -0.31), fovy_deg=25.5),
    field=Field(x=(0.25, 0.65), y=(-0.35, -0.05), companion=(0.45, -0.05)),
    view_x=(-0.05, 0.95),
    view_y=(-0.55, 0.22),
    table_front_y=1.2,
    lit=(0.45, -0.2, 0.75),
    distractors=tuple(kinds.THINGS),
    lookalikes=kinds.UPRIGHT_AND_ROUND,
)


class Pusher:
    """The task; see `gplac.worlds.task.Task`. Positions: 7 joints, mug (y, x), coaster (y, x)."""

    name = "pusher"
    title = "pusher"
    object_of_interest = "mug"
    stage = STAGE
    episode_steps = 100
    control_hz = 20
    substeps = 5
    action_limit = 2.0
    action_names = arm.TORQUE_NAMES
    action_size = len(action_names)
    state_names = arm.STATE_NAMES
    state_size = len(state_names)
    success_m = 0.08
    """The coaster's radius; the paper names no threshold."""
    success_when = "mug and goal are at most {cm:g} cm apart at the end"

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

    def simulations(self, n: int) -> VectorTask:
        """``n`` of them, stepped together."""
        return VectorTask(self, n)

    def robot_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """See `gplac.worlds.arm.robot_state`."""
        return arm.robot_state(qpos, qvel, hand)

    def full_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """Robot state (17), where bar and pushing prong are (6), and in the plane: mug and coaster from the fork,
        coaster from the mug, mug and the point where the prong should be from the prong (10), in metres: ``(..., 33)``.

        Not the mug's velocity: it is all but always zero before the expert has learned to push, so that, normalised,
        the first push would drown everything else that the expert observes.
        """
        mug, goal, fork = self.object_xy(qpos), self.goal_xy(qpos), hand.fork[..., :2]
        side = hand.side(shaping.ahead(mug, goal))
        prong = side[..., :2]
        relative = [
            mug - fork,
            goal - fork,
            goal - mug,
            mug - prong,
            shaping.hand_target(mug, goal, prong) - prong,
        ]
        return np.concatenate([self.robot_state(qpos, qvel, hand), hand.bar, side, *relative], axis=-1)

    def reward(self, qpos: Floats, qvel: Floats, hand: Hand, action: Floats) -> Floats:
        """Bring a prong's side behind the mug, press it on towards the coaster, gently.

        ``-r + exp(-(r / 0.05)^2) / 2 - 4 d - 3 d' + 2 exp(-(d / 0.06)^2) - 0.01 |a|^2``, with d the planar distance
        between mug and coaster, d' its rate of change (m/s: without it the expert pushes too slowly to come from the
        field's edges in 5 s), and r the distance of the prong's middle from where it should be: behind the mug and,
        once straight behind it, pressing. Gymnasium's own reward stalls: it draws the hand to the mug's middle from
        any side. A prong is 0.1 m long and lies across the way while the arm reaches out, so that it pushes a round mug
        that is not quite where it seems.
        """
        mug, goal, distance = self.object_xy(qpos), self.goal_xy(qpos), self.distance(qpos)
        forwards = shaping.ahead(mug, goal)
        side = hand.side(forwards)
        aside = side[..., :2] - shaping.hand_target(mug, goal, side[..., :2])
        reach = np.sqrt(np.sum(aside**2, axis=-1) + (side[..., 2] - HAND_HEIGHT_M) ** 2)
        near = 0.5 * np.exp(-((reach / 0.05) ** 2)) + 2.0 * np.exp(-((distance / 0.06) ** 2))
        # The slide joints are (y, x) and the coaster stays where it is.
        approach = np.sum(qvel[..., 8:6:-1] * forwards, axis=-1)
        return np.asarray(near - reach - 4.0 * distance + 3.0 * approach - 0.01 * np.sum(action**2, axis=-1))

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

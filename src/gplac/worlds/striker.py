"""Striker: strike a ball so that it rolls into a goal cup (section 6.1). Physics after OpenAI Gym's Striker."""

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.worlds import arm, shaping
from gplac.worlds.arm import Floats, Hand
from gplac.worlds.camera import Camera
from gplac.worlds.layout import Field
from gplac.worlds.looks import balls, cups, decoys, distractors, kinds
from gplac.worlds.stage import RobotLook, Role, Stage
from gplac.worlds.vector import VectorTask

BALL_XY = np.array([0.5, -0.175])
"""Where the ball starts in every episode, world metres; its slide joints are zero there."""
BALL_RADIUS_M = 0.05
CUP_X, CUP_Y = (0.15, 0.7), (0.1, 1.0)
"""Where the cup's middle may be, world metres."""
CLEAR_M = 0.17
"""The cup keeps at least this far from the ball's start."""
WALL_RADIUS_M, WALL_TURNS_DEG = 0.075, (-45.0, 0.0, 45.0)
"""The cup's three walls: distance from its middle, and directions, 0 being away from the open front."""
BALL_DAMPING, BALL_ARMATURE, BALL_DENSITY = 0.5, 0.1, 300.0
"""As published: a sphere of 0.16 kg, 0.1 kg more for its turning, and 0.5 N s/m."""
ROLL_S = (BALL_DENSITY * 4 / 3 * np.pi * BALL_RADIUS_M**3 + BALL_ARMATURE) / BALL_DAMPING
"""A ball left alone rolls on by its speed times this (s) before it rests."""
BAR_HEIGHT_M = arm.TABLE_HEIGHT_M + 0.055
"""The ball's middle, where the bar strikes it."""
CATCHING = {"priority": 1, "condim": 3, "friction": [3.0, 0.0, 0.0], "solref": [0.02, 4.0]}
"""The walls hold a ball that rolls into them, as a cup does; the published ones, smooth and springy, throw it out."""
_BALL_AND_HAND = 3
"""Contact bits of what may touch both the table's kind of things (1) and the cup's walls (2)."""

STAGE = Stage(
    object=Role("cup", "cup", cups.draw, lambda cup, pack: cups.parts(cup)),
    companion=Role("ball", "ball", balls.draw, lambda ball, pack: balls.parts(ball)),
    robot=RobotLook(arm.ROOT, arm.paint),
    # Far away and through a narrow view, so that cups at the field's two ends look nearly alike in size.
    camera=Camera(position=(0.43, 3.075, 1.235), target=(0.43, 0.504, -0.31), fovy_deg=16.0),
    camera_turn=1 / 3,
    field=Field(x=CUP_X, y=CUP_Y, companion=(0.5, -0.175), reach_m=0.09),
    view_x=(-0.2, 1.06),
    view_y=(-0.55, 1.2),
    table_front_y=1.8,
    lit=(0.43, 0.35, 1.05),
    distractors=tuple(distractors.KINDS),
    lookalikes=kinds.UPRIGHT_AND_ROUND + decoys.LIKE_CUPS,
    # The ball, wherever it has been moved to.
    kept_free=((0.5, -0.175, BALL_RADIUS_M + 0.06),),
)


class Striker:
    """The task; see `gplac.worlds.task.Task`. Positions: 7 joints, ball (x, y) from its start, cup (x, y, yaw)."""

    name = "striker"
    title = "striker"
    object_of_interest = "goal cup"
    stage = STAGE
    episode_steps = 100
    control_hz = 20
    substeps = 5
    action_limit = 3.0
    action_names = arm.TORQUE_NAMES
    action_size = len(action_names)
    state_names = arm.STATE_NAMES
    state_size = len(state_names)
    success_m = 0.08
    """The cup's radius; the paper names no threshold."""
    success_when = "ball and goal cup come within {cm:g} cm of each other"

    def physics(self) -> mujoco.MjSpec:
        """The pusher's arm with stronger motors, a ball on slide joints, and a cup that the ball cannot move."""
        spec = arm.bare_spec(self.action_limit)
        for geom in spec.geoms:
            if geom.contype and geom.type == mujoco.mjtGeom.mjGEOM_CAPSULE:
                geom.contype = _BALL_AND_HAND
        ball = spec.worldbody.add_body(name="ball", pos=[*BALL_XY, arm.TABLE_HEIGHT_M + 0.055])
        ball.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=[BALL_RADIUS_M, 0, 0],
            density=BALL_DENSITY,
            contype=_BALL_AND_HAND,
            conaffinity=0,
        )
        cup = spec.worldbody.add_body(name="cup", pos=[0, 0, arm.TABLE_HEIGHT_M + 0.002])
        for degrees in WALL_TURNS_DEG:
            turn = np.deg2rad(degrees)
            cup.add_geom(
                type=mujoco.mjtGeom.mjGEOM_BOX,
                pos=[WALL_RADIUS_M * np.sin(turn), WALL_RADIUS_M * np.cos(turn), 0.04],
                euler=[0, 0, -turn],
                size=[0.032, 0.001, 0.04],
                contype=0,
                conaffinity=2,
                **CATCHING,
            )
        slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
        for name, axis in (("x", [1, 0, 0]), ("y", [0, 1, 0])):
            ball.add_joint(
                name=f"ball_{name}", type=slide, axis=axis, damping=BALL_DAMPING, armature=BALL_ARMATURE
            )
            # Published as 40 kg; here as good as fixed.
            cup.add_joint(name=f"cup_{name}", type=slide, axis=axis, damping=1e3)
        cup.add_joint(name="cup_yaw", type=hinge, axis=[0, 0, 1], damping=1e3)
        for name in ("ball_x", "ball_y", "cup_x", "cup_y", "cup_yaw"):
            spec.joint(name).limited = mujoco.mjtLimited.mjLIMITED_FALSE
        return spec

    def reset(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Arm stretched out at rest; cup anywhere in a 0.55 x 0.9 m field, its front open towards the ball."""
        cup = BALL_XY
        while np.hypot(*(cup - BALL_XY)) <= CLEAR_M:
            cup = rng.uniform([CUP_X[0], CUP_Y[0]], [CUP_X[1], CUP_Y[1]])
        qpos = self.with_object(np.zeros(arm.JOINTS + 5), cup)
        qvel = np.concatenate([rng.uniform(-0.1, 0.1, arm.JOINTS), np.zeros(5)])
        return qpos, qvel

    def simulations(self, n: int) -> VectorTask:
        """``n`` of them, stepped together."""
        return VectorTask(self, n)

    def robot_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """See `gplac.worlds.arm.robot_state`."""
        return arm.robot_state(qpos, qvel, hand)

    def full_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """Robot state (17), the bar's place (3), and in the plane: ball from the fork, ball and the point where the bar
        should be from the bar, cup from the ball (8); the ball from the bar and the fork from the bar, as ahead and to
        the left on the way from ball to cup (4); that way's direction (2); the cup from where the ball will rest (2).
        All in metres: ``(..., 36)``.

        Where the ball will rest stands in for its velocity, which is all but always zero before the expert has learned
        to strike, so that, normalised, the first strike would drown everything else that the expert observes.
        """
        ball, cup, fork, bar = self.ball_xy(qpos), self.goal_xy(qpos), hand.fork[..., :2], hand.bar[..., :2]
        forwards = shaping.ahead(ball, cup)
        relative = [ball - fork, ball - bar, shaping.hand_target(ball, cup, bar) - bar, cup - ball]
        aligned = [shaping.along_and_across(vector, forwards) for vector in (ball - bar, fork - bar)]
        rest = cup - ball - ROLL_S * qvel[..., 7:9]
        own = self.robot_state(qpos, qvel, hand)
        return np.concatenate([own, hand.bar, *relative, *aligned, forwards, rest], axis=-1)

    def reward(self, qpos: Floats, qvel: Floats, hand: Hand, action: Floats) -> Floats:
        """Bring the bar behind the ball, then strike so that the ball will come to the cup.

        ``-m + exp(-(m / 0.05)^2) / 2 + exp(-(m / 0.15)^2) / 2 + w (exp(-(r / 0.05)^2) / 2 - r) - 0.0025 |a|^2``, with m
        how near the ball will come to the cup if nothing touches it any more (a function of its place and velocity, so
        a strike pays at once, and a ball on its right way pays until the end), r the distance of the bar from where it
        should be, as for the pusher, and w = min(1, m / 0.17)^2: once the ball is on its way, the hand may rest. A
        careless strike leaves the ball where the hand cannot be behind it, so it pays to aim first; with a quarter of
        that weight the arm strikes at once and hardly ever hits. Gym's own reward has the smallest distance so far in
        it, which no observation tells. The whole is small, for `ExpertConfig.change_price` to weigh much: a strike
        tempts to jerks.
        """
        ball, cup = self.ball_xy(qpos), self.goal_xy(qpos)
        miss = self._miss(ball, qvel[..., 7:9], cup)
        aside = hand.bar[..., :2] - shaping.hand_target(ball, cup, hand.bar[..., :2])
        reach = np.sqrt(np.sum(aside**2, axis=-1) + (hand.bar[..., 2] - BAR_HEIGHT_M) ** 2)
        near = np.minimum(miss / CLEAR_M, 1.0) ** 2 * (0.5 * np.exp(-((reach / 0.05) ** 2)) - reach)
        aimed = 0.5 * np.exp(-((miss / 0.05) ** 2)) + 0.5 * np.exp(-((miss / 0.15) ** 2)) - miss
        return np.asarray(aimed + near - 0.0025 * np.sum(action**2, axis=-1))

    def distance(self, qpos: Floats) -> Floats:
        """Planar distance between the centres of ball and cup, metres."""
        return np.asarray(np.linalg.norm(self.ball_xy(qpos) - self.goal_xy(qpos), axis=-1))

    def success(self, distances: Floats, threshold_m: float | None = None) -> npt.NDArray[np.bool_]:
        """Whether the ball's centre came above the cup's floor at any step."""
        return np.asarray(distances.min(axis=0) <= (self.success_m if threshold_m is None else threshold_m))

    def ball_xy(self, qpos: Floats) -> Floats:
        """World position ``(..., 2)`` in metres of the ball."""
        return np.asarray(qpos[..., 7:9] + BALL_XY)

    def object_xy(self, qpos: Floats) -> Floats:
        """World position of the cup."""
        return np.asarray(qpos[..., 9:11])

    def goal_xy(self, qpos: Floats) -> Floats:
        """World position of the cup, which is the goal."""
        return self.object_xy(qpos)

    def with_object(self, qpos: Floats, xy: Floats) -> Floats:
        """``qpos`` with the cup at ``xy``, its front open towards the place where the ball starts."""
        moved = qpos.copy()
        moved[..., 9:11] = xy
        away = moved[..., 9:11] - BALL_XY
        moved[..., 11] = np.arctan2(-away[..., 0], away[..., 1])
        return moved

    @staticmethod
    def _miss(ball: Floats, velocity: Floats, cup: Floats) -> Floats:
        """How near ``(...)`` the ball's middle will come to the cup's if nothing touches it any more, metres."""
        way, roll = cup - ball, ROLL_S * velocity
        share = np.sum(way * roll, axis=-1) / np.maximum(np.sum(roll**2, axis=-1), 1e-9)
        return np.asarray(np.linalg.norm(way - np.clip(share, 0.0, 1.0)[..., None] * roll, axis=-1))

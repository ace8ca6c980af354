"""Mug push: the paper's robot experiment (section 6.2), emulated. One action an episode: where a straight push towards
the goal begins."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.trial import Decide, trials
from gplac.worlds import push, sawyer
from gplac.worlds.arm import STATE_NAMES, TABLE_HEIGHT_M, Floats
from gplac.worlds.camera import Camera
from gplac.worlds.layout import Field
from gplac.worlds.looks import coasters, kinds, mugs, packs
from gplac.worlds.stage import RobotLook, Role, Stage

MIDDLE_XY = np.array([0.45, -0.12])
"""Middle of the workspace, world metres; actions count from here."""
GOAL_XY = np.array([0.70, 0.06])
"""The corner that mugs are pushed to."""
MUG_X, MUG_Y = (0.20, 0.62), (-0.30, -0.02)
"""Where a mug's middle may start, world metres."""
CLEAR_M = 0.20
"""A mug starts at least this far from the goal."""
REACH_X, REACH_Y = (0.04, 0.82), (-0.42, 0.10)
"""Pushes begin inside this rectangle, world metres; a point outside is moved to its edge."""
MUG_RADIUS_M, MUG_HEIGHT_M, MUG_KG = 0.05, 0.10, 0.3
BASE = (0.45, -0.75, TABLE_HEIGHT_M)
HOME = np.array([0.64, -1.313, 0.255, 1.506, -0.066, 1.387, 4.215])
"""Joint angles at which the arm waits beside the picture while the camera looks."""
HOME_STD_RAD = 0.005
TIPPED_COS = 0.8
"""A mug whose axis is farther from upright than this cosine has tipped over."""
TIPPED_M = 1.0
"""Added to the distance of a mug that has tipped over: it never counts as pushed to the goal."""
STEP_S = 0.002

STAGE = Stage(
    object=Role("mug", "object", mugs.draw, packs.mug_parts, category="mug"),
    companion=Role("coaster", "goal", coasters.draw, lambda coaster, pack: coasters.parts(coaster)),
    robot=RobotLook(sawyer.ROOT, sawyer.paint),
    camera=Camera(position=(0.45, 0.95, 0.62), target=(0.45, -0.14, -0.31), fovy_deg=27.0),
    field=Field(x=MUG_X, y=MUG_Y, companion=(0.70, 0.06)),
    view_x=(-0.05, 0.95),
    view_y=(-0.50, 0.26),
    table_front_y=1.4,
    lit=(0.45, -0.15, 0.75),
    distractors=tuple(kinds.THINGS),
    lookalikes=kinds.UPRIGHT_AND_ROUND,
    scenes=(("weak", 50), ("validation", 10), ("test", 11)),
    weak_objects=17,
    weak_backgrounds=4,
    picture=(320, 240),
)
"""Section 6.2: weak images of 17 mugs, 4 backgrounds and 50 arrangements of other things, each with and without a mug;
11 mugs to test."""


class MugPush:
    """The task; see `gplac.worlds.task.Task`. Positions: 7 joints, then the mug's place (3) and quaternion (4).

    Args:
        model: a MuJoCo model of the real Sawyer to take in place of the primitive shapes.
    """

    name = "mug_push"
    title = "mug push (the robot experiment, emulated)"
    object_of_interest = "mug"
    stage = STAGE
    episode_steps = 1
    control_hz = push.RATE_HZ
    action_limit = 0.45
    action_names: tuple[str, ...] = ("start x (m)", "start y (m)")
    action_size = len(action_names)
    state_names = STATE_NAMES
    state_size = len(state_names)
    success_m = 0.08
    success_when = "the mug stands upright, at most {cm:g} cm from the goal"

    def __init__(self, model: Path | None = None) -> None:
        self._model = model

    def physics(self) -> mujoco.MjSpec:
        """Arm, table and mug, with gravity and friction."""
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        spec.option.timestep = STEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10.0
        spec.option.jacobian = mujoco.mjtJacobian.mjJAC_DENSE
        sawyer.add_sawyer(spec, BASE, np.pi / 2, self._model)
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=[2, 2, 0.1],
            pos=[0, 0, TABLE_HEIGHT_M],
            contype=1,
            conaffinity=1,
            friction=[0.5, 0.005, 0.0001],
        )
        mug = spec.worldbody.add_body(name="object", pos=[*MIDDLE_XY, TABLE_HEIGHT_M + MUG_HEIGHT_M / 2])
        mug.add_freejoint(name="mug")
        mug.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[MUG_RADIUS_M, MUG_HEIGHT_M / 2, 0],
            mass=MUG_KG,
            contype=3,
            conaffinity=3,
            friction=[0.3, 0.005, 0.0001],
        )
        spec.worldbody.add_body(name="goal", pos=[*GOAL_XY, TABLE_HEIGHT_M])
        return spec

    def reset(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Arm at home; mug upright anywhere in a 0.42 x 0.28 m field, at least 0.2 m from the goal."""
        xy = GOAL_XY
        while np.hypot(*(xy - GOAL_XY)) <= CLEAR_M:
            xy = rng.uniform([MUG_X[0], MUG_Y[0]], [MUG_X[1], MUG_Y[1]])
        angles = HOME + rng.normal(0.0, HOME_STD_RAD, 7)
        qpos = np.concatenate([angles, xy, [TABLE_HEIGHT_M + MUG_HEIGHT_M / 2, 1.0, 0.0, 0.0, 0.0]])
        return qpos, np.zeros(13)

    def distance(self, qpos: Floats) -> Floats:
        """Planar distance between mug and goal, metres; `TIPPED_M` more if the mug has tipped over."""
        apart = np.linalg.norm(self.object_xy(qpos) - GOAL_XY, axis=-1)
        upright = 1.0 - 2.0 * (qpos[..., 11] ** 2 + qpos[..., 12] ** 2)
        return np.asarray(apart + TIPPED_M * (upright < TIPPED_COS))

    def success(self, distances: Floats, threshold_m: float | None = None) -> npt.NDArray[np.bool_]:
        """Whether the mug stands at the goal at the end."""
        return np.asarray(distances[-1] <= (self.success_m if threshold_m is None else threshold_m))

    def object_xy(self, qpos: Floats) -> Floats:
        """World position of the mug."""
        return np.asarray(qpos[..., 7:9])

    def goal_xy(self, qpos: Floats) -> Floats:
        """World position of the goal."""
        return np.broadcast_to(GOAL_XY, self.object_xy(qpos).shape)

    def with_object(self, qpos: Floats, xy: Floats) -> Floats:
        """``qpos`` with the mug at ``xy``."""
        moved = qpos.copy()
        moved[..., 7:9] = xy
        return moved

    def simulations(self, n: int) -> "PushSimulations":
        """``n`` of them; pushes run one after the other."""
        return PushSimulations(self, n)


class PushSimulations:
    """``n`` independent simulations of pushes; see `gplac.worlds.task.Simulations`."""

    def __init__(self, task: MugPush, n: int) -> None:
        self.task, self.n = task, n
        self._model = task.physics().compile()
        self._kinematics = sawyer.Kinematics(self._model)
        self._data = mujoco.MjData(self._model)
        self._qpos, self._qvel = np.tile(self._data.qpos, (n, 1)), np.zeros((n, self._model.nv))
        self._substeps = round(1.0 / push.RATE_HZ / STEP_S)

    def set_state(self, qpos: Floats, qvel: Floats, ids: Sequence[int] | None = None) -> None:
        """Start simulations ``ids`` (default all) afresh from positions ``(len(ids), nq)`` and velocities."""
        chosen = slice(None) if ids is None else list(ids)
        self._qpos[chosen], self._qvel[chosen] = qpos, qvel

    def step(self, actions: npt.ArrayLike) -> None:
        """One push in each: ``actions (n, 2)`` are the points where they begin, metres from `MIDDLE_XY`."""
        for i, action in enumerate(np.asarray(actions, np.float64)):
            self.film(i, action)

    def act(self, policy: Decide, frames: npt.NDArray[np.uint8]) -> None:
        """A trial in each, as on a robot; ``frames (n, H, W, 3)`` are what the cameras see."""
        trials([SimulatedRobot(self, i, partial(frames.__getitem__, i)) for i in range(self.n)], policy)

    def film(self, i: int, action: npt.ArrayLike) -> Floats:
        """One push in simulation ``i`` alone: positions ``(T, nq)``, one row each 1/20 s, the first before it."""
        limit = self.task.action_limit
        action = np.clip(np.asarray(action, np.float64), -limit, limit)
        data, model = self._data, self._model
        mujoco.mj_resetData(model, data)
        data.qpos[:], data.qvel[:] = self._qpos[i], self._qvel[i]
        start = np.clip(MIDDLE_XY + action, *np.array([REACH_X, REACH_Y]).T)
        now, positions = data.qpos[:7].copy(), [data.qpos.copy()]
        for angles in push.plan(self._kinematics, now, HOME, start, GOAL_XY, TABLE_HEIGHT_M):
            for share in np.linspace(0.0, 1.0, self._substeps + 1)[1:]:
                data.ctrl[:] = now + share * (angles - now)
                mujoco.mj_step(model, data)
            now = angles
            positions.append(data.qpos.copy())
        self._qpos[i], self._qvel[i] = data.qpos, data.qvel
        return np.stack(positions)

    @property
    def qpos(self) -> Floats:
        """Positions ``(n, 14)``, a copy."""
        return self._qpos.copy()

    @property
    def qvel(self) -> Floats:
        """Velocities ``(n, 13)``, a copy."""
        return self._qvel.copy()

    def robot_state(self) -> npt.NDArray[np.float32]:
        """Joint angles (rad), velocities (rad/s) and the paddle's place (m), ``(n, 17)``."""
        places = np.stack([self._kinematics.tool(angles)[0] for angles in self._qpos[:, :7]])
        return np.hstack([self._qpos[:, :7], self._qvel[:, :7], places]).astype(np.float32)

    def full_state(self, error_m: Floats | None = None) -> npt.NDArray[np.float32]:
        """The robot's state (17), and mug and goal from the middle of the workspace (4), metres: ``(n, 21)``."""
        mug = self.task.object_xy(self._qpos) + (0.0 if error_m is None else error_m)
        goal = self.task.goal_xy(self._qpos)
        return np.hstack([self.robot_state(), mug - MIDDLE_XY, goal - MIDDLE_XY]).astype(np.float32)

    def reward(self, actions: Floats) -> Floats:
        """Less the distance ``(n,)`` between mug and goal."""
        return -self.distance()

    def distance(self) -> Floats:
        """Distance ``(n,)`` in metres that success is judged by."""
        return self.task.distance(self._qpos)


class SimulatedRobot:
    """Simulation ``i`` as a robot: what a policy meets here, it meets on a robot; see `gplac.trial.Robot`.

    Args:
        simulations: where it is.
        i: which of them.
        camera: what its camera sees now, ``(H, W, 3)``.
    """

    def __init__(
        self, simulations: PushSimulations, i: int, camera: Callable[[], npt.NDArray[np.uint8]]
    ) -> None:
        self._simulations, self._i, self._camera = simulations, i, camera

    def image(self) -> npt.NDArray[np.uint8]:
        """What the camera sees now, ``(H, W, 3)``."""
        return self._camera()

    def state(self) -> npt.NDArray[np.float32]:
        """Joint angles, velocities and the paddle's place, ``(17,)``."""
        state: npt.NDArray[np.float32] = self._simulations.robot_state()[self._i]
        return state

    def push_from(self, point: Floats) -> None:
        """Push from ``point (2,)``, metres from the middle of the workspace, straight towards the goal."""
        self._simulations.film(self._i, point)

"""Sawyer, the arm of the robot experiment (section 6.2), after its published kinematics, and its inverse kinematics."""

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.worlds.arm import LAST_VISIBLE_GROUP, add_post

Floats = npt.NDArray[np.float64]

PREFIX = "sawyer/"
"""Of the names of its parts in a world."""
ROOT = "sawyer"
"""Body that all of it belongs to."""
JOINTS = tuple(f"right_j{i}" for i in range(7))
HAND, LAST_LINK = "right_hand", "right_l6"
"""Body at the end of the arm, its z axis pointing out of it, and the link that it is fixed to."""
PADDLE, ROD, TOOL = "paddle", "paddle rod", "tool"
"""Two geoms of the paddle, and a site in the middle of its lower edge, whose x axis points the way that it pushes."""
PADDLE_M = (0.01, 0.04, 0.05)
"""Half thickness, half width and half height of the paddle."""
_RED, _DARK = (0.52, 0.09, 0.11), (0.17, 0.17, 0.19)
TOOL_REACH_M = 0.16
"""From the hand to the paddle's lower edge."""


_SIZES = ("memory", "nuserdata", "nkey", "nconmax", "njmax")


@dataclass(frozen=True)
class Link:
    """One moving link, as Rethink Robotics' description of the robot (URDF) has it."""

    pos: tuple[float, float, float]
    """Of its joint in the link before, metres."""
    rpy: tuple[float, float, float]
    """Turn of that frame about the fixed x, y and z axes, rad."""
    limits: tuple[float, float]
    """Of its joint, rad."""
    mass_kg: float
    tube: tuple[float, float, float, float, float, float]
    """What is drawn of it: the two ends of a rod in its own frame, metres."""
    radius_m: float


_Q = np.pi / 2
LINKS = (
    Link((0, 0, 0.08), (0, 0, 0), (-3.0503, 3.0503), 5.3213, (0, 0, 0, 0, 0, 0.237), 0.075),
    Link((0.081, 0.05, 0.237), (-_Q, _Q, 0), (-3.8095, 2.2736), 4.505, (0, 0, -0.03, 0, 0, 0.13), 0.07),
    Link((0, -0.14, 0.1425), (_Q, 0, 0), (-3.0426, 3.0426), 1.745, (0, 0, -0.1, 0, 0, 0.24), 0.055),
    Link((0, -0.042, 0.26), (-_Q, 0, 0), (-3.0439, 3.0439), 2.5097, (0, 0, 0.02, 0, 0, -0.12), 0.055),
    Link((0, -0.125, -0.1265), (_Q, 0, 0), (-2.9761, 2.9761), 1.1136, (0, 0, -0.06, 0, 0, 0.26), 0.045),
    Link((0, 0.031, 0.275), (-_Q, 0, 0), (-2.9761, 2.9761), 1.5625, (0, 0, -0.03, 0, 0, 0.11), 0.045),
    Link((0, -0.11, 0.1053), (-_Q, -0.17453, np.pi), (-4.7124, 4.7124), 0.3292, (0, 0, -0.02, 0, 0, 0.02), 0.04),
)  # fmt: skip
HAND_POS, HAND_RPY = (0.0, 0.0, 0.0245), (0.0, 0.0, _Q)


def add_sawyer(
    spec: mujoco.MjSpec, pos: tuple[float, float, float], yaw_rad: float, mjcf: Path | None = None
) -> None:
    """Stand the arm with its paddle into ``spec``, with a position servo on each joint.

    Args:
        spec: its options stay as they are, whatever ``mjcf`` has.
        pos: of its base, world metres.
        yaw_rad: where its base faces; 0 is +x.
        mjcf: a model of the real robot to take in place of ours: hinges with limits named right_j0 to right_j6, and a
            last body right_hand, or right_l6, which gets a hand where the real robot has it.

    Raises:
        UserError: ``mjcf`` cannot be read, or has no such joints or body.
    """
    base = spec.worldbody.add_body(name=ROOT, pos=pos, quat=[np.cos(yaw_rad / 2), 0, 0, np.sin(yaw_rad / 2)])
    child = _built() if mjcf is None else _read(mjcf)
    _take_options(child, spec)
    spec.attach(child, prefix=PREFIX, frame=base.add_frame())
    # Added now, without the prefix, so that no name of the model's own can be one of these.
    # The paddle hangs below the hand when the hand points down: x is the way it pushes, z points up.
    paddle = spec.body(PREFIX + HAND).add_body(name=PADDLE, pos=[0, 0, TOOL_REACH_M], quat=[0, 0, 1, 0])
    paddle.gravcomp = 1.0
    paddle.add_geom(
        name=PADDLE,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=PADDLE_M,
        pos=[0, 0, PADDLE_M[2]],
        mass=0.2,
        friction=[0.3, 0.005, 0.0001],
        contype=2,
        conaffinity=2,
    )
    paddle.add_geom(
        name=ROD,
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[0, 0, 2 * PADDLE_M[2], 0, 0, TOOL_REACH_M],
        size=[0.018, 0, 0],
        mass=0.1,
        contype=0,
        conaffinity=0,
    )
    paddle.add_site(name=TOOL, pos=[0, 0, 0], size=[0.004] * 3)
    for i, name in enumerate(JOINTS):
        # Stiff enough to follow a slow path within a millimetre; the wrist's links are lighter.
        stiffness = 4000.0 if i < 4 else 1500.0
        servo = spec.add_actuator(name=PREFIX + name, target=PREFIX + name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.set_to_position(kp=stiffness, kv=stiffness / 12)


def _built() -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    body = spec.worldbody.add_body(name="right_arm_base_link")
    _rod(body, (0, 0, 0, 0, 0, 0.1), 0.09)
    for i, link in enumerate(LINKS):
        body = body.add_body(name=f"right_l{i}", pos=link.pos, quat=_quat(link.rpy))
        body.gravcomp = 1.0
        body.add_joint(
            name=JOINTS[i],
            type=mujoco.mjtJoint.mjJNT_HINGE,
            axis=[0, 0, 1],
            range=link.limits,
            limited=mujoco.mjtLimited.mjLIMITED_TRUE,
            armature=0.3,
            damping=2.0,
        )
        _rod(body, link.tube, link.radius_m, link.mass_kg)
    hand = _add_hand(body)
    hand.gravcomp = 1.0
    _rod(hand, (0, 0, 0, 0, 0, 0.03), 0.035, 0.2)
    return spec


def _read(path: Path) -> mujoco.MjSpec:
    """A user's model, without what would act, sense or touch here."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the robot's MJCF file in it.")
    try:
        spec = mujoco.MjSpec.from_file(str(path))
        model = spec.copy().compile()
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read as a MuJoCo model ({error}); name another file.") from error
    missing = [name for name in JOINTS if spec.joint(name) is None]
    missing += [f"{HAND} or {LAST_LINK}"] if spec.body(HAND) is None and spec.body(LAST_LINK) is None else []
    if missing:
        raise UserError(
            f"{path} has no {', '.join(missing)}: a model of Sawyer has joints right_j0 to right_j6 and a body {HAND}"
            f" or {LAST_LINK}."
        )
    if len(spec.joints) > len(JOINTS):
        raise UserError(f"{path} has {len(spec.joints)} joints; remove all but right_j0 to right_j6.")
    for name in JOINTS:
        joint = model.joint(name)
        if joint.type[0] != mujoco.mjtJoint.mjJNT_HINGE or not model.jnt_limited[joint.id]:
            raise UserError(
                f"The joint {name} of {path} is no hinge with limits; make it one (type and range)."
            )
    if spec.body(HAND) is None:
        _add_hand(spec.body(LAST_LINK))
    # What reads or drives an actuator cannot stay without it, and keyframes are of another world.
    for part in [*spec.sensors, *spec.actuators, *spec.keys]:
        spec.delete(part)
    for body in spec.bodies[1:]:
        body.gravcomp = 1.0
    drawn = [geom for geom in spec.geoms if geom.group <= LAST_VISIBLE_GROUP]
    for geom in spec.geoms:
        geom.contype = geom.conaffinity = 0
        # Collision shells lie in the other groups; a model that has nothing else is drawn as it is.
        geom.group = geom.group if drawn else 0
    return spec


def _add_hand(link: mujoco.MjsBody) -> mujoco.MjsBody:
    return link.add_body(name=HAND, pos=HAND_POS, quat=_quat(HAND_RPY))


def _take_options(child: mujoco.MjSpec, spec: mujoco.MjSpec) -> None:
    """Give ``child`` the options of what it is attached to. MuJoCo keeps those in any case, and complains."""
    for name in (name for name in dir(spec.option) if not name.startswith("_")):
        setattr(child.option, name, getattr(spec.option, name))
    for name in _SIZES:
        setattr(child, name, getattr(spec, name))


def _rod(body: mujoco.MjsBody, ends: tuple[float, ...], radius: float, mass: float = 0.0) -> None:
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=ends,
        size=[radius, 0, 0],
        mass=mass,
        rgba=[*(_RED if radius > 0.05 else _DARK), 1.0],
        contype=0,
        conaffinity=0,
    )


def _quat(rpy: tuple[float, float, float]) -> Floats:
    quat = np.empty(4)
    mujoco.mju_euler2Quat(quat, np.array(rpy), "XYZ")
    return quat


def paint(spec: mujoco.MjSpec) -> None:
    """Stand the arm on its pedestal, and colour the paddle; a model of one's own keeps its colours."""
    for name in (PADDLE, ROD):
        spec.geom(name).rgba = [0.75, 0.75, 0.77, 1.0]
    x, y, z = spec.body(ROOT).pos
    add_post(spec, (float(x), float(y)), float(z))


class Kinematics:
    """Where the tool is for given joint angles, and joint angles for a given place of the tool.

    Args:
        model: a compiled model with the arm in it; joint angles are read and written in the order of `JOINTS`.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._site = model.site(TOOL).id
        joints = [model.joint(PREFIX + name) for name in JOINTS]
        self._qpos = np.array([joint.qposadr[0] for joint in joints])
        self._dof = np.array([joint.dofadr[0] for joint in joints])
        self._low, self._high = np.array([joint.range for joint in joints]).T

    def tool(self, angles: Floats) -> tuple[Floats, Floats]:
        """Position ``(3,)`` in world metres and rotation ``(3, 3)`` of the tool for joint angles ``(7,)``."""
        self._data.qpos[self._qpos] = angles
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        return self._data.site_xpos[self._site].copy(), self._data.site_xmat[self._site].reshape(3, 3).copy()

    def reach(self, position: Floats, yaw_rad: float, start: Floats, rest: Floats) -> Floats:
        """Joint angles ``(7,)`` that hold the tool at ``position``, upright and turned to push towards ``yaw_rad``.

        Damped least squares from ``start``; what freedom is left draws the arm towards ``rest``. The paddle is alike
        on both sides, so it is turned whichever way is nearer to ``start``.

        Raises:
            UserError: the place is out of reach.
        """
        facing = _facing(yaw_rad)
        if facing[:, 0] @ self.tool(start)[1][:, 0] < 0.0:
            facing = _facing(yaw_rad + np.pi)
        for wanted in (facing, facing * np.array([-1.0, -1.0, 1.0])):
            if (angles := self._solve(position, wanted, start, rest)) is not None:
                return angles
        x, y, z = position
        raise UserError(
            f"The arm cannot bring its tool to x {x:.2f}, y {y:.2f}, z {z:.2f} m: choose a point nearer to it."
        )

    def _solve(self, position: Floats, wanted: Floats, start: Floats, rest: Floats) -> Floats | None:
        angles, jacobian = np.clip(start, self._low, self._high), np.empty((6, self._model.nv))
        for i in range(150):
            place, turn = self.tool(angles)
            error = np.concatenate([position - place, _rotation_vector(wanted @ turn.T)])
            if np.linalg.norm(error[:3]) < 2e-4 and np.linalg.norm(error[3:]) < 2e-3:
                return np.asarray(angles)
            mujoco.mj_jacSite(self._model, self._data, jacobian[:3], jacobian[3:], self._site)
            own = jacobian[:, self._dof]
            inverse = own.T @ np.linalg.inv(own @ own.T + 1e-4 * np.eye(6))
            # The pull towards rest fades, for it fights the joints' limits.
            idle = 0.1 * 0.95**i * (np.eye(7) - inverse @ own) @ (rest - angles)
            angles = np.clip(angles + np.clip(inverse @ error + idle, -0.2, 0.2), self._low, self._high)
        return None


def _facing(yaw_rad: float) -> Floats:
    """Rotation of a tool that stands upright and pushes towards ``yaw_rad``."""
    c, s = np.cos(yaw_rad), np.sin(yaw_rad)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _rotation_vector(rotation: Floats) -> Floats:
    """Axis times angle (rad) of a rotation matrix."""
    quat, vector = np.empty(4), np.empty(3)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(rotation).ravel())
    mujoco.mju_quat2Vel(vector, quat, 1.0)
    return vector

"""What a task is: physics, resets, what the robot feels, and success. Looks live apart, in `gplac.worlds.scene`."""

import hashlib
from collections.abc import Sequence
from typing import Literal, Protocol

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.seeding import rng
from gplac.trial import Decide, Float32, Images
from gplac.worlds.arm import Floats, Hand
from gplac.worlds.stage import Stage

PROBE_STEPS = 20
"""Actions that `fingerprint` tries a task with, or as many as an episode has."""


class Task(Protocol):
    """One task of section 6. All arrays may carry leading batch dimensions, written ``...``."""

    name: str
    """Name on the command line and in result files."""
    title: str
    """Name for people; an emulation says that it is one."""
    object_of_interest: str
    """What the weak labels ask for: "is there a ... in this picture?"."""
    stage: Stage
    """What all of its scenes share."""
    episode_steps: int
    """Actions of an episode."""
    control_hz: int
    """Control steps a second."""
    action_limit: float
    """Largest magnitude of each number of an action: newton metres of torque, or metres."""
    action_size: int
    """Numbers of an action."""
    action_names: tuple[str, ...]
    """What each of them is, with its unit."""
    success_m: float
    """Distance (m) within which the task counts as done."""
    success_when: str
    """When an episode succeeds, as the end of a sentence; ``{cm:g}`` stands for that distance in centimetres."""
    state_size: int
    """Size of what the robot knows of itself: joint angles, velocities, position of the hand."""
    state_names: tuple[str, ...]
    """What each number of it is, with its unit."""

    def physics(self) -> mujoco.MjSpec:
        """A fresh description of the physics, the same in every scene; it carries no looks."""
        ...

    def reset(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """An initial state: positions ``(nq,)`` and velocities ``(nv,)``."""
        ...

    def simulations(self, n: int) -> "Simulations":
        """``n`` independent simulations of it."""
        ...

    def distance(self, qpos: Floats) -> Floats:
        """Planar distance ``(...)`` in metres that success is judged by."""
        ...

    def success(self, distances: Floats, threshold_m: float | None = None) -> npt.NDArray[np.bool_]:
        """Success ``(...)`` of episodes from their distances ``(T, ...)`` after each step."""
        ...

    def object_xy(self, qpos: Floats) -> Floats:
        """World position ``(..., 2)`` in metres of the object of interest."""
        ...

    def goal_xy(self, qpos: Floats) -> Floats:
        """World position ``(..., 2)`` in metres of the goal."""
        ...

    def with_object(self, qpos: Floats, xy: Floats) -> Floats:
        """A copy of ``qpos`` with the object of interest moved to world position ``xy``."""
        ...


def names_of(task: Task, what: Literal["state", "action"], size: int) -> tuple[str, ...] | None:
    """What each of the ``size`` numbers of a state or an action is; None if the task names another number of them.
    Tasks of other packages need not name any."""
    found: tuple[str, ...] = getattr(task, f"{what}_names", ())
    return found if len(found) == size else None


class TorqueTask(Task, Protocol):
    """A task whose actions are torques, many in an episode; its expert is trained (section 6.1)."""

    substeps: int
    """Physics steps of one control step."""

    def robot_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """What the policy may know besides the picture, ``(..., state_size)``: rad, rad/s, m."""
        ...

    def full_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """What only the expert knows: `robot_state` and where the objects are."""
        ...

    def reward(self, qpos: Floats, qvel: Floats, hand: Hand, action: Floats) -> Floats:
        """The expert's reward ``(...)`` for the state *after* the step that ``action`` caused."""
        ...


class Simulations(Protocol):
    """Many simulations of a task at once; the results of one do not depend on the others."""

    n: int
    """How many."""

    @property
    def task(self) -> Task:
        """What they simulate."""
        ...

    def set_state(self, qpos: Floats, qvel: Floats, ids: Sequence[int] | None = None) -> None:
        """Start simulations ``ids`` (default all) afresh from positions ``(len(ids), nq)`` and velocities."""
        ...

    def step(self, actions: npt.ArrayLike) -> None:
        """One action ``(n, action_size)`` in each, clipped to the task's limit."""
        ...

    def act(self, policy: Decide, frames: npt.NDArray[np.uint8]) -> None:
        """One action in each, which a policy decides from ``frames (n, H, W, 3)``, what the cameras see."""
        ...

    @property
    def qpos(self) -> Floats:
        """Positions ``(n, nq)``, a copy."""
        ...

    @property
    def qvel(self) -> Floats:
        """Velocities ``(n, nv)``, a copy."""
        ...

    def robot_state(self) -> npt.NDArray[np.float32]:
        """What a policy may know besides the picture, ``(n, state_size)``."""
        ...

    def full_state(self, error_m: Floats | None = None) -> npt.NDArray[np.float32]:
        """What only the expert may know, ``(n, k)``; ``error_m (n, 2)`` is how far beside its place in the plane the
        object of interest seems to be."""
        ...

    def reward(self, actions: Floats) -> Floats:
        """The reward ``(n,)`` for the present state, reached by ``actions``."""
        ...

    def distance(self) -> Floats:
        """Distance ``(n,)`` in metres that success is judged by."""
        ...


def evaluation_state(task: Task, split: str, scene: int, episode: int) -> tuple[Floats, Floats]:
    """Where an episode of an evaluation starts, whatever the policy: positions ``(nq,)`` and velocities ``(nv,)``."""
    return task.reset(rng("evaluation", task.name, split, scene, episode))


def fingerprint(task: Task, split: str, scenes: int, episodes: int) -> str:
    """SHA-256 of what a task does now: its physics, where the first ``episodes`` in each of the first ``scenes`` scenes
    start, and what a few actions do from the first of these. Episodes of before are the task's only if it is the same.

    The model alone would not do: how long an action lasts, what the robot feels and what counts as distance are code.
    """
    described = hashlib.sha256()
    spec = task.physics()
    spec.compile()
    described.update(spec.to_xml().encode())
    starts = [evaluation_state(task, split, s, e) for s in range(scenes) for e in range(episodes)]
    simulation, (qpos, qvel) = task.simulations(1), starts[0]
    simulation.set_state(qpos[None], qvel[None])
    actions, felt = rng("fingerprint", task.name), []

    def decide(images: Images, states: Float32) -> Float32:
        felt.append(states.astype(np.float64))
        return actions.uniform(-1.0, 1.0, (1, task.action_size)).astype(np.float32) * task.action_limit

    seen = [part for start in starts for part in start]
    for _ in range(min(PROBE_STEPS, task.episode_steps)):
        simulation.act(decide, np.zeros((1, 1, 1, 3), np.uint8))
        seen += [simulation.qpos, simulation.distance()]
    for array in seen + felt:
        # To a micrometre: the last digits are the processor's.
        described.update((np.round(array, 6) + 0.0).tobytes())
    return described.hexdigest()

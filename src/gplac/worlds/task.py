"""What a task is: physics, resets, what the robot feels, and success. Looks live apart, in `gplac.worlds.scene`."""

from typing import Protocol

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.worlds.arm import Floats, Hand
from gplac.worlds.stage import Stage


class Task(Protocol):
    """One task of section 6.1. All arrays may carry leading batch dimensions, written ``...``."""

    name: str
    """Name on the command line and in result files."""
    object_of_interest: str
    """What the weak labels ask for: "is there a ... in this picture?"."""
    stage: Stage
    """What all of its scenes share."""
    episode_steps: int
    """Control steps of an episode."""
    control_hz: int
    """Control steps a second."""
    substeps: int
    """Physics steps of one control step."""
    action_limit: float
    """Largest torque, in newton metres, of every joint."""
    action_size: int
    """Number of torques."""
    success_m: float
    """Distance (m) within which the task counts as done."""
    success_when: str
    """When an episode succeeds, as the end of a sentence; ``{cm:g}`` stands for that distance in centimetres."""
    state_size: int
    """Size of what the robot knows of itself: joint angles, velocities, position of the hand."""

    def physics(self) -> mujoco.MjSpec:
        """A fresh description of the physics, the same in every scene; it carries no looks."""
        ...

    def reset(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """An initial state: positions ``(nq,)`` and velocities ``(nv,)``."""
        ...

    def robot_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """What the policy may know besides the picture, ``(..., state_size)``: rad, rad/s, m."""
        ...

    def full_state(self, qpos: Floats, qvel: Floats, hand: Hand) -> Floats:
        """What only the expert knows: `robot_state` and where the objects are."""
        ...

    def reward(self, qpos: Floats, qvel: Floats, hand: Hand, action: Floats) -> Floats:
        """The expert's reward ``(...)`` for the state *after* the step that ``action`` caused."""
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

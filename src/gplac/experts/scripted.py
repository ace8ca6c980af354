"""Experts that are written down, not trained: they know where things are, and are a little careless, as people are."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng

Actions = npt.NDArray[np.float64]

BEHIND_M, BEHIND_STD_M, ANGLE_STD_DEG = 0.10, 0.01, 3.0
"""How far behind the mug a person would begin to push, and how much that and its direction vary."""


class MugPushExpert:
    """Begins behind the mug, as seen from the goal, as a person would who shows it to the robot (section 6.2).

    What it does is a function of what it sees: the same mug in the same place is pushed from the same point.
    """

    def __call__(self, full_state: npt.ArrayLike) -> Actions:
        """Points ``(n, 2)``, metres from the middle of the workspace, for full states ``(n, 21)``."""
        states = np.asarray(full_state, np.float64)
        return np.stack([self._point(state[-4:-2], state[-2:]) for state in states])

    def _point(self, mug: Actions, goal: Actions) -> Actions:
        generator = rng("scripted expert", *(round(1e6 * float(value)) for value in mug + 1.0))
        way = np.arctan2(*(goal - mug)[::-1]) + np.deg2rad(ANGLE_STD_DEG) * generator.standard_normal()
        behind = BEHIND_M + BEHIND_STD_M * generator.standard_normal()
        return np.asarray(mug - behind * np.array([np.cos(way), np.sin(way)]))


SCRIPTED: dict[str, Callable[[], MugPushExpert]] = {"mug_push": MugPushExpert}

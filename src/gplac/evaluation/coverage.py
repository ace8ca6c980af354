"""How often a 95 % interval over scenes holds what it is of, measured: where many scenes are known, few are drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.evaluation.statistics import Interval
from gplac.seeding import rng

Values = Sequence[npt.NDArray[np.generic]]
"""One array of per-episode numbers for each scene."""


@dataclass(frozen=True)
class Missed:
    """How often, of all samples of scenes, an interval lay beside the mean of all scenes."""

    above: float
    """It lay above."""
    below: float


def missed(every: Values, interval: Callable[[Values], Interval], scenes: int, samples: int) -> Missed:
    """Take what is known of many scenes for all that there is, and estimate its mean from samples of few.

    Args:
        every: success of each episode, or the difference of two successes, scene by scene; as many in each.
        interval: of the mean, from the scenes of a sample.
        scenes: how many a sample has, drawn with replacement, as scenes are made one independently of another.
        samples: how many are drawn.
    """
    truth = float(np.mean(np.concatenate(every)))
    draws = rng("coverage", scenes).integers(0, len(every), size=(samples, scenes))
    above = below = 0
    for drawn in draws:
        found = interval([every[scene] for scene in drawn])
        above += found.low > truth
        below += found.high < truth
    return Missed(above / samples, below / samples)

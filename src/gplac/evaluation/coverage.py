"""How often a 95 % interval over scenes holds what it is of, measured: where many scenes are known, few are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.evaluation.statistics import difference_interval, rate_interval, resampled_means
from gplac.seeding import rng

Values = Sequence[npt.NDArray[np.generic]]
"""One array of per-episode numbers for each scene."""


@dataclass(frozen=True)
class Missed:
    """How often, of all samples of scenes, an interval lay beside the mean of all scenes."""

    above: float
    """It lay above."""
    below: float


def missed(every: Values, scenes: int, samples: int) -> Missed:
    """Take what is known of many scenes for all that there is, and estimate its mean from samples of few.

    Args:
        every: success of each episode, or the difference of two successes, scene by scene; as many in each.
        scenes: how many a sample has, drawn with replacement, as scenes are made one independently of another.
        samples: how many are drawn.
    """
    truth = float(np.mean(np.concatenate(every)))
    draws = rng("coverage", scenes).integers(0, len(every), size=(samples, scenes))
    differs = any(scene.dtype != np.bool_ for scene in every)
    above = below = 0
    for drawn in draws:
        values = [every[scene] for scene in drawn]
        found = difference_interval(resampled_means(values), scenes) if differs else rate_interval(values)
        above += found.low > truth
        below += found.high < truth
    return Missed(above / samples, below / samples)

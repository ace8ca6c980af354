"""What can be said from a few hundred episodes in a few dozen scenes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng

Floats = npt.NDArray[np.float64]
Outcomes = Sequence[npt.NDArray[np.bool_]]
"""Success ``(episodes,)`` of each scene's episodes."""
DRAWS = 10_000
"""Resamples of a bootstrap; at this number its ends are steady to a few tenths of a point."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval; both ends are included."""

    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Whether ``value`` lies outside."""
        return not self.low <= value <= self.high


ANY_RATE, ANY_DIFFERENCE = Interval(0.0, 1.0), Interval(-1.0, 1.0)
"""All that a success rate, and a difference of two, can be."""
ROUNDED = 1e-9
"""Differences of two rates below this are of rounding."""


@dataclass(frozen=True)
class PairedDifference:
    """How much more often B succeeds than A from the same initial states in the same scenes."""

    difference: float
    """Success rate of B minus that of A, in [-1, 1]."""
    interval95: Interval
    """Bootstrap over scenes: the episodes of one scene are no independent draws of "unseen scenes". -1 to 1 where there
    is a single scene, or none that tells the two apart; see `difference_interval`."""
    only_a: int
    """Episodes in which only A succeeds."""
    only_b: int
    """Episodes in which only B succeeds."""
    p_mcnemar: float
    """Two-sided p-value of McNemar's exact test, episodes taken as independent."""
    episodes: int
    """Number of pairs."""

    @property
    def never(self) -> bool:
        """Whether no episode comes out differently."""
        return self.only_a == self.only_b == 0


def wilson(successes: float, episodes: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a success rate, episodes taken as independent; sensible at 0 and 1 too.

    Raises:
        ValueError: no episodes, or more successes than episodes.
    """
    if episodes < 1 or not 0 <= successes <= episodes:
        raise ValueError(f"{successes} successes in {episodes} episodes")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, shrink = successes / episodes, 1 + z * z / episodes
    centre = (rate + z * z / (2 * episodes)) / shrink
    half = z / shrink * math.sqrt(rate * (1 - rate) / episodes + (z / (2 * episodes)) ** 2)
    # At 0 and 1 the formula's end is exact; rounding must not push it inside.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == episodes else min(1.0, centre + half)
    return Interval(low, high)


def newcombe(successes: float, episodes: int, others: float, other_episodes: int) -> Interval:
    """95 % interval of the difference of two rates of which only counts are known, episodes taken as independent:
    Newcombe's, of Wilson's two (Statistics in Medicine 17, 1998, method 10)."""
    one, other = successes / episodes, others / other_episodes
    mine, theirs = wilson(successes, episodes), wilson(others, other_episodes)
    return Interval(
        one - other - math.hypot(one - mine.low, theirs.high - other),
        one - other + math.hypot(mine.high - one, other - theirs.low),
    )


def drawn_scenes(count: int) -> npt.NDArray[np.int64]:
    """Which of ``count`` scenes each resample draws, ``(DRAWS, count)``: always the same, so that a comparison has one
    interval wherever it stands."""
    return rng("bootstrap over scenes", count).integers(0, count, size=(DRAWS, count))


def middle(resampled: Floats, confidence: float = 0.95) -> Interval:
    """Percentile interval of what was resampled."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(float(low), float(high))


def bootstrap_over_scenes(values: Sequence[npt.NDArray[np.generic]], confidence: float = 0.95) -> Interval:
    """Percentile bootstrap of the mean of ``values``, drawing whole scenes with replacement.

    Args:
        values: one array of per-episode numbers for each scene.
        confidence: coverage.
    """
    return middle(_resampled_means(values), confidence)


def _resampled_means(values: Sequence[npt.NDArray[np.generic]]) -> Floats:
    if not values or any(len(scene) == 0 for scene in values):
        raise ValueError("a bootstrap over scenes needs at least one episode in every scene")
    totals = np.array([np.sum(scene, dtype=np.float64) for scene in values])
    counts = np.array([len(scene) for scene in values], dtype=np.float64)
    drawn = drawn_scenes(len(values))
    return np.asarray(totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1))


def rate_interval(outcomes: Outcomes) -> Interval:
    """`bootstrap_over_scenes` of success; of a single scene, which says nothing of others, all that a rate can be.

    Where all scenes have the same rate, such as nought or one, no other can be drawn, and an interval of no width would
    claim that every other scene has it, too: then it is Wilson's, each scene counted as one episode.
    """
    if len(outcomes) == 1:
        return ANY_RATE
    found = bootstrap_over_scenes(outcomes)
    if found.low < found.high:
        return found
    return wilson(found.low * len(outcomes), len(outcomes))


def difference_interval(resampled: Floats, scenes: int) -> Interval:
    """95 % interval of a difference of success rates: all that it can be where a bootstrap knows nothing.

    That is so of a single scene, and where no scene tells the two apart: nothing but noughts can be drawn then, and an
    interval of no width would claim that the two agree in every other scene, too. Where all scenes tell them apart by
    the same, it is Wilson's, as in `rate_interval`, of a rate between -1 and 1: no rate varies more than one of two
    values does.

    Args:
        resampled: differences between the rates in scenes drawn at random, as `drawn_scenes` draws them.
        scenes: how many scenes there were to draw from.
    """
    found = middle(resampled)
    # Differences of rates are rounded; scenes tell two policies apart by much more than that, or not at all.
    if scenes == 1 or np.abs(resampled).max() < ROUNDED:
        return ANY_DIFFERENCE
    if found.high - found.low > ROUNDED:
        return found
    rate = wilson((1 + found.low) / 2 * scenes, scenes)
    return Interval(2 * rate.low - 1, 2 * rate.high - 1)


def paired_interval(differences: Sequence[npt.NDArray[np.float64]]) -> Interval:
    """`difference_interval` of the mean of what two policies differ by in each episode, scene by scene."""
    return difference_interval(_resampled_means(differences), len(differences))


def mcnemar(only_a: int, only_b: int) -> float:
    """Two-sided p-value of McNemar's exact test from the numbers of pairs that disagree either way."""
    disagreeing = only_a + only_b
    tail = sum(math.comb(disagreeing, k) for k in range(min(only_a, only_b) + 1))
    # Exact integers up to the one division: no rounding however many episodes.
    return float(min(1.0, 2 * tail / 2**disagreeing))


def paired_difference(a: Outcomes, b: Outcomes) -> PairedDifference:
    """Compare two policies on the same (scene, episode) pairs.

    Args:
        a: success of the first policy, scene by scene.
        b: success of the second, the same scenes and episodes in the same order.

    Raises:
        ValueError: the two differ in their numbers of scenes or episodes.
    """
    if [len(scene) for scene in a] != [len(scene) for scene in b]:
        raise ValueError("the two policies were not run on the same episodes")
    differences = [y.astype(np.float64) - x.astype(np.float64) for x, y in zip(a, b, strict=True)]
    every = np.concatenate(differences)
    only_a, only_b = int(np.sum(every < 0)), int(np.sum(every > 0))
    return PairedDifference(
        difference=float(every.mean()),
        interval95=paired_interval(differences),
        only_a=only_a,
        only_b=only_b,
        p_mcnemar=mcnemar(only_a, only_b),
        episodes=len(every),
    )

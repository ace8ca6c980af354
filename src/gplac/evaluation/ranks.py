"""Whether methods come in the order that somebody else found, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from gplac.evaluation.pooling import Pooled
from gplac.evaluation.statistics import Interval, difference_interval, drawn_scenes, middle, newcombe
from gplac.seeding import rng

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """Two methods that somebody else found to differ."""

    better: str
    """The one that succeeded more often there."""
    worse: str
    theirs: float
    """How much more often, in [0, 1]."""
    ours: float
    """How much more often here, in [-1, 1]."""
    interval95: Interval
    """Of ours, over scenes; see `gplac.evaluation.statistics.difference_interval`."""
    told_apart: bool
    """Whether their own episodes tell the two apart, as far as it is known how many there were."""

    @property
    def agrees(self) -> bool:
        """Whether it succeeds more often here, too; neither of two that come out equal does."""
        return self.ours > 0

    @property
    def tied(self) -> bool:
        """Whether both succeed equally often here, which speaks neither for nor against the other order."""
        return self.ours == 0

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no doubt about which succeeds more often here. It is of this pair alone: among
        pairs without a difference about one in seventeen seems clear in 40 scenes (``recipes/coverage.py``)."""
        return self.interval95.excludes(0.0)


@dataclass(frozen=True)
class Agreement:
    """Of two orders of the same methods."""

    tau: float
    """Kendall's tau-b: 1 for the same order, -1 for the opposite one."""
    interval95: Interval
    """Bootstrap over scenes, the same scenes drawn for every method; -1 to 1 where there is a single scene, or none
    tells any two of them apart."""
    redrawn95: Interval | None
    """The same with their episodes drawn anew as well; None where it is not known how many there were."""
    by_chance: float
    """Share of all orders of so many methods that come as near to theirs."""
    pairs: tuple[Pair, ...]
    """Every two methods that are not a tie there."""


def kendall(x: Floats, y: Floats) -> Floats:
    """Kendall's tau-b, along the last axis; 0 where all of one are equal.

    Args:
        x: ``(..., n)``.
        y: ``(..., n)``.
    """
    i, j = np.triu_indices(x.shape[-1], k=1)
    of_x, of_y = (np.sign(values[..., i] - values[..., j]) for values in (x, y))
    ties = np.sqrt(np.sum(of_x**2, axis=-1) * np.sum(of_y**2, axis=-1))
    return np.asarray(np.sum(of_x * of_y, axis=-1) / np.where(ties == 0, 1.0, ties))


def share_at_least(tau: float, methods: int) -> float:
    """Share of all orders of so many methods without ties whose Kendall's tau with one of them is ``tau`` or more."""
    reversed_pairs = np.ones(1)  # share of orders by number of pairs that come the other way round
    for each in range(1, methods + 1):
        reversed_pairs = np.convolve(reversed_pairs, np.full(each, 1.0 / each))
    taus = np.linspace(1.0, -1.0, len(reversed_pairs))
    return float(reversed_pairs[taus >= tau - 1e-9].sum())


def agreement(
    theirs: Mapping[str, float], ours: Mapping[str, Pooled], episodes: int | None = None
) -> Agreement:
    """Compare orders of methods.

    Args:
        theirs: success rate of each method, by name; at least those of ``ours``.
        ours: what they did here; scenes that not all of them were run in are left out.
        episodes: how many each of their rates is of; taken as independent, though they were of few scenes, so that more
            pairs may be a tie there than is said. None: their rates count as exact.
    """
    names = list(ours)
    shared = sorted(set.intersection(*(set(each.outcomes) for each in ours.values())))
    if len(names) < 2 or not shared:
        raise ValueError("an order needs two methods or more, run in the same scenes")
    each = [[ours[name].outcomes[scene] for scene in shared] for name in names]
    totals = np.array([[scene.sum() for scene in row] for row in each], dtype=np.float64)
    counts = np.array([[len(scene) for scene in row] for row in each], dtype=np.float64)
    rates = totals.sum(axis=1) / counts.sum(axis=1)
    drawn = drawn_scenes(len(shared))
    redrawn = (totals[:, drawn].sum(axis=2) / counts[:, drawn].sum(axis=2)).T  # (draws, methods)
    published = np.array([theirs[name] for name in names])
    counted = [theirs[name] * (episodes or 0) for name in names]
    pairs = []
    for a, b in combinations(range(len(names)), 2):
        if published[a] == published[b]:
            continue
        up, down = (a, b) if published[a] > published[b] else (b, a)
        pairs.append(
            Pair(
                names[up],
                names[down],
                float(published[up] - published[down]),
                float(rates[up] - rates[down]),
                difference_interval(redrawn[:, up] - redrawn[:, down], len(shared)),
                episodes is None or newcombe(counted[up], episodes, counted[down], episodes).excludes(0.0),
            )
        )
    taus = kendall(redrawn, np.broadcast_to(published, redrawn.shape))
    by_scene = totals / counts
    told_apart = len(shared) > 1 and bool((by_scene != by_scene[0]).any())
    interval = middle(taus) if told_apart else Interval(-1.0, 1.0)
    redrawn95 = None
    if episodes is not None:
        again = rng("published episodes").binomial(episodes, published, redrawn.shape) / episodes
        redrawn95 = middle(kendall(redrawn, again)) if told_apart else interval
    found = float(kendall(rates, published))
    return Agreement(found, interval, redrawn95, share_at_least(found, len(names)), tuple(pairs))


def beyond(one: Pooled, other: Pooled) -> tuple[float, Interval]:
    """How much more often one method succeeds than another in the scenes that both were run in, in [-1, 1], with all
    seeds that each has; and its 95 % interval, see `gplac.evaluation.statistics.difference_interval`."""
    (pair,) = agreement({"one": 1.0, "other": 0.0}, {"one": one, "other": other}).pairs
    return pair.ours, pair.interval95

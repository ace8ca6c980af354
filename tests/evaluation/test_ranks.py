"""Agreement of orders: Kendall's tau and intervals against scipy, pairs against hand-made outcomes."""

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import agreement, kendall, share_at_least
from gplac.evaluation.statistics import Interval

NUMBERS = st.integers(2, 8).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2)
)


def of(*scenes: list[int]) -> Pooled:
    """A policy's episodes, scene by scene."""
    return Pooled({index: np.array(scene, bool) for index, scene in enumerate(scenes)}, {0: 0.0})


@given(NUMBERS)
def test_kendall_equals_scipy(numbers: tuple[list[int], list[int]]) -> None:
    x, y = (np.array(each, dtype=float) for each in numbers)
    expected = stats.kendalltau(x, y).statistic
    assert kendall(x, y) == pytest.approx(0.0 if np.isnan(expected) else expected)
    both = kendall(np.stack([x, -x]), np.stack([y, y]))
    assert both[0] == pytest.approx(-both[1])


@pytest.mark.parametrize("count", [2, 3, 6])
def test_what_chance_gives_equals_a_count_over_all_orders(count: int) -> None:
    orders = np.array(list(permutations(range(count))), dtype=float)
    taus = kendall(orders, np.broadcast_to(np.arange(count, dtype=float), orders.shape))
    for tau in {*taus.tolist(), 0.1, 0.99}:
        assert share_at_least(tau, count) == pytest.approx((taus >= tau - 1e-9).mean())


def test_what_chance_gives_of_eleven_equals_scipy() -> None:
    """Its exact test: 35 of 55 pairs in the same order."""
    reversed_pairs = np.array([1, 0, 5, 4, 3, 8, 7, 6, 2, 10, 9])
    found = stats.kendalltau(reversed_pairs, np.arange(11), method="exact", alternative="greater")
    assert share_at_least(float(found.statistic), 11) == pytest.approx(found.pvalue)


def test_pairs_say_which_come_in_the_same_order_and_which_clearly() -> None:
    ours = {
        "a": of(*[[1, 1]] * 10),  # always
        "b": of(*[[0, 0]] * 10),  # never
        "c": of(*[[0, 0]] * 9, [1, 0]),  # once
    }
    found = agreement({"a": 0.9, "b": 0.6, "c": 0.5, "d": 0.1}, ours)
    pairs = {(pair.better, pair.worse): pair for pair in found.pairs}
    assert set(pairs) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert pairs["a", "b"].agrees and pairs["a", "b"].clear
    assert (pairs["a", "b"].ours, pairs["a", "b"].theirs) == (1.0, pytest.approx(0.3))
    wrong = pairs["b", "c"]
    assert not wrong.agrees and not wrong.clear
    assert wrong.ours == pytest.approx(-1 / 20)
    assert found.tau == pytest.approx(1 / 3)  # two pairs of three


@pytest.mark.parametrize(("episodes", "told_apart"), [(None, True), (1000, True), (400, True), (200, False)])
def test_pairs_that_their_own_episodes_do_not_tell_apart(episodes: int | None, told_apart: bool) -> None:
    """68 of 100 against 60: with 400 episodes the interval of the difference is 1.3 to 14.6 points, with 200 it holds
    nought."""
    ours = {"a": of([1, 0], [1, 1]), "b": of([0, 0], [0, 1])}
    (pair,) = agreement({"a": 0.68, "b": 0.60}, ours, episodes).pairs
    assert pair.told_apart is told_apart


def test_an_order_that_hangs_on_few_episodes_is_less_sure() -> None:
    names = "abcd"
    ours = {name: of(*[[1] * (4 - i) + [0] * i] * 5, [0] * 4) for i, name in enumerate(names)}
    theirs = {name: 0.6 - 0.05 * i for i, name in enumerate(names)}
    exact, many, few = (agreement(theirs, ours, episodes) for episodes in (None, 10**9, 20))
    assert exact.redrawn95 is None
    assert many.interval95 == many.redrawn95 == few.interval95 == Interval(1.0, 1.0)
    assert few.redrawn95 is not None and few.redrawn95.low < 0.0 and few.redrawn95.high == 1.0


def test_equal_rates_here_speak_for_neither_order() -> None:
    (pair,) = agreement({"a": 0.5, "b": 0.1}, {"a": of([1, 0], [0, 0]), "b": of([0, 0], [0, 1])}).pairs
    assert pair.tied and not pair.agrees and not pair.clear


def test_what_no_scene_tells_apart_has_an_order_that_nobody_knows() -> None:
    found = agreement({"a": 0.5, "b": 0.1}, {name: of([1, 0], [1, 1]) for name in "ab"})
    assert found.tau == 0.0 and found.interval95 == Interval(-1.0, 1.0)
    more_seeds = {"a": of([1, 0], [1, 1]), "b": of([1, 0, 1, 0], [1, 1, 1, 1])}
    assert agreement({"a": 0.5, "b": 0.1}, more_seeds).interval95 == Interval(-1.0, 1.0)


def test_equal_rates_there_are_no_pair() -> None:
    found = agreement({"a": 0.5, "b": 0.5, "c": 0.1}, {name: of([1, 0], [1, 1]) for name in "abc"})
    assert {(pair.better, pair.worse) for pair in found.pairs} == {("a", "c"), ("b", "c")}
    assert found.tau == 0.0


def test_intervals_equal_scipys_bootstrap_with_the_same_scenes_for_all() -> None:
    generator = np.random.default_rng(3)
    hard = generator.beta(1, 1, size=40)
    rates = {"a": 0.9 * hard, "b": 0.7 * hard, "c": 0.6 * hard}
    outcomes = {name: generator.random((40, 10)) < rate[:, None] for name, rate in rates.items()}
    ours = {name: of(*each.astype(int).tolist()) for name, each in outcomes.items()}
    published = {"a": 0.8, "b": 0.5, "c": 0.6}
    found = agreement(published, ours)
    means = [each.mean(axis=1) for each in outcomes.values()]

    def difference(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
        return float(np.mean(a) - np.mean(b))

    def tau(*each: npt.NDArray[np.float64]) -> float:
        return float(stats.kendalltau([scene.mean() for scene in each], list(published.values())).statistic)

    options = {"paired": True, "vectorized": False, "method": "percentile", "random_state": 1}
    expected = stats.bootstrap(means[:2], difference, n_resamples=5000, **options).confidence_interval
    pair = next(pair for pair in found.pairs if (pair.better, pair.worse) == ("a", "b"))
    assert (pair.interval95.low, pair.interval95.high) == pytest.approx(
        (expected.low, expected.high), abs=0.01
    )
    # Three methods leave tau few values: its ends are the same ones, whichever the draws.
    expected = stats.bootstrap(means, tau, n_resamples=999, **options).confidence_interval
    assert (found.interval95.low, found.interval95.high) == pytest.approx((expected.low, expected.high))


def test_scenes_that_not_all_have_are_left_out_and_seeds_may_be_more() -> None:
    ours = {"a": of([1], [1], [0]), "b": of([0, 0, 1], [0, 0, 0])}
    (pair,) = agreement({"a": 0.2, "b": 0.1}, ours).pairs
    assert pair.ours == pytest.approx(1 - 1 / 6)


def test_one_method_has_no_order() -> None:
    with pytest.raises(ValueError, match="two methods"):
        agreement({"a": 0.5}, {"a": of([1])})

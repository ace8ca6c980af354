import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import agreement
from gplac.evaluation.statistics import (
    Interval,
    bootstrap_over_scenes,
    mcnemar,
    newcombe,
    paired_difference,
    rate_interval,
    wilson,
)


@given(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.9, 0.95]),
)
def test_wilson_equals_scipy(count: tuple[int, int], confidence: float) -> None:
    successes, episodes = count
    expected = stats.binomtest(successes, episodes).proportion_ci(confidence, method="wilson")
    ours = wilson(successes, episodes, confidence)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= ours.low <= successes / episodes <= ours.high <= 1


def test_newcombe_gives_its_own_examples() -> None:
    """Of the article, table II: contrasts (a), (c) and (g), method 10."""
    for counts, ends in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
    ):
        found = newcombe(*counts)
        assert (found.low, found.high) == pytest.approx(ends, abs=5e-5)
    there, back = newcombe(56, 70, 48, 80), newcombe(48, 80, 56, 70)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_equals_the_binomial_test(only_a: int, only_b: int) -> None:
    expected = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar(only_a, only_b) == pytest.approx(expected, abs=1e-9)


def test_bootstrap_over_scenes_equals_scipy_on_scene_means() -> None:
    generator = np.random.default_rng(0)
    rates = generator.beta(0.8, 0.8, size=40)
    outcomes = [generator.random(10) < rate for rate in rates]
    ours = bootstrap_over_scenes(outcomes)
    expected = stats.bootstrap(
        ([scene.mean() for scene in outcomes],),
        np.mean,
        method="percentile",
        n_resamples=10_000,
        random_state=1,
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=0.01)


def test_scenes_that_agree_within_widen_the_interval() -> None:
    # 20 scenes always succeed and 20 never do: there are 40 independent facts here, not 400.
    outcomes = [np.full(10, scene % 2 == 0) for scene in range(40)]
    over_scenes, over_episodes = bootstrap_over_scenes(outcomes), wilson(200, 400)
    assert over_scenes.high - over_scenes.low > 2.5 * (over_episodes.high - over_episodes.low)


def test_bootstrap_is_the_same_every_time() -> None:
    outcomes = [np.array([True, False]), np.array([False, False]), np.array([True, True])]
    assert bootstrap_over_scenes(outcomes) == bootstrap_over_scenes(outcomes)


def test_paired_difference_counts_pairs() -> None:
    a = [np.array([True, False, False]), np.array([False, False, False])]
    b = [np.array([False, True, True]), np.array([True, True, False])]
    result = paired_difference(a, b)
    assert (result.only_a, result.only_b, result.episodes) == (1, 4, 6)
    assert result.difference == pytest.approx(3 / 6)
    assert result.interval95.low <= result.difference <= result.interval95.high
    swapped = paired_difference(b, a)
    assert swapped.difference == pytest.approx(-result.difference)
    assert swapped.p_mcnemar == result.p_mcnemar == pytest.approx(stats.binomtest(1, 5).pvalue)


def test_a_clear_difference_excludes_zero_and_a_policy_against_itself_does_not() -> None:
    generator = np.random.default_rng(3)
    a = [generator.random(10) < 0.3 for _ in range(40)]
    b = [generator.random(10) < 0.7 for _ in range(40)]
    assert paired_difference(a, b).interval95.excludes(0.0)
    assert not paired_difference(a, a).interval95.excludes(0.0)
    assert paired_difference(a, a).p_mcnemar == 1.0


def test_different_episodes_are_refused() -> None:
    with pytest.raises(ValueError, match="same episodes"):
        paired_difference([np.ones(3, bool)], [np.ones(2, bool)])


def test_scenes_that_tell_nothing_apart_give_no_interval_of_no_width() -> None:
    a = [np.array([True, False]), np.array([True, True]), np.array([False, False])]
    same, swapped = paired_difference(a, a), paired_difference(a, [scene[::-1] for scene in a])
    assert same.never and not swapped.never
    assert (swapped.only_a, swapped.only_b) == (1, 1)
    order = agreement({"a": 0.9, "b": 0.1}, {name: Pooled(dict(enumerate(a)), {0: 0.5}) for name in "ab"})
    for interval in (same.interval95, swapped.interval95, order.pairs[0].interval95):
        assert interval == Interval(-1.0, 1.0)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_scenes_of_one_rate_have_wilsons_interval(rate: float) -> None:
    outcomes = [np.arange(10) < 10 * rate for _ in range(20)]
    assert rate_interval(outcomes) == wilson(20 * rate, 20)
    other = [*outcomes[1:], np.arange(10) < 3]
    assert rate_interval(other) == bootstrap_over_scenes(other)
    assert rate_interval(outcomes[:1]) == Interval(0.0, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_comparison_has_one_interval_in_reports_and_in_tables(seed: int) -> None:
    generator = np.random.default_rng(seed)
    a, b = ([generator.random(10) < rate for rate in generator.random(40)] for _ in range(2))
    (pair,) = agreement(
        {"a": 0.1, "b": 0.9},
        {name: Pooled(dict(enumerate(each)), {0: 0.5}) for name, each in (("a", a), ("b", b))},
    ).pairs
    found = paired_difference(a, b)
    assert pair.ours == pytest.approx(found.difference)
    assert (pair.interval95.low, pair.interval95.high) == pytest.approx(
        (found.interval95.low, found.interval95.high)
    )


@pytest.mark.parametrize(("worse", "better"), [(0, 10), (3, 8)])
def test_scenes_that_all_differ_by_the_same_give_no_interval_of_no_width(worse: int, better: int) -> None:
    a, b = ([np.arange(10) < count for _ in range(20)] for count in (worse, better))
    found = paired_difference(a, b)
    rate = wilson((1 + found.difference) / 2 * 20, 20)
    assert (found.interval95.low, found.interval95.high) == pytest.approx(
        (2 * rate.low - 1, 2 * rate.high - 1)
    )
    assert found.interval95.low < found.difference <= found.interval95.high
    assert found.interval95.excludes(0.0)  # twenty scenes do tell


def test_so_it_is_where_their_rates_differ_whatever_computes_it() -> None:
    a, b = ([np.arange(10) < count + one for count in (3, 8, 5, 1)] for one in (0, 1))
    found = paired_difference(a, b)
    pooled = {
        name: Pooled(dict(enumerate(won)), {0: float(np.mean(won))}) for name, won in (("a", a), ("b", b))
    }
    (pair,) = agreement({"b": 0.9, "a": 0.1}, pooled).pairs
    assert pair.ours == pytest.approx(found.difference)
    ends = [(each.low, each.high) for each in (pair.interval95, found.interval95)]
    assert ends[0] == pytest.approx(ends[1])
    assert ends[0][0] < 0.0 < 0.5 < ends[0][1] and not pair.clear  # four scenes do not tell
    equal = agreement({"b": 0.9, "a": 0.1}, {"a": pooled["b"], "b": pooled["b"]})
    assert equal.pairs[0].interval95 == Interval(-1.0, 1.0)


def test_a_single_scene_says_nothing_of_others() -> None:
    never, always = [np.zeros(10, dtype=bool)], [np.ones(10, dtype=bool)]
    found = paired_difference(never, always)
    assert found.difference == 1.0 and found.interval95 == Interval(-1.0, 1.0)
    ours = {name: Pooled({0: won[0]}, {0: won[0].mean()}) for name, won in (("a", always), ("b", never))}
    assert ours["a"].interval95 == Interval(0.0, 1.0)
    order = agreement({"a": 0.9, "b": 0.1}, ours)
    assert order.tau == 1.0 and order.interval95 == Interval(-1.0, 1.0)
    assert order.pairs[0].agrees and not order.pairs[0].clear

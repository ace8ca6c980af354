"""Several seeds as one: pooled episodes against plain counting, the interval against scipy's bootstrap."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from synthetic import synthetic_result

from gplac.errors import UserError
from gplac.evaluation.pooling import pooled


def seeds(*numbers: int, **changes: Any) -> list[dict[str, Any]]:
    return [synthetic_result("gplac", 0.6, seed=seed, scenes=6, count=3) | changes for seed in numbers]


@given(st.permutations([0, 1, 2]))
def test_every_episode_of_every_seed_counts_once(order: list[int]) -> None:
    results = {result["seed"]: result for result in RESULTS}
    found = pooled([results[seed] for seed in order])
    assert found.episodes == 3 * 6 * 3
    assert found.successes == sum(result["successes"] for result in RESULTS)
    assert found.rate == pytest.approx(np.mean([result["success_rate"] for result in RESULTS]))
    assert found.by_seed == {result["seed"]: result["success_rate"] for result in RESULTS}
    assert list(found.by_seed) == [0, 1, 2]
    for scene in range(6):
        counts = [result["per_scene"][scene]["successes"] for result in RESULTS]
        assert found.outcomes[scene].sum() == sum(counts)


RESULTS = seeds(0, 1, 2)


def test_the_interval_is_a_bootstrap_over_scenes_not_over_seeds_or_episodes() -> None:
    results = [synthetic_result("gplac", 0.6, seed=seed) for seed in (0, 1, 2)]
    found = pooled(results)
    rates = np.array([[scene["success_rate"] for scene in result["per_scene"]] for result in results])
    expected = stats.bootstrap(
        (rates.mean(axis=0),), np.mean, method="percentile", n_resamples=10_000, random_state=1
    ).confidence_interval
    assert (found.interval95.low, found.interval95.high) == pytest.approx(
        (expected.low, expected.high), abs=0.01
    )
    alone = pooled(results[:1])
    assert [alone.interval95.low, alone.interval95.high] == results[0]["interval95_scenes"]


@pytest.mark.parametrize(
    ("results", "part"),
    [
        ([], "no result"),
        (seeds(0) + seeds(0), "same seed"),
        (seeds(0) + seeds(1, method="att-1"), "method is gplac and att-1"),
        (seeds(0) + seeds(1, weak_images=160), "weak_images is 16000 and 160"),
        (seeds(0) + seeds(1, weak_scenes=3), "weak_scenes is None and 3"),
        (seeds(0) + seeds(1, split="validation"), "split is test and validation"),
        (
            [*seeds(0), synthetic_result("gplac", 0.6, seed=1, scenes=5, count=3)],
            r"Seeds 0 and 1 of gplac \(pusher, preset lite\) are of different scenes, 6 and 5 of them",
        ),
    ],
)
def test_what_are_no_seeds_of_one_thing_is_refused(results: list[dict[str, Any]], part: str) -> None:
    with pytest.raises(UserError, match=part):
        pooled(results)


def test_seeds_of_other_settings_are_refused_and_those_that_do_not_tell_are_taken() -> None:
    three = seeds(0, 1, 2)
    told = [result["training"] for result in three]
    for training in told[:2]:  # the third is of an older version
        training["settings"] = {"hash": "a"}
    assert pooled(three).episodes == 3 * 6 * 3
    told[2]["settings"] = {"hash": "b"}
    with pytest.raises(UserError, match="Seeds 1 and 2 of gplac were trained with different settings"):
        pooled(three)

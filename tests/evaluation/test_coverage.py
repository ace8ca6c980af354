"""How often intervals miss, against what is known of simple populations."""

import numpy as np
import pytest

from gplac.evaluation.coverage import missed
from gplac.evaluation.statistics import paired_interval, rate_interval
from gplac.seeding import rng


def test_scenes_that_are_all_alike_are_never_missed() -> None:
    every = [np.array([True, True, False]) for _ in range(30)]
    found = missed(every, rate_interval, 8, 50)
    assert (found.above, found.below) == (0.0, 0.0)


@pytest.mark.parametrize("scenes", [5, 40])
def test_a_percentile_bootstrap_of_normal_numbers_misses_as_often_as_its_width_says(scenes: int) -> None:
    """Beside Student's interval it lacks the factor sqrt((n - 1) / n) and the tails of t: z * sqrt((n - 1) / n) of its
    standard errors, which for 5 scenes is 1.75 and misses 15 %, and for 40 is 1.94 and misses 6 %."""
    every = list(rng("normal").normal(size=(4000, 1)))
    found = missed(every, paired_interval, scenes, 1500)
    assert found.above + found.below == pytest.approx({5: 0.155, 40: 0.06}[scenes], abs=0.025)
    assert found.above == pytest.approx(found.below, abs=0.03)
    assert found == missed(every, paired_interval, scenes, 1500)


def test_what_is_rare_and_large_is_missed_from_one_side() -> None:
    """Few scenes rarely hold the one in twenty that carries the mean: then the interval lies below it."""
    every = [np.array([1.0 if scene % 20 == 0 else 0.0]) for scene in range(100)]
    found = missed(every, paired_interval, 11, 300)
    assert found.below == 0.0 and found.above <= 0.02
    every = [scene + 0.01 * number for number, scene in enumerate(every)]
    found = missed(every, paired_interval, 11, 300)
    assert found.below > found.above

"""Which weak images a budget takes, and of which scenes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gplac.data.budget import chosen, scene_order
from gplac.errors import UserError


def weak_set(scenes: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scenes of as many images of each kind in every scene."""
    scene = np.repeat(np.arange(scenes), 2 * each)
    return np.tile([1, 0], scenes * each).astype(np.uint8), scene


@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 5), st.data())
def test_nested_balanced_and_spread_over_scenes(
    scenes: int, each: int, seed: int, data: st.DataObject
) -> None:
    labels, scene = weak_set(scenes, each)
    sizes = st.integers(2, len(labels))
    small, large = sorted([data.draw(sizes), data.draw(sizes)])
    few, many = (chosen(labels, scene, budget, seed) for budget in (small, large))
    assert set(few) <= set(many)
    assert len(set(few)) == len(few) == small
    assert labels[few].sum() == (small + 1) // 2
    for label in (0, 1):
        per_scene = np.bincount(scene[few][labels[few] == label], minlength=scenes)
        assert per_scene.max() - per_scene.min() <= 1
    np.testing.assert_array_equal(few, chosen(labels, scene, small, seed))
    assert (np.diff(few) > 0).all()


def test_an_even_budget_takes_both_kinds_of_the_same_scenes_and_seeds_differ() -> None:
    labels, scene = weak_set(40, 200)
    few = chosen(labels, scene, 16, 0)
    present, absent = (set(scene[few][labels[few] == label]) for label in (1, 0))
    assert present == absent and len(present) == 8
    assert set(few) != set(chosen(labels, scene, 16, 1))
    np.testing.assert_array_equal(chosen(labels, scene, len(labels), 0), np.arange(len(labels)))


def test_another_seed_takes_other_images_of_either_kind_within_a_scene() -> None:
    labels, scene = weak_set(1, 200)
    one, other = (chosen(labels, scene, 16, seed) for seed in (0, 1))
    for label in (0, 1):
        assert set(one[labels[one] == label]) != set(other[labels[other] == label])


def test_scenes_without_one_kind_are_made_up_for_by_the_others() -> None:
    labels, scene = np.array([1, 1, 1, 0, 0, 0]), np.array([0, 0, 0, 1, 1, 1])
    assert chosen(labels, scene, 6, 0).tolist() == [0, 1, 2, 3, 4, 5]


@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 5), st.data())
def test_fewer_scenes_are_a_part_of_more_and_give_as_many_images(
    scenes: int, each: int, seed: int, data: st.DataObject
) -> None:
    labels, scene = weak_set(scenes, each)
    counts = st.integers(1, scenes)
    small, large = sorted([data.draw(counts), data.draw(counts)])
    few, many = (chosen(labels, scene, 0, seed, count) for count in (small, large))
    assert set(few) <= set(many)
    assert len(set(scene[few])) == small and len(few) == 2 * each * small
    assert set(scene[few]) == set(scene_order(scene, seed)[:small])
    budget = data.draw(st.integers(2, len(few)))
    some = chosen(labels, scene, budget, seed, small)
    assert len(some) == budget and set(some) <= set(few)
    for label, count in ((1, (budget + 1) // 2), (0, budget // 2)):
        per_scene = np.bincount(scene[some][labels[some] == label], minlength=scenes)[list(set(scene[few]))]
        assert per_scene.sum() == count and per_scene.max() - per_scene.min() <= 1


def test_as_many_scenes_as_there_are_change_nothing() -> None:
    labels, scene = weak_set(6, 3)
    for budget in (2, 9, 36):
        np.testing.assert_array_equal(chosen(labels, scene, budget, 1, 6), chosen(labels, scene, budget, 1))


@pytest.mark.parametrize("count", [-1, 7])
def test_scenes_that_cannot_be_had_are_told(count: int) -> None:
    labels, scene = weak_set(6, 3)
    with pytest.raises(UserError, match=f"A budget of {count} weak scenes cannot be had, there are 6"):
        chosen(labels, scene, 4, 0, count)
    with pytest.raises(UserError, match="needs 5 with the object, at least one, and there are 3 in 1 scenes"):
        chosen(labels, scene, 10, 0, 1)


@pytest.mark.parametrize("budget", [1, 7, 1000])
def test_what_cannot_be_had_is_told(budget: int) -> None:
    with pytest.raises(UserError, match=f"A budget of {budget:,} weak images"):
        chosen(np.array([1, 0, 1, 0, 1]), np.zeros(5, int), budget, 0)

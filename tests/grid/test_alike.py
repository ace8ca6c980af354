"""The settings that every method is tried with."""

from dataclasses import replace
from itertools import accumulate, combinations, pairwise
from pathlib import Path

import pytest

from gplac.cli.options import Size
from gplac.config import METHOD_CHANGES, own_changes, preset
from gplac.errors import UserError
from gplac.evaluation.compare import compare
from gplac.evaluation.result import read_result
from gplac.grid.alike import OWN, TEMPERATURE, tried_alike
from gplac.grid.cell import Cell, Grid
from gplac.methods import BEYOND, METHODS, PARENTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("task", ["pusher", "mug_push"])
def test_every_method_has_five_and_each_changes_the_preset(task: str) -> None:
    before = preset("lite", task)
    for method in METHODS:
        tried = list(tried_alike(method, before).values())
        after = [replace(Size("lite", changes).settings(task), name="lite") for changes in tried]
        assert len(after) == 5
        assert all(one != other for one, other in combinations([before, *after], 2))


def test_a_method_is_tried_with_a_weight_that_it_has() -> None:
    tried = {method: tried_alike(method, preset("lite", "pusher")) for method in METHODS}
    assert tried["gplac"][OWN] == tried["cnn-c"][OWN] == ("classification_weight=0.3",)
    assert tried["att-da"][OWN] == tried["gplac-da"][OWN] == ("domain_weight=0.1",)
    assert {tried[method][OWN] for method in ("att-ft", "att-ae", "att-po")} == {
        ("training.finetune_learning_rate=0.0006",)
    }
    assert tried["att-1"][OWN] == tried["cnn-c"][TEMPERATURE] == ("training.learning_rate=0.003",)
    assert tried["cnn-40"][TEMPERATURE] == ("training.weight_decay=0.2",)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(UserError, match="no method is called 'gplac2'"):
        tried_alike("gplac2", preset("lite", "pusher"))


@pytest.mark.parametrize("method", METHOD_CHANGES)
def test_what_a_method_has_for_its_own_was_tried_with_all(method: str) -> None:
    for name in METHOD_CHANGES[method]:
        tried = tried_alike(method, preset(name, "pusher")).values()
        own = own_changes(name, method)
        taken = [each for each in tried if set(each) <= set(own)]
        assert sorted(own) == sorted(change for each in taken for change in each) != []
        assert replace(preset(name, "pusher", method), name=f"{name}-changed") == Size(name, own).settings(
            "pusher"
        )


@pytest.mark.parametrize("method", [name for name in METHOD_CHANGES if name not in BEYOND])
def test_what_a_method_has_for_its_own_did_better_in_confirmation_scenes(method: str) -> None:
    """The rule of docs/paper_map.md, on the committed results: each over those that were taken before it."""
    folder = ROOT / "results/sweep/pusher/confirmation"
    tried = tried_alike(method, preset("lite", "pusher")).values()
    singly = dict.fromkeys(each for own in own_changes("lite", method) for each in tried if own in each)
    taken = list(accumulate([(), *singly]))
    names = ["-".join([method, "lite", *sorted(changes), "seed0.json"]) for changes in taken]
    assert len(names) > 1
    for one, other in pairwise(names):
        before, after = read_result(folder / one), read_result(folder / other)
        assert (before["split"], before["episodes"]) == ("confirmation", 1000)
        assert compare(before, after).interval95.low > 0


def test_a_method_is_trained_with_its_own_in_a_grid_and_where_its_name_is_typed(tmp_path: Path) -> None:
    own = preset("lite", "pusher", "att-ae")
    assert own.training.steps < preset("lite", "pusher", "att-1").training.steps
    assert Size("lite").settings("pusher", "att-ae") == own
    assert Grid("lite", tmp_path).settings(Cell("pusher", "att-ae")) == own


def test_a_task_decides_where_it_and_the_method_both_differ() -> None:
    assert preset("lite", "mug_push", "att-ae") == preset("lite", "mug_push")


@pytest.mark.parametrize("method", BEYOND)
def test_beyond_the_paper_a_method_has_its_parents_own(method: str) -> None:
    assert METHOD_CHANGES.get(method) == METHOD_CHANGES.get(PARENTS[method])

"""The settings that every method is tried with."""

from dataclasses import replace
from itertools import combinations

import pytest

from gplac.cli.options import Size
from gplac.config import preset
from gplac.errors import UserError
from gplac.grid.alike import OWN, TEMPERATURE, tried_alike
from gplac.methods import METHODS


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

"""What a policy is trained with, written down: what changes a number changes the hash, and nothing else does."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from gplac.config import Preset, preset
from gplac.methods import METHODS
from gplac.objectives.action import Action
from gplac.objectives.classification import Classification
from gplac.training.changes import changes
from gplac.training.described import described

LITE = preset("lite")


def but(part: str, **changes: object) -> Preset:
    return replace(LITE, **{part: replace(getattr(LITE, part), **changes)})


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_told_from_every_other(name: str) -> None:
    found = described(METHODS[name](), LITE)
    assert json.loads(json.dumps(found)) == found
    others = {described(make(), LITE)["hash"] for other, make in METHODS.items() if other != name}
    assert found["hash"] not in others and found == described(METHODS[name](), LITE)


def test_what_a_term_has_otherwise_is_recorded() -> None:
    @dataclass(frozen=True)
    class Margin(Action):
        name: str = "margin"
        margin: float = 0.1

    usual = METHODS["gplac"]()
    early = usual.but(objectives=(Action(), Classification(warmup=True)))
    wide, narrow = (usual.but(objectives=(*usual.objectives, Margin(margin=each))) for each in (0.2, 0.1))
    found = [described(method, LITE) for method in (usual, early, narrow, wide)]
    assert len({each["hash"] for each in found}) == 4
    assert "objectives_otherwise" not in found[0] and "objectives_otherwise" not in found[2]
    assert found[1]["objectives_otherwise"] == {"classification": {"warmup": True}}
    assert found[3]["objectives_otherwise"] == {"margin": {"margin": 0.2}}


def test_a_terms_parameters_are_the_same_in_every_process() -> None:
    @dataclass(frozen=True)
    class Mine(Action):
        name: str = "mine"
        distance: Callable[..., object] = torch.nn.functional.mse_loss
        scale: object = 1.0

    def told(**changes: object) -> object:
        mine = Mine(**changes)
        return described(METHODS["att-1"]().but(objectives=(Action(), mine)), LITE).get(
            "objectives_otherwise"
        )

    assert told() is None
    other = torch.nn.functional.l1_loss
    assert told(distance=other) == {"mine": {"distance": "torch.nn.functional.l1_loss"}}
    assert told(scale=(1, 2.0)) == {"mine": {"scale": [1, 2.0]}}
    assert told(scale=np.zeros(3)) == told(scale=np.zeros(3)) != told(scale=np.ones(3))


@pytest.mark.parametrize(
    ("method", "other", "name"),
    [
        ("att-1", but("training", steps=1), "training (steps "),
        ("att-1", but("network", hidden=(4,)), "network (hidden "),
        ("att-1", but("training", pretrain_steps=1), ""),  # has no such stage
        ("att-ft", but("training", pretrain_steps=1), "training (pretrain_steps "),
        ("att-ft", but("training", finetune_learning_rate=1e-4), "training (finetune_learning_rate "),
        ("gplac", but("training", weak_budget=160), "training (weak_budget "),
        ("gplac", replace(LITE, classification_weight=9.0), "objectives (classification "),
        ("att-1", replace(LITE, classification_weight=9.0, domain_weight=9.0), ""),
        ("att-da", replace(LITE, domain_weight=9.0), "objectives (domain "),
        ("gplac", but("training", colour_jitter=0.5), "training (colour_jitter "),
        ("gplac-colours", but("training", colour_jitter=0.5), ""),  # is what it has anyway
        ("gplac", replace(LITE, name="other"), ""),
        ("gplac", but("training", checkpoint_every=7), ""),
    ],
)
def test_what_differs_is_named(method: str, other: Preset, name: str) -> None:
    before, now = (described(METHODS[method](), settings) for settings in (LITE, other))
    assert (before == now) is (before["hash"] == now["hash"]) is (name == "")
    assert changes(before, now).startswith(name)

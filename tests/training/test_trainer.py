"""What a step sees, trains and averages, and which of it is the seed's."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from cut import log
from tiny import Frames, Photographs

from gplac.config import Preset
from gplac.methods import METHODS
from gplac.training.loop import fit
from gplac.training.recolour import Colours
from gplac.training.setup import Setup
from gplac.training.trainer import Trainer

CPU = torch.device("cpu")
Started = Callable[..., Trainer]


@pytest.fixture(autouse=True)
def _generator_as_it_was() -> Iterator[None]:
    """A step sets torch's generator, which `Trainer.run` puts back."""
    with torch.random.fork_rng():
        yield


@pytest.fixture
def started(demonstrations: Frames, weak: Photographs, preset: Preset) -> Started:
    """Makes the trainer of a method, before its first step; further arguments are settings of the training."""

    def make(name: str, seed: int = 0, **changed: Any) -> Trainer:
        chosen = replace(preset, training=replace(preset.training, **changed))
        return Setup(METHODS[name](), chosen, demonstrations, weak, name, "", seed).agreed().trainer(CPU)

    return make


def seen(trainer: Trainer, key: int) -> list[torch.Tensor]:
    """Demonstrated frames, photographs and consecutive frames of a step of ATT-AE, if it read all at once."""
    objectives = [objective for stage in trainer.stages for objective in stage.objectives]
    labelled, weak, video, _ = trainer.batches(objectives, key)
    assert labelled is not None and weak is not None and video is not None
    return [labelled[0], weak[0], video]


def test_batches_of_each_kind_differ_from_seed_to_seed(started: Started) -> None:
    one, again, other = (seen(started("att-ae", seed), 3) for seed in (0, 0, 1))
    for kind in range(3):
        assert torch.equal(one[kind], again[kind])
        assert not torch.equal(one[kind], other[kind])


def test_pictures_of_each_kind_are_seen_in_random_colours_which_are_the_seeds(started: Started) -> None:
    plain, found = (seen(started("att-ae", 3, colour_jitter=strength), 1) for strength in (0.0, 0.5))
    expected = Colours(0.5, 3, CPU)(1, plain)
    for kind in range(3):
        assert torch.equal(found[kind], expected[kind])
        assert not torch.equal(found[kind], plain[kind])


def test_the_policys_dropout_differs_from_step_to_step_and_from_seed_to_seed(started: Started) -> None:
    def kept(seed: int) -> list[torch.Tensor]:
        """What becomes of ones in the first two steps."""
        trainer, found = started("att-1", seed), list[torch.Tensor]()
        dropout = trainer.learner.network.policy_head.dropout
        dropout.register_forward_pre_hook(lambda _module, given: (torch.ones_like(given[0]),))
        dropout.register_forward_hook(lambda _module, _given, answer: found.append(answer.clone()))
        for step in (0, 1):
            trainer.step(step)
        return found

    (first, second), (again, _), (other, _) = kept(0), kept(0), kept(1)
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", ["att-da", "gplac-da", "att-ae", "att-po"])
def test_what_a_term_brings_along_is_trained_with_the_network(name: str, started: Started) -> None:
    trainer = started(name)
    brought = dict(trainer.learner.heads.named_parameters())
    before = {part: value.detach().clone() for part, value in brought.items()}
    assert before
    for step in range(3):  # the third one is the first after the warm-up
        trainer.step(step)
    for part, value in brought.items():
        assert not torch.equal(value, before[part]), part


def test_the_average_starts_anew_with_each_stage(started: Started) -> None:
    trainer = started("att-ft", average_decay=0.9)
    assert trainer.average is not None
    expected = {name: value.clone() for name, value in trainer.average.values.items()}
    for step in range(10):
        trainer.step(step)
        within = step if step < 4 else step - 4
        decay = min(0.9, (1 + within) / (10 + within))
        now = trainer.learner.network.state_dict()
        expected = {name: decay * value + (1 - decay) * now[name] for name, value in expected.items()}
    for name, value in trainer.average.values.items():
        assert torch.allclose(value, expected[name], atol=1e-6), name


def test_how_often_is_logged_changes_no_weight(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    for every in (1, 6):
        training = replace(preset.training, checkpoint_every=every)
        run = tmp_path / str(every)
        fit(METHODS["att-1"](), replace(preset, training=training), demonstrations, None, run)
        assert len(log(run)) == 6 // every
    often, once = (tmp_path / str(every) / "weights.safetensors" for every in (1, 6))
    assert often.read_bytes() == once.read_bytes()

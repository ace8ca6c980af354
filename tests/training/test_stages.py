"""Methods that pretrain: two stages in one run."""

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from cut import KilledError, killed_before, log
from safetensors.torch import load_file
from tiny import Frames, Photographs

from gplac.config import Preset
from gplac.errors import UserError
from gplac.methods import METHODS, Method
from gplac.models.network import Network
from gplac.objectives.action import Action
from gplac.objectives.classification import Classification
from gplac.objectives.objective import Context, Source
from gplac.objectives.pose import PoseRegression
from gplac.training.batches import LabelledBatches
from gplac.training.logs import Display
from gplac.training.loop import fit
from gplac.training.optimiser import learning_rate
from gplac.training.stages import stages
from gplac.training.trainer import Trainer

TWO_STAGES = [name for name, make in METHODS.items() if make().pretrain]
NEW = ["att-da", "gplac-da", *TWO_STAGES]


def same(first: Path, second: Path) -> bool:
    return first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("last", [3, 5, 8])
def test_a_run_cut_in_any_stage_ends_with_the_same_bytes(
    name: str, last: int, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    """Checkpoints: in the first stage (step 3), between the stages (step 4), in the second one (step 6)."""
    preset = replace(preset, training=replace(preset.training, steps=9 - 4 * (name in TWO_STAGES)))
    method, straight, cut = METHODS[name](), tmp_path / "straight", tmp_path / "cut"
    fit(method, preset, demonstrations, weak, straight)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", killed_before(last))
        with pytest.raises(KilledError):
            fit(method, preset, demonstrations, weak, cut)
    if name in TWO_STAGES:
        kept = {3: (3, "pretrain"), 5: (4, "pretrain"), 8: (6, "train")}[last]
        assert (log(cut)[-1]["step"], log(cut)[-1]["stage"]) == kept
    fit(method, preset, demonstrations, weak, cut, resume=True)
    assert same(straight / "weights.safetensors", cut / "weights.safetensors")
    checkpoints = [load_file(run / "checkpoint.safetensors") for run in (straight, cut)]
    assert checkpoints[0].keys() == checkpoints[1].keys()
    assert all(torch.equal(value, checkpoints[1][key]) for key, value in checkpoints[0].items())
    assert [(line["step"], line["loss"]) for line in log(straight)] == [
        (line["step"], line["loss"]) for line in log(cut)
    ]


@pytest.mark.parametrize(("name", "images"), [("att-ft", 8), ("att-ae", 8 + 2 * 3), ("att-po", 16)])
def test_each_stage_has_its_images_its_schedule_and_its_moments(
    name: str,
    images: int,
    demonstrations: Frames,
    weak: Photographs,
    preset: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    rates: list[set[float]] = []
    encode, step = Network.encode, Trainer.step

    def counting(network: Network, pictures: torch.Tensor) -> torch.Tensor:
        seen.append(len(pictures))
        return encode(network, pictures)

    def watched(trainer: Trainer, number: int) -> tuple[dict[str, torch.Tensor], int]:
        answer = step(trainer, number)
        rates.append({group["lr"] for group in trainer.optimiser.param_groups})
        return answer

    monkeypatch.setattr(Network, "encode", counting)
    monkeypatch.setattr(Trainer, "step", watched)
    config = replace(preset.training, finetune_learning_rate=1e-5)
    fit(METHODS[name](), replace(preset, training=config), demonstrations, weak, tmp_path)
    assert seen == [images] * 4 + [8] * 6
    assert rates == [{learning_rate(s, replace(config, steps=4))} for s in range(4)] + [
        {learning_rate(s, replace(config, learning_rate=1e-5))} for s in range(6)
    ]
    assert json.loads((tmp_path / "checkpoint.json").read_text())["images"] == 4 * images + 6 * 8
    stored = load_file(tmp_path / "checkpoint.safetensors")
    assert stored["adam.step.network.encoder.layers.0.weight"] == 6
    assert stored["adam.step.network.policy_head.layers.0.weight"] == 6
    assert not [key for key in stored if key.startswith("adam.step") and "heads." in key]


def test_the_main_stage_is_att_1_from_other_weights(
    demonstrations: Frames,
    weak: Photographs,
    preset: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Same batches, same loss, and what the first stage brought along stays out of the policy's weights."""
    batches: dict[str, list[int]] = {}
    call = LabelledBatches.__call__

    def recorded(self: LabelledBatches, step: int) -> tuple[torch.Tensor, ...]:
        batches[name].append(step)
        return call(self, step)

    monkeypatch.setattr(LabelledBatches, "__call__", recorded)
    monkeypatch.setattr(Trainer, "entropy", lambda *_: {})
    for name in ("att-1", *TWO_STAGES):
        batches[name] = []
        fit(METHODS[name](), preset, demonstrations, weak, tmp_path / name)
    assert batches["att-1"] == batches["att-ft"] == batches["att-ae"] == [0, 1, 2, 3, 4, 5]
    assert batches["att-po"] == [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    weights = {name: load_file(tmp_path / name / "weights.safetensors") for name in batches}
    for name in ("att-ae", "att-po"):
        assert weights[name].keys() == weights["att-1"].keys()
        changed = "encoder.layers.0.weight"
        assert not torch.equal(weights[name][changed], weights["att-1"][changed])
    extra = weights["att-ft"].keys() - weights["att-1"].keys()
    assert extra and all(key.startswith("classifier_head.") for key in extra)


def test_the_second_stage_leaves_the_first_ones_head_alone(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    preset = replace(preset, training=replace(preset.training, average_decay=0, checkpoint_every=100))
    found = fit(METHODS["att-ft"](), preset, demonstrations, weak, tmp_path / "whole").state_dict()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", killed_before(4))
        with pytest.raises(KilledError):
            fit(METHODS["att-ft"](), preset, demonstrations, weak, tmp_path / "half")
    half = load_file(tmp_path / "half" / "weights.safetensors")  # the end of a stage is always saved
    for name, value in half.items():
        assert torch.equal(value, found[name]) == (
            name.startswith(("classifier_head.", "encoder.first", "state_", "action_"))
            or name == "encoder.attention.log_temperature"
        ), name


def test_a_method_of_one_stage_has_no_use_for_a_rate_of_fine_tuning(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    slow = replace(preset, training=replace(preset.training, finetune_learning_rate=1e-5))
    fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path)
    before = load_file(tmp_path / "weights.safetensors")
    fit(METHODS["gplac"](), slow, demonstrations, weak, tmp_path / "slow")
    after = load_file(tmp_path / "slow" / "weights.safetensors")
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    runs = [json.loads((folder / "run.json").read_text()) for folder in (tmp_path, tmp_path / "slow")]
    assert runs[0]["preset"] == runs[1]["preset"]


def test_stages_say_what_they_do(preset: Preset) -> None:
    (only,) = stages(METHODS["gplac"](), preset.training)
    assert (only.name, only.first, only.end) == ("train", 0, 6)
    assert [[o.name for o in only.active(s)] for s in (1, 2)] == [["action"], ["action", "classification"]]
    first, second = stages(METHODS["att-ae"](), preset.training)
    assert [o.name for o in first.active(0)] == ["reconstruction", "slowness"]  # no warm-up
    assert (first.end, second.first, second.end) == (4, 4, 10)


class ToldError(Exception):
    """Somebody asked where the object is."""


@dataclass(frozen=True)
class Secretive:
    """Pictures whose positions may not be asked for."""

    frames: Frames | Photographs

    def __getattr__(self, name: str) -> np.ndarray:
        if name not in {field.name for field in fields(self.frames)} - {"object_positions"}:
            raise ToldError(name)
        return getattr(self.frames, name)


@pytest.mark.parametrize("name", METHODS)
def test_no_method_but_att_po_is_told_where_the_object_is(
    name: str, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    def train(frames: object, photographs: object) -> None:
        fit(METHODS[name](), preset, frames, photographs, tmp_path)  # type: ignore[arg-type]

    if name == "att-po":
        for given in ((Secretive(demonstrations), weak), (demonstrations, Secretive(weak))):
            with pytest.raises(ToldError, match="object_positions"):
                train(*given)
    else:
        train(Secretive(demonstrations), Secretive(weak))


def test_a_term_beside_those_that_know_positions_and_labels_is_told_neither(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    told: list[tuple[bool, bool]] = []

    class Curious(Action):
        def loss(self, context: Context) -> torch.Tensor:
            assert context.weak is not None
            told.append((context.positions is not None, context.weak.present_B is not None))
            return super().loss(context)

    preset = replace(preset, training=replace(preset.training, warmup_steps=0))
    method = Method("attention", 1, (Curious(), PoseRegression(), Classification(1.0)), weak_scenes=40)
    fit(method, preset, demonstrations, weak, tmp_path)
    assert told == [(False, False)] * 6


@pytest.mark.parametrize("second", [Action(), replace(Action(), weight=0.5)])
def test_two_terms_of_one_name_are_refused(
    second: Action, demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="two terms of the loss are called action: name them apart"):
        fit(Method("attention", 1, (Action(), second)), preset, demonstrations, None, tmp_path)
    with pytest.raises(UserError, match=r"called 'my\.own': give it a name without a dot"):
        fit(
            Method("attention", 1, (replace(Action(), name="my.own"),)),
            preset,
            demonstrations,
            None,
            tmp_path,
        )


def test_the_term_that_diverged_first_is_named_and_the_step(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    @dataclass(frozen=True)
    class Mine(Action):
        """Not a number from its third step on, and with it all weights afterwards."""

        name: str = "mine"
        steps: list[int] = field(default_factory=list)

        def loss(self, context: Context) -> torch.Tensor:
            self.steps.append(0)
            return super().loss(context) * (1.0 if len(self.steps) < 3 else float("nan"))

    with pytest.raises(UserError, match=r"diverged: mine_loss is nan at step 3 \(no checkpoint"):
        fit(Method("attention", 1, (Action(), Mine())), preset, demonstrations, None, tmp_path)


def test_a_method_without_weak_images_may_be_told_positions_as_well(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    @dataclass(frozen=True)
    class Near(Action):
        """Where the object is in the labelled frames alone."""

        name: str = "near"
        reads: frozenset[Source] = frozenset({"labelled", "positions"})

        def head(self, network: Network) -> torch.nn.Module:
            return network.new_head(2)

        def loss(self, context: Context) -> torch.Tensor:
            assert context.positions is not None and context.positions.weak_B2 is None
            found = context.head(context.labelled.features_BF)
            return (found.float() - context.positions.labelled_B2).square().mean()

    fit(Method("attention", 1, (Action(), Near())), preset, demonstrations, None, tmp_path)
    assert log(tmp_path)[-1]["near_loss"] > 0


def test_a_term_without_a_weight_is_refused_in_one_sentence(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    method = Method("attention", 1, (Action(), Action(weight=None, name="mine")))  # type: ignore[arg-type]
    with pytest.raises(UserError, match="The term mine has no weight, .* give it a number"):
        fit(method, preset, demonstrations, None, tmp_path)


def test_bad_input_is_refused_in_one_sentence(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    nobody_knows = replace(demonstrations, object_positions=None)
    unlocated = replace(weak, object_positions=None)
    short = replace(demonstrations, episode=np.arange(40) // 2, frame=np.arange(40) % 2)
    lost = replace(demonstrations, object_positions=np.full((40, 2), np.nan))
    flat = replace(demonstrations, object_positions=np.zeros(40))
    idle = replace(preset, training=replace(preset.training, pretrain_steps=0))
    for name, settings, frames, photographs, said in [
        (
            "att-po",
            preset,
            nobody_knows,
            weak,
            "where in the picture the object stands, .* do not tell it",
        ),
        ("att-po", preset, demonstrations, unlocated, "these weak images do not tell it.*gplac collect weak"),
        ("att-po", preset, lost, weak, "finite"),
        ("att-po", preset, flat, weak, r"shape \(40, 2\).* have shape \(40,\)"),
        ("att-po", preset, demonstrations, None, "weakly labelled images"),
        ("att-ae", preset, short, weak, "no episode .* 3 consecutive frames"),
        ("att-ae", preset, demonstrations, None, "weakly labelled images"),
        ("att-da", preset, demonstrations, None, "weakly labelled images"),
        ("att-ft", idle, demonstrations, weak, "pretrain_steps is 0: set it above 0"),
    ]:
        with pytest.raises(UserError, match=said):
            fit(METHODS[name](), settings, frames, photographs, tmp_path / name, name=name)
    fit(METHODS["gplac"](), idle, short, weak, tmp_path / "gplac")  # has no use for any of it
    fit(METHODS["gplac"](), preset, short, weak, tmp_path / "gplac", resume=True)


def test_they_learn(demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path) -> None:
    network = replace(preset.network, policy_dropout=0.0, classifier_dropout=0.0)
    training = replace(preset.training, steps=20, pretrain_steps=80, learning_rate=3e-3, checkpoint_every=100)
    settings = replace(preset, network=network, training=training)
    for name, loss in (
        ("att-po", "pose_loss"),
        ("att-ae", "reconstruction_loss"),
        ("att-ft", "classification_loss"),
    ):
        fit(METHODS[name](), settings, demonstrations, weak, tmp_path / name)
        lines = [line[loss] for line in log(tmp_path / name) if loss in line]
        assert lines[-1] < 0.8 * lines[0], name


@pytest.mark.parametrize("name", ["att-1", "gplac", "att-ae"])
def test_the_projection_counts_the_images_that_are_left(
    name: str, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    projected: list[tuple[float, int]] = []
    monkeypatch.setattr(Display, "project", lambda _self, rate, images: projected.append((rate, images)))
    monkeypatch.setattr("gplac.training.trainer.MEASURED_STEPS", 3)
    clock = iter([100.0, 104.0])
    monkeypatch.setattr(Trainer, "now", lambda _self: next(clock))
    used: list[int] = []
    step = Trainer.step

    def counted(trainer: Trainer, number: int) -> tuple[dict[str, torch.Tensor], int]:
        metrics, images = step(trainer, number)
        used.append(images)
        return metrics, images

    monkeypatch.setattr(Trainer, "step", counted)
    fit(METHODS[name](), preset, demonstrations, weak, tmp_path)
    assert projected == [(sum(used[1:3]) / 4.0, sum(used[3:]))]

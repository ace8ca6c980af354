import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cut import KilledError, killed_before, log
from safetensors.torch import load_file, save_file
from tiny import Frames, Photographs
from torch.utils._python_dispatch import TorchDispatchMode

from gplac.config import Preset
from gplac.errors import UserError
from gplac.evaluation.faults import fault
from gplac.methods import METHODS
from gplac.models.encoders import PIXEL_STD, vgg16_first_layer
from gplac.models.network import Network
from gplac.objectives import domain_confusion
from gplac.objectives.domain_confusion import reversal_strength
from gplac.training import loop, settings
from gplac.training.batches import WeakBatches
from gplac.training.checkpoint import write_json
from gplac.training.device import mixed_precision
from gplac.training.heldout import held_out
from gplac.training.learner import Learner
from gplac.training.loop import fit
from gplac.training.optimiser import policy_dropout
from gplac.training.setup import Setup
from gplac.training.trainer import Trainer


@pytest.mark.parametrize("name", METHODS)
def test_every_method_trains_and_leaves_a_run(
    name: str, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS[name](), preset, demonstrations, weak, tmp_path, name=name, task="pusher", seed=3)
    run = json.loads((tmp_path / "run.json").read_text())
    assert (run["method"], run["task"], run["seed"], run["preset"]["name"]) == (name, "pusher", 3, "smoke")
    first = 4 if METHODS[name]().pretrain else 0
    assert run["training"]["finished"] and run["training"]["steps"] == first + 6
    assert run["weak_images"] == (30 if METHODS[name]().weak_scenes else 0)
    assert set(run["provenance"]) == {"command", "revision", "versions", "hardware", "date"}
    logged = [(line["step"], line["stage"]) for line in log(tmp_path)]
    assert logged == (
        [(3, "pretrain"), (4, "pretrain"), (6, "train"), (9, "train"), (10, "train")]
        if first
        else [(3, "train"), (6, "train")]
    )
    assert list((tmp_path / "tb").iterdir())
    stored = sum(t.numel() for n, t in load_file(tmp_path / "weights.safetensors").items())
    assert stored >= run["training"]["parameters"]
    assert not list(tmp_path.glob(".*"))  # no temporary file stays behind


class HostWork(TorchDispatchMode):
    """Notes what would make the host wait for a GPU, or send it something, with the network on a processor."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        masks = [each for each in (args[1] if func.overloadpacket in INDEXING else ()) if each is not None]
        if func.overloadpacket in WAITING or any(each.dtype == torch.bool for each in masks):
            self.found.append(str(func))
        return func(*args, **(kwargs or {}))


INDEXING = {torch.ops.aten.index, torch.ops.aten.index_put, torch.ops.aten.index_put_}
"""With a mask as an index: how many are left?"""
WAITING = {
    torch.ops.aten._local_scalar_dense,  # .item(), float(tensor), if tensor
    torch.ops.aten.nonzero,
    torch.ops.aten.masked_select,
    torch.ops.aten.is_nonzero,
    torch.ops.aten.lift_fresh,  # torch.tensor(numbers)
}


@pytest.mark.parametrize("name", METHODS)
def test_between_two_choices_of_batches_the_host_neither_waits_nor_sends(
    name: str, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path, monkeypatch: Any
) -> None:
    step, watched = Trainer.step, []

    def watched_step(self: Trainer, number: int) -> Any:
        stage = self.stage(number)
        self.batches(stage.active(number - stage.first), self.key(number))  # chosen for many steps at once
        with HostWork() as host, monkeypatch.context() as patch:
            patch.setattr(torch, "from_numpy", lambda _: host.found.append("torch.from_numpy"))
            for what in ("cpu", "numpy", "tolist"):
                patch.setattr(torch.Tensor, what, lambda *_, what=what: host.found.append(what))
            found = step(self, number)
        watched.append((number, host.found))
        return found

    monkeypatch.setattr(Trainer, "step", watched_step)
    fit(METHODS[name](), preset, demonstrations, weak, tmp_path, task="pusher")
    steps = 6 + (4 if METHODS[name]().pretrain else 0)
    assert watched == [(number, []) for number in range(steps)]


def test_what_makes_the_host_wait_is_noticed() -> None:
    values = torch.zeros(2)
    with HostWork() as host:
        torch.tensor([1.0, 2.0])
        values[:1] = 1.0
        float(values[0])
        values[values > 1]
    sent, read, masked = "aten.lift_fresh.default", "aten._local_scalar_dense.default", "aten.index.Tensor"
    assert host.found == [sent, sent, read, masked]


@pytest.mark.parametrize("colour_jitter", [0.0, 0.5])
def test_a_resumed_run_ends_with_the_same_bytes(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path, colour_jitter: float
) -> None:
    method = METHODS["gplac"]()
    preset = replace(preset, training=replace(preset.training, colour_jitter=colour_jitter))
    fit(method, preset, demonstrations, weak, tmp_path / "straight")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", killed_before(5))
        with pytest.raises(KilledError):
            fit(method, preset, demonstrations, weak, tmp_path / "cut")
    assert json.loads((tmp_path / "cut" / "checkpoint.json").read_text())["step"] == 3
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as file:
        file.write(
            '{"step": 5, "loss": 1.0}\n{"step": 5, "lo'
        )  # not covered by the checkpoint, and cut by the kill
    fit(method, preset, demonstrations, weak, tmp_path / "cut", resume=True)
    for name in ("weights.safetensors", "checkpoint.safetensors"):
        straight, cut = load_file(tmp_path / "straight" / name), load_file(tmp_path / "cut" / name)
        assert straight.keys() == cut.keys()
        assert all(torch.equal(value, cut[key]) for key, value in straight.items()), name
    weights = [(tmp_path / run / "weights.safetensors").read_bytes() for run in ("straight", "cut")]
    assert weights[0] == weights[1]
    losses = [[(line["step"], line["loss"]) for line in log(tmp_path / run)] for run in ("straight", "cut")]
    assert losses[0] == losses[1]


def test_a_method_brings_its_random_colours_along_and_the_setting_changes_how_strong_they_are(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    def trained(name: str, colour_jitter: float) -> dict[str, torch.Tensor]:
        changed = replace(preset, training=replace(preset.training, colour_jitter=colour_jitter))
        run = tmp_path / f"{name}-{colour_jitter}"
        return fit(METHODS[name](), changed, demonstrations, weak, run).state_dict()

    def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
        return all(torch.equal(value, other[key]) for key, value in one.items())

    with_colours = trained("gplac-colours", 0.0)
    assert same(with_colours, trained("gplac", 0.5))
    assert not same(with_colours, trained("gplac", 0.0))
    assert not same(with_colours, trained("gplac-colours", 0.2))
    run = json.loads((tmp_path / "gplac-colours-0.0" / "run.json").read_text())
    assert run["preset"]["training"]["colour_jitter"] == 0.5


def test_a_jitter_beyond_its_scale_is_refused(demonstrations: Frames, preset: Preset, tmp_path: Path) -> None:
    preset = replace(preset, training=replace(preset.training, colour_jitter=1.5))
    with pytest.raises(UserError, match=r"colour_jitter is 1\.5"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)


def test_a_negative_seed_is_refused(demonstrations: Frames, preset: Preset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="seed is -1"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run", seed=-1)
    assert not (tmp_path / "run").exists()


def test_a_finished_run_resumes_to_itself(demonstrations: Frames, preset: Preset, tmp_path: Path) -> None:
    first = fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path).state_dict()
    again = fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in first.items())


@pytest.mark.parametrize(
    "lost", [("weights.safetensors",), ("weights.safetensors", "run.json", "checkpoint.json")]
)
def test_what_a_half_copied_run_lacks_is_written_anew(
    lost: tuple[str, ...], demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    whole = {name: (tmp_path / name).read_bytes() for name in lost}
    for name in lost:
        (tmp_path / name).unlink()
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    assert (tmp_path / "weights.safetensors").read_bytes() == whole["weights.safetensors"]
    assert json.loads((tmp_path / "run.json").read_text())["training"]["finished"]


def test_a_run_is_neither_overwritten_nor_resumed_with_other_settings(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    with pytest.raises(UserError, match="already holds a run"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    # A grid has no --out; its runs' folders can be deleted.
    anew = rf"delete {re.escape(str(tmp_path))} and train again, or choose another directory \(gplac train --out\)"
    with pytest.raises(UserError, match=f"another seed.*{anew}"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, seed=1, resume=True)
    (tmp_path / "checkpoint.safetensors").write_bytes(b"half a file")
    with pytest.raises(UserError, match=f"cannot be resumed.*{anew}"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    (tmp_path / "checkpoint.safetensors").unlink()
    with pytest.raises(UserError, match=f"without the checkpoint.*{anew}"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda facts: [facts], "cannot be resumed .its header does not tell of which run"),
        (lambda facts: facts | {"run": None}, "cannot be resumed .its header does not tell of which run"),
        (lambda facts: facts | {"images": None}, "cannot be resumed .its header has no images"),
        (lambda facts: facts | {"step": "6"}, "cannot be resumed .its header has no step"),
        (lambda facts: facts | {"step": 7}, "says that 7 steps of 6 are done"),
    ],
)
def test_what_a_checkpoint_cannot_have_told_is_not_gone_on_from(
    damage: Callable[[dict[str, Any]], Any], told: str, demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    checkpoint = tmp_path / "checkpoint.safetensors"
    facts = damage(json.loads((tmp_path / "checkpoint.json").read_text()))
    save_file(load_file(checkpoint), checkpoint, {"facts": json.dumps(facts)})
    with pytest.raises(UserError, match=f"{told}.*: delete .* and train again"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)


@pytest.mark.parametrize("part", ["model.network", "adam.exp_avg.network", "average"])
def test_a_checkpoint_that_is_not_finite_is_not_gone_on_from(
    part: str, demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    checkpoint = tmp_path / "checkpoint.safetensors"
    tensors, facts = load_file(checkpoint), (tmp_path / "checkpoint.json").read_text()
    weights = (tmp_path / "weights.safetensors").read_bytes()
    name = f"{part}.policy_head.layers.0.weight"
    tensors[name][0, 0] = torch.nan
    save_file(tensors, checkpoint, {"facts": facts})
    with pytest.raises(UserError, match=f"cannot be resumed .{name} holds numbers that are not finite"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    assert (tmp_path / "weights.safetensors").read_bytes() == weights


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
            "Memory is full",
        ),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Memory is full"),
        (RuntimeError("invalid header"), "delete"),
    ],
)
def test_full_memory_is_no_fault_of_a_checkpoint(
    error: Exception, told: str, demonstrations: Frames, preset: Preset, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("gplac.training.checkpoint.safe_open", refused)
    with pytest.raises(UserError) as caught:
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    assert told in str(caught.value) and ("delete" in str(caught.value)) == (told == "delete")


def test_warm_up_is_action_loss_alone(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During the warm-up GPLAC is ATT-1 to the bit: weak images reach neither losses nor batch-norm statistics."""
    preset = replace(preset, training=replace(preset.training, steps=4, warmup_steps=3, weight_decay=0))
    monkeypatch.setattr(
        WeakBatches, "__call__", lambda *_: pytest.fail("read weak images during the warm-up")
    )
    monkeypatch.setattr(Trainer, "step", killed_before(3))
    start = Network(preset.network, 16, 20, 17, 7)
    kept = {}
    monkeypatch.setattr(Network, "set_statistics", lambda net, *_: kept.update(_clone(net)))

    def warmed_up(name: str) -> dict[str, torch.Tensor]:
        with pytest.raises(KilledError):
            fit(METHODS[name](), preset, demonstrations, weak, tmp_path / name)
        return load_file(tmp_path / name / "weights.safetensors")

    gplac = warmed_up("gplac")
    begun = dict(kept)
    att_1 = warmed_up("att-1")
    assert start.state_dict().keys() == gplac.keys()
    assert all(torch.equal(value, gplac[name]) for name, value in att_1.items())
    for name in gplac.keys() - att_1.keys():
        assert name.startswith("classifier_head.")
        assert torch.equal(gplac[name], begun[name])


def _clone(network: Network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_domain_adaptation_sets_in_gently_after_the_warm_up(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strengths: list[float] = []

    def kept(progress: float) -> float:
        strengths.append(reversal_strength(progress))
        return strengths[-1]

    monkeypatch.setattr(domain_confusion, "reversal_strength", kept)
    training = replace(preset.training, steps=8, warmup_steps=3)
    weights = []
    for weight in (1.0, 0.1):
        weighed = replace(preset, training=training, domain_weight=weight)
        network = fit(METHODS["att-da"](), weighed, demonstrations, weak, tmp_path / str(weight))
        weights.append(network.state_dict())
    assert strengths[:5] == strengths[5:] == [reversal_strength(done / 5) for done in range(5)]
    assert strengths[0] == 0.0
    assert any(not torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_both_batches_share_statistics_after_the_warm_up(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    seen: list[int] = []
    preset = replace(preset, training=replace(preset.training, average_decay=0))
    original = Network.encode

    def encode(network: Network, images: torch.Tensor) -> torch.Tensor:
        seen.append(len(images))
        return original(network, images)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "encode", encode)
        fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path)
    assert seen == [8, 8, 16, 16, 16, 16]
    assert [round(line["images_per_s"]) > 0 for line in log(tmp_path)] == [True, True]


def test_the_first_layer_stays_vgg_16s(demonstrations: Frames, preset: Preset, tmp_path: Path) -> None:
    network = fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    weight, bias = vgg16_first_layer()
    assert torch.equal(network.encoder.first.conv.weight, weight / PIXEL_STD)
    assert torch.equal(network.encoder.first.conv.bias, bias / PIXEL_STD)


def test_divergence_stops_and_keeps_the_last_good_checkpoint(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    training = replace(preset.training, learning_rate=1e30, steps=40, checkpoint_every=1, schedule="constant")
    with pytest.raises(UserError, match="diverged"):
        fit(METHODS["att-1"](), replace(preset, training=training), demonstrations, None, tmp_path)
    for tensor in load_file(tmp_path / "checkpoint.safetensors").values():
        assert tensor.isfinite().all()
    assert not json.loads((tmp_path / "run.json").read_text())["training"]["finished"]


def test_weights_that_are_not_finite_are_never_written(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    """The loss of the one step is that of the weights before it."""
    training = replace(preset.training, learning_rate=1e39, steps=1, warmup_steps=0)
    with pytest.raises(UserError, match="training diverged: .* at step 1 .no checkpoint yet"):
        fit(METHODS["att-1"](), replace(preset, training=training), demonstrations, None, tmp_path)
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize("name", ["weak_budget", "scene_budget"])
def test_a_budget_of_weak_images_is_refused_where_none_are_learned_from(
    name: str, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    limited = replace(preset, training=replace(preset.training, **{name: 4}))
    with pytest.raises(UserError, match=f"training.{name} is 4, and no weak images are learned from"):
        fit(METHODS["att-1"](), limited, demonstrations, weak, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_bad_data_is_refused_in_one_sentence(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="weakly labelled"):
        fit(METHODS["gplac"](), preset, demonstrations, None, tmp_path)
    cropped = Photographs(weak.images[:, 1:], weak.labels, weak.scene)
    with pytest.raises(UserError, match="20x16 pixels, weak images 20x15 pixels"):
        fit(METHODS["gplac"](), preset, demonstrations, cropped, tmp_path)
    empty = replace(demonstrations, images=demonstrations.images[:0])
    limited = replace(preset, training=replace(preset.training, weak_budget=4))
    with pytest.raises(UserError, match="weak_budget is 4, and there are 30"):
        fit(METHODS["gplac"](), limited, demonstrations, weak, tmp_path)
    limited = replace(preset, training=replace(preset.training, scene_budget=2))
    places = replace(weak, scene=np.arange(30) % 3)
    with pytest.raises(UserError, match="scene_budget is 2, and the weak images are of 3 scenes"):
        fit(METHODS["gplac"](), limited, demonstrations, places, tmp_path)
    with pytest.raises(UserError, match="no frame"):
        fit(METHODS["att-1"](), preset, empty, None, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_save_and_the_run_goes_on(
    number: signal.Signals, demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    preset = replace(preset, training=replace(preset.training, checkpoint_every=100))
    method = METHODS["att-1"]()
    fit(method, preset, demonstrations, None, tmp_path / "straight")
    steps = []
    original = Network.encode
    handler = signal.getsignal(number)

    def encode(network: Network, images: torch.Tensor) -> torch.Tensor:
        steps.append(len(steps))
        if len(steps) == 4:
            os.kill(os.getpid(), number)
        return original(network, images)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "encode", encode)
        with pytest.raises(KeyboardInterrupt, match="^Step 4 is saved in .*: the same command goes on"):
            fit(method, preset, demonstrations, None, tmp_path / "cut")
    assert signal.getsignal(number) is handler
    fit(method, preset, demonstrations, None, tmp_path / "cut", resume=True)
    weights = [(tmp_path / run / "weights.safetensors").read_bytes() for run in ("straight", "cut")]
    assert weights[0] == weights[1]


def test_held_out_figures_do_not_disturb_training(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    method = METHODS["gplac"]()
    fit(method, preset, demonstrations, weak, tmp_path / "without")
    fit(method, preset, demonstrations, weak, tmp_path / "with", validation=held_out(demonstrations, weak))
    weights = [(tmp_path / run / "weights.safetensors").read_bytes() for run in ("without", "with")]
    assert weights[0] == weights[1]


def test_it_learns(demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path) -> None:
    network = replace(preset.network, policy_dropout=0.0, classifier_dropout=0.0)
    training = replace(preset.training, steps=120, warmup_steps=20, learning_rate=3e-3, checkpoint_every=120)
    fit(
        METHODS["gplac"](),
        replace(preset, network=network, training=training),
        demonstrations,
        weak,
        tmp_path,
    )
    lines = log(tmp_path)
    assert lines[-1]["action_loss"] < 0.5 * lines[0]["action_loss"]
    assert lines[-1]["classification_accuracy"] > 0.8
    assert lines[-1]["map_entropy"] < lines[0]["map_entropy"] <= 1


CHILD = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import tiny
from gplac import methods
from gplac.training.loop import fit
frames, photographs, preset = (f.__wrapped__() for f in (tiny.demonstrations, tiny.weak, tiny.preset))
preset = replace(preset, training=replace(preset.training, steps=int(sys.argv[3])))
fit(methods.gplac(), preset, frames, photographs, Path(sys.argv[2]))
"""


def test_kill_9_in_the_middle_changes_nothing(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    steps = 150
    arguments = [str(Path(__file__).parent), str(tmp_path / "cut"), str(steps)]
    child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stderr=subprocess.DEVNULL)
    while not (tmp_path / "cut" / "checkpoint.json").exists():
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert json.loads((tmp_path / "cut" / "checkpoint.json").read_text())["step"] < steps
    preset = replace(preset, training=replace(preset.training, steps=steps))
    for run in ("straight", "cut"):
        fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path / run, resume=True)
    weights = [(tmp_path / run / "weights.safetensors").read_bytes() for run in ("straight", "cut")]
    assert weights[0] == weights[1]


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Cannot write .*run\.json: No such file or directory"):
        write_json(tmp_path / "gone" / "run.json", {})


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("training", "steps", 0),
        ("training", "labelled_batch", 0),
        ("training", "weak_batch", 1),
        ("training", "checkpoint_every", 0),
        ("training", "warmup_steps", -1),
        ("training", "learning_rate", -1.0),
        ("training", "learning_rate", float("nan")),
        ("training", "weight_decay", -1.0),
        ("training", "average_decay", 1.5),
        ("network", "temperature", 0.0),
        ("network", "policy_dropout", 1.5),
        ("network", "classifier_dropout", -0.5),
        ("network", "hidden", (0,)),
        ("evaluation", "scenes", 0),
        ("evaluation", "episodes", 0),
    ],
)
def test_settings_that_make_no_sense_are_named_before_anything_is_written(
    part: str,
    name: str,
    value: object,
    demonstrations: Frames,
    weak: Photographs,
    preset: Preset,
    tmp_path: Path,
) -> None:
    changed = replace(preset, **{part: replace(getattr(preset, part), **{name: value})})
    with pytest.raises(UserError, match=rf"{part}\.{name} (is|holds)"):
        fit(METHODS["gplac"](), changed, demonstrations, weak, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["classification_weight", "domain_weight"])
@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_a_loss_is_not_weighed_below_nought(
    name: str, value: float, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=rf"{name} is {value:g}: choose 0 or more"):
        fit(METHODS["gplac-da"](), replace(preset, **{name: value}), demonstrations, weak, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("warmup_steps", [6, 100])
def test_a_warm_up_leaves_steps_for_what_waits_for_its_end(
    warmup_steps: int, demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    long = replace(preset, training=replace(preset.training, warmup_steps=warmup_steps))
    with pytest.raises(
        UserError, match=rf"warmup_steps is {warmup_steps} of 6 .* learned from classification"
    ):
        fit(METHODS["gplac"](), long, demonstrations, weak, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    fit(METHODS["att-1"](), long, demonstrations, None, tmp_path / "run")  # has nothing that waits


@pytest.mark.parametrize("batch", ["labelled_batch", "weak_batch"])
def test_batches_beyond_all_memory_are_refused_with_numbers(
    batch: str,
    demonstrations: Frames,
    weak: Photographs,
    preset: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "memory_gib", lambda _device: 8.0)
    monkeypatch.setattr(Trainer, "step", lambda *_: pytest.fail("took a step"))
    large = replace(preset, training=replace(preset.training, **{batch: 1_000_000}))
    said = rf"{batch} (is )?1000000.* a step takes about \d+ GiB of memory, and there are 8; choose smaller"
    with pytest.raises(UserError, match=said):
        fit(METHODS["gplac"](), large, demonstrations, weak, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_pictures_beyond_all_memory_are_refused_with_numbers(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = demonstrations.images.nbytes + weak.images.nbytes
    monkeypatch.setattr(settings, "memory_gib", lambda _device: 0.9 * pictures / 2**30)
    with pytest.raises(UserError, match="pictures that are trained on take .* train on fewer"):
        fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            r"\(CUDA out of memory\)",
        ),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to"
                " allocate 9 bytes. Error code 12 (Cannot allocate memory)"
            ),
            r"\(DefaultCPUAllocator: .* 9 bytes\)",
        ),
    ],
)
def test_memory_that_is_full_is_told_in_a_sentence(
    error: Exception,
    said: str,
    demonstrations: Frames,
    preset: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(Trainer, "step", fails)
    with pytest.raises(UserError, match=f"choose smaller batches .*{said}"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run")
    error = NotImplementedError("a defect")
    with pytest.raises(NotImplementedError, match="a defect"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run")


def test_a_run_that_goes_on_in_another_precision_says_so(
    demonstrations: Frames,
    preset: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told() -> str:
        return str(json.loads((tmp_path / "run.json").read_text())["training"]["precision"])

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", killed_before(5))
        with pytest.raises(KilledError):
            fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    before = told()
    other = {"float32": "bfloat16", "bfloat16": "float32"}[before]
    monkeypatch.setattr(loop, "precision", lambda _device: other)
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    assert told() == "both"
    assert f"trained in {before}, and goes on in {other}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("parts", "earlier"),
    [
        (["A 1", "A 1"], []),
        (["A 1", "B 1"], [0]),
        (["A 1", "A 2"], [0]),
        (["A 1", "B 1", "B 1", "B 2"], [0, 2]),
    ],
)
def test_a_run_that_goes_on_elsewhere_tells_where_its_parts_come_from(
    parts: list[str], earlier: list[int], demonstrations: Frames, preset: Preset, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Each part is named by processor and revision. Of several on the same ones the last is kept."""
    preset = replace(preset, training=replace(preset.training, checkpoint_every=1))
    told: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        cpu, revision = part.split()
        where = {"command": "gplac train", "revision": revision, "versions": {}, "hardware": {"cpu": cpu}}
        told.append(where | {"date": f"day {number}"})
        with monkeypatch.context() as patch:
            patch.setattr(loop, "provenance", lambda: dict(told[-1]))
            if number < len(parts) - 1:
                patch.setattr(Trainer, "step", killed_before(number + 1))
                with pytest.raises(KilledError):
                    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=number > 0)
            else:
                fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["provenance"] == told[-1] | ({"earlier": [told[each] for each in earlier]} if earlier else {})
    assert fault(run, "run") is None


def test_a_finished_run_stays_as_it_is(
    demonstrations: Frames,
    preset: Preset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(sys, "argv", ["gplac", "another command"])
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert "is finished, 6 steps: nothing is left to train" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["missing", "cut", "another's"])
def test_a_finished_runs_weights_come_back_from_its_checkpoint(
    damage: str, demonstrations: Frames, preset: Preset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run")
    weights = tmp_path / "run/weights.safetensors"
    before = weights.read_bytes()
    if damage == "missing":
        weights.unlink()
    elif damage == "cut":
        weights.write_bytes(before[:-5])
    else:
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "other", seed=1)
        weights.write_bytes((tmp_path / "other/weights.safetensors").read_bytes())
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run", resume=True)
    assert weights.read_bytes() == before
    assert "is written anew from the checkpoint" in capsys.readouterr().out


def test_two_trainings_are_kept_apart(demonstrations: Frames, preset: Preset, tmp_path: Path) -> None:
    """The second one is another process to the lock, which belongs to the open file."""
    refused = []
    original = Trainer.step

    def step(trainer: Trainer, number: int) -> Any:
        for resume in (False, True):
            with pytest.raises(
                UserError, match=f"Another process is training in {tmp_path / 'run'}"
            ) as error:
                fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run", resume=resume)
            refused.append(error)
        return original(trainer, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "step", step)
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run")
    assert len(refused) == 2 * 6
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path / "run", resume=True)  # it is free again


def test_what_is_refused_leaves_no_folder(demonstrations: Frames, preset: Preset, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="learns from weakly labelled images"):
        fit(METHODS["gplac"](), preset, demonstrations, None, tmp_path / "run")
    huge = replace(preset, training=replace(preset.training, labelled_batch=10**9))
    with pytest.raises(UserError, match="GiB"):
        fit(METHODS["att-1"](), huge, demonstrations, None, tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_run_killed_before_it_was_told_finished_still_gets_there(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    write_json(tmp_path / "run.json", run | {"training": {"finished": False}})
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, resume=True)
    assert json.loads((tmp_path / "run.json").read_text())["training"]["finished"]


def test_what_a_resumed_run_has_otherwise_is_named_with_both_values(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    longer = replace(preset, training=replace(preset.training, steps=7))
    said = r"another preset \(training\.steps 6, not 7\): resume it with what it started with"
    with pytest.raises(UserError, match=said):
        fit(METHODS["att-1"](), longer, demonstrations, None, tmp_path, resume=True)
    with pytest.raises(UserError, match=r"another method \(custom, not att-2\), seed \(0, not 1\):"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, name="att-2", seed=1, resume=True)
    with pytest.raises(UserError, match=r"go on with it \(--resume\), or choose another directory \(--out\)"):
        fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)


def test_a_finished_run_without_its_checkpoint_is_not_written_over(
    demonstrations: Frames, preset: Preset, tmp_path: Path
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path)
    (tmp_path / "checkpoint.safetensors").unlink()  # as `gplac push` hands it on
    weights = (tmp_path / "weights.safetensors").read_bytes()
    for resume in (False, True):
        with pytest.raises(UserError, match="finished run"):
            fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, seed=1, resume=resume)
    assert (tmp_path / "weights.safetensors").read_bytes() == weights


def test_what_is_evaluated_is_the_average(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    preset = replace(preset, training=replace(preset.training, average_decay=0.9))
    network = fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path).state_dict()
    kept, written = (load_file(tmp_path / f"{name}.safetensors") for name in ("checkpoint", "weights"))
    average = {name.removeprefix("average."): v for name, v in kept.items() if name.startswith("average.")}
    assert {"policy_head.layers.0.weight", "encoder.layers.1.running_mean"} <= set(average)
    for name, value in average.items():
        assert torch.equal(written[name], value) and torch.equal(network[name], value), name
    last = kept["model.network.policy_head.layers.0.weight"]
    assert not torch.equal(last, average["policy_head.layers.0.weight"])


def test_held_out_figures_are_of_the_weights_that_are_evaluated(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    preset = replace(preset, training=replace(preset.training, average_decay=0.9))
    validation = held_out(demonstrations, weak)
    network = fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path, validation=validation)
    last = log(tmp_path)[-1]
    images, states, actions, photographs = map(
        torch.from_numpy, (demonstrations.images, demonstrations.states, demonstrations.actions, weak.images)
    )
    with torch.no_grad(), mixed_precision(torch.device("cpu")):
        answer = network.policy(network.encode(images), states).float()
        error = (answer - network.normalise_action(actions)).square().mean()
        right = (network.classify(network.encode(photographs)) > 0).numpy() == (weak.labels > 0)
    assert last["held_out_action_error"] == pytest.approx(float(error), rel=1e-3)
    assert last["held_out_accuracy"] == pytest.approx(right.mean(), rel=1e-4)


def test_the_policys_dropout_follows_its_schedule(
    demonstrations: Frames, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, loss = [], Learner.loss
    monkeypatch.setattr(
        Learner, "loss", lambda self, *a: seen.append(self.network.policy_head.dropout.p) or loss(self, *a)
    )
    training = replace(preset.training, steps=10, dropout_schedule="bump")
    fit(METHODS["att-1"](), replace(preset, training=training), demonstrations, None, tmp_path)
    rate = preset.network.policy_dropout
    assert seen == [policy_dropout(step, rate, training) for step in range(10)] and seen[0] == 0 < max(seen)


@pytest.mark.parametrize("name", ["att-1", "gplac"])
def test_another_seed_starts_from_other_weights(
    name: str, demonstrations: Frames, weak: Photographs, preset: Preset
) -> None:
    first, other = (
        Setup(METHODS[name](), preset, demonstrations, weak, "", "", seed)
        .agreed()
        .trainer(torch.device("cpu"))
        .learner.network.policy_head.layers[0]
        .weight
        for seed in (0, 1)
    )
    assert not torch.equal(first, other)

"""Training (appendix 8.3): pretraining if the method has it; L_task alone for the first steps; then everything."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gplac.config import Preset
from gplac.data.budget import chosen
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.manifest import Manifest
from gplac.errors import UserError
from gplac.files import claimed
from gplac.methods import Method, method_named
from gplac.models.network import Network
from gplac.provenance import provenance
from gplac.seeding import seed_of
from gplac.training.batches import (
    LabelledBatches,
    LabelledFrames,
    VideoBatches,
    WeakBatches,
    WeakFrames,
    normalised_positions,
)
from gplac.training.changes import changes
from gplac.training.checkpoint import (
    CHECKPOINT,
    RUN_JSON,
    WEIGHTS,
    anew,
    holds,
    load_checkpoint,
    read_facts,
    write_json,
    write_weights,
)
from gplac.training.described import described, used
from gplac.training.device import best_device, precision
from gplac.training.learner import Learner, resolved
from gplac.training.optimiser import Average, adam
from gplac.training.settings import check_memory, check_settings
from gplac.training.stages import stages
from gplac.training.trainer import Trainer, Validation


def fit(
    method: Method,
    preset: Preset,
    demonstrations: LabelledFrames,
    weak: WeakFrames | None,
    run_dir: Path,
    *,
    name: str = "custom",
    task: str = "",
    seed: int = 0,
    resume: bool = False,
    validation: Validation | None = None,
    device: torch.device | None = None,
    data: dict[str, Any] | None = None,
    notes: dict[str, Any] | None = None,
) -> Network:
    """Train a method on arrays in memory and leave a run in a folder.

    The folder gets ``run.json``, ``weights.safetensors`` (rewritten with each checkpoint), ``checkpoint.safetensors``
    and ``.json``, ``metrics.jsonl``, ``tb/``.

    Args:
        method: what is trained, and on which terms of the loss.
        preset: the settings.
        demonstrations: images ``(N, H, W, 3)`` uint8, states ``(N, S)``, actions ``(N, A)``.
        weak: images ``(M, H, W, 3)`` uint8, labels ``(M,)``; not read for a method that learns from none.
        run_dir: the folder.
        name: of the method, for ``run.json``.
        task: name of the task, for the same.
        seed: of weights, batches and dropout.
        resume: go on with a stopped or killed run, on the CPU to the very same weights; a finished one stays as it is.
        validation: measures the network after so many steps, for the log; see `gplac.training.heldout.held_out`.
        device: where; by default the first GPU, else the CPU.
        data: goes into ``run.json``, to tell what was trained on.
        notes: the same, of what may change when a run is resumed.

    Returns:
        The network as it is evaluated, with the average of its weights if the preset asks for one.

    Raises:
        UserError: data that does not fit the method, settings that make no sense, a loss that is not finite, memory
            that does not suffice, or a folder in use, by another process as well.
        KeyboardInterrupt: it was stopped by hand, or by SIGTERM; a checkpoint is saved before.
    """
    device = device or best_device()
    method, preset, weak = _agreed(method, preset, demonstrations, weak, name, seed)
    with _own_folder(run_dir), _enough_memory():
        resume = _resumes(run_dir, resume)
        trainer = _trainer(method, preset, demonstrations, weak, name, seed, device)
        network = trainer.learner.network
        run = _what_runs(method, preset, demonstrations, weak, name, task, seed)
        if data:
            run["data"] = data
        settings = described(method, preset)
        facts: dict[str, Any] = {"step": 0, "wall_s": 0.0, "images": 0, "run": run}
        if resume:
            before, now = read_facts(run_dir)["run"], json.loads(json.dumps(run))
            if changed := changes(before, now):
                raise UserError(
                    f"{run_dir} was trained with another {changed}: resume it with what it started with,"
                    f" {anew(run_dir)}"
                )
            facts = load_checkpoint(run_dir, trainer.learner, trainer.optimiser, trainer.average)

        def write_run(**training: Any) -> None:
            training["parameters"] = sum(parameter.numel() for parameter in network.parameters())
            training["precision"] = computes_in
            write_json(
                run_dir / RUN_JSON,
                run
                | (notes or {})
                | {"settings": settings, "training": training, "provenance": provenance()},
            )

        if resume and _finished(run_dir):
            print(f"The run in {run_dir} is finished, {facts['step']} steps: nothing is left to train.")
            if not holds(run_dir / WEIGHTS, trainer.evaluated_weights()):
                write_weights(run_dir / WEIGHTS, trainer.evaluated_weights())
                print(f"Its {WEIGHTS} was missing or damaged, and is written anew from the checkpoint.")
        else:
            computes_in = _precisions(run_dir if resume else None, device)
            write_run(finished=False)
            trainer.run(run_dir, facts, validation, title=f"{name} seed {seed}")
            rate = facts["images"] / facts["wall_s"]
            write_run(
                finished=True,
                steps=facts["step"],
                wall_s=round(facts["wall_s"], 1),
                images_per_s=round(rate, 1),
            )
        network.load_state_dict(trainer.evaluated_weights())
        return network.eval()


def _agreed(
    method: Method,
    preset: Preset,
    demonstrations: LabelledFrames,
    weak: WeakFrames | None,
    name: str,
    seed: int,
) -> tuple[Method, Preset, WeakFrames | None]:
    """Method and preset with everything chosen, and the weak images if the method reads any.

    Raises:
        UserError: settings that make no sense, or data that does not fit them; nothing is written yet.
    """
    method = resolved(method, preset)
    check_settings(preset, "weak" in method.reads)
    stages(method, preset.training)
    jitter = preset.training.colour_jitter or method.colour_jitter
    if seed < 0:
        raise UserError(f"seed is {seed}: choose 0 or more")
    preset = replace(preset, training=replace(preset.training, colour_jitter=jitter))
    if "weak" not in method.reads:
        return method, preset, None
    if weak is None:
        raise UserError(f"{name} learns from weakly labelled images: name a folder of them (--weak)")
    if weak.images.shape[1:3] != demonstrations.images.shape[1:3]:
        raise UserError(
            f"demonstrations are {_size(demonstrations)}, weak images {_size(weak)}: collect one size"
        )
    if preset.training.weak_budget not in (0, len(weak.images)):
        raise UserError(
            f"training.weak_budget is {preset.training.weak_budget}, and there are {len(weak.images)} weak images: "
            "choose as many with gplac.data.budget.chosen"
        )
    if preset.training.scene_budget and preset.training.scene_budget < len(np.unique(weak.scene)):
        raise UserError(
            f"training.scene_budget is {preset.training.scene_budget}, and the weak images are of "
            f"{len(np.unique(weak.scene))} scenes: choose as many with gplac.data.budget.chosen"
        )
    return method, preset, weak


def _resumes(run_dir: Path, asked: bool) -> bool:
    """Whether a training in this folder goes on with what is there.

    Raises:
        UserError: it holds a run that nobody asked to go on with, or a finished one without its checkpoint.
    """
    if (run_dir / CHECKPOINT).exists():
        if not asked:
            raise UserError(
                f"{run_dir} already holds a run: go on with it (--resume), or choose another directory (--out)"
            )
        return True
    if _finished(run_dir):
        raise UserError(
            f"{run_dir} holds a finished run, without the checkpoint that it could go on from: {anew(run_dir)}"
        )
    return False


def _trainer(
    method: Method,
    preset: Preset,
    demonstrations: LabelledFrames,
    weak: WeakFrames | None,
    name: str,
    seed: int,
    device: torch.device,
) -> Trainer:
    """A network at its start, and all that trains it, on the device."""
    config = preset.training
    with torch.random.fork_rng():
        torch.manual_seed(seed_of("initial weights", seed))
        network = Network(preset.network, **_shape(method, demonstrations))
        learner = Learner(network, method.pretrain + method.objectives)
    pictures = demonstrations.images.nbytes + (0 if weak is None else weak.images.nbytes)
    check_memory(preset, method, network, device, pictures)
    told, weak_told = None, None
    if weak is not None and "positions" in method.reads:
        told, weak_told = normalised_positions(demonstrations, weak, name)
    labelled_batches = LabelledBatches(demonstrations, config.labelled_batch, seed, device, told)
    weak_batches = None
    if weak is not None:
        reads_labels = method.classifies or weak_told is not None
        weak_batches = WeakBatches(weak, config.weak_batch, seed, device, weak_told, classified=reads_labels)
    video_batches = None
    if "video" in method.reads:
        order = demonstrations.episode, demonstrations.frame
        video_batches = VideoBatches(labelled_batches.images_NHW3, *order, config.labelled_batch, seed)
    network.set_statistics(labelled_batches.states_NS.cpu(), labelled_batches.actions_NA.cpu())
    learner.to(device)
    average = Average(network, config.average_decay) if config.average_decay else None
    if not method.pretrain:
        config = replace(config, finetune_learning_rate=0.0)  # it is of what comes after pretraining
    return Trainer(
        learner,
        adam(learner, config),
        average,
        method,
        config,
        labelled_batches,
        weak_batches,
        seed,
        device,
        video_batches,
    )


def _what_runs(
    method: Method,
    preset: Preset,
    demonstrations: LabelledFrames,
    weak: WeakFrames | None,
    name: str,
    task: str,
    seed: int,
) -> dict[str, Any]:
    """What ``run.json`` tells of a training, and must be the same when it is resumed."""
    run: dict[str, Any] = {
        "method": name,
        "task": task,
        "seed": seed,
        "preset": used(method, preset),
        "objectives": {objective.name: objective.weight for objective in method.objectives},
        "network": asdict(preset.network) | _shape(method, demonstrations),
        "labelled_images": len(demonstrations.images),
        "weak_images": 0 if weak is None else len(weak.images),
    }
    if method.pretrain:
        run["pretrain_objectives"] = {objective.name: objective.weight for objective in method.pretrain}
    if preset.training.scene_budget and weak is not None:
        run["weak_scenes"] = len(np.unique(weak.scene))
    return run


@contextlib.contextmanager
def _own_folder(run_dir: Path) -> Iterator[None]:
    """Keep other trainings out of a run's folder; it vanishes again where nothing was written into it.

    Raises:
        UserError: another process trains in it, or it cannot be made.
    """
    with claimed(run_dir, run_dir, "training in"):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # there is something in it
                run_dir.rmdir()


@contextlib.contextmanager
def _enough_memory() -> Iterator[None]:
    """Say in a sentence that there is not.

    Raises:
        UserError: memory is full.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise UserError(
            "Memory is full: choose smaller batches (training.labelled_batch, training.weak_batch), or end what else"
            f" uses it ({str(error).partition('. ')[0]}). A checkpoint stays as it was."
        ) from error


def _finished(run_dir: Path) -> bool:
    """Whether a folder holds a policy that was trained to the end."""
    return bool(_told(run_dir).get("finished"))


def _told(run_dir: Path) -> dict[str, Any]:
    """What run.json says of the training so far; nothing where it is missing or damaged."""
    try:
        return dict(json.loads((run_dir / RUN_JSON).read_text())["training"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _precisions(resumed: Path | None, device: torch.device) -> str:
    """What a run's products are computed in, on this device and, if it goes on here, before."""
    here = precision(device)
    before = here if resumed is None else _told(resumed).get("precision", here)
    if before == here:
        return here
    print(f"Until here it was trained in {before}, and goes on in {here}: run.json calls that both.")
    return "both"


def _shape(method: Method, demonstrations: LabelledFrames) -> dict[str, Any]:
    """What a network is built from, beside its configuration."""
    return {
        "height": int(demonstrations.images.shape[1]),
        "width": int(demonstrations.images.shape[2]),
        "state_size": int(demonstrations.states.shape[1]),
        "action_size": int(demonstrations.actions.shape[1]),
        "encoder": method.encoder,
        "classifier": method.classifies,
    }


def _size(frames: LabelledFrames | WeakFrames) -> str:
    return f"{frames.images.shape[2]}x{frames.images.shape[1]} pixels"


def train(
    method_name: str,
    preset: Preset,
    demos_dir: Path,
    weak_dir: Path | None,
    run_dir: Path,
    task: str,
    seed: int = 0,
    resume: bool = False,
) -> None:
    """Train one of `gplac.methods.METHODS` on datasets on disk; see `fit`.

    Args:
        method_name: its name.
        preset: the settings.
        demos_dir: folder of demonstrations.
        weak_dir: folder of weak images; None for methods that learn from none.
        run_dir: folder of the run.
        task: name of the task.
        seed: of weights, batches, dropout, and of which weak images a budget takes.
        resume: go on with a stopped or killed run.

    Raises:
        UserError: unknown method, data of another task, size or number of scenes, and what `fit` raises it for.
    """
    method = method_named(method_name)
    demonstrations = Demonstrations.load(demos_dir, task)
    weak = WeakImages.load(weak_dir, task) if weak_dir is not None and method.weak_scenes else None
    budgets = preset.training.weak_budget, preset.training.scene_budget
    if weak is not None and any(budgets):
        weak = weak.some(chosen(weak.labels, weak.scene, budgets[0], seed, budgets[1]))
    size = f"{preset.data.width}x{preset.data.height} pixels"
    if _size(demonstrations) != size:
        raise UserError(
            f"{demos_dir} holds images of {_size(demonstrations)}, preset {preset.name} wants {size}: "
            "collect and train with the same preset"
        )
    wanted = min(method.labelled_scenes, preset.data.weak_scenes)
    found = len(set(demonstrations.scene.tolist()))
    if found != wanted:
        raise UserError(
            f"{method_name} learns from demonstrations of {wanted} scenes, {demos_dir} has {found}"
        )
    folders = {"demonstrations": demos_dir} | ({"weak": weak_dir} if weak is not None and weak_dir else {})
    manifests = {kind: Manifest.read(folder) for kind, folder in folders.items()}
    robot = manifests["demonstrations"].robot_model
    fit(
        method, preset, demonstrations, weak, run_dir, name=method_name, task=task, seed=seed, resume=resume,
        data={kind: manifest.checksum for kind, manifest in manifests.items()},
        notes=None if robot is None else {"robot_model": robot},
    )  # fmt: skip

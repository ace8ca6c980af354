"""Training (appendix 8.3): pretraining if the method has it; L_task alone for the first steps; then everything."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from gplac.config import Preset
from gplac.data.budget import chosen
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.manifest import Manifest
from gplac.errors import UserError
from gplac.methods import METHODS, Method
from gplac.models.network import Network
from gplac.provenance import provenance
from gplac.seeding import seed_of
from gplac.training.batches import LabelledBatches, LabelledFrames, VideoBatches, WeakBatches, WeakFrames
from gplac.training.checkpoint import CHECKPOINT, RUN_JSON, load_checkpoint, read_facts, write_json
from gplac.training.device import best_device
from gplac.training.learner import Learner, resolved
from gplac.training.optimiser import Average, adam
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
    """Train `method` on arrays in memory and leave a run in `run_dir`; returns the evaluated network.

    `run_dir` gets run.json, weights.safetensors (rewritten with each checkpoint), checkpoint.safetensors and .json,
    metrics.jsonl, tb/. `data` goes into run.json, to tell what it was trained on; so do `notes`, which may change
    when a run is resumed.
    With `resume` a stopped or killed run goes on, on the CPU to the very same weights.
    Raises `UserError` for data that does not fit the method, a loss that is not finite, or a directory in use;
    `KeyboardInterrupt` after saving a checkpoint, where it was stopped by hand.
    """
    device = device or best_device()
    method = resolved(method, preset)
    stages(method, preset.training)  # says what is wrong before anything is written
    if "weak" not in method.reads:
        weak = None
    elif weak is None:
        raise UserError(f"{name} learns from weakly labelled images: name a directory of them")
    elif weak.images.shape[1:3] != demonstrations.images.shape[1:3]:
        raise UserError(
            f"demonstrations are {_size(demonstrations)}, weak images {_size(weak)}: collect one size"
        )
    elif preset.training.weak_budget not in (0, len(weak.images)):
        raise UserError(
            f"training.weak_budget is {preset.training.weak_budget}, and there are {len(weak.images)} weak images: "
            "choose as many with gplac.data.budget.chosen"
        )
    resume = resume and (run_dir / CHECKPOINT).exists()
    if (run_dir / CHECKPOINT).exists() and not resume:
        raise UserError(f"{run_dir} already holds a run: resume it, or choose another directory")
    run_dir.mkdir(parents=True, exist_ok=True)

    config = preset.training
    positions = _positions(name, demonstrations) if "positions" in method.reads else None
    labelled_batches = LabelledBatches(demonstrations, config.labelled_batch, seed, device, positions)
    weak_batches = None
    if weak is not None:
        weak_batches = WeakBatches(weak, config.weak_batch, seed, device, classified=method.classifies)
    video_batches = None
    if "video" in method.reads:
        order = demonstrations.episode, demonstrations.frame
        video_batches = VideoBatches(labelled_batches.images_NHW3, *order, config.labelled_batch, seed)
    shape = _shape(method, demonstrations)
    with torch.random.fork_rng():
        torch.manual_seed(seed_of("initial weights", seed))
        network = Network(preset.network, **shape)
        learner = Learner(network, method.pretrain + method.objectives)
    network.set_statistics(labelled_batches.states_NS.cpu(), labelled_batches.actions_NA.cpu())
    learner.to(device)
    optimiser = adam(learner, config)
    average = Average(network, config.average_decay) if config.average_decay else None

    run: dict[str, Any] = {
        "method": name,
        "task": task,
        "seed": seed,
        "preset": asdict(preset),
        "objectives": {objective.name: objective.weight for objective in method.objectives},
        "network": asdict(preset.network) | shape,
        "labelled_images": len(demonstrations.images),
        "weak_images": 0 if weak is None else len(weak.images),
    }
    if data:
        run["data"] = data
    if method.pretrain:
        run["pretrain_objectives"] = {objective.name: objective.weight for objective in method.pretrain}
    else:
        del run["preset"]["training"]["pretrain_steps"]  # no part of what this run is
    if not config.weak_budget:
        del run["preset"]["training"]["weak_budget"]
    facts: dict[str, Any] = {"step": 0, "wall_s": 0.0, "images": 0, "run": run}
    if resume:
        before, now = read_facts(run_dir)["run"], json.loads(json.dumps(run))
        if before != now:
            changed = ", ".join(key for key in now if before.get(key) != now[key])
            raise UserError(
                f"{run_dir} was trained with another {changed}: resume it with the settings it started with"
            )
        facts = load_checkpoint(run_dir, learner, optimiser, average)

    def write_run(**training: Any) -> None:
        training["parameters"] = sum(parameter.numel() for parameter in network.parameters())
        write_json(
            run_dir / RUN_JSON, run | (notes or {}) | {"training": training, "provenance": provenance()}
        )

    write_run(finished=False)
    trainer = Trainer(
        learner,
        optimiser,
        average,
        method,
        config,
        labelled_batches,
        weak_batches,
        seed,
        device,
        video_batches,
    )
    trainer.run(run_dir, facts, validation, title=f"{name} seed {seed}")
    rate = facts["images"] / facts["wall_s"]
    write_run(
        finished=True, steps=facts["step"], wall_s=round(facts["wall_s"], 1), images_per_s=round(rate, 1)
    )
    network.load_state_dict(trainer.evaluated_weights())
    return network.eval()


def _positions(name: str, demonstrations: LabelledFrames) -> npt.NDArray[np.floating]:
    """Where the object of interest is in each frame (N, 2); called for methods that may know it, and no others."""
    if demonstrations.object_positions is None:
        raise UserError(
            f"{name} learns from object positions, and these demonstrations have none: collect them in simulation "
            "with `gplac collect demos`, or train another method"
        )
    return demonstrations.object_positions


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

    Raises `UserError` for an unknown method, data of the wrong size or number of scenes, and whatever `fit` raises.
    """
    if method_name not in METHODS:
        raise UserError(f"no method is called {method_name!r}: choose one of {', '.join(METHODS)}")
    method = METHODS[method_name]()
    demonstrations = Demonstrations.load(demos_dir)
    weak = WeakImages.load(weak_dir) if weak_dir is not None and method.weak_scenes else None
    if weak is not None and preset.training.weak_budget:
        weak = weak.some(chosen(weak.labels, weak.scene, preset.training.weak_budget, seed))
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
    fit(
        method, preset, demonstrations, weak, run_dir, name=method_name, task=task, seed=seed, resume=resume,
        data={kind: Manifest.read(folder).checksum for kind, folder in folders.items()},
    )  # fmt: skip

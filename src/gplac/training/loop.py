"""Training (appendix 8.3): pretraining if the method has it; L_task alone for the first steps; then everything."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from gplac.config import Preset
from gplac.data.budget import chosen
from gplac.data.dataset import Demonstrations, WeakImages, require_memory, rows
from gplac.data.manifest import MANIFEST, Manifest
from gplac.errors import UserError
from gplac.files import claimed
from gplac.methods import Method, method_named
from gplac.models.network import Network
from gplac.provenance import provenance
from gplac.training.batches import LabelledFrames, WeakFrames
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
from gplac.training.collected import as_collected
from gplac.training.described import described
from gplac.training.device import best_device, out_of_memory, precision
from gplac.training.setup import Setup, pixels
from gplac.training.trainer import Validation


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
    setup = Setup(method, preset, demonstrations, weak, name, task, seed).agreed()
    with _own_folder(run_dir), _enough_memory():
        resume = _resumes(run_dir, resume)
        trainer = setup.trainer(device)
        network = trainer.learner.network
        run = setup.facts() | ({"data": data} if data else {})
        settings = described(setup.method, setup.preset)
        facts: dict[str, Any] = {"step": 0, "wall_s": 0.0, "images": 0, "run": run}
        last = trainer.stages[-1].end
        if resume:
            before, now = read_facts(run_dir)["run"], json.loads(json.dumps(run))
            if changed := changes(before, now):
                raise UserError(
                    f"{run_dir} was trained with another {changed}: resume it with what it started with,"
                    f" {anew(run_dir)}"
                )
            facts = load_checkpoint(run_dir, trainer.learner, trainer.optimiser, trainer.average)
            if facts["step"] > last:
                raise UserError(
                    f"{run_dir / CHECKPOINT} says that {facts['step']} steps of {last} are done: {anew(run_dir)}"
                )

        def write_run(**training: Any) -> None:
            training["parameters"] = sum(parameter.numel() for parameter in network.parameters())
            training["precision"] = computes_in
            write_json(
                run_dir / RUN_JSON,
                run
                | (notes or {})
                | {"settings": settings, "training": training, "provenance": provenance() | earlier},
            )

        if facts["step"] == last and not holds(run_dir / WEIGHTS, trainer.evaluated_weights()):
            write_weights(run_dir / WEIGHTS, trainer.evaluated_weights())
            print(f"Its {WEIGHTS} was missing or damaged, and is written anew from the checkpoint.")
        if resume and _finished(run_dir):
            print(f"The run in {run_dir} is finished, {facts['step']} steps: nothing is left to train.")
        else:
            computes_in = _precision_so_far(run_dir if resume else None, device)
            earlier = _earlier(run_dir) if resume else {}
            write_run(finished=False)
            trainer.run(run_dir, facts, validation, title=f"{name} seed {seed}")
            rate = facts["images"] / max(facts["wall_s"], 1e-9)
            write_run(
                finished=True,
                steps=facts["step"],
                wall_s=round(facts["wall_s"], 1),
                images_per_s=round(rate, 1),
            )
        network.load_state_dict(trainer.evaluated_weights())
        return network.eval()


def _resumes(run_dir: Path, asked: bool) -> bool:
    """Whether a training in this folder goes on with what is there.

    Raises:
        UserError: it holds a run that nobody asked to go on with, a finished one without its checkpoint, or data.
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
    if data := [*run_dir.glob(MANIFEST), *run_dir.glob(f"*/{MANIFEST}")]:
        raise UserError(f"{run_dir} holds data ({data[0]}): choose another directory for the run (--out)")
    return False


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
    except (OSError, MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        said = str(error)[max(0, str(error).find("DefaultCPUAllocator")) :].partition(". ")[0]
        raise UserError(
            "Memory is full: choose smaller batches (training.labelled_batch, training.weak_batch), a smaller network,"
            f" or end what else uses it ({said}). A checkpoint stays as it was."
        ) from error


def _finished(run_dir: Path) -> bool:
    """Whether a folder holds a policy that was trained to the end."""
    return bool(_so_far(run_dir, "training").get("finished"))


def _so_far(run_dir: Path, part: str) -> dict[str, Any]:
    """What run.json says so far in one of its parts; nothing where that is missing or damaged."""
    try:
        return dict(json.loads((run_dir / RUN_JSON).read_text())[part])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _earlier(run_dir: Path) -> dict[str, Any]:
    """``earlier``: where the parts of a run come from that ended on other hardware, or with another revision, than the
    ones after them; nothing where there are none."""
    before, now = _so_far(run_dir, "provenance"), provenance()
    parts = list(before.pop("earlier", []))
    if before and any(before.get(name) != now[name] for name in ("revision", "hardware")):
        parts.append(before)
    return {"earlier": parts} if parts else {}


def _precision_so_far(resumed: Path | None, device: torch.device) -> str:
    """What a run's products are computed in, on this device and, if it goes on here, before."""
    here = precision(device)
    before = here if resumed is None else _so_far(resumed, "training").get("precision", here)
    if before == here:
        return here
    print(f"Until here it was trained in {before}, and goes on in {here}: run.json calls that both.")
    return "both"


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
    if not method.weak_scenes:
        weak_dir = None
    require_memory(demos_dir, *([] if weak_dir is None else [weak_dir]))
    demonstrations = Demonstrations.load(demos_dir, task)
    weak = None if weak_dir is None else WeakImages.load(weak_dir, task)
    budgets = preset.training.weak_budget, preset.training.scene_budget
    if weak is not None and any(budgets):
        weak = rows(weak, chosen(weak.labels, weak.scene, budgets[0], seed, budgets[1]))
    size = f"{preset.data.width}x{preset.data.height} pixels"
    if pixels(demonstrations) != size:
        raise UserError(
            f"{demos_dir} holds images of {pixels(demonstrations)}, preset {preset.name} wants {size}: "
            "collect and train with the same preset"
        )
    wanted = min(method.labelled_scenes, preset.data.weak_scenes)
    found = len(set(demonstrations.scene.tolist()))
    if found != wanted:
        raise UserError(
            f"{method_name} learns from demonstrations of {wanted} scenes, {demos_dir} has {found}"
        )
    folders = {"demonstrations": demos_dir} | ({} if weak_dir is None else {"weak": weak_dir})
    manifests = {kind: Manifest.read(folder) for kind, folder in folders.items()}
    robot = manifests["demonstrations"].robot_model
    preset = as_collected(preset, {kind: manifest.request for kind, manifest in manifests.items()})
    fit(
        method, preset, demonstrations, weak, run_dir, name=method_name, task=task, seed=seed, resume=resume,
        data={kind: manifest.checksum for kind, manifest in manifests.items()},
        notes=None if robot is None else {"robot_model": robot},
    )  # fmt: skip

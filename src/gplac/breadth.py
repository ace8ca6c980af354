"""How varied scenes are, measured: ranges drawn, distances of pictures, and a classifier in scenes left out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.config import preset
from gplac.data.dataset import WeakImages
from gplac.data.manifest import Manifest, Request
from gplac.errors import UserError
from gplac.evaluation.drawing import View
from gplac.evaluation.instruments import accuracy_by_scene
from gplac.evaluation.result import require_replaceable, write_json
from gplac.evaluation.statistics import bootstrap_over_scenes
from gplac.evaluation.variety import drawn, picture_distances
from gplac.methods import EVERY_SCENE, Method
from gplac.objectives.classification import Classification
from gplac.provenance import provenance
from gplac.training.device import best_device
from gplac.training.loop import fit
from gplac.training.policy import Policy
from gplac.worlds.splits import scene, split_size

SPLITS = ("weak", "validation", "test")
FOLDS, STEPS, BATCH = 5, 200, 48
KEPT_SHARE = 0.15
"""Of the images of each scene trained on, this share is not trained on: what is asked of the scenes left out is asked
of these."""
CALL = 128
"""Images of one call of the classifier."""


@dataclass(frozen=True)
class _NoDemonstrations:
    """One grey frame, for a training whose loss reads no demonstration."""

    images: npt.NDArray[np.uint8]
    states = actions = np.zeros((1, 1), np.float32)
    episode = frame = np.zeros(1, np.int64)
    object_positions = None


def measure_breadth(
    task: str,
    weak: Path,
    out: Path,
    runs: Path,
    *,
    folds: int = FOLDS,
    steps: int = STEPS,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure all three, and write them to ``out`` as in ``gplac/schemas/breadth.json``.

    Args:
        task: name of the task.
        weak: folder of weak images; size, level and asset pack are theirs.
        out: JSON file to write.
        runs: folder of the classifiers, one run for each fold; a stopped measurement goes on there.
        folds: parts that scenes are divided into, each left out once; 0: leave the classifier alone.
        steps: optimiser steps of each classifier.
        seed: of folds, weights and batches.

    Raises:
        UserError: no such task, images of another one or not drawn here, fewer things than folds, a machine that
            cannot draw, or a file that cannot be written.
    """
    require_replaceable(out, "breadth")
    request = Manifest.read(weak).request
    if request.task != task or request.split != "weak":
        raise UserError(
            f"{weak} holds {request.split} images of {request.task}; name weak images of {task}, collected with: "
            f"gplac collect weak {task}"
        )
    assets = Path(request.assets) if request.assets else None
    view = View(task, request.width, request.height, request.level, assets)
    left_out = leave_out(weak, request, runs, folds, steps, seed) if folds else None
    found = {
        "task": task,
        "level": request.level,
        "image": [request.width, request.height],
        "scenes": {split: split_size(task, split) for split in SPLITS},
        "drawn": {split: drawn(view, split) for split in SPLITS},
        "distances": picture_distances(view, SPLITS),
        "left_out": left_out,
        "provenance": provenance(),
    }
    write_json(found, "breadth", out)
    return found


def leave_out(
    weak: Path, request: Request, runs: Path, folds: int, steps: int, seed: int = 0
) -> dict[str, Any]:
    """Train classifiers of the attention network, each on all scenes but a fold's, and test them in that fold's.

    Scenes that share an object of interest are left out together.

    Raises:
        UserError: fewer objects than folds, no step, or what `gplac.training.loop.fit` raises.
    """
    if steps < 1:
        raise UserError(f"A classifier cannot be trained for {steps} steps; ask for 1 or more.")
    data = WeakImages.load(weak)
    assets = Path(request.assets) if request.assets else None
    groups: dict[str, list[int]] = {}
    for index in request.scenes:
        look = scene(request.task, request.split, index, request.level, assets)
        groups.setdefault(look.object.asset(), []).append(index)
    if not 2 <= folds <= len(groups):
        raise UserError(
            f"{len(groups)} objects of interest cannot be left out in {folds} folds; choose 2 to {len(groups)}."
        )
    members = list(groups.values())
    kept = _kept(data.scene)
    rows: list[dict[str, Any]] = []
    for fold in range(folds):
        held = [index for group in members[fold::folds] for index in group]
        out = np.isin(data.scene, held)
        policy = _classifier(data, ~out & ~kept, weak, request, runs / f"fold-{fold}", held, steps, seed)
        outside, inside = (_accuracies(policy, data, chosen) for chosen in (out, ~out & kept))
        rows.append({
            "scenes": held,
            "left_out": [{"scene": s, "images": n, "accuracy": a} for s, n, a in outside],
            "trained_on": [{"scene": s, "images": n, "accuracy": a} for s, n, a in inside],
        })  # fmt: skip
    by_scene = {row["scene"]: row for fold_rows in rows for row in fold_rows["left_out"]}
    trained = [row for fold_rows in rows for row in fold_rows["trained_on"]]
    of_scene = {index: [row for row in trained if row["scene"] == index] for index in request.scenes}
    return {
        "images": len(data.images),
        "objects": len(groups),
        "steps": steps,
        "batch": BATCH,
        "seed": seed,
        "left_out": _summary([[by_scene[index] for index in group] for group in members]),
        "trained_on": _summary([[row for index in group for row in of_scene[index]] for group in members]),
        "folds": rows,
    }


def _kept(of_scene: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """The last images of each scene, ``(N,)``."""
    kept = np.zeros(len(of_scene), np.bool_)
    for index in np.unique(of_scene):
        rows = np.flatnonzero(of_scene == index)
        kept[rows[len(rows) - max(2, round(KEPT_SHARE * len(rows))) :]] = True
    return kept


def _classifier(
    data: WeakImages,
    chosen: npt.NDArray[np.bool_],
    weak: Path,
    request: Request,
    run: Path,
    held: list[int],
    steps: int,
    seed: int,
) -> Policy:
    """A network trained on the chosen images alone, with the loss of section 4."""
    settings = preset("lite", request.task)
    settings = replace(
        settings,
        name="breadth",
        network=replace(settings.network, classifier_dropout=0.3),
        training=replace(
            settings.training,
            steps=steps,
            warmup_steps=0,
            weak_batch=BATCH,
            average_decay=0.98,
            checkpoint_every=max(1, steps // 4),
        ),
    )
    images = WeakImages(data.images[chosen], data.labels[chosen], data.scene[chosen])
    method = Method("attention", 0, (Classification(weight=1.0),), weak_scenes=EVERY_SCENE)
    network = fit(
        method,
        settings,
        _NoDemonstrations(np.zeros((1, *data.images.shape[1:]), np.uint8)),
        images,
        run,
        name="classifier alone",
        task=request.task,
        seed=seed,
        resume=True,
        data={"weak": Manifest.read(weak).checksum, "left out": " ".join(map(str, held))},
    )
    return Policy(network, best_device())


def _accuracies(
    policy: Policy, data: WeakImages, chosen: npt.NDArray[np.bool_]
) -> list[tuple[int, int, float]]:
    """Scene, images and accuracy in each scene of the chosen images."""
    rows = np.flatnonzero(chosen)
    parts = [policy.classify(data.images[rows[i : i + CALL]]) for i in range(0, len(rows), CALL)]
    return accuracy_by_scene(np.concatenate(parts), data.labels[rows] > 0, data.scene[rows])


def _summary(groups: Sequence[Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """Accuracy over images, with an interval over objects of interest, and the scenes' spread."""
    right = [
        np.concatenate([np.arange(row["images"]) < round(row["accuracy"] * row["images"]) for row in group])
        for group in groups
    ]
    per_scene = [row["accuracy"] for group in groups for row in group]
    return {
        "accuracy": float(np.concatenate(right).mean()),
        "interval95": list(asdict(bootstrap_over_scenes(right)).values()),
        "worst_scene": float(min(per_scene)),
        "median_scene": float(np.median(per_scene)),
    }

"""Result files: one JSON for each policy evaluated, the same for every script that reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.evaluation import faults
from gplac.evaluation.drawing import View
from gplac.evaluation.own_robot import told
from gplac.evaluation.statistics import rate_interval, wilson
from gplac.evaluation.store import Episodes
from gplac.files import require_writable, write_atomically
from gplac.worlds.looks.packs import fingerprint
from gplac.worlds.registry import task as task_named

THRESHOLDS_M = [round(0.01 * step, 2) for step in range(1, 31)]
"""Distances at which success is counted for the threshold curve: 1 cm to 30 cm."""

Result = dict[str, Any]
"""A result as in ``gplac/schemas/result.json``; rates are fractions in [0, 1]."""


@dataclass(frozen=True)
class Training:
    """Where a policy came from, as far as a result tells."""

    method: str
    preset: str
    seed: int
    weak_images: int
    """Weakly labelled images it was trained on."""
    steps: int
    """Optimiser steps."""
    images_per_s: float
    """Images that training went through in a second."""
    wall_s: float
    """Seconds that training took."""
    parameters: int
    """Numbers in the network."""
    weak_scenes: int | None = None
    """Scenes that those images are of, where a scene budget left others out."""
    labelled_images: int | None = None
    """Demonstrated frames it was trained on; None: not recorded, as in runs of older versions."""
    provenance: Mapping[str, Any] | None = None
    """Where the training comes from, as the run tells; None: it does not."""
    precision: str | None = None
    """What products were computed in, such as "bfloat16"; None: not recorded."""
    settings: Mapping[str, Any] | None = None
    """The method's definition and its settings, see `gplac.training.described`; None: not recorded."""

    weights_sha256: str | None = None
    """Checksum of its weights, which tells it from a training anew; None: not recorded."""

    def told(self) -> dict[str, Any]:
        """What a result's ``training`` holds."""
        found: dict[str, Any] = {
            "steps": self.steps,
            "images_per_s": round(self.images_per_s, 1),
            "wall_s": round(self.wall_s, 1),
            "parameters": self.parameters,
        }
        if self.precision is not None:
            found["precision"] = self.precision
        if self.provenance is not None:
            kept = ("command", "revision", "date", "hardware", "earlier")
            found["provenance"] = {name: self.provenance[name] for name in kept if name in self.provenance}
        if self.settings is not None:
            found["settings"] = dict(self.settings)
        if self.weights_sha256 is not None:
            found["weights_sha256"] = self.weights_sha256
        return found


def result(
    view: View,
    episodes: Episodes,
    controls: Mapping[str, Episodes],
    training: Training,
    provenance: Mapping[str, Any],
) -> Result:
    """The result of an evaluation.

    Args:
        view: what the policy saw.
        episodes: what it did.
        controls: what it did in the controls, "blank" and "labelled".
        training: where it comes from.
        provenance: command, revision, versions, hardware, date.
    """
    task = task_named(view.task)
    outcomes = episodes.outcomes(task)
    interval = rate_interval(list(outcomes))
    start = episodes.qpos[:, :, 0]
    found: Result = {
        "task": view.task,
        "method": training.method,
        "preset": training.preset,
        "seed": training.seed,
        "split": episodes.split,
        "level": view.level,
        "image": [view.width, view.height],
        "scenes": len(episodes.scenes),
        **_count(outcomes),
        "interval95_scenes": [interval.low, interval.high],
        "per_scene": [
            _of_scene(*rows)
            for rows in zip(
                episodes.scenes,
                outcomes,
                episodes.distances[:, :, -1],
                task.object_xy(start),
                task.goal_xy(start),
                strict=True,
            )
        ],
        "threshold_curve": {
            "thresholds_m": THRESHOLDS_M,
            "success_rates": [float(episodes.outcomes(task, threshold).mean()) for threshold in THRESHOLDS_M],
        },
        "controls": {name: _count(control.outcomes(task)) for name, control in controls.items()},
        "weak_images": training.weak_images,
        "training": training.told(),
        "provenance": dict(provenance),
    }
    if training.weak_scenes is not None:
        found["weak_scenes"] = training.weak_scenes
    if training.labelled_images is not None:
        found["labelled_images"] = training.labelled_images
    if view.assets is not None:
        found |= {"assets": view.assets.name, "assets_sha256": fingerprint(view.assets)}
    if view.vary is not None:
        found["vary"] = view.vary
    return found | told(view.robot_model)


def _count(outcomes: npt.NDArray[np.bool_]) -> dict[str, Any]:
    successes, episodes = int(outcomes.sum()), outcomes.size
    interval = wilson(successes, episodes)
    return {
        "episodes": episodes,
        "successes": successes,
        "success_rate": successes / episodes,
        "interval95": [interval.low, interval.high],
    }


def _of_scene(
    scene: int,
    outcomes: npt.NDArray[np.bool_],
    distances: npt.NDArray[np.float64],
    object_xy: npt.NDArray[np.float64],
    goal_xy: npt.NDArray[np.float64],
) -> dict[str, Any]:
    return {
        "scene": scene,
        "episodes": len(outcomes),
        "successes": int(outcomes.sum()),
        "success_rate": float(outcomes.mean()),
        "outcomes": outcomes.tolist(),
        # A tenth of a millimetre is far below what counts, and keeps the files small.
        "final_distances_m": np.round(distances, 4).tolist(),
        "object_xy_m": np.round(object_xy, 4).tolist(),
        "goal_xy_m": np.round(goal_xy, 4).tolist(),
    }


def check(document: Any, schema: str, where: str) -> None:
    """Compare ``document`` with ``gplac/schemas/<schema>.json``, and a result's numbers with each other.

    Raises:
        UserError: it differs, or they do, or a number is not finite; the message names the field, in ``where``.
    """
    if found := faults.fault(document, schema):
        raise UserError(f"{where} {found}; write it again, or name another file.")


def write_json(document: Any, schema: str, path: Path) -> None:
    """Check ``document`` and write it, whole or not at all.

    Raises:
        UserError: it does not fit the schema, or cannot be written there.
    """
    check(document, schema, str(path))
    require_writable(path)
    write_atomically(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def require_replaceable(path: Path, schema: str, **same: Any) -> None:
    """See, before long work that ends with one, that a document can be written to ``path``, and that nothing else lies
    there, which it would destroy.

    Args:
        path: the file.
        schema: of ``gplac/schemas``.
        same: fields of the document; one that is there already has to have the same.

    Raises:
        UserError: it cannot, or a file lies there that is not empty and no such document.
    """
    require_writable(path)
    if not path.exists() or not path.stat().st_size:
        return
    try:
        there = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        there = None
    if not faults.fits(there, schema):
        raise UserError(
            f"{path} is there already and is not {faults.KINDS[schema]}: name another file, or delete it."
        )
    for field, value in same.items():
        if there.get(field) != value:
            raise UserError(
                f"{path} is there already, of {field.replace('_', ' ')} {_none(there.get(field))} and not"
                f" {_none(value)}: name another file, or delete it."
            )


def _none(value: Any) -> Any:
    return "none" if value is None else value


def read_result(path: Path) -> Result:
    """A result file.

    Raises:
        UserError: there is none, or it is something else.
    """
    if path.is_dir():
        raise UserError(
            f"{path} is a folder; name a result file, of a run for instance {path / 'evaluation/test/result.json'}."
        )
    try:
        document: Result = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise UserError(
            f"There is no result file {path}; write one with: gplac evaluate RUN --json {path}"
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is not JSON ({error}); delete it, and write it again with: gplac evaluate RUN --json {path}"
            " (a cell of a grid: with the gplac grid run that measured it)"
        ) from error
    check(document, "result", str(path))
    return document

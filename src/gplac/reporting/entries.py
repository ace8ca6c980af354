"""What a report is made from: results, and what their runs left beside them."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from gplac import config
from gplac.errors import UserError
from gplac.evaluation.compare import SAME, compare
from gplac.evaluation.drawing import View
from gplac.evaluation.measure import EPISODES, RESULT, evaluation_folder
from gplac.evaluation.own_robot import require_same
from gplac.evaluation.result import Result, check, read_result
from gplac.evaluation.statistics import PairedDifference
from gplac.evaluation.store import Episodes, load_episodes
from gplac.grid.cell import SET_ASIDE, changes_in
from gplac.methods import BEYOND
from gplac.reporting.published import METHODS, published
from gplac.reporting.scenes import usual
from gplac.reporting.themes import label
from gplac.runs import INSPECTION, Run
from gplac.training.checkpoint import RUN_JSON
from gplac.training.logs import read_log

BASELINE = "att-1"
"""What the others are compared with: the same network, trained without weak images."""
MAIN = "gplac"
_ORDER = [MAIN, BASELINE, *(method for method in (*METHODS, *BEYOND) if method not in (MAIN, BASELINE))]
_CALLED = {"assets": "asset pack", "vary": "factor that varies", "robot_model": "robot"}
"""What fields that all results of a report share are called, if not by their names."""
_SAME = ("task", "method", "preset", "seed", "level", "robot_model", "robot_model_sha256")


@dataclass(frozen=True)
class Entry:
    """One evaluated policy."""

    result: Result
    name: str
    """How the report calls it; tells it from all others."""
    short: str
    """The same without its weak images, where these are told beside it."""
    run: Path | None = None
    """Folder of its run, if that is at hand."""
    folder: Path | None = None
    """Folder of its evaluation in there."""
    inspection: Mapping[str, Any] | None = None
    """What its instruments said."""
    changes: tuple[str, ...] = ()
    """What of its settings a grid's cell had otherwise."""

    @property
    def method(self) -> str:
        """Key of its method."""
        return str(self.result["method"])

    @property
    def interval95(self) -> tuple[float, float]:
        """95 % interval of its success rate: over scenes, for it is told of scenes like these; of a single one, which
        says nothing of others, Wilson's over its episodes."""
        low, high = self.result["interval95_scenes" if self.result["scenes"] > 1 else "interval95"]
        return low, high

    @property
    def share(self) -> float | None:
        """Which part of the preset's weak images it was trained on, 1 where it needs none; None of settings or scenes
        that the paper has no counterpart of."""
        count, scenes = _weak(self.result)
        preset = self.result["preset"]
        if scenes or preset not in config.PRESETS:
            return None
        sizes = config.preset(preset, self.result["task"]).data
        return count / (sizes.weak_scenes * sizes.weak_per_scene) if count else 1.0

    @property
    def paper(self) -> float | None:
        """The paper's success rate with the same share of weak images; None of other scenes than its own are."""
        if self.share is None or not usual(self.result):
            return None
        return published(self.result["task"], self.method, self.share)

    @cached_property
    def log(self) -> list[dict[str, Any]]:
        """What training logged; nothing if the run is not at hand."""
        return [] if self.run is None else read_log(self.run)

    @cached_property
    def episodes(self) -> tuple[View, Episodes] | None:
        """What the policy saw and did; None if the run is not at hand."""
        if self.folder is None:
            return None
        scenes = self.result["scenes"]
        return load_episodes(self.folder / EPISODES, scenes, self.result["episodes"] // scenes)


def entries(
    paths: Sequence[Path], split: str = "test", level: str = "standard", robot_model: Path | None = None
) -> list[Entry]:
    """Results in the order of a report: GPLAC, ATT-1, then the paper's order, then methods beyond it, then the rest.

    Args:
        paths: runs, folders with runs in them, result files, or folders with result files somewhere in them.
        split: which evaluation of a run.
        level: which looks.
        robot_model: with which robot of the user's own; by default that of each run's demonstrations.

    Raises:
        UserError: a path holds no result, or the results differ in something of `SAME`.
    """
    found = [entry for path in paths for entry in _read(path, split, level, robot_model)]
    for field in SAME:
        values = sorted({str(entry.result.get(field, "none")) for entry in found})
        if len(values) > 1:
            raise UserError(
                f"One report is about one {_CALLED.get(field, field)}, not {' and '.join(values)};"
                " make one report for each."
            )
    seeds = {entry.result["seed"] for entry in found}
    presets = {entry.result["preset"] for entry in found}
    budgets = Counter(method for method, _ in {(entry.method, _weak(entry.result)) for entry in found})

    def name(entry: Entry, images: bool) -> str:
        count, scenes = _weak(entry.result)
        parts = [label(entry.method)]
        if images and budgets[entry.method] > 1:
            parts.append(f"{count:,} weak images" + (f" of {scenes} scenes" if scenes else ""))
        if entry.changes:
            parts += entry.changes
        elif len(presets) > 1:
            parts.append(f"preset {entry.result['preset']}")
        if len(seeds) > 1:
            parts.append(f"seed {entry.result['seed']}")
        return ", ".join(parts)

    ordered = sorted(found, key=_place)
    names = [name(entry, images=True) for entry in ordered]
    # Names are keys of charts: what nothing else tells apart is numbered, in the order in which it was given.
    numbers = [
        f" ({names[: i + 1].count(each)})" if names.count(each) > 1 else "" for i, each in enumerate(names)
    ]
    return [
        replace(entry, name=each + number, short=name(entry, images=False) + number)
        for entry, each, number in zip(ordered, names, numbers, strict=True)
    ]


def baseline(entry: Entry, among: Iterable[Entry]) -> Entry | None:
    """The baseline of its preset and seed, or of any where there is none; None for a baseline itself."""
    if entry.method == BASELINE:
        return None
    found = [other for other in among if other.method == BASELINE]
    for field in ("preset", "seed"):
        found = [other for other in found if other.result[field] == entry.result[field]] or found
    return found[0] if found else None


def difference(entry: Entry, among: Iterable[Entry]) -> PairedDifference | None:
    """How much more often it succeeds than its `baseline`; None where that has none."""
    other = baseline(entry, among)
    return None if other is None else compare(other.result, entry.result)


def _weak(result: Result) -> tuple[int, int]:
    """How many weak images it was trained on, and of how many scenes; 0: of all."""
    return result["weak_images"], result.get("weak_scenes", 0)


def _place(entry: Entry) -> tuple[int, str, bool, tuple[str, ...], int, bool, int, int]:
    rank = _ORDER.index(entry.method) if entry.method in _ORDER else len(_ORDER)
    count, scenes = _weak(entry.result)
    changed = entry.result["preset"].endswith(config.CHANGED)  # after what it was changed from
    return rank, entry.method, changed, entry.changes, -count, scenes > 0, -scenes, entry.result["seed"]


def _read(path: Path, split: str, level: str, robot_model: Path | None) -> list[Entry]:
    if path.is_file():
        return [Entry(read_result(path), "", "", changes=changes_in(path.stem))]
    if (path / "run.json").exists():
        return [_of_run(path, split, level, robot_model)]
    # What a grid set aside has a newer run beside it, and is looked at by its own name.
    all_runs = sorted(file.parent for file in path.rglob("run.json"))
    if runs := [run for run in all_runs if not re.search(rf"{SET_ASIDE}\d+$", run.name)] or all_runs:
        return [_of_run(run, split, level, robot_model) for run in runs]
    documents = [(file, _json(file)) for file in sorted(path.rglob("*.json"))]
    inspections = [(file, document) for file, document in documents if "sensitivity" in document]
    inspections.sort(key=lambda each: "weak_images" not in each[1])  # those that say more first
    found = []
    for file, document in documents:
        # Where one factor alone varies, another question is answered.
        if "per_scene" in document and "success_rate" in document and "vary" not in document:
            check(document, "result", str(file))
            beside = [each for each in inspections if _is_about(each[1], document)]
            # Inspections of several such cells say the same of themselves, but for their names.
            if changes := changes_in(file.stem):
                beside = [each for each in beside if each[0].stem == file.stem]
            for other, inspection in beside[:1]:
                check(inspection, "inspection", str(other))
            found.append(Entry(document, "", "", None, None, beside[0][1] if beside else None, changes))
    if not found:
        raise UserError(f"There is no run and no result in {path}; evaluate a run first: gplac evaluate RUN")
    return found


def _is_about(inspection: Mapping[str, Any], result: Result) -> bool:
    """Whether an inspection is of the policy of a result; older ones do not say how many weak images that saw."""
    about = inspection.get("weak_images", result["weak_images"]), inspection.get("weak_scenes", 0)
    return about == _weak(result) and all(inspection.get(key) == result.get(key) for key in _SAME)


def _of_run(run: Path, split: str, level: str, robot_model: Path | None) -> Entry:
    told = "" if level == "standard" else f" --level {level}"
    told += "" if robot_model is None else f" --robot-model {robot_model}"
    robot_model = robot_model or _robot(run)
    view = View("", 0, 0, level, robot_model=robot_model)
    folder = evaluation_folder(run, view, split)
    if not (folder / RESULT).exists():
        raise UserError(
            f"{run} is not evaluated there yet; first: gplac evaluate {run} --split {split}{told}"
        )
    result = read_result(folder / RESULT)
    if robot_model is not None and (
        digest := result.get("robot_model_sha256")
    ):  # folders go by the file's name
        mend = f"evaluate anew: gplac evaluate {run} --split {split}{told}"
        require_same(robot_model, digest, f"the evaluation in {folder}", mend)
    # Instruments are for choosing, so they are usually read on validation scenes.
    validation = evaluation_folder(run, view, "validation")
    written = [file for file in (folder / INSPECTION, validation / INSPECTION) if file.exists()]
    inspection = _json(written[0]) if written else None
    if inspection is not None:
        check(inspection, "inspection", str(written[0]))
    return Entry(result, "", "", run, folder, inspection, changes_in(run.name))


def _robot(run: Path) -> Path | None:
    """The user's own robot in a run's demonstrations, if any."""
    try:
        known = Run(run, _json(run / RUN_JSON)).robot_model
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{run / RUN_JSON} is damaged: its robot_model names no file; restore it, or train again."
        ) from error
    return None if known is None else known[0]


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path} cannot be read as JSON ({error}): write it again, or move it elsewhere."
        ) from error
    return document if isinstance(document, dict) else {}

"""What a grid measures: cells, and where each of them leaves its files."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from gplac import config, overrides
from gplac.errors import UserError
from gplac.evaluation.faults import stranger
from gplac.evaluation.result import Result
from gplac.files import require_writable
from gplac.grid.found import Found, found
from gplac.methods import METHODS
from gplac.runs import INSPECTION
from gplac.training.changes import changes
from gplac.training.checkpoint import RUN_JSON, WEIGHTS
from gplac.training.described import HASH, described, idle
from gplac.training.settings import check_settings, check_task
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import split_size

BOUNDS, TOLERANCE = "bounds", "tolerance"
REFERENCES = {BOUNDS: ("ceiling", "floor"), TOLERANCE: (TOLERANCE,)}
"""What may stand in the place of a method, see `gplac.bounds` -> the results it leaves."""
AGAIN = "mend that, and run the same command again"
"""What helps where a grid cannot write."""
SET_ASIDE = "-before"
"""What follows the name of a run that was set aside; then comes a number."""
BUDGETS = ("weak_budget", "scene_budget")
SHARED = ("data", "evaluation")
"""Parts of a preset that are the same for all cells of a grid."""
CHOICE = "validation"
"""Split that instruments are read on; test scenes are for success alone."""


@dataclass(frozen=True)
class Cell:
    """One thing to measure."""

    task: str
    """Name of the task."""
    method: str
    """One of `gplac.methods.METHODS`, or of `REFERENCES`."""
    seed: int = 0
    """Of weights, batches, dropout, and of which weak images and scenes budgets take."""
    weak_budget: int = 0
    """Weak images that training may see; 0: all that were collected."""
    scene_budget: int = 0
    """Weak scenes that these may be of; 0: all."""
    changes: tuple[str, ...] = ()
    """What of its settings is changed, as ``--set`` takes it: ``("classification_weight=1",)``. Not of its data or its
    evaluation, which cells share."""

    @property
    def name(self) -> str:
        """Name of its run and, beside a reference, of its result: ``gplac-scenes10-weak160-seed0``, or
        ``gplac-classification_weight=1-seed0``; `changes_in` reads it."""
        changes = "".join(f"-{change}" for change in sorted(map(overrides.spelt, self.changes)))
        scenes = f"-scenes{self.scene_budget}" if self.scene_budget else ""
        images = f"-weak{self.weak_budget}" if self.weak_budget else ""
        return f"{self.method}{scenes}{images}{changes}-seed{self.seed}"

    @property
    def id(self) -> str:
        """``task/name``, which tells it from all others of a preset."""
        return f"{self.task}/{self.name}"

    @property
    def trained(self) -> bool:
        """Whether it is a method, and not one of `REFERENCES`."""
        return self.method not in REFERENCES

    @property
    def learns_weakly(self) -> bool:
        """Whether it learns from weak images."""
        return self.trained and METHODS[self.method]().weak_scenes > 0

    def check(self) -> None:
        """Whether there is such a cell.

        Raises:
            UserError: unknown task or method, a budget of what the method does not learn from, a seed or budget that is
                no whole number from 0, or a change of what cannot be changed.
        """
        if not (isinstance(self.task, str) and isinstance(self.method, str)):
            raise UserError(f"{self!r}: task and method are names, each a str.")
        if not (isinstance(self.changes, tuple) and all(isinstance(each, str) for each in self.changes)):
            raise UserError(f'{self!r}: changes are a tuple of str, such as ("classification_weight=1",).')
        for name in ("seed", *BUDGETS):
            number = getattr(self, name)
            if type(number) is not int or number < 0:
                raise UserError(f"{self!r}: {name} is a whole number (int) and cannot be negative.")
        task_named(self.task)
        if self.trained and self.method not in METHODS:
            raise UserError(
                f"{self.id}: no method is called {self.method!r}; choose one of {', '.join([*METHODS, *REFERENCES])}."
            )
        if self.trained:
            try:
                check_task(self.method, self.task)
            except UserError as error:
                raise UserError(f"{self.id}: {error}") from error
        self._check_changes()
        for name in BUDGETS:
            if getattr(self, name) and not self.learns_weakly:
                raise UserError(f"{self.id}: {self.method} learns from no weak images; leave its {name} out.")
        if self.weak_budget and self.scene_budget > (most := (self.weak_budget + 1) // 2):
            raise UserError(
                f"{self.id}: {self.weak_budget} images, with and without the object in turn, are of {most} scenes at"
                " most; give more images or fewer scenes."
            )

    def _check_changes(self) -> None:
        if self.changes and not self.trained:
            raise UserError(f"{self.id}: {self.method} is not trained; leave its changes out.")
        overrides.changed(config.paper(), self.changes, self._said)  # raises of one that cannot be read
        for field in map(overrides.field_of, self.changes):
            section, _, name = field.rpartition(".")
            if section in SHARED:
                raise UserError(
                    f"{self.id}: cells share data and evaluation; leave {field} out of its changes."
                )
            if name in BUDGETS:
                raise UserError(f"{self.id}: give {name} by itself, and not in its changes.")

    @property
    def _said(self) -> str:
        return f"{self.task}/{self.method}: changes"


def changes_in(name: str) -> tuple[str, ...]:
    """The changes that the name of a cell's run or result tells of."""
    found = re.search(r"-(?=[a-z_.]+=)(.+)-seed\d+$", name)
    return overrides.apart(found[1]) if found else ()


@dataclass(frozen=True)
class Grid:
    """The place where the cells of one preset are measured."""

    preset: str
    """Name of the preset."""
    root: Path
    """Folder that holds ``data/``, ``runs/`` and ``results/``."""

    def settings(self, cell: Cell) -> config.Preset:
        """What the cell is trained with."""
        return overrides.changed(self._unchanged(cell), cell.changes, cell._said)

    def _unchanged(self, cell: Cell) -> config.Preset:
        chosen = config.preset(self.preset, cell.task, cell.method)
        training = replace(chosen.training, weak_budget=cell.weak_budget, scene_budget=cell.scene_budget)
        return replace(chosen, training=training)

    def check(self, cell: Cell) -> None:
        """Whether the cell can be trained with its settings, and its changes are changes.

        Raises:
            UserError: a number makes no sense, or a changed field has no part in the method's training.
        """
        if not cell.trained:
            return
        for field in idle(METHODS[cell.method](), self._unchanged(cell), cell.changes):
            raise UserError(
                f"{cell.id}: {field} has no part in what {cell.method} learns; leave it out of its changes."
            )
        try:
            check_settings(self.settings(cell), cell.learns_weakly)
        except UserError as error:
            raise UserError(f"{cell.id}: {error}") from error

    def test_scenes(self, task: str) -> int:
        """Test scenes that cells of a task are measured in: the preset's number, or all that the task has."""
        return min(config.preset(self.preset, task).evaluation.scenes, split_size(task, "test"))

    def inspection_scenes(self, task: str) -> int:
        """Scenes of `CHOICE` that instruments look at, as many or as few."""
        return min(config.preset(self.preset, task).evaluation.scenes, split_size(task, CHOICE))

    def data(self, task: str) -> Path:
        """Where the task's data sets lie."""
        return self.root / "data" / self.preset / task

    def run(self, cell: Cell) -> Path:
        """Folder of the cell's run."""
        return self.root / "runs" / self.preset / cell.task / cell.name

    def results(self, cell: Cell) -> list[Path]:
        """The files that the cell leaves; it is done when all are there."""
        folder = self.root / "results" / self.preset / cell.task
        names = [f"{each}-seed{cell.seed}" for each in REFERENCES.get(cell.method, ())] or [cell.name]
        return [folder / f"{name}.json" for name in names]

    def inspection(self, cell: Cell) -> Path:
        """Where the cell's inspection is kept beside its result."""
        return self.root / "results" / self.preset / cell.task / CHOICE / f"{cell.name}.json"

    def inspection_of_run(self, cell: Cell) -> Path:
        """Where `gplac.runs.inspect_run` leaves it."""
        return self.run(cell) / "evaluation" / CHOICE / INSPECTION

    def error(self, cell: Cell) -> Path:
        """What made the cell fail, if it did."""
        return self.run(cell) / "error.json"

    def log(self, cell: Cell) -> Path:
        """What the cell printed."""
        return self.run(cell) / "cell.log"

    def lock(self, cell: Cell) -> Path:
        """Held by the process that works on the cell."""
        return self.run(cell) / "cell.lock"

    def done(self, cell: Cell) -> bool:
        """Whether the cell's results are there, and are the cell's."""
        return not self.damage(cell) and all(path.exists() for path in self.results(cell))

    def complete(self, cell: Cell) -> bool:
        """Whether there is nothing left to do: it is done, and inspected as far as its run is at hand."""
        return self.done(cell) and not (self.uninspected(cell) and (self.run(cell) / WEIGHTS).exists())

    def uninspected(self, cell: Cell) -> bool:
        """Whether the cell is trained and has no inspection beside its result."""
        return cell.trained and not self.inspection(cell).exists()

    def damage(self, cell: Cell) -> str:
        """What is wrong with a file that lies where a result of the cell, or its inspection, should, in a sentence;
        nothing if all that are there are sound."""
        for path, file in self._found(cell).items():
            method = cell.method if cell.trained else path.stem.removesuffix(f"-seed{cell.seed}")
            wrong = file.fault or self._stranger(cell, file.document, method)
            if not wrong and cell.method != TOLERANCE:
                wrong = self._measured_otherwise(cell, file.document)
            if wrong:
                name = path.relative_to(self.root)
                return f"{name} {wrong}; delete it, or move it elsewhere, and the cell is measured."
        beside = found(self.inspection(cell), "inspection") if cell.trained else None
        if beside and beside.fault:
            name = self.inspection(cell).relative_to(self.root)
            return f"{name} {beside.fault}; delete it, or move it elsewhere, and the cell's run is inspected."
        return ""

    def inspected(self, cell: Cell) -> bool:
        """Whether the run's folder holds the cell's inspection, and not, for one, the user's own look at one scene."""
        file = found(self.inspection_of_run(cell), "inspection")
        if file is None or file.fault or self._stranger(cell, file.document, cell.method):
            return False
        told = tuple(file.document.get(name) for name in ("split", "level", "scenes", "robot_model"))
        return told == (CHOICE, "standard", self.inspection_scenes(cell.task), None)

    def _stranger(self, cell: Cell, document: Mapping[str, Any], method: str) -> str | None:
        return stranger(
            document,
            preset=self.settings(cell).name,
            task=cell.task,
            method=method,
            seed=cell.seed,
            weak_budget=cell.weak_budget,
            scene_budget=cell.scene_budget,
        )

    def _measured_otherwise(self, cell: Cell, result: Result) -> str | None:
        """What a result of the cell's name was measured in, or trained on, if not what the cell is, in words that go on
        after its name."""
        today, recorded = self.settings(cell), result["training"].get("settings", {})
        # Sizes of before are no fault: they are `other_settings`.
        data = asdict(today.data) | recorded.get("data", {})
        sizes = asdict(today.evaluation) | recorded.get("evaluation", {})
        scenes = min(sizes["scenes"], split_size(cell.task, "test"))
        weak_images = cell.weak_budget or (cell.scene_budget or data["weak_scenes"]) * data["weak_per_scene"]
        for said, actual, wanted in (
            ("{} scenes", result["split"], "test"),
            ("level {}", result["level"], "standard"),
            *(
                (f"{name.replace('_', ' ')} {{}}", result.get(name), None)
                for name in ("vary", "assets", "robot_model")
            ),
            ("{} scenes", result["scenes"], scenes),
            ("{} episodes", result["episodes"], scenes * sizes["episodes"]),
            ("{} weak images", result["weak_images"], weak_images if cell.learns_weakly else 0),
        ):
            if actual != wanted:
                own = said.format("none" if wanted is None else wanted)
                return f"is a result of {said.format(actual)}, where the cell's is of {own}"
        return None

    def documents(self, cell: Cell) -> list[dict[str, Any]]:
        """Content of the cell's results that are there, empty of one that is damaged."""
        return [file.document for file in self._found(cell).values()]

    def _found(self, cell: Cell) -> dict[Path, Found]:
        schema = TOLERANCE if cell.method == TOLERANCE else "result"
        files = {path: found(path, schema) for path in self.results(cell)}
        return {path: file for path, file in files.items() if file is not None}

    def other_settings(self, cell: Cell) -> str:
        """What the cell's result, or where there is none yet its run, was made with otherwise than it would be today;
        of a result of older versions, which does not tell its settings, by its steps and its pictures alone. Nothing
        where there is none that is sound."""
        if not cell.trained or self.damage(cell):
            return ""
        method, today = METHODS[cell.method](), self.settings(cell)
        if not self.done(cell):
            recorded = self._begun_with(cell)
            return changes(recorded, described(method, today) | {HASH: recorded[HASH]}) if recorded else ""
        document = self.documents(cell)[0]
        recorded = document["training"].get("settings")
        if recorded is not None:
            return changes(recorded, described(method, today) | {HASH: recorded.get(HASH)})
        pretrained = today.training.pretrain_steps if method.pretrain else 0
        return changes(
            {"steps": document["training"]["steps"], "image": document["image"]},
            {"steps": today.training.steps + pretrained, "image": [today.data.width, today.data.height]},
        )

    def _begun_with(self, cell: Cell) -> dict[str, Any]:
        """The settings that the cell's run was begun with; nothing where there is no run, or it does not tell."""
        try:
            settings = dict(json.loads((self.run(cell) / RUN_JSON).read_text())["settings"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}
        return settings if HASH in settings else {}

    def set_aside(self, cell: Cell) -> Path:
        """Move the cell's run, result and inspection to a folder beside the run, so that it is measured anew.

        Returns:
            That folder.

        Raises:
            UserError: a result or an inspection cannot be moved.
        """
        run = self.run(cell)
        numbers = (
            number for number in count(1) if not run.with_name(f"{run.name}{SET_ASIDE}{number}").exists()
        )
        aside = run.with_name(f"{run.name}{SET_ASIDE}{next(numbers)}")
        run.mkdir(parents=True, exist_ok=True)
        moved = {"inspection.json": self.inspection(cell), "result.json": self.results(cell)[0]}
        there = {name: path for name, path in moved.items() if path.exists()}
        for path in there.values():
            require_writable(path, AGAIN)
        for name, path in there.items():
            shutil.move(path, run / name)  # which may lie on another disk
        run.rename(aside)
        return aside

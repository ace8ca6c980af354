"""One cell, from its data to its result: what a worker of a grid does."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from gplac.bounds import measure_bounds, measure_tolerance
from gplac.errors import UserError
from gplac.files import require_writable, write_atomically
from gplac.grid.cell import AGAIN, BOUNDS, CHOICE, Cell, Grid
from gplac.grid.data import LABELLED, WEAK, data_sets
from gplac.grid.locks import Lock, TakenError, locked
from gplac.runs import evaluate_run, inspect_run
from gplac.training.checkpoint import CHECKPOINT, read_facts
from gplac.training.loop import train

PATIENCE_S = 10.0
"""Seconds to wait for a cell's lock: a killed grid's workers need a moment to end."""
TOLERANCE_EPISODES = 400
Outcome = Literal["done", "taken"]


@dataclass(frozen=True)
class Job:
    """A cell, to be measured."""

    grid: Grid
    cell: Cell
    drawers: int
    """Processes that draw for its evaluation."""


def one_thread() -> None:
    """Prepare a worker: several share a machine, and each keeps to one core."""
    torch.set_num_threads(1)


def measure_cell(job: Job) -> Outcome:
    """Measure one cell, going on where it was stopped; its data has to be there.

    Returns:
        "taken" if another process works on it.
    """
    grid, cell = job.grid, job.cell
    try:
        with locked(grid.lock(cell), PATIENCE_S) as lock, _printing_to(grid.log(cell)):
            if damage := grid.damage(cell):
                raise UserError(damage)
            if not grid.done(cell):
                grid.error(cell).unlink(missing_ok=True)
                (_train_and_test if cell.trained else _measure_reference)(job, lock)
            elif not grid.complete(cell):
                _inspect(job, lock)
    except TakenError:
        return "taken"
    return "done"


def _train_and_test(job: Job, lock: Lock) -> None:
    grid, cell = job.grid, job.cell
    settings, run, data = grid.settings(cell), grid.run(cell), grid.data(cell.task)
    demonstrations, *others = data_sets(cell, settings)
    weak = data / WEAK if WEAK in others else None
    for path in (grid.results(cell)[0], grid.inspection(cell)):  # not only once all is done
        require_writable(path, AGAIN)
    lock.note(phase="training", first=read_facts(run)["step"] if (run / CHECKPOINT).exists() else 0)
    train(cell.method, settings, data / demonstrations, weak, run, cell.task, cell.seed, resume=True)
    _inspect(job, lock)
    lock.note(phase="testing", first=episodes_done(run))
    evaluate_run(run, "test", copy=grid.results(cell)[0], workers=job.drawers)


def _inspect(job: Job, lock: Lock) -> None:
    grid, cell = job.grid, job.cell
    if not grid.inspected(cell):
        lock.note(phase="inspecting")
        demonstrations = grid.data(cell.task) / LABELLED
        inspect_run(grid.run(cell), demonstrations, CHOICE, grid.inspection_scenes(cell.task))
    _copy(grid.inspection_of_run(cell), grid.inspection(cell))


def _measure_reference(job: Job, lock: Lock) -> None:
    grid, cell = job.grid, job.cell
    out, demonstrations = grid.results(cell)[0].parent, grid.data(cell.task) / LABELLED
    lock.note(phase="measuring")
    if cell.method == BOUNDS:
        scenes, episodes = grid.test_scenes(cell.task), grid.settings(cell).evaluation.episodes
        measure_bounds(cell.task, demonstrations, "test", scenes, episodes, out, grid.preset, cell.seed)
    else:
        measure_tolerance(cell.task, demonstrations, CHOICE, TOLERANCE_EPISODES, out, grid.preset, cell.seed)


def episodes_done(run: Path) -> int:
    """How many test episodes a run's store holds, controls left out."""
    spans = [path.stem.split("-")[-2:] for path in (run / "evaluation/test/episodes").glob("scene-*.npz")]
    return sum(int(last) - int(first) + 1 for first, last in spans)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, source.read_bytes())


@contextlib.contextmanager
def _printing_to(path: Path) -> Iterator[None]:
    """What is printed meanwhile goes to a file: lines of several workers would run into each other."""
    with (
        path.open("a", buffering=1) as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        yield

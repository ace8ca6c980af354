"""A whole grid: shared data first, then every cell that has no result yet, over an executor."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.grid.cell import Cell, Grid
from gplac.grid.data import collect, data_sets
from gplac.grid.locks import AGAIN_S, TakenError, locked
from gplac.grid.work import Job, measure_cell
from gplac.scale.executor import Executor, Failure, available_cores


@dataclass(frozen=True)
class Finished:
    """What became of a cell."""

    cell: Cell
    state: Literal["done", "failed", "taken"]
    """"taken": another process works on it."""
    reason: str = ""
    """Why it failed, in a sentence."""
    details: Path | None = None
    """The file that says more about it, if there is one."""


def set_aside_outdated(grid: Grid, cells: Sequence[Cell]) -> list[Path]:
    """Set aside what was measured, or begun, with other settings than today's, so that `run_grid` measures it anew.

    Args:
        grid: where.
        cells: what is to be measured; those that another process works on stay as they are.

    Returns:
        The folders that now hold it.
    """
    folders = []
    for cell in cells:
        if grid.other_settings(cell):
            # Not at the first refusal: whoever looks at a lock holds it for a moment.
            with contextlib.suppress(TakenError), locked(grid.lock(cell), 3 * AGAIN_S):
                if grid.other_settings(cell):  # nobody else has set it aside meanwhile
                    folders.append(grid.set_aside(cell))
    return folders


def collect_shared(grid: Grid, cells: Sequence[Cell], workers: int = 0) -> dict[Cell, Failure]:
    """Collect, once, the data that cells without a result, or an inspection, share, or wait for another process that
    does; prints which data set comes next.

    Args:
        grid: where.
        cells: what is to be measured.
        workers: processes that draw; 0: one for each core.

    Returns:
        Cells whose data cannot be had, and why.
    """
    needs: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        at_hand = grid.damage(cell) or grid.complete(cell) or (grid.done(cell) and grid.inspected(cell))
        for name in () if at_hand else data_sets(cell, grid.settings(cell)):
            needs.setdefault((cell.task, name), []).append(cell)
    failures: dict[Cell, Failure] = {}
    for (task, name), users in needs.items():
        folder = grid.data(task) / name
        print(f"Data: {folder.relative_to(grid.root)}")
        try:
            collect(name, task, grid.data(task), grid.settings(users[0]), workers)
        except Exception as error:
            failures |= dict.fromkeys(users, Failure.of(error))
    return failures


def run_grid(
    grid: Grid, cells: Sequence[Cell], missing: Mapping[Cell, Failure], executor: Executor
) -> Iterator[Finished]:
    """Measure the cells that have no result yet; what became of each, as it does.

    A cell that fails leaves its error in `Grid.error`, and the others go on. Killed at any point, the same call goes
    on: training at its last checkpoint, evaluation at its last episodes. A file that is no result of the cell, where
    that should be, fails it and is left as it is.

    Args:
        grid: where.
        cells: what.
        missing: cells that have no data, see `collect_shared`.
        executor: whose workers measure; made with `gplac.grid.work.one_thread`, and nesting.
    """
    todo = []
    for cell in cells:
        if damage := grid.damage(cell):
            yield Finished(cell, "failed", damage)
        elif grid.complete(cell):
            yield Finished(cell, "done")
        elif cell in missing:
            yield _failed(grid, cell, missing[cell])
        else:
            todo.append(cell)
    drawers = available_cores() // executor.workers + 1
    for index, result in executor.attempt(measure_cell, [Job(grid, cell, drawers) for cell in todo]):
        if isinstance(result, Failure):
            yield _failed(grid, todo[index], result)
        else:
            yield Finished(todo[index], result)


def _failed(grid: Grid, cell: Cell, failure: Failure) -> Finished:
    path: Path | None = grid.error(cell)
    written = {"message": failure.message, "details": failure.details}
    try:
        grid.error(cell).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(grid.error(cell), (json.dumps(written, indent=1) + "\n").encode())
    except (OSError, UserError):  # the reason is told all the same, and the others go on
        path = None
    return Finished(cell, "failed", failure.message, path)

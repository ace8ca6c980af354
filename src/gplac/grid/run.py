"""A whole grid: shared data first, then every cell that has no result yet, over an executor."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from gplac.data.files import write_atomically
from gplac.grid.cell import Cell, Grid
from gplac.grid.data import collect, data_sets
from gplac.grid.work import Job, measure_cell
from gplac.scale.executor import Executor, Failure, available_cores

Say = Callable[[str], None]


@dataclass(frozen=True)
class Finished:
    """What became of a cell."""

    cell: Cell
    state: Literal["done", "failed", "taken"]
    """"taken": another process works on it."""
    reason: str = ""
    """Why it failed, in a sentence."""


def run_grid(
    grid: Grid, cells: Sequence[Cell], executor: Executor, *, collectors: int = 0, say: Say = print
) -> Iterator[Finished]:
    """Measure the cells that have no result yet; what became of each, as it does.

    A cell that fails leaves its error in `Grid.error`, and the others go on. Killed at any point, the same call goes
    on: training at its last checkpoint, evaluation at its last episodes, collecting at its last shard.

    Args:
        grid: where.
        cells: what.
        executor: whose workers measure; made with `gplac.grid.work.one_thread`, and nesting.
        collectors: processes that collect the shared data; 0: one for each core.
        say: told what is being collected.
    """
    todo = [cell for cell in cells if not grid.done(cell)]
    yield from (Finished(cell, "done") for cell in cells if cell not in todo)
    missing = _collect(grid, todo, collectors, say)
    for cell in [cell for cell in todo if cell in missing]:
        yield _failed(grid, cell, missing[cell])
        todo.remove(cell)
    drawers = available_cores() // executor.workers + 1
    jobs = [Job(grid, cell, drawers) for cell in todo]
    for index, result in executor.attempt(measure_cell, jobs):
        if isinstance(result, Failure):
            yield _failed(grid, todo[index], result)
        else:
            yield Finished(todo[index], result)


def _collect(grid: Grid, cells: Sequence[Cell], workers: int, say: Say) -> dict[Cell, Failure]:
    """Collect what the cells share; the failures of those whose data cannot be collected."""
    needs: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        for name in data_sets(cell, grid.settings(cell)):
            needs.setdefault((cell.task, name), []).append(cell)
    failures: dict[Cell, Failure] = {}
    for (task, name), users in needs.items():
        folder = grid.data(task) / name
        say(f"Data: {folder.relative_to(grid.root)}")
        try:
            collect(name, task, grid.data(task), grid.settings(users[0]), workers)
        except Exception as error:
            failures |= dict.fromkeys(users, Failure.of(error))
    return failures


def _failed(grid: Grid, cell: Cell, failure: Failure) -> Finished:
    path = grid.error(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = {"message": failure.message, "details": failure.details}
    write_atomically(path, (json.dumps(written, indent=1) + "\n").encode())
    return Finished(cell, "failed", failure.message)

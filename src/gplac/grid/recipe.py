"""Recipes: short Python files that declare cells, and the choice among these."""

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from gplac.errors import UserError
from gplac.grid.cell import Cell, Grid


def read_recipe(path: Path, preset: str) -> list[Cell]:
    """The cells that ``cells(preset)`` of a Python file declares, each once, in its order. The file is executed.

    Raises:
        UserError: there is no such file, it fails, or what it declares are no cells.
    """
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file():
        there = "is a folder" if path.is_dir() else "does not exist"
        raise UserError(f"The recipe {path} {there}; name a Python file such as recipes/table1.py.")
    if specification is None or specification.loader is None:
        raise UserError(f"The recipe {path} is no Python file by its name; let that end in .py.")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
        found = list(module.cells(preset))
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        raise UserError(
            f"The recipe {path} fails ({type(error).__name__}: {error}); it has to define cells(preset), which"
            " returns a list of gplac.grid.cell.Cell."
        ) from error
    for cell in found:
        if not isinstance(cell, Cell):
            raise UserError(f"The recipe {path} declares {cell!r}, which is no gplac.grid.cell.Cell.")
        cell.check()
        Grid(preset, Path()).check(cell)
    return _once(found)


def choose(cells: Sequence[Cell], only: Sequence[str] = (), seeds: Iterable[int] = ()) -> list[Cell]:
    """Some of a recipe's cells.

    Args:
        cells: the recipe's.
        only: keep what any of these matches: a task, a method, both as ``pusher/gplac``, or a pattern of ids, with
            their seed or without, such as ``pusher/gplac-*`` or ``pusher/gplac-weak160``.
        seeds: measure every method with these seeds, in place of the recipe's.

    Raises:
        UserError: nothing is left, or one of ``only`` matches no cell, or a seed is negative.
    """
    wanted = list(seeds)
    if wanted:
        again = [replace(cell, seed=seed) for seed in wanted for cell in cells if cell.trained]
        for cell in again:
            cell.check()
        cells = _once([cell for cell in cells if not cell.trained] + again)
    chosen = [cell for cell in cells if not only or any(_matches(cell, pattern) for pattern in only)]
    idle = [pattern for pattern in only if not any(_matches(cell, pattern) for cell in cells)]
    if idle or not chosen:
        raise UserError(
            f"No cell matches {' or '.join(idle) or 'the recipe'}; there are, for instance,"
            f" {', '.join(cell.id for cell in cells[:3]) or 'none'}."
        )
    return chosen


def _once(cells: Iterable[Cell]) -> list[Cell]:
    """Each of them once: changes in another order are the same cell."""
    return list({cell.id: cell for cell in cells}.values())


def _matches(cell: Cell, pattern: str) -> bool:
    if pattern in (cell.task, cell.method, f"{cell.task}/{cell.method}"):
        return True
    return any(fnmatchcase(name, pattern) for name in (cell.id, cell.id.removesuffix(f"-seed{cell.seed}")))

"""Verbs about grids of cells: measure them, and see how far they are."""

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from gplac.cli.options import Preset

if TYPE_CHECKING:
    from gplac.grid.cell import Cell, Grid

Recipe = Annotated[Positional[Path], arg(metavar="RECIPE")]
Patterns = Annotated[tuple[str, ...], arg(metavar="PATTERN ...")]
Seeds = Annotated[tuple[int, ...], arg(metavar="K ...")]
REFRESH_S = 2.0


def grid_run(
    recipe: Recipe,
    /,
    *,
    preset: Preset = "lite",
    only: Patterns = (),
    seeds: Seeds = (),
    workers: int = 0,
    on: Literal["local", "ray"] = "local",
    outdated: bool = False,
) -> None:
    """Measure every cell of a recipe that has no result yet. Stopped or killed, the same command goes on.

    `gplac grid RECIPE` does the same.

    Each cell leaves its result in results/PRESET/TASK/ at once. A cell that fails is told and does not stop the others;
    the status is then 1.

    Args:
        recipe: Python file that declares cells, such as recipes/table1.py.
        preset: Size of everything.
        only: Only cells of these tasks, methods, task/method, or patterns of task/name, such as 'pusher/gplac-weak*'.
        seeds: Seeds of every method, in place of the recipe's.
        workers: Processes, each with one thread and a cell at a time, and as many that draw data before; 0: one for
            each core.
        on: Processes of this machine, or of a Ray cluster whose machines share this folder.
        outdated: Measure anew what was measured or begun with other settings, or another definition of the method, than
            today's; it stays as RUN-beforeN beside the run. Changed code of a loss or an encoder is not noticed.
    """
    from rich.console import Console
    from rich.live import Live

    from gplac.grid.run import collect_shared, run_grid, set_aside_outdated
    from gplac.grid.status import state_of, table
    from gplac.grid.work import one_thread
    from gplac.scale.executor import executor

    grid, cells = _read(recipe, preset, only, seeds)
    # The stream itself: what a cell prints in this process goes elsewhere, and must not take the table with it.
    console = Console(file=sys.stderr)
    live = Live(
        console=console,
        get_renderable=lambda: table([state_of(grid, cell) for cell in cells]),
        refresh_per_second=1 / REFRESH_S,
        redirect_stdout=False,
        redirect_stderr=False,
        transient=True,
    )
    bad = []
    # First the executor, which refuses what cannot be had: data may take hours.
    with executor(workers, one_thread, nesting=True, kind=on) as pool, contextlib.ExitStack() as stack:
        if outdated:
            for folder in set_aside_outdated(grid, cells):
                print(f"Measured or begun with other settings, kept in {folder.relative_to(grid.root)}")
        missing = collect_shared(grid, cells, workers if on == "local" else 0)
        if console.is_terminal:
            stack.enter_context(live)
        for finished in run_grid(grid, cells, missing, pool):
            text = finished.reason or state_of(grid, finished.cell).text
            line = f"{finished.cell.id}: {finished.state} {text}".rstrip()
            console.print(line, markup=False, highlight=False) if console.is_terminal else print(line)
            if finished.state != "done":
                bad.append(finished)
    failed = [each for each in bad if each.state == "failed"]
    for each in failed:
        more = f" ({each.details})" if each.details else ""
        print(f"{each.cell.id} failed: {each.reason}{more}", file=sys.stderr)
    if taken := len(bad) - len(failed):
        print(f"{taken} cells are another process's; gplac grid status tells how far.", file=sys.stderr)
    print(f"{len(cells) - len(bad)} of {len(cells)} cells have their results.")
    if bad:
        raise SystemExit(1)


def grid_status(
    recipe: Recipe = Path("recipes/table1.py"),
    /,
    *,
    preset: Preset = "lite",
    only: Patterns = (),
    seeds: Seeds = (),
    watch: bool = False,
) -> None:
    """Tell which cells of a recipe are done, running (how far, how fast, time left), failed (why), or waiting.

    Args:
        recipe: Python file that declares cells; Table 1 if none is named.
        preset: Size of everything.
        only: Only cells of these tasks, methods, task/method, or patterns of task/name, such as 'pusher/gplac-weak*'.
        seeds: Seeds of every method, in place of the recipe's.
        watch: Go on telling, until Ctrl-C.
    """
    from rich.console import Console
    from rich.live import Live

    from gplac.grid.status import state_of, table

    grid, cells = _read(recipe, preset, only, seeds)
    if not watch:
        Console().print(table([state_of(grid, cell) for cell in cells]))
        return
    with Live(auto_refresh=False) as live:
        while True:
            live.update(table([state_of(grid, cell) for cell in cells]), refresh=True)
            time.sleep(REFRESH_S)


def _read(recipe: Path, preset: str, only: Patterns, seeds: Seeds) -> "tuple[Grid, list[Cell]]":
    from gplac.grid.cell import Grid
    from gplac.grid.recipe import choose, read_recipe

    return Grid(preset, Path.cwd()), choose(read_recipe(recipe, preset), only, seeds)

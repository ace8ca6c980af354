"""How far a grid is: what is done, running with its rate and the time left, failed, or waiting."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.table import Column, Table
from rich.text import Text

from gplac.evaluation.percent import percent
from gplac.grid.cell import Cell, Grid
from gplac.grid.locks import holder
from gplac.grid.work import episodes_done
from gplac.methods import METHODS
from gplac.training.checkpoint import CHECKPOINT_JSON
from gplac.training.logs import METRICS

COLOURS = {"done": "green", "running": "cyan", "failed": "red", "waiting": "dim"}


@dataclass(frozen=True)
class State:
    """How far one cell is."""

    cell: Cell
    state: Literal["done", "running", "failed", "waiting"]
    text: str = ""
    """What there is to say: the success rate, the phase, the reason, or where it was stopped."""
    done: int = 0
    """Steps or episodes done of the phase."""
    total: int = 0
    """Of how many; 0: not known."""
    rate: str = ""
    left_s: float | None = None
    """Seconds until the end of the phase at the rate so far."""


def state_of(grid: Grid, cell: Cell) -> State:
    """The state of one cell, read from the files that its worker leaves."""
    if damage := grid.damage(cell):
        return State(cell, "failed", damage)
    if grid.done(cell):
        told = [percent(each["success_rate"]) for each in grid.documents(cell) if "success_rate" in each]
        if other := grid.other_settings(cell):
            told.append(f"other settings: {other}")
        if grid.uninspected(cell):
            told.append(
                f"no inspection, {'and no run to inspect' if grid.complete(cell) else 'which the grid makes'}"
            )
        return State(cell, "done", ", ".join(told))
    notes = holder(grid.lock(cell))
    if notes is not None:
        return _running(grid, cell, notes)
    if grid.error(cell).exists():
        damaged = f"{grid.error(cell)} is damaged: run the grid again"
        return State(cell, "failed", str(_json(grid.error(cell)).get("message", damaged)))
    step = _json(grid.run(cell) / CHECKPOINT_JSON).get("step")
    told = [_stopped(grid, cell, step)] if isinstance(step, int) and step else []
    if other := grid.other_settings(cell):
        told.append(f"begun with other settings: {other}")
    return State(cell, "waiting", ", ".join(told))


def table(states: Sequence[State]) -> Table:
    """States as a table, with a line below that sums them up."""
    counts = {name: sum(each.state == name for each in states) for name in COLOURS}
    caption = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    name, text = Column("cell", no_wrap=True), Column("", overflow="fold")  # names of files are not cut short
    found = Table(name, "state", "progress", "rate", "left", text, caption=caption, box=None, pad_edge=False)
    for each in states:
        progress = f"{each.done:,}/{each.total:,}" if each.total else ""
        left = "" if each.left_s is None else _duration(each.left_s)
        # As `Text`: in a string of rich, brackets of an error or a path are markup.
        state = Text(each.state, COLOURS[each.state])
        others = (Text(cell) for cell in (progress, each.rate, left, each.text))
        found.add_row(Text(each.cell.id), state, *others)
    return found


def _running(grid: Grid, cell: Cell, notes: dict[str, Any]) -> State:
    settings, phase = grid.settings(cell), str(notes.get("phase", "starting"))
    done = total = 0
    rate = ""
    if phase == "training":
        total = _steps(grid, cell)
        line = _last_line(grid.run(cell) / METRICS)
        done = int(_number(line, "step"))
        rate = f"{speed:.0f} images/s" if (speed := _number(line, "images_per_s")) else ""
    elif phase == "testing":
        total = grid.test_scenes(cell.task) * settings.evaluation.episodes
        done = episodes_done(grid.run(cell))
    new = done - int(_number(notes, "first"))
    seconds = time.time() - _number(notes, "since", time.time())
    left = (total - done) * seconds / new if new > 0 and total >= done else None
    return State(cell, "running", phase, done, total, rate, left)


def _number(facts: Mapping[str, Any], name: str, otherwise: float = 0.0) -> float:
    """What a file says that may be damaged, where that is a finite number."""
    value = facts.get(name)
    return value if isinstance(value, int | float) and math.isfinite(value) else otherwise


def _steps(grid: Grid, cell: Cell) -> int:
    """Optimiser steps of a cell's training, all stages."""
    training = grid.settings(cell).training
    return training.steps + (training.pretrain_steps if METHODS[cell.method]().pretrain else 0)


def _stopped(grid: Grid, cell: Cell, step: int) -> str:
    """Where a cell was stopped whose training has done so many steps."""
    if step < (steps := _steps(grid, cell)):
        return f"stopped at step {step:,} of {steps:,}"
    episodes = grid.test_scenes(cell.task) * grid.settings(cell).evaluation.episodes
    return f"trained; {episodes_done(grid.run(cell)):,} of {episodes:,} test episodes"


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(path: Path) -> dict[str, Any]:
    """The last whole line of a file of JSON lines; it may be missing, or end in the middle of one."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().split(b"\n")[:-1]
        return dict(json.loads(lines[-1])) if lines else {}
    except (OSError, ValueError, TypeError, RecursionError):
        return {}


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{max(1, minutes)} min"

"""Settings compared on validation scenes: what the presets' numbers were chosen by.

    python recipes/sweep.py gplac --set classification_weight=1 network.classifier_dropout=0.7

trains one method with these changes to what a preset has for all methods, whatever this one took over since
(gplac.config.METHOD_CHANGES), evaluates it on all validation scenes, and leaves the result in results/sweep/TASK/, and
what the instruments tell in inspections/ beside it. Once the data is there, several may run at
once; each goes on where it was stopped. ``--confirm`` evaluates it on the confirmation scenes besides, of which a
choice by validation scenes knows nothing; the result lies in confirmation/. ``--alike`` tries the settings that every
method is tried with, one after the other, but for those whose result is there. ``--table`` prints what is there. Test
scenes are never opened here.
"""

from pathlib import Path
from typing import Annotated

import torch
import tyro

from gplac.cli import mistakes_told
from gplac.cli.options import Preset, Size
from gplac.config import Preset as Settings
from gplac.errors import UserError
from gplac.evaluation.percent import percent, span
from gplac.evaluation.result import read_result, write_json
from gplac.grid.alike import tried_alike
from gplac.grid.cell import Cell
from gplac.grid.data import LABELLED, WEAK, collect, data_sets
from gplac.methods import method_named
from gplac.overrides import spelt
from gplac.runs import evaluate_run, inspect_run
from gplac.training.changes import changes as differences
from gplac.training.described import HASH, described
from gplac.training.loop import train
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import split_size


def main(
    method: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="METHOD")] = "gplac",
    /,
    *,
    task: str = "pusher",
    preset: Preset = "lite",
    set: tuple[str, ...] = (),
    seed: int = 0,
    confirm: bool = False,
    alike: bool = False,
    table: bool = False,
) -> None:
    """Train and evaluate one cell of a sweep.

    Args:
        method: Which method.
        task: Which task.
        preset: What is changed.
        set: The changes, such as training.steps=3000, or data.width=48 data.height=42.
        seed: Of weights, batches and dropout.
        confirm: Evaluate it on confirmation scenes as well.
        alike: Try what every method is tried with (gplac.grid.alike) in place of --set.
        table: Only print the results that are there.
    """
    results = Path("results/sweep") / task
    task_named(task)  # raises if there is none
    if table:
        paths = sorted([*results.glob("*.json"), *results.glob("confirmation/*.json")])
        if not paths:
            raise UserError(f"There is no result in {results} yet; measure one first, without --table.")
        for path in paths:
            found = read_result(path)
            low, high = found["interval95_scenes"]
            rate, interval = percent(found["success_rate"]), span(low, high)
            print(f"{path.stem}, {found['split']}: {rate} ({interval} over scenes)")
        return
    if not alike:
        measure(method, task, preset, set, seed, confirm, results)
        return
    if set or confirm:
        raise UserError("--alike says what is changed, and confirms nothing: leave --set and --confirm out.")
    for changes in [(), *tried_alike(method, Size(preset).settings(task)).values()]:
        path = results / f"{named(method, preset, changes, seed)}.json"
        if not path.exists():
            measure(method, task, preset, changes, seed, False, results)
        elif other := otherwise(path, method, Size(preset, changes).settings(task)):
            print(f"{path} is of a training with other {other}: move it away to measure it anew.")


def otherwise(path: Path, method: str, settings: Settings) -> str:
    """Which settings a result was measured with, where they are not today's; older ones do not say."""
    recorded = read_result(path)["training"].get("settings")
    today = described(method_named(method), settings)
    return "" if recorded is None else differences(recorded, today | {HASH: recorded[HASH]})


def named(method: str, preset: str, changes: tuple[str, ...], seed: int) -> str:
    """What a cell of a sweep is called."""
    return "-".join([method, preset, *sorted(map(spelt, changes)), f"seed{seed}"])


def measure(
    method: str, task: str, preset: Preset, changes: tuple[str, ...], seed: int, confirm: bool, results: Path
) -> None:
    """Train and evaluate one cell."""
    torch.set_num_threads(1)
    settings = Size(preset, changes).settings(task)
    # Data of another size lie beside the preset's own.
    other = sorted(change for change in map(spelt, changes) if change.startswith("data."))
    data = Path("data") / "-".join([preset, *other]) / task
    name = named(method, preset, changes, seed)
    folders = {each: collect(each, task, data, settings) for each in data_sets(Cell(task, method), settings)}
    demos, weak = next(iter(folders.values())), folders.get(WEAK)
    run = Path("runs/sweep") / task / name
    train(method, settings, demos, weak, run, task, seed, resume=True)
    inspected = inspect_run(run, folders[LABELLED], "validation")
    write_json(inspected, "inspection", results / "inspections" / f"{name}.json")
    copies = {"validation": results / f"{name}.json"}
    if confirm:
        copies["confirmation"] = results / "confirmation" / f"{name}.json"
    for split, copy in copies.items():
        found = evaluate_run(run, split, split_size(task, split), 10, copy=copy, workers=1)
        print(f"{name}: {found['successes']} of {found['episodes']} {split} episodes succeed")


if __name__ == "__main__":
    with mistakes_told("sweep", "The same command goes on."):
        tyro.cli(main)

"""Success in scenes of the harder level, beside the level that everything else is measured on."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gplac.evaluation.pooling import Pooled, pooled
from gplac.evaluation.ranks import beyond
from gplac.evaluation.result import Result
from gplac.reporting.committed import NAME, Committed, Key, in_own_folder
from gplac.reporting.factors import WAITING, rate_cell
from gplac.reporting.paper_tables import BASELINE, gain_cell
from gplac.reporting.scenes import usual
from gplac.reporting.sheets import Sheet
from gplac.reporting.themes import label
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names

LEVEL = FOLDER = "wild"


def harder(results: Path, preset: str) -> list[Sheet]:
    """For each task, success of the methods that were evaluated in test scenes of the harder level.

    Args:
        results: the folder ``results``; files lie in ``results/wild/TASK``.
        preset: whose results.

    Raises:
        UserError: a result file is damaged, or of something else, or two seeds cannot be pooled.
    """
    sheets = []
    for task in task_names():
        read = in_own_folder(results / FOLDER / task, preset, NAME, _wrong)
        if found := {method: [result for _, result in each] for method, each in read.items()}:
            sheets.append(_sheet(results, task, preset, found))
    return sheets


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"levels": harder}


def _wrong(_: re.Match[str], result: Result) -> str:
    """All but the level has to be as in the tables."""
    if result["level"] == LEVEL and usual(result | {"level": "standard"}):
        return ""
    return f"is not of test scenes of level {LEVEL}, with nothing of your own in them"


def _sheet(results: Path, task: str, preset: str, found: Mapping[str, list[Result]]) -> Sheet:
    wild = {method: pooled(each) for method, each in found.items()}
    usually = {method: _usually(results, preset, task, method, each) for method, each in found.items()}
    base = wild.get(BASELINE)
    gains = {} if base is None else {m: beyond(each, base) for m, each in wild.items() if m != BASELINE}
    title = task_named(task).title
    return Sheet(
        f"Level {LEVEL}, {title} (preset {preset})",
        ("Method", "standard", LEVEL, f"{LEVEL}: over {label(BASELINE)}", "Episodes", "Seeds"),
        tuple(
            (
                label(method),
                WAITING if (standard := usually[method]) is None else rate_cell(standard),
                rate_cell(each),
                gain_cell(gains.get(method)),
                str(each.episodes),
                ", ".join(map(str, each.by_seed)),
            )
            for method, each in wild.items()
        ),
        (
            f"{title.capitalize()}, preset {preset}: success in the"
            f" {len(next(iter(wild.values())).outcomes)} test scenes, with its 95 % interval over scenes, of policies"
            " that were trained on looks of level standard; the same policies on both levels."
            f" Over {label(BASELINE)}: in points, in the same scenes (`gplac evaluate RUN --split test --level {LEVEL}"
            f" --json results/{FOLDER}/{task}/METHOD-seedK.json`).",
        ),
        tuple(
            {
                "task": task,
                "preset": preset,
                "method": method,
                "level": level,
                "success_rate": round(of.rate, 6),
                "low": round(of.interval95.low, 6),
                "high": round(of.interval95.high, 6),
                "episodes": of.episodes,
                "seeds": " ".join(map(str, of.by_seed)),
            }
            for method in wild
            for level, of in (("standard", usually[method]), (LEVEL, wild[method]))
            if of is not None
        ),
    )


def _usually(results: Path, preset: str, task: str, method: str, wild: Sequence[Result]) -> Pooled | None:
    """The same policies on the level standard; None if one of them has no result there. They are looked for among the
    table's and, where those are of other trainings, in ``results/wild/standard/PRESET/TASK``."""
    folders = results / preset / task, results / FOLDER / "standard" / preset / task
    standard = [each for folder in folders for each in Committed(folder).results.get(Key(method), [])]
    by_training = {(each["seed"], json.dumps(each["training"], sort_keys=True)): each for each in standard}
    found = [by_training.get((each["seed"], json.dumps(each["training"], sort_keys=True))) for each in wild]
    return None if None in found else pooled([each for each in found if each is not None])

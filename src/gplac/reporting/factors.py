"""Success with one factor of the scene varied alone: which change is it that a policy does not bear?"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from gplac import config
from gplac.evaluation.percent import percent, span
from gplac.evaluation.pooling import Pooled, pooled
from gplac.evaluation.result import Result
from gplac.methods import METHODS as MAKERS
from gplac.reporting.committed import NAME as CELL
from gplac.reporting.committed import in_own_folder
from gplac.reporting.factor_charts import factor_dots
from gplac.reporting.scenes import usual_looks
from gplac.reporting.sheets import Chart, Sheet, chart_name, chart_title
from gplac.reporting.themes import label
from gplac.training.changes import changes
from gplac.training.described import HASH, described
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names
from gplac.worlds.splits import NOTHING, factors

FOLDER, WAITING = "vary", "waiting"
NAME = re.compile(rf"{CELL.pattern}-only-(?P<factor>.+)")
"""Of a file, as ``gplac evaluate --vary --json METHOD-seedK.json`` writes it."""

Found = Mapping[str, Mapping[str, Pooled]]
"""Method -> factor -> all seeds."""


def varied(results: Path, preset: str) -> list[Sheet]:
    """For each task, success of the methods that were evaluated with each factor varied alone.

    Args:
        results: the folder ``results``; files lie in ``results/vary/TASK``.
        preset: whose results.

    Raises:
        UserError: a result file is damaged, or of something else, or two seeds cannot be pooled.
    """
    found = {task: _read(results / FOLDER / task, preset) for task in task_names()}
    return [_sheet(task, preset, each) for task, each in found.items() if each]


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"factors": varied}


def _read(folder: Path, preset: str) -> dict[str, dict[str, list[Result]]]:
    """Method -> factor -> results, methods in the paper's order."""
    found: dict[str, dict[str, list[Result]]] = {}
    for method, results in in_own_folder(folder, preset, NAME, _wrong).items():
        for match, result in results:
            found.setdefault(method, {}).setdefault(match["factor"], []).append(result)
    return found


def _wrong(match: re.Match[str], result: Result) -> str:
    if result.get("vary") != match["factor"]:
        return f"is a result of vary {result.get('vary')}, where its name says {match['factor']}"
    return "" if usual_looks(result) else "is of scenes of other looks"


def _sheet(task: str, preset: str, results: Mapping[str, Mapping[str, list[Result]]]) -> Sheet:
    found = {
        method: {factor: pooled(each) for factor, each in by_factor.items()}
        for method, by_factor in results.items()
    }
    title, columns = task_named(task).title, (NOTHING, *factors(task))
    splits = {each["split"] for by in results.values() for seeds in by.values() for each in seeds}
    counts = {each.episodes for by_factor in found.values() for each in by_factor.values()}
    chart = Chart(
        chart_name("factors", task),
        chart_title("Success with one factor of the scene varied alone", task, preset, counts),
        f"Success with one factor varied, {title}: {', '.join(map(label, found))}, with 95 % intervals",
        partial(factor_dots, found, columns),
    )
    seeds = {method: " ".join(map(str, _seeds(by_factor))) for method, by_factor in found.items()}
    return Sheet(
        f"One factor varied, {title} (preset {preset})",
        ("What varies", *map(label, found)),
        tuple(
            (
                factor,
                *(
                    rate_cell(by_factor[factor]) if factor in by_factor else WAITING
                    for by_factor in found.values()
                ),
            )
            for factor in columns
        ),
        (
            f"{title.capitalize()}, preset {preset}: success, with its 95 % interval over scenes, in the labelled scene"
            f" in which one factor alone is that of a {' or '.join(sorted(splits))} scene"
            f" (`gplac evaluate RUN --vary each --json results/{FOLDER}/{task}/METHOD-seedK.json`);"
            f" {' or '.join(map(str, sorted(counts)))} episodes each. Seeds:"
            f" {', '.join(f'{label(method)} {each}' for method, each in seeds.items())}.",
            f"`{NOTHING}` is the labelled scene itself as often as there are scenes, from the same starts: its interval"
            " is over groups of starts, and says nothing of other scenes.",
            *_otherwise(task, preset, results),
        ),
        tuple(
            {
                "task": task,
                "preset": preset,
                "method": method,
                "factor": factor,
                "success_rate": round(each.rate, 6),
                "low": round(each.interval95.low, 6),
                "high": round(each.interval95.high, 6),
                "episodes": each.episodes,
                "seeds": " ".join(map(str, each.by_seed)),
            }
            for method, by_factor in found.items()
            for factor, each in by_factor.items()
        ),
        (chart,),
    )


def _otherwise(task: str, preset: str, results: Mapping[str, Mapping[str, list[Result]]]) -> Iterator[str]:
    """Which methods were trained with other settings than they have today: their cells in Table 1 may differ."""
    for method in [each for each in results if each in MAKERS]:
        today = described(MAKERS[method](), config.preset(preset, task, method))
        for recorded in (each["training"].get("settings") for by in results[method].values() for each in by):
            if recorded is not None and (told := changes(recorded, today | {HASH: recorded.get(HASH)})):
                yield f"{label(method)} was measured with other settings than it has today: {told}."
                break


def _seeds(found: Mapping[str, Pooled]) -> list[int]:
    return sorted({seed for each in found.values() for seed in each.by_seed})


def rate_cell(found: Pooled) -> str:
    """A rate with its interval, as a cell of a table."""
    return f"**{percent(found.rate)}** ({span(found.interval95.low, found.interval95.high)})"

"""The paper's tables 1 to 3: its numbers beside ours, and whether they tell the same."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from gplac import config
from gplac.evaluation.percent import point_span, points, rounded, span
from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import beyond
from gplac.evaluation.statistics import Interval
from gplac.methods import BEYOND
from gplac.reporting.charts import Bar, success_bars
from gplac.reporting.committed import Committed, Key, named_seeds
from gplac.reporting.orders import order
from gplac.reporting.published import EPISODES, ROBOT_EPISODES, TABLE_1, TABLE_2, TABLE_3
from gplac.reporting.sheets import Chart, Sheet, chart_name, chart_title, how_many_measured
from gplac.reporting.table_charts import BudgetPoint, budget_curves
from gplac.reporting.themes import label
from gplac.worlds.registry import task as task_named

MISSING = "missing"
FAR = 0.15
"""A published rate this far outside our interval asks for a reason."""
REFERENCES = ("ceiling", "floor")
BASELINE = "att-1"
"""What all methods are to be better than: demonstrations of one scene, and nothing else."""
PAIRED = "Methods are compared scene by scene, each with all the seeds that it has."
EMULATED = (
    "**Emulated:** the paper's numbers are of a real robot, ours of a simulation of its experiment. They are not"
    " measurements of the same thing."
)


def table_1(results: Path, preset: str) -> list[Sheet]:
    """Eleven methods on the pusher and the striker, and those beyond the paper that are measured.

    Args:
        results: the folder ``results``.
        preset: whose results.
    """
    return [
        _of_methods(results, preset, task, f"Table 1, {task}", rates, EPISODES, "table1")
        for task, rates in TABLE_1.items()
    ]


def table_2(results: Path, preset: str) -> list[Sheet]:
    """The robot experiment, emulated."""
    title = "Table 2, emulated: mug push"
    return [_of_methods(results, preset, "mug_push", title, TABLE_2, ROBOT_EPISODES, "table2")]


def table_3(results: Path, preset: str) -> list[Sheet]:
    """GPLAC by number of weak images."""
    return [_of_budgets(results, preset, task) for task in TABLE_3]


TABLES: dict[str, Callable[[Path, str], list[Sheet]]] = {
    "table1": table_1,
    "table2": table_2,
    "table3": table_3,
}


def _of_methods(
    results: Path, preset: str, task: str, title: str, theirs: Mapping[str, float], episodes: int, stem: str
) -> Sheet:
    committed = Committed(results / preset / task)
    further = [method for method in BEYOND if committed.pooled(method)]
    rates: dict[str, float | None] = {
        method: theirs.get(method) for method in (*theirs, *further, *REFERENCES)
    }
    found = {method: committed.pooled(method) for method in rates}
    measured = {method: each for method, each in found.items() if each is not None}
    ours, paper, drawn = "Ours", "Paper", "the paper"
    if task == "mug_push":
        ours, paper, drawn = "Ours, emulated", "Paper, robot", "the paper, real robot"
    gains = _gains(found)
    unknown = [key for key in committed.results if key.method not in rates and not key.weak_budget]
    notes = [EMULATED] if task == "mug_push" else []
    notes += [
        _scope(stem, preset, task, measured),
        *[PAIRED] * (len(measured) > 1),
        *own_settings(preset, rates),
    ]
    notes += _without_row(unknown)
    compared = [method for method in measured if method in theirs]
    shared = committed.shared(Key(method) for method in compared)
    alike = {method: each for method in compared if (each := shared[Key(method)]) is not None}
    notes += order({method: measured[method] for method in compared}, theirs, episodes, alike)
    notes += _far([(label(m), each, rates[m]) for m, each in measured.items()], len(measured))
    charts: tuple[Chart, ...] = ()
    if measured:
        bars = [_bar(m, each, rates[m]) for m, each in measured.items()]
        kinds = ["paper" if m in theirs else "reference" if m in REFERENCES else "beyond" for m in measured]
        rules = [place for place, (kind, next_kind) in enumerate(pairwise(kinds)) if kind != next_kind]
        about = f"{title}: success of {', '.join(bar.name for bar in bars)}, with 95 % intervals"
        heading = f"{stem.replace('table', 'Table ')}: success in unseen scenes{how_many_measured(measured, theirs)}"
        charts = (
            Chart(
                chart_name(stem, task),
                chart_title(heading, task, preset, (each.episodes for each in measured.values())),
                about,
                partial(success_bars, bars, paper=drawn, rules=rules),
            ),
        )
    return Sheet(
        f"{title} (preset {preset})",
        ("Method", paper, ours, "95 % over scenes", f"Over {label(BASELINE)}", "Episodes", "Seeds"),
        tuple((label(m), *_cells(rates[m], each, gain_cell(gains.get(m)))) for m, each in found.items()),
        tuple(notes),
        tuple(
            _record(title, task, preset, m, None, rates[m], each) | _gain_record(gains.get(m))
            for m, each in found.items()
        ),
        charts,
    )


def _of_budgets(results: Path, preset: str, task: str) -> Sheet:
    committed, data = Committed(results / preset / task), config.preset(preset, task).data
    whole = data.weak_scenes * data.weak_per_scene
    theirs = TABLE_3[task]
    budgets = {images: whole * images // max(theirs) for images in theirs}
    # No training sees fewer than one image of each kind; 0 stands for all of them.
    keys = {
        budget: Key("gplac", budget if budget < whole else 0) for budget in budgets.values() if budget >= 2
    }
    rows, records, drawn, compared = [], [], [], []
    for images, rate in theirs.items():
        if (budget := budgets[images]) not in keys:
            continue
        each = committed.pooled(*keys[budget])
        rows.append((f"{images:,}", f"{budget:,}", *_cells(rate, each)))
        records.append(_record("Table 3", task, preset, "gplac", budget, rate, each))
        compared.append((f"{budget:,} weak images", each, rate))
        drawn.append((images, budget, rate, keys[budget]))
    measured = {name: each for name, each, _ in compared if each is not None}
    shared = committed.shared(keys.values())
    alike = {
        f"{budget:,} weak images": each for budget, key in keys.items() if (each := shared[key]) is not None
    }
    notes = [
        f"GPLAC. Preset {preset} has {whole:,} weak images, the paper {max(theirs):,}; each row takes the same share of"
        " them, half with the object. A smaller number is a part of a larger one of the same seed.",
        _scope("table3", preset, task, measured),
        *_seeds_alike(measured, alike),
        *_without_row(
            key
            for key in committed.results
            if (key.weak_budget or key.scene_budget) and key not in keys.values()
        ),
        *order(alike, {name: rate for name, _, rate in compared}, EPISODES),
        *_far([(name, each, rate) for name, each, rate in compared if each is not None], len(measured)),
    ]
    # As rows are compared: with more seeds at one end a curve would bend by that as well.
    curve = [BudgetPoint(images, budget, rate, shared[key]) for images, budget, rate, key in drawn]
    counts = (each.episodes for each in alike.values())
    seeds = f", {named_seeds(next(iter(alike.values())))}" if alike else ""
    title = chart_title("Table 3: success of GPLAC by number of weak images", task, preset, counts) + seeds
    about = f"Table 3, {task}: success of GPLAC by number of weak images, the paper's and ours"
    return Sheet(
        f"Table 3, {task} (preset {preset})",
        (
            "Weak images, paper",
            "Weak images, ours",
            "Paper",
            "Ours",
            "95 % over scenes",
            "Episodes",
            "Seeds",
        ),
        tuple(rows),
        tuple(notes),
        tuple(records),
        (Chart(chart_name("table3", task), title, about, partial(budget_curves, curve)),) if measured else (),
    )


def _without_row(keys: Iterable[Key]) -> list[str]:
    """What is measured and has no row in a table."""
    names = [
        label(key.method)
        + (f", {key.weak_budget:,} weak images" if key.weak_budget else "")
        + (f" of {key.scene_budget} scenes" if key.scene_budget else "")
        for key in keys
    ]
    if not names:
        return []
    return [
        f"Measured besides, without a row here: {'; '.join(names)}. `gplac report` and `gplac compare` take any result."
    ]


def _seeds_alike(measured: Mapping[str, Pooled], alike: Mapping[str, Pooled]) -> list[str]:
    """Of rows with more seeds than others, what they have with those that all rows have; nothing if there are none."""
    fewer = {name: each for name, each in alike.items() if each.by_seed != measured[name].by_seed}
    if not fewer:
        return []
    told = (
        f"{name} {_exact(each.rate)} ({span(each.interval95.low, each.interval95.high)})"
        for name, each in fewer.items()
    )
    seeds = named_seeds(next(iter(fewer.values())))
    return [f"Rows are compared by what all of them have, {seeds}, which gives {'; '.join(told)}."]


def _exact(rate: float) -> str:
    """A rate with the paper's two digits: 400 episodes give multiples of 0.25 %."""
    return f"{100 * rate:.2f} %"


def _cells(rate: float | None, each: Pooled | None, *more: str) -> tuple[str, ...]:
    """The paper's number, ours, its interval, what else there is to say, episodes, seeds."""
    paper = "" if rate is None else _exact(rate)
    if each is None:
        return paper, MISSING, "", *more, "", ""
    interval = each.interval95
    seeds = ", ".join(map(str, each.by_seed))
    if len(each.by_seed) > 1:
        seeds += f" ({', '.join(str(rounded(rate)) for rate in each.by_seed.values())})"
    return (
        paper,
        f"**{_exact(each.rate)}**",
        span(interval.low, interval.high),
        *more,
        f"{each.episodes:,}",
        seeds,
    )


def _gains(found: Mapping[str, Pooled | None]) -> dict[str, tuple[float, Interval]]:
    """How much more often each method that is measured succeeds than `BASELINE`, if that is measured."""
    base = found[BASELINE]
    if base is None:
        return {}
    return {m: beyond(each, base) for m, each in found.items() if each is not None and m != BASELINE}


def gain_cell(gain: tuple[float, Interval] | None) -> str:
    """A difference in points with its interval, as a cell of a table; empty if there is none."""
    return "" if gain is None else f"{points(gain[0])} ({point_span(gain[1].low, gain[1].high)})"


def _gain_record(gain: tuple[float, Interval] | None) -> dict[str, Any]:
    numbers = (None, None, None) if gain is None else (gain[0], gain[1].low, gain[1].high)
    names = (f"over_{BASELINE}".replace("-", "_") + suffix for suffix in ("", "_low95", "_high95"))
    return {name: None if each is None else round(each, 6) for name, each in zip(names, numbers, strict=True)}


def own_settings(preset: str, methods: Iterable[str]) -> list[str]:
    """Which methods differ from their neighbours in more than the paper has it."""
    own = {label(m): settings for m in methods if (settings := config.own_changes(preset, m))}
    told = (f"{name} {', '.join(f'`{each}`' for each in settings)}" for name, settings in own.items())
    return [f"Settings of their own: {'; '.join(told)}."] if own else []


def _record(
    table: str,
    task: str,
    preset: str,
    method: str,
    weak_images: int | None,
    rate: float | None,
    each: Pooled | None,
) -> dict[str, Any]:
    interval = each.interval95 if each else None
    return {
        "table": table,
        "task": task,
        "preset": preset,
        "method": method,
        "weak_images": weak_images,
        "paper": rate,
        "success_rate": round(each.rate, 6) if each else None,
        "low95": round(interval.low, 6) if interval else None,
        "high95": round(interval.high, 6) if interval else None,
        "successes": each.successes if each else None,
        "episodes": each.episodes if each else None,
        "seeds": " ".join(map(str, each.by_seed)) if each else None,
    }


def _bar(method: str, each: Pooled, rate: float | None) -> Bar:
    interval = each.interval95
    return Bar(
        method, label(method), each.rate, interval.low, interval.high, rate, tuple(each.by_seed.values())
    )


def _scope(recipe: str, preset: str, task: str, measured: Mapping[str, Pooled]) -> str:
    if not measured:
        command = f"gplac grid run recipes/{recipe}.py --preset {preset} --only {task}"
        return f"Nothing of the {task_named(task).title} is measured at preset {preset} yet: `{command}` measures it."
    scenes = sorted({len(each.outcomes) for each in measured.values()})
    return (
        f"{task_named(task).title.capitalize()}, preset {preset}, {' or '.join(map(str, scenes))} unseen test scenes."
        " Intervals: bootstrap over scenes, seeds pooled; they tell what other scenes might have given, not other"
        " seeds."
    )


def _far(compared: list[tuple[str, Pooled, float | None]], measured: int) -> list[str]:
    """The diagnosis list: what is so far from the paper that it asks for a reason."""
    found = []
    for name, each, rate in compared:
        interval = each.interval95
        if rate is not None and max(interval.low - rate, rate - interval.high) > FAR:
            ours = f"{_exact(each.rate)} ({span(interval.low, interval.high)})"
            found.append(f"{name}: {ours}, the paper {_exact(rate)}")
    if not measured:
        return []
    rule = f"more than {100 * FAR:.0f} points outside our interval"
    listed = "; ".join(found) or "none of those measured"
    return [f"To be explained (the paper's number lies {rule}): {listed}."]

"""Where feature points lie: the paper's figure 5 as a number, for every method."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from gplac.methods import METHODS
from gplac.reporting.committed import Committed, Key
from gplac.reporting.fairness import in_order, missing_rows, rate, row_name
from gplac.reporting.instrument_section import BEST_FIXED, BY_CHANCE
from gplac.reporting.published import RATES
from gplac.reporting.sheets import Chart, Sheet, chart_name, chart_title, how_many_measured
from gplac.reporting.table_charts import PointsBar, points_bars
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names

NOT_MEASURED = "not measured"


def figure_5(results: Path, preset: str) -> list[Sheet]:
    """Share of feature points that lie on the object of interest, the paper's figure 5 as a number."""
    return [sheet for task in task_names() if (sheet := _points(results, preset, task)).rows]


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"figure5": figure_5}


def _apart(record: Mapping[str, Any]) -> str:
    """How far the points tell the domains apart, and of which seeds if not of all."""
    told, seeds = rate(record["domains_told_apart"]), record["domains_of_seeds"]
    if not told:
        return NOT_MEASURED
    return told if seeds == record["seeds"] else f"{told} (seeds {seeds.replace(' ', ', ')})"


def _seeds(record: Mapping[str, Any], committed: Committed) -> str:
    """Which seeds a row is of, and which are measured and not inspected."""
    seeds = record["seeds"].replace(" ", ", ")
    measured = committed.results.get(Key(record["method"], record["weak_budget"]), [])
    lost = [str(each["seed"]) for each in measured if str(each["seed"]) not in record["seeds"].split()]
    return f"{seeds} (no inspection of {', '.join(lost)})" if lost else seeds


def _points(results: Path, preset: str, task: str) -> Sheet:
    committed = Committed(results / preset / task)
    records: list[dict[str, Any]] = []
    bars, without = [], []
    measured = {
        _pictures(each): each["points_on_object"]["unseen"]["best_fixed"]
        for found in committed.inspections.values()
        for each in found
        if "best_fixed" in each.get("points_on_object", {}).get("unseen", {})
    }
    for key, found in in_order(committed.inspections):
        shares = [each["points_on_object"] for each in found if "points_on_object" in each]
        if not shares:
            without.append(row_name(key.method, key.weak_budget))
            continue
        unseen, labelled, chance = (
            round(fmean(share[where][what] for share in shares), 6)
            for where, what in (("unseen", "mean"), ("labelled", "mean"), ("unseen", "chance"))
        )
        pictures = [_pictures(each) for each in found if "points_on_object" in each]
        fixed = [measured[each] for each in pictures if each in measured]
        best_fixed = round(fmean(fixed), 6) if fixed else None
        entropy = [each["map_entropy"]["unseen"]["mean"] for each in found if "map_entropy" in each]
        apart = [each["domains_told_apart"] for each in found if "domains_told_apart" in each]
        records.append(
            {
                "task": task,
                "preset": preset,
                "method": key.method,
                "weak_budget": key.weak_budget,
                "seeds": " ".join(str(each["seed"]) for each in found),
                "unseen": unseen,
                "labelled": labelled,
                "chance": chance,
                "best_fixed": best_fixed,
                "map_entropy": round(fmean(entropy), 6) if entropy else None,
                "domains_told_apart": round(fmean(apart), 6) if apart else None,
                "domains_of_seeds": " ".join(
                    str(each["seed"]) for each in found if "domains_told_apart" in each
                ),
            }
        )
        name = row_name(key.method, key.weak_budget)
        bars.append(PointsBar(key.method, name, unseen, labelled, chance, best_fixed))
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            row_name(record["method"], record["weak_budget"]),
            rate(record["unseen"]),
            rate(record["labelled"]),
            rate(record["chance"]),
            rate(record["best_fixed"]) or NOT_MEASURED,
            rate(record["map_entropy"]),
            _apart(record),
            _seeds(record, committed),
        )
        for record in records
    )
    if rows:
        rows += tuple((name, "no points", *[""] * 6) for name in without)
        rows += missing_rows(task, (key.method for key in committed.inspections), len(rows[0]))
    unmeasured = any(
        record[name] is None for record in records for name in ("best_fixed", "domains_told_apart")
    )
    notes = (
        f"{task_named(task).title.capitalize()}, preset {preset}, validation scenes: share of pictures in which a"
        " channel's point lies on the object of interest, mean over channels and seeds. Entropy: of a channel's"
        " attention, as a share of a flat map's. Told apart: how often the nearest neighbour of a picture, by its"
        " points, is of its own kind, a demonstrated frame or a photograph; domain adaptation aims at 50 %. Methods"
        " without attention have no points. Neither the share nor it ranks methods by success.",
        f"{BY_CHANCE} {BEST_FIXED} Both are the scenes', whatever looks at them."
        + " Not measured: inspections of older versions have not." * unmeasured,
    )
    shown = (each["frames"]["unseen"] for found in committed.inspections.values() for each in found)
    attentive = [name for name in RATES[task] if METHODS[name]().encoder == METHODS["att-1"]().encoder]
    shown_of = [record["method"] for record in records]
    chart = Chart(
        chart_name("figure5", task),
        chart_title(
            f"Figure 5: share of feature points on the object{how_many_measured(shown_of, attentive)}",
            task,
            preset,
            shown,
            "pictures",
        ),
        f"Share of feature points on the object, {task_named(task).title}: {', '.join(bar.name for bar in bars)}",
        partial(points_bars, bars),
    )
    return Sheet(
        f"Figure 5 as a number, {task_named(task).title} (preset {preset})",
        (
            "Method",
            "Unseen scenes",
            "Labelled scene",
            "Chance",
            "Best fixed point",
            "Entropy",
            "Told apart",
            "Seeds",
        ),
        rows,
        notes,
        tuple(records),
        (chart,) if bars else (),
    )


def _pictures(inspection: Mapping[str, Any]) -> tuple[Any, ...]:
    """Equal for inspections of the same pictures of unseen scenes: the object covers the same share of them."""
    told = (inspection[name] for name in ("split", "level", "scenes"))
    return *told, inspection["frames"]["unseen"], inspection["points_on_object"]["unseen"]["chance"]

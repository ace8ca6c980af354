"""Success by the distance within which it is counted: whether what the tables say hangs on our threshold."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from gplac.errors import UserError
from gplac.evaluation.percent import percent, tau
from gplac.evaluation.ranks import kendall
from gplac.evaluation.result import THRESHOLDS_M, Result
from gplac.methods import BEYOND
from gplac.reporting.committed import Committed, Key
from gplac.reporting.paper_tables import REFERENCES
from gplac.reporting.published import METHODS, RATES, published
from gplac.reporting.sheets import Chart, Sheet, chart_name, chart_title, how_many_measured
from gplac.reporting.themes import label
from gplac.reporting.threshold_charts import Curve, threshold_panels
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names

SHOWN_CM = (5, 8, 12, 17)
SHOWN_CM_OF = {"mug_push": (3, 5, 8, 12)}
"""Columns of a task that has others."""


def thresholds(results: Path, preset: str) -> list[Sheet]:
    """For each task, the success of each method if it were counted within other distances.

    Args:
        results: the folder ``results``.
        preset: whose results.

    Raises:
        UserError: a result file is damaged, or of something else, or has other distances than all have.
    """
    return [sheet for task in task_names() if (sheet := _of_task(results, preset, task)).rows]


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"thresholds": thresholds}


def _of_task(results: Path, preset: str, task: str) -> Sheet:
    committed, known = Committed(results / preset / task), task_named(task)
    curves, seeds, episodes = {}, {}, {}
    for method in (*METHODS, *BEYOND, *REFERENCES):
        if pooled := committed.pooled(method):
            curves[method] = _mean(committed.folder, committed.results[Key(method)])
            seeds[method], episodes[method] = " ".join(map(str, pooled.by_seed)), pooled.episodes
    shown = SHOWN_CM_OF.get(task, SHOWN_CM)
    bars = [Curve(method, label(method), each) for method, each in curves.items() if method not in REFERENCES]
    bounds = [Curve(method, label(method), curves[method]) for method in REFERENCES if method in curves]
    title = f"Success by threshold, {known.title}"
    chart = Chart(
        chart_name("thresholds", task),
        chart_title(
            f"Success by the distance within which it is counted (cm){how_many_measured(curves, RATES[task])}",
            task,
            preset,
            episodes.values(),
        ),
        f"{title}: {', '.join(curve.name for curve in (*bars, *bounds))}",
        partial(threshold_panels, bars, bounds, known.success_m),
    )
    return Sheet(
        f"{title} (preset {preset})",
        ("Method", *(f"within {cm} cm" for cm in shown), "Episodes", "Seeds"),
        tuple(
            (label(m), *(percent(curve[cm]) for cm in shown), str(episodes[m]), seeds[m].replace(" ", ", "))
            for m, curve in curves.items()
        ),
        tuple(_notes(preset, task, curves, shown)),
        tuple(
            {
                "task": task,
                "preset": preset,
                "method": method,
                "threshold_m": cm / 100,
                "success_rate": round(rate, 6),
                "episodes": episodes[method],
                "seeds": seeds[method],
            }
            for method, curve in curves.items()
            for cm, rate in curve.items()
        ),
        (chart,) if bars else (),
    )


def _mean(folder: Path, results: Sequence[Result]) -> dict[int, float]:
    """Centimetres -> success rate of all seeds' episodes.

    Raises:
        UserError: success is counted within other distances in one of them.
    """
    curves = [each["threshold_curve"] for each in results]
    for each, curve in zip(results, curves, strict=True):
        if curve["thresholds_m"] != THRESHOLDS_M:
            name = f"{each['method']}-seed{each['seed']}.json"
            raise UserError(
                f"{folder / name} has other distances in its threshold_curve than the 1, 2, ... 30 cm of all results:"
                " evaluate its run again, or move it elsewhere."
            )
    distances = [round(100 * distance_m) for distance_m in THRESHOLDS_M]
    episodes = np.array([each["episodes"] for each in results])
    # Whole numbers, divided once: equal rates of other numbers of seeds stay equal, and ties of an order ties.
    counts = np.rint(np.array([curve["success_rates"] for curve in curves]) * episodes[:, None]).sum(axis=0)
    return dict(zip(distances, (counts / episodes.sum()).tolist(), strict=True))


def _notes(
    preset: str, task: str, curves: Mapping[str, dict[int, float]], shown: tuple[int, ...]
) -> list[str]:
    known = task_named(task)
    when = known.success_when.replace("{cm:g}", "so many")
    notes = [
        f"{known.title.capitalize()}, preset {preset}: share of test episodes that would succeed if {when}; everywhere"
        f" else it is {100 * known.success_m:g} cm. The paper states no threshold."
    ]
    rates = {method: published(task, method) for method in curves}
    compared = [method for method, rate in rates.items() if rate is not None]
    if len(compared) > 1:
        theirs = np.array([rates[method] for method in compared], dtype=np.float64)
        taus = (
            f"{tau(float(kendall(np.array([curves[method][cm] for method in compared]), theirs)))} at {cm} cm"
            for cm in shown
        )
        notes.append(f"Kendall's τ with the paper's order, of {len(compared)} methods: {', '.join(taus)}.")
    return notes

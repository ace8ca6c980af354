"""Which charts a report has, and what stands below them."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.reporting import charts, html, scenes
from gplac.reporting.entries import Entry, baseline
from gplac.reporting.themes import save_chart
from gplac.worlds.registry import task as task_named


def write_charts(found: Sequence[Entry], out: Path) -> list[str]:
    """Draw every chart that the results allow into ``out``; returns the section of the page."""
    figures = [draw(found, out) for draw in (_success, _positions, _thresholds, _scenes, _learning)]
    return ["<h2>Results</h2>", '<div class="charts">', *figures, "</div>"]


def _success(found: Sequence[Entry], out: Path) -> str:
    bars = [
        charts.Bar(entry.method, entry.name, entry.result["success_rate"], *entry.interval95, entry.paper)
        for entry in found
    ]
    beside = ", beside what the paper reports" if any(bar.paper is not None for bar in bars) else ""
    return _chart(
        partial(charts.success_bars, bars),
        out / "success.png",
        f"<b>Success in {scenes.told(entry.result for entry in found)}</b>{beside}.",
    )


def _thresholds(found: Sequence[Entry], out: Path) -> str:
    curves = {
        entry.name: (
            entry.method,
            entry.result["threshold_curve"]["thresholds_m"],
            entry.result["threshold_curve"]["success_rates"],
        )
        for entry in found
    }
    return _chart(
        partial(charts.threshold_curves, curves, task_named(found[0].result["task"]).success_m),
        out / "thresholds.png",
        "<b>Success by threshold.</b> The paper names no distance; the other numbers here use the dotted one.",
    )


def _scenes(found: Sequence[Entry], out: Path) -> str:
    rates = {
        entry.name: (entry.method, np.array([scene["success_rate"] for scene in entry.result["per_scene"]]))
        for entry in found
    }
    return _chart(
        partial(charts.scene_rates, rates),
        out / "scenes.png",
        "<b>Success scene by scene</b>, in order: a few hopeless scenes, or all of them a little hard?",
    )


def _positions(found: Sequence[Entry], out: Path) -> str:
    main, *others = found
    beside = [entry for entry in others if entry is baseline(main, found)] or others
    maps = {entry.name: _by_position(entry.result["per_scene"]) for entry in (main, *beside[:1])}
    thing = task_named(found[0].result["task"]).object_of_interest
    stays = all(np.ptp(goal, axis=0).max() < charts.STAYS_M for _, _, goal in maps.values())
    ring = ", the ring is the goal" if stays else ""
    return _chart(
        partial(charts.position_maps, maps),
        out / "positions.png",
        f"<b>Success by where the {thing} stood</b>, seen from above; the robot is below{ring}.",
    )


def _by_position(
    scenes: Sequence[dict[str, Any]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    xy, outcomes, goal = (
        np.concatenate([scene[key] for scene in scenes]) for key in ("object_xy_m", "outcomes", "goal_xy_m")
    )
    return xy, outcomes, goal


def _learning(found: Sequence[Entry], out: Path) -> str:
    logs = {entry.name: (entry.method, entry.log) for entry in found if entry.log}
    if not charts.logged(logs):
        return ""
    return _chart(
        partial(charts.learning_curves, logs),
        out / "learning.png",
        "<b>Training.</b> The action loss hides what matters: the robot's own state gives most of the action away."
        " Where it rises midway, dropout on what the policy reads sets in (<code>training.dropout_schedule</code>).",
    )


def _chart(draw: Callable[..., Any], path: Path, caption: str) -> str:
    return html.chart(save_chart(draw, path), caption)

"""Charts of results. Each function draws one figure in the theme it is given; `themes.save_chart` writes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullLocator, PercentFormatter

from gplac.evaluation.percent import rounded
from gplac.reporting.curves import FEW, legend, panels, references, strokes, wrapped
from gplac.reporting.themes import NUMBERS_AT, WIDTH_IN, Theme, hue

Floats = npt.NDArray[np.float64]
Logs = Mapping[str, tuple[str, Sequence[Mapping[str, float]]]]
"""Name -> (method, lines of metrics.jsonl)."""
NAME_IN = 2.1
"""Width that names of bars have; longer ones are in several lines."""
STAYS_M = 1e-3
"""A goal that moves less than this from episode to episode stays where it is."""
METRICS = {
    "action_loss": "Action loss",
    "held_out_action_error": "Action error on demonstrations held out",
    "classification_loss": "Classification loss",
    "classification_accuracy": "Classifier accuracy on its training images",
    "held_out_accuracy": "Classifier accuracy on images held out",
}
"""Which of the numbers that training logs are drawn, and what they are called."""


@dataclass(frozen=True)
class Bar:
    """One policy's success."""

    method: str
    name: str
    rate: float
    low: float
    high: float
    paper: float | None = None
    """What the paper published for it."""
    seeds: tuple[float, ...] = ()
    """Success of each seed by itself, drawn if there are several."""


def success_bars(
    bars: Sequence[Bar], theme: Theme, paper: str = "the paper", rules: Sequence[int] = ()
) -> Figure:
    """Success with 95 % intervals, a diamond where the paper's number lies, and dots where single seeds do.

    Args:
        bars: from above.
        theme: see `gplac.reporting.themes`.
        paper: whose numbers the diamonds are, in the legend.
        rules: bars that a line is drawn below, as what follows is of another kind.
    """
    names = [wrapped(bar.name, NAME_IN) for bar in bars]
    # A name of several lines needs a higher row.
    heights = np.array([max(0.42, 0.19 * (name.count("\n") + 1)) for name in names]) / 0.42
    figure = Figure(figsize=(WIDTH_IN, 0.42 * heights.sum() + 0.85))
    axes = figure.subplots()
    rows = -(np.cumsum(heights) - heights / 2)
    diamond = _marks("D", theme.paper, theme.ink, 6.5)
    dots = _marks("o", theme.ink, theme.paper, 4.0)
    for row, bar in zip(rows, bars, strict=True):
        axes.barh(row, bar.rate, height=0.62, color=hue(theme, bar.method))
        axes.plot([bar.low, bar.high], [row, row], color=theme.ink, linewidth=1.4, solid_capstyle="butt")
        # In a column of its own: beside another mark it would be read as that one's number.
        axes.text(NUMBERS_AT, row, str(rounded(bar.rate)), va="center", ha="right", fontweight="bold")
        # Beside the interval, whose ends they would cover, and each below the one before, which may lie at its place.
        if len(bar.seeds) > 1:
            axes.plot(bar.seeds, row - 0.1 - 0.22 * np.linspace(0, 1, len(bar.seeds)), **dots)
        if bar.paper is not None:
            axes.plot(bar.paper, row + 0.2, **diamond)
    for place in rules:
        axes.axhline(rows[place] - heights[place] / 2, color=theme.ink, linewidth=0.6)
    axes.set(yticks=rows, yticklabels=names, xlim=(0, NUMBERS_AT), xticks=np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    handles = [axes.plot([], [], color=theme.ink, linewidth=1.4, label="95 % interval")[0]]
    if any(bar.paper is not None for bar in bars):
        handles += axes.plot([], [], **diamond, label=paper)
    if any(len(bar.seeds) > 1 for bar in bars):
        handles += axes.plot([], [], **dots, label="single seeds")
    legend(figure, handles)
    return figure


def _marks(shape: str, colour: str, edge: str, size: float) -> dict[str, Any]:
    """How points without a line between them are drawn."""
    return {"marker": shape, "linestyle": "", "color": colour, "markeredgecolor": edge, "markersize": size}


def threshold_curves(
    curves: Mapping[str, tuple[str, Sequence[float], Sequence[float]]],
    threshold_m: float | None,
    theme: Theme,
) -> Figure:
    """Success by the distance within which it is counted.

    Args:
        curves: name -> (method, thresholds in metres, rates).
        threshold_m: the threshold that the other numbers use; marked.
        theme: see `gplac.reporting.themes`.
    """

    def draw(axes: Axes, name: str, line: Mapping[str, Any]) -> None:
        _, thresholds, rates = curves[name]
        axes.plot(100 * np.asarray(thresholds), rates, **line)

    methods = {name: method for name, (method, _, _) in curves.items()}
    dotted = "" if threshold_m is None else f"; dotted: {100 * threshold_m:g} cm"
    figure = _curves(methods, draw, theme, f"counted as success within (cm){dotted}")
    for axes in figure.axes:
        if threshold_m is not None:
            axes.axvline(100 * threshold_m, color=theme.ink, linewidth=1, linestyle=":")
        axes.set(ylim=(0, 1.01), xlim=(0, None))
    return figure


def logged(logs: Logs) -> list[str]:
    """Those of `METRICS` that any run has."""
    return [
        metric for metric in METRICS if any(metric in line for _, lines in logs.values() for line in lines)
    ]


def learning_curves(logs: Logs, theme: Theme) -> Figure:
    """What training logged, one panel for each of `METRICS` that any run has.

    Args:
        logs: name -> (method, lines of metrics.jsonl).
        theme: see `gplac.reporting.themes`.
    """
    shown = logged(logs)
    figure = Figure(figsize=(WIDTH_IN, 1.75 * len(shown) + 0.25))
    methods = {name: method for name, (method, _) in logs.items()}
    few, main = len(logs) <= FEW, references(methods, theme)
    places = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for metric, axes in zip(shown, places, strict=True):
        for name, stroke in strokes(methods, theme).items():
            points = np.array([(line["step"], line[metric]) for line in logs[name][1] if metric in line])
            if len(points) == 0:
                continue
            if few:
                axes.plot(points[:, 0], points[:, 1], color=stroke.color, alpha=0.25, linewidth=1)
            # Among many, the two that a report is about stand out.
            width, order = (2.0, 3) if few or name in main else (1.0, 2)
            axes.plot(
                points[:, 0],
                _smooth(points[:, 1]),
                **stroke._asdict(),
                linewidth=width,
                zorder=order,
                label=name,
            )
        axes.set_title(METRICS[metric])
        if metric.endswith(("_loss", "_error")):
            axes.set_yscale("log")
            low, high = axes.get_ylim()
            # Over many decades, numbers between powers of ten would stand on one another.
            between = (1.0, 2.0, 5.0) if high < 300 * low else (1.0,)
            axes.yaxis.set_major_locator(LogLocator(subs=between, numticks=8))
            axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
            axes.yaxis.set_minor_locator(NullLocator())
        else:
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    places[-1].set_xlabel("optimiser step")
    places[-1].xaxis.set_major_locator(MaxNLocator(5, integer=True))
    handles = {line.get_label(): line for axes in places for line in axes.get_legend_handles_labels()[0]}
    legend(figure, list(handles.values()))
    return figure


def scene_rates(rates: Mapping[str, tuple[str, Floats]], theme: Theme) -> Figure:
    """Success of each scene, scenes in order of success: are a few scenes hopeless, or all a little hard?

    Args:
        rates: name -> (method, success rate of each scene).
        theme: see `gplac.reporting.themes`.
    """

    def draw(axes: Axes, name: str, line: Mapping[str, Any]) -> None:
        values = np.sort(rates[name][1])
        axes.step(np.arange(len(values) + 1), values[[0, *range(len(values))]], **line)

    methods = {name: method for name, (method, _) in rates.items()}
    figure = _curves(methods, draw, theme, "scenes, each curve from its worst to its best")
    for axes in figure.axes:
        axes.set(ylim=(-0.02, 1.02), xlim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    return figure


def _curves(
    methods: Mapping[str, str],
    draw: Callable[[Axes, str, Mapping[str, Any]], None],
    theme: Theme,
    xlabel: str,
) -> Figure:
    """Shares as curves: in one pair of axes if they are few, else in a small panel each."""
    if len(methods) > FEW:
        figure = panels(methods, draw, theme, xlabel)
    else:
        figure = Figure(figsize=(WIDTH_IN, 2.6))
        axes = figure.subplots()
        for name, stroke in strokes(methods, theme).items():
            draw(axes, name, stroke._asdict() | {"label": name})
        axes.set_xlabel(xlabel)
        legend(figure, axes.get_lines())
    for axes in figure.axes:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    return figure


def position_maps(maps: Mapping[str, tuple[Floats, npt.NDArray[np.bool_], Floats]], theme: Theme) -> Figure:
    """Success by where the object of interest stood at first, seen from above; at most two policies side by side.

    A goal that is always at one place is ringed.

    Args:
        maps: name -> (object positions ``(N, 2)``, success ``(N,)``, goal positions ``(N, 2)``), metres.
        theme: see `gplac.reporting.themes`.
    """
    every, goals = (np.concatenate([each[part] for each in maps.values()]) for part in (0, 2))
    low, high = every.min(axis=0) - 1e-3, every.max(axis=0) + 1e-3
    # The goals, and a rim of half a cell about everything.
    rim = (high - low) / 12
    corners = np.minimum(low, goals.min(axis=0)) - rim, np.maximum(high, goals.max(axis=0)) + rim
    limits = 100 * np.stack(corners, axis=1)
    wide_in, high_in = _panel(np.ptp(limits, axis=1), len(maps))
    titles = [wrapped(name, wide_in) for name in maps]
    lines = max(title.count("\n") + 1 for title in titles)
    figure = Figure(figsize=(WIDTH_IN, high_in + 0.18 * lines + 1.15), layout="compressed")
    places = figure.subplots(1, len(maps), squeeze=False, sharex=True, sharey=True)[0]
    edges = [np.linspace(low[axis], high[axis], 7) for axis in (0, 1)]
    colours = _rate_colours(theme)
    for axes, title, (xy, outcomes, goal) in zip(places, titles, maps.values(), strict=True):
        tried = np.histogram2d(xy[:, 0], xy[:, 1], bins=edges)[0]
        won = np.histogram2d(xy[outcomes, 0], xy[outcomes, 1], bins=edges)[0]
        rate = np.divide(won, tried, out=np.full_like(won, np.nan), where=tried > 0)
        image = axes.pcolormesh(*(100 * edge for edge in edges), rate.T, vmin=0, vmax=1, cmap=colours)
        if np.ptp(goal, axis=0).max() < STAYS_M:
            ring = {"color": "none", "markeredgecolor": theme.ink, "markersize": 11, "clip_on": False}
            axes.plot(*(100 * goal.mean(axis=0)), "o", **ring)
        axes.set(title=title, aspect="equal", xlabel="x (cm)", xlim=limits[0], ylim=limits[1])
        axes.grid(visible=False)
    places[0].set_ylabel("y (cm)")
    bar = figure.colorbar(image, ax=list(places), orientation="horizontal", shrink=0.7, aspect=30)
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    bar.outline.set_visible(False)
    return figure


def _panel(extent: Floats, count: int) -> tuple[float, float]:
    """Width and height, in inches, of each of so many maps side by side."""
    wide = min((WIDTH_IN - 0.9) / count, 2.8)
    high = wide * extent[1] / extent[0]
    return (wide, high) if high <= 3 else (3 * wide / high, 3.0)


def _rate_colours(theme: Theme) -> Colormap:
    """From the second hue over grey to the first: told apart by colour-blind readers."""
    colours = LinearSegmentedColormap.from_list("rates", [theme.hues[1], theme.faint, theme.hues[0]])
    return colours.with_extremes(bad=theme.paper)


def _smooth(values: Floats) -> Floats:
    """Exponential moving average over about a fiftieth of the curve."""
    keep = 1 - 1 / max(1.0, len(values) / 50)
    smooth, weight, total = np.empty_like(values), 0.0, 0.0
    for index, value in enumerate(values):
        weight, total = keep * weight + 1 - keep, keep * total + (1 - keep) * value
        smooth[index] = total / weight
    return smooth

"""Charts of results. Each function draws one figure in the theme it is given; `themes.save_chart` writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullLocator, PercentFormatter

from gplac.evaluation.percent import rounded
from gplac.reporting.themes import NUMBERS_AT, WIDTH_IN, Theme, hue

Floats = npt.NDArray[np.float64]
Logs = Mapping[str, tuple[str, Sequence[Mapping[str, float]]]]
"""Name -> (method, lines of metrics.jsonl)."""
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


def success_bars(bars: Sequence[Bar], theme: Theme) -> Figure:
    """Success with 95 % intervals, a diamond where the paper's number lies."""
    figure, axes = _figure(0.42 * len(bars) + 1.15)
    rows = np.arange(len(bars))[::-1]
    for row, bar in zip(rows, bars, strict=True):
        axes.barh(row, bar.rate, height=0.62, color=hue(theme, bar.method))
        axes.plot([bar.low, bar.high], [row, row], color=theme.ink, linewidth=1.4, solid_capstyle="butt")
        # In a column of its own: beside another mark it would be read as that one's number.
        axes.text(NUMBERS_AT, row, str(rounded(bar.rate)), va="center", ha="right", fontweight="bold")
        if bar.paper is not None:
            axes.plot(bar.paper, row, "D", color=theme.paper, markeredgecolor=theme.ink, markersize=6.5)
    axes.set(
        yticks=rows, yticklabels=[bar.name for bar in bars], xlim=(0, NUMBERS_AT), xticks=np.linspace(0, 1, 6)
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    handles = [axes.plot([], [], color=theme.ink, linewidth=1.4, label="95 % interval")[0]]
    if any(bar.paper is not None for bar in bars):
        (diamond,) = axes.plot(
            [], [], "D", color=theme.paper, markeredgecolor=theme.ink, markersize=6.5, label="the paper"
        )
        handles.append(diamond)
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


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
    figure, axes = _figure(3.3)
    for style, (name, (method, thresholds, rates)) in zip(_styles(), curves.items(), strict=False):
        axes.plot(100 * np.asarray(thresholds), rates, style, color=hue(theme, method), label=name)
    if threshold_m is not None:
        axes.axvline(100 * threshold_m, color=theme.ink, linewidth=1, linestyle=":")
        axes.text(100 * threshold_m, 1.02, f" {100 * threshold_m:g} cm", va="bottom", ha="center")
    axes.set(xlabel="counted as success within (cm)", ylim=(0, 1.01), xlim=(0, None))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    _legend(figure, axes)
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
    figure = Figure(figsize=(WIDTH_IN, 1.75 * len(shown) + 0.6))
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for metric, axes in zip(shown, panels, strict=True):
        for style, (name, (method, lines)) in zip(_styles(), logs.items(), strict=False):
            points = np.array([(line["step"], line[metric]) for line in lines if metric in line])
            if len(points):
                axes.plot(points[:, 0], points[:, 1], color=hue(theme, method), alpha=0.25, linewidth=1)
                axes.plot(points[:, 0], _smooth(points[:, 1]), style, color=hue(theme, method), label=name)
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
    panels[-1].set_xlabel("optimiser step")
    panels[-1].xaxis.set_major_locator(MaxNLocator(5, integer=True))
    handles = {line.get_label(): line for axes in panels for line in axes.get_legend_handles_labels()[0]}
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=min(3, len(handles)))
    return figure


def scene_rates(rates: Mapping[str, tuple[str, Floats]], theme: Theme) -> Figure:
    """Success of each scene, scenes in order of success: are a few scenes hopeless, or all a little hard?

    Args:
        rates: name -> (method, success rate of each scene).
        theme: see `gplac.reporting.themes`.
    """
    figure, axes = _figure(3.0)
    for style, (name, (method, values)) in zip(_styles(), rates.items(), strict=False):
        axes.step(np.arange(len(values) + 1), np.sort(values)[[0, *range(len(values))]], style,
                  color=hue(theme, method), label=name)  # fmt: skip
    axes.set(xlabel="scenes, each curve from its worst to its best", ylim=(-0.02, 1.02), xlim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    _legend(figure, axes)
    return figure


def position_maps(maps: Mapping[str, tuple[Floats, npt.NDArray[np.bool_], Floats]], theme: Theme) -> Figure:
    """Success by where the object of interest stood at first, seen from above; at most two policies side by side.

    A goal that is always at one place is ringed.

    Args:
        maps: name -> (object positions ``(N, 2)``, success ``(N,)``, goal positions ``(N, 2)``), metres.
        theme: see `gplac.reporting.themes`.
    """
    figure = Figure(figsize=(WIDTH_IN, 2.75))
    panels = figure.subplots(1, len(maps), squeeze=False, sharex=True, sharey=True)[0]
    every = np.concatenate([xy for xy, _, _ in maps.values()])
    low, high = every.min(axis=0) - 1e-3, every.max(axis=0) + 1e-3
    edges = [np.linspace(low[axis], high[axis], 7) for axis in (0, 1)]
    colours = _rate_colours(theme)
    for axes, (name, (xy, outcomes, goal)) in zip(panels, maps.items(), strict=True):
        tried = np.histogram2d(xy[:, 0], xy[:, 1], bins=edges)[0]
        won = np.histogram2d(xy[outcomes, 0], xy[outcomes, 1], bins=edges)[0]
        rate = np.divide(won, tried, out=np.full_like(won, np.nan), where=tried > 0)
        image = axes.pcolormesh(*(100 * edge for edge in edges), rate.T, vmin=0, vmax=1, cmap=colours)
        if np.ptp(goal, axis=0).max() < STAYS_M:
            axes.plot(*(100 * goal.mean(axis=0)), "o", color="none", markeredgecolor=theme.ink, markersize=11)
        # The goal, and a rim of half a cell about everything.
        corners = np.stack([np.minimum(low, goal.min(axis=0)), np.maximum(high, goal.max(axis=0))])
        rim = (high - low) / 12
        limits = 100 * np.stack([corners[0] - rim, corners[1] + rim], axis=1)
        axes.set(title=name, aspect="equal", xlabel="x (cm)", xlim=limits[0], ylim=limits[1])
        axes.grid(visible=False)
    panels[0].set_ylabel("y (cm)")
    bar = figure.colorbar(image, ax=list(panels), orientation="horizontal", shrink=0.7, aspect=30)
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    bar.outline.set_visible(False)
    return figure


def _rate_colours(theme: Theme) -> Colormap:
    """From the second hue over grey to the first: told apart by colour-blind readers."""
    colours = LinearSegmentedColormap.from_list("rates", [theme.hues[1], theme.faint, theme.hues[0]])
    return colours.with_extremes(bad=theme.paper)


def _figure(height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_IN, height_in))
    return figure, figure.subplots()


def _styles() -> list[str]:
    """Line styles in turn: colours alone do not tell lines apart for everybody."""
    return ["-", "--", "-.", ":"] * 4


def _legend(figure: Figure, axes: Axes) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def _smooth(values: Floats) -> Floats:
    """Exponential moving average over about a fiftieth of the curve."""
    keep = 1 - 1 / max(1.0, len(values) / 50)
    smooth, weight, total = np.empty_like(values), 0.0, 0.0
    for index, value in enumerate(values):
        weight, total = keep * weight + 1 - keep, keep * total + (1 - keep) * value
        smooth[index] = total / weight
    return smooth

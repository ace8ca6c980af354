"""Success by number of photographs and by number of places, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from gplac.evaluation.pooling import Pooled
from gplac.reporting.themes import WIDTH_IN, Theme, hue


@dataclass(frozen=True)
class Point:
    """One number of photographs, or of places."""

    count: int
    success: Pooled | None
    """None: not measured yet; its place on the axis stays empty."""


def success_curves(
    photographs: Sequence[Point], places: Sequence[Point], fixed: int, without: Pooled | None, theme: Theme
) -> Figure:
    """Two panels on logarithmic axes, with 95 % intervals over scenes; a line where no photographs lead to.

    Args:
        photographs: success by how many there are, of all places.
        places: success by how many of them there are, with as many photographs.
        fixed: how many photographs these are.
        without: what demonstrations alone lead to.
        theme: see `gplac.reporting.themes`.
    """
    figure = Figure(figsize=(WIDTH_IN, 3.3))
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, points in ((left, photographs), (right, places)):
        if without is not None:
            interval, colour = without.interval95, hue(theme, "att-1")
            axes.axhspan(interval.low, interval.high, color=colour, alpha=0.2, linewidth=0)
            axes.axhline(
                without.rate, color=colour, linewidth=1.4, label=f"no photographs{_trials([without])}"
            )
        _curve(axes, points, theme)
    left.set(xlabel="photographs", title=f"Of up to {max(point.count for point in places)} places")
    right.set(xlabel="places", title=f"{fixed} photographs in all")
    left.set(ylabel="success, emulated", ylim=(0, 1))
    left.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    handles = {
        line.get_label(): line for axes in (left, right) for line in axes.get_legend_handles_labels()[0]
    }
    figure.legend(handles=list(handles.values()), loc="outside lower center", ncols=2)
    return figure


def _curve(axes: Axes, points: Sequence[Point], theme: Theme) -> None:
    colour = hue(theme, "gplac")
    measured = [(point.count, point.success) for point in points if point.success is not None]
    axes.set_xscale("log")
    counts = [point.count for point in points]
    axes.set_xlim(min(counts) / 1.35, max(counts) * 1.35)
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    for count, success in measured:
        interval = success.interval95
        axes.plot([count, count], [interval.low, interval.high], color=colour, linewidth=1.6)
    if measured:
        rates = [success.rate for _, success in measured]
        text = f"GPLAC, 95 %{_trials([success for _, success in measured])}"
        axes.plot([count for count, _ in measured], rates, "o-", color=colour, label=text)


def _trials(found: Sequence[Pooled]) -> str:
    """How many trials each has, where all have as many."""
    counts = {each.episodes for each in found}
    return f", n = {counts.pop()}" if len(counts) == 1 else ""

"""Success by threshold as a chart: a small panel for each method, with the bounds of the task in all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

from gplac.reporting.themes import WIDTH_IN, Theme, hue

COLUMNS, PANEL_IN, SMALL_PT = 3, 1.15, 8.5


@dataclass(frozen=True)
class Curve:
    """One policy's success."""

    method: str
    name: str
    rates: Mapping[int, float]
    """Centimetres within which it is counted -> success rate."""


def threshold_panels(curves: Sequence[Curve], bounds: Sequence[Curve], ours_m: float, theme: Theme) -> Figure:
    """One panel for each policy, centimetres below; more than a few curves in one could not be told apart.

    Args:
        curves: of the policies.
        bounds: ceiling and floor, drawn in every panel as what lies between them.
        ours_m: the threshold that other numbers use, metres; marked.
        theme: see `gplac.reporting.themes`.
    """
    rows = ceil(len(curves) / COLUMNS)
    figure = Figure(figsize=(WIDTH_IN, PANEL_IN * rows + 0.5))
    panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).flatten()
    for axes, curve in zip(panels, curves, strict=False):
        axes.axvline(100 * ours_m, color=theme.ink, linewidth=0.9, linestyle=":")
        for bound, style in zip(bounds, ("--", "-."), strict=False):
            axes.plot(*_points(bound), style, color=theme.ink, linewidth=1.1)
        axes.plot(*_points(curve), color=hue(theme, curve.method))
        axes.set_title(curve.name, fontsize=SMALL_PT)
        axes.set(xlim=(0, max(curve.rates)), ylim=(0, 1.02))
        axes.tick_params(labelsize=SMALL_PT)
        axes.xaxis.set_major_locator(MultipleLocator(10))
        axes.yaxis.set_major_locator(MultipleLocator(0.5))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    for index, axes in enumerate(panels):
        axes.set_visible(index < len(curves))
        # The last panel of each column has the numbers below it.
        axes.tick_params(labelbottom=index >= len(curves) - COLUMNS)
    axes = panels[0]
    handles = [
        axes.plot([], [], style, color=theme.ink, linewidth=1.1, label=bound.name)[0]
        for bound, style in zip(bounds, ("--", "-."), strict=False)
    ]
    handles += axes.plot(
        [], [], ":", color=theme.ink, linewidth=0.9, label=f"as elsewhere, {100 * ours_m:g} cm"
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=SMALL_PT)
    return figure


def _points(curve: Curve) -> tuple[list[int], list[float]]:
    """From nothing, which no episode is within."""
    return [0, *curve.rates], [0.0, *curve.rates.values()]

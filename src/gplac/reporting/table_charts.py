"""Charts that belong to the paper's tables: success by number of weak images, points on the object."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from gplac.evaluation.percent import rounded
from gplac.evaluation.pooling import Pooled
from gplac.reporting.themes import NUMBERS_AT, WIDTH_IN, Theme, hue


@dataclass(frozen=True)
class BudgetPoint:
    """One row of Table 3."""

    images: int
    """Weak images in the paper."""
    budget: int
    """And here."""
    paper: float
    ours: Pooled | None


def budget_curves(rows: Sequence[BudgetPoint], theme: Theme) -> Figure:
    """Success by the share of weak images seen: ours with intervals, the paper's with diamonds."""
    figure = Figure(figsize=(WIDTH_IN, 3.2))
    axes = figure.subplots()
    whole = max(row.images for row in rows)
    shares = [row.images / whole for row in rows]
    axes.plot(
        shares, [row.paper for row in rows], "D--", color=theme.hues[-1], markersize=6, label="the paper"
    )
    measured = [
        (share, row.ours.rate, row.ours.interval95)
        for share, row in zip(shares, rows, strict=True)
        if row.ours is not None
    ]
    colour = hue(theme, "gplac")
    axes.plot(
        [share for share, _, _ in measured],
        [rate for _, rate, _ in measured],
        "o-",
        color=colour,
        label="ours, 95 %",
    )
    for share, _, interval in measured:
        axes.plot([share, share], [interval.low, interval.high], color=colour, linewidth=1.6)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(shares))
    budgets = [f"{row.budget:,}" for row in rows]
    axes.set_xticklabels(
        [f"{100 * share:g} %\n{budget}" for share, budget in zip(shares, budgets, strict=True)]
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set(xlabel="share of the weak images, and how many that are of ours", ylabel="success", ylim=(0, 1))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@dataclass(frozen=True)
class PointsBar:
    """Where one method's feature points lie."""

    method: str
    name: str
    unseen: float
    """Share of points on the object in unseen scenes."""
    labelled: float
    """The same in the labelled scene."""
    chance: float
    """Share of the picture that the object covers in unseen scenes."""
    best_fixed: float | None = None
    """Share of pictures in which the best place that never moves is on it, if that was measured."""


def points_bars(bars: Sequence[PointsBar], theme: Theme) -> Figure:
    """Share of points on the object: a bar for unseen scenes, a ring for the labelled one, a tick for chance, and
    a dotted one for the best fixed point."""
    figure = Figure(figsize=(WIDTH_IN, 0.42 * len(bars) + 1.15))
    axes = figure.subplots()
    rows = np.arange(len(bars))[::-1]
    for row, bar in zip(rows, bars, strict=True):
        axes.barh(row, bar.unseen, height=0.62, color=hue(theme, bar.method))
        axes.plot(bar.labelled, row, "o", color=theme.paper, markeredgecolor=theme.ink, markersize=7)
        axes.plot([bar.chance, bar.chance], [row - 0.4, row + 0.4], color=theme.ink, linewidth=1.4)
        if bar.best_fixed is not None:
            axes.plot(
                [bar.best_fixed] * 2, [row - 0.4, row + 0.4], color=theme.ink, linewidth=1.6, linestyle=":"
            )
        axes.text(NUMBERS_AT, row, str(rounded(bar.unseen)), va="center", ha="right", fontweight="bold")
    axes.set(
        yticks=rows, yticklabels=[bar.name for bar in bars], xlim=(0, NUMBERS_AT), xticks=np.linspace(0, 1, 6)
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    (ring,) = axes.plot(
        [], [], "o", color=theme.paper, markeredgecolor=theme.ink, markersize=7, label="labelled scene"
    )
    (tick,) = axes.plot([], [], color=theme.ink, linewidth=1.4, label="by chance")
    handles = [ring, tick]
    if any(bar.best_fixed is not None for bar in bars):
        handles += axes.plot([], [], color=theme.ink, linewidth=1.6, linestyle=":", label="best fixed point")
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure

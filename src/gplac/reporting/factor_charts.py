"""Success by the factor that varies, as a chart."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from gplac.evaluation.pooling import Pooled
from gplac.reporting.themes import WIDTH_IN, Theme, hue, label

APART = 0.24
"""Rows between the dots of two methods."""


def factor_dots(found: Mapping[str, Mapping[str, Pooled]], columns: Sequence[str], theme: Theme) -> Figure:
    """A row for each factor, in it a dot for each method with its 95 % interval over scenes.

    Args:
        found: method -> factor -> success.
        columns: the factors, from above.
        theme: see `gplac.reporting.themes`.
    """
    figure = Figure(figsize=(WIDTH_IN, (0.16 + 0.14 * len(found)) * len(columns) + 0.9))
    axes = figure.subplots()
    rows = np.arange(len(columns))[::-1]
    for place, (method, by_factor) in enumerate(found.items()):
        shift = APART * ((len(found) - 1) / 2 - place)
        measured = [
            (row + shift, by_factor[factor])
            for row, factor in zip(rows, columns, strict=True)
            if factor in by_factor
        ]
        colour = hue(theme, method)
        for height, each in measured:
            axes.plot([each.interval95.low, each.interval95.high], [height] * 2, color=colour, linewidth=1.6)
        rates, heights = [each.rate for _, each in measured], [height for height, _ in measured]
        axes.plot(rates, heights, "o", color=colour, label=f"{label(method)}, 95 %")
    axes.set(yticks=rows, yticklabels=columns, xlim=(-0.02, 1.02), xticks=np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=2)
    return figure

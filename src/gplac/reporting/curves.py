"""Many curves in one chart: strokes that tell them apart, legends that fit, small panels where one would not do."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, Literal, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gplac.reporting.themes import WIDTH_IN, Theme, fixed_hue

FEW = 6
"""Curves that one pair of axes bears."""
COLUMNS, PANEL_IN = 3, 0.85
"""Small panels side by side, and the height of each."""
STYLES = ("-", "--", "-.", ":")
SMALL_PT = 8.5
"""Size of what is written on small panels."""
_EM = 0.56
"""Width of a letter, on average, in heights of the font."""


class Stroke(NamedTuple):
    """How a curve is drawn."""

    color: str
    linestyle: str


def strokes(methods: Mapping[str, str], theme: Theme) -> dict[str, Stroke]:
    """A stroke for each of the named curves, no two alike as long as colours and styles last.

    Args:
        methods: name -> method. Curves of a method that has a colour of its own share it, and differ in their styles.
        theme: see `gplac.reporting.themes`.
    """
    own = {name: fixed_hue(theme, method) for name, method in methods.items()}
    # The first hues are those of the methods that a report is about: others get them last.
    last = theme.hues[::-1]
    free = [hue for hue in last if hue not in own.values()]
    found: dict[str, Stroke] = {}
    for turn, name in enumerate(sorted(methods, key=lambda name: own[name] is None)):
        # Styles in turn, too: colours alone do not tell lines apart for everybody.
        styles = [STYLES[(turn + more) % len(STYLES)] for more in range(len(STYLES))]
        hue = own[name]
        wanted = [Stroke(hue, style) for style in styles] if hue is not None else []
        wanted += [Stroke(hue, style) for hues in (free, last) for style, hue in product(styles, hues)]
        unused = (stroke for stroke in wanted if stroke not in found.values())
        found[name] = next(unused, wanted[0])
    return {name: found[name] for name in methods}


def wrapped(text: str, width_in: float, size_pt: float = 10.5) -> str:
    """Text in lines that fit a width."""
    return textwrap.fill(text, max(8, int(width_in * 72 / (size_pt * _EM))), break_on_hyphens=False)


def legend(
    figure: Figure,
    handles: Sequence[Artist],
    where: Literal["outside lower center", "outside upper center"] = "outside lower center",
) -> None:
    """A legend in as many columns as fit; the figure grows by its height."""
    for handle in handles:
        handle.set_label(wrapped(str(handle.get_label()), WIDTH_IN - 0.9))
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    width, height = figure.get_size_inches()
    for columns in range(3, 0, -1):
        below = figure.legend(handles=list(handles), loc=where, ncols=columns)
        box = below.get_window_extent(renderer)
        if box.width / figure.dpi <= width or columns == 1:
            figure.set_size_inches(width, height + box.height / figure.dpi)
            return
        below.remove()


def panels(
    names: Mapping[str, str],
    draw: Callable[[Axes, str, Mapping[str, Any]], None],
    theme: Theme,
    xlabel: str,
) -> Figure:
    """A small panel for each curve: itself, the report's first and its baseline thin, all others grey behind it.

    Args:
        names: name -> method.
        draw: puts the curve of a name onto axes, with the properties of a line that it is given.
        theme: see `gplac.reporting.themes`.
        xlabel: what all panels have on their x-axis.
    """
    columns = min(COLUMNS, len(names))
    count = -(-len(names) // columns)
    titles = {name: wrapped(name, WIDTH_IN / columns - 0.25, SMALL_PT) for name in names}
    lines = max(title.count("\n") + 1 for title in titles.values())
    figure = Figure(figsize=(WIDTH_IN, count * (PANEL_IN + 0.07 + lines * SMALL_PT / 60) + 0.55))
    grid = figure.subplots(count, columns, sharex=True, sharey=True, squeeze=False)
    main = references(names, theme)
    for place in range(len(names), grid.size):
        grid.flat[place].set_visible(False)
        grid.flat[place - columns].tick_params(labelbottom=True)
    for axes, (name, method) in zip(grid.flat, names.items(), strict=False):
        for other in names:
            draw(axes, other, {"color": theme.hues[-1], "linewidth": 0.7, "alpha": 0.35})
        for other, colour in main.items():
            draw(axes, other, {"color": colour, "linewidth": 1.1})
        draw(axes, name, {"color": fixed_hue(theme, method) or theme.ink, "linewidth": 2.4})
        axes.set_title(titles[name], fontsize=SMALL_PT)
        axes.tick_params(labelsize=SMALL_PT)
    figure.supxlabel(xlabel, fontsize=10.5)
    thin = [(name, colour, 1.1) for name, colour in main.items()] + [("all others", theme.hues[-1], 0.7)]
    handles = [Line2D([], [], color=colour, linewidth=width, label=name) for name, colour, width in thin]
    legend(figure, handles, "outside upper center")
    return figure


def references(names: Mapping[str, str], theme: Theme) -> dict[str, str]:
    """The first curve of each of the two methods that a report is about, and its colour: name -> colour."""
    found = {}
    for hue in theme.hues[:2]:
        first = next((name for name, method in names.items() if fixed_hue(theme, method) == hue), None)
        if first is not None:
            found[first] = hue
    return found

"""A table that can be written as Markdown, LaTeX and CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gplac.files import require_writable, write_atomically
from gplac.reporting.latex import latex_table
from gplac.reporting.themes import Theme, chart_files, save_chart
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names

TITLE_PT, TITLE_IN = 9.5, 0.45
"""Letters of a chart's title, and the height of its two lines."""


def chart_title(what: str, task: str, preset: str, counts: Iterable[int], of: str = "n") -> str:
    """Two lines: what a chart shows; and its task ("emulated" where it is), preset, and how many there were of each.

    Args:
        what: it shows.
        task: name of the task.
        preset: name of the preset.
        counts: of every bar or curve; their range is told.
        of: what is counted; n are episodes.
    """
    found = sorted(set(counts))
    many = "" if not found else f", {of} = {found[0]:,}" + (f" to {found[-1]:,}" if len(found) > 1 else "")
    return f"{what}\n{task_named(task).title.capitalize()}, preset {preset}{many}"


def how_many_measured(measured: Iterable[str], methods: Iterable[str]) -> str:
    """How many of a table's methods are measured, in brackets, as what follows a chart's heading; nothing of all."""
    wanted = list(methods)
    found = len({*measured} & {*wanted})
    return "" if found == len(wanted) else f" ({found} of {len(wanted)} methods)"


def chart_name(table: str, task: str) -> str:
    """`Chart.name` of a table's chart of one task."""
    return f"{table}-{task.replace('_', '-')}"


@dataclass(frozen=True)
class Chart:
    """A picture of a table."""

    name: str
    """Stem of its file."""
    title: str
    """Written above it, so that it says what it is wherever it is shown; see `chart_title`."""
    about: str
    """What it shows, for those who cannot see it."""
    draw: Callable[[Theme], Figure]

    def figure(self, theme: Theme) -> Figure:
        """Its drawing with its title."""
        figure = self.draw(theme)
        figure.set_figheight(figure.get_figheight() + TITLE_IN)
        figure.suptitle(self.title, x=0.02, ha="left", fontsize=TITLE_PT)
        return figure


@dataclass(frozen=True)
class Sheet:
    """One table: as text for readers, and the same as numbers for scripts."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    """Paragraphs below it."""
    records: tuple[Mapping[str, Any], ...] = ()
    """Lines of the CSV file, all with the same keys."""
    charts: tuple[Chart, ...] = ()


def markdown(sheets: Sequence[Sheet]) -> str:
    """Sheets below each other."""
    parts = []
    for sheet in sheets:
        lines = [sheet.head, ("---", *["---:"] * (len(sheet.head) - 1)), *sheet.rows]
        parts += [f"## {sheet.title}", "\n".join(f"| {' | '.join(cells)} |" for cells in lines)]
        parts += [f"![{chart.about}]({chart.name}.png)" for chart in sheet.charts]
        parts += sheet.notes
    return "\n\n".join(parts) + "\n"


def latex(sheets: Sequence[Sheet]) -> str:
    """Sheets below each other, see `gplac.reporting.latex`."""
    return (
        "\n\n".join(latex_table(sheet.title, sheet.head, sheet.rows, sheet.notes) for sheet in sheets) + "\n"
    )


def comma_separated(sheets: Sequence[Sheet]) -> str:
    """The records of all sheets; rates as fractions, what is missing as nothing."""
    records = [record for sheet in sheets for record in sheet.records]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def write_sheets(name: str, sheets: Sequence[Sheet], out: Path) -> list[Path]:
    """Write ``out/name.md``, ``.tex``, ``.csv`` and the charts; returns their paths. Charts of before that this table
    no longer has are removed.

    Raises:
        UserError: ``out`` cannot be written to.
    """
    texts = {"md": markdown(sheets), "tex": latex(sheets), "csv": comma_separated(sheets)}
    paths = [out / f"{name}.{suffix}" for suffix in texts]
    require_writable(paths[0], "name another folder")
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text.encode())
    charts = [chart for sheet in sheets for chart in sheet.charts]
    possible = {name, *(chart_name(name, task) for task in task_names())}
    for stale in possible - {chart.name for chart in charts}:
        for path in chart_files(out / f"{stale}.png"):
            path.unlink(missing_ok=True)
    return paths + [save_chart(chart.figure, out / f"{chart.name}.png") for chart in charts]

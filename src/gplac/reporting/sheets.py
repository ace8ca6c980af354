"""A table that can be written as Markdown, LaTeX and CSV."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from gplac.data.files import write_atomically
from gplac.reporting.themes import Theme, save_chart


@dataclass(frozen=True)
class Chart:
    """A picture of a table."""

    name: str
    """Stem of its file."""
    about: str
    """What it shows, for those who cannot see it."""
    draw: Callable[[Theme], Figure]


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
    """Each sheet as a ``table`` with rules of the package booktabs; notes as its caption."""
    parts = []
    for sheet in sheets:
        rows = [" & ".join(map(_escape, cells)) + r" \\" for cells in (sheet.head, *sheet.rows)]
        caption = " ".join(_escape(text) for text in (f"{sheet.title}.", *sheet.notes))
        parts.append(
            "\n".join(
                [
                    r"\begin{table}",
                    r"\centering",
                    rf"\caption{{{caption}}}",
                    rf"\begin{{tabular}}{{l{'r' * (len(sheet.head) - 1)}}}",
                    r"\toprule",
                    rows[0],
                    r"\midrule",
                    *rows[1:],
                    r"\bottomrule",
                    r"\end{tabular}",
                    r"\end{table}",
                ]
            )
        )
    return "\n\n".join(parts) + "\n"


def comma_separated(sheets: Sequence[Sheet]) -> str:
    """The records of all sheets; rates as fractions, what is missing as nothing."""
    records = [record for sheet in sheets for record in sheet.records]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def write_sheets(name: str, sheets: Sequence[Sheet], out: Path) -> list[Path]:
    """Write ``out/name.md``, ``.tex``, ``.csv`` and the charts; returns their paths.

    Raises:
        UserError: ``out`` cannot be written to.
    """
    out.mkdir(parents=True, exist_ok=True)
    texts = {"md": markdown(sheets), "tex": latex(sheets), "csv": comma_separated(sheets)}
    paths = [out / f"{name}.{suffix}" for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text.encode())
    charts = [chart for sheet in sheets for chart in sheet.charts]
    return paths + [save_chart(chart.draw, out / f"{chart.name}.png") for chart in charts]


_LATEX = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "λ": r"$\lambda$",
    "τ": r"$\tau$",
    "×": r"$\times$",
}


def _escape(text: str) -> str:
    plain = text.replace("**", "").replace("`", "")
    return "".join(_LATEX.get(letter, letter) for letter in plain)

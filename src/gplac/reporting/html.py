"""Pieces of the page. Every function returns markup; text that comes from outside is escaped here."""

import base64
import mimetypes
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from gplac.reporting.tables import Row

__all__ = ["chart", "data_uri", "escape", "histogram", "image", "jpeg", "page", "results", "table"]


def page(title: str, kicker: str, body: Iterable[str]) -> str:
    """The whole page: nothing in it is loaded from elsewhere."""
    here = files("gplac.reporting")
    template = Template((here / "page.html").read_text())
    style = (here / "style.css").read_text()
    return template.substitute(
        title=escape(title), kicker=escape(kicker), style=style, body="\n".join(part for part in body if part)
    )


def data_uri(path: Path) -> str:
    """A file as an address that holds it."""
    kind = mimetypes.guess_type(path.name)[0] or "image/webp"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def image(path: Path, alt: str) -> str:
    """A picture, held in the page."""
    return f'<img src="{data_uri(path)}" alt="{escape(alt)}">'


def jpeg(encoded: bytes, alt: str) -> str:
    """A picture of a data set as it is stored, held in the page."""
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(encoded).decode()}" alt="{escape(alt)}">'


def histogram(counts: Sequence[int], alt: str) -> str:
    """Small bars as high as ``counts``, in the colour of the page's accents."""
    top = max(*counts, 1)
    bars = "".join(
        f'<rect x="{i}" y="{20 - height:.2f}" width="0.85" height="{height:.2f}"/>'
        for i, count in enumerate(counts)
        if (height := 20 * count / top) > 0
    )
    return (
        f'<svg class="histogram" viewBox="0 0 {len(counts)} 20" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(alt)}">{bars}</svg>'
    )


def chart(path: Path, caption: str) -> str:
    """A chart in both themes, with a caption (markup) that says what to see in it."""
    dark = path.with_name(f"{path.stem}-dark.png")
    source = f'<source srcset="{data_uri(dark)}" media="(prefers-color-scheme: dark)">'
    alt = caption.partition("</b>")[0].replace("<b>", "")
    return (
        f'<figure class="card"><picture>{source}{image(path, alt)}</picture>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of markup that scrolls by itself where the screen is narrow."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="card scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def results(rows: Sequence[Row], baseline: str, success: str = "Unseen scenes") -> str:
    """The table of results; columns that nobody has a number for are left out.

    Args:
        rows: of the table.
        baseline: what gains are told over.
        success: head of the column of success.
    """

    def bare(cell: str) -> str:
        # A note below the table says once that rates are in percent.
        return cell.removesuffix(" %")

    several = len({row.episodes for row in rows}) > 1 or any(
        row.shared not in ("", f"of {row.episodes}") for row in rows
    )
    head = [
        "Method",
        success,
        f"Beyond {escape(baseline)}",
        "Labelled scene",
        "Grey pictures",
        "Paper",
    ]
    cells = [
        [
            escape(row.name) + (f"<small>{row.episodes}</small>" if several else ""),
            f"<b>{bare(row.success)}</b><small>{row.told.replace(' to ', '–&#8288;')}</small>",
            f"{row.gain}<small>{row.gain_interval.replace(' to ', ' to&nbsp;')}"
            f"{f'<br>{row.shared}' if several else ''}</small>"
            if row.gain
            else "",
            *(bare(cell) for cell in (row.labelled, row.blank, row.paper)),
        ]
        for row in rows
    ]
    kept = [column for column in range(len(head)) if any(row[column] for row in cells)]
    return table([head[column] for column in kept], [[row[column] for column in kept] for row in cells])

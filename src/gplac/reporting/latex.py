"""A table for a paper in LaTeX, no wider than its text and no longer than a page.

What a document needs for it: ``\\usepackage{booktabs, graphicx}``.
"""

import re
from collections.abc import Iterator, Sequence

LINE = 40
"""Letters of a cell that is broken into lines, and about how many of them a line then holds."""
WIDE, NARROW = 90, 14
"""Letters in a line of a table from which on its cells, but for the first, stand in several lines, and how many these
then hold."""
PAGE = 42
"""Lines of a table; a longer one goes on in a table of its own."""
FIT = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Smaller where it would be wider than the text, otherwise as it is."""
BREAK, ALLOWED = re.compile(r"(?<=[=_,/])(?=.)|(?<=\.)(?=[a-z])"), r"\\allowbreak{}"
"""Where what is typed in a terminal may go on in the next line."""


def latex_table(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()
) -> str:
    """One or several ``table`` with rules of the package booktabs: a short caption, ``\\label{tab:...}`` made of the
    title, and notes as small paragraphs below the last.

    Args:
        title: what it shows.
        head: names of the columns, as Markdown; names wider than what is below them stand in several lines.
        rows: cells, as Markdown.
        notes: paragraphs, as Markdown.
    """
    label = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    widths = [max(map(_letters, column)) for column in zip(*rows, strict=True)] if rows else [0] * len(head)
    line = LINE
    if sum(min(width, LINE) for width in widths) > WIDE:
        line, widths = NARROW, [widths[0], *(min(width, NARROW) for width in widths[1:])]
    names = _row(head, widths)
    parts = list(_pages(rows, line))
    tables = []
    for number, part in enumerate(parts, 1):
        which = f" ({number} of {len(parts)})" if len(parts) > 1 else ""
        lines = [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(title)}{which}}}",
            rf"\label{{tab:{label}{f'-{number}' if number > 1 else ''}}}",
            FIT,
            rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
            r"\toprule",
            names,
            r"\midrule",
            *(_row(cells, widths) for cells in part),
            r"\bottomrule",
            r"\end{tabular}}",
        ]
        if notes and part is parts[-1]:
            told = "\n\n".join(map(escaped, notes))
            lines += [
                r"\par\medskip",
                r"\begin{minipage}{\linewidth}\footnotesize\raggedright",
                told,
                r"\end{minipage}",
            ]
        tables.append("\n".join([*lines, r"\end{table}"]))
    return "\n\n".join(tables)


def escaped(text: str) -> str:
    """Markdown's words as LaTeX: emphasis is left out, what is typed in a terminal is set so and may be broken."""
    parts = text.replace("**", "").split("`")
    return "".join(
        rf"\texttt{{{BREAK.sub(ALLOWED, _plain(part))}}}" if place % 2 else _plain(part)
        for place, part in enumerate(parts)
    )


_SIGNS = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "λ": r"$\lambda$",
    "τ": r"$\tau$",
    "×": r"$\times$",
}


def _plain(text: str) -> str:
    return "".join(_SIGNS.get(letter, letter) for letter in text).replace("--", "-{}-")


def _letters(cell: str) -> int:
    return len(cell.replace("**", "").replace("`", ""))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    sides = ("l", *"r" * (len(cells) - 1))
    row = " & ".join(map(_cell, cells, widths, sides)) + r" \\"
    return r"\addlinespace[2pt] " + row if r"\shortstack" in row else row


def _cell(cell: str, width: int, side: str) -> str:
    """A cell in as few lines as are no wider than its column, or than its longest word; broken after commas, if any."""
    if _letters(cell) > LINE:
        return rf"\parbox[t]{{0.5\linewidth}}{{\raggedright {escaped(cell)}\strut}}"
    if _letters(cell) <= width or "`" in cell:
        return escaped(cell)
    plain = cell.replace("**", "")
    words = re.split("(?<=,) ", plain) if ", " in plain else plain.split()
    width = max([width, *map(len, words)])
    lines = words[:1]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        lines[-1:] = [longer] if len(longer) <= width else [lines[-1], word]
    told = r" \\ ".join(map(escaped, lines))
    return told if len(lines) == 1 else rf"\shortstack[{side}]{{{told}}}"


def _pages(rows: Sequence[Sequence[str]], line: int) -> Iterator[list[Sequence[str]]]:
    part: list[Sequence[str]] = []
    used = 0
    for cells in rows:
        lines = max(-(-_letters(cell) // line) for cell in cells)
        if part and used + lines > PAGE:
            yield part
            part, used = [], 0
        part.append(cells)
        used += lines
    yield part

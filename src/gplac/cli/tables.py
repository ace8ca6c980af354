"""The verb that makes the paper's tables from result files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from gplac.cli.options import Preset

if TYPE_CHECKING:
    from gplac.reporting.sheets import Sheet

Which = Annotated[
    Positional[
        Literal[
            "1",
            "2",
            "3",
            "photographs",
            "fair",
            "figure5",
            "thresholds",
            "factors",
            "levels",
            "settings",
            "all",
        ]
    ],
    arg(metavar="1|2|3|photographs|fair|figure5|thresholds|factors|levels|settings|all"),
]

NOTHING = "nothing measured yet"
BETWEEN = 2
"""Spaces between the columns of a table in a terminal."""


def table(
    which: Which = "all",
    /,
    *,
    preset: Preset = "lite",
    results: Path = Path("results"),
    out: Path = Path("results/tables"),
) -> None:
    """The paper's tables beside our results, from result files alone: Markdown, LaTeX, CSV and charts.

    One that is named is shown, too; of all of them, where each was written. In gplac's repository, all of
    preset lite rewrite the tables within README and the methods' pages as well.

    Args:
        which: Table 1, 2 or 3; success by number of photographs and of places (photographs); what each method had to
            learn from (fair); where feature points lie (figure5); success counted within other distances
            (thresholds); success with one factor of the scene varied alone (factors); success in scenes of the harder
            level (levels); settings compared on validation scenes (settings); or all.
        preset: Whose results.
        results: Folder that holds results/PRESET/TASK/METHOD-seedK.json.
        out: Folder to write OUT/PRESET/ into.
    """
    from gplac.config import PRESETS
    from gplac.errors import UserError
    from gplac.reporting.every_table import TABLES
    from gplac.reporting.pages import write_pages
    from gplac.reporting.sheets import write_sheets

    folders = {
        "settings": (results / "sweep", "python recipes/sweep.py METHOD"),
        "factors": (
            results / "vary",
            f"gplac evaluate RUN --vary each --json {results / 'vary'}/TASK/METHOD-seedK.json",
        ),
        "levels": (
            results / "wild",
            f"gplac evaluate RUN --split test --level wild --json {results / 'wild'}/TASK/METHOD-seedK.json",
        ),
    }
    folder, command = folders.get(which, (results / preset, "gplac grid run RECIPE"))
    if not folder.is_dir():
        others = [name for name in PRESETS if (results / name).is_dir() and which not in folders]
        there = f", or show what is there: --preset {' or '.join(others)}" if others else ""
        raise UserError(f"There is no folder {folder}; measure something first: {command}{there}")
    for name, make in TABLES.items():
        if which in ("all", name.removeprefix("table")):
            sheets = make(results, preset)
            written = write_sheets(name, sheets, out / preset)
            if which == "all":
                print(f"{', '.join(sheet.title for sheet in sheets) or NOTHING}: {written[0]}")
                continue
            for sheet in sheets:
                _show(sheet)
            print(f"{f'{name}: {NOTHING}, ' if not sheets else ''}written: {written[0]}")
    if which == "all":
        for page in write_pages(results, preset, Path.cwd()):
            print(f"Tables within {page.relative_to(Path.cwd())}")


def _show(sheet: "Sheet") -> None:
    """Print a sheet: title, table, and what is said below it."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    columns = [*zip(sheet.head, *sheet.rows, strict=True)]
    least = [max(len(word) for cell in column for word in [*_plain(cell).split(), ""]) for column in columns]
    most = [max(len(_plain(cell)) for cell in column) for column in columns]
    # A number cut short is another number: in a terminal cells may break between words, and columns that do not fit
    # even so are a table of their own below; where nobody looks, the table runs over the edge.
    parts = [[*range(1, len(columns))]]
    if console.is_terminal:
        parts = [[]]
        for place in range(1, len(columns)):
            if (
                parts[-1]
                and least[0] + sum(least[each] + BETWEEN for each in (*parts[-1], place)) > console.width
            ):
                parts.append([])
            parts[-1].append(place)
    for part in parts:
        places = [0, *part]
        room = console.width - BETWEEN * len(part) if console.is_terminal else sum(most)
        widths = _widths([least[each] for each in places], [most[each] for each in places], room)
        heads = [
            Column(sheet.head[place], justify="right" if place else "left", width=width)
            for place, width in zip(places, widths, strict=True)
        ]
        shown = Table(*heads, title=sheet.title, title_justify="left", box=None, pad_edge=False)
        for cells in sheet.rows:
            # Markdown's ** marks our own numbers.
            kept = (cells[place] for place in places)
            shown.add_row(*(Text(_plain(cell), "bold" * cell.startswith("**")) for cell in kept))
        Console(width=max(console.width, sum(widths) + BETWEEN * len(part))).print(shown)
    for note in sheet.notes:
        console.print(Markdown(note))
    console.print()


def _plain(cell: str) -> str:
    return cell.replace("**", "")


def _widths(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """Widths of columns: at least the longest word's, and as far as there is room their longest cells', those first
    that lack least of it."""
    widths = list(least)
    for place in sorted(range(len(widths)), key=lambda place: most[place] - least[place]):
        widths[place] += max(0, min(most[place] - least[place], room - sum(widths)))
    return widths

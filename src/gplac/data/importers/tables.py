"""CSV files as people and spreadsheets write them."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from gplac.errors import UserError

Line = tuple[int, dict[str, str]]
"""Its number in the file, and its words by column."""
LISTED = 200
"""Characters of the columns' names in a message."""


def read_table(
    file: Path, is_ours: Callable[[str], bool], errors: str = "strict"
) -> tuple[list[str], list[Line]]:
    """The columns of a CSV file, and its lines; a line may break off early. Blanks around words are left out.

    Args:
        file: its first line names the columns.
        is_ours: whether a column of this name is looked at.
        errors: what to do with bytes that are not UTF-8, as for `open`.

    Raises:
        UserError: it cannot be read, has a column twice that is looked at, or a line with more words than columns.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig", errors=errors) as stream:
            reader = csv.reader(stream, strict=True, skipinitialspace=True)
            columns = [name.strip() for name in next(filter(None, reader), [])]
            if twice := [name for name in columns if is_ours(name) and columns.count(name) > 1]:
                raise UserError(f"{file} names {twice[0]} twice; give each column its own name.")
            lines = []
            for words in filter(None, reader):
                if any(map(str.strip, words[len(columns) :])):
                    raise UserError(
                        f"{file}, line {reader.line_num} has {len(words)} values where the first line names"
                        f" {len(columns)} columns; write numbers with a point, and what holds a comma in quotation"
                        " marks."
                    )
                lines.append((reader.line_num, dict(zip(columns, map(str.strip, words), strict=False))))
            return columns, lines
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} is no CSV file that can be read ({error}); repair it.") from error


def listed(columns: Sequence[str]) -> str:
    """The names of columns for a message."""
    names = ", ".join(columns) or "none at all"
    return names if len(names) <= LISTED else f"{names[:LISTED]} ..."

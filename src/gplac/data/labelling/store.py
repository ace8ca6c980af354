"""The answers: ``labels.csv`` and ``skipped.csv``, on disk before an answer is acknowledged."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from gplac.errors import UserError
from gplac.files import remove_temporaries, write_atomically

LABELS, SKIPPED = "labels.csv", "skipped.csv"

Answer = Literal["yes", "no", "skip"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
_BITS: dict[str, Answer] = {"1": "yes", "0": "no"}
_SKIP: dict[str, Answer] = {"": "skip"}


class Labels:
    """What was answered about which picture, kept in a folder.

    ``labels.csv`` has the columns path and label (1: yes, 0: no) and nothing of the skipped pictures, so that whatever
    reads labels can read it at any moment; ``skipped.csv`` has the column path. Paths are relative to the folder, or
    absolute where a picture lies neither in the folder nor beside it. Rows of pictures that nobody asks about stay.

    Raises:
        UserError: a file in ``folder`` is not one of these, or cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._history: list[tuple[Path, Answer | None]] = []
        remove_temporaries(self.folder)
        skipped = dict(self._read(SKIPPED, _SKIP))
        # A change of both files writes first the one that gains the picture. After a kill in between it is in both,
        # and its label counts: that is the state before or after the change, and never a third one.
        self._answers: dict[Path, Answer] = skipped | dict(self._read(LABELS, _BITS))

    def get(self, picture: Path) -> Answer | None:
        """The answer about a picture (absolute path), if there is one."""
        return self._answers.get(picture)

    def answer(self, picture: Path, answer: Answer) -> None:
        """Note an answer; when this returns it is on disk.

        Raises:
            UserError: the disk is full or cannot be written to; the answer counts as not given.
        """
        before = self.get(picture)
        self._change(picture, answer)
        self._history.append((picture, before))

    def undo(self) -> Path | None:
        """Take back the last answer given since this object was made; returns its picture, or None if there is none.

        Raises:
            UserError: as for ``answer``.
        """
        if not self._history:
            return None
        picture, before = self._history[-1]
        self._change(picture, before)
        self._history.pop()
        return picture

    def _change(self, picture: Path, answer: Answer | None) -> None:
        old, new = self.get(picture), answer
        answers = {path: value for path, value in self._answers.items() if path != picture}
        if new is not None:
            answers[picture] = new
        if new == old:
            return
        gains, loses = _file_of(new), _file_of(old)
        for name in dict.fromkeys((gains, loses)):
            if name is not None:
                self._write(name, answers)
        self._answers = answers

    def _write(self, name: str, answers: dict[Path, Answer]) -> None:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(_header(name))
        for picture, answer in sorted(answers.items()):
            if _file_of(answer) == name:
                path = self._as_written(picture)
                rows.writerow([path] if answer == "skip" else [path, int(answer == "yes")])
        # File names are bytes: those that are not UTF-8 go in as they are.
        write_atomically(self.folder / name, text.getvalue().encode("utf-8", "surrogateescape"))

    def _as_written(self, picture: Path) -> str:
        near = picture.is_relative_to(self.folder.parent)
        return os.path.relpath(picture, self.folder) if near else str(picture)

    def _read(self, name: str, meanings: dict[str, Answer]) -> Iterator[tuple[Path, Answer]]:
        file = self.folder / name
        try:
            text = file.read_text("utf-8-sig", "surrogateescape")
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(f"Cannot read {file}: {error.strerror}.") from error
        advice = "Mend it, or name another folder with --out."
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            header = next(rows, None)
            if header != _header(name):
                found = ",".join(header or ()) or "nothing"
                wanted = ",".join(_header(name))
                raise UserError(f"{file} begins with {found[:80]!r}, not with {wanted!r}. {advice}")
            for row in rows:
                path, *label = row or [""]
                meaning = meanings.get("".join(label))
                if not path or len(row) != len(header) or meaning is None:
                    wanted = "a path and a label, 1 or 0" if name == LABELS else "a path"
                    raise UserError(
                        f"{file}, line {rows.line_num}: {','.join(row)!r} is not {wanted}. {advice}"
                    )
                yield Path(os.path.normpath(self.folder / path)), meaning
        except csv.Error as error:
            raise UserError(f"{file}, line {rows.line_num}: {error}. {advice}") from error


def count(answers: Iterable[Answer | None]) -> dict[str, int]:
    """How many pictures have which answer, and how many are ``left``."""
    each = list(answers)
    return {answer: each.count(answer) for answer in ANSWERS} | {"left": each.count(None)}


def _file_of(answer: Answer | None) -> str | None:
    if answer is None:
        return None
    return SKIPPED if answer == "skip" else LABELS


def _header(name: str) -> list[str]:
    return ["path", "label"] if name == LABELS else ["path"]

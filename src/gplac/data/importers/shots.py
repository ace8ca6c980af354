"""Where weakly labelled photographs come from: labelled folders, a CSV file, or stretches of a video."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gplac.data.clutter import is_clutter
from gplac.data.importers.pictures import photograph
from gplac.data.importers.tables import listed, read_table
from gplac.data.importers.video import frames_at
from gplac.data.labelling.frames import VIDEO_SUFFIXES
from gplac.data.shards import Images
from gplac.errors import UserError

LABELS = {"positive": 1, "negative": 0}
WORDS = {
    **dict.fromkeys(("1", "true", "yes", "present", "positive"), 1),
    **dict.fromkeys(("0", "false", "no", "absent", "negative"), 0),
}
COLUMNS = ("path", "label", "scene", "start", "end")
NEAR_S = 0.5
"""A frame that is farther from its time than this may lie outside of its stretch, where the label is another one."""


@dataclass(frozen=True)
class Shot:
    """A photograph, or a stretch of a video, with its label."""

    path: Path
    label: int
    """1: the object of interest is in the picture; 0: it is not."""
    scene: str
    """Name of the place."""
    pictures: Callable[[int], Iterable[Images]]
    """Reads it, no smaller than twice a number of pixels across and down; a ValueError or UserError says why not."""
    times_s: tuple[float, ...] = ()
    """Of a video, when the pictures are taken, in seconds since its start."""
    stretch_s: tuple[float, float] = (0.0, 0.0)
    """Of a video, from and to, as they were asked for."""

    def name(self, above: Path) -> str:
        """Its file, relative to the folder ``above``, and the stretch."""
        file = printable(os.path.relpath(self.path, above))
        return f"{file}, {self.times_s[0]:g} to {self.times_s[-1]:g} s" if self.times_s else file

    def sources(self, above: Path) -> list[str]:
        """The file of each picture, relative to the folder ``above``; of a video also the picture's time."""
        file = printable(os.path.relpath(self.path, above))
        return [f"{file}, {time:g} s" for time in self.times_s] or [file]


@dataclass(frozen=True)
class Stretches:
    """What is taken of a video."""

    present: tuple[tuple[float, float], ...] = ()
    """Seconds from and to, while the object of interest is in the picture."""
    absent: tuple[tuple[float, float], ...] = ()
    every_s: float = 0.5
    """Time between two frames that are taken."""


def source_names(paths: Sequence[Path]) -> list[str]:
    """What to call each source where it does not name its places: after itself, and after the folders that it lies in
    where others have the same name, so that places of two sources are not taken for one."""
    parts = [
        (*each.parts[:-1], each.name if each.is_dir() else each.stem) for each in map(Path.resolve, paths)
    ]
    depth = 1
    while len({each[-depth:] for each in parts}) < len({*parts}):
        depth += 1
    plain = [each[-1] for each in parts]
    return [
        name if plain.count(name) == 1 else "/".join(each[-depth:])
        for name, each in zip(plain, parts, strict=True)
    ]


def shots(path: Path, stretches: Stretches, name: str) -> list[Shot]:
    """The photographs of one source.

    Args:
        path: a folder with `positive` and `negative` in it, a CSV file, or a video.
        name: of `source_names`.
        stretches: of a video, when the object of interest is in the picture.

    Raises:
        UserError: there is nothing, or it is described wrongly. Photographs themselves are not looked at.
    """
    if path.is_dir():
        return _labelled_folders(path, name)
    if not path.is_file():
        raise UserError(f"{path} does not exist; name a folder, a CSV file, or a video.")
    if path.suffix.lower() == ".csv":
        return _listed(path, stretches.every_s, name)
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise UserError(
            f"{path} is neither a folder, nor a CSV file, nor a video (mp4, mov, mkv, webm, avi ...); put"
            " photographs into the folders `positive` and `negative`."
        )
    if not (stretches.present or stretches.absent):
        raise UserError(
            f"Say when the object is to be seen in {path}, for instance --present 0:10-0:35 --absent 0:40-1:10."
        )
    return [
        _stretch(path, label, name, start, end, stretches.every_s)
        for label, found in ((1, stretches.present), (0, stretches.absent))
        for start, end in found
    ]


def printable(text: str) -> str:
    """A name as it can be printed and stored: bytes in it that are not UTF-8 are written out."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def parse_stretch(text: str) -> tuple[float, float]:
    """Seconds from and to of "0:10-0:35".

    Raises:
        UserError: it is not that.
    """
    start, dash, end = text.partition("-")
    try:
        found = _seconds(start), _seconds(end)
    except ValueError:
        found = 0.0, 0.0
    if not dash or found[0] >= found[1]:
        raise UserError(f"{text!r} is no stretch of time; write FROM-TO, for instance 0:10-0:35.")
    return found


def _seconds(text: str) -> float:
    """Of "1:02:03.5", "0:35" or "35"."""
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d*)?", text.strip()):
        raise ValueError(text)
    total = 0.0
    for part in text.strip().split(":"):
        total = 60.0 * total + float(part)
    return total


def clock(start: float, end: float) -> str:
    """A stretch as `parse_stretch` reads it."""
    return "-".join(
        f"{seconds // 60:.0f}:{'0' * (seconds % 60 < 10)}{seconds % 60:g}" for seconds in (start, end)
    )


def _photo(path: Path, label: int, scene: str) -> Shot:
    return Shot(path, label, scene, lambda pixels: [np.asarray(photograph(path, pixels))])


def _stretch(path: Path, label: int, scene: str, start: float, end: float, every: float) -> Shot:
    if not every > 0.0:
        raise UserError(f"--every cannot be {every:g} seconds; make it positive.")
    times = tuple(np.arange(start, end + 1e-9, every).tolist())
    near = min(max(every, 0.1), NEAR_S)
    return Shot(path, label, scene, lambda _: frames_at(path, times, near), times, (start, end))


def _labelled_folders(path: Path, name: str) -> list[Shot]:
    folders = {
        label: [each for each in sorted(path.iterdir()) if each.name.lower() == label and each.is_dir()]
        for label in LABELS
    }
    if missing := [label for label in LABELS if not folders[label]]:
        raise UserError(
            f"{path} has no folder {' and '.join(missing)}; put photographs that show the object of interest into"
            " `positive`, others into `negative`."
        )
    for alike in folders.values():
        if len(alike) > 1:
            raise UserError(
                f"{path} has the folders {' and '.join(each.name for each in alike)}; put all of their photographs into"
                " one of them, and remove the other."
            )
    found = []
    for which, label in LABELS.items():
        (folder,) = folders[which]
        for file in _files(folder):
            inside = file.relative_to(folder).parts
            found.append(_photo(file, label, f"{name}/{inside[0]}" if len(inside) > 1 else name))
    return found


def _files(folder: Path) -> list[Path]:
    """Everything in a folder and its folders, linked ones too, in the order of names; also links to files that are
    gone, so that they are told as unreadable."""

    def fail(error: OSError) -> None:
        raise UserError(f"Cannot read {error.filename}: {error.strerror}.") from error

    found = []
    for place, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        here = Path(place)
        folders[:] = [name for name in folders if not is_clutter(name)]
        for link in (here / name for name in folders if (here / name).is_symlink()):
            if here.resolve().is_relative_to(link.resolve()):
                raise UserError(f"{printable(str(link))} is a link to a folder that it lies in; remove it.")
        files = (here / name for name in names if not is_clutter(name))
        found += [file for file in files if file.is_file() or not file.exists()]
    return sorted(found)


def _listed(path: Path, every: float, name: str) -> list[Shot]:
    # File names are bytes: `gplac label` writes those that are not UTF-8 as they are.
    columns, lines = read_table(path, COLUMNS.__contains__, errors="surrogateescape")
    if missing := [each for each in COLUMNS[:2] if each not in columns]:
        raise UserError(
            f"{path} has no column {' and '.join(missing)}, only {printable(listed(columns))}; its first line names the"
            " columns, path,label and what else is known, in small letters and with commas between."
        )
    found = [_line(path, number, words, every, name) for number, words in lines]
    return found if "scene" in columns else _by_folder(found, name)


def _by_folder(found: Sequence[Shot], name: str) -> list[Shot]:
    """Photographs whose places nobody named: each folder within the one that holds them all is a place, as within
    `positive` and `negative`. Such is the list that `gplac label` makes of a folder of rooms."""
    if not found:
        return []
    folders = [
        Path(*(part for part in shot.path.resolve().parent.parts if part.lower() not in LABELS))
        for shot in found
    ]
    above = os.path.commonpath(folders)
    inside = [folder.relative_to(above).parts for folder in folders]
    return [
        replace(shot, scene=f"{name}/{parts[0]}" if parts else name)
        for shot, parts in zip(found, inside, strict=True)
    ]


def _line(table: Path, number: int, row: dict[str, str], every: float, name: str) -> Shot:
    words = {each: row.get(each, "") for each in COLUMNS}
    where = f"{table}, line {number}"
    label = WORDS.get(words["label"].lower())
    if label is None:
        raise UserError(
            f"{where}: the label is {words['label']!r}; write 1 where the object is to be seen, else 0."
        )
    if not words["path"]:
        raise UserError(f"{where}: it names no file; repair it.")
    path, scene = table.parent / words["path"], words["scene"] or name
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        return _photo(path, label, scene)
    try:
        start, end = parse_stretch(f"{words['start']}-{words['end']}")
    except UserError as error:
        raise UserError(f"{where}: a video needs `start` and `end`; {error}") from error
    return _stretch(path, label, scene, start, end, every)

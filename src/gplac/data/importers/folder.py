"""A plain folder of episodes: NPZ files, or folders with pictures and a CSV file."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gplac.data.clutter import is_clutter
from gplac.data.importers.archives import TIMES, Archives
from gplac.data.importers.pictures import IMAGE_SUFFIXES, Picture
from gplac.data.importers.source import Array, Source
from gplac.data.importers.tables import Line, listed, read_table
from gplac.data.labelling.frames import VIDEO_SUFFIXES
from gplac.errors import UserError

PICTURES = "images"
"""Name of the camera whose pictures lie in the episode's folder itself, and of the one that `Recorder` writes."""


def recognises(path: Path) -> bool:
    """Whether ``path`` looks like such a folder."""
    return path.is_dir() and bool(_archives(path) or _folders(path))


def read(path: Path) -> Source:
    """The episodes in ``path``, in the natural order of their names.

    Raises:
        UserError: there are none, or of both kinds, one has no CSV file, or the first one cannot be read.
    """
    if not path.is_dir():
        raise UserError(f"{path} is no folder; name the one that holds the episodes.")
    archives, folders = _archives(path), _folders(path)
    if archives and folders:
        raise UserError(
            f"{path} holds NPZ files, such as {archives[0].name}, and folders of episodes, such as {folders[0].name};"
            " move one of the two kinds elsewhere."
        )
    if archives:
        return Archives(archives)
    if folders:
        for other in _visible(path.iterdir()):
            if other not in folders:
                _refuse_episode(other)
        return _Folders(folders)
    raise UserError(
        f"{path} holds no episodes; put one NPZ file for each into it, or one folder with pictures and a CSV file."
    )


def _archives(path: Path) -> list[Path]:
    return _visible(each for each in path.iterdir() if each.suffix.lower() == ".npz")


def _folders(path: Path) -> list[Path]:
    return [each for each in _visible(path.iterdir()) if _tables(each)]


def _refuse_episode(path: Path) -> None:
    """Refuse a folder among episodes that has no CSV file: a recording that failed must not go unnoticed."""
    if path.is_symlink() and not path.exists():
        raise UserError(f"{path} is a link to what is gone; restore that, or remove the link.")
    if not path.is_dir():
        return
    if _images(path) or _cameras(path):
        raise UserError(
            f"{path} holds pictures and no CSV file; add the one with states and actions, or move the folder elsewhere."
        )
    if kinds := _kinds(path):
        raise UserError(
            f"{path} holds neither a CSV file nor pictures, only {kinds}; record it again, or move it elsewhere."
        )
    raise UserError(f"{path} is empty; record it again or remove it.")


def _kinds(folder: Path) -> str:
    """Suffixes of the files in a folder and its folders, for a message; names where there is no suffix."""
    inside = (path for path in folder.rglob("*") if path.is_file())
    visible = (path for path in inside if not any(map(is_clutter, path.relative_to(folder).parts)))
    return ", ".join(sorted({path.suffix.lower() or path.name for path in visible}))


def _tables(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return _visible(path for path in found if path.suffix.lower() == ".csv")


def _images(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return _visible(path for path in found if path.suffix.lower() in IMAGE_SUFFIXES)


def _cameras(folder: Path) -> list[Path]:
    """Folders of pictures in an episode's folder."""
    return [each for each in _visible(folder.iterdir()) if _images(each)] if folder.is_dir() else []


def _visible(paths: Iterable[Path]) -> list[Path]:
    """In natural order, without what file managers, editors and notebooks leave behind, such as ``._e0.npz``."""
    return sorted((path for path in paths if not is_clutter(path.name)), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts frame_10 behind frame_9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


class _Folders:
    """A folder for each episode: pictures, in natural order of their names, in it or in a sub-folder for each camera;
    and a CSV file with a line for each frame, columns ``state.NAME`` and ``action.NAME``, and, if known,
    ``timestamp`` in seconds and ``scene``."""

    format = "folder"
    hz = None

    def __init__(self, folders: list[Path]) -> None:
        self._folders = folders
        self._tables: dict[int, dict[str, Array]] = {}
        self.episodes = len(folders)
        self.details: dict[str, Any] = {}
        first = folders[0]
        self.cameras = ([PICTURES] if _images(first) else []) + [each.name for each in _cameras(first)]
        if not self.cameras:
            videos = [each for each in _visible(first.iterdir()) if each.suffix.lower() in VIDEO_SUFFIXES]
            how = f", for instance with `ffmpeg -i {videos[0].name} frame%06d.png`" if videos else ""
            raise UserError(
                f"{first} holds no pictures that are read, only {_kinds(first)}; put one for each line of the CSV file"
                f" into it, as .png, .jpg or .webp{how}."
            )
        self.state_keys, self.action_keys = ["state"], ["action"]
        self._columns = {kind: self._named(0, kind) for kind in ("state", "action")}

    def label(self, episode: int) -> str:
        return self._folders[episode].name

    def scene(self, episode: int) -> int:
        scenes = np.unique(self._read(episode).get("scene", np.zeros(1)))
        if len(scenes) != 1 or not scenes[0].is_integer():
            raise UserError(
                f"{self.label(episode)}: its scene must be one whole number; repair the CSV file."
            )
        return int(scenes[0])

    def names(self, key: str) -> list[str] | None:
        return [column.partition(".")[2] for column in self._columns[key]]

    def vector(self, episode: int, key: str) -> Array:
        table, columns = self._read(episode), self._columns[key]
        if self._named(episode, key) != columns:
            raise UserError(
                f"{self.label(episode)} has other columns {key}.* than {self.label(0)}; give all the same ones."
            )
        return np.stack([table[column] for column in columns], axis=1)

    def timestamps_s(self, episode: int) -> Array | None:
        table = self._read(episode)
        return next((table[key] for key in TIMES if key in table), None)

    def pictures(self, episode: int, camera: str) -> Iterator[Picture]:
        folder = self._folders[episode]
        for path in _images(folder if camera == PICTURES and _images(folder) else folder / camera):
            try:
                yield path.read_bytes()
            except OSError as error:
                raise UserError(f"{path} cannot be read: {error.strerror}; repair or remove it.") from error

    def _named(self, episode: int, kind: str) -> list[str]:
        return [column for column in self._read(episode) if column.startswith(f"{kind}.")]

    def _read(self, episode: int) -> dict[str, Array]:
        if episode not in self._tables:
            self._tables[episode] = _table(self._folders[episode])
        return self._tables[episode]


def _table(folder: Path) -> dict[str, Array]:
    """The numbers of an episode's CSV file by column; other columns than ours are not looked at."""
    files = _tables(folder)
    if len(files) > 1:
        raise UserError(f"{folder} holds {len(files)} CSV files; leave the one with states and actions.")
    file = files[0]
    columns, lines = read_table(file, _is_ours)
    for kind in ("state", "action"):
        if not any(name.startswith(f"{kind}.") for name in columns):
            raise UserError(
                f"{file} has no column called {kind}.NAME, only {listed(columns)}; columns are called state.NAME and"
                " action.NAME, with commas between and points in numbers."
            )
    return {
        name: np.array([_number(file, line, name) for line in lines]) for name in columns if _is_ours(name)
    }


def _is_ours(column: str) -> bool:
    return column.startswith(("state.", "action.")) or column in (*TIMES, "scene")


def _number(file: Path, line: Line, column: str) -> float:
    number, words = line
    word = words.get(column, "")
    try:
        return float(word)
    except ValueError as error:
        mend = "write it with a point" if "," in word else "repair it"
        raise UserError(
            f"{file}, line {number}: {column} is {word!r} where a number is needed; {mend}."
        ) from error

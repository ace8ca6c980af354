"""A plain folder of episodes: NPZ files, or folders with pictures and a CSV file."""

import csv
import math
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gplac.data.importers.pictures import IMAGE_SUFFIXES, Picture
from gplac.data.importers.source import Array, Source, are_pictures, require_pictures
from gplac.errors import UserError
from gplac.files import NO_ARCHIVE

PICTURES = "images"
"""Name of the camera whose pictures lie in the episode's folder itself, and of the one that `Recorder` writes."""
TIMES = ("timestamp", "timestamps")
SAME_HZ = 0.01
"""Share by which the rates of two episodes may differ: some recorders write the rate that they measured."""


def recognises(path: Path) -> bool:
    """Whether ``path`` looks like such a folder."""
    return path.is_dir() and bool(_archives(path) or _folders(path))


def read(path: Path) -> Source:
    """The episodes in ``path``, in the natural order of their names.

    Raises:
        UserError: there are none, or of both kinds, one has pictures and no CSV file, or the first one cannot be read.
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
        return _Archives(archives)
    for folder in _visible(path.iterdir()) if folders else []:
        if folder not in folders and (_images(folder) or _cameras(folder)):
            raise UserError(
                f"{folder} holds pictures and no CSV file; add the one with states and actions, or move the folder"
                " elsewhere."
            )
    if folders:
        return _Folders(folders)
    raise UserError(
        f"{path} holds no episodes; put one NPZ file for each into it, or one folder with pictures and a CSV file."
    )


def _archives(path: Path) -> list[Path]:
    return _visible(path.glob("*.npz"))


def _folders(path: Path) -> list[Path]:
    return [each for each in _visible(path.iterdir()) if _tables(each)]


def _tables(folder: Path) -> list[Path]:
    return _visible(folder.glob("*.csv"))


def _images(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return _visible(path for path in found if path.suffix.lower() in IMAGE_SUFFIXES)


def _cameras(folder: Path) -> list[Path]:
    """Folders of pictures in an episode's folder."""
    return [each for each in _visible(folder.iterdir()) if _images(each)] if folder.is_dir() else []


def _visible(paths: Iterable[Path]) -> list[Path]:
    """In natural order, without what file managers, editors and notebooks hide, such as ``._e0.npz``."""
    return sorted((path for path in paths if not path.name.startswith(".")), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts frame_10 behind frame_9."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]


class _Archives:
    """An NPZ file for each episode: ``images (T, H, W, 3)`` uint8, ``states (T, S)``, ``actions (T, A)``, and, if
    known, ``timestamps (T,)`` in seconds, ``hz``, and ``scene``."""

    format = "folder"

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self._known: dict[int, dict[str, tuple[tuple[int, ...], np.dtype[Any]]]] = {}
        self.episodes = len(files)
        self.details: dict[str, Any] = {}
        known = self._headers(0)
        require_pictures(self.label(0), known)
        self.cameras = [key for key, each in known.items() if are_pictures(*each)]
        vectors = [
            key
            for key, (shape, kind) in known.items()
            if len(shape) in (1, 2) and kind.kind in "fiu" and key not in TIMES
        ]
        self.state_keys = [key for key in vectors if not key.startswith("action")]
        self.action_keys = [key for key in vectors if key.startswith("action")]
        self.hz = self._rate()

    def _rate(self) -> float | None:
        """The one control rate of all episodes that tell theirs."""
        first: tuple[str, float] | None = None
        for episode in range(self.episodes):
            shape, kind = self._headers(episode).get("hz", ((0,), np.dtype(float)))
            if shape == () and kind.kind in "fiu":
                name, hz = self.label(episode), float(self._array(episode, "hz"))
                if first is None:
                    first = name, hz
                elif not math.isclose(hz, first[1], rel_tol=SAME_HZ):
                    raise UserError(
                        f"{name}: its hz is {hz:g} where that of {first[0]} is {first[1]:g}; one policy has one control"
                        " rate, so bring all episodes to the same one, or remove it."
                    )
        return None if first is None else first[1]

    def label(self, episode: int) -> str:
        return self._files[episode].name

    def scene(self, episode: int) -> int:
        if "scene" not in (known := self._headers(episode)):
            return 0
        shape, kind = known["scene"]
        if shape != () or kind.kind not in "iu":
            raise UserError(
                f"{self.label(episode)}: its scene must be one whole number, and is {kind} of shape {shape};"
                " repair or remove it."
            )
        return int(self._array(episode, "scene"))

    def names(self, key: str) -> list[str] | None:
        return None

    def vector(self, episode: int, key: str) -> Array:
        return self._array(episode, key)

    def timestamps_s(self, episode: int) -> Array | None:
        known = self._headers(episode)
        return next((self._array(episode, key) for key in TIMES if key in known), None)

    def pictures(self, episode: int, camera: str) -> Iterator[Picture]:
        yield from self._array(episode, camera)

    def _array(self, episode: int, key: str) -> Array:
        file = self._files[episode]
        if key not in (known := self._headers(episode)):
            raise UserError(
                f"{file.name} has no array {key!r}, only {', '.join(known)}; repair or remove it."
            )
        try:
            with np.load(file, allow_pickle=False) as content:
                array: Array = content[key]
                return array
        except NO_ARCHIVE as error:
            raise UserError(
                f"{file}: its array {key!r} cannot be read ({error}); repair or remove it."
            ) from error

    def _headers(self, episode: int) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
        if episode not in self._known:
            self._known[episode] = _headers(self._files[episode])
        return self._known[episode]


def _headers(file: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and type of every array of an NPZ file, without reading the arrays."""
    found = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                with archive.open(name) as stream:
                    version = np.lib.format.read_magic(stream)
                    read_header = (
                        np.lib.format.read_array_header_1_0
                        if version == (1, 0)
                        else np.lib.format.read_array_header_2_0
                    )
                    shape, _, kind = read_header(stream)
                    found[name.removesuffix(".npy")] = shape, kind
    except NO_ARCHIVE as error:
        raise UserError(f"{file} is no NPZ file that can be read ({error}); repair or remove it.") from error
    return found


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
        self._columns = {kind: self._named(0, kind) for kind in ("state", "action")}
        self.state_keys = ["state"] if self._columns["state"] else []
        self.action_keys = ["action"] if self._columns["action"] else []

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
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns = [
                name
                for name in reader.fieldnames or []
                if name.startswith(("state.", "action.")) or name in (*TIMES, "scene")
            ]
            values: dict[str, list[float]] = {name: [] for name in columns}
            for row in reader:
                for name in columns:
                    try:
                        values[name].append(float(row[name]))
                    except (TypeError, ValueError) as error:
                        raise UserError(
                            f"{file}, line {reader.line_num}: {name} is {row[name]!r} where a number is needed;"
                            " repair it."
                        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} is no CSV file that can be read ({error}); repair it.") from error
    return {name: np.array(column) for name, column in values.items()}

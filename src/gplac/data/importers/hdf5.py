"""HDF5 files of robomimic, which robosuite's and many other recordings are turned into."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from gplac.data.importers.pictures import Picture
from gplac.data.importers.source import Array, Source, are_pictures, require_pictures
from gplac.errors import UserError

FRAMES_AT_ONCE = 64
"""Frames are often compressed together: reading one by one would take as long as reading all for each."""
SUFFIXES = (".hdf5", ".h5")
SIMULATOR = "states"
"""What the simulator knows, the object's position included; nothing that a robot could feel."""


def recognises(path: Path) -> bool:
    """Whether ``path`` is an HDF5 file by its name."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def read(path: Path) -> Source:
    """The demonstrations in the file ``path``: ``data/demo_N/obs/KEY`` and ``data/demo_N/actions``.

    Raises:
        UserError: it is no such file, or damaged.
    """
    with _opened(path) as file:
        data = file.get("data")
        if not isinstance(data, h5py.Group):
            raise UserError(
                f"{path} has no group `data`; files of robomimic have one, with a group for each episode."
            )
        if lost := [name for name in data if data.get(name) is None]:
            raise UserError(f"{path}: {lost[0]} is a link that leads nowhere; repair or remove it.")
        groups = [name for name in data if isinstance(data[name], h5py.Group)]
        if without := [name for name in groups if not isinstance(data[name].get("obs"), h5py.Group)]:
            raise UserError(
                f"{path}: {without[0]} has no observations (`obs`); robomimic's dataset_states_to_obs.py adds them,"
                " pictures included."
            )
        return _File(path, data, sorted(groups, key=_number))


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:  # h5py has no error of its own
        raise UserError(f"{path} is damaged, or no HDF5 file ({error}); restore it.") from error


def _number(name: str) -> tuple[int, str]:
    found = re.search(r"\d+", name)
    return int(found.group()) if found else -1, name


class _File:
    format = "hdf5"

    def __init__(self, path: Path, data: h5py.Group, groups: list[str]) -> None:
        self._path, self._groups = path, groups
        self.episodes = len(groups)
        self.hz, environment = _environment(data)
        self.details: dict[str, Any] = {"environment": environment}
        first = data[groups[0]] if groups else {"obs": {}}
        seen = {key: each for key, each in first["obs"].items() if isinstance(each, h5py.Dataset)}
        if groups:
            require_pictures(self.label(0), {key: (each.shape, each.dtype) for key, each in seen.items()})
        self.cameras = [key for key, each in seen.items() if are_pictures(each.shape, each.dtype)]
        self.state_keys = [key for key, each in seen.items() if _is_vector(each)]
        self.action_keys = [key for key, each in first.items() if key != SIMULATOR and _is_vector(each)]

    def label(self, episode: int) -> str:
        return f"{self._path.name}, {self._groups[episode]}"

    def scene(self, episode: int) -> int:
        return 0

    def names(self, key: str) -> list[str] | None:
        return None

    def vector(self, episode: int, key: str) -> Array:
        with _opened(self._path) as file:
            name = key if key in self.action_keys else f"obs/{key}"
            values: Array = self._dataset(file, episode, name)[:]
            return values

    def timestamps_s(self, episode: int) -> Array | None:
        return None

    def pictures(self, episode: int, camera: str) -> Iterator[Picture]:
        with _opened(self._path) as file:
            frames = self._dataset(file, episode, f"obs/{camera}")
            for start in range(0, len(frames), FRAMES_AT_ONCE):
                yield from frames[start : start + FRAMES_AT_ONCE]

    def _dataset(self, file: h5py.File, episode: int, name: str) -> h5py.Dataset:
        found = file.get(f"data/{self._groups[episode]}/{name}")
        if not isinstance(found, h5py.Dataset):
            raise UserError(f"{self.label(episode)} has no {name}; repair or remove it.")
        return found


def _is_vector(dataset: Any) -> bool:
    return isinstance(dataset, h5py.Dataset) and dataset.ndim == 2 and dataset.dtype.kind in "fiu"


def _environment(data: h5py.Group) -> tuple[float | None, str | None]:
    """Control rate and name of the simulation that robomimic notes, where it does."""
    try:
        known = json.loads(data.attrs["env_args"])
        return float(known["env_kwargs"]["control_freq"]), known.get("env_name")
    except (KeyError, ValueError, TypeError):
        return None, None

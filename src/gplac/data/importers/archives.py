"""NPZ files, one for each episode, of `gplac.data.importers.folder`."""

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gplac.data.importers.pictures import Picture
from gplac.data.importers.source import USUAL_ACTIONS, USUAL_STATES, Array, are_pictures, require_pictures
from gplac.data.importers.tables import listed
from gplac.errors import UserError
from gplac.files import NO_ARCHIVE

TIMES = ("timestamp", "timestamps")
"""What the time of each frame is called."""
SAME_HZ = 0.01
"""Share by which the rates of two episodes may differ: some recorders write the rate that they measured."""


class Archives:
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
            # Of the usual name and another shape it is told as such, and nothing else taken in its place.
            if key in (*USUAL_STATES, *USUAL_ACTIONS)
            or (len(shape) in (1, 2) and kind.kind in "fiu" and key not in TIMES)
        ]
        self.state_keys = [key for key in vectors if not key.startswith("action")]
        self.action_keys = [key for key in vectors if key.startswith("action")]
        for what, keys, needed in (
            ("pictures", self.cameras, "`images`, uint8 of shape (frames, height, width, 3)"),
            ("state", self.state_keys, "`states`, numbers of shape (frames, numbers)"),
            ("action", self.action_keys, "`actions`, numbers of shape (frames, numbers)"),
        ):
            if not keys:
                there = listed([f"{key} ({kind} of shape {shape})" for key, (shape, kind) in known.items()])
                raise UserError(f"{files[0]} has no {what}, only {there}; add {needed}.")
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
        shape, kind = known[key]
        if kind.hasobject:
            raise UserError(
                f"{file.name}: {key} holds Python objects of shape {shape} where numbers are needed; convert it, for"
                " instance with astype(np.float32) or np.stack."
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

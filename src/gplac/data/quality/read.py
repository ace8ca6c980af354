"""A data set as the quality measures see it: all numbers, and of each picture what `Features` keeps."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.manifest import Manifest, Shard
from gplac.data.quality.pictures import Features
from gplac.data.shards import read_shard, to_numpy
from gplac.data.soundness import decode, open_shard
from gplac.errors import UserError

Column = npt.NDArray[Any]
_IGNORED = {schema.QPOS, schema.SEEN_AT, schema.INDEX}


@dataclass(frozen=True)
class Measured:
    """``N`` rows of a data set, in the order of the shards."""

    folder: Path
    manifest: Manifest
    columns: dict[str, Column]
    """Numbers by the names of `gplac.data.schema`."""
    pictures: Features
    shard: npt.NDArray[np.int64]
    """``(N,)``: which shard a row is in."""
    left_out: tuple[str, ...]
    """Shards that could not be read."""
    faults: tuple[str, ...]
    """What is wrong with each of them, a sentence."""

    @property
    def kind(self) -> str:
        """ "demonstrations" or "weak"."""
        return self.manifest.request.kind

    def __len__(self) -> int:
        return len(self.pictures)

    def place(self, row: int | np.integer) -> str:
        """Where a row is, in words."""
        values = self.columns
        if self.kind == "demonstrations":
            return f"{self.episode_name(values[schema.EPISODE][row])}, frame {values[schema.FRAME][row]}"
        number, scene, label = (values[name][row] for name in (schema.WEAK_INDEX, schema.SCENE, schema.LABEL))
        if schema.SOURCE in values:
            return f"{values[schema.SOURCE][row]}, labelled {label}"
        return f"image {number} of {self.scene_name(scene)}, labelled {label}"

    def episode_name(self, episode: int | np.integer) -> str:
        """The number of an episode, in words, and what it was called when it was imported."""
        match self.manifest.origin.get("episodes"):
            case [*episodes] if episode < len(episodes):
                return f"episode {episode} ({episodes[episode]})"
        return f"episode {episode}"

    def scene_name(self, scene: int | np.integer) -> str:
        """What a scene was called when it was imported, or else its number, in words."""
        match self.manifest.origin.get("scenes"):
            case [*scenes] if (
                scene < len(scenes) and isinstance(scenes[scene], dict) and "name" in scenes[scene]
            ):
                return str(scenes[scene]["name"])
        return f"scene {scene}"

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """``(E + 1,)``: of demonstrations, the rows where episodes start, and after the last one the number of rows."""
        changes = np.flatnonzero(np.diff(self.columns[schema.EPISODE])) + 1
        return np.concatenate([[0], changes, [len(self)]]).astype(np.int64)

    def jpegs(self, rows: Iterable[int]) -> dict[int, bytes]:
        """The stored pictures of some rows."""
        wanted: dict[int, list[int]] = {}
        for row in rows:
            wanted.setdefault(int(self.shard[row]), []).append(int(row))
        found = {}
        for shard, members in wanted.items():
            name = schema.image_column(self.kind)
            column = read_shard(self.folder / self.manifest.shards[shard].name, [name]).column(name)
            start = int(np.searchsorted(self.shard, shard))
            found.update({row: column[row - start].as_py() for row in members})
        return found


def measure(folder: Path, advance: Callable[[int, int], None] = lambda done, total: None) -> Measured:
    """Read the data set in ``folder`` shard by shard, never more than a few of them in memory.

    Args:
        folder: a data set; shards that are missing or damaged are left out.
        advance: told of shards how many are done, and of how many.

    Raises:
        UserError: there is no data set, or none of its shards can be read.
    """
    manifest = Manifest.read(folder)

    def read(shard: Shard) -> tuple[dict[str, Column], Features] | UserError:
        try:
            return _read(folder, manifest, shard)
        except UserError as error:
            return error

    # Decoding and most of the arithmetic give up the interpreter's lock.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        parts = []
        for part in threads.map(read, manifest.shards):
            parts.append(part)
            advance(len(parts), len(manifest.shards))
    sound = [(number, part) for number, part in enumerate(parts) if not isinstance(part, UserError)]
    faults = tuple(str(part) for part in parts if isinstance(part, UserError))
    if not sound:
        first = faults[0] if faults else "There is none."
        raise UserError(
            f"No shard of {folder} can be read, so that nothing can be said of its quality. {first}"
        )
    names = [name for name in sound[0][1][0] if all(name in part[0] for _, part in sound)]
    return Measured(
        folder,
        manifest,
        {name: np.concatenate([part[0][name] for _, part in sound]) for name in names},
        Features.joined([part[1] for _, part in sound]),
        np.repeat([number for number, _ in sound], [len(part[1]) for _, part in sound]),
        tuple(s.name for s, part in zip(manifest.shards, parts, strict=True) if isinstance(part, UserError)),
        faults,
    )


def _read(folder: Path, manifest: Manifest, shard: Shard) -> tuple[dict[str, Column], Features]:
    request = manifest.request
    table = open_shard(folder, manifest, shard)
    image_column = schema.image_column(request.kind)
    encoded = table.column(image_column).to_pylist()
    images = np.empty((len(encoded), request.height, request.width, 3), np.uint8)
    decode(table, range(len(table)), images, folder / shard.name, request)
    columns = {
        name: to_numpy(table, name) for name in table.column_names if name not in {image_column, *_IGNORED}
    }
    return columns, Features.of(images, encoded)

"""Small data sets that look a little like the real thing, without a defect, for tests that put defects in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.manifest import IMPORTED, Manifest, Request, Shard
from gplac.data.shards import encode_jpeg, write_shard
from gplac.seeding import rng

WIDTH, HEIGHT = 64, 56
EPISODES, STEPS = 8, 20
SCENES, PER_SCENE = 4, 24
CONTROL_HZ = 20

Images = npt.NDArray[np.uint8]


def room(scene: int, things: int, *keys: str | int) -> Images:
    """A wall above a table, with blocks on the table: the scene decides the colours, the keys where the blocks are."""
    looks, places = rng("room", scene), rng("things", scene, *keys)
    image = np.empty((HEIGHT, WIDTH, 3))
    wall, table = looks.uniform(40, 200, (2, 3))
    image[:9], image[9:] = wall, table
    for colour in looks.uniform(20, 230, (things, 3)):
        top, left = places.integers(12, HEIGHT - 12), places.integers(0, WIDTH - 10)
        image[top : top + 10, left : left + 8] = colour
    return np.clip(image + places.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


@dataclass
class Frames:
    """Demonstrations to be spoiled and written."""

    images: list[Any] = field(default_factory=list)
    state: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    action: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    episode: npt.NDArray[np.int64] = field(default_factory=lambda: np.repeat(np.arange(EPISODES), STEPS))
    timestamp: npt.NDArray[np.float32] = field(
        default_factory=lambda: (np.tile(np.arange(STEPS), EPISODES) / CONTROL_HZ).astype(np.float32)
    )
    origin: dict[str, Any] = field(default_factory=lambda: {"format": "test", "control_hz": CONTROL_HZ})

    def __post_init__(self) -> None:
        generator, rows = rng("quality demonstrations"), EPISODES * STEPS
        self.state = np.cumsum(generator.normal(0, 0.1, (rows, 5)), 0).astype(np.float32)
        self.action = generator.normal(size=(rows, 3)).astype(np.float32)
        self.images = [room(0, 3, "demonstrations", row) for row in range(rows)]

    def keep(self, rows: Any) -> None:
        """Leave out all other rows, or repeat some."""
        index = np.arange(len(self.episode))[rows]
        self.images = [self.images[row] for row in index]
        for name in ("state", "action", "episode", "timestamp"):
            setattr(self, name, getattr(self, name)[index])

    def write(self, folder: Path) -> Path:
        """Write them as imported data."""
        rows = len(self.episode)
        starts = np.flatnonzero(np.diff(self.episode, prepend=-1))
        frame = np.arange(rows) - np.repeat(starts, np.diff([*starts, rows]))
        columns = {
            schema.IMAGE: _encoded(self.images),
            schema.STATE: self.state,
            schema.ACTION: self.action,
            schema.EPISODE: self.episode,
            schema.FRAME: frame,
            schema.TIMESTAMP: self.timestamp,
            schema.INDEX: np.arange(rows),
            schema.SCENE: np.zeros(rows, int),
        }
        kind = schema.demonstration_schema(self.state.shape[1], self.action.shape[1], None)
        counts = {"rows": rows, "episodes": len(starts)}
        return _write(folder, "demonstrations", kind, columns, counts, (0,), self.origin)


@dataclass
class Photos:
    """Weak images to be spoiled and written."""

    images: list[Any] = field(default_factory=list)
    label: npt.NDArray[np.uint8] = field(
        default_factory=lambda: np.tile(np.arange(PER_SCENE) % 2, SCENES).astype(np.uint8)
    )
    scene: npt.NDArray[np.int64] = field(default_factory=lambda: np.repeat(np.arange(SCENES), PER_SCENE))
    origin: dict[str, Any] = field(default_factory=lambda: {"format": "test"})

    def __post_init__(self) -> None:
        self.images = [
            room(int(scene), 3 + int(label), "weak", row)
            for row, (scene, label) in enumerate(zip(self.scene, self.label, strict=True))
        ]

    def change(self, rows: Any, change: Callable[[Images], Images]) -> None:
        """Change some pictures."""
        for row in np.arange(len(self.images))[rows]:
            self.images[row] = change(self.images[row])

    def write(self, folder: Path) -> Path:
        """Write them as imported data."""
        starts = np.flatnonzero(np.diff(self.scene, prepend=-1))
        columns = {
            schema.WEAK_IMAGE: _encoded(self.images),
            schema.LABEL: self.label,
            schema.SCENE: self.scene,
            schema.WEAK_INDEX: np.arange(len(self.scene))
            - np.repeat(starts, np.diff([*starts, len(self.scene)])),
        }
        present = int((self.label == 1).sum())
        counts = {"rows": len(self.label), "present": present, "absent": len(self.label) - present}
        scenes = tuple(int(each) for each in np.unique(self.scene))
        return _write(folder, "weak", schema.weak_schema(), columns, counts, scenes, self.origin)


def _encoded(images: list[Any]) -> list[bytes]:
    return [each if isinstance(each, bytes) else encode_jpeg(each) for each in images]


def _write(
    folder: Path, kind: Any, columns_of: Any, columns: dict[str, Any], counts: Any, scenes: Any, origin: Any
) -> Path:
    """In two shards."""
    folder.mkdir(parents=True)
    rows = counts["rows"]
    half = rows // 2
    if kind == "demonstrations":  # whole episodes
        half = int(np.flatnonzero(columns[schema.EPISODE] == columns[schema.EPISODE][half])[0])
    parts = [slice(0, half), slice(half, rows)]
    size = columns[schema.image_column(kind)][0]
    height, width = _size(size)
    request = Request(kind, "own", IMPORTED, scenes, rows, "standard", width, height, 0)
    shards = tuple(Shard(f"{kind}-{i}.parquet", part.stop - part.start) for i, part in enumerate(parts))
    manifest = Manifest(request, shards, {}, counts=counts, origin=origin)
    for i, (shard, part) in enumerate(zip(shards, parts, strict=True)):
        written = write_shard(
            folder / shard.name, columns_of, {name: values[part] for name, values in columns.items()}
        )
        manifest = manifest.with_shard(i, *written)
    manifest.write(folder)
    return folder


def _size(encoded: bytes) -> tuple[int, int]:
    from gplac.data.shards import jpeg_size

    return jpeg_size(encoded)

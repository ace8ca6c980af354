"""Small data sets: drawn by nobody for tests of what is on disk, and collected ones for tests of collecting."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gplac.data import schema
from gplac.data.collect import collect_demonstrations, collect_weak
from gplac.data.collection import Collected
from gplac.data.manifest import Manifest, Request, Shard
from gplac.data.shards import encode_jpeg, read_shard, sha256, write_shard
from gplac.seeding import rng

WIDTH, HEIGHT = 32, 28
STEPS = 10


def picture(*keys: str | int) -> npt.NDArray[np.uint8]:
    """A smooth image, as JPEG likes them."""
    left, right = rng("picture", *keys).integers(0, 256, (2, 1, 1, 3))
    across = np.linspace(0.0, 1.0, WIDTH)[None, :, None]
    return np.broadcast_to(left + (right - left) * across, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def write_demonstrations(folder: Path, shards: int = 2, episodes: int = 2) -> Manifest:
    """Demonstrations of ``shards`` scenes with ``episodes`` each, of `STEPS` frames."""
    request = Request(
        "demonstrations", "pusher", "weak", tuple(range(shards)), episodes, "standard", WIDTH, HEIGHT, 0, 0.1
    )
    rows = episodes * STEPS
    counts = {
        "rows": shards * rows,
        "scenes": shards,
        "episodes": shards * episodes,
        "attempts": shards * episodes,
    }
    files = tuple(Shard(f"demonstrations-weak-{i:04d}-000000.parquet", rows) for i in range(shards))
    manifest = Manifest(request, files, {"mujoco-core": "4.0.1"}, counts=counts)
    folder.mkdir(parents=True)
    for i, shard in enumerate(files):
        generator = rng("small demonstrations", i)
        frame = np.tile(np.arange(STEPS), episodes)
        episode = i * episodes + np.repeat(np.arange(episodes), STEPS)
        columns = {
            schema.IMAGE: [encode_jpeg(picture("demonstrations", i, row)) for row in range(rows)],
            schema.STATE: generator.normal(size=(rows, 17)).astype(np.float32),
            schema.ACTION: generator.normal(size=(rows, 7)).astype(np.float32),
            schema.EPISODE: episode,
            schema.FRAME: frame,
            schema.TIMESTAMP: (frame / 20).astype(np.float32),
            schema.INDEX: i * rows + np.arange(rows),
            schema.SCENE: np.full(rows, i),
            schema.QPOS: generator.normal(size=(rows, 11)),
            schema.SEEN_AT: generator.uniform(-0.5, 0.5, size=(rows, 2)),
        }
        size, digest = write_shard(folder / shard.name, schema.demonstration_schema(17, 7, 11), columns)
        manifest = manifest.with_shard(i, size, digest)
    manifest.write(folder)
    return manifest


def write_weak(folder: Path, shards: int = 2, images: int = 8) -> Manifest:
    """Weak images of ``shards`` scenes with ``images`` each."""
    request = Request("weak", "pusher", "weak", tuple(range(shards)), images, "standard", WIDTH, HEIGHT, 0)
    counts = {
        "rows": shards * images,
        "scenes": shards,
        "present": shards * images // 2,
        "absent": shards * images // 2,
    }
    files = tuple(Shard(f"weak-weak-{i:04d}-000000.parquet", images) for i in range(shards))
    manifest = Manifest(request, files, {"mujoco-core": "4.0.1"}, counts=counts)
    folder.mkdir(parents=True)
    for i, shard in enumerate(files):
        columns = {
            schema.WEAK_IMAGE: [encode_jpeg(picture("weak", i, number)) for number in range(images)],
            schema.LABEL: (np.arange(images) % 2 == 0).astype(np.uint8),
            schema.SCENE: np.full(images, i),
            schema.WEAK_INDEX: np.arange(images),
        }
        size, digest = write_shard(folder / shard.name, schema.weak_schema(), columns)
        manifest = manifest.with_shard(i, size, digest)
    manifest.write(folder)
    return manifest


def alter(folder: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change the first shard of a data set, and let the manifest believe that it was always so."""
    manifest = Manifest.read(folder)
    path = folder / manifest.shards[0].name
    table = change(read_shard(path))
    pq.write_table(table, path)
    changed = manifest.with_shard(0, path.stat().st_size, sha256(path))
    first = replace(changed.shards[0], rows=len(table))
    replace(changed, shards=(first, *changed.shards[1:])).write(folder)


def wave(full_state: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """An expert that waves its arm, and leaves the mug where it is."""
    return np.sin(5.0 * full_state[:, :7] + np.arange(7.0)).astype(np.float64)


def collect(kind: str, out: Path, workers: int = 1, **changes: object) -> Collected:
    """Collect a little of ``kind`` with the waving expert, whose success needs a wide threshold; see the fixture."""
    if kind == "weak":
        wanted = {"task": "pusher", "scenes": [("weak", i) for i in range(4)], "per_scene": 24}
        wanted |= {"width": WIDTH, "height": HEIGHT, "workers": workers} | changes
        return collect_weak(out, **wanted)  # type: ignore[arg-type]
    wanted = {
        "task": "pusher",
        "expert": wave,
        "scenes": [("weak", i) for i in range(3)],
        "episodes_per_scene": 1,
    }
    wanted |= {"width": WIDTH, "height": HEIGHT, "workers": workers} | changes
    return collect_demonstrations(out, **wanted)  # type: ignore[arg-type]


def content(folder: Path) -> dict[str, str]:
    """Checksums of the shards in ``folder``."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.parquet"))
    }

"""A user's own data, as importing leaves them: pictures of a bright square, which the action follows."""

from pathlib import Path

import numpy as np

from gplac.data import schema
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.manifest import IMPORTED, OWN, Kind, Manifest, Request, Shard
from gplac.data.shards import encode_jpeg, write_shard
from gplac.seeding import rng

WIDTH, HEIGHT = 20, 16
STEPS = 6


def demonstrations(episodes: int = 10, width: int = WIDTH, height: int = HEIGHT) -> Demonstrations:
    """Three numbers of state, which say nothing of the square, and two of action, which say where it is."""
    generator = rng("own demonstrations", episodes)
    count = episodes * STEPS
    images, corners = _pictures("demonstrations", np.ones(count, bool), np.zeros(count, int), width, height)
    states = generator.normal(size=(count, 3)).astype(np.float32)
    actions = (corners / 4 + 0.1 * states[:, :2]).astype(np.float32)
    episode, frame = np.divmod(np.arange(count), STEPS)
    return Demonstrations(images, states, actions, episode, frame, np.zeros(count, np.int64), None, "own")


def photographs(
    scenes: int = 6, each: int = 10, width: int = WIDTH, height: int = HEIGHT, key: str = "weak"
) -> WeakImages:
    """Half of each scene's pictures show the square."""
    scene = np.repeat(np.arange(scenes), each)
    labels = (np.arange(scenes * each) % 2 == 0).astype(np.uint8)
    images, _ = _pictures(key, labels > 0, scene, width, height)
    return WeakImages(images, labels, scene)


def _pictures(
    key: str, present: np.ndarray, scene: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    generator = rng("own pictures", key)
    background = rng("own backgrounds").integers(40, 120, (scene.max() + 1, 3))
    noise = generator.integers(-8, 8, (len(present), height, width, 3))
    images = np.clip(background[scene][:, None, None] + noise, 0, 255).astype(np.uint8)
    corners = generator.integers((0, 0), (width - 3, height - 3), (len(present), 2))
    for i in np.flatnonzero(present):
        column, row = corners[i]
        images[i, row : row + 4, column : column + 4] = (250, 40, 40)
    return images, corners


def write_demonstrations(folder: Path, data: Demonstrations, **origin: object) -> Path:
    """An imported data set."""
    count = len(data.images)
    columns = {
        schema.IMAGE: [encode_jpeg(image) for image in data.images],
        schema.STATE: data.states,
        schema.ACTION: data.actions,
        schema.EPISODE: data.episode,
        schema.FRAME: data.frame,
        schema.TIMESTAMP: (data.frame / 10).astype(np.float32),
        schema.INDEX: np.arange(count),
        schema.SCENE: data.scene,
    }
    sizes = data.states.shape[1], data.actions.shape[1]
    kind = schema.demonstration_schema(*sizes, None)
    return _write(folder, "demonstrations", kind, columns, data, data.task or OWN, origin)


def write_weak(folder: Path, data: WeakImages, task: str = OWN, **origin: object) -> Path:
    """An imported data set."""
    columns = {
        schema.WEAK_IMAGE: [encode_jpeg(image) for image in data.images],
        schema.LABEL: data.labels,
        schema.SCENE: data.scene,
        schema.WEAK_INDEX: np.arange(len(data.images)),
    }
    return _write(folder, "weak", schema.weak_schema(), columns, data, task, origin)


def _write(
    folder: Path,
    kind: Kind,
    columns_of: object,
    columns: dict,
    data: Demonstrations | WeakImages,
    task: str,
    origin: dict,
) -> Path:
    folder.mkdir(parents=True)
    count, height, width, _ = data.images.shape
    scenes = tuple(range(int(data.scene.max()) + 1))
    request = Request(kind, task, IMPORTED, scenes, count // len(scenes), "standard", width, height, 0)
    shard = Shard(f"{kind}-{IMPORTED}-0000-000000.parquet", count)
    manifest = Manifest(request, (shard,), {}, counts={"rows": count}, origin={"format": "test"} | origin)
    manifest.with_shard(0, *write_shard(folder / shard.name, columns_of, columns)).write(folder)
    return folder

"""A tiny robot's worth of data: a bright square moves, the action follows it, and half of the weak images lack it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from gplac import config

HEIGHT, WIDTH = 16, 20


@dataclass(frozen=True)
class Frames:
    images: np.ndarray
    states: np.ndarray
    actions: np.ndarray
    scene: np.ndarray
    episode: np.ndarray
    frame: np.ndarray
    object_positions: np.ndarray | None


@dataclass(frozen=True)
class Photographs:
    images: np.ndarray
    labels: np.ndarray
    scene: np.ndarray
    object_positions: np.ndarray | None = None


def pictures(
    generator: np.random.Generator, count: int, present: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    images = generator.integers(90, 110, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)
    corners = generator.integers((0, 0), (HEIGHT - 4, WIDTH - 4), (count, 2))
    for i in np.flatnonzero(present):
        row, column = corners[i]
        images[i, row : row + 4, column : column + 4] = (250, 40, 40)
    return images, corners


@pytest.fixture
def demonstrations() -> Frames:
    generator = np.random.default_rng(0)
    images, corners = pictures(generator, 40, np.ones(40, dtype=bool))
    states = generator.normal(size=(40, 17)).astype(np.float32)
    actions = np.repeat(corners[:, :1] / 10, 7, axis=1).astype(np.float32) + states[:, :7]
    scene, (episode, frame) = np.zeros(40, dtype=np.int64), np.divmod(np.arange(40), 10)
    return Frames(images, states, actions, scene, episode, frame, object_positions=corners / 40)


@pytest.fixture
def weak() -> Photographs:
    labels = np.arange(30) % 3 == 0
    images, corners = pictures(np.random.default_rng(1), 30, labels)
    return Photographs(images, labels.astype(np.uint8), np.zeros(30, dtype=np.int64), corners / 40)


@pytest.fixture
def preset() -> config.Preset:
    smoke = config.preset("smoke")
    network = replace(smoke.network, hidden=(20,))
    training = replace(
        smoke.training, average_decay=0.9, schedule="cosine", weight_decay=1e-3, checkpoint_every=3
    )
    return replace(smoke, network=network, training=training)

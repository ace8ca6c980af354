"""Runs of untrained networks, and demonstrations of their sizes, to export."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from gplac.config import NetworkConfig
from gplac.data import schema
from gplac.data.manifest import IMPORTED, Manifest, Request, Shard
from gplac.data.shards import encode_jpeg, write_shard
from gplac.models.network import Network
from gplac.training.checkpoint import write_json, write_weights

HEIGHT, WIDTH, STATE, ACTION = 16, 20, 5, 3


def write_run(folder: Path, network: Network, described: dict[str, Any]) -> Path:
    """A run as training leaves it, as far as an export reads it."""
    folder.mkdir(parents=True)
    write_weights(folder / "weights.safetensors", network.state_dict())
    described |= {"method": "gplac", "provenance": {"command": "gplac train gplac"}}
    write_json(folder / "run.json", described)
    return folder


def make_run(
    folder: Path, encoder: str = "attention", classifier: bool = True, data: dict[str, str] | None = None
) -> Path:
    """A run whose weights were never trained, but whose statistics are a robot's."""
    shape: dict[str, Any] = {"height": HEIGHT, "width": WIDTH, "state_size": STATE, "action_size": ACTION}
    shape |= {"encoder": encoder, "classifier": classifier}
    config = NetworkConfig(temperature=0.25, norm_last=True, hidden=(20,))
    torch.manual_seed(0)
    network = Network(config, **shape)
    generator = np.random.default_rng(0)
    states = torch.from_numpy(generator.normal(3.0, 2.0, (50, STATE)))
    actions = torch.from_numpy(generator.normal(-1.0, [0.1, 1.0, 10.0], (50, ACTION)))
    network.set_statistics(states, actions)
    return write_run(
        folder,
        network,
        {"task": "tidy-up", "preset": {"name": "own"}, "network": asdict(config) | shape, "data": data},
    )


def make_push_run(folder: Path) -> Path:
    """An untrained run of the mug push, whose pushes begin where a demonstration's might."""
    shape: dict[str, Any] = {"height": 24, "width": 32, "state_size": 17, "action_size": 2}
    shape |= {"encoder": "attention", "classifier": True}
    config = NetworkConfig(temperature=0.25, norm_last=True, hidden=(20,))
    torch.manual_seed(0)
    network = Network(config, **shape)
    generator = np.random.default_rng(0)
    actions = torch.from_numpy(generator.normal([-0.15, -0.1], [0.3, 0.3], (50, 2)))
    network.set_statistics(torch.from_numpy(generator.normal(0.0, 2.0, (50, 17))), actions)
    return write_run(
        folder,
        network,
        {
            "task": "mug_push",
            "preset": {"name": "lite-changed"},
            "network": asdict(config) | shape,
            "data": None,
        },
    )


def pictures(count: int) -> np.ndarray:
    """Smooth pictures ``(count, H, W, 3)``."""
    coarse = np.random.default_rng(3).integers(0, 256, (count, 3, 4, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(each).resize((WIDTH, HEIGHT))) for each in coarse])


def write_demonstrations(folder: Path, frames: int = 40, width: int = WIDTH) -> Manifest:
    """Demonstrations of a user's own robot."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(4)
    columns = {
        schema.IMAGE: [encode_jpeg(np.resize(image, (HEIGHT, width, 3))) for image in pictures(frames)],
        schema.STATE: generator.normal(3.0, 2.0, (frames, STATE)).astype(np.float32),
        schema.ACTION: generator.uniform(-1.0, 1.0, (frames, ACTION)).astype(np.float32),
        schema.EPISODE: np.zeros(frames, np.int64),
        schema.FRAME: np.arange(frames),
        schema.TIMESTAMP: np.arange(frames, dtype=np.float32) / 10,
        schema.INDEX: np.arange(frames),
        schema.SCENE: np.zeros(frames, np.int64),
    }
    shard = Shard("demonstrations-000000.parquet", frames)
    size, digest = write_shard(folder / shard.name, schema.demonstration_schema(STATE, ACTION, None), columns)
    request = Request("demonstrations", "tidy-up", IMPORTED, (0,), 1, "standard", width, HEIGHT, 0)
    names = {"state_names": [f"joint {i}" for i in range(STATE)], "action_names": ["x", "y", "z"]}
    manifest = Manifest(request, (shard,), {}, origin={"control_hz": 10, **names})
    manifest = manifest.with_shard(0, size, digest)
    manifest.write(folder)
    return manifest

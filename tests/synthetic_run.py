"""A run that was never trained and episodes that never happened, in the folders where real ones lie."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from synthetic import PROVENANCE, episodes, synthetic_result

from gplac.config import NetworkConfig
from gplac.evaluation.drawing import View
from gplac.evaluation.measure import EPISODES, evaluation_folder
from gplac.evaluation.result import write_json
from gplac.evaluation.store import Chunk, Store
from gplac.models.network import Network
from gplac.training.checkpoint import write_weights


def synthetic_run(
    folder: Path, method: str, rate: float, width: int, height: int, scenes: int, count: int
) -> Path:
    """Untrained weights, a log, and an evaluation on test scenes that succeeds about as often as ``rate``."""
    shape: dict[str, Any] = {
        "height": height,
        "width": width,
        "state_size": 17,
        "action_size": 7,
        "encoder": "conv" if method.startswith("cnn") else "attention",
        "classifier": method in ("gplac", "cnn-c"),
    }
    torch.manual_seed(0)
    network = Network(NetworkConfig(), **shape).eval()
    folder.mkdir(parents=True)
    write_weights(folder / "weights.safetensors", network.state_dict())
    (folder / "run.json").write_text(
        json.dumps(
            {
                "method": method,
                "task": "pusher",
                "seed": 0,
                "preset": {"name": "lite", "evaluation": {"scenes": scenes, "episodes": count}},
                "weak_images": 16_000 if shape["classifier"] else 0,
                "network": asdict(NetworkConfig()) | shape,
                "training": {
                    "finished": True,
                    "steps": 10_000,
                    "images_per_s": 1.0,
                    "wall_s": 1.0,
                    "parameters": 1,
                },
                "provenance": PROVENANCE,
            }
        )
    )
    (folder / "metrics.jsonl").write_text("".join(_log(method)))
    view = View("pusher", width, height)
    evaluation = evaluation_folder(folder, view, "test")
    found = episodes(rate, f"{method} 0", scenes=scenes, count=count)
    store = Store(evaluation / EPISODES, view, "test", {"blank": False, "policy": method})
    for scene in found.scenes:
        store.save(Chunk(scene, 0, count), (found.distances[scene], found.qpos[scene]))
    write_json(
        synthetic_result(method, rate, scenes=scenes, count=count), "result", evaluation / "result.json"
    )
    return folder


def _log(method: str) -> list[str]:
    generator = np.random.default_rng(0)
    lines = []
    for step in range(100, 10_001, 100):
        line = {"step": step, "action_loss": float(np.exp(-step / 2000) + 0.02 + generator.uniform(0, 0.01))}
        if method == "gplac" and step > 1000:
            line |= {
                "classification_loss": float(0.7 * np.exp(-step / 3000) + 0.02),
                "classification_accuracy": float(1 - 0.5 * np.exp(-step / 2000)),
                "held_out_accuracy": float(0.93 - 0.43 * np.exp(-step / 2000)),
            }
        lines.append(json.dumps(line) + "\n")
    return lines

"""What a run of preset ``paper`` takes on this machine: some real steps of GPLAC at 200x175, and projections of its run
and of all of Table 1.

    python benchmarks/paper_run.py

Pictures are made up: time and memory do not depend on what is in them. With a GPU the whole data set lies on it, as in
training. Writes results/paper/projection-<hardware>.json.
"""

import json
import resource
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
import tyro
from run import machine

from gplac.cli import mistakes_told
from gplac.config import preset
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.files import require_writable, write_atomically
from gplac.methods import gplac
from gplac.provenance import provenance
from gplac.reporting.fairness import multiply_adds
from gplac.reporting.published import METHODS
from gplac.training.device import best_device
from gplac.training.loop import fit

SETTLED = 3
"""Lines of the log that a stage takes to get up to speed."""


def made_up(frames: int, weak: int, width: int, height: int) -> tuple[Demonstrations, WeakImages]:
    """Data of the right sizes."""
    generator = np.random.default_rng(0)
    pictures = [
        generator.integers(0, 256, (count, height, width, 3), dtype=np.uint8) for count in (frames, weak)
    ]
    numbers = [generator.standard_normal((frames, size), dtype=np.float32) for size in (17, 7)]
    order = np.arange(frames)
    demonstrations = Demonstrations(
        pictures[0],
        *numbers,
        episode=order // 100,
        frame=order % 100,
        scene=order * 0,
        qpos=None,
        task="pusher",
    )
    labels = (np.arange(weak) % 2).astype(np.uint8)
    return demonstrations, WeakImages(pictures[1], labels, scene=np.arange(weak) * 0)


def all_methods(hours: float) -> dict[str, dict[str, float]]:
    """Hours of training one seed of each cell of Table 1, by how many multiply-adds its convolutions have for each that
    a run of GPLAC on the pusher has.

    Args:
        hours: of that run.
    """
    one = multiply_adds("gplac", preset("paper", "pusher", "gplac"))
    return {
        task: {
            method: round(hours * multiply_adds(method, preset("paper", task, method)) / one, 2)
            for method in METHODS
        }
        for task in ("pusher", "striker")
    }


def main(steps: int = 200, share: float = 0.02, out: Path | None = None) -> None:
    """Measure and project.

    Args:
        steps: Optimiser steps; the first two fifths are warm-up, as the first tenth of a whole run is.
        share: Part of the paper's 40,000 frames and 80,000 weak images to keep in memory; 1: all of them.
        out: File to write.
    """
    if steps < 50:
        raise SystemExit(f"{steps} steps are too few to time: give --steps 50 or more.")
    if not 0.001 <= share <= 1:
        raise SystemExit(
            f"--share is {share}: give a part of the paper's pictures, from 0.001 to 1, all of them."
        )
    out = out or Path("results/paper") / f"projection-{machine()}.json"
    require_writable(out)
    settings = preset("paper")
    data, training = settings.data, settings.training
    all_frames = data.demonstrations * 100
    all_weak = data.weak_scenes * data.weak_per_scene
    demonstrations, weak = made_up(int(all_frames * share), int(all_weak * share), data.width, data.height)
    short = replace(training, steps=steps, warmup_steps=steps * 2 // 5, checkpoint_every=steps)
    with tempfile.TemporaryDirectory() as folder:
        fit(gplac(), replace(settings, training=short), demonstrations, weak, Path(folder))
        lines = [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]
    batch = training.labelled_batch, training.weak_batch
    seconds = {}
    for name, images, chosen in (
        ("warm_up", batch[0], [line for line in lines if line["step"] <= short.warmup_steps]),
        ("after", sum(batch), [line for line in lines if line["step"] > short.warmup_steps + 20]),
    ):
        seconds[name] = images / median(
            line["images_per_s"] for line in chosen[min(SETTLED, len(chosen) - 1) :]
        )
    whole_s = training.warmup_steps * seconds["warm_up"]
    whole_s += (training.steps - training.warmup_steps) * seconds["after"]
    hours = whole_s / 3600
    table_1 = all_methods(hours)
    device = best_device()
    found = {
        "preset": "paper",
        "steps": steps,
        "share": share,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "seconds_per_step": {name: round(value, 4) for name, value in seconds.items()},
        "images_per_s": round(sum(batch) / seconds["after"], 1),
        "projected_hours": round(hours, 2),
        "projected_hours_of_table_1": table_1
        | {"together": round(sum(sum(each.values()) for each in table_1.values()), 1)},
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "all_pictures_gib": round((all_frames + all_weak) * data.width * data.height * 3 / 2**30, 2),
        "provenance": provenance(),
    }
    if device.type == "cuda":
        found["peak_device_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    write_atomically(out, (json.dumps(found, indent=1) + "\n").encode())
    print(json.dumps({key: value for key, value in found.items() if key != "provenance"}, indent=1))


if __name__ == "__main__":
    with mistakes_told("paper_run"):
        tyro.cli(main)

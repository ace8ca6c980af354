"""What runs of preset ``paper`` take on this machine: some real steps of GPLAC, and of other methods, at 200x175, and
projections of their runs and of all of Table 1.

    python benchmarks/paper_run.py --methods gplac cnn-1

Pictures are made up: time and memory do not depend on what is in them. With a GPU the whole data set lies on it, as in
training. Writes results/paper/projection-<hardware>.json.
"""

import json
import resource
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
import tyro
from run import machine

from gplac.cli import mistakes_told
from gplac.config import Preset, preset
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.files import require_writable, write_atomically
from gplac.methods import method_named
from gplac.provenance import provenance
from gplac.reporting.fairness import batches, multiply_adds
from gplac.reporting.published import METHODS
from gplac.training.device import best_device
from gplac.training.loop import fit
from gplac.training.stages import pictures, stages

SETTLED = 3
"""Lines of the log that a part takes to get up to speed."""
WARM_UP = "warm_up"


class Part(NamedTuple):
    """A part of a training: its first stage, its warm-up, or what follows."""

    seconds: float
    """A step's."""
    steps: int
    """Of a whole run."""
    images: int
    """Pictures a step."""


def made_up(frames: int, weak: int, width: int, height: int) -> tuple[Demonstrations, WeakImages]:
    """Data of the right sizes."""
    generator = np.random.default_rng(0)
    images = [
        generator.integers(0, 256, (count, height, width, 3), dtype=np.uint8) for count in (frames, weak)
    ]
    numbers = [generator.standard_normal((frames, size), dtype=np.float32) for size in (17, 7)]
    order = np.arange(frames)
    demonstrations = Demonstrations(
        images[0],
        *numbers,
        episode=order // 100,
        frame=order % 100,
        scene=order * 0,
        qpos=None,
        task="pusher",
        object_positions=generator.uniform(-0.5, 0.5, (frames, 2)),
    )
    labels, places = (np.arange(weak) % 2).astype(np.uint8), generator.uniform(-0.5, 0.5, (weak, 2))
    return demonstrations, WeakImages(images[1], labels, np.arange(weak) * 0, places)


def timed(
    method: str, settings: Preset, steps: int, data: tuple[Demonstrations, WeakImages]
) -> dict[str, Part]:
    """Seconds that a step of each part of a training takes, and how many of these a whole run has.

    Args:
        method: its name.
        settings: of the whole run.
        steps: optimiser steps of the main stage that are made; two fifths are warm-up. A first stage has as many.
        data: what it is trained on.
    """
    made, whole = method_named(method), settings.training
    short = replace(
        whole, steps=steps, warmup_steps=steps * 2 // 5, pretrain_steps=steps, checkpoint_every=2 * steps
    )
    with tempfile.TemporaryDirectory() as folder:
        fit(made, replace(settings, training=short), *data, Path(folder), name=method)
        lines = [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]
    found = {}
    for stage, full in zip(stages(made, short), stages(made, whole), strict=True):
        warm = stage.first + stage.config.warmup_steps
        for name, first, end, count in (
            (WARM_UP, stage.first, warm, full.config.warmup_steps),
            (stage.name, warm, stage.end, full.config.steps - full.config.warmup_steps),
        ):
            if first == end:
                continue
            left = [pictures(stages(made, short), batches(whole), done) for done in (first, end)]
            images = (left[0] - left[1]) // (end - first)
            # The first line of a part may be of steps before as well, and the next ones of getting up to speed.
            rates = [line["images_per_s"] for line in lines if first < line["step"] <= end]
            settled = rates[min(SETTLED, len(rates) - 1) :]
            found[name] = Part(images / median(settled), count, images)
    return found


def all_methods(measured: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Hours of training one seed of each cell of Table 1: as measured, of it or of one that trains the same on other
    demonstrations, or by how many multiply-adds its convolutions have for each that a run of GPLAC on the pusher has.

    Args:
        measured: hours of runs of methods that were measured, GPLAC among them.
    """
    one = multiply_adds("gplac", preset("paper", "pusher", "gplac"))

    def hours(task: str, method: str) -> float:
        for done in (method, *measured):
            if done in measured and _same_steps(method, done):
                return measured[done]
        return measured["gplac"] * multiply_adds(method, preset("paper", task, method)) / one

    return {
        task: {method: round(hours(task, method), 2) for method in METHODS} for task in ("pusher", "striker")
    }


def _same_steps(one: str, other: str) -> bool:
    """Whether a step of the two is the same work."""
    return method_named(one).but(labelled_scenes=1) == method_named(other).but(labelled_scenes=1)


def main(
    steps: int = 200, share: float = 0.02, methods: tuple[str, ...] = ("gplac",), out: Path | None = None
) -> None:
    """Measure and project.

    Args:
        steps: Optimiser steps; the first two fifths are warm-up, as the first tenth of a whole run is.
        share: Part of the paper's 40,000 frames and 80,000 weak images to keep in memory; 1: all of them.
        methods: Which methods make these steps; the others of Table 1 are projected from GPLAC.
        out: File to write.
    """
    if steps < 50:
        raise SystemExit(f"{steps} steps are too few to time: give --steps 50 or more.")
    if not 0.001 <= share <= 1:
        raise SystemExit(
            f"--share is {share}: give a part of the paper's pictures, from 0.001 to 1, all of them."
        )
    for method in methods:
        method_named(method)  # raises if there is none
    out = out or Path("results/paper") / f"projection-{machine()}.json"
    require_writable(out)
    settings = preset("paper")
    sizes = settings.data
    all_frames = sizes.demonstrations * 100
    all_weak = sizes.weak_scenes * sizes.weak_per_scene
    data = made_up(int(all_frames * share), int(all_weak * share), sizes.width, sizes.height)
    parts = {
        method: timed(method, preset("paper", "pusher", method), steps, data)
        for method in dict.fromkeys(("gplac", *methods))
    }
    hours = {
        method: sum(part.seconds * part.steps for part in each.values()) / 3600
        for method, each in parts.items()
    }
    table_1 = all_methods(hours)
    device = best_device()
    found = {
        "preset": "paper",
        "steps": steps,
        "share": share,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "measured": {
            method: {
                "seconds_per_step": {name: round(part.seconds, 4) for name, part in each.items()},
                "images_per_s": {name: round(part.images / part.seconds, 1) for name, part in each.items()},
                "projected_hours": round(hours[method], 2),
            }
            for method, each in parts.items()
        },
        "projected_hours_of_table_1": table_1
        | {"together": round(sum(sum(each.values()) for each in table_1.values()), 1)},
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "all_pictures_gib": round((all_frames + all_weak) * sizes.width * sizes.height * 3 / 2**30, 2),
        "provenance": provenance(),
    }
    if device.type == "cuda":
        found["peak_device_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    write_atomically(out, (json.dumps(found, indent=1) + "\n").encode())
    print(json.dumps({key: value for key, value in found.items() if key != "provenance"}, indent=1))


if __name__ == "__main__":
    with mistakes_told("paper_run"):
        tyro.cli(main)

"""The ceiling and the floor that a policy's success stands between: clones that see no pictures."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from gplac.data.dataset import Demonstrations
from gplac.evaluation.drawing import View
from gplac.evaluation.result import Result, Training, result, write_json
from gplac.evaluation.store import Episodes
from gplac.experts.clones import Clone, Floats
from gplac.experts.evaluate import evaluate_expert
from gplac.experts.expert import load_expert
from gplac.provenance import provenance
from gplac.seeding import rng
from gplac.worlds.registry import task as task_named
from gplac.worlds.task import evaluation_state

BOUNDS = {"ceiling": True, "floor": False}
"""Name of each, and whether it is told where the object is."""
ERRORS_M = (0.0, 0.01, 0.02, 0.03, 0.05)
"""Standard deviations, along each axis, of how wrong `measure_tolerance` tells the object's position."""


def _steps(preset: str) -> int:
    """Of a clone's training; a smoke test's need learn nothing."""
    return 20 if preset == "smoke" else 20_000


def measure_bounds(
    task: str,
    demonstrations: Path,
    split: str,
    scenes: int,
    episodes: int,
    out: Path,
    preset: str,
    seed: int = 0,
) -> dict[str, Result]:
    """Train both clones, run them from the initial states that policies are evaluated on, and write their results.

    Args:
        task: name of the task.
        demonstrations: folder of demonstrations; their pictures are not used.
        split: whose initial states.
        scenes: how many scenes; they differ in looks alone, which the clones do not see.
        episodes: how many in each.
        out: folder to write ``ceiling-seedK.json`` and ``floor-seedK.json`` into.
        preset: name that the results carry.
        seed: of weights and batches.

    Raises:
        UserError: no such task, or demonstrations of another one or that cannot be read.
    """
    data = Demonstrations.load(demonstrations, task)
    positions = task_named(task).object_xy(data.simulated_qpos).astype(np.float32)
    height, width = data.images.shape[1:3]
    found, steps = {}, _steps(preset)
    for name, told in BOUNDS.items():
        start = monotonic()
        clone = Clone(told, data.states, positions, data.actions, steps, seed)
        seconds = monotonic() - start
        rate, frames = steps * clone.batch / seconds, len(data.states)
        training = Training(
            name, preset, seed, 0, steps, rate, seconds, clone.parameters, labelled_images=frames
        )
        episodes_of = roll_out(task, clone, split, scenes, episodes)
        found[name] = result(View(task, width, height), episodes_of, {}, training, provenance())
        write_json(found[name], "result", out / f"{name}-seed{seed}.json")
    return found


def measure_tolerance(
    task: str, demonstrations: Path, split: str, episodes: int, out: Path, preset: str, seed: int = 0
) -> dict[str, Any]:
    """How often the expert and the ceiling clone succeed when they are told the object's position wrong, once an
    episode, by each of `ERRORS_M`. The clone starts as policies do in the split's first scene, the expert as in
    `evaluate_expert`. Writes ``out/tolerance-seedK.json``.

    Eyes are never exact. Demonstrations by an expert that fails when it is a centimetre wrong cannot be imitated from
    pictures, whatever the method.

    Raises:
        UserError: no such task, or demonstrations of another one or that cannot be read.
    """
    data, what, expert = Demonstrations.load(demonstrations, task), task_named(task), load_expert(task)
    positions = what.object_xy(data.simulated_qpos).astype(np.float32)
    clone = Clone(True, data.states, positions, data.actions, _steps(preset), seed)
    directions = rng("tolerance", task, seed).normal(size=(episodes, 2)).astype(np.float32)
    found: dict[str, Any] = {
        "task": task,
        "preset": preset,
        "seed": seed,
        "episodes": episodes,
        "errors_m": list(ERRORS_M),
        "expert": [
            evaluate_expert(what, expert, episodes, seed, seen_error_m=error).successes for error in ERRORS_M
        ],
        "clone": [
            int(
                what.success(
                    roll_out(task, clone, split, 1, episodes, error * directions).distances[0].T
                ).sum()
            )
            for error in ERRORS_M
        ],
        "provenance": provenance(),
    }
    write_json(found, "tolerance", out / f"tolerance-seed{seed}.json")
    return found


def roll_out(
    task: str,
    clone: Callable[[Floats, Floats], Floats],
    split: str,
    scenes: int,
    episodes: int,
    error_m: Floats | float = 0.0,
) -> Episodes:
    """Episodes of a clone from the initial states that policies are evaluated on; it is told the object's position
    wrong by ``error_m``, ``(scenes * episodes, 2)``."""
    what = task_named(task)
    starts = [evaluation_state(what, split, s, e) for s in range(scenes) for e in range(episodes)]
    vector = what.simulations(len(starts))
    vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
    positions, distances = [vector.qpos], []
    for _ in range(what.episode_steps):
        told = what.object_xy(vector.qpos).astype(np.float32) + error_m
        vector.step(clone(vector.robot_state(), told))
        positions.append(vector.qpos)
        distances.append(vector.distance())
    shape = (scenes, episodes)
    return Episodes(
        split,
        tuple(range(scenes)),
        np.stack(distances, axis=1).reshape(*shape, what.episode_steps),
        np.stack(positions, axis=1).reshape(*shape, what.episode_steps + 1, -1),
    )

"""The ceiling and the floor that a policy's success stands between: clones that see no pictures."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import numpy as np

from gplac.data.dataset import Demonstrations
from gplac.evaluation.drawing import View
from gplac.evaluation.result import Result, Training, result, write_json
from gplac.evaluation.store import Episodes
from gplac.experts.clones import Clone, Floats
from gplac.provenance import provenance
from gplac.seeding import rng
from gplac.worlds.registry import task as task_named
from gplac.worlds.vector import VectorTask

BOUNDS = {"ceiling": True, "floor": False}
"""Name of each, and whether it is told where the object is."""
STEPS = 20_000


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
        UserError: no such task, or demonstrations that cannot be read.
    """
    data = Demonstrations.load(demonstrations)
    positions = task_named(task).object_xy(data.qpos).astype(np.float32)
    height, width = data.images.shape[1:3]
    found = {}
    for name, told in BOUNDS.items():
        start = monotonic()
        clone = Clone(told, data.states, positions, data.actions, STEPS, seed)
        seconds = monotonic() - start
        training = Training(
            name, preset, seed, 0, STEPS, STEPS * clone.batch / seconds, seconds, clone.parameters
        )
        episodes_of = roll_out(task, clone, split, scenes, episodes)
        found[name] = result(View(task, width, height), episodes_of, {}, training, provenance())
        write_json(found[name], "result", out / f"{name}-seed{seed}.json")
    return found


def roll_out(
    task: str, clone: Callable[[Floats, Floats], Floats], split: str, scenes: int, episodes: int
) -> Episodes:
    """Episodes of a clone from the initial states that policies are evaluated on."""
    what = task_named(task)
    starts = [
        what.reset(rng("evaluation", task, split, s, e)) for s in range(scenes) for e in range(episodes)
    ]
    vector = VectorTask(what, len(starts))
    vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
    positions, distances = [vector.qpos], []
    for _ in range(what.episode_steps):
        vector.step(clone(vector.robot_state(), what.object_xy(vector.qpos).astype(np.float32)))
        positions.append(vector.qpos)
        distances.append(vector.distance())
    shape = (scenes, episodes)
    return Episodes(
        split,
        tuple(range(scenes)),
        np.stack(distances, axis=1).reshape(*shape, what.episode_steps),
        np.stack(positions, axis=1).reshape(*shape, what.episode_steps + 1, -1),
    )

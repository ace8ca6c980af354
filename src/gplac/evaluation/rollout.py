"""Running a policy in scenes, from initial states that are the same for every policy (section 6.1)."""

from collections import deque
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from gplac.errors import UserError
from gplac.evaluation.drawing import BATCH, DrawingPool, View, default_workers
from gplac.evaluation.policies import GREY, Float32, Images, Policy
from gplac.evaluation.store import Chunk, Episodes, Record, Store, chunks_of
from gplac.worlds.arm import Floats
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import require_factor, split_size
from gplac.worlds.task import Simulations, evaluation_state

Progress = Callable[[int, int], None]
"""Told how many episodes are done and how many there are."""


def evaluate(
    policy: Policy,
    view: View,
    split: str,
    scenes: int,
    episodes: int,
    *,
    blank: bool = False,
    workers: int | None = None,
    cache: Path | None = None,
    policy_id: str = "",
    progress: Progress | None = None,
) -> Episodes:
    """Run ``policy`` for ``episodes`` episodes in each of the first ``scenes`` scenes of ``split``.

    The result is a function of the policy, the view, the split and the numbers of scenes and episodes; not of
    ``workers``, nor of whether an earlier call was killed and this one resumes it.

    Args:
        policy: see `gplac.evaluation.policies.Policy`.
        view: task, image size and looks.
        split: one of `gplac.worlds.splits.SPLITS`.
        scenes: how many scenes.
        episodes: how many episodes in each.
        blank: show the policy grey pictures instead of the scene: a control.
        workers: processes that draw; by default one more than there are cores.
        cache: folder that keeps what is done, so that a killed evaluation resumes.
        policy_id: tells policies apart in the cache, such as a checksum of the weights and what computes with them.
        progress: called after every few episodes.

    Raises:
        UserError: unknown task or split, more scenes than the split has, or actions that are not finite.
    """
    require_possible(view, split, scenes, episodes, workers)
    task = task_named(view.task, view.robot_model)
    chunks = chunks_of(scenes, episodes)
    store = Store(cache, view, split, {"blank": blank, "policy": policy_id})
    records = {chunk: record for chunk in chunks if (record := store.load(chunk)) is not None}

    def keep(chunk: Chunk, record: Record) -> None:
        store.save(chunk, record)
        records[chunk] = record
        if progress is not None:
            progress(sum(done.count for done in records), scenes * episodes)

    todo = deque(chunk for chunk in chunks if chunk not in records)
    rows = min(BATCH, episodes)
    if blank:
        _run_blank(policy, task.simulations(rows), view, split, todo, keep)
    elif todo:
        with DrawingPool(view, min(workers or default_workers(), len(todo))) as pool:
            simulations = {worker: task.simulations(rows) for worker in pool.workers}
            _run_drawn(policy, simulations, split, todo, pool, keep)
    joined = [np.concatenate([records[chunk][part] for chunk in chunks]) for part in (0, 1)]
    distances, qpos = (array.reshape(scenes, episodes, *array.shape[1:]) for array in joined)
    return Episodes(split, tuple(range(scenes)), distances, qpos)


def require_possible(view: View, split: str, scenes: int, episodes: int, workers: int | None) -> None:
    """Refuse what `evaluate` would, of the same arguments.

    Raises:
        UserError: unknown task, split or factor, no episodes, more scenes than the split has, or less than no process.
    """
    if scenes < 1 or episodes < 1:
        raise UserError(
            f"An evaluation needs one scene and one episode or more, not {scenes} and {episodes}."
        )
    if workers is not None and workers < 0:
        raise UserError(f"There cannot be {workers} processes that draw; ask for 1 or more, or for 0.")
    if scenes > (size := split_size(view.task, split)):
        raise UserError(f"The {split} split has {size} scenes, not {scenes}; ask for fewer.")
    require_factor(view.task, view.vary)


def _lockstep(
    policy: Policy, simulations: Simulations, split: str, chunk: Chunk
) -> Generator[Floats, Images, Record]:
    """Run a chunk: yields positions ``(n, nq)`` to draw, is sent their frames, ``(simulations.n, H, W, 3)`` or more."""
    task, rows = simulations.task, simulations.n
    states = [
        evaluation_state(task, split, chunk.scene, chunk.first + episode) for episode in range(chunk.count)
    ]
    # Rows beyond the chunk repeat its first episode: the batch of the policy has one size.
    states += states[:1] * (rows - chunk.count)
    simulations.set_state(np.stack([qpos for qpos, _ in states]), np.stack([qvel for _, qvel in states]))
    positions, distances = [simulations.qpos[: chunk.count]], []

    def decide(images: Images, states: Float32) -> Float32:
        actions = policy(images, states)
        if actions.shape != (rows, task.action_size) or not np.isfinite(actions[: chunk.count]).all():
            raise UserError(
                f"The policy answered with actions of shape {actions.shape}, or with some not finite,"
                f" where {(rows, task.action_size)} finite ones are due; look at the log of its training."
            )
        return actions

    for _ in range(task.episode_steps):
        frames = yield positions[-1]
        simulations.act(decide, frames[:rows])
        positions.append(simulations.qpos[: chunk.count])
        distances.append(task.distance(positions[-1]))
    return np.stack(distances, axis=1), np.stack(positions, axis=1)


def _run_blank(
    policy: Policy,
    simulations: Simulations,
    view: View,
    split: str,
    todo: deque[Chunk],
    keep: Callable[[Chunk, Record], None],
) -> None:
    frames = np.full((simulations.n, view.height, view.width, 3), GREY, np.uint8)
    for chunk in todo:
        running = _lockstep(policy, simulations, split, chunk)
        next(running)
        while (record := _send(running, frames)[1]) is None:
            pass
        keep(chunk, record)


def _run_drawn(
    policy: Policy,
    simulations: dict[Connection, Simulations],
    split: str,
    todo: deque[Chunk],
    pool: DrawingPool,
    keep: Callable[[Chunk, Record], None],
) -> None:
    """Each worker draws one chunk at a time; this process runs policy and physics for whichever is ready."""
    running: dict[Connection, tuple[Chunk, Generator[Floats, Images, Record]]] = {}

    def begin(worker: Connection) -> None:
        chunk = todo.popleft()
        running[worker] = chunk, _lockstep(policy, simulations[worker], split, chunk)
        pool.ask(worker, split, chunk.scene, next(running[worker][1]))

    for worker in pool.workers:
        begin(worker)
    while running:
        for worker, frames in pool.ready(list(running)):
            chunk, steps = running[worker]
            positions, record = _send(steps, frames)
            if record is None:
                pool.ask(worker, split, chunk.scene, positions)
                continue
            keep(chunk, record)
            del running[worker]
            if todo:
                begin(worker)


def _send(steps: Generator[Floats, Images, Record], frames: Images) -> tuple[Floats, Record | None]:
    try:
        return steps.send(frames), None
    except StopIteration as end:
        record: Record = end.value
        return record[1][:, -1], record

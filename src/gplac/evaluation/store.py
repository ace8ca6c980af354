"""Finished episodes on disk: what a killed evaluation resumes from, and what films are drawn from."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data.shards import sha256
from gplac.errors import UserError
from gplac.evaluation.drawing import BATCH, View
from gplac.evaluation.own_robot import require_same
from gplac.files import NO_ARCHIVE, write_atomically
from gplac.worlds.looks.packs import fingerprint as pack_fingerprint
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import digest, split_size
from gplac.worlds.task import Task, evaluation_state, fingerprint

Record = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Of some episodes: distances ``(n, T)`` after each step and positions ``(n, T + 1, nq)``."""
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Episodes:
    """What happened in ``E`` episodes in each of ``S`` scenes of one split."""

    split: str
    scenes: tuple[int, ...]
    distances: npt.NDArray[np.float64]
    """``(S, E, T)``: the task's distance after each step, metres."""
    qpos: npt.NDArray[np.float64]
    """``(S, E, T + 1, nq)``: positions, first the initial ones; enough to draw every episode again."""

    def outcomes(self, task: Task, threshold_m: float | None = None) -> npt.NDArray[np.bool_]:
        """Success ``(S, E)`` by the task's own threshold or another one."""
        return task.success(np.moveaxis(self.distances, -1, 0), threshold_m)


@dataclass(frozen=True)
class Chunk:
    """Consecutive episodes of one scene, run in lockstep: the unit of work and of resuming."""

    scene: int
    first: int
    count: int

    @property
    def file(self) -> str:
        """Its name on disk."""
        return f"scene-{self.scene:03d}-episodes-{self.first:04d}-{self.first + self.count - 1:04d}.npz"


def chunks_of(scenes: int, episodes: int) -> list[Chunk]:
    """What an evaluation of so many episodes in each of so many scenes consists of, in order."""
    starts = range(0, episodes, BATCH)
    return [Chunk(s, first, min(BATCH, episodes - first)) for s in range(scenes) for first in starts]


class Store:
    """Finished chunks in a folder, each written whole or not at all; or nowhere if there is no folder.

    Args:
        folder: where; made if need be.
        view: what the policy sees.
        split: in which scenes.
        settings: whatever else decides the numbers. Chunks that other settings, other scenes, or another physics or
            other initial states of the task left here are removed when the first of these is kept.
    """

    def __init__(self, folder: Path | None, view: View, split: str, settings: dict[str, Any]) -> None:
        self._folder = folder
        if folder is None:
            return
        self._task, self._split = task_named(view.task, view.robot_model), split
        seen = asdict(view)
        if view.robot_model is None:
            del seen["robot_model"]  # what was kept before there was a choice stays good
        else:
            seen["robot_model"] = [view.robot_model, sha256(view.robot_model)]
        size = split_size(view.task, split)
        if view.assets is not None:  # `digest` has names of its files alone
            settings = settings | {"assets": pack_fingerprint(view.assets)}
        known = settings | {
            "view": seen,
            "split": split,
            "scenes": digest(view.task, split, range(size), view.level, view.assets, view.vary),
            "physics": fingerprint(self._task, split, size, BATCH),
            "mujoco": version("mujoco-core"),
        }
        self._settings = (json.dumps(known, default=str, indent=1, sort_keys=True) + "\n").encode()
        folder.mkdir(parents=True, exist_ok=True)  # not for scenes that do not exist
        note = folder / SETTINGS
        self._current = note.exists() and note.read_bytes() == self._settings

    def load(self, chunk: Chunk) -> Record | None:
        """A chunk, if it was finished before and its file is sound."""
        if self._folder is None or not self._current or not (path := self._folder / chunk.file).exists():
            return None
        try:
            return _read(path, chunk, self._task, self._split)
        except _DAMAGED:
            return None  # it is run again, and written over

    def save(self, chunk: Chunk, record: Record) -> None:
        """Keep a finished chunk."""
        if self._folder is None:
            return
        if not self._current:
            # Another policy, other pictures or another world: what lies here answers another question.
            for stale in self._folder.glob("scene-*.npz"):
                stale.unlink()
            write_atomically(self._folder / SETTINGS, self._settings)
            self._current = True
        content = BytesIO()
        np.savez_compressed(content, distances=record[0], qpos=record[1])
        write_atomically(self._folder / chunk.file, content.getvalue())


def load_episodes(folder: Path, scenes: int, episodes: int) -> tuple[View, Episodes]:
    """The first ``episodes`` in each of the first ``scenes`` scenes, as an evaluation of that size kept them in
    ``folder``, and what the policy saw. What evaluations of other sizes left there is passed over.

    Raises:
        UserError: they are not all there, or damaged, or the user's own robot in them is gone or another one.
    """
    try:
        settings = json.loads((folder / SETTINGS).read_text())
        view, split = settings["view"], settings["split"]
        assets = None if view["assets"] is None else Path(view["assets"])
        robot = Path(view["robot_model"][0]) if "robot_model" in view else None
        seen = View(**view | {"assets": assets, "robot_model": robot})
        if robot is not None:
            mend = "run: gplac evaluate RUN"
            require_same(robot, view["robot_model"][1], f"the evaluation in {folder}", mend)
        task, chunks = task_named(seen.task, robot), chunks_of(scenes, episodes)
        records = [_read(folder / chunk.file, chunk, task, split) for chunk in chunks]
    except _DAMAGED as error:
        raise UserError(f"{folder} holds no whole evaluation ({error}); run: gplac evaluate") from error
    distances, qpos = (np.concatenate([record[part] for record in records]) for part in (0, 1))
    distances, qpos = (array.reshape(scenes, episodes, *array.shape[1:]) for array in (distances, qpos))
    return seen, Episodes(split, tuple(range(scenes)), distances, qpos)


_DAMAGED = (*NO_ARCHIVE, KeyError, TypeError)
"""What reading a missing, truncated or foreign file raises."""


def _read(path: Path, chunk: Chunk, task: Task, split: str) -> Record:
    with np.load(path, allow_pickle=False) as arrays:
        record: Record = arrays["distances"], arrays["qpos"]
    nq = len(evaluation_state(task, split, chunk.scene, chunk.first)[0])
    shapes = (chunk.count, task.episode_steps), (chunk.count, task.episode_steps + 1, nq)
    for part, shape in zip(record, shapes, strict=True):
        if part.shape != shape or part.dtype != np.float64 or not np.isfinite(part).all():
            raise ValueError(
                f"{path.name} holds other numbers than {chunk.count} episodes of {task.name} have"
            )
    return record

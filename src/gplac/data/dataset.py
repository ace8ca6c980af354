"""Data sets in memory: every image decoded, in arrays that training reads from directly."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.manifest import Kind, Manifest, Shard
from gplac.data.shards import Images, decode_jpeg_into, read_shard, to_numpy
from gplac.errors import UserError


@dataclass(frozen=True)
class Demonstrations:
    """``N`` frames of the expert's or a robot's episodes; a frame is the moment *before* its action."""

    images: Images
    """``(N, H, W, 3)``, RGB."""
    states: npt.NDArray[np.float32]
    """``(N, S)``; of the simulated arm 17: joint angles (rad), velocities (rad/s), position of the hand (m)."""
    actions: npt.NDArray[np.float32]
    """``(N, A)``; of the simulated arm 7: torques the expert asked for, without the noise that was added when they were
    executed."""
    episode: npt.NDArray[np.int64]
    """``(N,)``: which episode a frame belongs to."""
    frame: npt.NDArray[np.int64]
    """``(N,)``: step within the episode, from 0."""
    scene: npt.NDArray[np.int64]
    """``(N,)``: index of the scene within its split."""
    qpos: npt.NDArray[np.float64] | None
    """``(N, nq)``: positions of everything, None where nobody knows them. For diagnosis, and for ATT-PO; no other
    method may see it."""
    task: str
    """Name of the task."""

    @property
    def object_positions(self) -> npt.NDArray[np.float64] | None:
        """``(N, 2)``: world position (x, y) of the object of interest, metres; None where nobody knows it. For ATT-PO,
        and no other method."""
        return _object_positions(self.task, self.qpos)

    @property
    def simulated_qpos(self) -> npt.NDArray[np.float64]:
        """``qpos``, of demonstrations that have it.

        Raises:
            UserError: these have none; only a simulator knows where everything is.
        """
        if self.qpos is None:
            raise UserError(
                "These demonstrations are a robot's and do not say where everything was, which this instrument has to"
                " know; collect some in simulation with `gplac collect demos`."
            )
        return self.qpos

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read and decode the data set in ``folder``.

        Raises:
            UserError: it is no complete set of demonstrations, or a shard is missing or damaged.
        """
        images, columns, task = _load(folder, "demonstrations")
        return cls(
            images,
            states=columns[schema.STATE],
            actions=columns[schema.ACTION],
            episode=columns[schema.EPISODE],
            frame=columns[schema.FRAME],
            scene=columns[schema.SCENE],
            qpos=columns.get(schema.QPOS),
            task=task,
        )


@dataclass(frozen=True)
class WeakImages:
    """``N`` images with one bit each: is the object of interest in the picture?"""

    images: Images
    """``(N, H, W, 3)``, RGB."""
    labels: npt.NDArray[np.uint8]
    """``(N,)``: 1 if the object of interest is in the picture, else 0."""
    scene: npt.NDArray[np.int64]
    """``(N,)``: index of the scene within its split."""
    qpos: npt.NDArray[np.float64] | None = None
    """``(N, nq)``: positions of everything, None where nobody knows them; of an object of interest that is left out,
    where it would be. For ATT-PO; no other method may see it."""
    task: str = ""
    """Name of the task; needed where there are positions."""

    @property
    def object_positions(self) -> npt.NDArray[np.float64] | None:
        """``(N, 2)``: world position (x, y) of the object of interest, metres, where it is in the picture; None where
        nobody knows it. For ATT-PO, and no other method."""
        return _object_positions(self.task, self.qpos)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read and decode the data set in ``folder``.

        Raises:
            UserError: it is no complete set of weak images, or a shard is missing or damaged.
        """
        images, columns, task = _load(folder, "weak")
        return cls(
            images,
            labels=columns[schema.LABEL],
            scene=columns[schema.SCENE],
            qpos=columns.get(schema.QPOS),
            task=task,
        )

    def some(self, indices: npt.NDArray[np.int64]) -> Self:
        """Those of ``indices (n,)`` alone."""
        return replace(
            self,
            images=self.images[indices],
            labels=self.labels[indices],
            scene=self.scene[indices],
            qpos=None if self.qpos is None else self.qpos[indices],
        )


def _object_positions(task: str, qpos: npt.NDArray[np.float64] | None) -> npt.NDArray[np.float64] | None:
    if qpos is None:
        return None
    from gplac.worlds.registry import task as task_named  # other methods are trained without a simulator

    return task_named(task).object_xy(qpos)


def _load(folder: Path, kind: Kind) -> tuple[Images, dict[str, npt.NDArray[Any]], str]:
    """Images, the other columns, and the name of the task."""
    manifest = Manifest.read(folder)
    if manifest.request.kind != kind:
        raise UserError(
            f"{folder} holds {manifest.request.kind} data where {kind} data are needed; name another one."
        )
    if not manifest.complete:
        missing = sum(shard.sha256 is None for shard in manifest.shards)
        raise UserError(
            f"The collection in {folder} is not complete: {missing} of {len(manifest.shards)} shards are missing;"
            " run the command that collects it again, and it goes on where it was stopped."
        )
    images = np.empty((manifest.rows, manifest.request.height, manifest.request.width, 3), np.uint8)
    starts = np.cumsum([0, *(shard.rows for shard in manifest.shards)])

    def read(index: int) -> dict[str, npt.NDArray[Any]]:
        return _read_into(images[starts[index] : starts[index + 1]], folder, manifest.shards[index], kind)

    parts = _in_threads(read, range(len(manifest.shards)))
    # Positions are there if every shard has them: those of weak images drawn before they were kept have none.
    names = [name for name in parts[0] if all(name in part for part in parts)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return images, columns, manifest.request.task


def _read_into(images: Images, folder: Path, shard: Shard, kind: Kind) -> dict[str, npt.NDArray[Any]]:
    """Decode one shard's images into ``images (rows, H, W, 3)``, and give its other columns."""
    path = folder / shard.name
    table = read_shard(path)
    column = schema.image_column(kind)
    try:
        if len(table) != len(images):
            raise ValueError(f"it has {len(table)} rows instead of {len(images)}")
        for out, encoded in zip(images, table.column(column), strict=True):
            decode_jpeg_into(encoded.as_py(), out)
        return {name: to_numpy(table, name) for name in table.column_names if name != column}
    except (KeyError, ValueError) as error:
        raise UserError(f"The shard {path} is damaged: {error}; run the collecting command again.") from error


def _in_threads(function: Callable[[int], Mapping[str, Any]], items: Sequence[int]) -> list[Any]:
    # Decoding gives up the interpreter's lock, so threads suffice, and images need not be copied between processes.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(function, items))

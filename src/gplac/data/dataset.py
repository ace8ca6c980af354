"""Data sets in memory: every image decoded, in arrays that training reads from directly."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.manifest import MANIFEST, Kind, Manifest
from gplac.data.shards import Images, sha256, to_numpy
from gplac.data.soundness import damaged, decode, sound_shard
from gplac.errors import UserError
from gplac.provenance import memory_gib


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
    """``(N, nq)``: positions of everything, None where nobody knows them. For diagnosis; no method may see it."""
    task: str
    """Name of the task."""
    object_positions: npt.NDArray[np.float64] | None = None
    """``(N, 2)``: where in the picture the object of interest stands (`SceneRenderer.seen_at`), None where nobody
    noted it. For ATT-PO; no other method may see it."""

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
    def load(cls, folder: Path, task: str | None = None) -> Self:
        """Read and decode the data set in ``folder``.

        Args:
            folder: of the data set.
            task: what task it has to be of; see `Manifest.require_task`. None: of any.

        Raises:
            UserError: it is no complete set of demonstrations of that task, or a shard is missing or damaged, as one is
                whose numbers are not all finite.
        """
        images, columns, name = _load(folder, "demonstrations", task)
        return cls(
            images,
            states=columns[schema.STATE],
            actions=columns[schema.ACTION],
            episode=columns[schema.EPISODE],
            frame=columns[schema.FRAME],
            scene=columns[schema.SCENE],
            qpos=columns.get(schema.QPOS),
            task=name,
            object_positions=columns.get(schema.SEEN_AT),
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
    object_positions: npt.NDArray[np.float64] | None = None
    """``(N, 2)``: where in the picture the object of interest stands (`SceneRenderer.seen_at`), or would stand where it
    is left out; None where nobody noted it. For ATT-PO; no other method may see it."""
    source: npt.NDArray[np.str_] | None = None
    """``(N,)``: the file of which each photograph was made, None where that was not kept."""

    @classmethod
    def load(cls, folder: Path, task: str | None = None) -> Self:
        """Read and decode the data set in ``folder``.

        Args:
            folder: of the data set.
            task: what task it has to be of; see `Manifest.require_task`. None: of any.

        Raises:
            UserError: it is no complete set of weak images of that task, or a shard is missing or damaged, as one is
                that has a label besides 0 and 1.
        """
        images, columns, _ = _load(folder, "weak", task)
        return cls(
            images,
            labels=columns[schema.LABEL],
            scene=columns[schema.SCENE],
            object_positions=columns.get(schema.SEEN_AT),
            source=columns.get(schema.SOURCE),
        )


Data = TypeVar("Data", Demonstrations, WeakImages)


def rows(data: Data, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Data:
    """Those rows of a data set that are ``chosen``: ``(N,)`` whether each is, or ``(n,)`` which."""
    values = {each.name: getattr(data, each.name) for each in fields(data)}
    taken: dict[str, Any] = {
        name: value[chosen] for name, value in values.items() if isinstance(value, np.ndarray)
    }
    return replace(data, **taken)


def require_memory(*folders: Path) -> None:
    """Whether the pictures of data sets can lie in memory together, before they are decoded into it.

    Raises:
        UserError: they cannot, or there is no data set.
    """
    need, have = 0.0, memory_gib()
    for folder in folders:
        manifest = Manifest.read(folder)
        need += manifest.rows * manifest.request.height * manifest.request.width * 3 / 2**30
    if have is not None and need > have:
        named = " and ".join(map(str, folders))
        raise UserError(
            f"The pictures in {named} take {need:.0f} GiB of memory once they are decoded, and this machine has"
            f" {have:.0f}: use fewer or smaller ones, or a machine with more."
        )


def _load(folder: Path, kind: Kind, task: str | None) -> tuple[Images, dict[str, npt.NDArray[Any]], str]:
    """Images, the other columns, and the name of the task."""
    manifest = Manifest.read_complete(folder, kind, task)
    require_memory(folder)
    images = np.empty((manifest.rows, manifest.request.height, manifest.request.width, 3), np.uint8)
    starts = np.cumsum([0, *(shard.rows for shard in manifest.shards)])

    def read(index: int) -> dict[str, npt.NDArray[Any]]:
        shard = manifest.shards[index]
        table = sound_shard(folder, manifest, shard)
        place = images[starts[index] : starts[index + 1]]
        decode(table, range(len(table)), place, folder / shard.name, manifest.request)
        if sha256(folder / shard.name) != shard.sha256:  # last: what was said above tells more
            raise damaged(folder / shard.name, f"its checksum is not that of {MANIFEST}", manifest.request)
        return {
            name: to_numpy(table, name) for name in table.column_names if name != schema.image_column(kind)
        }

    parts = _in_threads(read, range(len(manifest.shards)))
    # Positions are there if every shard has them: those drawn before they were kept have none.
    names = [name for name in parts[0] if all(name in part for part in parts)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return images, columns, manifest.request.task


def _in_threads(function: Callable[[int], Mapping[str, Any]], items: Sequence[int]) -> list[Any]:
    # Decoding gives up the interpreter's lock, so threads suffice, and images need not be copied between processes.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(function, items))

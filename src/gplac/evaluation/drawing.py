"""Processes that draw what the policies see, one warm renderer in each."""

import ctypes
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gplac import plugins
from gplac.errors import UserError
from gplac.evaluation.policies import Images
from gplac.scale.executor import available_cores

BATCH = 10
"""Most images of one policy call. How many a call has is fixed by the episodes asked for, because the last bit of a
network's output may depend on the batch's size; so no number depends on how many scenes are in flight."""


@dataclass(frozen=True)
class View:
    """What is drawn and how large: everything but scene and physics that decides an image."""

    task: str
    width: int
    height: int
    level: str = "standard"
    """Difficulty of the looks."""
    assets: Path | None = None
    """Folder of the user's own textures and meshes."""
    vary: str | None = None
    """The one factor in which scenes differ from the labelled one; none: they differ in all."""
    robot_model: Path | None = None
    """See `gplac.worlds.registry.task`."""

    def __post_init__(self) -> None:
        # A pack is told by its folder's name, which "." hides.
        if self.assets is not None and self.assets.name in ("", ".."):
            object.__setattr__(self, "assets", self.assets.resolve())


class DrawingPool:
    """``workers`` processes; each draws up to `BATCH` frames at a time into memory shared with this process.

    They are spawned, never forked: graphics contexts and thread pools do not survive a fork.
    """

    def __init__(self, view: View, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._frames: dict[Connection, Images] = {}
        self._processes = []
        for _ in range(workers):
            buffer = context.RawArray(ctypes.c_uint8, BATCH * view.height * view.width * 3)
            ours, theirs = context.Pipe()
            process = context.Process(target=_draw, args=(theirs, buffer, view), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._frames[ours] = _as_images(buffer, view)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        for connection in self._frames:
            connection.close()
        for process in self._processes:
            process.join(timeout=5)
            if process.is_alive():
                process.kill()
                process.join()

    @property
    def workers(self) -> list[Connection]:
        """One connection for each process."""
        return list(self._frames)

    def ask(self, worker: Connection, split: str, scene: int, qpos: npt.NDArray[np.float64]) -> None:
        """Have ``worker`` draw ``qpos (n, nq)``, n <= `BATCH`, in a scene; `ready` tells when it is done."""
        try:
            worker.send((split, scene, qpos))
        except BrokenPipeError as error:
            raise UserError(_DIED) from error

    def ready(self, among: Sequence[Connection]) -> list[tuple[Connection, Images]]:
        """Wait for at least one of the workers asked.

        Returns:
            Workers that are done, each with its frames ``(BATCH, H, W, 3)``; rows beyond those asked for hold
            whatever was there before, and all are overwritten by the worker's next task.

        Raises:
            UserError: a process died, or could not draw.
        """
        done = []
        for connection in wait(list(among)):
            assert isinstance(connection, Connection)
            try:
                complaint, mendable = connection.recv()
            except (EOFError, ConnectionResetError) as error:
                raise UserError(_DIED) from error
            if complaint:
                raise UserError(complaint) if mendable else RuntimeError(complaint)
            done.append((connection, self._frames[connection]))
        return done


_DIED = (
    "A process that draws the scenes died, perhaps for lack of memory: try fewer of them (workers). In a Python script"
    ' of your own, what calls gplac has to stand below `if __name__ == "__main__":`, for each process imports the'
    " script."
)


def default_workers() -> int:
    """One process more than cores: one waits for the policy while the others draw."""
    return available_cores() + 1


def _as_images(buffer: Any, view: View) -> Images:
    return np.frombuffer(buffer, dtype=np.uint8).reshape(BATCH, view.height, view.width, 3)


def _draw(connection: Connection, buffer: Any, view: View) -> None:
    """Body of a worker: draw until the other end closes."""
    # There is a worker for each core: drawing in software, each should keep to one thread.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    # Imported here: the graphics library belongs to the workers, and the parent may have none.
    from gplac.worlds.registry import task
    from gplac.worlds.render import SceneRenderer
    from gplac.worlds.splits import scene

    frames, shown, renderer = _as_images(buffer, view), None, None
    plugins.load()
    try:
        while True:
            split, index, qpos = connection.recv()
            try:
                if shown != (split, index):
                    if renderer is not None:
                        renderer.__exit__(None, None, None)
                    look = scene(view.task, split, index, view.level, view.assets, view.vary)
                    what = task(view.task, view.robot_model)
                    renderer = SceneRenderer(what, look, view.width, view.height).__enter__()
                    shown = (split, index)
                assert renderer is not None
                for row, position in enumerate(qpos):
                    frames[row] = renderer.frame(position)
                connection.send(("", True))
            except UserError as error:
                connection.send((str(error), True))
            except Exception as error:
                # Raised again by the parent, which knows what to stop.
                connection.send((f"drawing {split} scene {index}: {type(error).__name__}: {error}", False))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return

"""What a worker does: draw the pictures of one shard and write it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.shards import Images, encode_jpeg, write_shard
from gplac.seeding import rng
from gplac.worlds import filament, gl
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene


@dataclass(frozen=True)
class Look:
    """Which scene is drawn, and how large."""

    task: str
    split: str
    index: int
    level: str
    assets: Path | None
    width: int
    height: int
    robot_model: Path | None = None
    """See `gplac.worlds.registry.task`."""
    renderer: str = "classic"
    """See `SceneRenderer`."""


@dataclass(frozen=True)
class DemonstrationJob:
    """``E`` consecutive episodes of ``T`` steps in one scene."""

    path: Path
    look: Look
    first_episode: int
    """Index of the first of them in the data set."""
    qpos: npt.NDArray[np.float64]
    """``(E, T, nq)``"""
    states: npt.NDArray[np.float32]
    """``(E, T, state_size)``"""
    actions: npt.NDArray[np.float32]
    """``(E, T, action_size)``"""


@dataclass(frozen=True)
class WeakJob:
    """Weak images ``first`` to ``first + count - 1`` of one scene."""

    path: Path
    look: Look
    seed: int
    first: int
    count: int


Job = DemonstrationJob | WeakJob

_warm: tuple[Look, SceneRenderer] | None = None


def renderer_of(look: Look) -> SceneRenderer:
    """This process's renderer of ``look``; the last one stays open, since shards of a scene follow each other."""
    global _warm
    if _warm is None or _warm[0] != look:
        close_renderer()
        description = scene(look.task, look.split, look.index, look.level, look.assets)
        what = task_named(look.task, look.robot_model)
        _warm = look, SceneRenderer(what, description, look.width, look.height, renderer=look.renderer)
    return _warm[1]


def close_renderer() -> None:
    """Release the renderer that this process keeps."""
    global _warm
    if _warm is not None:
        _warm[1].close()
        _warm = None


def renderer_name(renderer: str) -> str:
    """What draws in this process, of the version that it has; ``renderer`` as of a `Look`."""
    return filament.name() if renderer == "filament" else gl.renderer_name()


def draw(job: Job) -> tuple[int, str]:
    """Draw and write a shard: a function of the job alone. Gives the file's size in bytes and SHA-256.

    Raises:
        UserError: it cannot be written.
    """
    return _demonstrations(job) if isinstance(job, DemonstrationJob) else _weak(job)


def _demonstrations(job: DemonstrationJob) -> tuple[int, str]:
    renderer = renderer_of(job.look)
    episodes, steps = job.qpos.shape[:2]
    rows = episodes * steps
    episode = job.first_episode + np.repeat(np.arange(episodes), steps)
    frame = np.tile(np.arange(steps), episodes)
    positions = job.qpos.reshape(rows, -1)
    columns = {
        schema.IMAGE: [encode_jpeg(renderer.frame(qpos)) for qpos in positions],
        schema.STATE: job.states.reshape(rows, -1),
        schema.ACTION: job.actions.reshape(rows, -1),
        schema.EPISODE: episode,
        schema.FRAME: frame,
        schema.TIMESTAMP: (frame / task_named(job.look.task).control_hz).astype(np.float32),
        schema.INDEX: episode * steps + frame,
        schema.SCENE: np.full(rows, job.look.index),
        schema.QPOS: positions,
        schema.SEEN_AT: np.stack([renderer.seen_at(qpos) for qpos in positions]),
    }
    sizes = (array.shape[-1] for array in (job.states, job.actions, job.qpos))
    return write_shard(job.path, schema.demonstration_schema(*sizes), columns)


def _weak(job: WeakJob) -> tuple[int, str]:
    numbers = range(job.first, job.first + job.count)
    drawn = [weak_image(job.look, job.seed, number) for number in numbers]
    qpos = np.stack([qpos for _, qpos, _ in drawn])
    columns = {
        schema.WEAK_IMAGE: [encode_jpeg(image) for image, _, _ in drawn],
        schema.LABEL: np.array([is_present(number) for number in numbers], np.uint8),
        schema.SCENE: np.full(job.count, job.look.index),
        schema.WEAK_INDEX: np.array(numbers),
        schema.QPOS: qpos,
        schema.SEEN_AT: np.stack([seen_at for _, _, seen_at in drawn]),
    }
    return write_shard(job.path, schema.weak_schema(qpos.shape[1]), columns)


def is_present(number: int) -> bool:
    """Whether the object of interest is in a scene's weak image ``number``: in every second one."""
    return number % 2 == 0


def weak_image(
    look: Look, seed: int, number: int
) -> tuple[Images, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weak image ``number`` of a scene, ``(H, W, 3)``, the positions ``(nq,)`` that it shows, and where in it the
    object of interest stands (`SceneRenderer.seen_at`)."""
    generator, renderer = rng("weak", look.task, seed, look.split, look.index, number), renderer_of(look)
    image, qpos = renderer.weak_with_qpos(generator, is_present(number))
    return image, qpos, renderer.seen_at(qpos)

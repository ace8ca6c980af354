"""Collecting demonstrations and weak images into a folder (section 6.2, appendix 8.2.2).

A shard is a function of what was asked for and of its number. So shards are drawn in any order by any number of
processes, and a collection that was killed goes on at the next missing shard and ends with the same bytes.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gplac import config
from gplac.data.collection import Collected, Collection, open_collection
from gplac.data.draw import DemonstrationJob, Look, WeakJob, is_present
from gplac.data.episodes import Expert, roll_out
from gplac.data.manifest import Manifest, Request, Shard
from gplac.data.progress import progress
from gplac.errors import UserError
from gplac.worlds.looks import packs
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import digest, require_scene

EPISODES_PER_SHARD = 10
WEAK_PER_SHARD = 500


@dataclass(frozen=True)
class _Part:
    """What a shard holds: episodes or images ``first`` to ``first + count - 1`` of one scene."""

    scene: int
    """Position in the request's list of scenes."""
    first: int
    count: int


def collect_demonstrations(
    out: Path,
    task: str,
    expert: Expert,
    scenes: Sequence[tuple[str, int]],
    episodes_per_scene: int,
    width: int,
    height: int,
    *,
    seed: int = 0,
    action_noise: float | None = None,
    noise_time_s: float | None = None,
    workers: int = 0,
    level: str = "standard",
    assets: Path | None = None,
    robot_model: Path | None = None,
    renderer: str = "classic",
) -> Collected:
    """Roll out the expert, keep its successful episodes, draw them in the scenes, and write them to ``out``.

    The first ``episodes_per_scene`` episodes are of the first scene, and so on. They depend on task, expert, noise
    and seed: two data sets with the same ones hold the same motions, whatever their scenes look like.

    Args:
        out: folder of the data set; a collection that was stopped there goes on.
        task: name of the task.
        expert: who demonstrates; if it has a ``fingerprint``, a collection is not gone on with by another one.
        scenes: (split, index) of the scenes, all of one split.
        episodes_per_scene: successful episodes in each.
        width: of the images, pixels.
        height: of the images, pixels.
        seed: of initial states and noise.
        action_noise: standard deviation of the noise on executed actions, in their units; None: what preset ``paper``
            has for the task.
        noise_time_s: correlation time of that noise, seconds; 0: a fresh draw each step; None: as above.
        workers: processes that draw; 0: one for each core.
        level: difficulty of the looks.
        assets: folder of the user's own textures and meshes.
        robot_model: see `gplac.worlds.registry.task`.
        renderer: "classic" or "filament".

    Raises:
        UserError: impossible arguments, an unfit expert, a folder that holds something else or cannot be written to.
    """
    split, indices = _one_split(scenes)
    usual = config.preset("paper", task).data
    action_noise = usual.action_noise if action_noise is None else action_noise
    noise_time_s = usual.noise_time_s if noise_time_s is None else noise_time_s
    request = Request(
        "demonstrations",
        task,
        split,
        indices,
        episodes_per_scene,
        level,
        width,
        height,
        seed,
        action_noise,
        noise_time_s,
        _text(assets),
        _text(robot_model),
        renderer,
    )
    _check(request)
    what = task_named(task, robot_model)
    parts = _parts(request, EPISODES_PER_SHARD)
    with open_collection(
        out, request, [Shard(_name(request, part), part.count * what.episode_steps) for part in parts]
    ) as collection:
        _pin(collection, expert)
        looks = _looks(request)
        # A complete collection does not ask the expert anything: only its fingerprint tells it from another one.
        if not collection.missing:
            return Collected(collection.manifest, 0)
        total = len(indices) * episodes_per_scene
        with progress("episodes", total) as advance:
            episodes = roll_out(what, expert, total, action_noise, seed, advance, noise_time_s=noise_time_s)
        collection.pin("episodes", episodes.fingerprint())

        def job(number: int) -> DemonstrationJob:
            part = parts[number]
            start = part.scene * episodes_per_scene + part.first
            chosen = slice(start, start + part.count)
            motions = episodes.qpos[chosen], episodes.states[chosen], episodes.actions[chosen]
            return DemonstrationJob(
                out / collection.manifest.shards[number].name, looks[part.scene], start, *motions
            )

        counts = {
            "rows": total * what.episode_steps,
            "scenes": len(indices),
            "episodes": total,
            "attempts": episodes.attempted,
        }
        return collection.draw([job(number) for number in collection.missing], counts, workers)


def collect_weak(
    out: Path,
    task: str,
    scenes: Sequence[tuple[str, int]],
    per_scene: int,
    width: int,
    height: int,
    *,
    seed: int = 0,
    workers: int = 0,
    level: str = "standard",
    assets: Path | None = None,
    robot_model: Path | None = None,
    renderer: str = "classic",
) -> Collected:
    """Draw images without the robot, half with the object of interest and half without, and write them to ``out``.

    Args:
        out: folder of the data set; a collection that was stopped there goes on.
        task: name of the task.
        scenes: (split, index) of the scenes, all of one split.
        per_scene: images of each, an even number.
        width: of the images, pixels.
        height: of the images, pixels.
        seed: of where things are in the images.
        workers: processes that draw; 0: one for each core.
        level: difficulty of the looks.
        assets: folder of the user's own textures and meshes.
        robot_model: see `gplac.worlds.registry.task`.
        renderer: "classic" or "filament".

    Raises:
        UserError: impossible arguments, or a folder that holds something else or cannot be written to.
    """
    split, indices = _one_split(scenes)
    request = Request(
        "weak", task, split, indices, per_scene, level, width, height, seed,
        assets=_text(assets), robot_model=_text(robot_model), renderer=renderer,
    )  # fmt: skip
    _check(request)
    if per_scene % 2:
        raise UserError(
            f"{per_scene} images of a scene cannot be half with and half without the object; make it even."
        )
    parts = _parts(request, WEAK_PER_SHARD)
    with open_collection(
        out, request, [Shard(_name(request, part), part.count) for part in parts]
    ) as collection:
        _pin(collection)
        looks = _looks(request)
        if not collection.missing:
            return Collected(collection.manifest, 0)

        def job(number: int) -> WeakJob:
            part = parts[number]
            return WeakJob(
                out / collection.manifest.shards[number].name, looks[part.scene], seed, part.first, part.count
            )

        rows = len(indices) * per_scene
        present = len(indices) * sum(map(is_present, range(per_scene)))
        counts = {"rows": rows, "scenes": len(indices), "present": present, "absent": rows - present}
        return collection.draw([job(number) for number in collection.missing], counts, workers)


def require_as_asked(folder: Path, request: Request, expert: Expert | None = None) -> None:
    """Refuse a data set that collecting anew would not give: what was collected with other sizes, noise or expert, or
    of scenes that look otherwise since, must not pass for what settings of today say.

    Args:
        folder: of the data set; it is only read.
        request: what would be asked for.
        expert: who would demonstrate; None: weak images.

    Raises:
        UserError: it is another one, or there is none.
    """
    collection = Collection(folder, Manifest.read(folder))
    collection.require(request)
    _pin(collection, expert)


def _one_split(scenes: Sequence[tuple[str, int]]) -> tuple[str, tuple[int, ...]]:
    """The split and the indices in it: ``scene_index`` in the shards means one scene."""
    if not scenes:
        raise UserError("A data set needs at least one scene; name some.")
    splits = {split for split, _ in scenes}
    indices = tuple(index for _, index in scenes)
    if len(splits) > 1:
        raise UserError(
            f"A data set is of one split, not of {', '.join(sorted(splits))}; collect into a folder for each."
        )
    if len(set(indices)) < len(indices):
        raise UserError("A data set names each of its scenes once; leave out the repeated ones.")
    return splits.pop(), indices


def _check(request: Request) -> None:
    # Both raise if there is none.
    task_named(request.task, None if request.robot_model is None else Path(request.robot_model))
    for index in request.scenes:
        require_scene(request.task, request.split, index)
    wrong = [name for name in ("per_scene", "width", "height") if getattr(request, name) < 1]
    noise = ("action_noise", "noise_time_s")
    wrong += [name for name in noise if not 0.0 <= getattr(request, name) < float("inf")]
    for name in wrong:
        raise UserError(f"{name} cannot be {getattr(request, name)}; make it positive.")


def _parts(request: Request, size: int) -> list[_Part]:
    return [
        _Part(position, first, min(size, request.per_scene - first))
        for position in range(len(request.scenes))
        for first in range(0, request.per_scene, size)
    ]


def _name(request: Request, part: _Part) -> str:
    return f"{request.kind}-{request.split}-{request.scenes[part.scene]:04d}-{part.first:06d}.parquet"


def _pin(collection: Collection, expert: Expert | None = None) -> None:
    """Make sure that scenes look, and that the expert acts, as they did when the collection was started."""
    request = collection.manifest.request
    collection.pin("scenes", _scenes_digest(request))
    if request.assets is not None:
        collection.pin("assets", packs.fingerprint(Path(request.assets)))
    if request.robot_model is not None:
        collection.pin("robot", hashlib.sha256(Path(request.robot_model).read_bytes()).hexdigest())
    if (demonstrator := getattr(expert, "fingerprint", None)) is not None:
        collection.pin("expert", demonstrator)


def _looks(request: Request) -> list[Look]:
    """What to draw in each scene."""
    assets = None if request.assets is None else Path(request.assets)
    robot = None if request.robot_model is None else Path(request.robot_model)
    size = request.width, request.height
    return [
        Look(request.task, request.split, index, request.level, assets, *size, robot, request.renderer)
        for index in request.scenes
    ]


def _scenes_digest(request: Request) -> str:
    """SHA-256 of what the scenes of a request look like now."""
    assets = None if request.assets is None else Path(request.assets)
    return digest(request.task, request.split, request.scenes, request.level, assets)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())

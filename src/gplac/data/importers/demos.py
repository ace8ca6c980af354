"""Demonstrations of any known format as a data set of gplac's: ``gplac import demos``."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.importers.pictures import Fit, croppings, default_size, opened, require_size
from gplac.data.importers.registry import open_source
from gplac.data.importers.shots import printable
from gplac.data.importers.source import Choice, Motion, Source, choose, control_hz, motion
from gplac.data.importers.writing import already_there, fingerprint, write_data_set
from gplac.data.manifest import IMPORTED, OWN, Manifest, Request
from gplac.data.progress import progress
from gplac.errors import UserError

FRAMES_PER_SHARD = 1000
FRAMES_AT_ONCE = 32
"""In memory, at their full size."""


def import_demonstrations(
    path: Path,
    out: Path,
    *,
    format: str = "auto",
    camera: str | None = None,
    state: Sequence[str] = (),
    action: str | None = None,
    hz: float | None = None,
    size: tuple[int, int] | None = None,
    task: str = OWN,
    flip: bool = False,
) -> Manifest:
    """Read demonstrations and write them as a data set of gplac's to ``out``, which is there when all of it is. What is
    cropped off the pictures is printed.

    Args:
        path: a LeRobot data set, a robomimic file, or a folder of episodes.
        out: folder to write; nothing is done if this very import is there already.
        format: see `gplac.data.importers.registry.FORMATS`; "auto" finds out.
        camera: key of the pictures; None if there is one only.
        state: keys whose numbers, one after the other, are the robot's state; empty if there is no doubt.
        action: key of the actions; None if there is no doubt.
        hz: control steps a second; None if the source tells.
        size: width and height in pixels, cropped around the centre where the proportions differ; None for the
            source's proportions and at most 200 pixels across.
        task: what to call the task.
        flip: turn the pictures upside down.

    Raises:
        UserError: the source is missing, damaged or ambiguous, its pictures would be too small, or ``out`` holds
            something else.
    """
    source = open_source(path, format)
    if not source.episodes:
        raise UserError(f"{path} holds no episode; record some first.")
    chosen = choose(source, camera, state, action)
    motions = _motions(source, chosen)
    rate = control_hz(source, motions, hz)
    native = _native_size(source, chosen.camera)
    width, height = size or default_size(native)
    require_size(width, height)
    scenes = [source.scene(episode) for episode in range(source.episodes)]
    request = Request(
        "demonstrations",
        task,
        IMPORTED,
        tuple(sorted(set(scenes))),
        max(scenes.count(scene) for scene in set(scenes)),
        IMPORTED,
        width,
        height,
        seed=0,
    )
    origin = _origin(source, path, chosen, rate, native, flip)
    origin["episodes"] = [printable(source.label(episode)) for episode in range(source.episodes)]
    origin["timestamps_recorded"] = all(each.timestamps_s is not None for each in motions)
    rows = sum(len(each.actions) for each in motions)
    counts = {"rows": rows, "scenes": len(request.scenes), "episodes": source.episodes}
    columns = schema.demonstration_schema(motions[0].states.shape[1], motions[0].actions.shape[1], None)
    manifest = already_there(out, request, origin)
    if manifest is None:
        with progress("frames", rows) as advance:
            shards = _shards(source, chosen, motions, scenes, rate, native, Fit(width, height, flip), advance)
            manifest = write_data_set(out, request, columns, shards, counts, origin)
    for sentence in croppings({native: rows}, (width, height), "frames"):
        print(sentence)
    return manifest


def _motions(source: Source, chosen: Choice) -> list[Motion]:
    """All episodes without their pictures: what is wrong with them shows before anything is written."""
    with progress("episodes", source.episodes) as advance:
        found = []
        for episode in range(source.episodes):
            found.append(motion(source, episode, chosen))
            first, last = found[0], found[-1]
            for what, mine, its in (
                ("state", last.states, first.states),
                ("action", last.actions, first.actions),
            ):
                if mine.shape[1] != its.shape[1]:
                    raise UserError(
                        f"{source.label(episode)}: its {what} has {mine.shape[1]} numbers where that of"
                        f" {source.label(0)} has {its.shape[1]}; remove one of the two kinds."
                    )
            advance(1)
    return found


def _native_size(source: Source, camera: str) -> tuple[int, int]:
    """Width and height of the source's pictures."""
    where = f"{source.label(0)}, frame 0 of {camera}"
    for picture in source.pictures(0, camera):
        try:
            return opened(picture).size
        except ValueError as error:
            raise UserError(f"{where}: {error}; repair or remove the episode.") from error
    raise UserError(f"{source.label(0)} has no pictures of {camera}; repair or remove it.")


def _shards(
    source: Source,
    chosen: Choice,
    motions: Sequence[Motion],
    scenes: Sequence[int],
    hz: float,
    native: tuple[int, int],
    fit: Fit,
    advance: Callable[[int], None],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and columns of the shards; whole episodes, until one has enough frames."""
    start, index = 0, 0
    while start < len(motions):
        stop, rows = start, 0
        while stop < len(motions) and rows < FRAMES_PER_SHARD:
            rows += len(motions[stop].actions)
            stop += 1
        episodes = range(start, stop)
        lengths = [len(motions[episode].actions) for episode in episodes]
        frame = np.concatenate([np.arange(length) for length in lengths])
        times = [_times(motions[episode], hz) for episode in episodes]
        images: list[bytes] = []
        for episode in episodes:
            for image in _images(source, episode, chosen.camera, len(motions[episode].actions), native, fit):
                images.append(image)
                advance(1)
        yield (
            f"demonstrations-{IMPORTED}-{start:06d}.parquet",
            {
                schema.IMAGE: images,
                schema.STATE: np.concatenate([motions[episode].states for episode in episodes]),
                schema.ACTION: np.concatenate([motions[episode].actions for episode in episodes]),
                schema.EPISODE: np.repeat(episodes, lengths),
                schema.FRAME: frame,
                schema.TIMESTAMP: np.concatenate(times).astype(np.float32),
                schema.INDEX: index + np.arange(rows),
                schema.SCENE: np.repeat(scenes[start:stop], lengths),
            },
        )
        start, index = stop, index + rows


def _times(moved: Motion, hz: float) -> npt.NDArray[np.float64]:
    return np.arange(len(moved.actions)) / hz if moved.timestamps_s is None else moved.timestamps_s


def _images(
    source: Source, episode: int, camera: str, length: int, native: tuple[int, int], fit: Fit
) -> Iterator[bytes]:
    """JPEGs of an episode, as many as it has actions."""
    where, number = source.label(episode), 0
    pictures = source.pictures(episode, camera)
    # Scaling gives up the interpreter's lock, and takes longer than decoding.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        while batch := list(islice(pictures, FRAMES_AT_ONCE)):
            encoded = threads.map(lambda picture: fit.jpeg(picture, native), batch)
            for _ in batch:
                try:
                    image = next(encoded)
                except ValueError as error:
                    raise UserError(
                        f"{where}, frame {number} of {camera}: {error}; repair or remove the episode."
                    ) from error
                number += 1
                if number <= length:
                    yield image
    if number != length:
        raise UserError(
            f"{where} has {number} pictures of {camera} for {length} actions; they must be as many."
            " Repair or remove it."
        )


def _origin(
    source: Source, path: Path, chosen: Choice, hz: float, native: tuple[int, int], flip: bool
) -> dict[str, Any]:
    """Where the data come from, for the manifest."""

    def named(keys: Sequence[str]) -> list[str]:
        sizes = {key: source.vector(0, key).reshape(len(source.vector(0, key)), -1).shape[1] for key in keys}
        return [name for key in keys for name in _names(source.names(key), key, sizes[key])]

    return {
        "format": source.format,
        "path": str(path.resolve()),
        "camera": chosen.camera,
        "state_keys": list(chosen.state),
        "state_names": named(chosen.state),
        "action_key": chosen.action,
        "action_names": named([chosen.action]),
        "control_hz": hz,
        "source_width": native[0],
        "source_height": native[1],
        "flipped": flip,
        "source_fingerprint": fingerprint([path]),
        **source.details,
    }


def _names(known: list[str] | None, key: str, size: int) -> list[str]:
    return known if known is not None and len(known) == size else [f"{key}.{i}" for i in range(size)]

"""Weakly labelled photographs of a user's own as a data set of gplac's: ``gplac import weak``."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from gplac.data import schema
from gplac.data.fitting import Size
from gplac.data.importers.pictures import DEFAULT_WIDTH_PX, Fit, croppings, default_size, require_size
from gplac.data.importers.shots import Shot, Stretches, clock, printable, shots, source_names
from gplac.data.importers.writing import already_there, fingerprint, write_data_set
from gplac.data.labelling.frames import VIDEO_SUFFIXES
from gplac.data.manifest import IMPORTED, OWN, Manifest, Request
from gplac.data.progress import progress
from gplac.errors import UserError

IMAGES_PER_SHARD = 500
NAMED_IN_MESSAGES = 5
NO_STRETCHES = Stretches()
Labelled = list[tuple[int, bytes, str]]
"""Label, JPEG and source of each image of a scene."""


def import_weak(
    paths: Sequence[Path],
    out: Path,
    *,
    like: Path | None = None,
    size: tuple[int, int] | None = None,
    task: str = OWN,
    stretches: Stretches = NO_STRETCHES,
    skip_unreadable: bool = False,
) -> Manifest:
    """Read photographs that do or do not show the object of interest, and write them as a data set to ``out``. What is
    cropped off those of other proportions is printed.

    Args:
        paths: folders with `positive` and `negative`, CSV files, or one video.
        out: folder to write; nothing is done if this very import is there already.
        like: folder of the demonstrations that the images go with; they get the same size.
        size: width and height in pixels, instead; by default the first photograph's proportions, at most 200 across.
        task: what to call the task.
        stretches: of a video, when the object of interest is in the picture.
        skip_unreadable: leave out what cannot be read, instead of giving up.

    Raises:
        UserError: a source is missing or described wrongly, a photograph cannot be read, all are of one kind, they
            would be too small or too large, one is named twice, stretches of a video contradict each other, or
            ``out`` holds something else. Nothing is written then.
    """
    if not paths:
        raise UserError("Name folders, CSV files or a video to import.")
    if stretches.present + stretches.absent and (
        len(paths) > 1 or paths[0].suffix.lower() not in VIDEO_SUFFIXES
    ):
        raise UserError("--present and --absent are times in one video; list several videos in a CSV file.")
    named = zip(paths, source_names(paths), strict=True)
    found = [shot for path, name in named for shot in shots(path, stretches, name)]
    _require_once(found)
    _require_agreement(found)
    for label, which in ((1, "shows the object of interest (positive)"), (0, "is without it (negative)")):
        if all(shot.label != label for shot in found):
            raise UserError(f"No photograph in {', '.join(map(str, paths))} {which}; both kinds are needed.")
    if like is not None and size is not None:
        raise UserError("--like and --size both say how large the images are; leave one out.")
    above = Path(os.path.commonpath([Path(os.path.abspath(shot.path)).parent for shot in found]))
    width, height = size or (_size_of(like) if like is not None else _first_size(found, above))
    require_size(width, height)
    images, unreadable, sizes = _read(found, Fit(width, height), above)
    if unreadable and not skip_unreadable:
        raise UserError(
            f"{len(unreadable)} of {len(found)} photographs cannot be read: {_listed(unreadable)}. Repair or remove"
            " them, or leave them out with --skip-unreadable."
        )
    scenes = {name: images[name] for name in sorted(images) if images[name]}
    present = sum(label for labelled in scenes.values() for label, *_ in labelled)
    rows = sum(map(len, scenes.values()))
    if present in (0, rows):
        raise UserError("All photographs that can be read have the same label; both kinds are needed.")
    counts = {"rows": rows, "scenes": len(scenes), "present": present, "absent": rows - present}
    request = Request(
        "weak",
        task,
        IMPORTED,
        tuple(range(len(scenes))),
        max(map(len, scenes.values())),
        IMPORTED,
        width,
        height,
        seed=0,
    )
    origin: dict[str, Any] = {
        "format": "photographs",
        "paths": [str(path.resolve()) for path in paths],
        "sources_in": str(above),
        "scenes": [_scene(name, labelled) for name, labelled in scenes.items()],
        "skipped": unreadable,
        "source_fingerprint": fingerprint(
            (shot.path for shot in found),
            ((os.path.abspath(shot.path), shot.label, shot.scene, shot.times_s) for shot in found),
        ),
    }
    manifest = already_there(out, request, origin) or write_data_set(
        out, request, schema.weak_schema(sourced=True), _shards(scenes), counts, origin
    )
    for sentence in croppings(sizes, (width, height), "photographs"):
        print(sentence)
    return manifest


def _require_once(found: Sequence[Shot]) -> None:
    """Refuse a photograph, or a stretch of a video, that is named twice: it would count twice."""
    first: dict[tuple[str, tuple[float, ...]], Shot] = {}
    for shot in found:
        before = first.setdefault((os.path.realpath(shot.path), shot.times_s), shot)
        if before is shot:
            continue
        if before.label != shot.label:
            raise UserError(
                f"{printable(str(shot.path))} is labelled twice, with the object of interest and without it: correct"
                " its label."
            )
        raise UserError(
            f"{printable(str(shot.path))} is named twice: name each source and each photograph once."
        )


def _require_agreement(found: Sequence[Shot]) -> None:
    """Refuse stretches of a video that overlap and say both that the object of interest is to be seen and that it is
    not. One may begin where another ends."""
    of_file: dict[str, tuple[list[Shot], list[Shot]]] = {}
    for shot in found:
        if shot.times_s:
            of_file.setdefault(os.path.realpath(shot.path), ([], []))[shot.label].append(shot)
    for absent, present in of_file.values():
        for one, other in product(present, absent):
            if max(one.stretch_s[0], other.stretch_s[0]) < min(one.stretch_s[1], other.stretch_s[1]):
                raise UserError(
                    f"{printable(str(one.path))} is labelled with the object of interest in {clock(*one.stretch_s)}"
                    f" and without it in {clock(*other.stretch_s)}: correct the times, so that the two do not"
                    " overlap."
                )


def _scene(name: str, labelled: Labelled) -> dict[str, Any]:
    present = sum(label for label, *_ in labelled)
    return {"name": name, "present": present, "absent": len(labelled) - present}


def _size_of(demonstrations: Path) -> tuple[int, int]:
    request = Manifest.read(demonstrations).request
    return request.width, request.height


def _first_size(found: Sequence[Shot], above: Path) -> tuple[int, int]:
    """From the first photograph that can be read; the others are cropped to its proportions."""
    reasons = []
    for shot in found:
        try:
            for image in shot.pictures(DEFAULT_WIDTH_PX):
                return default_size((image.shape[1], image.shape[0]))
        except (ValueError, UserError) as error:
            reasons.append(_complaint(shot, above, error))
    raise UserError(f"None of the {len(found)} photographs can be read: {_listed(reasons)}. Repair them.")


def _complaint(shot: Shot, above: Path, error: Exception) -> str:
    return f"{shot.name(above)} ({printable(str(error).rstrip('.'))})"


def _read(
    found: Sequence[Shot], fit: Fit, above: Path
) -> tuple[dict[str, Labelled], list[str], Counter[Size]]:
    """Of each scene its images, in JPEG; what cannot be read, with the reason; and how many were of each size."""

    def read(shot: Shot) -> list[tuple[bytes, Size]] | str:
        try:
            return [
                (fit.jpeg(image), (image.shape[1], image.shape[0]))
                for image in shot.pictures(max(fit.width, fit.height))
            ]
        except (ValueError, UserError) as error:
            return _complaint(shot, above, error)

    images: dict[str, Labelled] = {}
    unreadable = []
    sizes: Counter[Size] = Counter()
    with ThreadPoolExecutor(os.cpu_count()) as threads, progress("photographs", len(found)) as advance:
        for shot, content in zip(found, threads.map(read, found), strict=True):
            if isinstance(content, str):
                unreadable.append(content)
            else:
                images.setdefault(printable(shot.scene), []).extend(
                    (shot.label, image, source)
                    for (image, _), source in zip(content, shot.sources(above), strict=True)
                )
                sizes.update(size for _, size in content)
            advance(1)
    return images, unreadable, sizes


def _listed(unreadable: Sequence[str]) -> str:
    more = len(unreadable) - NAMED_IN_MESSAGES
    return "; ".join(unreadable[:NAMED_IN_MESSAGES]) + (f"; and {more} more" if more > 0 else "")


def _shards(scenes: dict[str, Labelled]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Scene by scene; within a scene both kinds are spread evenly."""
    for number, labelled in enumerate(scenes.values()):
        labels = np.array([label for label, *_ in labelled], np.uint8)
        rank = np.empty(len(labels))
        for label in (0, 1):
            where = np.flatnonzero(labels == label)
            rank[where] = (np.arange(len(where)) + 0.5) / max(len(where), 1)
        order = np.argsort(rank, kind="stable")
        for first in range(0, len(order), IMAGES_PER_SHARD):
            chosen = order[first : first + IMAGES_PER_SHARD]
            yield (
                f"weak-{IMPORTED}-{number:04d}-{first:06d}.parquet",
                {
                    schema.WEAK_IMAGE: [labelled[row][1] for row in chosen],
                    schema.LABEL: labels[chosen],
                    schema.SCENE: np.full(len(chosen), number),
                    schema.WEAK_INDEX: first + np.arange(len(chosen)),
                    schema.SOURCE: [labelled[row][2] for row in chosen],
                },
            )

"""Pictures that are there twice: the same file, or the same photograph resized, brightened or encoded again."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.quality.finding import EXAMPLES, Finding, listed, plural, share
from gplac.data.quality.pictures import Features
from gplac.data.quality.read import Measured

NEAR_BITS = 10
"""Bits in which the hashes of two near-duplicates may differ, of 64."""
NEAR_LEVELS = 12.0
"""Grey levels by which an area of the thumbnails of two near-duplicates may differ, brightness aside.

A photograph with the object of interest and one without it, all else equal, differ by more where it stands; in 33,700
drawn images of three tasks no two are as near as this and 10 bits."""
WASTED = 0.1
"""Share of images that are copies from which it is warned about."""


def groups(pictures: Features) -> npt.NDArray[np.int64]:
    """``(N,)``: for each picture the first one that it is a copy of, or itself.

    A picture belongs to the first of the pictures before it that is no copy and is near to it, so that a long series
    of slowly changing pictures is not one group.
    """
    first = np.unique(pictures.digest, return_index=True, return_inverse=True)
    group: npt.NDArray[np.int64] = first[1][first[2]].astype(np.int64)
    thumbnail = pictures.thumbnail.astype(np.float32)
    thumbnail -= thumbnail.mean((1, 2), keepdims=True)
    leaders = np.empty(len(pictures), np.int64)
    hashes = np.empty(len(pictures), np.uint64)
    count = 0
    leader_of = {}
    for row in np.sort(first[1]):
        near = np.flatnonzero(np.bitwise_count(hashes[:count] ^ pictures.phash[row]) <= NEAR_BITS)
        apart = np.abs(thumbnail[leaders[near]] - thumbnail[row]).max((1, 2, 3))
        alike = near[apart <= NEAR_LEVELS]
        if len(alike):
            leader_of[int(row)] = int(leaders[alike[0]])
        else:
            leaders[count], hashes[count] = row, pictures.phash[row]
            count += 1
    return np.array([leader_of.get(int(each), int(each)) for each in group], np.int64)


def check_copies(data: Measured) -> Iterator[Finding]:
    """Findings about weak images that are there twice, above all with both labels."""
    group, label = groups(data.pictures), data.columns[schema.LABEL]
    copies = np.flatnonzero(group != np.arange(len(group)))
    members: dict[int, list[int]] = {}
    for row in copies:
        members.setdefault(int(group[row]), [int(group[row])]).append(int(row))
    torn = [rows for rows in members.values() if len(np.unique(label[rows])) > 1]
    if torn:
        pairs = [_torn_pair(rows, label) for rows in torn]
        yield Finding(
            "problem",
            "copies-across-labels",
            "weak",
            f"{plural(len(torn), 'picture')} with both labels: one of the two must be wrong.",
            "Look at each pair and correct or remove the wrong one; if the object is too small to be seen at this size,"
            " import larger pictures or nearer photographs.",
            len(torn),
            listed([f"{data.place(a)}, and {data.place(b)}" for a, b in pairs]),
            tuple(pairs[: EXAMPLES // 2]),
        )
    kept = [rows for rows in members.values() if len(np.unique(label[rows])) == 1]
    if kept:
        number = sum(len(rows) - 1 for rows in kept)
        kept.sort(key=lambda rows: -len(rows))
        yield Finding(
            "warning" if number > WASTED * len(data) else "note",
            "copies",
            "weak",
            f"{share(number, len(data))} images are copies of others, or nearly: they add nothing, and count twice.",
            "Keep one of each; from a film, take fewer frames.",
            number,
            listed(
                [
                    f"{data.place(rows[0])}: {len(rows) - 1} copies, first {data.place(rows[1])}"
                    for rows in kept
                ]
            ),
            tuple((rows[0], rows[1]) for rows in kept[: EXAMPLES // 2]),
        )


def _torn_pair(rows: list[int], label: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """The first picture and the first that contradicts it."""
    return rows[0], next(row for row in rows if label[row] != label[rows[0]])

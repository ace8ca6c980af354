"""What is kept of each picture: a thumbnail, a hash, brightness, sharpness; small enough for data of any size."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from gplac.data.shards import Images
from gplac.luma import LUMA

Floats = npt.NDArray[np.float32]

THUMBNAIL = 16
"""Rows and columns of a thumbnail."""
LAYOUT = 4
"""Rows and columns in which a picture's structure is summed up."""
BLACK, WHITE = 16, 250
"""Grey levels below and from which a pixel says nothing any more."""
BRIGHTER = 2.0
"""Grey levels by which an area has to be brighter than another one: smaller differences are noise, and would make bits
of plain walls a matter of chance."""
GREY = np.array(LUMA, np.float32)
_FACTORS = (2, 3, 5)
_NOISE = 1.0
"""Mean square of a second difference, grey levels, that JPEG's own noise reaches."""
_CHUNK = 64


@dataclass(frozen=True)
class Features:
    """Of ``N`` pictures, what the measures need; grey levels are 0 to 255."""

    digest: npt.NDArray[np.bytes_]
    """``(N,)``: of the file's bytes; equal pictures that were encoded alike have equal ones."""
    phash: npt.NDArray[np.uint64]
    """``(N,)``: see `difference_hash`."""
    thumbnail: npt.NDArray[np.uint8]
    """``(N, 16, 16, 3)``: means of areas."""
    brightness: Floats
    """``(N,)``: mean grey level."""
    contrast: Floats
    """``(N,)``: standard deviation of the grey levels."""
    black: Floats
    """``(N,)``: share of pixels darker than `BLACK`."""
    white: Floats
    """``(N,)``: share of pixels of at least `WHITE`."""
    detail: Floats
    """``(N,)``: see `detail`."""
    layout: Floats
    """``(N, 32)``: see `layout`."""
    enlarged: npt.NDArray[np.bool_]
    """``(N,)``: whether each pixel was repeated; see `repeated`."""

    def __len__(self) -> int:
        return len(self.digest)

    @classmethod
    def of(cls, images: Images, encoded: Sequence[bytes]) -> Self:
        """Of images ``(N, H, W, 3)`` and the bytes that they were decoded from."""
        parts = [_of_chunk(images[start : start + _CHUNK]) for start in range(0, max(len(images), 1), _CHUNK)]
        digests = np.array([hashlib.blake2b(each, digest_size=16).hexdigest() for each in encoded], "S32")
        return cls(digests, *(np.concatenate(values) for values in zip(*parts, strict=True)))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All parts as one."""
        return cls(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)))


def _of_chunk(images: Images) -> tuple[npt.NDArray[np.generic], ...]:
    grey = images @ GREY
    return (
        difference_hash(grey),
        area_means(images.astype(np.float32), THUMBNAIL, THUMBNAIL).round().astype(np.uint8),
        grey.mean((1, 2)),
        grey.std((1, 2)),
        (grey < BLACK).mean((1, 2), dtype=np.float32),
        (grey >= WHITE).mean((1, 2), dtype=np.float32),
        detail(grey),
        layout(grey),
        repeated(grey),
    )


def area_means(images: Floats, rows: int, columns: int) -> Floats:
    """Means over a grid of equal areas, pixels on borders shared: ``(N, H, W, ...)`` to ``(N, rows, columns, ...)``."""
    down, across = _weights(images.shape[1], rows), _weights(images.shape[2], columns)
    narrow = np.tensordot(images, across, (2, 1))  # (N, H, ..., columns)
    small = np.tensordot(narrow, down, (1, 1))  # (N, ..., columns, rows)
    means: Floats = np.moveaxis(small, (-1, -2), (1, 2)).astype(np.float32)
    return means


def _weights(size: int, parts: int) -> Floats:
    """``(parts, size)``: how much of each part each pixel covers."""
    edges = np.linspace(0.0, size, parts + 1)
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights: Floats = (np.clip(overlap, 0.0, 1.0) * parts / size).astype(np.float32)
    return weights


def difference_hash(grey: Floats) -> npt.NDArray[np.uint64]:
    """64 bits of each grey picture ``(N, H, W)``, most of which survive resizing and encoding.

    The picture is shrunk to 8 rows of 9 areas; a bit tells whether an area is brighter than the one at its left, by
    more than noise. The first area of the first row is the highest bit. How many bits of two pictures differ is how
    unlike they are.
    """
    small = area_means(grey, 8, 9)
    bits = small[:, :, 1:] > small[:, :, :-1] + BRIGHTER
    return np.packbits(bits.reshape(len(grey), 64), axis=1).view(">u8")[:, 0].astype(np.uint64)


def detail(grey: Floats) -> Floats:
    """How much finer structure each picture ``(N, H, W)`` has than the same picture at half its size.

    It is the energy of second differences of pixels over that of 2x2 means. Sharp edges give 0.5 and noise 4; a
    picture that was blurred, or enlarged from a smaller one, has next to nothing between its pixels. Infinite for
    pictures without structure: nothing is known of them.
    """
    rows, columns = (size // 2 for size in grey.shape[1:])
    half = grey[:, : 2 * rows, : 2 * columns].reshape(len(grey), rows, 2, columns, 2).mean((2, 4))
    fine, coarse = _roughness(grey), _roughness(half)
    known = coarse > _NOISE
    ratio: Floats = np.where(known, fine / np.where(known, coarse, 1.0), np.inf).astype(np.float32)
    return ratio


def _roughness(grey: Floats) -> Floats:
    """Mean squared second difference, along both axes."""
    squares = (np.square(np.diff(grey, 2, axis=axis)).mean((1, 2)) for axis in (1, 2))
    total: Floats = sum(squares, np.zeros(len(grey), np.float32))
    return total


def layout(grey: Floats) -> Floats:
    """Where each picture ``(N, H, W)`` has which structure, ``(N, 32)``.

    Logarithms of the mean differences between neighbours in a grid of 4 x 4 areas, row by row: first between left and
    right, then between above and below. Apart, they tell the edge of a table from the side of an arm.
    """
    steps = np.abs(np.diff(grey, axis=2))[:, :-1], np.abs(np.diff(grey, axis=1))[:, :, :-1]
    means = np.stack([area_means(each, LAYOUT, LAYOUT) for each in steps], axis=1)
    areas: Floats = np.log1p(means).reshape(len(grey), 2 * LAYOUT**2)
    return areas


def turned(layouts: Floats, quarters: int) -> Floats:
    """What layouts ``(N, 32)`` would be if their pictures were turned counter-clockwise, so many times by a quarter."""
    grids = np.rot90(layouts.reshape(-1, 2, LAYOUT, LAYOUT), quarters, (2, 3))
    # Who was at the left is then below.
    return (grids[:, ::-1] if quarters % 2 else grids).reshape(layouts.shape)


def repeated(grey: Floats) -> npt.NDArray[np.bool_]:
    """Whether each picture ``(N, H, W)`` was enlarged two, three, ... times by repeating its pixels.

    Then neighbours differ at every second (third, ...) border, and nowhere else.
    """
    found = np.zeros(len(grey), np.bool_)
    for factor in _FACTORS:
        both = np.ones(len(grey), np.bool_)
        for axis in (1, 2):
            steps = np.abs(np.diff(grey, axis=axis)).mean(3 - axis)
            phases = np.stack([steps[:, phase::factor].mean(1) for phase in range(factor)])
            highest = phases.max(0)
            rest = (phases.sum(0) - highest) / (factor - 1)
            both &= (highest > _NOISE) & (rest < 0.33 * highest)
        found |= both
    return found

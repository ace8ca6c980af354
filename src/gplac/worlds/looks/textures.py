"""Seamless textures by procedure. Each family paints a field in [0, 1] that mixes a ground and a pattern colour."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng
from gplac.worlds.looks.palettes import Colour

Field = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

SIZE = 256
"""Texels along each side."""


@dataclass(frozen=True)
class Texture:
    """One texture of a table, wall or floor."""

    family: str
    """A name in `FAMILIES`, or ``file`` for a picture of an asset pack."""
    instance: int
    """Which draw of the family; no two splits share one."""
    ground: Colour
    """Colour where the field is 0."""
    pattern: Colour
    """Colour where the field is 1."""
    contrast: float
    """Factor on the field."""
    tile_m: float
    """Edge of one repetition on the surface, metres."""
    angle_deg: float
    """How far the pattern is turned on the surface."""
    file: str = ""
    """Picture of an asset pack, relative to the pack; empty: painted by procedure."""

    def asset(self) -> str:
        """Name of what this is made from, to tell splits apart."""
        return f"texture/{self.file or f'{self.family}/{self.instance}'}"


def noise(
    generator: np.random.Generator, exponent: float, stretch: tuple[float, float] = (1.0, 1.0)
) -> Field:
    """Fractal noise that repeats seamlessly, spread evenly over [0, 1].

    Args:
        exponent: how fast the amplitude falls with frequency; 1 is rough, 3 is smooth.
        stretch: how many times longer than high features are, along columns and rows.
    """
    frequency = np.fft.fftfreq(SIZE, 1 / SIZE)
    radius = np.hypot(frequency[:, None] * stretch[1], frequency[None, :] * stretch[0])
    radius[0, 0] = np.inf
    spectrum = np.fft.fft2(generator.standard_normal((SIZE, SIZE))) * np.maximum(radius, 1.0) ** -exponent
    spectrum[0, 0] = 0.0
    field = np.fft.ifft2(spectrum).real
    # A logistic curve of the standardised field is close to uniform, and cheaper than ranking it.
    return np.asarray(1.0 / (1.0 + np.exp(-1.7 * field / field.std())))


def _grid() -> tuple[Field, Field]:
    """Column and row coordinates in [0, 1)."""
    axis = (np.arange(SIZE) + 0.5) / SIZE
    return axis[None, :].repeat(SIZE, 0), axis[:, None].repeat(SIZE, 1)


def _cells(x: Field, y: Field, nx: int, ny: int, shift: float, joint: float) -> tuple[Field, Field, Field]:
    """Masonry: per texel whether it is a joint, and the column and row of its cell; ``joint`` in cells."""
    row = np.floor(y * ny)
    along = x * nx + shift * (row % 2)
    u, v = along % 1.0, (y * ny) % 1.0
    wide = joint * nx / ny
    is_joint = (u < joint) | (v < max(wide, 2.0 * ny / SIZE))
    return is_joint.astype(float), np.floor(along) % nx, row


def _tones(generator: np.random.Generator, columns: Field, rows: Field) -> Field:
    table = generator.random((64, 64))
    return np.asarray(table[rows.astype(int) % 64, columns.astype(int) % 64])


def _wood(generator: np.random.Generator) -> Field:
    x, y = _grid()
    planks = int(generator.choice([1, 2, 3, 4, 5, 6, 8]))
    plank = np.floor(y * planks).astype(int)
    shift = generator.integers(0, SIZE, planks)
    warp = noise(generator, 2.6, (5.0, 1.0))
    fine = noise(generator, 1.1, (14.0, 1.0))
    # Each plank is cut from another place of the same tree.
    columns = (np.arange(SIZE)[None, :] + shift[plank[:, 0]][:, None]) % SIZE
    rows = np.arange(SIZE)[:, None]
    rings = generator.uniform(2.0, 7.0)
    grain = 0.5 + 0.5 * np.sin(2 * np.pi * (rings * warp[rows, columns]))
    tone = generator.random(planks)[plank]
    seam = ((y * planks) % 1.0 < 2.0 * planks / SIZE) if planks > 1 else np.zeros_like(x, dtype=bool)
    field = (
        0.15
        + 0.4 * grain * generator.uniform(0.4, 1.0)
        + 0.35 * (fine[rows, columns] - 0.5)
        + 0.3 * (tone - 0.5)
    )
    return np.asarray(np.where(seam, 1.0, field))


def _marble(generator: np.random.Generator) -> Field:
    sharpness = generator.uniform(6.0, 16.0)
    veins = np.zeros((SIZE, SIZE))
    for _ in range(int(generator.integers(1, 4))):
        veins = np.maximum(
            veins, (1.0 - np.abs(2.0 * noise(generator, 2.2) - 1.0)) ** sharpness * generator.uniform(0.4, 1)
        )
    return np.asarray(0.8 * veins + 0.3 * (noise(generator, 2.4) - 0.3))


def _granite(generator: np.random.Generator) -> Field:
    speckle = noise(generator, generator.uniform(0.3, 1.0))
    coarse = noise(generator, generator.uniform(1.0, 1.6))
    threshold = generator.uniform(0.55, 0.8)
    return np.asarray(
        0.6 * (speckle > threshold) + 0.5 * (coarse > 0.75) + 0.2 * (noise(generator, 2.2) - 0.5)
    )


def _brick(generator: np.random.Generator) -> Field:
    x, y = _grid()
    nx = int(generator.integers(2, 6))
    ny = 2 * int(generator.integers(nx, 2 * nx))
    joint, columns, rows = _cells(x, y, nx, ny, generator.choice([0.5, 0.33]), generator.uniform(0.03, 0.07))
    body = 0.35 * (_tones(generator, columns, rows) - 0.4) + 0.25 * (noise(generator, 1.2) - 0.5)
    return np.asarray(np.where(joint > 0, 0.9, body))


def _tiles(generator: np.random.Generator) -> Field:
    x, y = _grid()
    n = int(generator.integers(2, 9))
    joint, columns, rows = _cells(x, y, n, n, 0.0, generator.uniform(0.02, 0.05))
    body = 0.3 * (_tones(generator, columns, rows) - 0.5) * generator.random() + 0.2 * (
        noise(generator, 2.0) - 0.5
    )
    return np.asarray(np.where(joint > 0, 1.0, body))


def _fabric(generator: np.random.Generator) -> Field:
    x, y = _grid()
    threads = int(generator.integers(32, 64))
    weave = 0.5 + 0.25 * (np.sin(2 * np.pi * threads * x) + np.sin(2 * np.pi * threads * y))
    field = 0.35 * weave + 0.4 * noise(generator, 0.9) + 0.2 * (noise(generator, 2.2) - 0.5)
    if generator.random() < 0.3:  # plaid
        n, width = int(generator.integers(2, 7)), generator.uniform(0.15, 0.5)
        field += 0.3 * ((x * n % 1.0 < width).astype(float) + (y * n % 1.0 < width) - 0.5)
    return np.asarray(field)


def _stripes(generator: np.random.Generator) -> Field:
    x, _ = _grid()
    edges = np.sort(generator.random(2 * int(generator.integers(2, 9))))
    bands = np.searchsorted(edges, x[0]) % 2
    return np.asarray(np.tile(bands.astype(float), (SIZE, 1)) + 0.15 * (noise(generator, 1.5) - 0.5))


def _painted(generator: np.random.Generator) -> Field:
    brush = (float(generator.uniform(1, 6)), 1.0) if generator.random() < 0.5 else (1.0, 1.0)
    return np.asarray(
        0.6 * noise(generator, generator.uniform(1.6, 2.6), brush) + 0.2 * (noise(generator, 0.8) - 0.5)
    )


def _concrete(generator: np.random.Generator) -> Field:
    pores = noise(generator, 0.9) > generator.uniform(0.9, 0.97)
    return np.asarray(0.7 * noise(generator, 1.7) + 0.25 * (noise(generator, 0.6) - 0.5) + 0.3 * pores)


def _checks(generator: np.random.Generator) -> Field:
    x, y = _grid()
    n = 2 * int(generator.integers(1, 7))
    board = (np.floor(x * n) + np.floor(y * n)) % 2
    gingham = 0.5 * (np.floor(x * n) % 2) + 0.5 * (np.floor(y * n) % 2)
    return np.asarray((board if generator.random() < 0.5 else gingham) + 0.15 * (noise(generator, 1.8) - 0.5))


def _polka(generator: np.random.Generator) -> Field:
    x, y = _grid()
    n, radius = 2 * int(generator.integers(1, 6)), generator.uniform(0.15, 0.4)
    u = (x * n + 0.5 * (np.floor(y * n) % 2)) % 1.0 - 0.5
    v = (y * n) % 1.0 - 0.5
    return np.asarray((np.hypot(u, v) < radius) + 0.1 * (noise(generator, 1.8) - 0.5))


def _camouflage(generator: np.random.Generator) -> Field:
    return np.asarray(np.floor(noise(generator, generator.uniform(1.8, 2.6)) * 4) / 3)


FAMILIES: dict[str, Callable[[np.random.Generator], Field]] = {
    "wood": _wood,
    "marble": _marble,
    "granite": _granite,
    "brick": _brick,
    "tiles": _tiles,
    "fabric": _fabric,
    "stripes": _stripes,
    "painted": _painted,
    "concrete": _concrete,
    "checks": _checks,
    "polka": _polka,
    "camouflage": _camouflage,
}

TILE_M: dict[str, float] = {
    "brick": 0.9,
    "wood": 0.7,
    "fabric": 0.4,
    "granite": 0.5,
    "marble": 0.9,
    "tiles": 0.8,
}
"""Typical edge of one repetition; 0.6 m where nothing is said."""


def pixels(texture: Texture) -> Pixels:
    """Paint ``texture`` by procedure: ``(SIZE, SIZE, 3)`` uint8."""
    field = FAMILIES[texture.family](rng("texture", texture.family, texture.instance))
    mix = (texture.contrast * np.clip(field, -0.3, 1.2))[..., None]
    ground, pattern = np.array(texture.ground), np.array(texture.pattern)
    painted: Pixels = np.clip(255 * (ground + mix * (pattern - ground)), 0, 255).astype(np.uint8)
    return painted

"""Mugs: shapes, handles, glazes and decorations."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng
from gplac.worlds.looks import shapes
from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.palettes import Colour, adjusted, hsv, mug_colour, pick, told_apart, uniform
from gplac.worlds.looks.shapes import Part, Profile

DECORATIONS = {
    "plain": "plain {}",
    "bands": "{} with bands",
    "two_tone": "two-tone {}",
    "dipped": "dipped {}",
    "dots": "dotted {}",
    "logo": "{} with a logo",
    "stripes": "striped {}",
    "speckled": "speckled {}",
}
"""How a thing that is painted so is called, by the name of the decoration."""
HANDLES = ("c", "d", "ear", "ring", "none")
DRINKS: dict[str, Colour] = {
    "coffee": (0.20, 0.11, 0.06),
    "tea": (0.52, 0.25, 0.08),
    "cocoa": (0.45, 0.30, 0.22),
    "milk": (0.92, 0.90, 0.85),
}
WIDEST_M = 0.052
"""No part of a mug's wall is farther from its axis; the physics' cylinder has 0.05."""


@dataclass(frozen=True)
class Mug:
    """One mug. Lengths in metres, angles in degrees."""

    instance: int
    """Which design; no two splits share one."""
    radius: float
    """At the rim, outside."""
    height: float
    taper: float
    """Radius at the foot, as a share of the radius at the rim."""
    bulge: float
    """How much the wall swells at mid height, as a share of the radius."""
    wall: float
    """Thickness of the rim."""
    handle: str
    """One of `HANDLES`."""
    handle_reach: float
    """How far the handle stands off the wall."""
    handle_span: tuple[float, float]
    """Heights of its ends, as shares of the mug's."""
    handle_width: float
    """Half width of the handle's bar."""
    yaw_deg: float
    """Where the handle points; 0 is +x."""
    colour: Colour
    second: Colour
    """Colour of the decoration."""
    inside: Colour
    decoration: str
    """One of `DECORATIONS`."""
    gloss: float
    drink: str
    """A name in `DRINKS`, or empty."""
    file: str = ""
    """Mesh of an asset pack, relative to the pack, that stands in for the shape above."""

    def asset(self) -> str:
        """Name of what this is made from, to tell splits apart."""
        return f"mug/{self.file or self.instance}"

    @property
    def kind(self) -> str:
        """What mugs are counted by."""
        return f"{Path(self.file).stem or self.decoration} mug"

    @property
    def caption(self) -> str:
        """A few words under a picture."""
        return f"{Path(self.file).stem} mug" if self.file else DECORATIONS[self.decoration].format("mug")


def draw(generator: np.random.Generator, instance: int, breadth: Breadth) -> Mug:
    """A mug of the given breadth."""
    radius = uniform(generator, breadth.mug_radius_m)
    taper = uniform(generator, (0.98, 1.0)) if generator.random() < 0.4 else uniform(generator, (0.66, 0.98))
    bulge = uniform(generator, (0.03, 0.12)) if generator.random() < 0.35 else 0.0
    if generator.random() < 0.1:  # waisted
        bulge = uniform(generator, (-0.08, -0.03))
    height = uniform(generator, breadth.mug_height_m)
    colour = mug_colour(generator, breadth.mug_colours)
    second = told_apart(generator, colour, mug_colour(generator, breadth.mug_colours))
    lining = generator.random()
    inside = (
        hsv(0.12, 0.05, 0.92) if lining < 0.45 else second if lining < 0.55 else adjusted(colour, value=0.92)
    )
    low = uniform(generator, (0.12, 0.32))
    return Mug(
        instance=instance,
        radius=radius,
        height=height,
        taper=taper,
        bulge=bulge,
        wall=uniform(generator, (0.0025, 0.005)),
        handle="none" if generator.random() < breadth.handle_hidden else str(generator.choice(HANDLES[:-1])),
        handle_reach=uniform(generator, (0.024, 0.036)),
        handle_span=(low, min(low + uniform(generator, (0.45, 0.65)), 0.92)),
        handle_width=uniform(generator, (0.004, 0.009)),
        yaw_deg=uniform(generator, (-180.0, 180.0)),
        colour=colour,
        second=second,
        inside=inside,
        decoration=pick(generator, breadth.mug_decorations),
        gloss=uniform(generator, (0.1, 0.8)),
        drink=str(generator.choice(list(DRINKS))) if generator.random() < breadth.mug_filled else "",
    )


def parts(mug: Mug) -> list[Part]:
    """Wall and rim, lining, handle and drink of a mug that stands on the origin, handle towards +x."""
    paint = glaze(mug.decoration, mug.instance, mug.colour, mug.second)
    outside = [Part(shapes.lathe(_outside(mug)), mug.colour, paint, mug.gloss)]
    lining = Part(shapes.lathe(_inside(mug)), mug.inside, _lining(mug.inside), 0.1)
    bar = adjusted(mug.colour, value=1.0) if mug.decoration != "two_tone" else mug.second
    handle = [] if mug.handle == "none" else [Part(_handle(mug), bar, gloss=mug.gloss)]
    if not mug.drink:
        return [*outside, lining, *handle]
    level = 0.78 * mug.height
    surface = shapes.lathe([(_radius(mug, level) - mug.wall, level), (0.0, level + 1e-4)], 20)
    return [*outside, lining, *handle, Part(surface, DRINKS[mug.drink], gloss=0.8)]


def _radius(mug: Mug, z: float) -> float:
    share = z / mug.height
    radius = mug.radius * (mug.taper + (1 - mug.taper) * share + mug.bulge * np.sin(np.pi * min(share, 1.0)))
    return float(min(radius, WIDEST_M))


def _outside(mug: Mug) -> Profile:
    foot = mug.height * 0.05
    heights = np.linspace(foot, mug.height - mug.wall / 2, 7)
    wall = [(_radius(mug, z), float(z)) for z in heights]
    rim_middle = mug.radius - mug.wall / 2
    rim = [
        (rim_middle + mug.wall / 2 * np.cos(a), mug.height - mug.wall / 2 + mug.wall / 2 * np.sin(a))
        for a in np.linspace(np.pi / 4, np.pi, 4)
    ]
    return [(_radius(mug, 0) * 0.93, 0.0), *wall, *rim]


def _inside(mug: Mug) -> Profile:
    heights = np.linspace(mug.height - mug.wall / 2, mug.height * 0.08, 5)
    wall = [(_radius(mug, z) - mug.wall, float(z)) for z in heights]
    wall[0] = _outside(mug)[-1]  # meets the rim without a gap
    return [*wall, (0.6 * wall[-1][0], mug.height * 0.06), (0.0, mug.height * 0.06)]


def _lining(colour: Colour) -> npt.NDArray[np.uint8]:
    # Little light finds its way to the bottom of a mug.
    depth = np.linspace(0.42, 0.95, 32)[:, None, None]
    return np.repeat(255 * depth * np.array(colour), 4, 1).astype(np.uint8)


def _handle(mug: Mug) -> shapes.Mesh:
    low, high = (share * mug.height for share in mug.handle_span)
    middle, half = (low + high) / 2, (high - low) / 2
    t = np.linspace(-np.pi / 2, np.pi / 2, 13)
    power = {"c": 1.0, "d": 0.5, "ear": 0.85, "ring": 0.9}[mug.handle]
    x = mug.handle_reach * np.cos(t).clip(0) ** power
    z = middle + half * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** power
    if mug.handle == "ear":
        x *= 1 + 0.4 * np.sin(t)
    if mug.handle == "ring":
        t = np.linspace(-0.8 * np.pi, 0.8 * np.pi, 17)
        half = mug.handle_reach * 0.62
        x, z = half * (0.85 + np.cos(t)), mug.height * 0.6 + half * np.sin(t)
    # The ends sink into the wall, but not through it.
    wall = np.array([_radius(mug, float(height)) for height in z])
    start = wall - 0.4 * mug.wall if mug.handle != "ring" else np.full_like(x, (wall[0] + wall[-1]) / 2)
    path = np.stack([start + x, np.zeros_like(x), z], axis=-1)
    return shapes.tube(path, mug.handle_width, 0.0042)


def glaze(decoration: str, instance: int, colour: Colour, second: Colour) -> npt.NDArray[np.uint8] | None:
    """The decoration around a wall: (64, 128, 3), row 0 at the foot; nothing for a plain one."""
    if decoration == "plain":
        return None
    generator = rng("glaze", instance)
    v, u = (np.arange(64)[:, None] + 0.5) / 64, (np.arange(128)[None, :] + 0.5) / 128
    where = _pattern(decoration, generator, u, v)
    mixed = np.where(np.broadcast_to(where, (64, 128))[..., None], second, colour)
    return np.asarray((255 * mixed).astype(np.uint8))


def _pattern(
    name: str, generator: np.random.Generator, u: npt.NDArray[np.float64], v: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    if name == "bands":
        starts = generator.uniform(0.1, 0.9, int(generator.integers(1, 4)))
        return np.asarray(
            np.any([np.abs(v - start) < generator.uniform(0.03, 0.09) for start in starts], axis=0)
        )
    if name == "two_tone":
        return np.asarray(v > generator.uniform(0.4, 0.7))
    if name == "dipped":
        wave = 0.03 * np.sin(2 * np.pi * (int(generator.integers(1, 5)) * u + generator.random()))
        return np.asarray(v < generator.uniform(0.25, 0.5) + wave)
    if name == "dots":
        n, m = int(generator.integers(5, 9)), int(generator.integers(2, 5))
        row = np.floor(v * m)
        du, dv = ((u * n + 0.5 * (row % 2)) % 1 - 0.5) * m / n * 2.5, v * m % 1 - 0.5
        return np.asarray(np.hypot(du, dv) < generator.uniform(0.18, 0.32))
    if name == "logo":
        # One on either side of the handle, as on mugs that are given away.
        side = np.minimum(np.abs(u - 0.25), np.abs(u - 0.75)) * 4
        height = (v - 0.52) * 1.3
        size = generator.uniform(0.18, 0.3)
        square = (np.abs(side) < size) & (np.abs(height) < size)
        return np.asarray(np.hypot(side, height) < size) if generator.random() < 0.5 else np.asarray(square)
    if name == "stripes":
        return np.asarray((u * int(generator.integers(6, 14))) % 1 < generator.uniform(0.2, 0.5))
    return np.asarray(generator.random((64, 128)) < generator.uniform(0.06, 0.2))

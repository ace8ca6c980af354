"""Coasters: thin discs of several looks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng
from gplac.worlds.looks import shapes
from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.palettes import NATURAL, Colour, object_colour
from gplac.worlds.looks.shapes import Part

PATTERNS = ("plain", "rim", "rings", "cork", "sectors", "cross")
RADIUS_M = 0.08
THICKNESS_M = 0.004


@dataclass(frozen=True)
class Coaster:
    """The pusher's round goal."""

    instance: int
    colour: Colour
    second: Colour
    pattern: str
    """One of `PATTERNS`."""

    def asset(self) -> str:
        """Name of what this is made from, to tell splits apart."""
        return f"coaster/{self.instance}"


def draw(generator: np.random.Generator, instance: int, breadth: Breadth) -> Coaster:
    """A coaster of the given breadth."""
    colour, second = object_colour(generator, breadth), object_colour(generator, breadth)
    pattern = str(generator.choice(PATTERNS))
    if pattern == "cork" and breadth.palette == "natural":
        colour, second = NATURAL["wood"][0]
    return Coaster(instance, colour, second, pattern)


def parts(coaster: Coaster) -> list[Part]:
    """The disc, standing on the origin."""
    top = shapes.lathe([(RADIUS_M, THICKNESS_M), (0.0, THICKNESS_M)], 32)
    edge = shapes.lathe([(RADIUS_M, 0.0), (RADIUS_M, THICKNESS_M)], 32)
    # The top's height is constant, so its texture runs along the radius instead.
    radius = 1.0 - np.hypot(top.vertices[:, 0], top.vertices[:, 1]) / RADIUS_M
    uv = np.stack([top.uv[:, 0], 0.02 + 0.96 * radius], axis=-1)
    top = shapes.Mesh(top.vertices, top.normals, uv, top.faces)
    return [Part(top, coaster.colour, _paint(coaster), 0.2), Part(edge, coaster.colour)]


def _paint(coaster: Coaster) -> npt.NDArray[np.uint8] | None:
    """(32, 64, 3): columns around, rows from the edge to the middle."""
    generator = rng("coaster", coaster.instance)
    inwards, around = (np.arange(32)[:, None] + 0.5) / 32, (np.arange(64)[None, :] + 0.5) / 64
    if coaster.pattern == "plain":
        return None
    masks = {
        "rim": inwards < generator.uniform(0.1, 0.25),
        "rings": (inwards * int(generator.integers(2, 5))) % 1 < 0.5,
        "cork": generator.random((32, 64)) < 0.25,
        "sectors": (around * int(generator.integers(2, 7))) % 1 < 0.5,
        "cross": (np.abs((around * 4) % 1 - 0.5) < 0.12 / (1.05 - inwards)) & (inwards > 0.2),
    }
    share = 0.35 if coaster.pattern == "cork" else 1.0
    where = np.broadcast_to(masks[coaster.pattern], (32, 64))[..., None]
    blend = np.add(np.multiply(share, coaster.second), np.multiply(1 - share, coaster.colour))
    return np.asarray((255 * np.where(where, blend, coaster.colour)).astype(np.uint8))

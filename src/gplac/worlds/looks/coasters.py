"""Coasters: thin discs of several looks."""

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng
from gplac.worlds.looks import shapes
from gplac.worlds.looks.palettes import Colour
from gplac.worlds.looks.shapes import Part

PATTERNS = ("plain", "rim", "rings", "cork", "sectors", "cross")
RADIUS_M = 0.08
THICKNESS_M = 0.004


def parts(instance: int, colour: Colour, second: Colour, pattern: str) -> list[Part]:
    """The disc, standing on the origin."""
    top = shapes.lathe([(RADIUS_M, THICKNESS_M), (0.0, THICKNESS_M)], 32)
    edge = shapes.lathe([(RADIUS_M, 0.0), (RADIUS_M, THICKNESS_M)], 32)
    # The top's height is constant, so its texture runs along the radius instead.
    radius = 1.0 - np.hypot(top.vertices[:, 0], top.vertices[:, 1]) / RADIUS_M
    uv = np.stack([top.uv[:, 0], 0.02 + 0.96 * radius], axis=-1)
    top = shapes.Mesh(top.vertices, top.normals, uv, top.faces)
    return [Part(top, colour, _paint(instance, colour, second, pattern), 0.2), Part(edge, colour)]


def _paint(instance: int, colour: Colour, second: Colour, pattern: str) -> npt.NDArray[np.uint8] | None:
    """(32, 64, 3): columns around, rows from the edge to the middle."""
    generator = rng("coaster", instance)
    inwards, around = (np.arange(32)[:, None] + 0.5) / 32, (np.arange(64)[None, :] + 0.5) / 64
    if pattern == "plain":
        return None
    masks = {
        "rim": inwards < generator.uniform(0.1, 0.25),
        "rings": (inwards * int(generator.integers(2, 5))) % 1 < 0.5,
        "cork": generator.random((32, 64)) < 0.25,
        "sectors": (around * int(generator.integers(2, 7))) % 1 < 0.5,
        "cross": (np.abs((around * 4) % 1 - 0.5) < 0.12 / (1.05 - inwards)) & (inwards > 0.2),
    }
    share = 0.35 if pattern == "cork" else 1.0
    where = np.broadcast_to(masks[pattern], (32, 64))[..., None]
    blend = np.add(np.multiply(share, second), np.multiply(1 - share, colour))
    return np.asarray((255 * np.where(where, blend, colour)).astype(np.uint8))

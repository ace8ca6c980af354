"""Things that stand around the object of interest."""

from dataclasses import dataclass

import numpy as np

from gplac.seeding import rng
from gplac.worlds.looks import shapes
from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.decoys import DECOYS
from gplac.worlds.looks.kinds import THINGS, Builder
from gplac.worlds.looks.palettes import Colour, object_colour, uniform
from gplac.worlds.looks.shapes import Part

KINDS: dict[str, Builder] = THINGS | DECOYS


@dataclass(frozen=True)
class Distractor:
    """One thing on the table, and where it stands in demonstrations and evaluations."""

    kind: str
    """A name in `KINDS`, or the category of an asset pack's mesh."""
    instance: int
    """Which shape of the kind; no two splits share one."""
    colour: Colour
    second: Colour
    scale: float
    x: float
    """World metres."""
    y: float
    yaw_deg: float
    file: str = ""
    """Mesh of an asset pack, relative to the pack."""

    def asset(self) -> str:
        """Name of what this is made from, to tell splits apart."""
        return f"object/{self.file or f'{self.kind}/{self.instance}'}"


def draw(
    generator: np.random.Generator,
    instance: int,
    breadth: Breadth,
    kinds: tuple[str, ...],
    lookalikes: tuple[str, ...],
) -> Distractor:
    """A distractor of the given breadth and of one of the kinds, at the origin.

    Args:
        lookalikes: those kinds that resemble the object of interest.
    """
    alike = generator.random() < breadth.distractor_mug_shape
    kinds = tuple(kind for kind in kinds if (kind in lookalikes) == alike)
    return Distractor(
        kind=str(generator.choice(kinds)),
        instance=instance,
        colour=object_colour(generator, breadth),
        second=object_colour(generator, breadth),
        scale=uniform(generator, breadth.distractor_scale),
        x=0.0,
        y=0.0,
        yaw_deg=uniform(generator, (-180.0, 180.0)),
    )


def parts(thing: Distractor) -> list[Part]:
    """Its pieces, standing on the origin."""
    pieces = KINDS[thing.kind](rng("object", thing.kind, thing.instance), thing.colour, thing.second)
    return [
        Part(shapes.scaled(piece.mesh, thing.scale), piece.colour, piece.paint, piece.gloss, piece.alpha)
        for piece in pieces
    ]

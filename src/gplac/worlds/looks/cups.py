"""Goal cups: a floor and a low wall around its back, open in front, where the ball comes in."""

from dataclasses import dataclass

import numpy as np

from gplac.worlds.looks import shapes
from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.mugs import DECORATIONS, glaze
from gplac.worlds.looks.palettes import Colour, adjusted, mug_colour, pick, told_apart, uniform
from gplac.worlds.looks.shapes import Floats, Part

SHAPES = ("round", "square", "tapered")
INSIDE_M = 0.076
"""Distance of the wall's inside from the middle, just behind the physics' walls."""
FLOOR_M = 0.003
"""Thickness of the floor; the ball sinks this far into it."""
_ARC_DEG = 84.0
"""Half of the angle that the wall runs around the back; the physics' walls cover 68."""


@dataclass(frozen=True)
class Cup:
    """One goal cup. Lengths in metres."""

    instance: int
    """Which design; no two splits share one."""
    shape: str
    """One of `SHAPES`."""
    height: float
    wall: float
    """Thickness."""
    flare: float
    """How much farther out the rim is than the foot; of a tapered cup alone."""
    colour: Colour
    second: Colour
    """Colour of the decoration."""
    floor: Colour
    decoration: str
    """A name in `gplac.worlds.looks.mugs.DECORATIONS`."""
    gloss: float
    yaw_deg: float = 0.0
    """The physics turns the cup towards the ball."""

    def asset(self) -> str:
        """Name of what this is made from, to tell splits apart."""
        return f"cup/{self.instance}"

    @property
    def kind(self) -> str:
        """What cups are counted by."""
        return f"{self.decoration} {self.shape} cup"

    @property
    def caption(self) -> str:
        """A few words under a picture."""
        return DECORATIONS[self.decoration].format(f"{self.shape} cup")


def draw(generator: np.random.Generator, instance: int, breadth: Breadth) -> Cup:
    """A cup of the given breadth."""
    shape = pick(generator, breadth.cup_shapes)
    colour = mug_colour(generator, breadth.mug_colours)
    second = told_apart(generator, colour, mug_colour(generator, breadth.mug_colours))
    return Cup(
        instance=instance,
        shape=shape,
        height=uniform(generator, breadth.cup_height_m),
        wall=uniform(generator, (0.009, 0.013)),
        flare=uniform(generator, (0.008, 0.016)) if shape == "tapered" else 0.0,
        colour=colour,
        second=second,
        floor=second if generator.random() < 0.3 else adjusted(colour, value=0.6),
        decoration=pick(generator, breadth.cup_decorations),
        gloss=uniform(generator, (0.1, 0.7)),
    )


def parts(cup: Cup) -> list[Part]:
    """Wall and floor of a cup that stands on the origin, its front open towards -y."""
    around = _outline(cup)
    # Directions in which the wall stands off the middle, and grows thicker or leans outwards.
    out = np.sign(around) * (np.abs(around) >= INSIDE_M) if cup.shape == "square" else around / INSIDE_M
    foot, rim = around + cup.wall * out, around + (cup.wall + cup.flare) * out
    inside_rim = around + cup.flare * out
    paint = glaze(cup.decoration, cup.instance, cup.colour, cup.second)
    outside = shapes.ruled(foot, 0.0, rim, cup.height)
    inside = shapes.ruled(inside_rim, cup.height, around, 0.0)
    top = shapes.ruled(rim, cup.height, inside_rim, cup.height)
    ends = [
        shapes.ruled(np.stack([a[i], b[i]]), 0.0, np.stack([c[i], d[i]]), cup.height)
        for i, (a, b, c, d) in ((0, (around, foot, inside_rim, rim)), (-1, (foot, around, rim, inside_rim)))
    ]
    floor = [
        (INSIDE_M + 0.004, 0.0),
        (INSIDE_M + 0.004, FLOOR_M),
        (INSIDE_M + 0.004, FLOOR_M),
        (0.0, FLOOR_M),
    ]
    plain = shapes.joined(inside, top, *ends)
    return [
        Part(outside, cup.colour, paint, cup.gloss),
        Part(plain, adjusted(cup.colour, value=0.9), gloss=cup.gloss),
        Part(shapes.lathe(floor), cup.floor, gloss=0.1),
    ]


def _outline(cup: Cup) -> Floats:
    """The wall's inside seen from above, ``(n, 2)``, from the right end around the back to the left end."""
    if cup.shape == "square":
        half = INSIDE_M
        corners = [(half, -0.01), (half, half), (half, half), (-half, half), (-half, half), (-half, -0.01)]
        return np.array(corners)
    angle = np.deg2rad(np.linspace(90 - _ARC_DEG, 90 + _ARC_DEG, 25))
    return INSIDE_M * np.stack([np.cos(angle), np.sin(angle)], axis=-1)

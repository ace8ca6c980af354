"""Balls to strike: one size, several paints."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.seeding import rng
from gplac.worlds.looks import shapes
from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.palettes import Colour, mug_colour, pick, told_apart, uniform
from gplac.worlds.looks.shapes import Part

RADIUS_M = 0.05
PAINTS = ("plain", "striped", "patched", "speckled")


@dataclass(frozen=True)
class Ball:
    """The striker's ball."""

    instance: int
    """Which design; no two splits share one."""
    colour: Colour
    second: Colour
    paint: str
    """One of `PAINTS`."""
    tilt_deg: float
    """How far its poles lean from upright."""
    yaw_deg: float
    gloss: float

    def asset(self) -> str:
        """Name of what this is made from, to tell splits apart."""
        return f"ball/{self.instance}"


def draw(generator: np.random.Generator, instance: int, breadth: Breadth) -> Ball:
    """A ball of the given breadth."""
    colour = mug_colour(generator, breadth.ball_colours)
    return Ball(
        instance=instance,
        colour=colour,
        second=told_apart(generator, colour, mug_colour(generator, breadth.ball_colours)),
        paint=pick(generator, breadth.ball_paints),
        tilt_deg=uniform(generator, (20.0, 90.0)),
        yaw_deg=uniform(generator, (-180.0, 180.0)),
        gloss=uniform(generator, (0.1, 0.8)),
    )


def parts(ball: Ball) -> list[Part]:
    """The ball, resting on the origin."""
    sphere = shapes.moved(shapes.lathe(shapes.ball(RADIUS_M, 2 * RADIUS_M, 17)), z=-RADIUS_M)
    leaning = shapes.moved(sphere, pitch=np.deg2rad(ball.tilt_deg), yaw=np.deg2rad(ball.yaw_deg))
    return [Part(shapes.moved(leaning, z=RADIUS_M), ball.colour, _painted(ball), ball.gloss)]


def _painted(ball: Ball) -> npt.NDArray[np.uint8] | None:
    """(64, 128, 3): columns around, rows from pole to pole; nothing for a plain ball."""
    if ball.paint == "plain":
        return None
    generator = rng("ball", ball.instance)
    height, around = (np.arange(64)[:, None] + 0.5) / 64, (np.arange(128)[None, :] + 0.5) / 128
    if ball.paint == "striped":
        bands = int(generator.integers(1, 4))
        where = np.broadcast_to(np.abs(height * bands % 1 - 0.5) < generator.uniform(0.15, 0.28), (64, 128))
    elif ball.paint == "patched":
        sectors = 2 * int(generator.integers(2, 4))
        # A checkered ball, or a ball of segments.
        north = height > generator.choice([0.0, 0.5])
        where = np.asarray((around * sectors % 2 < 1) == north)
    else:
        centres = generator.uniform(size=(40, 2))
        across = np.abs(around[..., None] - centres[:, 0])
        # A row of the picture is shorter the nearer it is to a pole.
        across = np.minimum(across, 1.0 - across) * np.pi * np.sqrt(height * (1 - height))[..., None] * 2
        away = np.hypot(across, height[..., None] - centres[:, 1]).min(-1)
        where = away < generator.uniform(0.04, 0.07)
    return np.asarray((255 * np.where(where[..., None], ball.second, ball.colour)).astype(np.uint8))

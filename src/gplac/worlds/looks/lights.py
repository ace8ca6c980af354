"""Lights: one that casts shadows, and up to two that do not."""

from dataclasses import dataclass

import numpy as np

from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.palettes import Colour, uniform

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """One light; the first of a scene casts shadows."""

    direction: Vector
    """Where its rays go; unit vector."""
    colour: Colour
    """Light that a surface facing it receives; may exceed 1."""


@dataclass(frozen=True)
class Lighting:
    """All light of a scene."""

    ambient: Colour
    """Light from everywhere."""
    lights: tuple[Light, ...]


def draw(generator: np.random.Generator, breadth: Breadth) -> Lighting:
    """Lights that together shine on the table with the given breadth's brightness."""
    count = int(generator.integers(breadth.lights[0], breadth.lights[1] + 1))
    brightness = generator.uniform(*breadth.brightness)
    ambient = brightness * generator.uniform(*breadth.ambient_share)
    shares = np.array([1.0, *generator.uniform(0.15, 0.5, count - 1)])
    shares *= (brightness - ambient) / shares.sum()
    lights = []
    for i, share in enumerate(shares):
        elevation = np.deg2rad(generator.uniform(*(breadth.light_elevation_deg if i == 0 else (25.0, 70.0))))
        # From the sides and from the camera's side; light from behind leaves dark fronts.
        azimuth = np.deg2rad(generator.uniform(-20.0, 200.0))
        towards = np.array(
            [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
        )
        x, y, z = (round(float(-value), 4) for value in towards)
        tint = _tint(generator, breadth.light_colour)
        red, green, blue = (round(float(share / np.sin(elevation) * value), 4) for value in tint)
        lights.append(Light((x, y, z), (red, green, blue)))
    tint = _tint(generator, breadth.light_colour / 2)
    red, green, blue = (round(float(ambient * value), 4) for value in tint)
    return Lighting((red, green, blue), tuple(lights))


def _tint(generator: np.random.Generator, strength: float) -> Colour:
    """White made warmer or cooler, as lamps and skies are, of mean 1."""
    warmth = uniform(generator, (-0.5, 0.5)) * strength
    green = uniform(generator, (-0.15, 0.15)) * strength
    return 1.0 + warmth, 1.0 + green, 1.0 - warmth - green

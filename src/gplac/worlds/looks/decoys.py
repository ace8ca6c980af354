"""Balls and cups to put beside the striker's own: each builder draws one shape of its kind, standing on the origin."""

import numpy as np

from gplac.worlds.looks import shapes
from gplac.worlds.looks.kinds import Builder
from gplac.worlds.looks.palettes import Colour, adjusted
from gplac.worlds.looks.shapes import Part, ball, lathe, moved


def _tumbler(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.034, 0.046), g.uniform(0.08, 0.12)
    foot = r * g.uniform(0.65, 0.9)
    wall = [(foot, 0.0), (r, h), (r, h), (r - 0.004, h)]
    inner = [(r - 0.004, h), (foot * 0.95, h * 0.1), (foot * 0.95, h * 0.1), (0.0, h * 0.1)]
    stripe = (np.arange(32)[:, None] / 32 > g.uniform(0.5, 0.9)) & np.ones((1, 8), bool)
    paint = (255 * np.where(stripe[..., None], second, colour)).astype(np.uint8)
    return [Part(lathe(wall, 22), colour, paint, 0.3), Part(lathe(inner, 22), adjusted(colour, value=0.5))]


def _bin(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    w, d, h = g.uniform(0.06, 0.09), g.uniform(0.05, 0.08), g.uniform(0.05, 0.08)
    wall = 0.006
    sides = [
        moved(shapes.box(*size, h), x=x, y=y)
        for size, x, y in (
            ((w, wall), 0.0, d / 2),
            ((w, wall), 0.0, -d / 2),
            ((wall, d), w / 2, 0.0),
            ((wall, d), -w / 2, 0.0),
        )
    ]
    return [
        Part(shapes.joined(*sides), colour, gloss=0.3),
        Part(shapes.box(w, d, h * g.uniform(0.1, 0.5)), second),
    ]


def _play_ball(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r = g.uniform(0.028, 0.045)
    rows, columns = np.arange(32)[:, None] / 32, np.arange(32)[None] / 32
    wave = np.sin(2 * np.pi * (columns + g.random())) * g.uniform(0.1, 0.25)
    seam = np.abs(rows - 0.5 - wave) < g.uniform(0.05, 0.12)
    paint = (255 * np.where(seam[..., None], second, colour)).astype(np.uint8)
    return [Part(lathe(ball(r, 2 * r), 22), colour, paint, 0.4)]


def _marbles(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    turn, pieces = g.uniform(0, 2 * np.pi), []
    for i in range(int(g.integers(2, 5))):
        r, angle = g.uniform(0.012, 0.02), turn + i * np.pi / 2
        tone = adjusted(colour if i % 2 else second, 0.12 * i)
        sphere = moved(lathe(ball(r, 2 * r, 9), 14), x=0.026 * np.cos(angle), y=0.026 * np.sin(angle))
        pieces.append(Part(sphere, tone, gloss=0.9))
    return pieces


DECOYS: dict[str, Builder] = {
    "tumbler": _tumbler,
    "bin": _bin,
    "play_ball": _play_ball,
    "marbles": _marbles,
}
LIKE_CUPS = ("tumbler", "bin")
"""Those that one could take for a goal cup."""

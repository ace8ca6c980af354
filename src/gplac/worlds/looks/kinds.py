"""Twenty kinds of things to put on a table: each builder draws one shape of its kind, standing on the origin."""

from collections.abc import Callable

import numpy as np

from gplac.worlds.looks import shapes
from gplac.worlds.looks.palettes import Colour, adjusted
from gplac.worlds.looks.shapes import Part, ball, dome, lathe, moved

Builder = Callable[[np.random.Generator, Colour, Colour], list[Part]]
"""From a generator, a main and a second colour."""
_PAPER: Colour = (0.92, 0.91, 0.88)


def _bottle(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.026, 0.036), g.uniform(0.13, 0.19)
    neck, shoulder = r * g.uniform(0.3, 0.45), h * g.uniform(0.55, 0.7)
    body = [
        (r * 0.9, 0.0),
        (r, 0.006),
        (r, shoulder),
        (r * 0.85, shoulder + 0.012),
        (neck, h * 0.85),
        (neck, h),
    ]
    cap = [(neck * 1.15, h * 0.97), (neck * 1.15, h * 1.06), (neck * 1.15, h * 1.06), (0.0, h * 1.06)]
    label = [(r * 1.01, shoulder * 0.25), (r * 1.01, shoulder * 0.8)]
    return [
        Part(lathe(body, 20), colour, gloss=0.9),
        Part(lathe(cap, 14), second),
        Part(lathe(label, 20), _PAPER if g.random() < 0.5 else second, gloss=0.1),
    ]


def _bowl(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.05, 0.07), g.uniform(0.03, 0.05)
    foot = r * g.uniform(0.4, 0.6)
    t = np.linspace(0.0, 1.0, 6)
    wall = [(float(foot + (r - foot) * a**0.6), float(h * a)) for a in t]
    inner = [(radius - 0.003, z + 0.002) for radius, z in wall[::-1]]
    inside = second if g.random() < 0.4 else adjusted(colour, value=0.85)
    return [
        Part(lathe([*wall, (r - 0.003, h)]), colour, gloss=0.6),
        Part(lathe([*inner, (0.0, 0.002)]), inside),
    ]


def _box(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    w, d, h = g.uniform(0.04, 0.10), g.uniform(0.03, 0.07), g.uniform(0.03, 0.12)
    return [
        Part(shapes.box(w, d, h), colour, gloss=0.2),
        Part(
            moved(shapes.box(w * g.uniform(0.4, 0.8), d * 1.01, h * g.uniform(0.3, 0.6)), z=h * 0.2),
            second,
            gloss=0.2,
        ),
    ]


def _carton(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    w, h = g.uniform(0.05, 0.065), g.uniform(0.10, 0.15)
    roof = moved(shapes.gable(w, w, w * 0.4), z=h)
    ridge = moved(shapes.box(w * 0.06, w, w * 0.22), z=h + 0.38 * w)
    return [
        Part(shapes.box(w, w, h), colour, gloss=0.3),
        Part(roof, adjusted(colour, value=0.95)),
        Part(ridge, colour),
        Part(moved(shapes.box(w * 1.01, w * 1.01, h * 0.25), z=h * g.uniform(0.2, 0.6)), second),
    ]


def _book(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    pieces, z = [], 0.0
    for cover in (colour, second)[: int(g.integers(1, 3))]:
        w, d, h = g.uniform(0.11, 0.15), g.uniform(0.08, 0.11), g.uniform(0.012, 0.03)
        yaw = g.uniform(-0.3, 0.3)
        for mesh, tone in (
            (shapes.box(w, d, h * 0.12), cover),
            (moved(shapes.box(w * 0.97, d * 0.97, h * 0.76), z=h * 0.12), _PAPER),
            (moved(shapes.box(w, d, h * 0.12), z=h * 0.88), cover),
            (moved(shapes.box(w * 1.005, 0.004, h), y=-d / 2), cover),
        ):
            pieces.append(Part(moved(mesh, z=z, yaw=yaw), tone, gloss=0.2))
        z += h
    return pieces


def _ball(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r = g.uniform(0.025, 0.045)
    n = int(g.integers(1, 4))
    paint = np.where(
        ((np.arange(32)[:, None] * n // 32 + np.arange(32)[None] * 2 * n // 32) % 2)[..., None],
        second,
        colour,
    )
    plain = g.random() < 0.5
    return [Part(lathe(ball(r, 2 * r)), colour, None if plain else (255 * paint).astype(np.uint8), 0.5)]


def _fruit(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    tone = [
        (0.80, 0.14, 0.12),
        (0.92, 0.52, 0.10),
        (0.62, 0.76, 0.22),
        (0.93, 0.82, 0.25),
        (0.45, 0.16, 0.28),
    ]
    skin = adjusted(
        tone[int(g.integers(len(tone)))], float(g.uniform(-0.02, 0.02)), 1.0, float(g.uniform(0.85, 1.05))
    )
    r = g.uniform(0.028, 0.042)
    stalk = Part(moved(lathe([(0.002, 0.0), (0.003, 0.02)], 6), z=1.75 * r), (0.35, 0.24, 0.12))
    if g.random() < 0.3:  # a pear
        profile = [
            (0.5 * r, 0.0),
            (r, 0.6 * r),
            (0.95 * r, 1.2 * r),
            (0.55 * r, 2.1 * r),
            (0.35 * r, 2.6 * r),
            (0.0, 2.75 * r),
        ]
        return [Part(lathe(profile, 20), skin, gloss=0.4), Part(moved(stalk.mesh, z=0.95 * r), stalk.colour)]
    return [Part(lathe(ball(r, 1.8 * r), 20), skin, gloss=0.4), stalk]


def _can(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.03, 0.042), g.uniform(0.08, 0.125)
    v = np.arange(32)[:, None] / 32
    band = (v > g.uniform(0.2, 0.4)) & (v < g.uniform(0.6, 0.85))
    paint = (255 * np.where(np.broadcast_to(band, (32, 8))[..., None], second, colour)).astype(np.uint8)
    ring = [(r * 0.9, 0.0), (r, 0.005), (r, h - 0.005), (r * 0.9, h)]
    lid = [(r * 0.9, h), (r * 0.85, h - 0.003), (0.0, h - 0.003)]
    return [Part(lathe(ring, 22), colour, paint, 0.7), Part(lathe(lid, 22), (0.75, 0.75, 0.77), gloss=0.9)]


def _jar(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.034, 0.045), g.uniform(0.07, 0.11)
    body = [(r * 0.9, 0.0), (r, 0.008), (r, h * 0.8), (r * 0.85, h * 0.9)]
    lid = [(r * 0.92, h * 0.86), (r * 0.92, h), (r * 0.92, h), (0.0, h)]
    return [Part(lathe(body, 22), colour, gloss=0.9), Part(lathe(lid, 22), second, gloss=0.6)]


def _glass(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.028, 0.036), g.uniform(0.09, 0.13)
    bottom = r * g.uniform(0.7, 0.95)
    level = h * g.uniform(0.3, 0.75)
    wide = bottom + (r - bottom) * level / h
    drink = [(bottom * 0.9, 0.006), (wide * 0.94, level), (wide * 0.94, level), (0.0, level)]
    return [
        Part(lathe(drink, 18), colour, gloss=0.5),
        Part(lathe([(bottom, 0.0), (r, h)], 18), (0.82, 0.88, 0.90), gloss=1.0, alpha=0.35),
    ]


def _toy_car(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    length, w, h = g.uniform(0.09, 0.12), g.uniform(0.04, 0.05), g.uniform(0.022, 0.03)
    wheel = lathe([(0.0, 0.0), (0.013, 0.0), (0.013, 0.0), (0.013, 0.012), (0.013, 0.012), (0.0, 0.012)], 12)
    wheel = shapes.moved(moved(wheel, pitch=np.pi / 2), yaw=np.pi / 2)
    wheels = [
        Part(moved(wheel, x=sx * length * 0.3, y=sy * w * 0.5 - 0.006, z=0.013), (0.1, 0.1, 0.11))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    cabin = shapes.box(length * g.uniform(0.4, 0.6), w * 0.85, h)
    return [
        Part(moved(shapes.box(length, w, h), z=0.01), colour, gloss=0.7),
        Part(moved(cabin, x=-length * 0.08, z=0.01 + h), second, gloss=0.7),
        *wheels,
    ]


def _blocks(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    a = g.uniform(0.028, 0.042)
    third = adjusted(colour, 0.33)
    pieces = [(0.0, 0.0, 0.0, colour), (a * 1.15, 0.1 * a, 0.0, second), (a * 0.5, 0.0, a, third)]
    return [
        Part(
            moved(shapes.box(a, a, a), x=x - a / 2, y=y, z=z, yaw=float(g.uniform(-0.2, 0.2))),
            tone,
            gloss=0.2,
        )
        for x, y, z, tone in pieces[: int(g.integers(1, 4))]
    ]


def _plate(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r = g.uniform(0.06, 0.08)
    top = [(r, 0.013), (r * 0.62, 0.006), (r * 0.62, 0.006), (0.0, 0.006)]
    edge = [(r * 0.6, 0.0), (r, 0.012), (r * 1.0, 0.013)]
    return [
        Part(lathe(edge), colour, gloss=0.6),
        Part(lathe(top), colour if g.random() < 0.6 else second, gloss=0.6),
    ]


def _pen_cup(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.03, 0.04), g.uniform(0.075, 0.1)
    wall = [(r, 0.0), (r, h), (r, h), (r - 0.003, h)]
    inner = [(r - 0.003, h), (r - 0.003, h * 0.3), (r - 0.003, h * 0.3), (0.0, h * 0.3)]
    pens = []
    for i in range(int(g.integers(3, 7))):
        lean, turn = g.uniform(0.1, 0.25), g.uniform(0, 2 * np.pi)
        pen = lathe([(0.0038, 0.0), (0.0038, 0.13), (0.0, 0.145)], 6)
        pens.append(
            Part(
                moved(pen, z=0.02, pitch=lean, yaw=turn), adjusted(second, 0.17 * i, 1.0, g.uniform(0.6, 1.2))
            )
        )
    return [
        Part(lathe(wall, 22), colour, gloss=0.3),
        Part(lathe(inner, 22), adjusted(colour, value=0.4), gloss=0.0),
        *pens,
    ]


def _candle(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.025, 0.04), g.uniform(0.06, 0.13)
    wax = [(r, 0.0), (r, h), (r, h), (r * 0.85, h - 0.002), (0.0, h - 0.006)]
    return [
        Part(lathe(wax, 22), adjusted(colour, saturation=0.7, value=1.1)),
        Part(lathe([(0.0015, h - 0.01), (0.0015, h + 0.012)], 6), (0.12, 0.1, 0.1)),
    ]


def _vase(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.035, 0.05), g.uniform(0.11, 0.16)
    neck = r * g.uniform(0.35, 0.55)
    body = [(r * 0.6, 0.0), (r, h * 0.3), (r * 0.9, h * 0.55), (neck, h * 0.8), (neck * 1.3, h)]
    return [
        Part(lathe(body, 22), colour, gloss=0.7),
        Part(
            lathe([(neck * 1.3, h), (neck, h * 0.8), (0.0, h * 0.75)], 22),
            adjusted(colour, value=0.35),
            gloss=0.0,
        ),
    ]


def _plant(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.035, 0.045), g.uniform(0.06, 0.085)
    pot = [(r * 0.7, 0.0), (r, h), (r, h), (r * 0.9, h), (0.0, h - 0.004)]
    green = (g.uniform(0.15, 0.35), g.uniform(0.40, 0.6), g.uniform(0.12, 0.28))
    leaves = []
    for _ in range(int(g.integers(4, 8))):
        size = g.uniform(0.014, 0.026)
        angle, away = g.uniform(0, 2 * np.pi), g.uniform(0.0, r)
        leaf = lathe(ball(size, 2.4 * size, 7), 10)
        leaves.append(
            Part(
                moved(leaf, x=away * np.cos(angle), y=away * np.sin(angle), z=h + g.uniform(-0.01, 0.03)),
                adjusted(green, value=g.uniform(0.8, 1.2)),
            )
        )
    return [Part(lathe(pot, 22), colour, gloss=0.2), *leaves]


def _soap(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r, h = g.uniform(0.028, 0.036), g.uniform(0.10, 0.13)
    body = [(r * 0.95, 0.0), (r, 0.005), (r, h * 0.85), (r * 0.5, h), (0.008, h), (0.008, h + 0.03)]
    spout = moved(shapes.box(0.045, 0.014, 0.009), x=0.014, z=h + 0.028)
    return [Part(lathe(body, 20), colour, gloss=0.6), Part(spout, second, gloss=0.5)]


def _remote(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    length, w = g.uniform(0.12, 0.15), g.uniform(0.04, 0.065)
    face = moved(shapes.box(length * 0.9, w * 0.85, 0.0015), z=0.011)
    return [
        Part(shapes.box(length, w, 0.011), adjusted(colour, saturation=0.4, value=0.4)),
        Part(face, (0.09, 0.1, 0.12), gloss=0.9),
    ]


def _bell(g: np.random.Generator, colour: Colour, second: Colour) -> list[Part]:
    r = g.uniform(0.03, 0.045)
    return [
        Part(lathe([*dome(r, r * 1.4)], 20), colour, gloss=0.4),
        Part(lathe([(r * 1.15, 0.0), (r * 1.15, 0.008), (r * 0.9, 0.012)], 20), second),
    ]


THINGS: dict[str, Builder] = {
    "bottle": _bottle,
    "bowl": _bowl,
    "box": _box,
    "carton": _carton,
    "book": _book,
    "ball": _ball,
    "fruit": _fruit,
    "can": _can,
    "jar": _jar,
    "glass": _glass,
    "toy_car": _toy_car,
    "blocks": _blocks,
    "plate": _plate,
    "pen_cup": _pen_cup,
    "candle": _candle,
    "vase": _vase,
    "plant": _plant,
    "soap": _soap,
    "remote": _remote,
    "bell": _bell,
}
UPRIGHT_AND_ROUND = ("bowl", "can", "jar", "glass", "pen_cup", "candle", "vase", "plant")
"""Shape alone must not give a mug or a cup away."""

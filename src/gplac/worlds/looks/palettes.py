"""Colours that materials and glazes have. All colours are red, green, blue in [0, 1]."""

import colorsys

import numpy as np

from gplac.worlds.looks.breadth import Breadth, Weights

Colour = tuple[float, float, float]

NATURAL: dict[str, tuple[tuple[Colour, Colour], ...]] = {
    "wood": (
        ((0.80, 0.64, 0.44), (0.58, 0.40, 0.23)),  # oak
        ((0.87, 0.75, 0.57), (0.72, 0.56, 0.37)),  # pine
        ((0.47, 0.32, 0.21), (0.27, 0.17, 0.10)),  # walnut
        ((0.62, 0.36, 0.22), (0.38, 0.19, 0.11)),  # cherry
        ((0.78, 0.72, 0.63), (0.58, 0.52, 0.44)),  # ash, bleached
        ((0.55, 0.51, 0.46), (0.36, 0.33, 0.30)),  # weathered
        ((0.90, 0.87, 0.81), (0.75, 0.70, 0.62)),  # white-washed
    ),
    "painted": (
        ((0.90, 0.89, 0.86), (0.80, 0.78, 0.74)),
        ((0.85, 0.82, 0.74), (0.75, 0.71, 0.62)),
        ((0.74, 0.75, 0.76), (0.62, 0.63, 0.65)),
        ((0.70, 0.76, 0.74), (0.60, 0.67, 0.65)),
        ((0.69, 0.74, 0.80), (0.58, 0.64, 0.71)),
        ((0.80, 0.72, 0.66), (0.70, 0.61, 0.54)),
        ((0.45, 0.50, 0.52), (0.37, 0.42, 0.44)),
        ((0.62, 0.66, 0.55), (0.53, 0.57, 0.46)),
    ),
    "marble": (
        ((0.91, 0.90, 0.88), (0.55, 0.55, 0.57)),
        ((0.86, 0.80, 0.71), (0.60, 0.50, 0.40)),
        ((0.33, 0.34, 0.36), (0.75, 0.75, 0.75)),
        ((0.68, 0.69, 0.70), (0.88, 0.88, 0.88)),
        ((0.40, 0.48, 0.44), (0.72, 0.77, 0.73)),
    ),
    "granite": (
        ((0.62, 0.60, 0.58), (0.30, 0.29, 0.29)),
        ((0.72, 0.62, 0.56), (0.40, 0.32, 0.29)),
        ((0.36, 0.36, 0.38), (0.62, 0.62, 0.64)),
        ((0.84, 0.82, 0.79), (0.55, 0.52, 0.49)),
    ),
    "brick": (
        ((0.64, 0.36, 0.28), (0.78, 0.74, 0.68)),
        ((0.72, 0.52, 0.38), (0.82, 0.78, 0.70)),
        ((0.88, 0.86, 0.83), (0.72, 0.70, 0.67)),
        ((0.47, 0.40, 0.37), (0.66, 0.63, 0.60)),
    ),
    "tiles": (
        ((0.91, 0.91, 0.89), (0.66, 0.65, 0.63)),
        ((0.83, 0.76, 0.65), (0.58, 0.50, 0.41)),
        ((0.60, 0.62, 0.64), (0.82, 0.82, 0.82)),
        ((0.68, 0.45, 0.34), (0.80, 0.74, 0.67)),
        ((0.58, 0.69, 0.73), (0.88, 0.89, 0.89)),
        ((0.30, 0.33, 0.36), (0.55, 0.56, 0.58)),
    ),
    "fabric": (
        ((0.84, 0.79, 0.70), (0.66, 0.60, 0.50)),
        ((0.60, 0.61, 0.62), (0.44, 0.45, 0.47)),
        ((0.45, 0.53, 0.62), (0.32, 0.39, 0.48)),
        ((0.53, 0.57, 0.46), (0.39, 0.43, 0.33)),
        ((0.66, 0.45, 0.41), (0.50, 0.31, 0.28)),
        ((0.90, 0.89, 0.86), (0.74, 0.72, 0.69)),
    ),
    "stripes": (
        ((0.90, 0.88, 0.83), (0.62, 0.68, 0.72)),
        ((0.88, 0.84, 0.76), (0.70, 0.60, 0.50)),
        ((0.82, 0.83, 0.82), (0.55, 0.58, 0.60)),
        ((0.89, 0.87, 0.84), (0.70, 0.45, 0.42)),
        ((0.85, 0.87, 0.80), (0.54, 0.62, 0.50)),
    ),
    "concrete": (
        ((0.68, 0.67, 0.65), (0.50, 0.49, 0.48)),
        ((0.78, 0.77, 0.74), (0.62, 0.60, 0.57)),
        ((0.50, 0.50, 0.50), (0.36, 0.36, 0.36)),
    ),
    "checks": (
        ((0.88, 0.86, 0.82), (0.33, 0.33, 0.34)),
        ((0.85, 0.80, 0.71), (0.56, 0.40, 0.30)),
        ((0.86, 0.87, 0.87), (0.47, 0.56, 0.63)),
    ),
    "polka": (((0.88, 0.87, 0.84), (0.55, 0.62, 0.70)), ((0.60, 0.66, 0.72), (0.90, 0.90, 0.88))),
    "camouflage": (((0.55, 0.55, 0.42), (0.33, 0.35, 0.25)), ((0.62, 0.58, 0.50), (0.42, 0.38, 0.32))),
}
"""Per texture family: pairs of a ground colour and a pattern colour."""

# Hue, saturation and value ranges; several ranges of one family are equally likely.
MUG_COLOURS: dict[str, tuple[tuple[tuple[float, float], tuple[float, float], tuple[float, float]], ...]] = {
    "white": (((0.08, 0.16), (0.0, 0.10), (0.88, 0.97)),),
    "pastel": (((0.0, 1.0), (0.15, 0.38), (0.80, 0.95)),),
    "earthen": (((0.02, 0.12), (0.30, 0.60), (0.40, 0.75)), ((0.25, 0.6), (0.12, 0.3), (0.40, 0.65))),
    "saturated": (
        ((0.97, 1.02), (0.70, 0.90), (0.60, 0.88)),  # red
        ((0.56, 0.66), (0.55, 0.90), (0.45, 0.85)),  # blue
        ((0.10, 0.15), (0.65, 0.90), (0.85, 0.97)),  # yellow
        ((0.30, 0.48), (0.45, 0.80), (0.40, 0.72)),  # green
        ((0.04, 0.08), (0.70, 0.90), (0.80, 0.95)),  # orange
        ((0.48, 0.54), (0.50, 0.80), (0.55, 0.80)),  # turquoise
        ((0.75, 0.92), (0.35, 0.65), (0.50, 0.80)),  # violet, pink
    ),
    "dark": (((0.0, 1.0), (0.0, 0.35), (0.12, 0.28)),),
    "any": (((0.0, 1.0), (0.5, 1.0), (0.3, 1.0)),),
}


def pick(generator: np.random.Generator, weights: Weights) -> str:
    """A name, drawn in proportion to its weight."""
    shares = np.array([weight for _, weight in weights])
    return weights[int(generator.choice(len(weights), p=shares / shares.sum()))][0]


def uniform(generator: np.random.Generator, limits: tuple[float, float]) -> float:
    """A number between the limits, rounded so that it reads well in JSON."""
    return round(float(generator.uniform(*limits)), 5)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Red, green, blue; out-of-range saturation and value are clipped, hue wraps."""
    red, green, blue = colorsys.hsv_to_rgb(
        hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0)
    )
    return round(red, 4), round(green, 4), round(blue, 4)


def adjusted(colour: Colour, hue: float = 0.0, saturation: float = 1.0, value: float = 1.0) -> Colour:
    """``colour`` with its hue turned by ``hue`` and its saturation and value multiplied."""
    h, s, v = colorsys.rgb_to_hsv(*colour)
    return hsv(h + hue, s * saturation, v * value)


def mug_colour(generator: np.random.Generator, weights: Weights) -> Colour:
    """A colour that mugs are glazed in."""
    boxes = MUG_COLOURS[pick(generator, weights)]
    box = boxes[int(generator.integers(len(boxes)))]
    return hsv(*(float(generator.uniform(*limits)) for limits in box))


def told_apart(generator: np.random.Generator, colour: Colour, proposal: Colour) -> Colour:
    """``proposal``, or another colour where it is too much like ``colour`` to be seen on it."""
    while np.abs(np.subtract(colour, proposal)).max() < 0.25:
        proposal = hsv(
            float(generator.random()), float(generator.uniform(0, 0.9)), float(generator.uniform(0.15, 0.95))
        )
    return proposal


def object_colour(generator: np.random.Generator, breadth: Breadth) -> Colour:
    """A colour of a distractor: anything that is for sale, or drawn as the mugs' colours are."""
    if generator.random() < breadth.distractor_mug_colour:
        return mug_colour(generator, breadth.mug_colours)
    saturation = generator.uniform(0.15, 0.9) * generator.uniform(*breadth.distractor_saturation)
    return hsv(
        float(generator.random()), float(saturation), float(generator.uniform(*breadth.distractor_lightness))
    )


def surface_colours(generator: np.random.Generator, family: str, breadth: Breadth) -> tuple[Colour, Colour]:
    """Ground and pattern colour of a table, wall or floor."""
    if breadth.palette == "garish":
        hues, values = generator.random(2), generator.uniform(0.35, 1.0, 2)
        first, second = (
            hsv(float(h), float(generator.uniform(0.4, 1.0)), float(v))
            for h, v in zip(hues, values, strict=True)
        )
    else:
        pairs = NATURAL[family]
        first, second = pairs[int(generator.integers(len(pairs)))]
    hue = float(generator.uniform(-0.015, 0.015))
    saturation = float(generator.uniform(*breadth.saturation))
    value = float(generator.uniform(*breadth.lightness))
    return adjusted(first, hue, saturation, value), adjusted(second, hue, saturation, value)

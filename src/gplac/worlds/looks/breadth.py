"""How varied the looks of a level are: every range that scenes are drawn from, in one place.

Difficulty is a choice. ``STANDARD`` is meant to be as hard as the paper's scenes, where a policy trained on one carries
to 37.5 % of the others; ours carries to 56 of 200 episodes on validation scenes (preset ``lite``, 95 % interval over
scenes 13 to 45 %), with weak images to 148. ``WILD`` is a second test, harder again.
"""

from dataclasses import dataclass

from gplac.errors import UserError

Range = tuple[float, float]
Weights = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Breadth:
    """Ranges are (low, high) and drawn uniformly; weights are (name, relative frequency)."""

    mug_colours: Weights
    """Colour families of `gplac.worlds.looks.palettes.MUG_COLOURS`; of goal cups too."""
    mug_decorations: Weights
    """How mugs are painted: `gplac.worlds.looks.mugs.DECORATIONS`."""
    mug_radius_m: Range
    """Outer radius at the rim; the physics' cylinder has 0.05."""
    mug_height_m: Range
    """Height of the rim above the table; the physics' cylinder has 0.10."""
    mug_filled: float
    """Probability that there is something to drink in a mug."""
    handle_hidden: float
    """Probability that a mug has no handle at all; it may also be turned away."""

    cup_shapes: Weights
    """Shapes of goal cups: `gplac.worlds.looks.cups.SHAPES`."""
    cup_decorations: Weights
    """How goal cups are painted: `gplac.worlds.looks.mugs.DECORATIONS`."""
    cup_height_m: Range
    """Height of their walls; the physics' walls have 0.08."""
    ball_colours: Weights
    """Colour families of balls to strike, as mugs' are."""
    ball_paints: Weights
    """How balls are painted: `gplac.worlds.looks.balls.PAINTS`."""

    table_families: Weights
    """Texture families of tables: `gplac.worlds.looks.textures.FAMILIES`."""
    wall_families: Weights
    """Texture families of walls."""
    floor_families: Weights
    """Texture families of floors."""
    palette: str
    """``natural``: colours that materials have; ``garish``: any colour at all."""
    lightness: Range
    """Factor on the lightness of table, wall and floor."""
    saturation: Range
    """Factor on the saturation of table, wall and floor."""
    contrast: Range
    """Strength of a texture's pattern; 1 reaches the palette's second colour."""
    pattern_scale: Range
    """Factor on the size of patterns."""

    distractors: tuple[int, int]
    """Fewest and most distractors of a scene."""
    distractor_scale: Range
    """Factor on the size of distractors."""
    distractor_mug_colour: float
    """Probability that a distractor has a colour drawn as the mugs' colours are."""
    distractor_mug_shape: float
    """Probability that a distractor is of a kind that resembles the object of interest."""
    distractor_saturation: Range
    """Factor on the saturation of all other distractors."""
    distractor_lightness: Range
    """Lightness (HSV value) of all other distractors."""

    lights: tuple[int, int]
    """Fewest and most lights; exactly one casts shadows."""
    brightness: Range
    """Light that reaches a horizontal surface, all lights together; 1 shows a colour as it is."""
    ambient_share: Range
    """Share of it that comes from everywhere."""
    light_colour: float
    """How far lights may be from white: 0 white, 1 coloured."""
    light_elevation_deg: Range
    """Elevation of the light that casts shadows."""

    camera_jitter_m: float
    """Largest displacement of a scene's camera along each axis. What is learned in one scene cannot make up for it."""
    camera_jitter_deg: float
    """Largest turn of a scene's camera about each axis."""


STANDARD = Breadth(
    mug_colours=(("white", 0.72), ("pastel", 0.25), ("saturated", 0.03)),
    mug_decorations=(
        ("plain", 0.60),
        ("bands", 0.12),
        ("two_tone", 0.05),
        ("dipped", 0.06),
        ("dots", 0.06),
        ("logo", 0.07),
        ("stripes", 0.02),
        ("speckled", 0.02),
    ),
    mug_radius_m=(0.043, 0.052),
    mug_height_m=(0.085, 0.12),
    mug_filled=0.2,
    handle_hidden=0.0,
    cup_shapes=(("round", 0.45), ("square", 0.25), ("tapered", 0.30)),
    cup_decorations=(
        ("plain", 0.55),
        ("bands", 0.15),
        ("two_tone", 0.10),
        ("dipped", 0.08),
        ("stripes", 0.07),
        ("speckled", 0.05),
    ),
    cup_height_m=(0.045, 0.07),
    ball_colours=(("saturated", 0.55), ("white", 0.20), ("pastel", 0.15), ("dark", 0.10)),
    ball_paints=(("plain", 0.4), ("striped", 0.2), ("patched", 0.25), ("speckled", 0.15)),
    table_families=(
        ("wood", 0.42),
        ("painted", 0.10),
        ("marble", 0.12),
        ("granite", 0.10),
        ("fabric", 0.12),
        ("tiles", 0.05),
        ("stripes", 0.05),
        ("concrete", 0.04),
    ),
    wall_families=(
        ("painted", 0.38),
        ("brick", 0.16),
        ("tiles", 0.12),
        ("stripes", 0.12),
        ("wood", 0.10),
        ("concrete", 0.12),
    ),
    floor_families=(
        ("wood", 0.35),
        ("tiles", 0.22),
        ("fabric", 0.15),
        ("concrete", 0.12),
        ("granite", 0.08),
        ("checks", 0.08),
    ),
    palette="natural",
    lightness=(0.45, 0.72),
    saturation=(0.6, 1.1),
    contrast=(0.25, 0.7),
    pattern_scale=(0.7, 1.5),
    distractors=(3, 5),
    distractor_scale=(0.85, 1.15),
    distractor_mug_colour=0.15,
    distractor_mug_shape=0.15,
    distractor_saturation=(0.7, 1.0),
    distractor_lightness=(0.25, 0.6),
    lights=(1, 3),
    brightness=(0.92, 1.08),
    ambient_share=(0.55, 0.7),
    light_colour=0.15,
    light_elevation_deg=(40.0, 75.0),
    camera_jitter_m=0.005,
    camera_jitter_deg=0.5,
)

_ALL_SURFACES = tuple(
    (family, 1.0)
    for family in (
        "wood",
        "painted",
        "marble",
        "granite",
        "fabric",
        "tiles",
        "stripes",
        "concrete",
        "brick",
        "checks",
        "polka",
        "camouflage",
    )
)

WILD = Breadth(
    mug_colours=(("any", 1.0),),
    mug_decorations=tuple((name, 1.0) for name, _ in STANDARD.mug_decorations),
    mug_radius_m=(0.042, 0.052),
    mug_height_m=(0.08, 0.12),
    mug_filled=0.3,
    handle_hidden=0.05,
    cup_shapes=STANDARD.cup_shapes,
    cup_decorations=tuple((name, 1.0) for name, _ in STANDARD.cup_decorations),
    cup_height_m=(0.035, 0.08),
    ball_colours=(("any", 1.0),),
    ball_paints=STANDARD.ball_paints,
    table_families=_ALL_SURFACES,
    wall_families=_ALL_SURFACES,
    floor_families=_ALL_SURFACES,
    palette="garish",
    lightness=(0.7, 1.2),
    saturation=(0.8, 1.3),
    contrast=(0.5, 1.0),
    pattern_scale=(0.4, 2.0),
    distractors=(6, 9),
    distractor_scale=(0.8, 1.3),
    distractor_mug_colour=0.3,
    distractor_mug_shape=0.4,
    distractor_saturation=(1.0, 1.3),
    distractor_lightness=(0.3, 0.92),
    lights=(1, 3),
    brightness=(0.6, 1.2),
    ambient_share=(0.25, 0.6),
    light_colour=0.7,
    light_elevation_deg=(30.0, 80.0),
    camera_jitter_m=0.015,
    camera_jitter_deg=1.5,
)

LEVELS = {"standard": STANDARD, "wild": WILD}


def breadth(level: str) -> Breadth:
    """The ranges of ``level``.

    Raises:
        UserError: there is no such level.
    """
    if level not in LEVELS:
        raise UserError(f"There is no level of looks called {level!r}; choose one of: {', '.join(LEVELS)}.")
    return LEVELS[level]

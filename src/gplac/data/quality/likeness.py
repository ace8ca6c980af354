"""Whether weak images look as if the robot's camera had taken them: without that, what is learned from them does not
carry over to the demonstrations.

Other walls, tables and lights are what weak images are for, so that colours and thumbnails of good ones are anything.
Two things have to agree. *Where* a picture has structure follows from where the camera stands (the edge of the table,
the wall above it, things in the middle), whatever they look like. And what the demonstrations look like on the whole,
their brightness and colourfulness, should be within what the weak images show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gplac.data import schema
from gplac.data.quality.finding import EXAMPLES, Finding, listed, share
from gplac.data.quality.pictures import Floats, turned
from gplac.data.quality.read import Measured

FAR = 0.9
"""Distance of layouts from which the whole set is warned about; see ``results/view/`` for what was measured."""
TURNED = 0.25
"""By how much nearer the set would have to be if it were turned, to say that it has been."""
SCENE_FAR, SCENES_FAR = 1.25, 0.25
"""Distance from which one scene is odd, whose things have more weight than in a whole set;
and the share of such scenes from which it is a warning."""
ENOUGH = 20
"""Pictures that are needed to compare: a few say more of the things in them than of camera and place."""
OUTSIDE = 1.0
"""Percent of weak images at each end that do not count for what they cover."""


@dataclass(frozen=True)
class Statistic:
    """One number of each picture, of both data sets."""

    name: str
    demonstrations: tuple[float, float, float]
    """5th, 50th and 95th percentile."""
    weak: tuple[float, float, float]
    covered: bool
    """Whether the demonstrations' median is within what weak images show."""


@dataclass(frozen=True)
class Likeness:
    """How weak images compare with demonstrations."""

    layout_distance: float
    """1 minus the correlation of the mean layouts: 0 the same, 1 nothing in common, 2 the opposite."""
    turned_distances: tuple[float, float, float]
    """The same if the weak images were turned counter-clockwise by 90, 180 and 270 degrees."""
    scenes: tuple[tuple[int, float], ...]
    """The same for each scene of enough images, the farthest first."""
    statistics: tuple[Statistic, ...]


def likeness(demonstrations: Measured, weak: Measured) -> Likeness:
    """Compare weak images with demonstrations, both of any size and number."""
    mean = demonstrations.pictures.layout.mean(0)
    layout, scene = weak.pictures.layout, weak.columns[schema.SCENE]
    scenes = [
        (int(each), layout_distances(layout[scene == each].mean(0), mean)[0])
        for each in np.unique(scene)
        if (scene == each).sum() >= ENOUGH
    ]
    scenes.sort(key=lambda pair: -pair[1])
    ours, theirs = _statistics(demonstrations), _statistics(weak)
    distance, *others = layout_distances(layout.mean(0), mean)
    return Likeness(
        distance,
        (others[0], others[1], others[2]),
        tuple(scenes),
        tuple(_compare(name, ours[name], theirs[name]) for name in ours),
    )


def layout_distances(weak: Floats, demonstrations: Floats) -> tuple[float, ...]:
    """Of mean layouts ``(32,)``: the distance as they are, and with weak images turned counter-clockwise by 90, 180
    and 270 degrees.
    """
    return tuple(_distance(turned(weak, quarters), demonstrations) for quarters in range(4))


def better_turn(distances: Sequence[float]) -> int:
    """Quarters of a turn, counter-clockwise, by which weak images come clearly nearer; 0: they are as they should be.

    Args:
        distances: of `layout_distances`.
    """
    best = int(np.argmin(distances))
    return best if distances[0] - distances[best] > TURNED else 0


def _distance(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return 1.0 - float(a @ b) / norm if norm > 0 else 1.0


def _statistics(data: Measured) -> dict[str, Floats]:
    thumbnail = data.pictures.thumbnail.astype(np.float32)
    return {
        "brightness": data.pictures.brightness,
        "colourfulness": np.ptp(thumbnail, axis=3).mean((1, 2)),
    }


def _compare(name: str, ours: Floats, theirs: Floats) -> Statistic:
    def percentiles(values: Floats) -> tuple[float, float, float]:
        low, middle, high = np.percentile(values, [5, 50, 95])
        return float(low), float(middle), float(high)

    low, high = np.percentile(theirs, [OUTSIDE, 100 - OUTSIDE])
    return Statistic(name, percentiles(ours), percentiles(theirs), bool(low <= np.median(ours) <= high))


def check_likeness(demonstrations: Measured, weak: Measured, found: Likeness) -> Iterator[Finding]:
    """Findings about weak images of another task, or that the demonstrations' camera would not have taken."""
    of = demonstrations.manifest.request.task
    if not weak.manifest.is_of(of):
        yield Finding(
            "problem",
            "tasks",
            "weak",
            f"Weak images are of the task {weak.manifest.request.task!r}, demonstrations of {of!r}: one policy cannot"
            " be trained on both.",
            "Name data of one task; imported ones get its name with --task.",
        )
    sizes = [(each.manifest.request.width, each.manifest.request.height) for each in (demonstrations, weak)]
    if sizes[0] != sizes[1]:
        yield Finding(
            "problem",
            "sizes",
            "weak",
            f"Weak images have {sizes[1][0]}x{sizes[1][1]} pixels, demonstrations {sizes[0][0]}x{sizes[0][1]}: one"
            " network cannot be trained on both.",
            "Collect or import them again with the same width and height.",
        )
    if min(len(demonstrations), len(weak)) < ENOUGH:
        return
    odd = [(scene, distance) for scene, distance in found.scenes if distance > SCENE_FAR]
    places = listed([f"{weak.scene_name(scene)}: distance {distance:.2f}" for scene, distance in odd])
    rows = [int(np.flatnonzero(weak.columns[schema.SCENE] == scene)[0]) for scene, _ in odd[:EXAMPLES]]
    mend = (
        "Take weak images from about the height, distance and angle of the robot's camera, upright, of the kind of"
        " place where the robot works."
    )
    if turn := better_turn((found.layout_distance, *found.turned_distances)):
        way = {1: "by a quarter, clockwise", 2: "upside down", 3: "by a quarter, counter-clockwise"}[turn]
        yield Finding(
            "warning",
            "view",
            "weak",
            f"The weak images seem to be turned {way}: turned back they would have their edges where the demonstrations"
            f" have theirs (layout distance {found.turned_distances[turn - 1]:.2f} instead of"
            f" {found.layout_distance:.2f}).",
            "Compare the samples of both on the page of --out. If one of the two is turned, turn it before the import:"
            " the demonstrations and the weak images have to be the same way up.",
            len(weak),
            examples=_spread(weak),
        )
    elif found.layout_distance > FAR:
        yield Finding(
            "warning",
            "view",
            "weak",
            f"The weak images do not look as if the robot's camera had taken them: their edges are elsewhere in the"
            f" picture (layout distance {found.layout_distance:.2f}, usual is below {FAR:g}), and transfer is"
            " doubtful.",
            mend,
            len(weak),
            places,
            tuple((row,) for row in rows) or _spread(weak),
        )
    elif odd:
        yield Finding(
            "warning" if len(odd) > SCENES_FAR * len(found.scenes) else "note",
            "view",
            "weak",
            f"{share(len(odd), len(found.scenes))} scenes have their edges elsewhere in the picture than the"
            f" demonstrations (distance above {SCENE_FAR:g}): another viewpoint, or only walls and things with strong"
            " patterns.",
            f"Look at them. If the viewpoint is another one: {mend[0].lower()}{mend[1:]}",
            len(odd),
            places,
            tuple((row,) for row in rows),
        )
    for statistic in found.statistics:
        if not statistic.covered:
            ours, theirs = statistic.demonstrations[1], statistic.weak
            yield Finding(
                "warning",
                "coverage",
                "weak",
                f"Nearly all weak images have {'less' if ours > theirs[1] else 'more'} {statistic.name} than the"
                f" demonstrations (median {theirs[1]:.0f} and {ours:.0f} grey levels).",
                "Add weak images that are like the demonstrations in this, some from the robot's own place among them.",
                len(weak),
                examples=_spread(weak),
            )


def _spread(data: Measured) -> tuple[tuple[int, ...], ...]:
    return tuple((int(row),) for row in np.linspace(0, len(data) - 1, min(EXAMPLES, len(data))).astype(int))

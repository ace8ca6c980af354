"""Where things may stand on the table, and where a picture shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gplac.worlds.arm import TABLE_HEIGHT_M
from gplac.worlds.camera import Camera
from gplac.worlds.scene import Table

Floats = npt.NDArray[np.float64]

# Only the picture's shape matters here, not its size.
WIDTH, HEIGHT = 200, 175


@dataclass(frozen=True)
class Field:
    """The part of the table that a task plays on, world metres."""

    x: tuple[float, float]
    """Where the object of interest may start."""
    y: tuple[float, float]
    companion: tuple[float, float]
    """Where the other thing is that the task needs."""
    companion_clear_m: float = 0.11
    """Distance from its middle that distractors keep."""
    reach_m: float = 0.055
    """Room that the object of interest takes beyond where its middle may be."""


TABLE_MIDDLE_X = 0.45
"""The table is turned about the middle of its far edge, which is here."""


def outline(x: float, y: float, radius: float, height: float) -> Floats:
    """Points ``(16, 3)`` on the foot and the top of a cylinder on the table."""
    angle = np.linspace(0.0, 2 * np.pi, 8, endpoint=False)
    ring = np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=-1)
    low, high = (np.full((8, 1), TABLE_HEIGHT_M + z) for z in (0.0, height))
    return np.concatenate([np.hstack([ring, low]), np.hstack([ring, high])])


def in_view(camera: Camera, points: Floats, margin: float = 0.0) -> bool:
    """Whether all points are in the picture, ``margin`` (a share of its height) inside its edges."""
    image = camera.project(points, WIDTH, HEIGHT)
    inset = margin * HEIGHT
    return bool(((image > inset) & (image < np.array([WIDTH, HEIGHT]) - inset)).all())


@lru_cache(maxsize=16)
def spread(field: Field) -> Floats:
    """Places ``(30, 2)`` all over the field, its corners among them."""
    places = np.stack(np.meshgrid(np.linspace(*field.x, 6), np.linspace(*field.y, 5)), -1).reshape(-1, 2)
    places.flags.writeable = False  # every caller has this one
    return places


def hides(camera: Camera, points: Floats, field: Field) -> float:
    """Share of the field that a thing with this outline stands before; all of it if that is where the companion is."""
    spots = np.concatenate([spread(field), [field.companion]])
    middle = np.full((len(spots), 1), TABLE_HEIGHT_M + 0.05)
    image = camera.project(np.hstack([spots, middle]), WIDTH, HEIGHT)
    shape = camera.project(points, WIDTH, HEIGHT)
    hidden = ((image > shape.min(0)) & (image < shape.max(0))).all(1)
    return 1.0 if hidden[-1] else float(hidden.mean())


def on_table(x: float, y: float, radius: float, table: Table) -> bool:
    """Whether a disc lies wholly before the table's far edge."""
    yaw = np.deg2rad(table.yaw_deg)
    return bool((y - table.far_edge_y) * np.cos(yaw) - (x - TABLE_MIDDLE_X) * np.sin(yaw) > radius)


def clear_of_field(x: float, y: float, radius: float, field: Field) -> bool:
    """Whether a thing keeps off the object's starts, its companion, and the straight ways between them, and does not
    stand behind the field. The arm may still reach through it: things do not collide."""
    room = radius + field.reach_m
    beside = x < field.x[0] - room or x > field.x[1] + room
    in_front = y > field.y[1] + room
    if not (beside or in_front):
        return False
    companion = np.array(field.companion)
    from_companion = np.array([x, y]) - companion
    if np.linalg.norm(from_companion) <= radius + field.companion_clear_m:
        return False
    way = spread(field) - companion
    along = np.clip(way @ from_companion / np.maximum((way**2).sum(axis=1), 1e-12), 0.0, 1.0)
    return bool(np.linalg.norm(along[:, None] * way - from_companion, axis=1).min() > room)


def apart(
    x: float, y: float, radius: float, others: Sequence[tuple[float, float, float]], gap: float = 0.008
) -> bool:
    """Whether a disc touches none of the others, each ``(x, y, radius)``."""
    return all(np.hypot(x - ox, y - oy) > radius + other + gap for ox, oy, other in others)

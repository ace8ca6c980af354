"""The fixed camera that faces the robot across the table, and its small displacements."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """Where a camera stands, what it looks at, and how it is turned away from there."""

    position: tuple[float, float, float]
    """World metres."""
    target: tuple[float, float, float]
    """Point in the middle of the picture before the camera is turned."""
    fovy_deg: float
    """Vertical field of view."""
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Turns about the camera's own right, up and viewing axes."""

    def jittered(self, generator: np.random.Generator, metres: float, degrees: float) -> "Camera":
        """Displaced by at most ``metres`` along, and turned by at most ``degrees`` about, each axis.

        The target moves with the camera, so that displacing does not turn.
        """
        shift = generator.uniform(-metres, metres, 3)
        turn = np.array(self.turn_deg) + generator.uniform(-degrees, degrees, 3)
        return replace(
            self,
            position=_triple(self.position + shift),
            target=_triple(self.target + shift),
            turn_deg=_triple(turn),
        )

    def rotation(self) -> Floats:
        """(3, 3): columns are the camera's right, up and backward axes in the world."""
        return _rotation(self)

    def project(self, points: Floats, width: int, height: int) -> Floats:
        """Image positions ``(..., 2)`` of world points ``(..., 3)``, in pixels right and down from the top left."""
        x, y, z = np.moveaxis((points - np.array(self.position)) @ self.rotation(), -1, 0)
        focal = 0.5 * height / np.tan(np.deg2rad(self.fovy_deg) / 2)
        return np.stack([width / 2 - focal * x / z, height / 2 + focal * y / z], axis=-1)


@lru_cache(maxsize=64)
def _rotation(camera: Camera) -> Floats:
    backward = np.subtract(camera.position, camera.target)
    backward /= np.linalg.norm(backward)
    right = np.cross([0.0, 0.0, 1.0], backward)
    right /= np.linalg.norm(right)
    facing = np.stack([right, np.cross(backward, right), backward], axis=1)
    a, b, c = np.deg2rad(camera.turn_deg)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(facing @ about_x @ about_y @ about_z)


def _triple(values: Floats) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 5) for value in values)
    return x, y, z

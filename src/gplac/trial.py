"""A trial of the robot experiment (section 6.2): look once, decide once, push once. Evaluation in simulation and trials
on a robot both run this code; it needs NumPy alone."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError

Images = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
Decide = Callable[[Images, Float32], Float32]
"""A policy: images ``(B, H, W, 3)`` and states ``(B, S)`` to actions ``(B, A)``."""
POINT_SIZE = 2
"""Numbers of a point: where a push begins, in the plane of the table."""


class Robot(Protocol):
    """What a trial needs of a robot. `gplac.worlds.mug_push.SimulatedRobot` is one; yours is another."""

    def image(self) -> Images:
        """What the camera sees now, ``(H, W, 3)`` uint8, RGB."""
        ...

    def state(self) -> npt.NDArray[Any]:
        """What the robot knows of itself, ``(S,)``, as in the demonstrations."""
        ...

    def push_from(self, point: npt.NDArray[np.float64]) -> None:
        """Push from ``point (2,)`` straight towards the goal, and return when the push is over. The point has the
        units and the origin of the demonstrations: in simulation metres from the middle of the workspace."""
        ...


def trials(robots: Sequence[Robot], policy: Decide) -> Float32:
    """One trial with each robot: all look, the policy decides for all of them at once, each pushes.

    Returns:
        The points ``(n, 2)`` that the policy chose.

    Raises:
        UserError: they are no points; no robot has moved.
    """
    images = np.stack([robot.image() for robot in robots])
    points = policy(images, np.stack([robot.state() for robot in robots]))
    if points.shape != (len(robots), POINT_SIZE) or not np.isfinite(points).all():
        raise UserError(
            f"A push begins at {POINT_SIZE} finite numbers, and the policy answered {points.tolist()} to "
            f"{len(robots)} pictures: it was not trained for pushes, or its training failed."
        )
    for robot, point in zip(robots, points, strict=True):
        robot.push_from(np.asarray(point, np.float64))
    return points

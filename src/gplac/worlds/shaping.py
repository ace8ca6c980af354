"""Where the hand should be to push or strike a thing towards a goal: what the experts' rewards share."""

import numpy as np

from gplac.worlds.arm import Floats

BEHIND_M = 0.12
"""The expert is first drawn to a point this far behind the thing, as seen from the goal ..."""
PRESS_M = 0.05
"""... and, once straight behind it, to one this far behind. The hand touches it at 0.07 m, so it has to push."""


def ahead(thing: Floats, goal: Floats) -> Floats:
    """Direction ``(..., 2)`` from thing to goal; it fades out within the last 2 cm, where there is none."""
    way = goal - thing
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 0.02))


def hand_target(thing: Floats, goal: Floats, hand: Floats) -> Floats:
    """Where the part of the hand that pushes should be, ``(..., 2)``: `BEHIND_M` behind the thing; nearer, the
    straighter behind it is.
    """
    forwards = ahead(thing, goal)
    offset = hand - thing
    along = np.sum(offset * forwards, axis=-1)
    sideways = np.linalg.norm(offset - along[..., None] * forwards, axis=-1)
    straight = np.exp(-((sideways / 0.04) ** 2)) / (1.0 + np.exp((along + 0.03) / 0.01))
    return np.asarray(thing - (BEHIND_M - (BEHIND_M - PRESS_M) * straight)[..., None] * forwards)


def along_and_across(vector: Floats, forwards: Floats) -> Floats:
    """``vector`` ``(..., 2)`` in the frame that looks ``forwards``: ahead and to the left."""
    along = np.sum(vector * forwards, axis=-1)
    across = forwards[..., 0] * vector[..., 1] - forwards[..., 1] * vector[..., 0]
    return np.stack([along, across], axis=-1)

"""What evaluation asks of a policy."""

from collections.abc import Callable
from typing import Protocol, TypeGuard, runtime_checkable

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
GREY = 127
"""What every pixel of a blanked image is."""


class Policy(Protocol):
    """Images ``(B, H, W, 3)`` and robot states ``(B, state_size)`` in, torques ``(B, action_size)`` out.

    A policy keeps no memory between calls: evaluation calls it for many scenes in turn, in no fixed order.
    """

    def __call__(self, images: Images, states: Float32) -> Float32: ...


@runtime_checkable
class Attentive(Protocol):
    """A policy with feature points. Each method raises TypeError if this one has none after all."""

    def points(self, images: Images) -> Float32:
        """Feature points ``(B, K, 2)`` in [-0.5, 0.5]: x to the right, y down."""
        ...

    def pixels(self, images: Images) -> Float32:
        """Feature points ``(B, K, 2)`` as column and row."""
        ...

    def maps(self, images: Images) -> Float32:
        """Softmax of each channel ``(B, K, H', W')``."""
        ...

    def act_from(self, points: Float32, states: Float32) -> Float32:
        """Torques ``(B, A)`` from feature points ``(B, K, 2)`` in place of an image."""
        ...


@runtime_checkable
class Classifying(Protocol):
    """A policy that answers the weak label's question. Each method raises TypeError if this one does not after all."""

    def classify(self, images: Images) -> Float32:
        """Probability ``(B,)`` that the object of interest is in the picture."""
        ...

    def classify_from(self, points: Float32) -> Float32:
        """The same from feature points ``(B, K, 2)`` in place of an image."""
        ...


def has_points(policy: object, image: Images) -> TypeGuard[Attentive]:
    """Whether a policy has feature points after all, asked with one picture ``(1, H, W, 3)``."""
    return isinstance(policy, Attentive) and _answers(policy.points, image)


def has_classifier(policy: object, image: Images) -> TypeGuard[Classifying]:
    """Whether a policy answers the weak label's question after all, asked with one picture ``(1, H, W, 3)``."""
    return isinstance(policy, Classifying) and _answers(policy.classify, image)


def _answers(question: Callable[[Images], Float32], image: Images) -> bool:
    try:
        question(image)
    except TypeError:
        return False
    return True

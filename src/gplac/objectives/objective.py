"""What a term of the loss is, and what it may look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor, nn

from gplac.models.network import Network

Source = Literal["labelled", "weak", "labels", "video", "positions"]
"""Demonstrated frames; weakly labelled images; whether these show the object of interest, which domain adaptation and
autoencoders may not know; consecutive demonstrated frames, without their actions; where in the pictures of the first
two the object stands, which no method but ATT-PO may know."""


@dataclass(frozen=True)
class Labelled:
    """A batch of demonstrated frames."""

    images_BHW3: Tensor
    """uint8"""
    state_BS: Tensor
    """Robot state, in its own units."""
    action_BA: Tensor
    """Demonstrated action, in the robot's units."""
    features_BF: Tensor
    """What the encoder made of the images."""


@dataclass(frozen=True)
class Weak:
    """A batch of weakly labelled images."""

    images_BHW3: Tensor
    """uint8"""
    present_B: Tensor | None
    """1.0 where the object of interest is in the picture, else 0.0; None unless this term itself reads "labels"."""
    features_BF: Tensor
    """What the encoder made of the images."""


@dataclass(frozen=True)
class Video:
    """A batch of consecutive demonstrated frames."""

    images_BTHW3: Tensor
    """uint8; T is 3"""
    features_BTF: Tensor
    """What the encoder made of the images."""


@dataclass(frozen=True)
class Positions:
    """Where in the picture the object of interest stands, normalised by the mean and standard deviation over all
    demonstrations."""

    labelled_B2: Tensor
    """In the demonstrated frames."""
    weak_B2: Tensor | None
    """In the weakly labelled images that show it; without meaning in the others. None in a method that sees none."""


@dataclass(frozen=True)
class Context:
    """Everything that a term may look at in one step."""

    network: Network
    progress: float
    """Share of the stage's optimiser steps after its warm-up that are done, in [0, 1): for terms whose strength follows
    a schedule."""
    labelled: Labelled | None
    """None unless an active term reads "labelled"."""
    weak: Weak | None
    """None unless an active term reads "weak"."""
    video: Video | None
    """None unless an active term reads "video"."""
    positions: Positions | None
    """None unless this term itself reads "positions"."""
    head: nn.Module | None
    """The module that this term's `head` made, if any."""
    metrics: dict[str, Tensor]
    """A term may leave scalars here; they are averaged and logged."""


class Objective(Protocol):
    """One term of the loss: a frozen dataclass, so that methods can be compared field by field."""

    @property
    def name(self) -> str:
        """Of the term, as it appears in the logs."""

    @property
    def weight(self) -> float | None:
        """Factor in the total loss; None, of `classification` and `domain` alone: the preset's."""

    @property
    def reads(self) -> frozenset[Source]:
        """The batches it needs."""

    @property
    def warmup(self) -> bool:
        """Whether it is active during the first steps of the main stage as well (appendix 8.3: only L_task is)."""

    def head(self, network: Network) -> nn.Module | None:
        """A module of its own, trained with the network and not part of the policy; None if it needs none."""

    def loss(self, context: Context) -> Tensor:
        """The unweighted loss, a scalar."""


def sources(objectives: Iterable[Objective]) -> frozenset[Source]:
    """What some objectives need of one step's data."""
    return frozenset[Source]().union(*(objective.reads for objective in objectives))

"""Domain adaptation by gradient reversal (section 6.1, after Ganin and Lempitsky 2015)."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from gplac.models.network import Network
from gplac.objectives.objective import Context, Source


class Reversal(torch.autograd.Function):
    """The identity, whose gradient is multiplied by -strength on its way back."""

    @staticmethod
    def forward(ctx: Any, features_BF: Tensor, strength: float) -> Tensor:
        """(B, F) features, unchanged."""
        ctx.strength = strength
        return features_BF.view_as(features_BF)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """(B, F) gradient, reversed; none for the strength."""
        return -ctx.strength * gradients[0], None


def reversal_strength(progress: float) -> float:
    """``2 / (1 + exp(-10 progress)) - 1``: from 0 where the term sets in to nearly 1 at the end, so that the classifier
    of domains has learned something before the features are turned against it."""
    return 2.0 / (1.0 + math.exp(-10.0 * progress)) - 1.0


@dataclass(frozen=True)
class DomainConfusion:
    """``L_D = -1/N sum_i [d_i log q(f_i) + (1 - d_i) log(1 - q(f_i))]`` over labelled (d = 1) and weak (d = 0) images.

    The classifier of domains q descends on it; the features f ascend, by the reversed gradient.
    """

    weight: float | None = None
    """None: the preset's `domain_weight`."""
    name: str = "domain"
    reads: frozenset[Source] = frozenset({"labelled", "weak"})
    warmup: bool = False

    def head(self, network: Network) -> nn.Module:
        """The classifier of domains: a head like the classifier's, but without dropout. Features need only hide from
        what it can see: one that loses most of them is deceived while the rest of them tell the domains apart."""
        return network.new_head(1, dropout=0.0)

    def loss(self, context: Context) -> Tensor:
        """Binary cross-entropy of the domain; leaves the accuracy in the metrics."""
        labelled, weak = context.labelled, context.weak
        assert labelled is not None and weak is not None and context.head is not None
        features_BF = torch.cat((labelled.features_BF, weak.features_BF))
        reversed_BF = Reversal.apply(features_BF, reversal_strength(context.progress))  # type: ignore[no-untyped-call]
        logit_B = context.head(reversed_BF).squeeze(1).float()
        domain_B = torch.zeros_like(logit_B)
        domain_B[: len(labelled.features_BF)].fill_(1.0)  # assigned, it would be sent to a GPU
        context.metrics["domain_accuracy"] = ((logit_B > 0) == (domain_B > 0.5)).float().mean()
        return binary_cross_entropy_with_logits(logit_B, domain_B)

"""The fully connected parts of figure 2: a head for the action, and heads that read the feature points alone."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


def fully_connected(inputs: int, hidden: Sequence[int], outputs: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    sizes = (inputs, *hidden)
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


def precision(features_BF: Tensor) -> torch.autocast:
    """Half precision for features that are in it already, that is for flattened maps. Feature points are exact, and a
    head on them is small: it leaves autocast."""
    half = features_BF.dtype == torch.bfloat16
    return torch.autocast(features_BF.device.type, torch.bfloat16, enabled=half)


class PolicyHead(nn.Module):
    """Feature points with dropout, joined with the robot's state, to an action (appendix 8.3)."""

    def __init__(
        self, features: int, state_size: int, action_size: int, hidden: Sequence[int], dropout: nn.Module
    ) -> None:
        super().__init__()
        self.dropout: Any = dropout  # its rate `p` may follow a schedule
        self.layers = fully_connected(features + state_size, hidden, action_size)

    def forward(self, features_BF: Tensor, state_BS: Tensor) -> Tensor:
        """(B, F) features and (B, S) normalised state to (B, A) normalised action."""
        with precision(features_BF):
            action_BA: Tensor = self.layers(torch.cat((self.dropout(features_BF), state_BS), dim=1))
        return action_BA


class FeatureHead(nn.Module):
    """Feature points with dropout to a few numbers: the classifier of section 4, and its like for other losses."""

    def __init__(self, features: int, outputs: int, hidden: Sequence[int], dropout: nn.Module) -> None:
        super().__init__()
        self.dropout = dropout
        self.layers = fully_connected(features, hidden, outputs)

    def forward(self, features_BF: Tensor) -> Tensor:
        """(B, F) features to (B, outputs)."""
        with precision(features_BF):
            output_BN: Tensor = self.layers(self.dropout(features_BF))
        return output_BN

"""Dropout on feature points (appendix 8.3)."""

import torch
from torch import Tensor, nn

CORNER = -0.5
"""Coordinate of the picture's top left corner, where the paper's pixel coordinates are 0."""


class PointDropout(nn.Module):
    """Puts each coordinate at the picture's corner with probability ``p`` while training.

    Ordinary dropout suits magnitudes, not positions. It would enlarge all others by 1 / (1 - p), so that while training
    the object seems farther from the picture's middle than it will be later; and in coordinates around the middle a
    dropped one would look like an object there.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, points_BF: Tensor) -> Tensor:
        """(B, F) coordinates in [-0.5, 0.5] to the same, some of them dropped."""
        if not self.training or self.p == 0.0:
            return points_BF
        return points_BF.masked_fill(torch.rand_like(points_BF) < self.p, CORNER)

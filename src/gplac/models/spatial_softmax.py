"""Spatial attention (section 5): where, not how strongly, each channel fires."""

import torch
from torch import Tensor, nn


def coordinates(height: int, width: int) -> Tensor:
    """(H*W, 2) coordinates (x, y) of the cells of a map, row by row: x to the right, y down, from -0.5 to 0.5."""
    y_H = torch.linspace(-0.5, 0.5, height) if height > 1 else torch.zeros(1)
    x_W = torch.linspace(-0.5, 0.5, width) if width > 1 else torch.zeros(1)
    y_HW, x_HW = torch.meshgrid(y_H, x_W, indexing="ij")
    return torch.stack((x_HW.flatten(), y_HW.flatten()), dim=1)


class SpatialSoftmax(nn.Module):
    """Soft arg-max of each channel (section 5).

    ::

        z_cij = exp(h_cij / t) / sum_i'j' exp(h_ci'j' / t)
        f_c = (sum_ij x_j z_cij, sum_ij y_i z_cij)

    The paper has no temperature t (t = 1). A learnable one is held as its logarithm, so that it stays positive.

    Args:
        height: rows of the maps.
        width: columns of the maps.
        temperature: t, or where it starts.
        learn_temperature: whether it is trained.
    """

    def __init__(
        self, height: int, width: int, temperature: float = 1.0, learn_temperature: bool = False
    ) -> None:
        super().__init__()
        self.cells_N2: Tensor
        self.register_buffer("cells_N2", coordinates(height, width), persistent=False)
        log_temperature = torch.tensor(float(temperature)).log()
        self.log_temperature = nn.Parameter(log_temperature, requires_grad=learn_temperature)

    def weights(self, map_BCHW: Tensor) -> Tensor:
        """(B, C, H*W) softmax over the cells of each channel; at least float32, whatever the map is."""
        logits_BCN = map_BCHW.flatten(2)
        if logits_BCN.dtype in (torch.bfloat16, torch.float16):
            logits_BCN = logits_BCN.float()
        return torch.softmax(logits_BCN * torch.exp(-self.log_temperature), dim=2)

    def forward(self, map_BCHW: Tensor) -> Tensor:
        """(B, C, H, W) map to (B, C, 2) expected positions (x right, y down) in [-0.5, 0.5]."""
        # Half precision would round positions to about a pixel, so the whole layer leaves autocast.
        with torch.autocast(map_BCHW.device.type, enabled=False):
            weights_BCN = self.weights(map_BCHW)
            points_BC2: Tensor = weights_BCN @ self.cells_N2.to(weights_BCN.dtype)
            return points_BC2

    def entropy(self, map_BCHW: Tensor) -> Tensor:
        """(B, C) entropy of each channel's softmax in nats: log(H*W) for a flat map, 0 for a single cell."""
        with torch.autocast(map_BCHW.device.type, enabled=False):
            entropy_BC: Tensor = torch.special.entr(self.weights(map_BCHW)).sum(dim=2)
            return entropy_BC

"""The spatial autoencoder's loss: draw the picture from the points (section 6.1, after Finn and others 2016)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from gplac.luma import LUMA
from gplac.models.heads import precision
from gplac.models.network import Network
from gplac.objectives.objective import Context, Source

SHRINK = 4
"""The decoded picture has a quarter of the width and height (Finn et al.: 60x60 from 240x240)."""


def small_grey(images_BHW3: Tensor, height: int, width: int) -> Tensor:
    """(B, H, W, 3) uint8 images to (B, height * width) grey ones in [0, 1], each pixel the mean of an area."""
    with torch.autocast(images_BHW3.device.type, enabled=False):
        red, green, blue = LUMA
        pixels_BHW3 = images_BHW3.float() / 255.0
        grey_BHW = red * pixels_BHW3[..., 0] + green * pixels_BHW3[..., 1] + blue * pixels_BHW3[..., 2]
        small_BHW: Tensor = adaptive_avg_pool2d(grey_BHW, (height, width))
        return small_BHW.flatten(1)


class Decoder(nn.Module):
    """Features to a small grey picture, in one linear layer: what is drawn follows from where the points are."""

    def __init__(self, features: int, height: int, width: int) -> None:
        super().__init__()
        self.height, self.width = height, width
        self.layer = nn.Linear(features, height * width)

    def forward(self, features_BF: Tensor) -> Tensor:
        """(B, F) features to pictures (B, height * width), row by row."""
        with precision(features_BF):
            pixels_BN: Tensor = self.layer(features_BF)
        return pixels_BN


@dataclass(frozen=True)
class Reconstruction:
    """``L_R = 1/N sum_i ||g_i - D(f_i)||^2``: g the small grey picture, D linear in the features f, the square summed
    over pixels. Over weak images without their labels, and demonstrated frames without their actions."""

    weight: float = 1.0
    name: str = "reconstruction"
    reads: frozenset[Source] = frozenset({"weak", "video"})
    warmup: bool = False

    def head(self, network: Network) -> Decoder:
        """The decoder."""
        encoder = network.encoder
        height, width = encoder.map_height * encoder.stride, encoder.map_width * encoder.stride
        return Decoder(encoder.feature_size, max(1, height // SHRINK), max(1, width // SHRINK))

    def loss(self, context: Context) -> Tensor:
        """Squared error, summed over pixels, averaged over images."""
        weak, video = context.weak, context.video
        assert weak is not None and video is not None and isinstance(context.head, Decoder)
        images_BHW3 = torch.cat((weak.images_BHW3, video.images_BTHW3.flatten(0, 1)))
        features_BF = torch.cat((weak.features_BF, video.features_BTF.flatten(0, 1)))
        wanted_BN = small_grey(images_BHW3, context.head.height, context.head.width)
        drawn_BN: Tensor = context.head(features_BF)
        return (drawn_BN.to(wanted_BN.dtype) - wanted_BN).square().sum(dim=1).mean()

"""Images to features (section 5, appendix 8.3): five 3x3 convolutions, then attention or a flattened map."""

import math
from importlib.resources import as_file, files

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from gplac.config import NetworkConfig
from gplac.errors import UserError
from gplac.models.dropout import PointDropout
from gplac.models.spatial_softmax import SpatialSoftmax

RGB_MEAN = (123.68, 116.779, 103.939)
"""What VGG-16 expects to be subtracted from pixels of 0..255."""
PIXEL_STD = 58.0
"""Standard deviation of photographs' pixels (0.226 of 255 over ImageNet). The filters of VGG-16's first layer have a
root-mean-square norm of 1.07, so that dividing by it brings their answers from hundreds to the order of 1."""


def vgg16_first_layer() -> tuple[Tensor, Tensor]:
    """Weight (64, 3, 3, 3) and bias (64,) of VGG-16's conv1_1, from the file shipped with the package."""
    with as_file(files("gplac.models") / "weights" / "vgg16_conv1_1.safetensors") as path:
        tensors = load_file(path)
    return tensors["weight"], tensors["bias"]


class FirstLayer(nn.Module):
    """VGG-16's conv1_1 with the paper's stride, on raw pixels, then ReLU; its answers are divided by `PIXEL_STD`."""

    def __init__(self, stride: int, trained: bool) -> None:
        super().__init__()
        weight, bias = vgg16_first_layer()
        self.trained = trained
        self.conv = nn.Conv2d(3, len(bias), kernel_size=3, stride=stride, padding=1)
        with torch.no_grad():
            self.conv.weight.copy_(weight / PIXEL_STD)
            self.conv.bias.copy_(bias / PIXEL_STD)  # type: ignore[union-attr]
        self.requires_grad_(trained)
        self.mean_3: Tensor
        self.register_buffer("mean_3", torch.tensor(RGB_MEAN), persistent=False)

    def forward(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 pixels to (B, 64, H', W')."""
        with torch.set_grad_enabled(self.trained and torch.is_grad_enabled()):
            # The mean goes before the zero padding, as in VGG-16: a border looks like the mean colour.
            pixels_B3HW = (images_BHW3.to(self.conv.weight.dtype) - self.mean_3).permute(0, 3, 1, 2)
            return torch.relu_(self.conv(pixels_B3HW))


class Encoder(nn.Module):
    """The convolutions that encoders share; each makes features (B, `feature_size`) of their map.

    Args:
        config: filters of the convolutions, and what becomes of the first.
        height: of the images, pixels.
        width: of the images, pixels.
        stride: of the first convolution.

    Raises:
        UserError: the first layer is not VGG-16's of 64 filters.
    """

    feature_size: int
    """Numbers of the features, F."""
    dropout: type[nn.Module] = nn.Dropout
    """What drops some of them at the entrance of a head."""

    def __init__(self, config: NetworkConfig, height: int, width: int, stride: int) -> None:
        super().__init__()
        channels = config.channels
        if channels[0] != 64:
            raise UserError(
                f"network.channels starts with {channels[0]}, but VGG-16's first layer has 64 filters"
            )
        self.height, self.width, self.stride = height, width, stride
        self.map_height, self.map_width = math.ceil(height / stride), math.ceil(width / stride)
        self.first = FirstLayer(stride, config.first_layer == "trained")
        layers: list[nn.Module] = []
        for i in range(1, len(channels)):
            last = i == len(channels) - 1
            norm = config.norm_last or not last
            layers.append(nn.Conv2d(channels[i - 1], channels[i], kernel_size=3, padding=1, bias=not norm))
            if norm:
                layers.append(nn.BatchNorm2d(channels[i]))
            if not last:
                layers.append(nn.ReLU(inplace=True))
        self.layers = nn.Sequential(*layers)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def map(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images to the post-ReLU map (B, C, H', W') of the last convolution."""
        # What follows works on whole channels; a ReLU on both sides of the change of layout would be slow backward.
        return torch.relu_(self.layers(self.first(images_BHW3)).contiguous())


class AttentionEncoder(Encoder):
    """First stride 2, then the spatial softmax: features are the 2K coordinates x0, y0, x1, y1, ..."""

    dropout = PointDropout

    def __init__(self, config: NetworkConfig, height: int, width: int) -> None:
        super().__init__(config, height, width, stride=2)
        size = self.map_height, self.map_width
        self.attention = SpatialSoftmax(*size, config.temperature, config.learn_temperature)
        self.feature_size = 2 * config.channels[-1]

    def points(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images to feature points (B, K, 2): x right, y down, in [-0.5, 0.5]."""
        points_BK2: Tensor = self.attention(self.map(images_BHW3))
        return points_BK2

    def forward(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images to features (B, 2K)."""
        return self.points(images_BHW3).flatten(1)


class ConvEncoder(Encoder):
    """The comparison without attention: first stride 4, then the flattened map."""

    def __init__(self, config: NetworkConfig, height: int, width: int) -> None:
        super().__init__(config, height, width, stride=4)
        self.feature_size = config.channels[-1] * self.map_height * self.map_width

    def forward(self, images_BHW3: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 images to features (B, C H' W')."""
        return self.map(images_BHW3).flatten(1)

"""Random changes of colour, so that fewer colours have to be photographed; the paper mentions no augmentation."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gplac.luma import LUMA
from gplac.seeding import seed_of
from gplac.training.batches import AHEAD


def colour_maps(count: int, strength: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Random affine maps of colour: hue, saturation, the light's colour, contrast and brightness, in this order.

    Args:
        count: how many maps.
        strength: 0 changes nothing; at 1 hue turns by up to half a circle, saturation is 0 to 2 times what it was,
            each channel's light 0.75 to 1.25 times, contrast 0.5 to 1.5 times, and brightness moves by up to a quarter
            of the range.
        generator: on the CPU.

    Returns:
        Matrices (count, 3, 3) and offsets (count, 3): pixels of 0..255 as rows x become x @ matrix + offset.
    """

    def draw(half: float, *shape: int) -> Tensor:
        return (2 * torch.rand(count, *shape, generator=generator) - 1) * half * strength

    # A turn about the grey axis (Rodrigues' formula), so that greys stay what they are.
    angle = draw(math.pi, 1, 1)
    axis = torch.full((3,), 1 / math.sqrt(3))
    cross = torch.linalg.cross(torch.eye(3), axis.expand(3, 3))
    hue = angle.cos() * torch.eye(3) + angle.sin() * cross + (1 - angle.cos()) * torch.outer(axis, axis)
    saturation = 1 + draw(1.0, 1, 1)
    grey = torch.tensor(LUMA)[:, None].expand(3, 3)
    saturated = saturation * torch.eye(3) + (1 - saturation) * grey
    light = torch.diag_embed(1 + draw(0.25, 3))
    contrast = 1 + draw(0.5, 1)
    matrix = hue @ saturated @ light * contrast[:, :, None]
    offset = 127.5 * (1 - contrast) + 255 * draw(0.25, 1)
    return matrix, offset.expand(count, 3)


class Colours:
    """The changes of colour of each step, on the device for `AHEAD` steps at a time, as batches are.

    Args:
        strength: see `colour_maps`.
        seed: of the run.
        device: where the pictures are.
    """

    def __init__(self, strength: float, seed: int, device: torch.device) -> None:
        self.strength, self.seed, self.device = strength, seed, device
        self.drawn: tuple[int, tuple[int, ...]] | None = None
        self.matrices: Tensor
        self.offsets: Tensor

    def maps(self, step: int, sizes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Matrices (N, 3, 3) and offsets (N, 3) of a step's batches of these sizes, one behind the other, N pictures in
        all; on the CPU, so that the draws are the same on every device."""
        generator = torch.Generator().manual_seed(seed_of("colours", self.seed, step))
        matrices, offsets = zip(*(colour_maps(size, self.strength, generator) for size in sizes), strict=True)
        return torch.cat(matrices), torch.cat(offsets)

    def __call__(self, step: int, batches: Sequence[Tensor]) -> list[Tensor]:
        """The pictures of a step's batches, each uint8 (B, ..., 3), in other colours."""
        first, sizes = step - step % AHEAD, tuple(map(len, batches))
        if self.drawn != (first, sizes):
            maps = [self.maps(each, sizes) for each in range(first, first + AHEAD)]
            self.matrices, self.offsets = (
                torch.stack(each).to(self.device) for each in zip(*maps, strict=True)
            )
            self.drawn = first, sizes
        matrices, offsets = (
            torch.split(each[step - first], list(sizes)) for each in (self.matrices, self.offsets)
        )
        return [recoloured(*each) for each in zip(batches, matrices, offsets, strict=True)]


def recoloured(images: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Each picture in other colours, all of its pixels alike: what is where stays as it was.

    Args:
        images: uint8 ``(B, ..., 3)``; along the axes between, such as the frames of a clip, colours change alike.
        matrix: ``(B, 3, 3)``, see `colour_maps`.
        offset: ``(B, 3)``.

    Returns:
        uint8 of the same shape.
    """
    pixels = images.reshape(len(images), -1, 3).float()
    return (
        torch.baddbmm(offset[:, None], pixels, matrix)
        .round_()
        .clamp_(0, 255)
        .to(torch.uint8)
        .reshape(images.shape)
    )

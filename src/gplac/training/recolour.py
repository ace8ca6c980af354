"""Random changes of colour, so that fewer colours have to be photographed; the paper mentions no augmentation."""

import math

import torch
from torch import Tensor

LUMINANCE = (0.299, 0.587, 0.114)


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
    grey = torch.tensor(LUMINANCE)[:, None].expand(3, 3)
    saturated = saturation * torch.eye(3) + (1 - saturation) * grey
    light = torch.diag_embed(1 + draw(0.25, 3))
    contrast = 1 + draw(0.5, 1)
    matrix = hue @ saturated @ light * contrast[:, :, None]
    offset = 127.5 * (1 - contrast) + 255 * draw(0.25, 1)
    return matrix, offset.expand(count, 3)


def recoloured(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Each picture in other colours, all of its pixels alike: what is where stays as it was.

    Args:
        images: uint8 ``(B, ..., 3)``; along the axes between, such as the frames of a clip, colours change alike.
        strength: see `colour_maps`.
        generator: on the CPU, so that the draws are the same on every device.

    Returns:
        uint8 of the same shape.
    """
    matrix, offset = (each.to(images.device) for each in colour_maps(len(images), strength, generator))
    pixels = images.reshape(len(images), -1, 3).float()
    return (
        torch.baddbmm(offset[:, None], pixels, matrix)
        .round_()
        .clamp_(0, 255)
        .to(torch.uint8)
        .reshape(images.shape)
    )

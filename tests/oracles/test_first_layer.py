"""VGG-16's first layer against a plain convolution with the file's numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import gplac.models
from gplac.models.encoders import PIXEL_STD, FirstLayer

FILE = Path(gplac.models.__file__).parent / "weights" / "vgg16_conv1_1.safetensors"


@pytest.mark.parametrize("stride", [2, 4])
def test_equals_a_plain_convolution(stride: int) -> None:
    tensors = load_file(FILE)
    images = np.random.default_rng(0).integers(0, 256, (2, 9, 11, 3), dtype=np.uint8)
    centred = np.zeros((2, 11, 13, 3))
    centred[:, 1:-1, 1:-1] = images - np.array([123.68, 116.779, 103.939])
    rows, columns = range(0, 9, stride), range(0, 11, stride)
    expected = np.zeros((2, 64, len(rows), len(columns)))
    for a, i in enumerate(rows):
        for b, j in enumerate(columns):
            patch = centred[:, i : i + 3, j : j + 3]
            expected[:, :, a, b] = np.einsum("bijc,ocij->bo", patch, tensors["weight"]) + tensors["bias"]
    found = FirstLayer(stride, trained=False)(torch.from_numpy(images)).numpy()
    assert found == pytest.approx(np.maximum(expected, 0) / PIXEL_STD, abs=1e-4)


def test_answers_are_of_order_one_on_natural_statistics() -> None:
    generator = np.random.default_rng(0)
    smooth = np.cumsum(np.cumsum(generator.normal(size=(4, 64, 64, 3)), axis=1), axis=2)
    smooth = (smooth - smooth.mean((1, 2), keepdims=True)) / smooth.std((1, 2), keepdims=True)
    images = np.clip(120 + 58 * smooth, 0, 255).astype(np.uint8)
    answers = FirstLayer(2, trained=False)(torch.from_numpy(images))
    assert 0.1 < answers.square().mean().sqrt() < 3

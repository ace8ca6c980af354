"""The spatial softmax against a plain transcription of section 5 and against kornia."""

import kornia
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from gplac.models.spatial_softmax import SpatialSoftmax

maps = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(2, 7), st.integers(2, 7)),
    elements=st.floats(-20, 20),
)


def transcription(map_BCHW: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Section 5, symbol by symbol: z_cij = exp(h_cij) / sum exp(h_ci'j'), f_c = (sum_j j z_cij, sum_i i z_cij)."""
    batch, channels, height, width = map_BCHW.shape
    points = np.zeros((batch, channels, 2))
    for b in range(batch):
        for c in range(channels):
            h = map_BCHW[b, c] / temperature
            z = np.exp(h - h.max())
            z /= z.sum()
            for i in range(height):
                for j in range(width):
                    points[b, c] += z[i, j] * np.array([j / (width - 1) - 0.5, i / (height - 1) - 0.5])
    return points


def points(map_BCHW: np.ndarray | Tensor, **settings: float) -> np.ndarray:
    tensor = torch.as_tensor(map_BCHW)
    return SpatialSoftmax(*tensor.shape[2:], **settings).to(tensor.dtype)(tensor).detach().numpy()


@given(maps, st.floats(0.2, 5))
@settings(deadline=None, max_examples=30)
def test_equals_the_paper_symbol_by_symbol(map_BCHW: np.ndarray, temperature: float) -> None:
    assert points(map_BCHW, temperature=temperature) == pytest.approx(
        transcription(map_BCHW, temperature), abs=1e-6
    )


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_equals_kornia(temperature: float) -> None:
    map_BCHW = 4 * torch.randn(3, 5, 11, 17, generator=torch.Generator().manual_seed(0))
    expected = kornia.geometry.spatial_soft_argmax2d(map_BCHW, temperature) / 2
    assert points(map_BCHW, temperature=temperature) == pytest.approx(expected.numpy(), abs=1e-6)


@given(maps, st.floats(-50, 50))
@settings(deadline=None, max_examples=30)
def test_points_stay_in_the_picture_and_ignore_a_constant(map_BCHW: np.ndarray, constant: float) -> None:
    found = points(map_BCHW)
    assert np.abs(found).max() <= 0.5 + 1e-9
    assert points(map_BCHW + constant) == pytest.approx(found, abs=1e-6)


@given(st.integers(0, 8), st.integers(0, 11), st.integers(0, 8), st.integers(0, 11))
@settings(deadline=None, max_examples=30)
def test_moving_a_peak_moves_its_point_as_far(
    row: int, column: int, row_after: int, column_after: int
) -> None:
    def peak(i: int, j: int) -> np.ndarray:
        map_BCHW = np.zeros((1, 1, 9, 12))
        map_BCHW[0, 0, i, j] = 100
        return points(map_BCHW)[0, 0]

    moved = peak(row_after, column_after) - peak(row, column)
    assert moved == pytest.approx([(column_after - column) / 11, (row_after - row) / 8], abs=1e-6)


def test_gradients_equal_finite_differences_for_map_and_temperature() -> None:
    layer = SpatialSoftmax(4, 5, temperature=0.7, learn_temperature=True).double()
    map_BCHW = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)

    def forward(map_BCHW: Tensor, log_temperature: Tensor) -> Tensor:
        return torch.func.functional_call(layer, {"log_temperature": log_temperature}, (map_BCHW,))

    assert torch.autograd.gradcheck(forward, (map_BCHW, layer.log_temperature))


def test_half_precision_maps_give_points_as_exact_as_their_values() -> None:
    map_BCHW = (4 * torch.randn(2, 4, 44, 50)).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        found = SpatialSoftmax(44, 50)(map_BCHW)
    assert found.dtype == torch.float32
    assert found.numpy() == pytest.approx(transcription(map_BCHW.double().numpy()), abs=1e-5)


def test_entropy_goes_from_zero_to_that_of_a_flat_map() -> None:
    map_BCHW = torch.zeros(1, 2, 6, 7)
    map_BCHW[0, 1, 3, 3] = 200
    entropy = SpatialSoftmax(6, 7).entropy(map_BCHW)[0].tolist()
    assert entropy == pytest.approx([np.log(42), 0], abs=1e-5)

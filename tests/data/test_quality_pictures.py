"""What is kept of pictures, against plain transcriptions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from quality_data import Photos

from gplac.data.quality.copies import groups
from gplac.data.quality.pictures import (
    BRIGHTER,
    GREY,
    Features,
    area_means,
    detail,
    difference_hash,
    layout,
    repeated,
    turned,
)
from gplac.data.shards import encode_jpeg
from gplac.seeding import rng


@given(st.integers(3, 40), st.integers(3, 40), st.integers(1, 9), st.integers(1, 9))
def test_area_means(height: int, width: int, rows: int, columns: int) -> None:
    image = rng("area means", height, width).uniform(0, 255, (1, height, width)).astype(np.float32)
    # Enlarged so that every area is a whole number of pixels.
    fine = image[0].repeat(rows, 0).repeat(columns, 1)
    expected = fine.reshape(rows, height, columns, width).mean((1, 3))
    np.testing.assert_allclose(area_means(image, rows, columns)[0], expected, rtol=1e-4)


def test_the_hash_bit_by_bit() -> None:
    grey = rng("hash").uniform(0, 255, (3, 40, 45)).astype(np.float32)
    for image, value in zip(grey, difference_hash(grey), strict=True):
        areas = image.reshape(8, 5, 9, 5).mean((1, 3))
        bits = ""
        for row in range(8):
            for column in range(8):
                bits += "1" if areas[row, column + 1] > areas[row, column] + BRIGHTER else "0"
        assert int(value) == int(bits, 2)


def test_the_hash_of_a_ramp_and_of_a_wall() -> None:
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.float32), (56, 1))
    wall = 100 + rng("wall").normal(0, 2, (56, 64)).astype(np.float32)
    assert [int(each) for each in difference_hash(np.stack([ramp, ramp[:, ::-1], wall]))] == [2**64 - 1, 0, 0]


def test_detail_of_what_is_known() -> None:
    noise = rng("detail").normal(128, 20, (1, 200, 200)).astype(np.float32)
    edges = np.zeros((1, 64, 64), np.float32)
    edges[:, :, 32:] = 200
    assert detail(noise)[0] == pytest.approx(4.0, rel=0.1)
    assert detail(edges)[0] == pytest.approx(0.5, rel=0.05)
    assert np.isinf(detail(np.full((1, 64, 64), 80, np.float32))[0])


def test_the_layout_area_by_area() -> None:
    grey = np.zeros((1, 41, 41), np.float32)
    grey[0, 15:] = 80  # an edge across the second row of areas
    grey[0, :, 35:] += 40  # and one down the last column
    across, down = layout(grey).reshape(2, 4, 4)
    np.testing.assert_allclose(across[:, 3], np.log1p(40 / 10), rtol=1e-5)
    np.testing.assert_allclose(down[1], np.log1p(80 / 10), rtol=1e-5)
    assert not across[:, :3].any() and not down[[0, 2, 3]].any()


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_layouts_of_turned_pictures(quarters: int) -> None:
    grey = np.stack(Photos().images[:8])[:, :56, :56] @ GREY
    expected = layout(np.rot90(grey, quarters, (1, 2)))
    # Of each picture the differences at two of its sides are not counted.
    np.testing.assert_allclose(turned(layout(grey), quarters), expected, atol=0.15)
    assert np.abs(turned(layout(grey), quarters + 1) - expected).max() > 0.5


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 6])
def test_repeated_pixels(factor: int) -> None:
    small = rng("repeated").integers(0, 255, (4, 12, 12)).astype(np.float32)
    assert repeated(small.repeat(factor, 1).repeat(factor, 2)).all()
    assert not repeated(small.repeat(factor, 1)).any()
    assert not repeated(rng("sharp").integers(0, 255, (4, 60, 60)).astype(np.float32)).any()


def test_features_do_not_depend_on_the_chunk() -> None:
    images = np.stack(Photos().images)
    encoded = [encode_jpeg(image) for image in images]
    whole = Features.of(images, encoded)
    joined = Features.joined([Features.of(images[:7], encoded[:7]), Features.of(images[7:], encoded[7:])])
    assert len(whole) == len(images)
    for name in ("digest", "phash", "thumbnail", "enlarged"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(joined, name))
    np.testing.assert_allclose(whole.brightness, (images @ GREY).mean((1, 2)), rtol=1e-5)


def test_groups_of_copies() -> None:
    images = np.stack(Photos().images[:12])
    images[5] = np.asarray(Image.fromarray(images[2]).rotate(180))
    images[7], images[11] = images[3], images[3]
    images[9] = np.clip(images[4] * 1.02, 0, 255)
    expected = np.arange(12)
    expected[[7, 11, 9]] = 3, 3, 4
    np.testing.assert_array_equal(
        groups(Features.of(images, [encode_jpeg(image) for image in images])), expected
    )

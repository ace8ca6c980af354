"""Changes of colour move nothing, keep greys grey, and are the seed's."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gplac.seeding import seed_of
from gplac.training.batches import AHEAD
from gplac.training.recolour import Colours, colour_maps, recoloured


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def changed(images: torch.Tensor, strength: float, seed: int = 0) -> torch.Tensor:
    return recoloured(images, *colour_maps(len(images), strength, generator(seed)))


def pictures(count: int = 4) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (count, 5, 6, 3), dtype=np.uint8))


def test_strength_nought_changes_nothing() -> None:
    assert torch.equal(changed(pictures(), 0.0), pictures())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), strength=st.floats(0.01, 1.0))
def test_pixels_of_one_colour_keep_one_colour(seed: int, strength: float) -> None:
    before = pictures()
    before[:, 2:, 3:] = before[:, :1, :1]
    after = changed(before, strength, seed)
    assert after.dtype == torch.uint8 and after.shape == before.shape
    assert torch.equal(after[:, 2:, 3:], after[:, :1, :1].expand(-1, 3, 3, -1))


def test_every_picture_gets_colours_of_its_own_and_the_frames_of_a_clip_the_same() -> None:
    one = pictures(1)
    alike = changed(one.expand(3, -1, -1, -1), 0.5)
    assert not torch.equal(alike[0], alike[1])
    clip = changed(one[:, None].expand(-1, 3, -1, -1, -1), 0.5)
    assert torch.equal(clip[:, 0], clip[:, 1])


def test_hue_is_turned_about_grey() -> None:
    """Without the tint of the light, greys stay grey; and a colour keeps its distance from the grey axis."""
    matrix, offset = colour_maps(200, 1.0, generator(3))
    grey = torch.full((200, 1, 3), 90.0) @ matrix + offset[:, None]
    spread = grey.amax(-1) - grey.amin(-1)
    assert (
        float(spread.max()) <= 90 * 0.5 * 1.5 + 1e-3
    )  # the light's colour alone: 0.75 to 1.25 times, at contrast 1.5
    hues = [
        colorsys.rgb_to_hsv(*np.clip(row / 255, 0, 1))[0]
        for row in (torch.tensor([200.0, 60.0, 60.0]) @ matrix).numpy()
    ]
    assert np.histogram(hues, bins=6, range=(0, 1))[0].min() > 0  # red becomes every hue


def test_colours_change_one_after_the_other_as_far_as_they_may() -> None:
    """Of each change, the largest there is at strength 1, times the strength, times what was drawn in [-1, 1)."""
    pixel, strength, drawn = np.array([200.0, 60.0, 30.0]), 0.7, generator(5)
    matrix, offset = colour_maps(50, strength, generator(5))
    hue, saturation, light, contrast, brightness = (
        largest * strength * (2 * torch.rand(50, numbers, generator=drawn).numpy() - 1)
        for largest, numbers in ((np.pi, 1), (1.0, 1), (0.25, 3), (0.5, 1), (0.25, 1))
    )
    axis = np.ones(3) / np.sqrt(3)
    along = (pixel @ axis) * axis
    across = pixel - along
    turned = along + np.cos(hue) * across + np.sin(hue) * np.cross(across, axis)
    grey = turned @ np.array([[0.299], [0.587], [0.114]])
    lit = (grey + (1 + saturation) * (turned - grey)) * (1 + light)
    expected = 127.5 + (1 + contrast) * (lit - 127.5) + 255 * brightness
    assert (torch.from_numpy(pixel).float() @ matrix + offset).numpy() == pytest.approx(expected, abs=1e-2)


def test_two_runs_of_one_seed_see_the_same_colours() -> None:
    first, second, other = (changed(pictures(), 0.5, seed) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_a_steps_colours_do_not_depend_on_which_steps_they_were_drawn_with() -> None:
    batches = [pictures(3), pictures(2)[:, None].expand(-1, 2, -1, -1, -1)]
    colours = Colours(0.5, 7, torch.device("cpu"))
    for step in (0, AHEAD - 1, AHEAD, -1, 1):
        alone = generator(seed_of("colours", 7, step))
        expected = [recoloured(each, *colour_maps(len(each), 0.5, alone)) for each in batches]
        found = colours(step, batches)
        assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    assert torch.equal(colours(1, batches[:1])[0], found[0])  # in a stage that reads fewer

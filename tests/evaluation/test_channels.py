import numpy as np
import pytest

from gplac.evaluation.channels import main_channels, reaction, spread
from gplac.seeding import rng


def test_reaction_tells_points_that_mind_the_object_from_those_that_do_not() -> None:
    generator = rng("reaction")
    present = np.arange(400) % 2 == 0
    pixels = generator.normal(size=(400, 3, 2))
    pixels[present, 0] += (30, 0)  # goes to where the object is
    pixels[~present, 1] *= 1e-3  # stays where it is unless the object is there
    found = reaction(pixels, present)
    assert found[0] == pytest.approx(1) and found[1] > 0.9 and found[2] < 0.2
    assert spread(pixels[~present])[[0, 2]] == pytest.approx([2**0.5] * 2, rel=0.1)


def test_main_channels_are_the_fewest_that_make_up_four_fifths() -> None:
    assert main_channels(np.array([0.1, 0.5, 0.0, 0.4])) == [1, 3]
    assert main_channels(np.array([0.25, 0.25, 0.25, 0.25])) == [0, 1, 2, 3]
    assert main_channels(np.zeros(3)) == []

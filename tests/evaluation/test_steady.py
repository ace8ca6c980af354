"""Points held still: what the policy is told, and which points these are."""

import numpy as np
import pytest

from gplac.errors import UserError
from gplac.evaluation.policies import Float32, Images
from gplac.evaluation.steady import SteadyPolicy, hazy_channels, mean_points


class Pointing:
    """Three points, each as far to the right as the picture is bright in one colour; acts by telling them."""

    def points(self, images: Images) -> Float32:
        return np.stack([images.mean(axis=(1, 2)) / 255, np.zeros((len(images), 3))], axis=2).astype(
            np.float32
        )

    def pixels(self, images: Images) -> Float32:
        raise NotImplementedError

    def maps(self, images: Images) -> Float32:
        raise NotImplementedError

    def act_from(self, points: Float32, states: Float32) -> Float32:
        return points[:, :, 0] + states[:, :3]


def test_held_points_stay_and_the_others_are_seen() -> None:
    policy, rng = Pointing(), np.random.default_rng(0)
    images = rng.integers(0, 256, (70, 4, 6, 3), dtype=np.uint8)  # more than one call
    states = rng.normal(size=(70, 5)).astype(np.float32)
    mean = mean_points(policy, images)
    assert mean == pytest.approx(policy.points(images).mean(axis=0), abs=1e-6)
    steady = SteadyPolicy(policy, np.array([0, 2]), mean)
    moved = steady(images, states) - states[:, :3]
    seen = policy.points(images)[:, :, 0]
    assert moved[:, 1] == pytest.approx(seen[:, 1], abs=1e-6)
    for channel in (0, 2):
        assert moved[:, channel] == pytest.approx(np.full(70, mean[channel, 0]), abs=1e-6)
    nothing = SteadyPolicy(policy, np.array([], np.intp), mean)
    assert np.array_equal(nothing(images, states), policy.act_from(policy.points(images), states))


def test_points_whose_attention_is_flat_in_unseen_scenes_are_held() -> None:
    told = {
        "unseen": {"by_channel": [0.02, 0.47, 0.3, 0.31]},
        "labelled": {"by_channel": [0.9, 0.0, 0.9, 0.0]},
    }
    assert hazy_channels({"method": "gplac", "map_entropy": told}).tolist() == [1, 3]
    assert hazy_channels({"method": "gplac", "map_entropy": told}, 0.01).tolist() == [0, 1, 2, 3]
    with pytest.raises(UserError, match="cnn-1 has no feature points"):
        hazy_channels({"method": "cnn-1"})

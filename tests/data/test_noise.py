"""The demonstrations' noise has the spread and the memory that it was asked for."""

import numpy as np
import pytest

from gplac.data.noise import ornstein_uhlenbeck


@pytest.mark.parametrize(("time_s", "kept"), [(0.0, 0.0), (0.1, np.exp(-0.5)), (0.5, np.exp(-0.1))])
def test_spread_and_memory(time_s: float, kept: float) -> None:
    noise = ornstein_uhlenbeck(np.random.default_rng(0), (20_000, 7), 0.4, time_s, hz=20)
    assert np.allclose(noise.std(0), 0.4, atol=0.03)
    after = np.sum(noise[1:] * noise[:-1], axis=0) / np.sum(noise**2, axis=0)
    assert np.allclose(after, kept, atol=0.03)
    # Torques of different joints have nothing to do with each other, and the first step is as noisy as the others.
    assert np.abs(np.corrcoef(noise.T) - np.eye(7)).max() < 0.15
    firsts = [ornstein_uhlenbeck(np.random.default_rng(k), (2, 7), 0.4, time_s, hz=20)[0] for k in range(300)]
    assert np.std(firsts) == pytest.approx(0.4, rel=0.1)


def test_no_noise() -> None:
    assert not ornstein_uhlenbeck(np.random.default_rng(0), (5, 2), 0.0, 0.5, hz=20).any()

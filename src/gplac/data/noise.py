"""Noise on the expert's actions, which shows a policy how the expert recovers (section 6.2)."""

from math import exp, sqrt

import numpy as np
import numpy.typing as npt


def ornstein_uhlenbeck(
    generator: np.random.Generator, shape: tuple[int, int], std: float, time_s: float, hz: int
) -> npt.NDArray[np.float64]:
    """A stationary Ornstein-Uhlenbeck process ``(T, action_size)`` of standard deviation ``std``, sampled at ``hz``.

    Its correlation falls to 1/e within ``time_s`` seconds; with 0 every step is a fresh draw.
    """
    kept = exp(-1.0 / (hz * time_s)) if time_s > 0.0 else 0.0
    fresh = generator.normal(size=shape)
    noise = fresh.copy()
    for step in range(1, shape[0]):
        noise[step] = kept * noise[step - 1] + sqrt(1.0 - kept**2) * fresh[step]
    return std * noise

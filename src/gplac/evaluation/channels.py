"""What single channels do: how far their points move, whether these mind the object, and which of them count."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import mannwhitneyu

USED = 0.8
"""A policy's main channels are the fewest that make up this share of what its action depends on."""

Floats = npt.NDArray[np.float64]


def spread(pixels: npt.NDArray[Any]) -> Floats:
    """How far each channel's point moves between pictures, as a standard deviation: ``(N, K, 2)`` to ``(K,)``."""
    return np.asarray(np.sqrt(pixels.astype(np.float64).var(axis=0).sum(axis=-1)))


def reaction(pixels: npt.NDArray[Any], present: npt.NDArray[np.bool_]) -> Floats:
    """How surely each channel's point ``(N, K, 2)`` tells whether the object is there: ``(K,)``, 0 never, 1 always.

    It is |2 AUC - 1|, where what is compared is the distance from where the point lies, by median, without the object.
    """
    rest = np.median(pixels[~present], axis=0)
    away = np.linalg.norm(pixels.astype(np.float64) - rest, axis=2)
    there, not_there = away[present], away[~present]
    auc = mannwhitneyu(there, not_there, axis=0).statistic / (len(there) * len(not_there))
    return np.asarray(np.abs(2 * auc - 1))


def shares(importance: Floats) -> Floats:
    """Importances ``(K,)`` as shares of their sum; nought where that is nought."""
    total = importance.sum()
    return importance / total if total > 0 else np.zeros_like(importance)


def main_channels(importance: Floats) -> list[int]:
    """The fewest channels that make up `USED` of the importance ``(K,)``, most important first; none of all nought."""
    order = np.argsort(-importance, kind="stable")
    before = np.cumsum(shares(importance)[order]) - shares(importance)[order]
    return [int(channel) for channel, sum_before in zip(order, before, strict=True)
            if sum_before < USED and importance[channel] > 0]  # fmt: skip

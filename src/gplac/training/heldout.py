"""How a network does on frames it was not trained on, while it trains."""

from typing import Any

import numpy as np
import torch

from gplac.models.network import Network
from gplac.seeding import rng
from gplac.training.batches import LabelledFrames, WeakFrames, resident
from gplac.training.trainer import Validation

CHUNK = 128
"""Images that pass the network together."""
MOST = 1024
"""Frames, and photographs, that are looked at."""


def held_out(demonstrations: LabelledFrames | None, weak: WeakFrames | None) -> Validation:
    """A `validation` for `fit`: action error (variance 1) and classifier accuracy on up to `MOST` frames of each.

    A classifier near 100 % on its training images has memorised them: only the held-out figure says what it sees.
    """

    def chosen(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.sort(rng("held out", count).permutation(count)[:MOST])

    def validate(network: Network, _step: int) -> dict[str, float]:
        device = network.action_mean_A.device
        metrics: dict[str, float] = {}
        if demonstrations is not None:
            errors = []
            for part in _chunks(chosen(len(demonstrations.images))):
                features_BF = network.encode(resident(demonstrations.images[part], device))
                action_BA = network.policy(
                    features_BF, resident(_numbers(demonstrations.states[part]), device)
                ).float()
                wanted_BA = network.normalise_action(resident(_numbers(demonstrations.actions[part]), device))
                errors.append((action_BA - wanted_BA).square().mean(dim=1))
            metrics["held_out_action_error"] = float(torch.cat(errors).mean())
        if weak is not None and network.classifier_head is not None:
            hits = []
            for part in _chunks(chosen(len(weak.images))):
                logit_B = network.classify(network.encode(resident(weak.images[part], device)))
                hits.append((logit_B > 0) == (resident(weak.labels[part], device) > 0))
            metrics["held_out_accuracy"] = float(torch.cat(hits).float().mean())
        return metrics

    return validate


def _chunks(
    indices: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return [indices[i : i + CHUNK] for i in range(0, len(indices), CHUNK)]


def _numbers(values_NX: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """In the network's precision, whatever the user's arrays have."""
    return np.asarray(values_NX, np.float32)

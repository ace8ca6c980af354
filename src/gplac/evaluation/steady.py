"""Whether points that look at nothing in particular mislead a policy: the same policy with these held where they are in
the labelled scene on average."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.evaluation.inspection import calls
from gplac.evaluation.policies import Attentive, Float32, Images

HAZY = 0.3
"""Entropy of a channel's attention in unseen scenes, as a share of a flat map's, above which its point is a mean over
much of the picture. Channels of GPLAC that follow the mug have 0.01 to 0.12."""


class SteadyPolicy:
    """A policy with some of its feature points held still.

    Args:
        policy: with attention.
        channels: whose points are held.
        points_K2: where; of the other channels not used.
    """

    def __init__(self, policy: Attentive, channels: npt.NDArray[np.intp], points_K2: Float32) -> None:
        self.policy, self.channels, self.points_K2 = policy, channels, points_K2

    def __call__(self, images: Images, states: Float32) -> Float32:
        """See `gplac.evaluation.policies.Policy`."""
        points_BK2 = np.array(self.policy.points(images))
        points_BK2[:, self.channels] = self.points_K2[self.channels]
        return self.policy.act_from(points_BK2, states)


def hazy_channels(inspection: Mapping[str, Any], above: float = HAZY) -> npt.NDArray[np.intp]:
    """Channels whose attention is flatter than that in unseen scenes.

    Raises:
        UserError: an inspection of a policy without attention.
    """
    if "map_entropy" not in inspection:
        raise UserError(f"{inspection['method']} has no feature points that could be held still.")
    return np.flatnonzero(np.array(inspection["map_entropy"]["unseen"]["by_channel"]) > above)


def mean_points(policy: Attentive, images: Images) -> Float32:
    """Mean place ``(K, 2)`` of each point over images ``(N, H, W, 3)``."""
    return np.asarray(calls(policy.points, images).mean(axis=0), np.float32)

"""Policies that need no training."""

import zlib

import numpy as np

from gplac.evaluation.policies import Float32, Images
from gplac.seeding import rng


class ZeroPolicy:
    """No torque, ever."""

    def __init__(self, action_size: int = 7) -> None:
        self.action_size = action_size

    def __call__(self, images: Images, states: Float32) -> Float32:
        """Zeros ``(B, action_size)``."""
        return np.zeros((len(images), self.action_size), np.float32)


class RandomPolicy:
    """Torques drawn evenly within ``limit``, a function of the robot's state: a rollout repeats itself."""

    def __init__(self, limit: float = 2.0, action_size: int = 7, seed: int = 0) -> None:
        self.limit, self.action_size, self.seed = limit, action_size, seed

    def __call__(self, images: Images, states: Float32) -> Float32:
        """Torques ``(B, action_size)``."""
        rows = [
            rng("random policy", self.seed, zlib.crc32(np.ascontiguousarray(state).tobytes()))
            for state in states
        ]
        drawn = [row.uniform(-self.limit, self.limit, self.action_size) for row in rows]
        return np.stack(drawn).astype(np.float32)

"""Every random draw of gplac is a function of named keys, so that order and worker count do not matter."""

import hashlib
from operator import index

import numpy as np


def seed_of(*keys: str | int) -> int:
    """A 64-bit seed from keys such as ``("pusher", "test", 3)``.

    Strings and integers are told apart, and ``("a", "b")`` differs from ``("ab",)``. NumPy's are as Python's own.

    Raises:
        TypeError: a key is neither, such as 1.5.
    """
    text = "\x1f".join(f"str:{key}" if isinstance(key, str) else f"int:{index(key)}" for key in keys)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def rng(*keys: str | int) -> np.random.Generator:
    """A generator that depends on ``keys`` alone."""
    return np.random.default_rng(seed_of(*keys))

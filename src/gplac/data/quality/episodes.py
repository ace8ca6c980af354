"""Episodes: how long they are, and whether some are there twice."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.quality.finding import EXAMPLES, Finding, listed, share
from gplac.data.quality.read import Measured

SHORT, LONG = 0.25, 4.0
"""Lengths out of the ordinary, as multiples of the median."""


def lengths(data: Measured) -> npt.NDArray[np.int64]:
    """``(E,)``: frames of each episode."""
    return np.diff(data.starts)


def check_episodes(data: Measured) -> Iterator[Finding]:
    """Findings about whole episodes."""
    yield from _lengths(data)
    yield from _copies(data)


def _lengths(data: Measured) -> Iterator[Finding]:
    each, starts = lengths(data), data.starts
    median = float(np.median(each))
    for what, odd, why in (
        ("short", each < SHORT * median, "a recording that was stopped at once, or lost its end"),
        ("long", each > LONG * median, "a recording that nobody stopped, or two in one"),
    ):
        which = np.flatnonzero(odd)
        which = which[np.argsort(each[which] if what == "short" else -each[which], kind="stable")]
        if len(which):
            yield Finding(
                "warning",
                "episode-length",
                "demonstrations",
                f"{share(len(which), len(each))} episodes are very {what}: the median is {median:g} frames, the"
                f" {what}est has {each[which[0]]}.",
                f"Look at them ({why}), and cut or leave them out.",
                len(which),
                listed([f"{_name(data, i)}: {each[i]} frames" for i in which]),
                tuple((int(starts[i]), int(starts[i + 1] - 1)) for i in which[:EXAMPLES]),
            )


def _copies(data: Measured) -> Iterator[Finding]:
    """The same numbers in the same order. Two episodes of one frame may well agree in them, so that their pictures have
    to agree as well."""
    starts, copies = data.starts, []
    first: dict[bytes, int] = {}
    for i, (start, end) in enumerate(pairwise(starts)):
        content = [data.columns[name][start:end].tobytes() for name in (schema.STATE, schema.ACTION)]
        if end - start == 1:
            content.append(bytes(data.pictures.digest[start]))
        original = first.setdefault(hashlib.sha256(b"|".join(content)).digest(), i)
        if original != i:
            copies.append((original, i))
    if copies:
        yield Finding(
            "problem",
            "episode-copies",
            "demonstrations",
            f"{share(len(copies), len(starts) - 1)} episodes are copies of others: they count twice, and frames held"
            " out for validation may have been trained on.",
            "Leave the copies out; often a folder was imported twice.",
            len(copies),
            listed([f"{_name(data, copy)} is {_name(data, original)} again" for original, copy in copies]),
            tuple((int(starts[original]), int(starts[copy])) for original, copy in copies[:EXAMPLES]),
        )


def _name(data: Measured, number: int | np.integer) -> str:
    return data.episode_name(data.columns[schema.EPISODE][data.starts[number]])

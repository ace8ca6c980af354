"""Frozen pictures: the camera shows the same while the robot moves. Of imported data: a picture that was drawn here and
stays the same shows a robot that is not in view."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.manifest import IMPORTED
from gplac.data.quality.finding import EXAMPLES, Finding, listed, plural, share
from gplac.data.quality.read import Measured

MOVING = 0.05
"""A robot moves if one number of its state changes by more than this share of the number's standard deviation."""
FROZEN = 10
"""A picture that stays for so many frames is a camera that stopped."""
REPEATED = 0.05
"""Share of repeated pictures from which the camera is slower than the control."""


def repeated_pictures(data: Measured) -> npt.NDArray[np.bool_]:
    """``(N,)``: whether a frame shows exactly the picture before it, although the robot has moved since then.

    Without a state that changes, the action tells whether the robot moves.
    """
    signal = data.columns[schema.STATE]
    if not (np.ptp(signal, axis=0) > 0).any():
        signal = data.columns[schema.ACTION]
    signal = np.nan_to_num(signal.astype(np.float64))
    scale = signal.std(0)
    steps = np.abs(np.diff(signal, axis=0)) > MOVING * np.where(scale > 0, scale, np.inf)
    digest, episode = data.pictures.digest, data.columns[schema.EPISODE]
    same = (digest[1:] == digest[:-1]) & (episode[1:] == episode[:-1]) & steps.any(1)
    return np.concatenate([[False], same])


def check_frozen(data: Measured) -> Iterator[Finding]:
    """Findings about pictures of imported data that stay the same."""
    if data.manifest.request.split != IMPORTED:
        return
    repeated = repeated_pictures(data)
    padded = np.concatenate([[False], repeated, [False]])
    begins, ends = (
        np.flatnonzero(np.diff(padded.astype(int)) == 1),
        np.flatnonzero(np.diff(padded.astype(int)) == -1),
    )
    runs = [(int(begin) - 1, int(end) - 1) for begin, end in zip(begins, ends, strict=True)]
    runs.sort(key=lambda run: run[0] - run[1])  # the longest first; a run is its first and last frame
    frozen = [run for run in runs if run[1] - run[0] + 1 >= FROZEN]
    if frozen:
        longest = frozen[0][1] - frozen[0][0] + 1
        yield Finding(
            "problem",
            "frozen",
            "demonstrations",
            f"The camera stands still {plural(len(frozen), 'time')} while the robot moves, for up to {longest} frames:"
            " these pictures do not belong to their states and actions.",
            "Leave these episodes out, or cut them before the camera stops; only if the robot was out of view of a"
            " simulated camera, which has no noise, nothing needs to be done.",
            len(frozen),
            _places(data, frozen),
            _examples(data, frozen),
        )
    elif repeated.mean() > REPEATED:
        yield Finding(
            "warning",
            "frozen",
            "demonstrations",
            f"{share(int(repeated.sum()), len(repeated))} frames repeat the picture before them although the robot"
            " moves: the camera is slower than the control.",
            "Record at the camera's rate, or import with a control rate that the camera reaches.",
            int(repeated.sum()),
            _places(data, runs),
            _examples(data, runs),
        )


def _places(data: Measured, runs: list[tuple[int, int]]) -> tuple[str, ...]:
    return listed([f"{data.place(a)} to {data.columns[schema.FRAME][b]}" for a, b in runs])


def _examples(data: Measured, runs: list[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    return tuple((a, b) for a, b in runs[: EXAMPLES // 2])

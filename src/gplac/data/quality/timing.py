"""Time stamps against the control rate: of imported data, which a real clock has stamped."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gplac.data import schema
from gplac.data.quality.finding import EXAMPLES, PLACES, Finding, listed, share
from gplac.data.quality.read import Measured

RATE = 0.05
"""How far the rate of the median episode may be from the control rate, as a share of it."""
JITTER = 0.25
"""How far nineteen of twenty steps should be within, as a share of the control period."""
GAP = 1.5
"""A longer step, in control periods, has lost a frame."""


@dataclass(frozen=True)
class Timing:
    """Steps between the time stamps of consecutive frames."""

    control_hz: float
    median_hz: float
    """Of the median episode."""
    jitter: float
    """95th percentile of a step's distance from the control period, as a share of it."""
    longest_s: float
    gaps: int
    """Steps longer than `GAP` periods."""


def timing(data: Measured) -> Timing | None:
    """None for data drawn here and imported ones without time stamps, where they are computed, and where no control
    rate or no step is known."""
    rate = data.manifest.origin.get("control_hz")
    steps, rows = _steps(data)
    if not isinstance(rate, int | float) or not rate > 0 or not len(steps) or not _recorded(data):
        return None
    # Of each episode the mean, which jitter does not move; of these the median, which lost frames do not move.
    episode = np.unique(data.columns[schema.EPISODE][rows], return_inverse=True)[1]
    median = float(np.median(np.bincount(episode, steps) / np.bincount(episode)))
    return Timing(
        float(rate),
        1.0 / median if median > 0 else 0.0,
        float(np.percentile(np.abs(steps * rate - 1.0), 95)),
        float(steps.max()),
        int((steps * rate > GAP).sum()),
    )


def _recorded(data: Measured) -> bool:
    """Imports of before this was noted are taken at their word."""
    return data.manifest.origin.get("timestamps_recorded") is not False


def _steps(data: Measured) -> tuple[np.ndarray, np.ndarray]:
    """Seconds from a frame to the next of the same episode, and the rows of the latter."""
    stamps, episode = data.columns[schema.TIMESTAMP].astype(np.float64), data.columns[schema.EPISODE]
    steps = np.diff(stamps)
    rows = np.flatnonzero((np.diff(episode) == 0) & np.isfinite(steps)) + 1
    return steps[rows - 1], rows


def check_timing(data: Measured, found: Timing | None) -> Iterator[Finding]:
    """Findings about the time stamps of imported demonstrations."""
    if not _recorded(data):
        yield Finding(
            "note",
            "timing",
            "demonstrations",
            "No time stamps were recorded with the frames, so that nothing is known of lost or late ones.",
            "Record when each frame is taken, and import these times with the episodes.",
        )
    if found is None:
        return
    steps, rows = _steps(data)
    period = 1.0 / found.control_hz
    backwards = rows[steps <= 0]
    if len(backwards):
        yield Finding(
            "problem",
            "timing",
            "demonstrations",
            f"In {share(len(backwards), len(steps))} steps time stands still or runs backwards: frames are out of"
            " order, or there twice.",
            "Sort the frames of each episode by their time stamps before importing, and leave out repeated ones.",
            len(backwards),
            listed([data.place(row) for row in backwards]),
            tuple((int(row) - 1, int(row)) for row in backwards[: EXAMPLES // 2]),
        )
    if abs(found.median_hz / found.control_hz - 1.0) > RATE:
        yield Finding(
            "problem",
            "timing",
            "demonstrations",
            f"The frames come at {found.median_hz:.4g} Hz, but the control rate of the import is"
            f" {found.control_hz:.4g} Hz: a policy would act at another speed than the demonstrations.",
            "Import again with `--hz` as the robot was controlled; if the frames were recorded at another rate than"
            " that, resample pictures, states and actions to it beforehand.",
        )
        return
    worst = np.argsort(-np.abs(steps - period), kind="stable")[: found.gaps or PLACES]
    places = listed(
        [f"{data.place(rows[i])}: {1000 * steps[i]:.0f} ms after the frame before" for i in worst]
    )
    if found.gaps:
        yield Finding(
            "problem" if found.gaps > RATE * len(steps) else "warning",
            "timing",
            "demonstrations",
            f"{share(found.gaps, len(steps))} steps are longer than {GAP:g} control periods, the longest"
            f" {found.longest_s:.3f} s instead of {period:.3f} s: frames were lost.",
            "Cut the episodes at the gaps, or leave them out.",
            found.gaps,
            places,
        )
    elif found.jitter > JITTER:
        yield Finding(
            "warning",
            "timing",
            "demonstrations",
            f"The steps between frames vary: one in twenty is off by more than {100 * found.jitter:.0f} % of the"
            " control period.",
            "Record at a steady rate, or resample pictures, states and actions to the control rate before importing.",
            0,
            places,
        )

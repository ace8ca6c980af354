"""Each dimension of state and action: its range, and whether it is constant, at its limits, or not finite."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.quality.finding import Finding, listed, plural, shown
from gplac.data.quality.read import Measured

BINS = 24
SATURATED_NOTE, SATURATED = 0.1, 0.75
"""Shares of frames with an action at one of its own extremes, from which it is noted and warned about."""
SWITCH = 8
"""An action of no more values than this is a switch, such as a gripper, and always at an extreme."""
_ANSWER = ": the policy will always answer the same there"


@dataclass(frozen=True)
class Dimension:
    """One dimension of state or action over all frames; statistics are of its finite values."""

    column: str
    index: int
    name: str
    minimum: float
    maximum: float
    mean: float
    sd: float
    at_minimum: float
    """Share of the frames at the lowest value there is."""
    at_maximum: float
    values: int
    """How many different ones, counted up to `SWITCH` + 1."""
    not_finite: int
    histogram: tuple[int, ...]
    """Counts in `BINS` equal parts between minimum and maximum."""

    @property
    def constant(self) -> bool:
        """Whether it never changes, but for rounding."""
        return self.maximum - self.minimum <= 1e-6 * max(1.0, abs(self.maximum))


def dimensions(data: Measured, column: str) -> list[Dimension]:
    """Every dimension of ``column``, named as the manifest's origin does, or else by its number, from 1."""
    values = data.columns[column]
    names = data.manifest.origin.get(f"{'state' if column == schema.STATE else 'action'}_names")
    if not isinstance(names, list) or len(names) != values.shape[1]:
        names = [str(number) for number in range(1, values.shape[1] + 1)]
    return [_dimension(column, i, str(name), values[:, i]) for i, name in enumerate(names)]


def _dimension(column: str, index: int, name: str, raw: npt.NDArray[np.float32]) -> Dimension:
    finite = np.isfinite(raw)
    values = raw[finite].astype(np.float64)
    if not len(values):
        return Dimension(column, index, name, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, len(raw), (0,) * BINS)
    low, high = float(values.min()), float(values.max())
    counts = np.histogram(values, BINS, (low, high if high > low else low + 1.0))[0]
    return Dimension(
        column,
        index,
        name,
        low,
        high,
        float(values.mean()),
        float(values.std()),
        float((values == low).mean()),
        float((values == high).mean()),
        min(len(np.unique(values)), SWITCH + 1),
        int((~finite).sum()),
        tuple(int(count) for count in counts),
    )


def check_values(data: Measured, found: list[Dimension]) -> Iterator[Finding]:
    """Findings about the dimensions of state and action."""
    yield from _not_finite(data)
    yield from _constant(found)
    yield from _saturated(found)


def _not_finite(data: Measured) -> Iterator[Finding]:
    for column in (schema.STATE, schema.ACTION):
        bad = ~np.isfinite(data.columns[column])
        rows = np.flatnonzero(bad.any(1))
        if len(rows):
            places = [f"{data.place(row)}, dimension {int(np.argmax(bad[row])) + 1}" for row in rows]
            yield Finding(
                "problem",
                "not-finite",
                "demonstrations",
                f"{column} holds NaN or infinity in {plural(len(rows), 'frame')}; one spoils every weight in training.",
                "Find out what recorded them (a lost sensor message, a division by zero), and leave these episodes"
                " out.",
                len(rows),
                listed(places),
                shown(rows),
            )


def _constant(found: list[Dimension]) -> Iterator[Finding]:
    for column, word, holds in (
        (schema.ACTION, "action", "the commands of the robot"),
        (schema.STATE, "state", "what the robot feels"),
    ):
        mine = [each for each in found if each.column == column]
        constant = [each for each in mine if each.constant]
        if not constant:
            continue
        places = listed([f"{word} {each.name}: always {each.minimum:.6g}" for each in constant])
        if column == schema.ACTION and len(constant) == len(mine):
            yield Finding(
                "problem",
                "constant",
                "demonstrations",
                "The action never changes: there is nothing to learn from these demonstrations.",
                f"Import the column that holds {holds} (--action).",
                len(constant),
                places,
            )
        else:
            yield Finding(
                "warning" if column == schema.ACTION else "note",
                "constant",
                "demonstrations",
                f"{len(constant)} of {len(mine)} {word} dimensions never change.",
                f"If the robot is to keep {'it' if len(constant) == 1 else 'them'} so, as a gripper that stays closed,"
                f" nothing needs to be done{_ANSWER if column == schema.ACTION else ''}. If not, import the column that"
                f" holds {holds} (--{word}).",
                len(constant),
                places,
            )


def _saturated(found: list[Dimension]) -> Iterator[Finding]:
    actions = [each for each in found if each.column == schema.ACTION]
    extreme = [
        (max(each.at_minimum, each.at_maximum), each)
        for each in actions
        if not each.constant and each.values > SWITCH
    ]
    saturated = sorted((pair for pair in extreme if pair[0] >= SATURATED_NOTE), key=lambda pair: -pair[0])
    if not saturated:
        return
    places = [
        f"action {each.name}: {each.minimum:.4g} in {100 * each.at_minimum:.0f} %, {each.maximum:.4g} in"
        f" {100 * each.at_maximum:.0f} % of the frames"
        for _, each in saturated
    ]
    yield Finding(
        "warning" if saturated[0][0] >= SATURATED else "note",
        "saturated",
        "demonstrations",
        f"{len(saturated)} of {len(actions)} action dimensions are often at their own lowest or highest value: a limit"
        " was reached.",
        "If the robot's real limit is wider, record or scale the actions without clipping; if it is the robot's own,"
        " nothing needs to be done.",
        len(saturated),
        listed(places),
    )

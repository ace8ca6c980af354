"""One thing that is worth knowing of a data set before training on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from gplac.data.manifest import Kind

Severity = Literal["problem", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "note")
"""Worst first. A problem spoils a training; a warning needs a look; a note is to be known."""
INTEGRITY = "integrity"
"""The code of findings of `gplac.data.check`."""
PLACES, EXAMPLES = 6, 6
"""How many places are written out, and how many examples are shown."""


@dataclass(frozen=True)
class Finding:
    """What was found, how bad it is, and how to mend it."""

    severity: Severity
    code: str
    """Which check found it: a heading of ``docs/data_check.md``."""
    data: Kind | None
    """Which data set it is about; None if its manifest cannot be read."""
    what: str
    """One sentence."""
    mend: str
    """One sentence: what to do about it."""
    count: int = 0
    """How many frames, images, episodes, scenes or dimensions it is about, the worst ones first below."""
    where: tuple[str, ...] = ()
    """Places, for readers."""
    examples: tuple[tuple[int, ...], ...] = ()
    """Rows of the data set whose pictures show it; those of a group belong together."""


def listed(places: Sequence[str]) -> tuple[str, ...]:
    """The first places, and how many more there are."""
    more = len(places) - PLACES
    return (*places[:PLACES], f"and {more:,} more") if more > 0 else tuple(places)


def shown(rows: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    """The first rows as examples, each alone."""
    return tuple((int(row),) for _, row in zip(range(EXAMPLES), rows, strict=False))


def summary(findings: Sequence[Finding]) -> str:
    """How many there are of each severity, in words."""
    counts = [sum(finding.severity == severity for finding in findings) for severity in SEVERITIES]
    parts = [
        plural(count, severity) if count else f"no {severity}s"
        for count, severity in zip(counts, SEVERITIES, strict=True)
    ]
    return f"{parts[0]}, {parts[1]} and {parts[2]}"


def plural(count: int, word: str) -> str:
    """A number of things, such as "1 frame" and "2 frames"."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in words that do not round a few to none."""
    percent = 100 * part / max(whole, 1)
    return f"{part:,} of {whole:,} ({'less than 0.1' if 0 < percent < 0.1 else f'{percent:.1f}'} %)"

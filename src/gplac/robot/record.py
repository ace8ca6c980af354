"""What happened in a run on a robot: tick by tick as JSON lines, and in a summary."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.provenance import provenance
from gplac.robot.card import Card
from gplac.robot.policy import Floats, Look

TICKS, SUMMARY = "ticks.jsonl", "summary.json"
LATENESS_MS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Upper edges of the histogram's bins; one more bin is open."""


@dataclass(frozen=True)
class Tick:
    """One turn of the loop."""

    number: int
    """On the grid of ticks, from 0; missed ones leave gaps."""
    time_s: float
    """When it should have begun, in seconds since the loop began."""
    lateness_s: float
    """How much later it began."""
    image: npt.NDArray[np.uint8]
    """What the robot saw."""
    image_age_s: float
    """How old that was when the tick began to think about it."""
    look: Look
    """What the policy answered."""
    observe_s: float
    """How long the robot's `observe` took."""
    inference_s: float
    """How long the policy took to answer."""
    send_s: float
    """How long the robot's `send` took; next to nothing where nothing was sent."""
    spent_s: float
    """From when the tick should have begun until the action was decided."""
    missed: int
    """Ticks without a new action in time: 0, or this one and those that were over by then."""
    sent: Floats | None
    """What the robot was told to do; None if nothing."""
    limited: bool
    """Whether limits changed the policy's action."""
    strange: str | None
    """Why the picture is a strange one, or None."""

    def to_json(self) -> str:
        """A line of the log: numbers in milliseconds, pictures left out."""
        look = self.look
        content = {
            "tick": self.number,
            "time_s": round(self.time_s, 6),
            "lateness_ms": _ms(self.lateness_s),
            "image_age_ms": _ms(self.image_age_s),
            "observe_ms": _ms(self.observe_s),
            "inference_ms": _ms(self.inference_s),
            "send_ms": _ms(self.send_s),
            "spent_ms": _ms(self.spent_s),
            "missed": self.missed,
            "action": _floats(look.action),
            "sent": None if self.sent is None else _floats(self.sent),
            "limited": self.limited,
            "present": look.present if look.present is None else round(look.present, 4),
            "strange": self.strange,
        }
        return json.dumps(content)


@dataclass
class Summary:
    """A whole run."""

    hz: float
    """Ticks a second that were asked for."""
    reason: str = "unfinished"
    """Why it ended: finished, interrupted, late, stale camera, alarm, not finite, error."""
    detail: str = ""
    """The same as a sentence."""
    ticks: int = 0
    """Turns of the loop."""
    missed: int = 0
    """Ticks without a new action in time."""
    limited: int = 0
    """Ticks in which limits changed the action."""
    strange: int = 0
    """Ticks with a strange picture."""
    alarms: int = 0
    """How often strange pictures on end raised the alarm."""
    seconds: float = 0.0
    _lateness_s: list[float] = field(default_factory=list)
    _observe_s: list[float] = field(default_factory=list)
    _inference_s: list[float] = field(default_factory=list)
    _send_s: list[float] = field(default_factory=list)
    _old_s: list[float] = field(default_factory=list)

    def add(self, tick: Tick) -> None:
        """Count a tick."""
        self.ticks += 1
        self.missed += tick.missed
        self.limited += tick.limited
        self.strange += tick.strange is not None
        self._lateness_s.append(tick.lateness_s)
        self._observe_s.append(tick.observe_s)
        self._inference_s.append(tick.inference_s)
        self._send_s.append(tick.send_s)
        self._old_s.append(tick.image_age_s + tick.spent_s - tick.lateness_s)

    def end(self, reason: str, detail: str) -> None:
        """Note why the run is over."""
        self.reason, self.detail = reason, detail

    def to_dict(self) -> dict[str, Any]:
        """As in ``summary.json``."""
        numbers = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return numbers | {
            "ticks_per_s": round(self.ticks / self.seconds, 3) if self.seconds > 0 else None,
            "lateness_ms": {**quantiles_ms(self._lateness_s), "histogram": histogram(self._lateness_s)},
            "observe_ms": quantiles_ms(self._observe_s),
            "inference_ms": quantiles_ms(self._inference_s),
            "send_ms": quantiles_ms(self._send_s),
            "image_to_action_ms": quantiles_ms(self._old_s),
        }


def quantiles_ms(durations_s: Sequence[float]) -> dict[str, float | None]:
    """``p50, p99, max`` in milliseconds; None of nothing."""
    if not durations_s:
        return {"p50": None, "p99": None, "max": None}
    p50, p99 = np.quantile(durations_s, [0.5, 0.99])
    return {"p50": _ms(p50), "p99": _ms(p99), "max": _ms(max(durations_s))}


def histogram(durations_s: Sequence[float]) -> dict[str, int]:
    """How many durations fall into each bin of `LATENESS_MS`, by names such as ``<=0.5`` and ``>100``."""
    counts = [0] * (len(LATENESS_MS) + 1)
    for duration in durations_s:
        counts[bisect_left(LATENESS_MS, 1e3 * duration)] += 1
    names = [*(f"<={edge:g}" for edge in LATENESS_MS), f">{LATENESS_MS[-1]:g}"]
    return dict(zip(names, counts, strict=True))


class Recorder:
    """Writes ``ticks.jsonl`` while a run goes on and ``summary.json`` when it ends; a context manager. A run that never
    began leaves neither.

    Args:
        folder: to write into; it must not hold another run.

    Raises:
        UserError: it does, or it cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._began = False
        if folder.is_file():
            raise UserError(f"{folder} is a file, and a log is a folder: name another one.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Line by line: what a killed process wrote is there.
            self._file = (folder / TICKS).open("x", buffering=1)
        except FileExistsError as error:
            raise UserError(f"{folder} holds the log of another run: name another folder.") from error
        except OSError as error:
            raise UserError(f"Cannot write to {folder}: {error.strerror}; name another folder.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what does not reach the disk `tick` has told of
            self._file.close()
        if not (
            self._began or (self.folder / SUMMARY).exists()
        ):  # the robot could not be reached, for instance: the folder stays free for the run
            (self.folder / TICKS).unlink()

    def tick(self, tick: Tick) -> None:
        """Write a line; a full disk raises `UserError`, and the loop stops the robot."""
        self._began = True
        try:
            self._file.write(tick.to_json() + "\n")
        except OSError as error:
            raise UserError(f"Cannot write to {self.folder / TICKS}: {error.strerror}.") from error

    def finish(self, summary: Summary, card: Card) -> None:
        """Write the summary, with what the policy is and where it ran."""
        policy = {name: getattr(card, name) for name in ("task", "method", "precision", "weights_sha256")}
        content = {**summary.to_dict(), "policy": policy, "provenance": provenance()}
        write_atomically(self.folder / SUMMARY, (json.dumps(content, indent=2) + "\n").encode())


def _ms(seconds: float) -> float:
    return round(1e3 * float(seconds), 3)


def _floats(values: Floats) -> list[float | None]:
    """JSON knows no number that is not finite."""
    return [round(float(value), 6) if np.isfinite(value) else None for value in values]

"""The control loop: look, think, act, so many times a second, and stop in time when something is wrong."""

import gc
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gplac.errors import UserError
from gplac.robot.alarm import Alarm
from gplac.robot.interface import Clock, Observation, Robot, SystemClock, check_observation
from gplac.robot.limits import Limits
from gplac.robot.policy import Acting, Floats, cropped
from gplac.robot.record import Summary, Tick
from gplac.robot.signals import run_then_stop
from gplac.signals import StopSignals

FUTURE_S = 0.1
"""A picture that much younger than now was dated by another clock."""
PARTS = {
    "observe()": "let a thread read the camera (docs/robot.md)",
    "the policy": "run it at a lower rate",
    "send()": "let it return at once, while the arm goes on (docs/robot.md), or run it at a lower rate",
    "all else": "close other programs, or run it at a lower rate",
}
"""What a turn waits for, and what helps where most of a late turn goes there."""


@dataclass(frozen=True)
class Settings:
    """How a policy is run."""

    hz: float
    """Ticks a second."""
    ticks: int | None = None
    """Length of the run; None: until it is stopped."""
    late: Literal["repeat", "stop"] = "repeat"
    """What to do with an action that comes after its tick is over: send the last one again instead, or stop."""
    max_late: int = 10
    """Late turns on end after which the loop stops in any case."""
    max_image_age_s: float = 0.2
    """The loop stops at a picture that is older."""
    alarm: Literal["warn", "stop", "off"] = "warn"
    """What to do about strange pictures on end; see `gplac.robot.alarm`."""
    limits: Limits = field(default_factory=Limits)

    def check(self, action_size: int) -> None:
        """Whether they make sense for such a policy.

        Raises:
            UserError: they do not.
        """
        if not 0 < self.hz <= 1000:
            raise UserError(f"A loop runs at more than 0 and at most 1000 Hz, not {self.hz:g}.")
        if self.ticks is not None and self.ticks < 1:
            raise UserError("A run has to last for at least one tick.")
        if self.max_late < 1:
            raise UserError("A loop has to bear at least one late tick.")
        if not self.max_image_age_s > 0:
            raise UserError("The largest age of a picture has to be more than 0 s.")
        self.limits.check(action_size)


class _Stop(Exception):  # noqa: N818  (an end, seldom an error)
    """Ends the loop; ``reason`` and ``detail`` as in `Summary`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def run(
    policy: Acting,
    robot: Robot,
    settings: Settings,
    clock: Clock | None = None,
    listeners: Sequence[Callable[[Tick], None]] = (),
    warn: Callable[[str], None] = lambda _: None,
    ended: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Run a policy on a robot until the time is over, somebody stops it, or something is wrong.

    Tick k begins at start + k / hz, however long the ticks before took, so that nothing drifts. An action that is
    decided after its tick is over is late: it is not sent, and the ticks that are over by then are left out.
    `Robot.stop` is called at every end, an exception included, which is then raised again.

    Args:
        policy: what acts.
        robot: what is acted on.
        settings: how.
        clock: by default `time.monotonic`.
        listeners: called with each tick after its action was sent, within the time that is left; they must be quick.
        warn: called with a sentence when the alarm is raised, or pictures are cropped.
        ended: called with the summary at every end, once the robot has stopped.

    Raises:
        UserError: settings that do not suit the policy; an observation that it cannot take.
    """
    summary = Summary(settings.hz)

    def go(signals: StopSignals) -> None:
        settings.check(policy.card.action_size)
        _Loop(policy, robot, settings, clock or SystemClock(), listeners, warn, summary).go(signals)

    try:
        run_then_stop(go, robot.stop)
    except KeyboardInterrupt:
        summary.end("interrupted", "Stopped by the user, who asked twice.")
    except Exception as error:
        summary.end("error", f"{type(error).__name__}: {error}")
        raise
    finally:
        ended(summary)
    return summary


class _Loop:
    def __init__(
        self,
        policy: Acting,
        robot: Robot,
        settings: Settings,
        clock: Clock,
        listeners: Sequence[Callable[[Tick], None]],
        warn: Callable[[str], None],
        summary: Summary,
    ) -> None:
        self.policy, self.robot, self.settings, self.clock = policy, robot, settings, clock
        self.listeners, self.warn, self.summary = listeners, warn, summary
        self.period_s = 1 / settings.hz
        known = policy.card.familiar
        self.alarm = Alarm(known) if known is not None and settings.alarm != "off" else None
        self.last: Floats | None = None
        self.late: list[tuple[float, ...]] = []
        """Late turns on end: how long each waited for `PARTS`, seconds; for `send` at the end of the turn before."""
        self.decided_s = self.send_s = self.idle_s = 0.0
        """When the last turn's action was decided, since the loop began; how long its `send` took; and how long the
        loop then had nothing to do."""

    def go(self, signals: StopSignals) -> None:
        """Tick after tick, to the end."""
        # What exists by now stays: the garbage collector need not look through all of it again in the middle of a tick.
        gc.collect()
        gc.freeze()
        start, number = self.clock.now(), 0
        try:
            while self.settings.ticks is None or number < self.settings.ticks:
                due = start + number * self.period_s
                self.idle_s = max(0.0, due - self.clock.now())
                self.clock.sleep_until(due)
                if signals.asked:
                    raise _Stop("interrupted", "Stopped by the user.")
                tick = self._tick(start, number)
                self.summary.add(tick)
                for listener in self.listeners:
                    listener(tick)
                self._judge(tick)
                number += max(1, tick.missed)
            if self.last is None:
                raise _Stop("late", f"No action came in time, and none was sent: {self._cause()}.")
            self.summary.end("finished", "The time is over.")
        except _Stop as stop:
            self.summary.end(stop.reason, stop.detail)
        finally:
            self.summary.seconds = self.clock.now() - start
            gc.unfreeze()

    def _tick(self, start: float, number: int) -> Tick:
        clock, settings = self.clock, self.settings
        due = start + number * self.period_s
        began = clock.now()
        observation = self.robot.observe()
        asked = clock.now()
        check_observation(observation)
        age = self._age(observation, asked)
        look = self.policy.look(observation.image, observation.state)
        answered = clock.now()
        if number == 0 and (sentence := cropped(observation.image, self.policy.card)):
            self.warn(sentence)
        if not np.isfinite(look.action).all():
            raise _Stop("not finite", f"The policy's action is {look.action.tolist()}.")
        strange = None if self.alarm is None else self.alarm.check(look)
        spent = clock.now() - due
        missed = 0 if spent <= self.period_s else math.floor(spent / self.period_s)
        if settings.ticks is not None:
            missed = min(missed, settings.ticks - number)
        limited = False
        if missed == 0:
            self.last = settings.limits.apply(look.action, self.last, self.period_s)
            limited = bool((self.last != look.action).any())
        sent = self.last if missed == 0 or settings.late == "repeat" else None
        decided = clock.now()
        if sent is not None:
            self.robot.send(sent)
        return Tick(
            number, due - start, began - due, observation.image, age, look, asked - began, answered - asked,
            clock.now() - decided, spent, missed, sent, limited, strange,
        )  # fmt: skip

    def _age(self, observation: Observation, now: float) -> float:
        age = now - observation.time_s
        # Not `<`: what is not a number is no age.
        if not age >= -FUTURE_S:
            raise UserError(
                f"The robot dates its picture {-age:.1f} s into the future: Observation.time_s has to be a time of "
                "time.monotonic()."
            )
        if age > self.settings.max_image_age_s:
            raise _Stop(
                "stale camera",
                f"The newest picture is {age:.3f} s old, {self.settings.max_image_age_s:g} s are allowed.",
            )
        return max(0.0, age)

    def _judge(self, tick: Tick) -> None:
        """Stop if there is a reason to."""
        self._count(tick)
        if self.late and self.settings.late == "stop":
            late_ms = 1e3 * (tick.spent_s - self.period_s)
            raise _Stop("late", f"Tick {tick.number} was late by {late_ms:.1f} ms: {self._cause()}.")
        if len(self.late) >= self.settings.max_late:
            raise _Stop("late", f"{len(self.late)} turns on end were late: {self._cause()}.")
        if self.alarm is not None and self.alarm.run == self.alarm.patience:
            self.summary.alarms += 1
            sentence = f"Strange pictures since {self.alarm.patience} ticks: {tick.strange}."
            if self.settings.alarm == "stop":
                raise _Stop("alarm", sentence)
            self.warn(sentence)

    def _count(self, tick: Tick) -> None:
        """Keep what late turns on end waited for."""
        decided_s = tick.time_s + tick.spent_s
        if tick.missed:
            parts = tick.observe_s, tick.inference_s, self.send_s
            rest_s = decided_s - self.decided_s - self.idle_s - sum(parts)
            self.late.append((*parts, max(0.0, rest_s)))  # sums of floats differ by a little
        else:
            self.late.clear()
        self.decided_s, self.send_s = decided_s, tick.send_s

    def _cause(self) -> str:
        """What the late turns on end waited for, on average, the longest first, and what helps."""
        means_ms = [round(1e3 * float(mean), 1) for mean in np.mean(self.late, axis=0)]
        (most, longest), *others = sorted(
            zip(PARTS, means_ms, strict=True), key=lambda part: part[1], reverse=True
        )
        rest = ", ".join(f"{part} {mean:g}" for part, mean in others)
        return f"{most} takes {longest:g} ms of {1e3 * self.period_s:.4g} ({rest}): {PARTS[most]}"

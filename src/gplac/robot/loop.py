"""The control loop: look, think, act, so many times a second, and stop in time when something is wrong."""

import gc
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gplac.errors import UserError
from gplac.robot.alarm import Alarm
from gplac.robot.interface import Clock, Observation, Robot, SystemClock
from gplac.robot.limits import Limits
from gplac.robot.policy import Acting, Floats, cropped
from gplac.robot.record import Summary, Tick
from gplac.robot.signals import run_then_stop
from gplac.signals import StopSignals

FUTURE_S = 0.1
"""A picture that much younger than now was dated by another clock."""


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
        self.late = 0
        """Late turns on end."""

    def go(self, signals: StopSignals) -> None:
        """Tick after tick, to the end."""
        # What exists by now stays: the garbage collector need not look through all of it again in the middle of a tick.
        gc.collect()
        gc.freeze()
        start, number = self.clock.now(), 0
        try:
            while self.settings.ticks is None or number < self.settings.ticks:
                self.clock.sleep_until(start + number * self.period_s)
                if signals.asked:
                    raise _Stop("interrupted", "Stopped by the user.")
                tick = self._tick(start, number)
                self.summary.add(tick)
                for listener in self.listeners:
                    listener(tick)
                self._judge(tick)
                number += max(1, tick.missed)
            if self.last is None:
                raise _Stop("late", "No action came in time, and none was sent; run it at a lower rate.")
            self.summary.end("finished", "The time is over.")
        except _Stop as stop:
            self.summary.end(stop.reason, stop.detail)
        finally:
            self.summary.seconds = self.clock.now() - start
            gc.unfreeze()

    def _tick(self, start: float, number: int) -> Tick:
        clock, settings = self.clock, self.settings
        due = start + number * self.period_s
        lateness = clock.now() - due
        observation = self.robot.observe()
        asked = clock.now()
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
        if sent is not None:
            self.robot.send(sent)
        return Tick(
            number, due - start, lateness, observation.image, age, look, answered - asked, spent, missed,
            sent, limited, strange,
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
        self.late = self.late + 1 if tick.missed else 0
        if self.late and self.settings.late == "stop":
            raise _Stop(
                "late", f"Tick {tick.number} was late by {1e3 * (tick.spent_s - self.period_s):.1f} ms."
            )
        if self.late >= self.settings.max_late:
            raise _Stop("late", f"{self.late} turns on end were late; run it at a lower rate.")
        if self.alarm is not None and self.alarm.run == self.alarm.patience:
            self.summary.alarms += 1
            sentence = f"Strange pictures since {self.alarm.patience} ticks: {tick.strange}."
            if self.settings.alarm == "stop":
                raise _Stop("alarm", sentence)
            self.warn(sentence)

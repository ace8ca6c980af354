"""Trials of the robot experiment (section 6.2) on a robot: one push each, judged by an operator beside it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from gplac.errors import UserError
from gplac.robot.alarm import Alarm
from gplac.robot.card import Card
from gplac.robot.limits import Limits
from gplac.robot.policy import Acting, Look, checked_state, cropped
from gplac.robot.signals import run_then_stop
from gplac.robot.trial_log import Trial, TrialLog
from gplac.trial import POINT_SIZE, Float32, Images, Robot, trials

METHODS = ("image", "state", "push_from")
"""What a robot must have; ``stop()``, where it has that, is called once at the end, whatever the end is."""


class Operator(Protocol):
    """Who prepares a trial and judges it: a person, or a robot that does it itself."""

    def place(self, trial: int) -> None:
        """Put the object onto the table for a trial, counted from 1, and return when all is ready."""
        ...

    def succeeded(self) -> bool:
        """Whether the push just made brought the object to the goal."""
        ...


def check(card: Card, limits: Limits) -> None:
    """Whether a policy decides pushes, within such limits.

    Raises:
        UserError: it does not, or the limits are none.
    """
    if card.action_size != POINT_SIZE:
        raise UserError(
            f"A push begins at a point, {POINT_SIZE} numbers, and this policy's actions have {card.action_size}: "
            "gplac robot run is for policies that act many times a second."
        )
    limits.check(POINT_SIZE)


def run(
    policy: Acting,
    robot: Robot,
    operator: Operator,
    log: TrialLog,
    count: int,
    limits: Limits,
    tell: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
) -> None:
    """Make the trials that ``log`` lacks, each written down as soon as it is judged, until there are ``count``.

    A point outside the limits is refused: the robot does not move, and the trial has failed. Ctrl-C and SIGTERM end
    it at once, in the middle of a push as well; the trial that they interrupt is not counted. The log is finished at
    every end.

    Args:
        policy: what decides.
        robot: what pushes.
        operator: who prepares and judges.
        log: what has been done so far.
        count: how many trials there are to be in the end.
        limits: where pushes may begin.
        tell: called with a sentence on what the policy decided.
        warn: called with a sentence when a point is refused, the picture is strange, or pictures are cropped.

    Raises:
        UserError: see `check`; an image or a state that the policy cannot take.
    """

    def go(_: object) -> None:
        check(policy.card, limits)
        first = len(log.trials) + 1
        for number in range(first, count + 1):
            operator.place(number)
            decide = _Decide(policy, limits, tell, warn, first=number == first)
            with suppress(_OutsideError):
                trials([_Checked(robot, policy.card)], decide)
            succeeded = decide.refused is None and operator.succeeded()
            log.add(decide.trial(number, succeeded), decide.image)

    try:
        run_then_stop(go, getattr(robot, "stop", lambda: None), at_once=True)
        log.end("finished", "All trials are made.")
    except KeyboardInterrupt:
        log.end("interrupted", "Stopped by the user.")
    except Exception as error:
        log.end("error", f"{type(error).__name__}: {error}")
        raise
    finally:
        log.finish(limits)


class _Checked:
    """A robot whose state is checked before it becomes one of a batch, which rows of different lengths cannot."""

    def __init__(self, robot: Robot, card: Card) -> None:
        self.image, self.push_from = robot.image, robot.push_from
        self._robot, self._card = robot, card

    def state(self) -> Float32:
        """See `gplac.trial.Robot.state`; raises UserError as `checked_state` does."""
        return checked_state(self._robot.state(), self._card)


class _OutsideError(Exception):
    """The policy chose a point where no push may begin."""


class _Decide:
    """The policy in one trial: it remembers what it saw and answered, and refuses a point outside the limits."""

    image: Images
    look: Look
    strange: str | None = None
    refused: str | None = None

    def __init__(
        self,
        policy: Acting,
        limits: Limits,
        tell: Callable[[str], None],
        warn: Callable[[str], None],
        first: bool,
    ) -> None:
        self.policy, self.limits, self.tell, self.warn, self.first = policy, limits, tell, warn, first

    def __call__(self, images: Images, states: Float32) -> Float32:
        card = self.policy.card
        self.image, self.look = images[0], self.policy.look(images[0], states[0])
        point, present = self.look.action, self.look.present
        if self.first and (sentence := cropped(self.image, card)):
            self.warn(sentence)
        self.tell(f"A push from {', '.join(f'{number:.3f}' for number in point)}.")
        if present is not None:
            self.tell(f"{(card.object_of_interest or 'object').capitalize()} in the picture: {present:.0%}.")
        if card.familiar is not None and (strange := Alarm(card.familiar).check(self.look)):
            self.strange = strange
            self.warn(f"The picture is a strange one: {strange}.")
        if (outside := self.limits.outside(point)) is not None:
            self.refused = f"The point is refused, and the robot not moved: {outside}."
            self.warn(self.refused)
            raise _OutsideError
        return point[None]

    def trial(self, number: int, succeeded: bool) -> Trial:
        """What there is to write down."""
        present = self.look.present
        return Trial(
            trial=number,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            point=[round(float(each), 6) for each in self.look.action],
            present=None if present is None else round(present, 4),
            strange=self.strange,
            refused=self.refused,
            succeeded=succeeded,
        )

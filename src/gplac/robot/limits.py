"""Limits of what a robot is told to do: of each number of an action, and of how quickly it changes."""

from dataclasses import dataclass

import numpy as np

from gplac.errors import UserError
from gplac.robot.policy import Floats


@dataclass(frozen=True)
class Limits:
    """Bounds in the robot's units; one number for all parts of an action, or one for each; empty: none."""

    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    rate: tuple[float, ...] = ()
    """Largest change a second. The first action has nothing to change from and is bounded by ``low`` and ``high``."""

    @classmethod
    def symmetric(cls, limit: tuple[float, ...] = (), rate: tuple[float, ...] = ()) -> "Limits":
        """From ``-limit`` to ``limit``."""
        return cls(tuple(-each for each in limit), limit, rate)

    def check(self, action_size: int) -> None:
        """Whether they suit such actions.

        Raises:
            UserError: there are too many or too few, or they leave no room.
        """
        for name in ("low", "high", "rate"):
            values = getattr(self, name)
            if len(values) not in (0, 1, action_size):
                raise UserError(
                    f"Limits have to be one number, or {action_size}, one for each number of an action, not "
                    f"{len(values)}."
                )
            if not np.isfinite(values).all():
                raise UserError("Limits have to be finite numbers.")
        if min(self.rate, default=1.0) <= 0:
            raise UserError("The limit of an action's rate of change has to be positive.")
        if self.low and self.high and (np.array(self.low) > np.array(self.high)).any():
            raise UserError("The lower limit of an action lies above the upper one.")

    def outside(self, action: Floats) -> str | None:
        """Which number of an action ``(A,)`` lies outside ``low`` and ``high``, in words; None if none does."""
        for bounds, word, beyond in ((self.low, "below", np.less), (self.high, "above", np.greater)):
            if bounds:
                limits = np.broadcast_to(np.array(bounds, np.float32), action.shape)
                for i in np.flatnonzero(beyond(action, limits)):
                    return f"number {i + 1} of it, {action[i]:.3f}, is {word} {limits[i]:g}"
        return None

    def apply(self, action: Floats, last: Floats | None, period_s: float) -> Floats:
        """The nearest action ``(A,)`` to ``action`` within the bounds that is within reach from ``last``, the one sent
        ``period_s`` before. Where the two bounds contradict each other, reach wins: nothing jumps."""
        bounded = action
        if self.low:
            bounded = np.maximum(bounded, np.array(self.low, np.float32))
        if self.high:
            bounded = np.minimum(bounded, np.array(self.high, np.float32))
        if self.rate and last is not None:
            reach = np.array(self.rate, np.float32) * np.float32(period_s)
            bounded = np.clip(bounded, last - reach, last + reach)
        return bounded.astype(np.float32)

"""Ctrl-C and SIGTERM as a request to stop, so that a robot is never left moving."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


class StopSignals:
    """While it is entered, the first Ctrl-C or SIGTERM sets `asked`, and the loop ends after its tick. A second one,
    for a robot that does not answer, raises KeyboardInterrupt; from `closing` on none does, so that stopping the robot
    is not interrupted. Outside the main thread, which alone gets signals, it does nothing.

    Args:
        at_once: the first one raises KeyboardInterrupt already, for what has no ticks to end after.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, at_once: bool = False) -> None:
        self.at_once = at_once
        self.asked = False
        self.closing = False
        self._raised = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in self.NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked or self.at_once, True
        if again and not self.closing and not self._raised:
            self._raised = True
            raise KeyboardInterrupt


def run_then_stop(
    body: Callable[[StopSignals], None], stop: Callable[[], None], at_once: bool = False
) -> None:
    """Call ``body``, and ``stop`` at every end of it: an exception, Ctrl-C, SIGTERM.

    Args:
        body: given the signals, which it minds unless they come ``at_once``.
        stop: what brings the robot to rest; signals do not interrupt it.
        at_once: see `StopSignals`.
    """
    with StopSignals(at_once) as signals:
        try:
            try:
                body(signals)
            finally:
                signals.closing = True
        finally:
            # In a block of its own: whatever interrupts the line above, the robot is stopped.
            stop()

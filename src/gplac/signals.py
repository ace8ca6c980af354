"""Ctrl-C and SIGTERM as a request to stop, so that no step is cut in two and no robot is left moving."""

import signal
import threading
from types import FrameType
from typing import Any, Self


class StopSignals:
    """While it is entered, the first Ctrl-C or SIGTERM sets `asked`, and a loop ends after its tick or step. A second
    one, for what does not answer, raises KeyboardInterrupt; from `closing` on none does, so that stopping a robot is
    not interrupted. Outside the main thread, which alone gets signals, it does nothing.

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

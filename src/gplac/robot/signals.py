"""Ctrl-C and SIGTERM as a request to stop, so that a robot is never left moving."""

import signal
import threading
from types import FrameType
from typing import Any, Self


class StopSignals:
    """While it is entered, the first Ctrl-C or SIGTERM sets `asked`, and the loop ends after its tick. A second one,
    for a robot that does not answer, raises KeyboardInterrupt; from `closing` on none does, so that stopping the robot
    is not interrupted. Outside the main thread, which alone gets signals, it does nothing."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
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
        again, self.asked = self.asked, True
        if again and not self.closing and not self._raised:
            self._raised = True
            raise KeyboardInterrupt

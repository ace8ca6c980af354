"""However a robot's loop ends, the robot is brought to rest."""

from collections.abc import Callable

from gplac.signals import StopSignals


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

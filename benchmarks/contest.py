"""Two contenders measured by turns in one run, so that whatever else the machine does befalls both."""

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median

Run = Callable[[float], dict[str, float]]
"""Works for about so many seconds and tells what it reached: measure -> value."""
Setup = Callable[[], Run]


@dataclass(frozen=True)
class Case:
    """What is measured, on whom."""

    measures: dict[str, str]
    """Name of each measure -> its unit."""
    peer_name: str
    ours: Setup
    peer: Setup
    cores: int = 1
    """Cores that each contender may use."""

    def contest(self, repeats: int, seconds: float) -> list[dict[str, object]]:
        """Rows of the result file, one for each measure; ``ratio`` is how many times better ours is: the median of the
        repeats, with their smallest and largest beside it."""
        runs: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
        # Each in a process of its own: their graphics contexts, thread pools and caches do not meet.
        with _Contender(self.ours, self.cores) as ours, _Contender(self.peer, self.cores) as peer:
            for contender in (ours, peer):
                contender.run(seconds)  # warm up
            for repeat in range(repeats):
                # Who goes first alternates as well.
                for which in (0, 1) if repeat % 2 == 0 else (1, 0):
                    runs[which].append((ours, peer)[which].run(seconds))
        return [self._row(name, unit, runs) for name, unit in self.measures.items()]

    def _row(
        self, name: str, unit: str, runs: tuple[list[dict[str, float]], list[dict[str, float]]]
    ) -> dict[str, object]:
        ours, peer = ([run[name] for run in side] for side in runs)
        # Of a rate more is better, of a time less.
        ratios = [(a / b if unit.endswith("/s") else b / a) for a, b in zip(ours, peer, strict=True)]
        return {
            "name": name,
            "ours": median(ours),
            "peer": median(peer),
            "peer_name": self.peer_name,
            "ratio": median(ratios),
            "ratio_min": min(ratios),
            "ratio_max": max(ratios),
            "unit": unit,
            "n": len(ours),
        }


class _Contender:
    """A contender in a process of its own; a context manager."""

    def __init__(self, setup: Setup, cores: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, setup, cores), daemon=True)
        # Read by libraries when they are first imported, so they are set before the process starts.
        os.environ |= {"OMP_NUM_THREADS": str(cores), "LP_NUM_THREADS": str(cores)}
        # Peers leave the choice to the user; EGL is what gplac finds first, too.
        os.environ.setdefault("MUJOCO_GL", "egl")
        self._process.start()
        theirs.close()

    def __enter__(self) -> "_Contender":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.kill()

    def run(self, seconds: float) -> dict[str, float]:
        """One repeat."""
        self._connection.send(seconds)
        answer: dict[str, float] = self._connection.recv()
        return answer


def _serve(connection: Connection, setup: Setup, cores: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    run = setup()
    try:
        while True:
            connection.send(run(connection.recv()))
    except EOFError:
        return

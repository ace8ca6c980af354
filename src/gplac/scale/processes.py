"""An executor over local processes.

They are spawned, never forked: a fork copies locks and GL contexts in whatever state other threads left them.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any, TypeVar

from gplac import plugins
from gplac.provenance import COMMAND_VARIABLE, command
from gplac.scale.executor import Executor, Failure

Item = TypeVar("Item")
Result = TypeVar("Result")

PATIENCE_S = 60.0
"""How long a worker may take to end: one that trains with the paper's sizes takes seconds for a step, and saves it."""
_SETTINGS = {
    "OMP_NUM_THREADS": "1",  # one worker a core: numpy and torch must not multiply threads
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Importing MuJoCo would look for a window system in a process of its own, which complains if the worker is ended
    # meanwhile; gplac.worlds.gl finds what draws without one.
    "MUJOCO_GL": "off",
}


def worker_environment() -> dict[str, str]:
    """What workers find in their environment, unless the user has set it; which command they work for is among it."""
    return _SETTINGS | {COMMAND_VARIABLE: command()}


class Processes(Executor):
    """Spawned processes, each with one item at a time; they start with the first work and stay warm.

    Args:
        workers: number of processes.
        initialiser: called once in each, before its first item.
        nesting: items may start processes of their own.
    """

    def __init__(
        self, workers: int, initialiser: Callable[[], None] | None = None, nesting: bool = False
    ) -> None:
        self.workers = workers
        self._initialiser = initialiser
        self._nesting = nesting
        self._pool: list[_Worker] = []

    def attempt(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Failure]]:
        """See `Executor.attempt`."""
        waiting = iter(enumerate(items))
        busy: dict[Any, tuple[_Worker, int]] = {}

        def hand_out(worker: _Worker) -> None:
            for index, item in waiting:
                worker.give(function, item)
                busy[worker.connection] = worker, index
                return

        try:
            while len(self._pool) < min(self.workers, len(items)):
                self._pool.append(_Worker(self._initialiser, self._nesting))
            for worker in self._pool[: len(items)]:
                hand_out(worker)
            while busy:
                for connection in wait(list(busy)):
                    worker, index = busy.pop(connection)
                    result = worker.take()
                    if not worker.alive:
                        worker.end()
                        worker.wait()
                        result = Failure(_death(worker.kill(), index))
                        self._pool.remove(worker)
                        worker = _Worker(self._initialiser, self._nesting)
                        self._pool.append(worker)
                    hand_out(worker)
                    yield index, result
        finally:
            if busy:  # an exception passes, or the caller has left: nobody waits for these results
                self._stop()

    def _stop(self) -> None:
        workers, self._pool = self._pool, []
        for worker in workers:
            worker.end()
        try:
            for worker in workers:
                worker.wait()
        finally:  # at the latest at the second Ctrl-C
            for worker in workers:
                worker.kill()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, in the middle of their work if an exception is passing."""
        self._stop()


class _Worker:
    """One process and the pipe to it, which arguments and results cross as multiprocessing encodes them."""

    def __init__(self, initialiser: Callable[[], None] | None, nesting: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self.alive = True
        self.connection, theirs = context.Pipe()
        # What multiprocessing calls a daemon may not start processes. Ours ends with its parent, daemon or not.
        self._process = context.Process(target=_work, args=(theirs, initialiser), daemon=not nesting)
        with _worker_environment(), _no_interrupts():
            self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def give(self, function: Callable[[Any], Any], item: Any) -> None:
        """Start ``function(item)``. That the process has died shows when its result is taken."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send((function, item))

    def take(self) -> Any:
        """The result; None, and no longer alive, if the process died."""
        try:
            return self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.alive = False
            return None

    def end(self) -> None:
        """Ask the process to end: one at work by SIGTERM, at which a training saves its step."""
        self.connection.close()
        self._process.join(0.05)
        self._process.terminate()

    def wait(self) -> None:
        """Wait until it has ended, but not for ever."""
        self._process.join(PATIENCE_S)

    def kill(self) -> int | None:
        """End the process whatever it does, and give its exit code."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode


def _death(exit_code: int | None, index: int) -> str:
    """What became of a process that died at an item, in a sentence."""
    if exit_code == -signal.SIGKILL:
        return (
            "A worker process was killed (signal 9), most likely for want of memory: end other programs, or work with"
            " fewer at a time (--workers 1)."
        )
    return f"A worker process died with exit code {exit_code} at item {index}."


def _work(connection: Any, initialiser: Callable[[], None] | None) -> None:
    """What a worker process does: items until the pipe ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    ready = False
    while True:
        try:
            function, item = connection.recv()
        except (EOFError, ConnectionResetError):
            return
        except Exception as error:  # the function or a type of the item cannot be imported here
            answer: Any = Failure.of(error)
        else:
            try:
                if not ready:
                    plugins.load()
                    if initialiser is not None:
                        initialiser()
                    ready = True
                answer = function(item)
            except KeyboardInterrupt:  # asked to end, by the parent as a rule; a training has saved its step
                return
            except Exception as error:
                answer = Failure.of(error)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(answer)


def _end_with_parent() -> None:
    """End this process, in the middle of its work, when its parent has been killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextlib.contextmanager
def _worker_environment() -> Iterator[None]:
    """A process started here finds `worker_environment`: it inherits the environment of this moment."""
    added = {name: value for name, value in worker_environment().items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """A process started here inherits the signal mask and never sees Ctrl-C: the parent does, and ends it."""
    resource_tracker.ensure_running()  # the first start of a process would run it, and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

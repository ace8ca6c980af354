"""An executor over a Ray cluster, or over a Ray that is started on this machine; an optional extra.

Workers share nothing but files: the folder that items name has to be the same on every machine.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from gplac import plugins
from gplac.errors import UserError
from gplac.scale.executor import Executor, Failure
from gplac.scale.processes import worker_environment

Item = TypeVar("Item")
Result = TypeVar("Result")


class Cluster(Executor):
    """Ray actors, each with one item at a time and one core; they start with the first work and stay warm.

    The cluster is the one that ``RAY_ADDRESS`` names, or one of this machine that ends with it.

    Args:
        workers: number of actors; 0: one for each core that the cluster has.
        initialiser: called once in each, before its first item.

    Raises:
        UserError: Ray is not installed, or the cluster does not answer.
    """

    def __init__(self, workers: int = 0, initialiser: Callable[[], None] | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise UserError(
                "Ray is not installed; install it with: pip install 'gplac[ray]', or work on this machine alone."
            ) from error
        self._ray: Any = ray
        self._started = not ray.is_initialized()
        if self._started:
            before = signal.getsignal(signal.SIGTERM)
            try:
                ray.init(runtime_env={"env_vars": worker_environment() | _plugins()}, log_to_driver=False)
            except (ConnectionError, ValueError) as error:
                raise UserError(
                    f"The Ray cluster does not answer ({error}); set RAY_ADDRESS to one that runs, or unset it."
                ) from error
            finally:
                # Ray puts its own in the place of ours, which ends in a sentence.
                if threading.current_thread() is threading.main_thread():
                    signal.signal(signal.SIGTERM, before)
        self.workers = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._initialiser = initialiser
        self._pool: list[Any] = []

    def attempt(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Failure]]:
        """See `Executor.attempt`."""
        waiting = iter(enumerate(items))
        busy: dict[Any, tuple[Any, int]] = {}

        def hand_out(actor: Any) -> None:
            for index, item in waiting:
                busy[actor.work.remote(function, item)] = actor, index
                return

        try:
            while len(self._pool) < min(self.workers, len(items)):
                self._pool.append(self._actor())
            for actor in self._pool[: len(items)]:
                hand_out(actor)
            while busy:
                (done,), _ = self._ray.wait(list(busy), num_returns=1)
                actor, index = busy.pop(done)
                try:
                    result = self._ray.get(done)
                except self._ray.exceptions.RayError as error:
                    result = Failure(f"A worker died at item {index}: {type(error).__name__}.", str(error))
                    self._pool.remove(actor)
                    actor = self._actor()
                    self._pool.append(actor)
                hand_out(actor)
                yield index, result
        finally:
            if busy:  # an exception passes, or the caller has left: nobody waits for these results
                self._stop()

    def _actor(self) -> Any:
        return self._ray.remote(num_cpus=1)(_Worker).remote(self._initialiser)

    def _stop(self) -> None:
        while self._pool:
            with contextlib.suppress(Exception):  # it may be dead already
                self._ray.kill(self._pool.pop())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the actors, and Ray if it was started here."""
        self._stop()
        if self._started:
            self._ray.shutdown()


def _plugins() -> dict[str, str]:
    told = os.environ.get(plugins.VARIABLE)
    return {plugins.VARIABLE: told} if told else {}


class _Worker:
    """What runs in an actor."""

    def __init__(self, initialiser: Callable[[], None] | None) -> None:
        self._initialiser = initialiser
        self._ready = False

    def work(self, function: Callable[[Any], Any], item: Any) -> Any:
        """The result of one item, or its `Failure`."""
        try:
            if not self._ready:
                plugins.load()
                if self._initialiser is not None:
                    self._initialiser()
                self._ready = True
            return function(item)
        except Exception as error:
            return Failure.of(error)

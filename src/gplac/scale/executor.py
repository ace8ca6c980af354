"""One interface for work that can run anywhere: items in, ``(index, result)`` pairs out as they complete.

Work given to an executor must depend neither on which worker does it nor on what that worker did before:
whatever uses this module promises the same results for any number of workers.
"""

import contextlib
import os
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self, TypeVar

from gplac.errors import UserError
from gplac.files import FULL_OR_SHUT, MEND

Item = TypeVar("Item")
Result = TypeVar("Result")
Kind = Literal["local", "ray"]


class WorkerError(RuntimeError):
    """An item failed, or the process that worked on it died. The message ends with the worker's traceback."""


@dataclass(frozen=True)
class Failure:
    """What stands in the place of the result of an item that failed."""

    message: str
    """One sentence: what went wrong."""
    details: str = ""
    """The worker's traceback, if there was one."""
    user_error: bool = False
    """Whether the user can mend it, that is, whether it was a `gplac.errors.UserError`."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """The failure that ``error`` is; to be called where it was caught."""
        if isinstance(error, UserError):
            return cls(str(error), user_error=True)
        if isinstance(error, OSError) and error.errno in FULL_OR_SHUT:
            where = f"{error.filename} cannot be used" if error.filename else "A file cannot be written"
            return cls(f"{where}: {error.strerror}. {MEND}", user_error=True)
        return cls(f"{type(error).__name__}: {error}", traceback.format_exc())

    def error(self) -> Exception:
        """An exception to raise in the process that asked for the work."""
        return (
            UserError(self.message)
            if self.user_error
            else WorkerError(f"{self.message}\n{self.details}".rstrip())
        )


class Executor(ABC):
    """Runs functions on items; a context manager that releases its workers.

    A worker is warm: it calls ``initialiser`` once, before its first item, and what that or a function keeps
    at module level (a renderer, say) stays for the next item.
    """

    workers: int
    """How many items are worked on at a time."""

    @abstractmethod
    def attempt(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Failure]]:
        """Like `map`, but an item that fails gives a `Failure` as its result, and the others go on."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[tuple[int, Result]]:
        """Pairs of an item's index and its result, in the order of completion.

        The first failure ends all work, and so does abandoning the iterator.

        Args:
            function: what to do; importable by name from its module, so that other processes find it.
            items: what to do it with.

        Raises:
            UserError: an item raised it.
            WorkerError: an item raised anything else, or its process died.
        """
        with contextlib.closing(self.attempt(function, items)) as results:
            for index, result in results:
                if isinstance(result, Failure):
                    raise result.error()
                yield index, result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the workers, in the middle of their work if an exception is passing."""
        return


class InProcess(Executor):
    """Everything here and now, one item after the other.

    Args:
        initialiser: called once, before the first item.
    """

    workers = 1

    def __init__(self, initialiser: Callable[[], None] | None = None) -> None:
        self._initialiser = initialiser

    def attempt(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Failure]]:
        """See `Executor.attempt`."""
        for index, item in enumerate(items):
            result: Result | Failure
            try:
                if self._initialiser is not None:
                    self._initialiser()
                    self._initialiser = None
                result = function(item)
            except Exception as error:
                result = Failure.of(error)
            yield index, result


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def executor(
    workers: int = 0,
    initialiser: Callable[[], None] | None = None,
    *,
    nesting: bool = False,
    kind: Kind = "local",
) -> Executor:
    """An executor of this machine, or of a cluster.

    Args:
        workers: 1 works in this process, more in that many processes; 0 takes a process for each core.
        initialiser: called once in each worker, before its first item; importable by name from its module.
        nesting: items may start processes of their own.
        kind: "ray" works on a Ray cluster, see `gplac.scale.cluster.Cluster`.

    Raises:
        UserError: a negative number of workers, or no Ray where it is asked for.
    """
    from gplac.scale.cluster import Cluster
    from gplac.scale.processes import Processes

    if workers < 0:
        raise UserError(f"There cannot be {workers} workers; ask for 1 or more, or for 0 to use every core.")
    if kind == "ray":
        return Cluster(workers, initialiser)
    count = workers or available_cores()
    return InProcess(initialiser) if count == 1 else Processes(count, initialiser, nesting)

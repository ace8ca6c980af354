"""Locks on files, which the system lifts when their process ends, however it does."""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gplac.errors import UserError
from gplac.files import MEND

AGAIN_S = 0.1


class TakenError(Exception):
    """Another process holds the lock."""


class Lock:
    """A lock that this process holds; made by `locked`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def note(self, **facts: Any) -> None:
        """Write into the lock's file what its holder does, for others to read."""
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()} | facts)
        with contextlib.suppress(OSError):  # of a full disk whoever writes results tells
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, text.encode(), 0)


@contextlib.contextmanager
def locked(path: Path, wait_s: float = float("inf")) -> Iterator[Lock]:
    """Hold the lock on ``path``, a file made if need be.

    Args:
        path: the file.
        wait_s: how long to wait for another process that holds it.

    Raises:
        TakenError: it still does.
        UserError: the file cannot be made.
    """
    end = time.monotonic() + wait_s
    while (handle := _taken(path)) is None:
        if time.monotonic() >= end:
            raise TakenError(str(path))
        time.sleep(AGAIN_S)
    try:
        lock = Lock(handle)
        lock.note()
        yield lock
    finally:
        os.close(handle)


def _taken(path: Path) -> int | None:
    """The file, open and locked; None where another process holds it, or moved its folder away meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A lock on a file that lies elsewhere by now would keep nobody out of this folder.
        if os.path.samestat(os.fstat(handle), path.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None


def _cannot_write(path: Path, error: OSError) -> UserError:
    return UserError(f"Cannot write {path}: {error.strerror}. {MEND}")


def holder(path: Path) -> dict[str, Any] | None:
    """What the process that holds the lock noted there; None if none does."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        # Shared, so that those who look do not get into each other's way; who takes the lock tries again.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            facts = json.loads(path.read_text())
        except ValueError:  # being written
            return {}
        return facts if isinstance(facts, dict) else {}
    else:
        return None
    finally:
        os.close(handle)

"""Files that are whole or not there."""

import errno
import fcntl
import os
import shutil
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gplac.errors import UserError

FULL_OR_SHUT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
"""Errors of a disk that is full or cannot be written to, which the user can mend."""
TEMPORARY_SUFFIX = ".tmp"
MEND = "Mend that and run the same command again; what is finished stays."
"""Ends a sentence about what could not be written, in work that goes on where it was stopped."""
NO_ARCHIVE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    tokenize.TokenError,
)
"""What reading a missing, truncated, altered or locked NPZ file raises, and NumPy's headers in it."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name, then rename: whoever reads ``path`` never sees half of it.

    Raises:
        UserError: the disk is full, or the folder cannot be written to; ``path`` is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise UserError(f"Cannot write {path}: {error.strerror}. {MEND}") from error


def require_writable(path: Path, mend: str = "name another file") -> None:
    """Make the folder of ``path`` and see that a file can be written there, before long work that ends with one.

    Args:
        path: the file.
        mend: what helps; ends the sentence.

    Raises:
        UserError: it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror}; {mend}.") from error


def disk_complaint(error: OSError) -> str | None:
    """One sentence about a path that the user named, or a disk that is full or cannot be written to; None of anything
    else, which is a defect and has to show its traceback."""
    if error.filename is None and error.errno not in FULL_OR_SHUT:
        return None
    return f"{error.filename or 'The disk'}: {error.strerror}."


def remove_temporaries(folder: Path) -> None:
    """Remove what a killed process left half written in ``folder``."""
    for left in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        left.unlink(missing_ok=True)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder to write into, which becomes ``out`` when this is left, and vanishes if anything goes wrong.

    What a killed process left is cleared away by the next one.

    Raises:
        UserError: there is something at ``out``, another process is writing it, or it cannot be made.
    """
    out = out.resolve()
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(f"{out} exists already; name a new folder, or delete that one.")
    partial = out.with_name(f".{out.name}.partial")
    with claimed(partial, out, "writing"):
        try:
            _empty(partial)
            yield partial
            os.rename(partial, out)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


@contextmanager
def claimed(folder: Path, out: Path, doing: str, wait: bool = False) -> Iterator[None]:
    """Make ``folder`` and lock it. The system lifts the lock when this process ends, however it does.

    Args:
        folder: the folder.
        out: what the user calls it.
        doing: what a process that holds the lock is doing to it.
        wait: until the lock is free, in work that holds it for a moment.

    Raises:
        UserError: another process holds the lock, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"Cannot make the folder {out}: {error.strerror}; name another one.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        raise UserError(f"Another process is {doing} {out}; wait for it, or name another folder.") from error
    except OSError as error:  # some network disks know no locks
        raise UserError(
            f"The folder {out} cannot be locked: {error.strerror}; name one on another disk."
        ) from error
    else:
        yield
    finally:
        os.close(handle)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()

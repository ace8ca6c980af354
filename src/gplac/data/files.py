"""Files that are whole or not there."""

import os
from contextlib import suppress
from pathlib import Path

from gplac.errors import UserError

TEMPORARY_SUFFIX = ".tmp"


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
        raise UserError(
            f"Cannot write {path}: {error.strerror}. Mend that and run the same command again; what is finished stays."
        ) from error


def remove_temporaries(folder: Path) -> None:
    """Remove what a killed process left half written in ``folder``."""
    for left in folder.glob(f".*{TEMPORARY_SUFFIX}"):
        left.unlink(missing_ok=True)

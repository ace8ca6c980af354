"""What lies where a cell's result should: each file is read and checked once, until it is written anew."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gplac.evaluation.faults import fault


@dataclass(frozen=True)
class Found:
    """A file, read."""

    document: dict[str, Any]
    """Its content; empty if it is at fault."""
    fault: str = ""
    """Why it is no sound file of its kind, in words that go on after its name."""


def found(path: Path, schema: str) -> Found | None:
    """What a file holds; None if there is none.

    Args:
        path: the file.
        schema: what it should be, as in ``gplac/schemas/<schema>.json``.
    """
    try:
        return _read(path, schema, path.stat().st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError):  # what is to be written there will say so
        return None
    except OSError as error:
        return Found({}, f"cannot be read ({error.strerror})")


@lru_cache(maxsize=1024)
def _read(path: Path, schema: str, _written: int) -> Found:
    try:
        document = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        return Found({}, f"is not JSON ({error})")
    wrong = fault(document, schema)
    return Found({}, wrong) if wrong else Found(document)

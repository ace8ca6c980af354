"""The one exception that is a user's to mend, told as a sentence; and where an error of users' own code came about."""

import importlib
import traceback
from pathlib import Path


class UserError(Exception):
    """Bad input. The message says what is wrong, where, and how to mend it."""


def with_line(error: Exception, *ours: str, file: str | None = None) -> str:
    """An error of somebody's own code and where it came about: ``(OSError: no arm), my_robot.py line 9``.

    Args:
        error: as it was caught.
        ours: files, and folders, that are not theirs; Python's import is none in any case.
        file: the one whose line is told, the last that was run; by default the first file that is theirs.
    """
    said = f"({f'{type(error).__name__}: {error}'.removesuffix(': ')})"
    steps = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [step for step in steps if step[0] == file] or [
        step for step in steps if not step[0].startswith((importlib.__file__, "<frozen ", *ours))
    ]
    if not own:
        return said
    line = [number for each, number in own if each == own[0][0]][-1]
    return f"{said}, {from_here(own[0][0])} line {line}"


def from_here(file: str) -> str:
    """A file's path as seen from the working folder, if it is in it."""
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

"""Functions for workers: importable by name, and not by collecting tests."""

import os
import signal
import time
from pathlib import Path

from gplac.errors import UserError
from gplac.provenance import command

_prepared = 0


def prepare() -> None:
    """Counts how often this process was prepared."""
    global _prepared
    _prepared += 1


def square(number: int) -> int:
    return number * number


def fail_at_two(number: int) -> int:
    if number == 2:
        raise ValueError("two is too many")
    return number


def mistake(number: int) -> int:
    raise UserError(f"{number} is not a colour; take another.")


def die_at_one(number: int) -> int:
    if number == 1:
        os._exit(7)
    return number


def killed_at_one(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def nothing(number: int) -> None:
    return None


def surroundings(_: int) -> tuple[int, tuple[int, str]]:
    """Process, how often it was prepared, and what it finds in its environment."""
    time.sleep(0.05)
    return os.getpid(), (_prepared, os.environ["OMP_NUM_THREADS"])


def told_command(_: int) -> str:
    return command()


def touch_and_sleep(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)


def save_when_all_are_told(mark: str) -> None:
    """Works until it is told to end, and saves once its neighbour has been told as well."""
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(1))
    Path(mark).touch()
    while not told:
        time.sleep(0.01)
    Path(f"{mark}.told").touch()
    neighbour = Path(mark).with_name({"a": "b", "b": "a"}[Path(mark).name])
    wait_for([f"{neighbour}.told"])
    Path(f"{mark}.saved").touch()
    raise KeyboardInterrupt("Step 4 is saved.")


def wait_for(marks: list[str]) -> None:
    while not all(Path(mark).exists() for mark in marks):
        time.sleep(0.01)


def begin(job: tuple[str, list[str]]) -> None:
    """One of the two above."""
    mark, marks = job
    return save_when_all_are_told(mark) if mark else wait_for(marks)


def told_to_end(_: int) -> None:
    raise KeyboardInterrupt("Step 4 is saved.")

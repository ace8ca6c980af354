"""A lock excludes others, tells what its holder does, and ends with its holder's process."""

import fcntl
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from gplac.errors import UserError
from gplac.grid.locks import TakenError, holder, locked

HOLDER = """
import sys, time
from pathlib import Path
from gplac.grid.locks import locked
with locked(Path(sys.argv[1])) as lock:
    lock.note(phase="waiting for the end")
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "somewhere" / "lock"
    assert holder(path) is None
    with locked(path) as lock:
        lock.note(phase="training", first=7)
        found = holder(path)
        assert found is not None and (found["phase"], found["first"]) == ("training", 7)
        with pytest.raises(TakenError), locked(path, wait_s=0.0):
            pass
        lock.note(phase="x")  # shorter than before: nothing of that is left
        assert (holder(path) or {})["phase"] == "x"
    assert holder(path) is None
    with locked(path, wait_s=0.0):
        pass


def test_a_killed_holder_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        assert (holder(path) or {})["pid"] == other.pid
        other.send_signal(signal.SIGKILL)
    assert holder(path) is None
    with locked(path, wait_s=0.0):
        pass


def test_who_waited_while_the_folder_was_moved_away_locks_the_one_that_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run" / "lock"
    with ExitStack() as held:
        held.enter_context(locked(path))

        def set_aside(_: float) -> None:
            path.parent.rename(tmp_path / "aside")
            held.close()

        monkeypatch.setattr("gplac.grid.locks.time.sleep", set_aside)
        with locked(path):
            with pytest.raises(TakenError), locked(path, wait_s=0.0):
                pass
            with locked(tmp_path / "aside" / "lock", wait_s=0.0):
                pass


def test_a_folder_moved_away_just_before_its_lock_is_taken_is_not_mistaken_for_the_one_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, take = tmp_path / "run" / "lock", fcntl.flock

    def set_aside_first(handle: int, how: int) -> None:
        if not (tmp_path / "aside").exists():
            path.parent.rename(tmp_path / "aside")
        take(handle, how)

    monkeypatch.setattr("gplac.grid.locks.time.sleep", lambda _: None)
    monkeypatch.setattr("gplac.grid.locks.fcntl.flock", set_aside_first)
    with locked(path), pytest.raises(TakenError), locked(path, wait_s=0.0):
        pass


def test_a_lock_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    path = tmp_path / "run" / "lock"
    with pytest.raises(UserError, match=f"Cannot write {path}: "), locked(path):
        pass

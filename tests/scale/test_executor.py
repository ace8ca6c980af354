"""An executor gives the same results in this process and in others, and survives what goes wrong there."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import scale_work as work

from gplac.errors import UserError
from gplac.scale.executor import Executor, Failure, InProcess, WorkerError, executor
from gplac.scale.processes import Processes

KINDS = pytest.mark.parametrize("workers", [1, 2])


@KINDS
def test_results_come_with_their_index(workers: int) -> None:
    with executor(workers) as pool:
        assert sorted(pool.map(work.square, range(7))) == [(i, i * i) for i in range(7)]
        assert sorted(pool.map(work.square, [5])) == [(0, 25)]
        assert list(pool.map(work.square, [])) == []
        assert sorted(pool.map(work.nothing, [1, 2])) == [(0, None), (1, None)]


@KINDS
def test_workers_know_the_command_that_they_work_for(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/venv/bin/gplac", "grid", "run", "recipes/table1.py"])
    with executor(workers) as pool:
        found = [told for _, told in pool.map(work.told_command, range(2))]
    assert found == ["gplac grid run recipes/table1.py"] * 2


@KINDS
def test_a_failing_item_ends_the_work_or_leaves_the_others_alone(workers: int) -> None:
    with executor(workers) as pool:
        with pytest.raises(WorkerError, match="ValueError: two is too many"):
            list(pool.map(work.fail_at_two, range(4)))
        results = dict(pool.attempt(work.fail_at_two, range(4)))
    failure = results.pop(2)
    assert isinstance(failure, Failure)
    assert "fail_at_two" in failure.details
    assert results == {0: 0, 1: 1, 3: 3}


@KINDS
def test_a_users_mistake_stays_one(workers: int) -> None:
    with executor(workers) as pool, pytest.raises(UserError, match=r"^3 is not a colour; take another\.$"):
        list(pool.map(work.mistake, [3]))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_disk_and_one_that_is_only_read_are_told_in_a_sentence(number: int) -> None:
    def fail(path: str) -> None:
        raise OSError(number, os.strerror(number), path)

    with executor(1) as pool, pytest.raises(UserError) as error:
        list(pool.map(fail, ["results/a.json"]))
    assert str(error.value).startswith(f"results/a.json cannot be used: {os.strerror(number)}. Mend that")


def test_other_errors_of_the_system_stay_defects() -> None:
    def fail(path: str) -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    with executor(1) as pool, pytest.raises(WorkerError, match="in fail"):
        list(pool.map(fail, ["results/a.json"]))


def test_a_process_that_is_told_to_end_does_so_without_a_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    with Processes(1) as pool:
        ((_, ended),) = pool.attempt(work.told_to_end, [0])
    assert isinstance(ended, Failure) and "exit code 0" in ended.message
    assert "Traceback" not in capfd.readouterr().err


def test_all_processes_are_told_to_end_before_one_is_waited_for(tmp_path: Path) -> None:
    marks = [str(tmp_path / name) for name in "ab"]
    with Processes(3) as pool:
        jobs = [(mark, []) for mark in marks] + [("", marks)]
        for index, _ in pool.attempt(work.begin, jobs):
            assert index == 2  # both are at work: leave them
            break
    assert all(Path(f"{mark}.saved").exists() for mark in marks)


def test_a_process_that_dies_is_reported_and_replaced() -> None:
    with Processes(2) as pool:
        results = dict(pool.attempt(work.die_at_one, range(5)))
        assert isinstance(results[1], Failure)
        assert "exit code 7" in results[1].message
        assert [results[i] for i in (0, 2, 3, 4)] == [0, 2, 3, 4]
        with pytest.raises(WorkerError, match="exit code 7"):
            list(pool.map(work.die_at_one, [1]))


def test_a_process_that_is_killed_tells_of_memory_and_what_to_do() -> None:
    with Processes(2) as pool:
        results = dict(pool.attempt(work.killed_at_one, range(3)))
    killed = results[1]
    assert isinstance(killed, Failure)
    assert "killed (signal 9)" in killed.message and "memory" in killed.message
    assert "--workers 1" in killed.message
    assert [results[i] for i in (0, 2)] == [0, 2]


def test_each_process_is_prepared_once_and_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with Processes(2, initialiser=work.prepare) as pool:
        seen = [result for _, result in pool.map(work.surroundings, range(6))]
        seen += [result for _, result in pool.map(work.surroundings, range(6))]
    assert len({pid for pid, _ in seen}) == 2
    assert os.getpid() not in {pid for pid, _ in seen}
    assert {rest for _, rest in seen} == {(1, "1")}
    assert "OMP_NUM_THREADS" not in os.environ


def test_the_number_of_workers_chooses_the_kind() -> None:
    assert isinstance(executor(1), InProcess)
    assert executor(3).workers == 3
    assert executor(0).workers >= 1
    assert isinstance(executor(0), Executor)
    with pytest.raises(UserError, match="-1 workers"):
        executor(-1)


PARENT = """
import sys
from gplac.scale.processes import Processes
sys.path.insert(0, {tests!r})
import scale_work as work
if __name__ == "__main__":
    try:
        with Processes(2) as pool:
            list(pool.map(work.touch_and_sleep, [{marks!r} + "/0", {marks!r} + "/1"]))
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(tmp_path: Path, blow: signal.Signals) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(tests=str(Path(__file__).parent), marks=str(tmp_path)))
    # A group of its own, so that Ctrl-C reaches parent and workers alike, as a terminal's does.
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as parent:
        marks = [tmp_path / "0", tmp_path / "1"]
        _wait_until(lambda: all(mark.exists() and mark.read_text() for mark in marks))
        workers = [int(mark.read_text()) for mark in marks]
        if blow == signal.SIGINT:
            os.killpg(parent.pid, blow)
        else:
            os.kill(parent.pid, blow)
        out, err = parent.communicate(timeout=20)
        _wait_until(lambda: not any(_runs(worker) for worker in workers))
    if blow == signal.SIGINT:
        assert out == "interrupted\n"
        assert "Traceback" not in err


def _runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def _wait_until(condition: object, seconds: float = 20.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)

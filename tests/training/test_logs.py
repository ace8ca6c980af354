import errno
import json
import os
import threading
from pathlib import Path

import pytest

from gplac.errors import UserError
from gplac.training import logs


def test_brackets_in_a_task_of_the_users_own_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich
    display = logs.Display("gplac on x[/y]", step=0, steps=100)
    try:
        display.update(50, {"images_per_s": 250.0, "loss": 0.5})
        display.project(1.0, 600)
    finally:
        display.close()
    assert capsys.readouterr().err.count("gplac on x[/y]") >= 2


def test_where_there_is_no_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: clock[0])
    display = logs.Display("gplac seed 0", step=100, steps=1100)
    for step in range(110, 1101, 10):
        clock[0] += 1.0
        display.update(step, {"images_per_s": 640.0, "loss": 0.25}, ", pretrain" if step < 600 else "")
    display.close()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[0] == "gplac seed 0, pretrain: step 400/1100, 640 images/s, loss 0.25, 1.2 min left"
    assert lines[-1].startswith("gplac seed 0: step 1100/1100")


def test_a_long_training_is_announced_and_a_short_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    display = logs.Display("gplac seed 0", step=0, steps=100)
    display.project(images_per_s=10.0, images=599)
    assert capsys.readouterr().err == ""
    display.project(images_per_s=10.0, images=18_000)
    assert capsys.readouterr().err == "gplac seed 0: at 10 images/s this takes about 30 minutes\n"
    assert [logs.duration(hours * 3600) for hours in (1.5, 2, 47, 60)] == [
        "90 minutes",
        "2 hours",
        "47 hours",
        "2.5 days",
    ]


def test_threads_that_others_keep_waiting_are_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    display = logs.Display("gplac seed 0", step=0, steps=100)
    for share, threads in ((0.6, 2), (0.9, 2), (0.2, 1), (0.6, 2)):
        display.crowded(share, threads)
    assert capsys.readouterr().err == ""
    for _ in range(3):
        display.crowded(0.4, threads=2)
    said = capsys.readouterr().err
    assert said.startswith("gplac seed 0: other programs") and "40 %" in said
    assert said.count("OMP_NUM_THREADS=1") == 1


def test_a_log_that_goes_on_drops_what_will_be_done_again(tmp_path: Path) -> None:
    log = logs.Log(tmp_path, 0)
    for step in (20, 40, 60):
        log.write(step, "pretrain" if step < 40 else "train", {"loss": 1 / step})
    log.close()
    log = logs.Log(tmp_path, 40)
    log.write(60, "train", {"loss": 0.5})
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == [
        {"step": 20, "stage": "pretrain", "loss": 0.05},
        {"step": 40, "stage": "train", "loss": 0.025},
        {"step": 60, "stage": "train", "loss": 0.5},
    ]


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    log = logs.Log(tmp_path, 0)
    log.file.close()
    log.file = Path("/dev/full").open("a")  # noqa: SIM115
    with pytest.raises(UserError, match=f"Cannot write to {tmp_path}: No space left"):
        log.write(1, "train", {"loss": 1.0})
    log.close()  # hides nothing behind what it cannot write either


def test_a_disk_that_tensorboard_finds_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log = logs.Log(tmp_path, 0)
    for name in ("add_scalar", "close"):
        monkeypatch.setattr(log.board, name, full)
    with pytest.raises(UserError, match=f"Cannot write to {tmp_path}: No space left"):
        log.write(1, "train", {"loss": 1.0})
    log.close()


def test_tensorboards_thread_tells_no_traceback_of_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: told.append(arguments.exc_value))
    log = logs.Log(tmp_path, 0)
    *_, writer = (each for each in threading.enumerate() if type(each).__module__.startswith("tensorboard"))
    full, defect = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ValueError("ours")

    def happens(error: Exception, thread: threading.Thread) -> None:
        threading.excepthook(threading.ExceptHookArgs((type(error), error, None, thread)))

    happens(full, writer)
    assert told == []
    happens(full, threading.current_thread())
    happens(defect, writer)
    log.close()
    happens(full, writer)  # after it, everything is as before
    assert told == [full, defect, full]


@pytest.mark.parametrize("line", [b"no json", b"[1]", b'{"loss": 1}', b'\xff\xfe{"step": 1}', b"[" * 100_000])
def test_a_damaged_log_is_named(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(line + b"\n")
    with pytest.raises(UserError, match="damaged"):
        logs.Log(tmp_path, 3)
    with pytest.raises(UserError, match="damaged"):
        logs.read_log(tmp_path)
    assert (tmp_path / "metrics.jsonl").read_bytes() == line + b"\n"


def test_reading_a_log_passes_over_a_cut_end_and_names_a_stray_line(tmp_path: Path) -> None:
    assert logs.read_log(tmp_path) == []
    whole = json.dumps({"step": 20, "loss": 0.5})
    path = tmp_path / "metrics.jsonl"
    path.write_text(f'{whole}\n{{"step": 40, "inner": {{}}')
    assert logs.read_log(tmp_path) == [{"step": 20, "loss": 0.5}]
    path.write_bytes(f"{whole}\n".encode() + b"\xff\xfe")
    assert logs.read_log(tmp_path) == [{"step": 20, "loss": 0.5}]
    path.write_text(f"{whole}\nstray }}\n")
    with pytest.raises(UserError, match=r"metrics.jsonl is damaged at 'stray }'"):
        logs.read_log(tmp_path)

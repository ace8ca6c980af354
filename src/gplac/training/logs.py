"""What a run writes down and shows while it trains: JSON lines, TensorBoard, progress."""

import contextlib
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gplac.errors import UserError
from gplac.files import write_atomically

METRICS = "metrics.jsonl"
LINE_EVERY_S = 30.0
"""Seconds between lines of progress where the output is not a terminal."""
LONG_S = 60.0
"""A training that takes longer is announced by how long it will take."""
CROWDED = 0.75
"""Threads that a processor works for in less of their time are kept waiting for each other: two have all of it on two
idle cores, and two thirds beside one busy program."""
CROWDED_LINES = 3
"""So many lines of the log have to say so before it is told: what is over soon is not worth a stop."""


class Log:
    """`metrics.jsonl` and `tb/` of a run that starts, or goes on, at `step`; lines of later steps are dropped.

    Raises:
        UserError: a line of `metrics.jsonl` is none that training wrote, or it cannot be written.
    """

    def __init__(self, run_dir: Path, step: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter  # slow to import

        path = run_dir / METRICS
        kept = [line for line in _whole_lines(path) if int(_parsed(line, path)["step"]) <= step]
        write_atomically(path, "".join(kept).encode())
        self.path, self.file = path, path.open("a")
        self.hook, threading.excepthook = threading.excepthook, self._told_by_write
        self.board = SummaryWriter(str(run_dir / "tb"), purge_step=step + 1)

    def write(self, step: int, stage: str, metrics: dict[str, float]) -> None:
        """Metrics after `step` optimiser steps, the last of them in `stage`.

        Raises:
            UserError: the disk is full.
        """
        rounded = {name: float(f"{value:.6g}") for name, value in metrics.items()}
        try:
            self.file.write(json.dumps({"step": step, "stage": stage} | rounded) + "\n")
            self.file.flush()
            for name, value in metrics.items():
                self.board.add_scalar(name, value, step)  # raises what went wrong with earlier ones
        except OSError as error:
            raise UserError(
                f"Cannot write to {self.path.parent}: {error.strerror}. Mend that, and the same command goes on"
                " (gplac train: with --resume)."
            ) from error

    def close(self) -> None:
        """Close both. What does not reach the disk is no error here, which would hide the one that ended the training:
        every line is on the disk since `write`, and TensorBoard has the same numbers."""
        for each in (self.file, self.board):
            with contextlib.suppress(OSError):
                each.close()
        threading.excepthook = self.hook

    def _told_by_write(self, arguments: threading.ExceptHookArgs) -> None:
        """A full disk in TensorBoard's thread is told in a sentence by the next `write`, and needs no traceback."""
        theirs = type(arguments.thread).__module__.startswith("tensorboard")
        if not (theirs and isinstance(arguments.exc_value, OSError)):
            self.hook(arguments)


class Display:
    """Progress with rate and time left: a bar on a terminal, else a line now and then."""

    def __init__(self, title: str, step: int, steps: int) -> None:
        self.title, self.first, self.steps = title, step, steps
        self.started = self.last_line = time.monotonic()
        self.crowded_lines = 0
        self.bar: Progress | None = None
        console = Console(stderr=True)
        if console.is_terminal:
            title_column = TextColumn("{task.description}", markup=False)  # it may tell the user's own task
            columns: list[Any] = [title_column, BarColumn(), MofNCompleteColumn()]
            columns += [
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[loss]}"),
            ]
            self.bar = Progress(*columns, console=console)
            self.task = self.bar.add_task(title, total=steps, completed=step, rate="", loss="")
            self.bar.start()

    def update(self, step: int, metrics: dict[str, float], stage: str = "") -> None:
        """Show `step` optimiser steps done; `stage` is said after the title."""
        rate = f"{metrics['images_per_s']:.0f} images/s"
        loss = f"loss {metrics['loss']:.4g}"
        if self.bar is not None:
            self.bar.update(self.task, description=self.title + stage, completed=step, rate=rate, loss=loss)
            return
        now = time.monotonic()
        if now - self.last_line >= LINE_EVERY_S or step == self.steps:
            self.last_line = now
            left_min = (self.steps - step) * (now - self.started) / max(1, step - self.first) / 60
            line = f"{self.title}{stage}: step {step}/{self.steps}, {rate}, {loss}, {left_min:.1f} min left"
            print(line, file=sys.stderr, flush=True)

    def project(self, images_per_s: float, images: int) -> None:
        """Say how long ``images`` more will take at the rate that the first steps had, if that is long."""
        seconds = images / images_per_s
        if seconds < LONG_S:
            return
        self._say(f"at {images_per_s:.0f} images/s this takes about {duration(seconds)}")

    def crowded(self, share: float, threads: int) -> None:
        """Say once, if it is so for long enough, that other programs keep this one's threads waiting.

        Args:
            share: of the threads' time that a processor worked for them since the last line of the log, from 0 to 1.
            threads: how many compute.
        """
        if threads == 1 or share >= CROWDED:
            return
        self.crowded_lines += 1
        if self.crowded_lines != CROWDED_LINES:
            return
        self._say(
            f"other programs take the processor from its {threads} threads, which then wait for each other"
            f" ({share * 100:.0f} % of their time is work). One thread may be much faster here: stop with Ctrl-C and go"
            " on with OMP_NUM_THREADS=1 before the command"
        )

    def _say(self, words: str) -> None:
        line = f"{self.title}: {words}"
        if self.bar is not None:
            self.bar.console.print(line, markup=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Give the terminal back."""
        if self.bar is not None:
            self.bar.stop()


def duration(seconds: float) -> str:
    """A time as people say it: minutes up to an hour and a half, hours up to two days, then days."""
    for unit, length_s, most in (("minutes", 60, 90), ("hours", 3600, 48)):
        if seconds <= most * length_s:
            return f"{seconds / length_s:.2g} {unit}"
    return f"{seconds / 86400:.2g} days"


def read_log(run_dir: Path) -> list[dict[str, Any]]:
    """Lines of a run's `metrics.jsonl`; none where there is no such file. A last line that was cut is left out.

    Raises:
        UserError: a line is none that training wrote.
    """
    path = run_dir / METRICS
    return [_parsed(line, path) for line in _whole_lines(path)]


def _parsed(line: str, path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
        int(found["step"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path} is damaged at {line.strip()[:60]!r}: delete that line, and try again."
        ) from error
    return found


def _whole_lines(path: Path) -> list[str]:
    """Lines of a file that may be missing, or may end in the middle of one."""
    if not path.exists():
        return []
    # What is no text is no JSON either, and told as that, with its line.
    text = path.read_text(errors="replace")
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]

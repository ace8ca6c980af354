"""What happened in trials on a robot: a JSON line and a picture for each, and a summary; it is gone on with."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from PIL import Image

from gplac.errors import UserError
from gplac.evaluation.statistics import wilson
from gplac.files import claimed, remove_temporaries, write_atomically
from gplac.provenance import provenance
from gplac.robot.card import Card
from gplac.robot.limits import Limits
from gplac.trial import Images

TRIALS, SUMMARY = "trials.jsonl", "summary.json"


@dataclass(frozen=True)
class Trial:
    """One trial."""

    trial: int
    """Its number, from 1."""
    time: str
    """When it was judged, UTC."""
    point: list[float]
    """Where the policy let the push begin, in the robot's units."""
    present: float | None
    """Probability that the object of interest is in the picture; None without a classifier."""
    strange: str | None
    """Why the picture is a strange one, or None; see `gplac.robot.alarm`."""
    refused: str | None
    """Why the robot was not moved, or None; such a trial has failed."""
    succeeded: bool


class TrialLog:
    """A folder of trials: ``trials.jsonl``, ``trial-001.png`` and so on, ``summary.json``; see `open`."""

    def __init__(self, folder: Path, card: Card, robot: str) -> None:
        self.folder, self.path = folder, folder / TRIALS
        self._card, self._whose = card, {"policy": card.weights_sha256, "robot": robot}
        self._end = {"reason": "unfinished", "detail": ""}
        self.trials = self._read()
        """All that are recorded."""

    @classmethod
    @contextmanager
    def open(cls, folder: Path, card: Card, robot: str) -> Iterator[Self]:
        """Hold a folder against a second process, to go on with the trials in it.

        Args:
            folder: made if it is not there.
            card: of the policy.
            robot: what the robot is called.

        Raises:
            UserError: it holds trials of another policy or robot, or damaged ones, or it cannot be written to.
        """
        with claimed(folder, folder, "recording trials in"):
            remove_temporaries(folder)
            yield cls(folder, card, robot)

    def add(self, trial: Trial, image: Images) -> None:
        """Write a trial and what the camera saw, ``(H, W, 3)``; when this returns they are on the disk.

        Raises:
            UserError: the disk is full.
        """
        picture = BytesIO()
        Image.fromarray(image).save(picture, "PNG")
        name = f"trial-{trial.trial:03d}.png"
        write_atomically(self.folder / name, picture.getvalue())
        line = json.dumps({**asdict(trial), "picture": name, **self._whose}) + "\n"
        try:
            with self.path.open("ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"Cannot write to {self.path}: {error.strerror}.") from error
        self.trials.append(trial)

    def end(self, reason: str, detail: str) -> None:
        """Note why there are no more trials for now: finished, interrupted, error; and a sentence."""
        self._end = {"reason": reason, "detail": detail}

    def summary(self) -> dict[str, Any]:
        """How many trials there are, how many succeeded, and Wilson's interval of the rate; None of no trials."""
        count, successes = len(self.trials), sum(trial.succeeded for trial in self.trials)
        interval = wilson(successes, count) if count else None
        return {
            "trials": count,
            "successes": successes,
            "refused": sum(trial.refused is not None for trial in self.trials),
            "success_rate": successes / count if count else None,
            "interval95": None if interval is None else [interval.low, interval.high],
        }

    def finish(self, limits: Limits) -> None:
        """Write the summary, with what the policy is and where it ran."""
        policy = {
            name: getattr(self._card, name) for name in ("task", "method", "precision", "weights_sha256")
        }
        content = {
            **self._end,
            **self.summary(),
            "robot": self._whose["robot"],
            "limits": {"low": limits.low, "high": limits.high},
            "policy": policy,
            "provenance": provenance(),
        }
        write_atomically(self.folder / SUMMARY, (json.dumps(content, indent=2) + "\n").encode())

    def _read(self) -> list[Trial]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        found = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                fields = json.loads(line)
                whose = {name: fields.pop(name) for name in self._whose}
                fields.pop("picture")
                trial = Trial(**fields)
                if trial.trial != number or not isinstance(trial.succeeded, bool):
                    raise ValueError("its number or its outcome is none")
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise UserError(
                    f"{self.path}, line {number}, is no trial ({error}): mend it, or name another folder with --log."
                ) from error
            if whose != self._whose:
                raise UserError(
                    f"{self.folder} holds trials of another policy or robot ({whose['robot']}): name another folder "
                    "with --log."
                )
            found.append(trial)
        if len(whole) < len(content):  # a line that a power cut left half written
            os.truncate(self.path, len(whole))
        return found

"""Runs that are cut short, and what they logged."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from gplac.training.trainer import Trainer


class KilledError(Exception):
    """Stands for a kill between two steps."""


def killed_before(last: int) -> Callable[[Trainer, int], tuple[dict[str, torch.Tensor], int]]:
    original = Trainer.step

    def step(trainer: Trainer, step: int) -> tuple[dict[str, torch.Tensor], int]:
        if step == last:
            raise KilledError
        return original(trainer, step)

    return step


def log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]

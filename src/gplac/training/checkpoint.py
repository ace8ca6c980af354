"""Checkpoints: one safetensors file that holds everything a run needs to go on bit by bit, beside a readable JSON.

The step is in the safetensors file's header as well, so that the two files need not be replaced together. Batches and
dropout are functions of (seed, step); no generator's state is kept.
"""

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.training.device import out_of_memory
from gplac.training.optimiser import Average

RUN_JSON = "run.json"
WEIGHTS = "weights.safetensors"
CHECKPOINT = "checkpoint.safetensors"
CHECKPOINT_JSON = "checkpoint.json"


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one go."""
    write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())


def write_weights(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Replace a safetensors file in one go."""
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_atomically(path, save(plain, metadata))


def holds(path: Path, tensors: dict[str, Tensor]) -> bool:
    """Whether a safetensors file is whole and has these tensors."""
    try:
        with safe_open(path, framework="pt") as file:
            there = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except (OSError, SafetensorError):
        return False
    return there.keys() == tensors.keys() and all(
        torch.equal(there[name], tensors[name].cpu()) for name in there
    )


def require_finite(tensors: dict[str, Tensor]) -> None:
    """See that every number is finite.

    Raises:
        ValueError: one is not.
    """
    for name, value in tensors.items():
        if not bool(torch.isfinite(value).all()):
            raise ValueError(f"{name} holds numbers that are not finite")


def save_checkpoint(
    run_dir: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    average: Average | None,
    facts: dict[str, Any],
) -> None:
    """Write weights, Adam's moments and the average; `facts` is JSON-able and holds at least "step", those done."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        # A parameter that no active objective has reached yet has no moments.
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"adam.{key}.{name}"] = value
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.values.items()}
    write_weights(run_dir / CHECKPOINT, tensors, {"facts": json.dumps(facts)})
    write_json(run_dir / CHECKPOINT_JSON, facts)


def read_facts(run_dir: Path) -> dict[str, Any]:
    """The facts of a checkpoint.

    Raises:
        UserError: it is damaged.
    """
    with _open(run_dir) as file:
        return _facts(file)


def load_checkpoint(
    run_dir: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: Average | None
) -> dict[str, Any]:
    """Put a checkpoint back into `model`, `optimiser` and `average`, in place; return its facts.

    Raises:
        UserError: the file is damaged or belongs to another network.
    """
    with _open(run_dir) as file:
        facts = _facts(file)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
        require_finite(tensors)
        model.load_state_dict(_part(tensors, "model."))
        for name, parameter in model.named_parameters():
            if f"adam.step.{name}" in tensors:
                moments = {key: tensors[f"adam.{key}.{name}"] for key in ("exp_avg", "exp_avg_sq")}
                optimiser.state[parameter] = {
                    "step": tensors[f"adam.step.{name}"].to(parameter.device),
                    **{key: torch.empty_like(parameter).copy_(value) for key, value in moments.items()},
                }
        if average is not None:
            for name, value in _part(tensors, "average.").items():
                average.values[name].copy_(value)
    return facts


def _facts(file: Any) -> dict[str, Any]:
    """What the header of a checkpoint says.

    Raises:
        ValueError: it says something else.
    """
    facts = json.loads(file.metadata()["facts"])
    if not isinstance(facts, dict) or not isinstance(facts.get("run"), dict):
        raise ValueError("its header does not tell of which run it is")
    for name, kind in (("step", int), ("images", int), ("wall_s", int | float)):
        value = facts.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or not 0 <= value < math.inf:
            raise ValueError(f"its header has no {name}")
    return facts


def anew(run_dir: Path) -> str:
    """What to do about a run that nothing can go on from, in words that end a sentence; a grid has no --out."""
    return f"delete {run_dir} and train again, or choose another directory (gplac train --out)"


@contextlib.contextmanager
def _open(run_dir: Path) -> Iterator[Any]:
    """The checkpoint's file, its many ways of being wrong told in one sentence."""
    path = run_dir / CHECKPOINT
    try:
        path.open("rb").close()
    except FileNotFoundError:
        pass  # told below
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): mend that, and go on.") from error
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if out_of_memory(error):
            raise  # nothing is wrong with the file
        raise UserError(f"{path} cannot be resumed ({error}): {anew(run_dir)}") from error


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}

"""Trained runs, evaluated in a Gymnasium environment, of one's own or another's."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gplac.evaluation.gym import Sizes, evaluate_env, make_env, reader
from gplac.evaluation.result import require_replaceable, write_json
from gplac.evaluation.rollout import Progress
from gplac.files import require_writable
from gplac.provenance import provenance
from gplac.runs import KEPT, Run

LONG_NAME = 100
"""Letters of a file's name, beyond which it is cut."""


def evaluate_in_env(
    folder: Path,
    env_id: str,
    episodes: int,
    seed: int = 0,
    *,
    arguments: Mapping[str, Any] | None = None,
    image: str | None = None,
    state: str | None = None,
    success_return: float | None = None,
    copy: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Evaluate the policy of a run in a Gymnasium environment; see `gplac.evaluation.gym`.

    Args:
        folder: of the run.
        env_id: as `gymnasium.make` has it.
        episodes: how many.
        seed: of the first episode; the others' follow.
        arguments: for the environment.
        image: key of the picture in its observations.
        state: key of the robot's state.
        success_return: return from which on an episode succeeds; by default the environment's `info` tells.
        copy: JSON file to write the result to, besides the run's own folder.
        progress: called with the episodes done and all of them.

    Raises:
        UserError: no finished run, no such environment, one that the policy does not fit, or a copy or a folder of the
            run that cannot be written.
    """
    run = Run.open(folder)
    out = folder / "evaluation" / "gymnasium" / f"{file_name(env_id, arguments or {})}.json"
    if copy is not None:
        theirs = {name: run.facts[name] for name in ("method", "task")}
        require_replaceable(copy, "env_result", env=env_id, **theirs, training_seed=run.facts["seed"])
    network = run.facts["network"]
    sizes = Sizes(network["width"], network["height"], network["state_size"], network["action_size"])
    env = make_env(env_id, arguments or {})
    try:
        read = reader(env, sizes, image, state)
        require_writable(out, KEPT)
        numbers = evaluate_env(run.policy(), env, read, episodes, seed, success_return, progress)
    finally:
        env.close()
    facts = {
        "env": env_id,
        "env_arguments": dict(arguments or {}),
        "method": run.facts["method"],
        "task": run.facts["task"],
        "training_seed": run.facts["seed"],
        "seed": seed,
        "success_return": success_return,
    }
    found = facts | numbers | {"provenance": provenance()}
    for path in (copy, out):
        if path is not None:
            write_json(found, "env_result", path)
    return found


def file_name(env_id: str, arguments: Mapping[str, Any]) -> str:
    """What the result in an environment is called, so that none of another one, or of other arguments, is written over:
    a hash stands for what the words alone do not tell."""
    words = "-".join([env_id, *(f"{name}={value}" for name, value in sorted(arguments.items()))])
    name = re.sub(r"[^A-Za-z0-9._=-]+", "-", words)
    plain = re.fullmatch(r"[A-Za-z0-9._-]+", env_id) and not arguments
    numbers = all(isinstance(value, int | float) for value in arguments.values())
    if (plain or (numbers and "=" not in env_id and name == words)) and len(name) <= LONG_NAME:
        return name
    told = json.dumps([env_id, dict(sorted(arguments.items()))], default=str)
    return f"{name[:LONG_NAME]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"

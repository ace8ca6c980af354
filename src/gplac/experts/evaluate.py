"""How good an expert is: success over fresh episodes, and how smooth its motions are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.evaluation.result import require_replaceable, write_json
from gplac.evaluation.statistics import wilson
from gplac.experts.expert import load_expert
from gplac.provenance import provenance
from gplac.seeding import rng
from gplac.worlds.registry import task as task_named
from gplac.worlds.task import Task


@dataclass(frozen=True)
class ExpertScore:
    """What `evaluate_expert` measured."""

    episodes: int
    successes: int
    mean_distance_m: float
    """Mean of the distance at the last step."""
    mean_action_change: float
    """Root mean square change of torque from one control step to the next, over the torque limit."""

    @property
    def success_rate(self) -> float:
        """Share of episodes that succeeded, in [0, 1]."""
        return self.successes / self.episodes


def evaluate_expert(
    task: Task,
    expert: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float64]],
    episodes: int = 500,
    seed: int = 0,
    action_noise: float = 0.0,
    seen_error_m: float = 0.0,
) -> ExpertScore:
    """Run ``expert`` for ``episodes`` fresh episodes.

    Args:
        task: what to do.
        expert: actions from `gplac.worlds.task.Simulations.full_state`.
        episodes: how many.
        seed: of initial states, noise and error.
        action_noise: standard deviation of noise on its actions, in their units.
        seen_error_m: standard deviation of how far beside its place it sees the object of interest, once an episode.

    Raises:
        UserError: no episode, or a noise or error that is negative or not finite.
    """
    if episodes < 1:
        raise UserError(f"An expert cannot be run for {episodes} episodes; ask for 1 or more.")
    for name, value in (("noise", action_noise), ("error", seen_error_m)):
        if not 0.0 <= value < float("inf"):
            raise UserError(f"The {name} cannot be {value:g}; make it 0 or positive.")
    vector = task.simulations(episodes)
    starts = [task.reset(rng("expert evaluation", task.name, seed, i)) for i in range(episodes)]
    vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
    noise = rng("expert evaluation noise", task.name, seed)
    error = seen_error_m * rng("expert evaluation eyes", task.name, seed).normal(size=(episodes, 2))
    distances, actions = [], []
    for _ in range(task.episode_steps):
        actions.append(expert(vector.full_state(error)))
        vector.step(actions[-1] + action_noise * noise.standard_normal(actions[-1].shape))
        distances.append(vector.distance())
    success = task.success(np.stack(distances))
    changes = np.diff(np.stack(actions), axis=0)
    change = float(np.sqrt(np.mean(changes**2)) / task.action_limit) if len(changes) else 0.0
    return ExpertScore(episodes, int(success.sum()), float(distances[-1].mean()), change)


def measure_expert(
    task: str,
    weights: Path | None = None,
    episodes: int = 500,
    seed: int = 0,
    noise: float = 0.0,
    error_m: float = 0.0,
    copy: Path | None = None,
) -> dict[str, Any]:
    """How good the expert of a task is: the document of ``gplac/schemas/expert.json``, also written to ``copy``.

    Args:
        task: its name.
        weights: file of the expert; by default the one that comes with gplac.
        episodes: how many.
        seed: of initial states, noise and error.
        noise: see `evaluate_expert`.
        error_m: see `evaluate_expert`.
        copy: file to write it to as well.

    Raises:
        UserError: no such task or expert, a number that makes no sense, or ``copy`` cannot be written, which is told
            before the episodes.
    """
    if copy is not None:
        require_replaceable(copy, "expert")
    score = evaluate_expert(task_named(task), load_expert(task, weights), episodes, seed, noise, error_m)
    interval = wilson(score.successes, score.episodes)
    found = {
        "task": task,
        "weights": "shipped" if weights is None else str(weights),
        "seed": seed,
        "noise": noise,
        "error_m": error_m,
        "episodes": score.episodes,
        "successes": score.successes,
        "success_rate": score.success_rate,
        "interval95": [interval.low, interval.high],
        "mean_final_distance_m": score.mean_distance_m,
        "action_change": score.mean_action_change,
        "provenance": provenance(),
    }
    if copy is not None:
        write_json(found, "expert", copy)
    return found

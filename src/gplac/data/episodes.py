"""Episodes of the expert: physics without pictures (sections 6.1 and 6.2)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.data.noise import ornstein_uhlenbeck
from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.task import Simulations, Task

Expert = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.floating]]
"""Actions ``(n, action_size)`` from what only the simulation knows, ``(n, k)``."""

BLOCK = 64
"""Attempts that run side by side. It is part of the result: the last bits of the expert's matrix products may depend
on how many states it is asked about at a time, so every attempt always runs in the same block."""

PATIENCE = 10
"""Attempts for every episode wanted, before the expert is called unfit."""


@dataclass(frozen=True)
class Episodes:
    """``E`` successful episodes of ``T`` steps."""

    qpos: npt.NDArray[np.float64]
    """``(E, T, nq)``: positions before each action."""
    states: npt.NDArray[np.float32]
    """``(E, T, state_size)``: what the robot knows of itself before each action."""
    actions: npt.NDArray[np.float32]
    """``(E, T, action_size)``: what the expert asked for, without the noise."""
    attempts: npt.NDArray[np.int64]
    """``(E,)``: the number of the attempt that each episode was, counting the failures between."""

    @property
    def attempted(self) -> int:
        """Attempts that these episodes took, failures included."""
        return int(self.attempts[-1]) + 1

    def fingerprint(self) -> str:
        """SHA-256 of everything that happened."""
        digest = hashlib.sha256()
        for array in (self.qpos, self.states, self.actions):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def roll_out(
    task: Task,
    expert: Expert,
    episodes: int,
    action_noise: float,
    seed: int,
    progress: Callable[[int], None] = lambda successes: None,
    *,
    noise_time_s: float = 0.0,
) -> Episodes:
    """The expert's first ``episodes`` successful attempts; attempt ``i`` is a function of (task, seed, i) alone.

    The executed action is the expert's plus noise (`gplac.data.noise`), clipped to the task's limit; the recorded one
    is the expert's own, so that a policy sees how it recovers.

    Args:
        task: what to do.
        expert: how to do it.
        episodes: how many successful episodes.
        action_noise: standard deviation of the noise, in the action's units.
        seed: of the initial states and of the noise.
        progress: called with the number of episodes gathered since the last call.
        noise_time_s: correlation time of the noise, seconds.

    Raises:
        UserError: the expert fails much too often, or asks for actions that are not finite.
    """
    simulations = task.simulations(BLOCK)
    found: list[tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float32], npt.NDArray[np.float32]]] = []
    limit = max(PATIENCE * episodes, BLOCK)
    first = 0
    while len(found) < episodes:
        if first >= limit:
            raise UserError(
                f"The expert of {task.name} succeeded in only {len(found)} of {first} attempts, where {episodes}"
                f" episodes are wanted; train it longer, or add less noise than {action_noise} to its actions."
            )
        qpos, states, actions, success = _block(simulations, expert, first, action_noise, noise_time_s, seed)
        before = len(found)
        found += [(first + i, qpos[i], states[i], actions[i]) for i in range(BLOCK) if success[i]]
        first += BLOCK
        progress(min(len(found), episodes) - before)
    attempts, qpos_of, states_of, actions_of = zip(*found[:episodes], strict=True)
    return Episodes(
        np.stack(qpos_of), np.stack(states_of), np.stack(actions_of), np.array(attempts, np.int64)
    )


def _block(
    simulations: Simulations, expert: Expert, first: int, action_noise: float, noise_time_s: float, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Attempts ``first`` to ``first + BLOCK - 1``: positions, states and actions ``(BLOCK, T, ...)``, and success."""
    task = simulations.task
    numbers = range(first, first + BLOCK)
    starts = [task.reset(rng("demonstrations", task.name, seed, number)) for number in numbers]
    shape = (task.episode_steps, task.action_size)
    generators = [rng("demonstrations' noise", task.name, seed, number) for number in numbers]
    noise = np.stack(
        [ornstein_uhlenbeck(each, shape, action_noise, noise_time_s, task.control_hz) for each in generators]
    )
    simulations.set_state(np.stack([qpos for qpos, _ in starts]), np.stack([qvel for _, qvel in starts]))
    qpos, states, actions, distances = [], [], [], []
    for step in range(task.episode_steps):
        action = np.clip(expert(simulations.full_state()), -task.action_limit, task.action_limit)
        if not np.isfinite(action).all():
            raise UserError(
                f"The expert of {task.name} asks for actions that are not finite; train it again."
            )
        qpos.append(simulations.qpos)
        states.append(simulations.robot_state())
        actions.append(action.astype(np.float32))
        simulations.step(action + noise[:, step])
        distances.append(simulations.distance())
    success = task.success(np.stack(distances))
    return np.stack(qpos, axis=1), np.stack(states, axis=1), np.stack(actions, axis=1), success

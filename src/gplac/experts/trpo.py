"""The expert: TRPO on full state (section 6.1), with Stable-Baselines3's contributed implementation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import gymnasium
import numpy as np
import numpy.typing as npt
import torch
from sb3_contrib import TRPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from gplac.seeding import rng, seed_of
from gplac.worlds.task import TorqueTask
from gplac.worlds.vector import VectorTask


@dataclass(frozen=True)
class ExpertConfig:
    """How the expert is trained; one core needs about half an hour."""

    steps: int = 8_000_000
    """Control steps in all."""
    simulations: int = 128
    """Simulations side by side; a batch is one episode of each."""
    hidden: tuple[int, ...] = (128, 128)
    """Units of the policy's and of the critic's layers."""
    target_kl: float = 0.06
    """Largest change of the policy in one update (KL divergence) in the first half of the steps; then it sinks linearly
    to a tenth, for the policy to settle."""
    critic_updates: int = 10
    """Passes over a batch to fit the critic."""
    gamma: float = 0.99
    """Discount."""
    exploration_std: float = 0.3
    """The policy's noise (torque units) does not fall below this in the first half of the steps; then the floor sinks
    linearly to a third of it. Left alone, the noise dies before the arm has moved the mug."""
    seen_error_m: float = 0.02
    """Standard deviation, along each axis, of how far beside its place the object of interest seems to be to the
    expert, metres; drawn once an episode. An expert that always knows exactly fails as soon as it is a centimetre
    wrong, and so do its imitators, who have only their eyes. Rises as the price below does."""
    change_price: float = 0.1
    """Price of a change of torque from one control step to the next: this times its squared length is taken from the
    reward. It rises linearly from nothing over the second quarter of the steps: an arm that must be gentle from the
    start never finds the mug. Gentle motions are easier to imitate, for less of the action answers the robot's own
    jitter and more of it depends on where the object is."""


class TaskVecEnv(VecEnv):
    """A `VectorTask` as Stable-Baselines3 wants it: full state in, the task's reward out, episodes restarted."""

    def __init__(self, task: TorqueTask, n: int, seed: int) -> None:
        self.task, self._seed_key, self._episode = task, seed, 0
        self._vector = VectorTask(task, n)
        self.change_price, self.seen_error_m = 0.0, 0.0
        self._start()
        size = self._vector.full_state().shape[1]
        super().__init__(
            n,
            gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float32),
            gymnasium.spaces.Box(-task.action_limit, task.action_limit, (task.action_size,), np.float32),
        )

    def _start(self) -> None:
        starts = [
            self.task.reset(rng("expert", self.task.name, self._seed_key, self._episode, i))
            for i in range(self._vector.n)
        ]
        self._vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
        error = rng("expert's eyes", self.task.name, self._seed_key, self._episode)
        self._error = self.seen_error_m * error.normal(size=(self._vector.n, 2))
        self._episode += 1
        self._step, self._distances = 0, []  # type: ignore[var-annotated]
        self._previous: npt.NDArray[np.float32] | None = None

    def start_at(self, episode: int, seen_error_m: float) -> npt.NDArray[np.float32]:
        """Begin the given episode, when training resumes; what it shows, as `reset` does."""
        self._episode, self.seen_error_m = episode, seen_error_m
        self._start()
        return self._vector.full_state(self._error)

    def reset(self) -> VecEnvObs:
        """Start every simulation."""
        self._start()
        return self._vector.full_state(self._error)

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Remember what to do."""
        self._actions = np.clip(actions, -self.task.action_limit, self.task.action_limit)

    def step_wait(self) -> VecEnvStepReturn:
        """One control step of all simulations; they end together."""
        self._vector.step(self._actions)
        self._step += 1
        self._distances.append(self._vector.distance())
        rewards = self._vector.reward(self._actions.astype(np.float64)).astype(np.float32)
        if self._previous is not None:
            rewards -= self.change_price * np.sum((self._actions - self._previous) ** 2, axis=1)
        self._previous = self._actions
        observations = self._vector.full_state(self._error)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        over = self._step == self.task.episode_steps
        if over:
            success = self.task.success(np.stack(self._distances))
            for i, info in enumerate(infos):
                info.update(
                    {
                        "terminal_observation": observations[i],
                        "TimeLimit.truncated": True,
                        "is_success": bool(success[i]),
                        "distance_m": float(self._distances[-1][i]),
                    }
                )
            self._start()
            observations = self._vector.full_state(self._error)
        return observations, rewards, np.full(self.num_envs, over), infos

    def close(self) -> None:
        """Nothing to release."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The same attribute for every simulation."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Simulations have no attributes of their own."""
        raise NotImplementedError

    def env_method(
        self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Simulations have no methods of their own."""
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: VecEnvIndices = None) -> list[bool]:
        """They are not."""
        return [False] * self.num_envs

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seeds are keys of `gplac.seeding`; nothing to do."""
        return [None] * self.num_envs


class Schedules(BaseCallback):
    """What changes over training: `ExpertConfig`'s floor of the policy's noise, largest change of the policy,
    price of changing torques, and error of what it sees."""

    def __init__(self, config: ExpertConfig) -> None:
        super().__init__()
        self._config = config

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        env = cast(TaskVecEnv, cast(VecNormalize, self.training_env).venv)
        risen = min(1.0, max(0.0, 4.0 * self.num_timesteps / self._config.steps - 1.0))
        env.change_price = self._config.change_price * risen
        env.seen_error_m = self._config.seen_error_m * risen

    def _on_rollout_end(self) -> None:
        late = max(0.0, 2.0 * self.num_timesteps / self._config.steps - 1.0)
        floor = np.log(self._config.exploration_std * (1.0 - 2.0 / 3.0 * late))
        cast(TRPO, self.model).target_kl = self._config.target_kl * (1.0 - 0.9 * late)
        with torch.no_grad():
            cast(Any, self.model.policy).log_std.clamp_(min=floor)


def build(task: TorqueTask, config: ExpertConfig, seed: int) -> TRPO:
    """A TRPO learner on ``task`` with normalised observations and rewards."""
    env = VecNormalize(TaskVecEnv(task, config.simulations, seed), gamma=config.gamma)
    hidden = list(config.hidden)
    return TRPO(
        "MlpPolicy",
        env,
        n_steps=task.episode_steps,
        batch_size=1280,
        gamma=config.gamma,
        target_kl=config.target_kl,
        n_critic_updates=config.critic_updates,
        # Curvature from a quarter of the batch: half the time of an update, the same result.
        sub_sampling_factor=4,
        policy_kwargs={"net_arch": {"pi": hidden, "vf": hidden}, "activation_fn": torch.nn.Tanh},
        seed=seed_of("trpo", task.name, seed) % 2**31,
        device="cpu",
    )

"""Train an expert from a seed, keep the best policy seen, and ship it as numbers."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from rich.console import Console
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save as save_tensors
from sb3_contrib import TRPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from gplac.errors import UserError
from gplac.experts.evaluate import evaluate_expert
from gplac.experts.expert import Expert
from gplac.experts.scripted import SCRIPTED
from gplac.experts.trpo import ExpertConfig, Schedules, TaskVecEnv, build
from gplac.files import require_writable, write_atomically
from gplac.provenance import provenance
from gplac.scale.threads import one_thread
from gplac.worlds.registry import task as task_named
from gplac.worlds.task import TorqueTask

SELECT_EVERY = 40
"""Updates between two looks at the deterministic policy; the best look is kept."""
SELECT_EPISODES = 256


def train_expert(task_name: str, out: Path, seed: int = 0, config: ExpertConfig | None = None) -> Path:
    """Train TRPO on ``task_name`` and write the best deterministic policy to ``out`` (safetensors).

    A checkpoint beside ``out`` lets the same command go on after it was stopped, and end with the same expert; it is
    removed at the end.

    Raises:
        UserError: unknown task, one whose expert is scripted, ``out`` that cannot be written, or a checkpoint of other
            settings.
    """
    if task_name in SCRIPTED:
        raise UserError(f"The expert of {task_name} is scripted; there is nothing to train.")
    task, config = cast(TorqueTask, task_named(task_name)), config or ExpertConfig()
    require_writable(out)
    with one_thread():  # such small networks are quickest on one
        model = build(task, config, seed)
        keeper = _Keeper(task_name, out, seed, config)
        done = keeper.restore(model)
        if done < config.steps:
            try:
                model.learn(
                    config.steps - done, callback=[keeper, Schedules(config)], reset_num_timesteps=False
                )
            except KeyboardInterrupt:
                keeper.console.print(
                    f"Stopped; the same command goes on from the last checkpoint, {keeper.checkpoint}.",
                    markup=False,
                )
                raise
    keeper.finish()
    return out


def policy_arrays(model: TRPO) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """The deterministic policy of ``model`` as the arrays of an `Expert`."""
    env = cast(VecNormalize, model.get_vec_normalize_env())
    statistics = cast(Any, env.obs_rms)
    policy = cast(Any, model.policy)
    linear = [m for m in policy.mlp_extractor.policy_net if isinstance(m, torch.nn.Linear)] + [
        policy.action_net
    ]
    arrays = {"mean": statistics.mean, "std": np.sqrt(statistics.var + env.epsilon)}
    for i, layer in enumerate(linear):
        arrays[f"weight{i}"] = layer.weight.detach().double().numpy()
        arrays[f"bias{i}"] = layer.bias.detach().double().numpy()
    return {name: np.ascontiguousarray(value, np.float64) for name, value in arrays.items()}


class _Keeper(BaseCallback):
    """Looks at the deterministic policy now and then, keeps the best, and writes checkpoints."""

    def __init__(self, task_name: str, out: Path, seed: int, config: ExpertConfig) -> None:
        super().__init__()
        self.task, self.out, self.config = task_named(task_name), out, config
        self.checkpoint = out.with_suffix(".checkpoint.safetensors")
        self.settings = {
            "task": task_name,
            "seed": str(seed),
            "config": json.dumps(asdict(config), sort_keys=True),
        }
        self.best, self.best_arrays = (-1.0, -np.inf), {}  # type: ignore[var-annotated]
        self.updates, self.seconds, self._since = 0, 0.0, time.monotonic()
        self._due = False
        self.console = Console()

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        # Not at the end of the batch before: there the policy has not learned from it yet.
        if self._due:
            self._save()
            self._due = False

    def _on_rollout_end(self) -> None:
        self.updates += 1
        if self.updates % SELECT_EVERY == 0 or self.num_timesteps >= self.config.steps:
            self._look()
            self._due = True

    def _look(self) -> None:
        arrays = policy_arrays(cast(TRPO, self.model))
        expert = Expert(arrays, self.task.action_limit, {})
        score = evaluate_expert(
            self.task, expert, SELECT_EPISODES, seed=-1, seen_error_m=self.config.seen_error_m
        )
        # A hundredth more change of torque has to be worth a point of success.
        now = (score.success_rate - score.mean_action_change, -score.mean_distance_m)
        if now > self.best:
            self.best, self.best_arrays = now, arrays
        elapsed = self._elapsed()
        left = elapsed / max(self.num_timesteps, 1) * (self.config.steps - self.num_timesteps)
        self.console.print(
            f"{self.num_timesteps / 1e6:.2f} M steps, {elapsed / 60:.1f} min, {left / 60:.1f} min left: "
            f"success {score.success_rate:.1%}, final distance {score.mean_distance_m:.3f} m, "
            f"change of torque {score.mean_action_change:.2f} of the limit"
            + (", the best so far" if now == self.best else "")
        )

    def _elapsed(self) -> float:
        return self.seconds + time.monotonic() - self._since

    def finish(self) -> None:
        """Write the best policy and remove the checkpoint."""
        record = provenance() | {"config": asdict(self.config), "train_seconds": round(self._elapsed())}
        metadata = self.settings | {"limit": str(self.task.action_limit), "provenance": json.dumps(record)}
        write_atomically(self.out, save(self.best_arrays, metadata))
        self.checkpoint.unlink(missing_ok=True)

    def _save(self) -> None:
        model = cast(TRPO, self.model)
        env = cast(VecNormalize, model.get_vec_normalize_env())
        tensors = {f"policy.{name}": value for name, value in model.policy.state_dict().items()}
        for name, value in _flat_adam(model.policy.optimizer).items():
            tensors[f"adam.{name}"] = value
        for name, rms in (("observation", cast(Any, env.obs_rms)), ("return", env.ret_rms)):
            for part in ("mean", "var", "count"):
                tensors[f"{name}.{part}"] = torch.as_tensor(np.asarray(getattr(rms, part), np.float64))
        for name, array in self.best_arrays.items():
            tensors[f"best.{name}"] = torch.from_numpy(array)
        _, keys, place, _, _ = np.random.get_state(legacy=True)  # noqa: NPY002  Stable-Baselines3 draws from it
        tensors["random.torch"] = torch.get_rng_state()
        tensors["random.numpy"] = torch.from_numpy(np.asarray(keys, np.int64))
        counts = {
            "steps": self.num_timesteps,
            "updates": self.updates,
            "seconds": self._elapsed(),
            "best": self.best,
            "numpy_place": int(place),
            "seen_error_m": cast(TaskVecEnv, env.venv).seen_error_m,
        }
        metadata = self.settings | {"counts": json.dumps(counts)}
        tensors = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
        write_atomically(self.checkpoint, save_tensors(tensors, metadata))

    def restore(self, model: TRPO) -> int:
        """Steps already done, after loading the checkpoint if there is one."""
        if not self.checkpoint.exists():
            return 0
        try:
            with safe_open(self.checkpoint, "pt") as file:
                metadata = file.metadata() or {}
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{self.checkpoint} is damaged ({error}); remove it, and the training starts anew."
            ) from error
        if any(metadata.get(key) != value for key, value in self.settings.items()):
            raise UserError(
                f"{self.checkpoint} was written with other settings; remove it or choose another --out."
            )
        counts = json.loads(metadata["counts"])
        if "seen_error_m" not in counts:
            raise UserError(
                f"{self.checkpoint} was written by an older gplac; remove it, and the training starts anew."
            )
        tensors = load_tensors(self.checkpoint)
        model.policy.load_state_dict(_part(tensors, "policy."))
        _restore_adam(model.policy.optimizer, _part(tensors, "adam."))
        env = cast(VecNormalize, model.get_vec_normalize_env())
        for name, rms in (("observation", cast(Any, env.obs_rms)), ("return", env.ret_rms)):
            rms.mean, rms.var = tensors[f"{name}.mean"].numpy(), tensors[f"{name}.var"].numpy()
            rms.count = float(tensors[f"{name}.count"])
        self.best_arrays = {k: v.numpy() for k, v in _part(tensors, "best.").items()}
        self.updates, self.seconds, self.best = counts["updates"], counts["seconds"], tuple(counts["best"])
        # Where the training was: in an episode that had just begun, of which the statistics know.
        started = cast(TaskVecEnv, env.venv).start_at(self.updates + 1, counts["seen_error_m"])
        model._last_obs = env.normalize_obs(started)
        model._last_episode_starts = np.ones(env.num_envs, dtype=bool)
        torch.set_rng_state(tensors["random.torch"])
        keys = tensors["random.numpy"].numpy().astype(np.uint32)
        np.random.set_state(("MT19937", keys, counts["numpy_place"], 0, 0.0))  # noqa: NPY002
        model.num_timesteps = counts["steps"]
        return int(counts["steps"])


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _flat_adam(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"{i}.{key}": torch.as_tensor(value) for i, entry in state.items() for key, value in entry.items()
    }


def _restore_adam(optimizer: torch.optim.Optimizer, flat: dict[str, torch.Tensor]) -> None:
    state = optimizer.state_dict()
    for name, value in flat.items():
        index, key = name.split(".")
        state["state"].setdefault(int(index), {})[key] = value
    optimizer.load_state_dict(state)

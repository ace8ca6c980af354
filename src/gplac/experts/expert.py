"""A trained expert: a small network on full state, as numbers in a safetensors file, run with numpy."""

import hashlib
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from gplac.errors import UserError
from gplac.experts.scripted import SCRIPTED, MugPushExpert
from gplac.worlds.registry import task as task_named

SHIPPED = Path(__file__).parent / "weights"
OBSERVATION_CLIP = 10.0


class Expert:
    """Deterministic actions from full state.

    Args:
        arrays: ``mean`` and ``std`` of the observation, and ``weight0``, ``bias0``, ... of the layers.
        limit: largest torque.
        provenance: how it was trained.
    """

    def __init__(
        self, arrays: dict[str, npt.NDArray[np.float64]], limit: float, provenance: dict[str, object]
    ) -> None:
        self._arrays = {name: np.asarray(value, np.float64) for name, value in arrays.items()}
        self._layers = sum(name.startswith("weight") for name in arrays)
        self.limit = limit
        self.provenance = provenance

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the numbers that decide its actions."""
        digest = hashlib.sha256(repr(self.limit).encode())
        for name, array in sorted(self._arrays.items()):
            digest.update(f"{name} {array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def __call__(self, full_state: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Torques ``(n, action_size)`` for full states ``(n, k)``.

        Every row is computed on its own, so that an action does not depend on the batch it came in.
        """
        a = self._arrays
        states = np.asarray(full_state, np.float64)
        hidden = np.clip((states - a["mean"]) / a["std"], -OBSERVATION_CLIP, OBSERVATION_CLIP)
        for i in range(self._layers):
            hidden = np.einsum("nk,jk->nj", hidden, a[f"weight{i}"]) + a[f"bias{i}"]
            if i < self._layers - 1:
                hidden = np.tanh(hidden)
        return np.asarray(np.clip(hidden, -self.limit, self.limit))


def expert_path(task_name: str) -> Path:
    """Where the shipped expert of a task lies."""
    return SHIPPED / f"{task_name}.safetensors"


def load_expert(task_name: str, path: Path | None = None) -> Expert | MugPushExpert:
    """The scripted or shipped expert of ``task_name``, or the one at ``path``.

    Raises:
        UserError: no such task, or the file is missing, damaged, or belongs to another task.
    """
    task = task_named(task_name)
    if path is None and task_name in SCRIPTED:
        return SCRIPTED[task_name]()
    path = expert_path(task_name) if path is None else path
    if not path.is_file():
        raise UserError(f"No expert at {path}; train one with: gplac expert train {task_name} --out {path}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{path} cannot be read as an expert ({error}); train it again or restore the file."
        ) from error
    if "task" not in metadata:
        raise UserError(
            f"{path} holds no expert, but other numbers; name a file that `gplac expert train` wrote."
        )
    if metadata["task"] != task_name:
        raise UserError(f"{path} holds an expert for {metadata['task']!r}, not for {task_name!r}.")
    try:
        expert = Expert(arrays, float(metadata["limit"]), json.loads(metadata["provenance"]))
        actions = expert(task.simulations(1).full_state())
        if actions.shape != (1, task.action_size):
            raise ValueError(f"it gives {actions.shape[1]} numbers where an action has {task.action_size}")
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{path} is no whole expert for {task_name} ({error}); train it again or restore the file."
        ) from error
    if not np.isfinite(actions).all():
        raise UserError(f"{path} holds numbers that are not finite; train it again or restore the file.")
    return expert

"""Recording episodes of a Gymnasium environment as a folder that ``gplac import demos`` reads."""

import io
import re
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium
import numpy as np

from gplac.errors import UserError
from gplac.files import claimed, write_atomically

SUCCESS = ("is_success", "success")
"""Where an environment's ``info`` says that an episode succeeded, by custom."""


class Recorder(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Writes every finished episode to ``out`` as one NPZ file: images, states, actions, ``hz`` and ``success``.

    A frame is what was seen *before* its action. Numbers go on after the episodes that are there already, and several
    processes may record into one folder. An episode that is broken off by ``reset`` is not kept.

    >>> env = Recorder(gymnasium.make("Pusher-v5", render_mode="rgb_array"), Path("episodes"))  # doctest: +SKIP

    Args:
        env: observations are either an array, the robot's state, while pictures come from ``render()``; or a
            dictionary of both.
        out: folder to write.
        image: key of the pictures in the observation; None to call ``render()``.
        state: key of the state in the observation; None if the observation is the state.
        hz: control steps a second; by default the environment's ``metadata["render_fps"]``.
        only_successes: keep only episodes whose ``info`` says ``is_success`` or ``success`` in any step.

    Raises:
        UserError: the environment gives no pictures, pictures that are not uint8, no such keys, or no rate.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        out: Path,
        *,
        image: str | None = None,
        state: str | None = None,
        hz: float | None = None,
        only_successes: bool = False,
    ) -> None:
        super().__init__(env)
        if image is None and env.render_mode != "rgb_array":
            raise UserError('The recorder needs pictures: make the environment with render_mode="rgb_array", or name'
                            " the observation's key with image=.")  # fmt: skip
        rate = hz or env.metadata.get("render_fps")
        if not rate:
            raise UserError(
                "The environment does not say how many steps a second it takes; name them with hz=."
            )
        self.saved = 0
        """Episodes written so far."""
        self._out, self._hz, self._only_successes = Path(out), float(rate), only_successes
        self._image, self._state = image, state
        self._out.mkdir(parents=True, exist_ok=True)
        self._steps: list[tuple[Any, Any, Any]] = []
        self._succeeded = False
        self._seen: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """As the environment's; an episode that is not finished is forgotten."""
        observation, info = super().reset(seed=seed, options=options)
        self._steps, self._succeeded = [], False
        self._seen = self._look(observation)
        return observation, info

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """As the environment's; the last step of an episode writes it.

        Raises:
            UserError: the disk is full.
        """
        observation, reward, terminated, truncated, info = super().step(action)
        self._steps.append((*self._seen, np.array(action, np.float32).reshape(-1)))
        self._succeeded |= any(bool(info.get(key, False)) for key in SUCCESS)
        if not (terminated or truncated):
            self._seen = self._look(observation)
            return observation, reward, terminated, truncated, info
        if self._succeeded or not self._only_successes:
            self._save()
        self._steps = []
        return observation, reward, terminated, truncated, info

    def _look(self, observation: Any) -> tuple[Any, Any]:
        """Copies of picture and state."""
        try:
            picture = self.env.render() if self._image is None else observation[self._image]
            state = observation if self._state is None else observation[self._state]
        except (KeyError, IndexError, TypeError) as error:
            raise UserError(
                f"The observation has no key {error}; name image= and state= as they are called."
            ) from error
        if isinstance(state, dict):
            raise UserError(
                f"The observation is a dictionary of {', '.join(state)}; name the state's key with state=."
            )
        if (kind := np.asarray(picture).dtype) != np.uint8:
            raise UserError(
                f"The environment's pictures are {kind} where uint8, 0 to 255, is needed; wrap it so that they are."
            )
        return np.array(picture), np.array(state, np.float32).reshape(-1)

    def _save(self) -> None:
        images, states, actions = (np.stack(column) for column in zip(*self._steps, strict=True))
        buffer = io.BytesIO()
        success, hz = np.bool_(self._succeeded), np.float64(self._hz)
        np.savez_compressed(buffer, images=images, states=states, actions=actions, hz=hz, success=success)
        with claimed(
            self._out, self._out, "recording into", wait=True
        ):  # else two would take the same number
            there = (re.fullmatch(r"episode_(\d+)\.npz", path.name) for path in self._out.iterdir())
            number = max((int(found[1]) for found in there if found), default=-1) + 1
            write_atomically(self._out / f"episode_{number:06d}.npz", buffer.getvalue())
        self.saved += 1

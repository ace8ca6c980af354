"""A task in a scene as a Gymnasium environment."""

from typing import Any, Literal

import gymnasium
import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import require_scene
from gplac.worlds.splits import scene as scene_of


class TaskEnv(gymnasium.Env[Any, npt.NDArray[np.float32]]):
    """One task in one scene, e.g. ``gymnasium.make("gplac/Pusher-v0", observation="image", split="test", index=3)``.

    ``info`` holds ``distance_m`` and, at the last step, ``is_success``.

    Args:
        task: name of the task.
        observation: ``"image"``: a dictionary of ``image`` (height, width, 3) uint8 and ``state`` (17,);
            ``"state"``: the full state, object positions included, for an expert.
        split: split of the scene: labelled, weak, validation or test.
        index: index of the scene in its split.
        level: how varied the looks are: standard or wild.
        width: image width in pixels; by default the paper's of the task.
        height: image height in pixels; by default the paper's of the task.
        render_mode: None or ``"rgb_array"``.

    Raises:
        UserError: unknown task, observation, split, level or index.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}

    def __init__(
        self,
        task: str = "pusher",
        observation: Literal["image", "state"] = "image",
        split: str = "labelled",
        index: int = 0,
        level: str = "standard",
        width: int | None = None,
        height: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        if observation not in ("image", "state"):
            raise UserError(f"observation must be 'image' or 'state', not {observation!r}.")
        require_scene(task, split, index)
        self.task = task_named(task)
        self.scene = scene_of(task, split, index, level=level)
        self.render_mode = render_mode
        width, height = self.task.stage.size(width, height)
        self._observation, self._size = observation, (width, height)
        self._vector = self.task.simulations(1)
        self._renderer: SceneRenderer | None = None
        limit = self.task.action_limit
        self.action_space = gymnasium.spaces.Box(-limit, limit, (self.task.action_size,), np.float32)
        inf = np.inf
        if observation == "state":
            size = self._vector.full_state().shape[1]
            self.observation_space = gymnasium.spaces.Box(-inf, inf, (size,), np.float32)
        else:
            self.observation_space = gymnasium.spaces.Dict(
                {
                    "image": gymnasium.spaces.Box(0, 255, (height, width, 3), np.uint8),
                    "state": gymnasium.spaces.Box(-inf, inf, (self.task.state_size,), np.float32),
                }
            )
        self._distances: list[npt.NDArray[np.float64]] = []

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode from a state drawn with ``seed``."""
        super().reset(seed=seed)
        qpos, qvel = self.task.reset(self.np_random)
        self._vector.set_state(qpos[None], qvel[None])
        self._distances = []
        return self._observe(), {"distance_m": float(self._vector.distance()[0])}

    def step(self, action: npt.NDArray[np.float32]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do one action ``(action_size,)``, torques for 0.05 s or a push; `gymnasium.make` sets the time limit.

        Raises:
            ValueError: the action has another shape, or a number of it is NaN or infinite; nothing has moved.
        """
        action = np.asarray(action)
        if action.shape != self.action_space.shape:
            raise ValueError(f"The action {action!r} has to have the shape {self.action_space.shape}.")
        if not np.isfinite(action).all():
            raise ValueError(f"The action {action!r} has to be finite: look at what computed it.")
        self._vector.step(action[None])
        self._distances.append(self._vector.distance())
        info: dict[str, Any] = {"distance_m": float(self._distances[-1][0])}
        if len(self._distances) >= self.task.episode_steps:
            info["is_success"] = bool(self.task.success(np.stack(self._distances))[0])
        reward = float(self._vector.reward(action[None].astype(np.float64))[0])
        return self._observe(), reward, False, False, info

    def render(self) -> npt.NDArray[np.uint8] | None:
        """The policy's view, ``(height, width, 3)``, when the render mode asks for it."""
        return self._image() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Release the renderer."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _image(self) -> npt.NDArray[np.uint8]:
        if self._renderer is None:
            self._renderer = SceneRenderer(self.task, self.scene, *self._size)
        return self._renderer.frame(self._vector.qpos[0])

    def _observe(self) -> Any:
        if self._observation == "state":
            return self._vector.full_state()[0]
        return {"image": self._image(), "state": self._vector.robot_state()[0]}

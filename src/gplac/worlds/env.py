"""A task in a scene as a Gymnasium environment."""

from typing import Any, Literal

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.utils import EzPickle

from gplac.errors import UserError
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import require_scene
from gplac.worlds.splits import scene as scene_of
from gplac.worlds.task import evaluation_state


class TaskEnv(gymnasium.Env[Any, npt.NDArray[np.float32]], EzPickle):
    """One task in one scene, e.g. ``gymnasium.make("gplac/Pusher-v0", observation="image", split="test", index=3)``.

    ``info`` holds ``distance_m`` and, at the task's last step, ``is_success``. A copy, or one that was pickled, is made
    anew from the same arguments, as Gymnasium's own are: it has to be reset.

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
        UserError: unknown task, observation, split, level or index, or a size that is no whole number above nought.
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
        EzPickle.__init__(self, task, observation, split, index, level, width, height, render_mode)
        self.task = task_named(task)
        self.scene = scene_of(task, split, index, level=level)
        self.render_mode = render_mode
        width, height = (_whole(size, "side of a picture", 1) for size in self.task.stage.size(width, height))
        self._observation, self._size = observation, (width, height)
        self._split, self._index = split, index
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
        """Start an episode from a state drawn with ``seed``; with ``options={"episode": k}`` from that of the scene's
        ``k``-th episode in `gplac.evaluation`, so that what is done there can be compared with results, pair by pair.

        Raises:
            UserError: other options, or no whole number from 0.
        """
        super().reset(seed=seed)
        options = dict(options or {})
        episode = options.pop("episode", None)
        if options:
            raise UserError(
                f"A reset has the option 'episode' alone, and not {', '.join(map(repr, options))}."
            )
        if episode is None:
            qpos, qvel = self.task.reset(self.np_random)
        else:
            qpos, qvel = evaluation_state(self.task, self._split, self._index, _whole(episode, "episode", 0))
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


def _whole(number: Any, what: str, least: int) -> int:
    if not isinstance(number, int | np.integer) or number < least:
        raise UserError(f"{number!r} is no {what}: give a whole number from {least}.")
    return int(number)

"""A tiny environment: move to where the square is, in one step of each axis."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict

WIDTH, HEIGHT = 20, 16


class SquareEnv(gymnasium.Env[Any, np.ndarray]):
    """The state says nothing; an action within 0.5 of a quarter of the square's corner succeeds.

    Args:
        observation: "dict" of image and state, "picture", or "state", whose picture is rendered.
        names: of image and state.
        tells: whether ``info`` tells success.
    """

    metadata = {"render_modes": ["rgb_array"]}

    def __init__(
        self,
        observation: str = "dict",
        names: tuple[str, str] = ("image", "state"),
        width: int = WIDTH,
        state_size: int = 3,
        tells: bool = True,
        render_mode: str | None = None,
    ) -> None:
        self.kind, self.names, self.width, self.state_size, self.tells = (
            observation,
            names,
            width,
            state_size,
            tells,
        )
        self.render_mode = render_mode
        self.action_space = Box(-10.0, 10.0, (2,), np.float32)
        picture, state = Box(0, 255, (HEIGHT, width, 3), np.uint8), Box(-9, 9, (state_size,), np.float32)
        self.observation_space = {
            "dict": Dict({names[0]: picture, names[1]: state}),
            "picture": picture,
            "state": state,
        }[observation]

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.corner = self.np_random.integers((0, 0), (self.width - 3, HEIGHT - 3))
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        off = float(np.abs(action - self.corner / 4).max())
        info = {"is_success": off < 0.5} if self.tells else {}
        return self._observe(), -off, True, False, info

    def render(self) -> np.ndarray:
        picture = np.full((HEIGHT, self.width, 3), 90, np.uint8)
        column, row = self.corner
        picture[row : row + 4, column : column + 4] = (250, 40, 40)
        return picture

    def _observe(self) -> Any:
        state = np.zeros(self.state_size, np.float32)
        if self.kind == "dict":
            return dict(zip(self.names, (self.render(), state), strict=True))
        return self.render() if self.kind == "picture" else state


gymnasium.register("tests/Square-v0", entry_point=SquareEnv)

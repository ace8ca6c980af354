"""A policy in any Gymnasium environment that shows pictures: ``gplac evaluate RUN --env ID``."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Dict

from gplac.errors import UserError, with_line
from gplac.evaluation.policies import Float32, Images, Policy
from gplac.evaluation.rollout import Progress
from gplac.evaluation.statistics import wilson

Env: TypeAlias = gymnasium.Env[Any, Any]
SUCCESS = ("is_success", "success")
"""Keys of ``info`` that tell whether an episode succeeded, the first one found."""
MOST_STEPS = 10_000
"""An episode that is longer than this never ends."""


@dataclass(frozen=True)
class Sizes:
    """What a policy was trained on."""

    width: int
    height: int
    state: int
    action: int


@dataclass(frozen=True)
class Reader:
    """Where an environment's observations hold the picture and the robot's state."""

    image: str | None
    """Key of the picture; None: the observation is the picture, or `render` draws it."""
    state: str | None
    """Key of the state; None: there is no state, and zeros stand for it, or the observation is the state."""
    renders: bool
    """Whether the picture comes from the environment's `render`."""
    sizes: Sizes

    def __call__(self, env: Env, observation: Any) -> tuple[Images, Float32]:
        """The picture ``(1, H, W, 3)`` and the state ``(1, S)`` of an observation.

        Raises:
            UserError: what `render` draws is no picture of the policy's size.
        """
        picture = (
            env.render() if self.renders else observation if self.image is None else observation[self.image]
        )
        wanted = (self.sizes.height, self.sizes.width, 3)
        if not isinstance(picture, np.ndarray) or picture.shape != wanted or picture.dtype != np.uint8:
            said = "render() gives" if self.renders else f"{self.image or 'the observation'} is"
            mend = (
                "give the environment's render size with --env-arg"
                if self.renders
                else "wrap the environment"
            )
            raise UserError(
                f"In the environment {said} {_what(picture)}; the policy was trained on uint8 {wanted}: {mend}, or"
                " train on pictures of that size."
            )
        state = np.zeros(self.sizes.state)
        if self.state is not None:
            state = np.asarray(observation[self.state])
        elif self.renders:
            state = np.asarray(observation)
        return picture[None], state.reshape(1, -1).astype(np.float32)


def make_env(env_id: str, arguments: Mapping[str, Any]) -> Env:
    """The environment called ``env_id``, drawing to arrays where it can; "module:ID" imports the module first, from the
    working folder as well.

    Raises:
        UserError: it does not exist, or cannot be made with these arguments.
    """
    if ":" in env_id and (folder := str(Path.cwd())) not in sys.path:
        sys.path.append(folder)
    try:
        try:
            return gymnasium.make(env_id, **{"render_mode": "rgb_array"} | dict(arguments))
        except TypeError:  # it knows no render mode
            return gymnasium.make(env_id, **arguments)
    except Exception as error:  # a module, and an environment's own code, may do anything
        told = isinstance(error, gymnasium.error.Error | ImportError | TypeError | ValueError)
        said = f"({error})" if told else with_line(error, __file__, str(Path(gymnasium.__file__).parent))
        raise UserError(
            f"The environment {env_id} cannot be made {said}. Name one as gymnasium.make does, with the module"
            " that registers it before a colon where it is not Gymnasium's own: my_package:MyEnv-v0."
        ) from error


def reader(env: Env, sizes: Sizes, image: str | None = None, state: str | None = None) -> Reader:
    """How to read an environment's observations.

    Of a dictionary, the picture is the entry called ``image``, else the only one that is a picture; the state is the
    one called ``state``, else the only one of the policy's state size. Where the observation holds no picture,
    the environment's `render` draws it, and the observation is the state. A robot without state is recorded with none,
    or with one number that is always nought: such a policy needs no state.

    Raises:
        UserError: no picture or no state is found, or sizes differ from what the policy was trained on.
    """
    space, action = env.observation_space, env.action_space
    if not isinstance(action, Box) or action.shape != (sizes.action,):
        raise UserError(
            f"The environment's actions are {action}, and the policy's {sizes.action} numbers: it was trained for"
            " another robot."
        )
    if isinstance(space, Dict):
        boxes = {key: box for key, box in space.items() if isinstance(box, Box)}
        pictures = [key for key, box in boxes.items() if _is_picture(box)]
        numbers = {key: int(np.prod(box.shape)) for key, box in boxes.items() if key not in pictures}
        image = _named(image, pictures, pictures, "image", space)
        fitting = [key for key, count in numbers.items() if count == sizes.state]
        if state is not None or fitting or sizes.state > 1:
            state = _named(state, list(numbers), fitting, "state", space)
            if numbers[state] != sizes.state:
                raise UserError(
                    f"The environment's {state} has {numbers[state]} numbers, and the policy was trained on"
                    f" {sizes.state}; name another entry with --state-key."
                )
        found, shape = Reader(image, state, False, sizes), boxes[image].shape
    elif isinstance(space, Box) and _is_picture(space):
        if sizes.state > 1:
            raise UserError(
                "The environment's observations are pictures alone, and the policy was trained with"
                f" {sizes.state} numbers of state beside them: wrap the environment so that it observes a"
                " dictionary of image and state."
            )
        found, shape = Reader(None, None, False, sizes), space.shape
    elif isinstance(space, Box) and space.shape == (sizes.state,) and env.render_mode == "rgb_array":
        return Reader(None, None, True, sizes)
    else:
        raise UserError(
            f"The environment's observations ({space}) hold no picture, and nothing of the policy's state size"
            f" ({sizes.state} numbers) to go with what render() draws."
        )
    if shape != (sizes.height, sizes.width, 3):
        raise UserError(
            f"The environment's pictures are {shape[1]}x{shape[0]} pixels, and the policy was trained on"
            f" {sizes.width}x{sizes.height}: set the environment's size (--env-arg width={sizes.width}"
            f" height={sizes.height}, if it has such arguments), or train on pictures of its size."
        )
    return found


def evaluate_env(
    policy: Policy,
    env: Env,
    read: Reader,
    episodes: int,
    seed: int = 0,
    success_return: float | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run episodes one after the other, episode i from seed + i.

    Args:
        policy: see `gplac.evaluation.policies.Policy`; its actions are clipped to the environment's bounds.
        env: the environment.
        read: see `reader`.
        episodes: how many.
        seed: of the first.
        success_return: an episode whose rewards add up to this succeeds; by default `info` tells (`SUCCESS`), at any
            step that has it, the last one counting. If it is told in some episodes alone, as where an environment
            tells it when it happens, the others fail.
        progress: called with the episodes done and all of them.

    Returns:
        ``episodes, successes, success_rate, interval95`` (Wilson's), ``success_by, success_told`` (in how many
        episodes), ``outcomes, returns, mean_return, lengths``. Where nothing tells success, it and what follows from it
        are None.

    Raises:
        UserError: no episodes, a seed below 0, a return that is not finite; an episode without end; actions that are
            not finite.
    """
    if episodes < 1:
        raise UserError(f"{episodes} episodes tell nothing; ask for at least one.")
    if seed < 0:
        raise UserError(f"The seed of the first episode is {seed}; Gymnasium counts seeds from 0.")
    if success_return is not None and not math.isfinite(success_return):
        raise UserError(
            f"The return that an episode succeeds by is {success_return}; name a finite number, such as 200."
        )
    assert isinstance(env.action_space, Box)
    low, high = env.action_space.low, env.action_space.high
    outcomes: list[bool | None] = []
    returns, lengths = [], []
    for number in range(episodes):
        observation, _ = env.reset(seed=seed + number)
        total, won, steps = 0.0, None, 0
        while True:
            action = policy(*read(env, observation))[0]
            if not np.isfinite(action).all():
                raise UserError(
                    f"The policy answered with {action.tolist()}, where finite numbers are due; look at the log of its"
                    " training."
                )
            observation, reward, terminated, truncated, info = env.step(
                np.clip(action, low, high).astype(env.action_space.dtype)
            )
            total += float(reward)
            said = next((info[key] for key in SUCCESS if key in info), None)
            won = won if said is None else bool(np.asarray(said).all())
            steps += 1
            if terminated or truncated:
                break
            if steps == MOST_STEPS:
                raise UserError(
                    f"An episode did not end within {MOST_STEPS} steps; make the environment with a time limit:"
                    " --env-arg max_episode_steps=200."
                )
        outcomes.append(won if success_return is None else total >= success_return)
        returns.append(total)
        lengths.append(steps)
        if progress is not None:
            progress(number + 1, episodes)
    told = sum(outcome is not None for outcome in outcomes)
    successes = sum(map(bool, outcomes)) if told else None
    interval = None if successes is None else wilson(successes, episodes)
    return {
        "episodes": episodes,
        "successes": successes,
        "success_rate": None if successes is None else successes / episodes,
        "interval95": None if interval is None else [interval.low, interval.high],
        "success_by": "return" if success_return is not None else "info" if told else None,
        "success_told": told,
        "outcomes": [*map(bool, outcomes)] if told else None,
        "returns": returns,
        "mean_return": float(np.mean(returns)),
        "lengths": lengths,
    }


def _is_picture(box: Box) -> bool:
    return box.dtype == np.uint8 and len(box.shape) == 3 and box.shape[2] == 3


def _named(name: str | None, possible: list[str], likely: list[str], kind: str, space: Dict) -> str:
    """The entry that the user names, or the one called as its kind, or the only likely one."""
    if name is not None:
        if name not in possible:
            raise UserError(
                f"{name} is no {kind} of the environment's observations; they have"
                f" {', '.join(f'{key} ({_brief(each)})' for key, each in space.items())}."
            )
        return name
    if kind in likely or len(likely) == 1:
        return kind if kind in likely else likely[0]
    several = f"several could be ({', '.join(likely)})" if likely else "none fits the policy"
    raise UserError(
        f"Which entry of the observations is the {kind}? Of"
        f" {', '.join(f'{key} ({_brief(each)})' for key, each in space.items())} {several}; name it with"
        f" --{kind}-key."
    )


def _brief(space: gymnasium.Space[Any]) -> str:
    return f"{space.dtype} {space.shape}"


def _what(picture: npt.NDArray[Any] | object) -> str:
    return f"{picture.dtype} {picture.shape}" if isinstance(picture, np.ndarray) else type(picture).__name__

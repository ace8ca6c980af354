"""The tasks by name, and as Gymnasium environments."""

from collections.abc import Callable
from pathlib import Path

import gymnasium

from gplac.errors import UserError
from gplac.worlds.mug_push import MugPush
from gplac.worlds.pusher import Pusher
from gplac.worlds.striker import Striker
from gplac.worlds.task import Task

TASKS: dict[str, Callable[[], Task]] = {"pusher": Pusher, "striker": Striker, "mug_push": MugPush}
"""The tasks: name -> what makes one."""
ENV_IDS = {"pusher": "gplac/Pusher-v0", "striker": "gplac/Striker-v0", "mug_push": "gplac/MugPush-v0"}
"""The tasks as Gymnasium environments: name -> what to hand to `gymnasium.make`."""


def task_names() -> list[str]:
    """Names of all tasks."""
    return list(TASKS)


def task(name: str, robot_model: Path | None = None) -> Task:
    """The task called ``name``.

    Args:
        name: one of `task_names`.
        robot_model: MJCF file of a robot to take in place of ours, where a task has a real one: the mug push (Sawyer).

    Raises:
        UserError: there is no task of that name, it takes no robot's model, or the file is unfit.
    """
    if name not in TASKS:
        raise UserError(f"There is no task called {name!r}; choose one of: {', '.join(TASKS)}.")
    if robot_model is None:
        return TASKS[name]()
    if name != MugPush.name:
        raise UserError(f"The {name} has an arm of its own; only {MugPush.name} takes a robot's model.")
    theirs = MugPush(robot_model)
    try:
        theirs.physics().compile()
    except ValueError as error:
        raise UserError(
            f"{robot_model} does not fit into the task's world ({error}); mend it, or name another file."
        ) from error
    return theirs


def register_envs() -> None:
    """Make every task known to `gymnasium.make`; importing `gplac.worlds` does this."""
    for name, env_id in ENV_IDS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                env_id,
                entry_point="gplac.worlds.env:TaskEnv",
                max_episode_steps=TASKS[name]().episode_steps,
                kwargs={"task": name},
            )

"""The tasks by name, and as Gymnasium environments."""

from collections.abc import Callable

import gymnasium

from gplac.errors import UserError
from gplac.worlds.mug_push import MugPush
from gplac.worlds.pusher import Pusher
from gplac.worlds.striker import Striker
from gplac.worlds.task import Task

TASKS: dict[str, Callable[[], Task]] = {"pusher": Pusher, "striker": Striker, "mug_push": MugPush}
ENV_IDS = {"pusher": "gplac/Pusher-v0", "striker": "gplac/Striker-v0", "mug_push": "gplac/MugPush-v0"}


def task_names() -> list[str]:
    """Names of all tasks."""
    return list(TASKS)


def task(name: str) -> Task:
    """The task called ``name``.

    Raises:
        UserError: there is none of that name.
    """
    if name not in TASKS:
        raise UserError(f"There is no task called {name!r}; choose one of: {', '.join(TASKS)}.")
    return TASKS[name]()


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

"""gplac's own simulation as a robot: episode after episode for the control loop, push after push for trials."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.robot.card import Card
from gplac.robot.interface import Clock, Observation, SystemClock
from gplac.robot.policy import Floats
from gplac.worlds import mug_push
from gplac.worlds.env import TaskEnv
from gplac.worlds.registry import TASKS
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene, split_size
from gplac.worlds.task import evaluation_state


class SimulatedRobot:
    """See `gplac.robot.interface.Robot`. A step of the simulation is one action; where the loop leaves ticks out, the
    simulation waits.

    Args:
        card: of the policy: which task, and how large pictures are.
        split: scene of which split.
        index: which scene of it.
        seed: of the first episode; the next ones count on.
        clock: by default `time.monotonic`.

    Raises:
        UserError: the policy is of no simulated task, or there is no such scene.
    """

    def __init__(
        self, card: Card, split: str = "labelled", index: int = 0, seed: int = 0, clock: Clock | None = None
    ) -> None:
        _check(card, split, index)
        self.env = TaskEnv(card.task, split=split, index=index, width=card.width, height=card.height)
        self.clock = clock or SystemClock()
        self.outcomes: list[bool] = []
        """Which of the finished episodes succeeded."""
        self._seed = seed
        self._seen, _ = self.env.reset(seed=seed)

    def observe(self) -> Observation:
        """See `Robot.observe`."""
        return Observation(self._seen["image"], self._seen["state"], self.clock.now())

    def send(self, action: Floats) -> None:
        """See `Robot.send`."""
        self._seen, _, _, _, info = self.env.step(action)
        if "is_success" in info:
            self.outcomes.append(info["is_success"])
            self._seed += 1
            self._seen, _ = self.env.reset(seed=self._seed)

    def stop(self) -> None:
        """See `Robot.stop`."""
        self.env.close()


class PushRobot(mug_push.SimulatedRobot):
    """The mug push in one scene as the robot of `gplac.robot.trials`, and as the operator beside it: the first trial
    starts where the first episode of an evaluation in this scene does, and so on.

    Args:
        card: of the policy: how large pictures are.
        split: scene of which split.
        index: which scene of it.
        robot_model: see `gplac.worlds.registry.task`.

    Raises:
        UserError: the policy is of another task, there is no such scene, or the model is unfit.
    """

    def __init__(
        self, card: Card, split: str = "labelled", index: int = 0, robot_model: Path | None = None
    ) -> None:
        if card.task != mug_push.MugPush.name:
            raise UserError(
                f"Only the mug push is simulated push by push, and the policy's task is {card.task!r}: name your own "
                "robot with --robot MODULE:FUNCTION."
            )
        _check(card, split, index)
        self._scene = split, index
        simulations = task_named(card.task, robot_model).simulations(1)
        assert isinstance(simulations, mug_push.PushSimulations)
        self._simulations = simulations
        look = scene(card.task, split, index)
        self._renderer = SceneRenderer(self._simulations.task, look, card.width, card.height)
        super().__init__(self._simulations, 0, self._drawn)

    def _drawn(self) -> npt.NDArray[np.uint8]:
        return self._renderer.frame(self._simulations.qpos[0])

    def place(self, trial: int) -> None:
        """See `gplac.robot.trials.Operator.place`."""
        qpos, qvel = evaluation_state(self._simulations.task, *self._scene, trial - 1)
        self._simulations.set_state(qpos[None], qvel[None])

    def succeeded(self) -> bool:
        """See `gplac.robot.trials.Operator.succeeded`."""
        return bool(self._simulations.task.success(self._simulations.distance()[None])[0])

    def stop(self) -> None:
        """Release the renderer."""
        self._renderer.close()


def _check(card: Card, split: str, index: int) -> None:
    """Whether there is such a scene, and the policy has the sizes of its simulated task."""
    if card.task not in TASKS:
        raise UserError(
            f"The policy's task, {card.task!r}, is not simulated here: name your own robot with --robot "
            "MODULE:FUNCTION, or try the policy with --robot mock."
        )
    task, scenes = task_named(card.task), split_size(card.task, split)
    if index >= scenes:
        raise UserError(f"Split {split} has {scenes} scenes, 0 to {scenes - 1}; there is no scene {index}.")
    if (task.state_size, task.action_size) != (card.state_size, card.action_size):
        raise UserError(f"The policy has other sizes than the simulated task {card.task}.")

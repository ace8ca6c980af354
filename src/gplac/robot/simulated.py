"""gplac's own simulation as a robot: the control loop on `gplac.worlds.env.TaskEnv`, episode after episode."""

from gplac.errors import UserError
from gplac.robot.card import Card
from gplac.robot.interface import Clock, Observation, SystemClock
from gplac.robot.policy import Floats
from gplac.worlds.env import TaskEnv


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
        self.env = TaskEnv(card.task, split=split, index=index, width=card.width, height=card.height)
        sizes = self.env.task.state_size, self.env.task.action_size
        if sizes != (card.state_size, card.action_size):
            raise UserError(f"The policy has other sizes than the simulated task {card.task}.")
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

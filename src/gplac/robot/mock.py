"""A robot that is none: it plays pictures back, adds actions to its state, and fails where it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt

from gplac.data import schema
from gplac.data.manifest import Manifest
from gplac.data.shards import to_numpy
from gplac.data.soundness import decode, open_shard
from gplac.errors import UserError
from gplac.robot.card import Card
from gplac.robot.interface import Clock, Observation, SystemClock
from gplac.robot.policy import Floats
from gplac.seeding import rng

FaultName = Literal["late", "frozen", "error"]
LATE_S = 0.16
"""How long a late picture lets the loop wait: more than three ticks at 20 Hz."""
SYNTHETIC = 100
"""Made-up pictures, played in a circle."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when."""

    name: FaultName
    """late: one picture keeps the loop waiting; frozen: from then on the camera delivers the same picture; error: the
    robot cannot be reached."""
    tick: int
    """At which observation, from 0."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``NAME@TICK``, for instance ``frozen@40``.

        Raises:
            UserError: it is none.
        """
        name, _, tick = text.partition("@")
        if name not in get_args(FaultName) or not tick.isdecimal():
            raise UserError(
                f"{text!r} is no fault: write NAME@TICK, NAME being one of {', '.join(get_args(FaultName))}."
            )
        return cls(name, int(tick))  # type: ignore[arg-type]


class Frames(NamedTuple):
    """What is played back."""

    images: npt.NDArray[np.uint8]
    """``(N, H, W, 3)``."""
    states: Floats
    """``(N, S)``; the first one is where the robot starts."""


class MockRobot:
    """See `gplac.robot.interface.Robot`. The same calls give the same answers but for the time stamps.

    Args:
        frames: pictures to play, in a circle.
        hz: ticks a second that actions are integrated with.
        clock: by default `time.monotonic`.
        faults: what is to go wrong.
    """

    def __init__(
        self, frames: Frames, hz: float, clock: Clock | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        self.frames, self.period_s, self.clock = frames, 1 / hz, clock or SystemClock()
        self.faults = {fault.tick: fault.name for fault in faults}
        self.state = frames.states[0].astype(np.float32)
        self.sent: list[Floats] = []
        """All actions that came."""
        self.stops = 0
        self._frozen: Observation | None = None
        self._next = 0

    def observe(self) -> Observation:
        """See `Robot.observe`."""
        number, fault = self._next, self.faults.get(self._next)
        self._next += 1
        if fault == "error":
            raise UserError(f"The mock robot cannot be reached any more (error@{number}, as was asked for).")
        now = self.clock.now()
        if fault == "late":
            self.clock.sleep_until(now + LATE_S)
        image = self.frames.images[number % len(self.frames.images)]
        found = self._frozen or Observation(image, self.state.copy(), now)
        if fault == "frozen":
            self._frozen = found
        return Observation(found.image, self.state.copy(), found.time_s)

    def send(self, action: Floats) -> None:
        """See `Robot.send`: the first numbers of the state move as fast as the action says."""
        self.sent.append(action.copy())
        moved = min(len(action), len(self.state))
        self.state[:moved] += action[:moved] * np.float32(self.period_s)

    def stop(self) -> None:
        """See `Robot.stop`."""
        self.stops += 1


def synthetic_frames(card: Card) -> Frames:
    """A red square that goes round on a smooth ground, and a robot at zero."""
    height, width = card.height, card.width
    colours = rng("mock robot").integers(60, 200, (2, 3))
    ramp = np.linspace(0.0, 1.0, width)[None, :, None]
    ground = np.broadcast_to((1 - ramp) * colours[0] + ramp * colours[1], (height, width, 3))
    side = max(1, min(height, width) // 6)
    images = np.repeat(ground[None].astype(np.uint8), SYNTHETIC, axis=0)
    for i, image in enumerate(images):
        angle = 2 * np.pi * i / SYNTHETIC
        row = round((height - side) * (0.5 + 0.4 * np.sin(angle)))
        column = round((width - side) * (0.5 + 0.4 * np.cos(angle)))
        image[row : row + side, column : column + side] = (210, 50, 40)
    return Frames(images, np.zeros((1, card.state_size), np.float32))


def demonstrated_frames(folder: Path, card: Card) -> Frames:
    """The first shard of a set of demonstrations.

    Raises:
        UserError: there is none, it is damaged, or its task or sizes are not the policy's.
    """
    manifest = Manifest.read_complete(folder, "demonstrations", card.task)
    first = manifest.shards[0]
    table = open_shard(folder, manifest, first)
    states = to_numpy(table, schema.STATE)
    sizes = manifest.request.height, manifest.request.width, states.shape[1]
    if sizes != (card.height, card.width, card.state_size):
        raise UserError(
            f"The demonstrations in {folder} have {sizes[1]}x{sizes[0]} pixels and {sizes[2]} numbers of state, the "
            f"policy takes {card.width}x{card.height} and {card.state_size}: name its own."
        )
    images = np.empty((len(states), card.height, card.width, 3), np.uint8)
    decode(table, range(len(table)), images, folder / first.name, manifest.request)
    return Frames(images, states)

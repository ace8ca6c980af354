"""What the control loop asks of a robot and of a clock, and how it finds a user's own robot."""

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.robot.card import Card
from gplac.robot.policy import Floats


@dataclass(frozen=True)
class Observation:
    """What a robot sees and feels at one moment."""

    image: npt.NDArray[np.uint8]
    """``(H, W, 3)`` uint8, RGB."""
    state: npt.NDArray[Any]
    """``(S,)`` numbers, in the units and the order of the demonstrations."""
    time_s: float
    """When the image was taken, in seconds of the loop's clock: `time.monotonic`."""


class Robot(Protocol):
    """A robot with a camera. All calls come from one thread."""

    def observe(self) -> Observation:
        """The newest picture and state; returns at once, even if the picture is an old one."""
        ...

    def send(self, action: Floats) -> None:
        """Start doing an action ``(A,)``, in the robot's units, and return at once. The robot keeps doing it until
        the next one comes."""
        ...

    def stop(self) -> None:
        """Come to rest safely. Called once at the end, whatever the end is, also before anything was sent."""
        ...


class Clock(Protocol):
    """Seconds that pass; tests have one that needs not wait."""

    def now(self) -> float:
        """Seconds since some moment; never steps back."""
        ...

    def sleep_until(self, time_s: float) -> None:
        """Return at that time, or at once if it is over."""
        ...


class SystemClock:
    """`time.monotonic`."""

    def now(self) -> float:
        """See `Clock.now`."""
        return time.monotonic()

    def sleep_until(self, time_s: float) -> None:
        """See `Clock.sleep_until`."""
        time.sleep(max(0.0, time_s - time.monotonic()))


LOOP = ("observe", "send", "stop")
"""Methods of a `Robot`."""


def own_robot(name: str, card: Card, methods: Sequence[str] = LOOP) -> Any:
    """The robot that a user's function makes.

    Args:
        name: ``module:function``; the module is looked for in the working folder as well.
        card: what the function is called with.
        methods: which it must have; by default a `Robot`'s.

    Raises:
        UserError: there is no such module or function, the module needs another that is not installed, or what the
            function returns lacks a method.
    """
    module_name, _, function_name = name.partition(":")
    if not module_name or not function_name:
        raise UserError(
            f"--robot {name}: write mock, sim, or MODULE:FUNCTION, for instance my_robot:connect."
        )
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise UserError(
                f"{name} imports {error.name!r}, which is not installed here: install it, or start in a shell where it"
                " is set up."
            ) from error
        raise UserError(
            f"There is no module {module_name!r}, neither installed nor in {folder}: check --robot {name}."
        ) from error
    function: Callable[[Card], Any] | None = getattr(module, function_name, None)
    file = getattr(module, "__file__", None)
    if file is None and hasattr(module, "__path__"):  # Python takes any folder for a package
        raise UserError(
            f"{next(iter(module.__path__))} is a folder with no __init__.py: name the Python file in it that has"
            f" {function_name}, as in --robot {module_name}.FILE:{function_name}."
        )
    if not callable(function):
        raise UserError(f"{file or module_name} has no function {function_name!r}: check --robot {name}.")
    robot = function(card)
    missing = [part for part in methods if not callable(getattr(robot, part, None))]
    if missing:
        raise UserError(f"What {name} returns has no method {', '.join(missing)}: see docs/robot.md.")
    return robot

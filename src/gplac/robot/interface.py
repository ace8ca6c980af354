"""What the control loop asks of a robot and of a clock, and how it finds a user's own robot."""

import importlib
import inspect
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError, from_here, with_line
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


def check_observation(found: Any) -> None:
    """Whether a robot's answer has an `Observation`'s parts, and a time; image and state the policy checks.

    Raises:
        UserError: it has not.
    """
    parts = [part.name for part in fields(Observation)]
    if not all(hasattr(found, part) for part in parts):
        raise UserError(
            f"observe() returned {type(found).__name__} where an Observation({', '.join(parts)}) is needed: see "
            "docs/robot.md."
        )
    if not isinstance(found.time_s, Real):
        raise UserError(
            f"observe() returned an Observation whose time_s is {type(found.time_s).__name__} where a number is needed:"
            " what time.monotonic() was when the picture was taken."
        )


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
        UserError: there is no such module or function; the module cannot be imported; the function takes no card,
            fails, or returns something else than a robot with these methods.
    """
    module_name, _, function_name = name.partition(":")
    plain = Path(module_name).name.removesuffix(".py").lstrip(".")
    if not plain or not function_name:
        raise UserError(
            f"--robot {name}: write mock, sim, or MODULE:FUNCTION, for instance my_robot:connect."
        )
    if plain != module_name:
        raise UserError(
            f"--robot {name}: write {plain}:{function_name}, without .py or a path, in the folder of the file."
        )
    module = _imported(name, module_name)
    function: Callable[[Card], Any] | None = getattr(module, function_name, None)
    file = getattr(module, "__file__", None)
    if file is None and hasattr(module, "__path__"):  # Python takes any folder for a package
        raise UserError(
            f"{next(iter(module.__path__))} is a folder with no __init__.py: name the Python file in it that has"
            f" {function_name}, as in --robot {module_name}.FILE:{function_name}."
        )
    if not callable(function):
        raise UserError(f"{file or module_name} has no function {function_name!r}: check --robot {name}.")
    if not _takes_one(function):
        raise UserError(
            f"{name} has to take one argument, the policy's card: write def {function_name}(card), see docs/robot.md."
        )
    try:
        robot = function(card)
    except UserError:
        raise
    except Exception as error:  # whatever the user's driver has for one
        raise UserError(f"{name} could not connect {with_line(error, __file__, file=file)}.") from error
    if isinstance(robot, type):
        raise UserError(
            f"What {name} returns is the class {robot.__name__} and no robot: let it return {robot.__name__}(...)."
        )
    missing = [part for part in methods if not callable(getattr(robot, part, None))]
    if missing:
        raise UserError(f"What {name} returns has no method {', '.join(missing)}: see docs/robot.md.")
    return robot


def _imported(name: str, module_name: str) -> ModuleType:
    """The module of a user's function; errors as in `own_robot`."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise UserError(
                f"{name} imports {error.name!r}, which is not installed here: install it, or start in a shell where it"
                " is set up."
            ) from error
        raise UserError(
            f"There is no module {module_name!r}, neither installed nor in {folder}: check --robot {name}."
        ) from error
    except UserError:
        raise
    except SyntaxError as error:
        where = f"{from_here(error.filename or module_name)} line {error.lineno}"
        raise UserError(
            f"{name} cannot be imported, for {where} is no Python ({error.msg}): mend it."
        ) from error
    except Exception as error:  # a module may do anything
        raise UserError(f"{name} cannot be imported {with_line(error, __file__)}: mend it.") from error


def _takes_one(function: Callable[..., Any]) -> bool:
    """Whether it can be called with one argument; of what does not tell, as some built-in ones, yes."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(None)
    except TypeError:
        return False
    return True

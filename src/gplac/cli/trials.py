"""The verb that repeats the paper's robot experiment: pushes on a robot, counted by the person beside it."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gplac.cli.options import OptionalPath
from gplac.cli.robot import Floats, Policy, open_policy, simulated_scene
from gplac.errors import UserError

if TYPE_CHECKING:
    from gplac.robot.card import Card
    from gplac.robot.limits import Limits
    from gplac.robot.trials import Operator

TIMEOUT_S = 10.0
"""Longest wait for an answer of a policy on another machine: nothing moves meanwhile."""


def trials(
    policy: Policy,
    /,
    *,
    robot: str,
    trials: int = 10,
    low: Floats = (),
    high: Floats = (),
    resize: bool = False,
    robot_model: OptionalPath = None,
    log: Path = Path("trials"),
) -> None:
    """Repeat the paper's robot experiment: place the object, let the policy look once and the robot push once, say
    whether it succeeded. docs/robot.md explains.

    Each trial is on the disk at once, with its picture; the same command goes on after a stop. Ctrl-C stops.

    Args:
        policy: File of `gplac robot export`, or address of `gplac robot serve` (its token in GPLAC_ROBOT_TOKEN).
        robot: MODULE:FUNCTION, your own; or sim or sim:SPLIT:INDEX, the mug push in simulation, which needs nobody.
        trials: How many there are to be in the end.
        low: Smallest value of each number of a point where a push may begin, in the robot's units.
        high: Largest value of each. Where --low or --high is missing, your robot's pushes keep within the
            demonstrations' on that side, if the policy was exported with them.
        resize: Crop the camera's pictures around the centre and scale them to the policy's size, as import does.
        robot_model: With --robot sim, MJCF file of your own Sawyer, used instead of gplac's.
        log: Folder to write to.
    """
    from gplac.robot.limits import Limits
    from gplac.robot.trial_log import TrialLog
    from gplac.robot.trials import check, run

    if trials < 1:
        raise UserError(f"--trials {trials}: make one or more.")
    with ExitStack() as opened:
        acting = open_policy(policy, resize, TIMEOUT_S, opened)
        scene = simulated_scene(robot)
        if robot_model is not None and scene is None:
            raise UserError(f"--robot-model is for --robot sim, not for {robot}: leave it out.")
        limits = _limits(low, high, acting.card) if low or high or scene is None else Limits()
        check(acting.card, limits)
        written = opened.enter_context(TrialLog.open(log, acting.card, _called(robot, robot_model)))
        if written.trials:
            print(f"{log} holds {len(written.trials)} trials already.")
        connected = _robot(robot, scene, acting.card, robot_model)
        run(
            acting,
            connected,
            _operator(connected, trials, acting.card),
            written,
            trials,
            limits,
            tell=lambda sentence: print(sentence, flush=True),
            warn=lambda sentence: print(f"gplac: {sentence}", file=sys.stderr),
        )
        _tell(written.summary(), trials, log)


def _limits(low: Floats, high: Floats, card: "Card") -> "Limits":
    """The limits named, and for a side that is not named that of demonstrated pushes."""
    from gplac.robot.limits import Limits

    if low and high:
        return Limits(low, high)
    if card.familiar is None:
        raise UserError(
            "Where may pushes begin? Name both --low X Y --high X Y in your robot's units, or export the policy with "
            "--demos: then they begin where the demonstrations' did."
        )
    return Limits(low or card.familiar.action_low, high or card.familiar.action_high)


def _called(robot: str, robot_model: Path | None) -> str:
    """What the log calls the robot, so that trials of one are not gone on with by another."""
    return robot if robot_model is None else f"{robot} as {robot_model}"


def _robot(name: str, scene: tuple[str, int] | None, card: "Card", robot_model: Path | None) -> Any:
    """What --robot names."""
    from gplac.robot.interface import own_robot
    from gplac.robot.trials import METHODS

    if scene is None:
        return own_robot(name, card, METHODS)
    from gplac.robot.simulated import PushRobot

    return PushRobot(card, *scene, robot_model)


def _operator(robot: Any, count: int, card: "Card") -> "Operator":
    """Who prepares and judges the trials: the robot, if it can."""
    if callable(getattr(robot, "place", None)) and callable(getattr(robot, "succeeded", None)):
        operator: Operator = robot
        return operator
    return Terminal(count, card.object_of_interest or "object")


class Terminal:
    """The person at the terminal; see `gplac.robot.trials.Operator`."""

    def __init__(self, count: int, thing: str) -> None:
        self.count, self.thing = count, thing

    def place(self, trial: int) -> None:
        """Wait for Enter."""
        _ask(f"Trial {trial} of {self.count}: place the {self.thing}, step back, and press Enter. ")

    def succeeded(self) -> bool:
        """Ask until the answer is one."""
        question = "Did it succeed? y or n: "
        while (answer := _ask(question).strip().lower()) not in ("y", "yes", "n", "no"):
            pass
        return answer.startswith("y")


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError as error:
        raise UserError(
            "Nobody can answer here: run this command in a terminal. Trials that were judged are kept."
        ) from error


def _tell(found: dict[str, Any], count: int, log: Path) -> None:
    from gplac.evaluation.percent import percent, span

    made = found["trials"]
    if made:
        refused = f", {found['refused']} refused" if found["refused"] else ""
        print(
            f"{found['successes']} of {made} trials succeed{refused}: {percent(found['success_rate'])} "
            f"(95 %: {span(*found['interval95'])} %, trials taken as independent). They are in {log}."
        )
    if made < count:
        print(f"Stopped with {made} of {count} trials; the same command goes on.")

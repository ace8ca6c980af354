"""Verbs about robots: export a policy, run it, serve it to another machine."""

import math
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from gplac.cli.options import OptionalPath, Run
from gplac.errors import UserError

if TYPE_CHECKING:
    from gplac.robot.interface import Robot
    from gplac.robot.policy import Acting
    from gplac.robot.record import Summary

PolicyFile = Annotated[Positional[Path], arg(metavar="POLICY.onnx")]
Policy = Annotated[Positional[str], arg(metavar="POLICY.onnx|ws://HOST:PORT")]
Floats = Annotated[tuple[float, ...], arg(metavar="NUMBER ...")]
OptionalFloat = Annotated[float | None, arg(metavar="NUMBER")]
TOKEN = "GPLAC_ROBOT_TOKEN"
"""Environment variable with the token: other users of a machine can read what is on a command line."""


def export(run: Run, /, *, out: OptionalPath = None, demos: OptionalPath = None, int8: bool = False) -> None:
    """Write a trained policy as one ONNX file that runs without PyTorch. It is checked against PyTorch first.

    Args:
        run: Folder of the run.
        out: File to write; by default RUN/policy.onnx, or RUN/policy-int8.onnx.
        demos: Folder of the demonstrations that it was trained on: tells the alarm what the policy knows.
        int8: Quantise the convolutions to 8 bits; needs --demos. Prints what that costs in exactness.
    """
    from gplac.runs import Run
    from gplac.training.export import export_run

    Run.open(run)  # what is half trained is for --resume, not for a robot
    path, card, error = export_run(
        run, out or run / ("policy-int8.onnx" if int8 else "policy.onnx"), demos, int8
    )
    print(
        f"{path}: {card.method}, {card.width}x{card.height} pixels, {card.state_size} numbers of state, "
        f"{card.action_size} of action, {card.precision}, {path.stat().st_size / 1e6:.1f} MB."
    )
    print(
        f"Its actions differ from PyTorch's by {error.largest:.2g} standard deviations at most, {error.mean:.2g} on "
        "average."
    )
    if card.familiar is None:
        print("It has no statistics for the alarm; --demos FOLDER adds them.")


def run(
    policy: Policy,
    /,
    *,
    robot: str,
    seconds: OptionalFloat = None,
    hz: OptionalFloat = None,
    late: Literal["repeat", "stop"] = "repeat",
    max_image_age_s: float = 0.2,
    action_limit: Floats = (),
    rate_limit: Floats = (),
    alarm: Literal["warn", "stop", "off"] = "warn",
    resize: bool = False,
    timeout_s: float = 1.0,
    log: OptionalPath = None,
    view: bool = False,
    view_port: int = 8080,
    demos: OptionalPath = None,
    fault: Annotated[tuple[str, ...], arg(metavar="NAME@TICK ...")] = (),
) -> None:
    """Run a policy on a robot, many times a second, until the time is over or Ctrl-C. docs/robot.md explains.

    Ends with status 1 if the loop stopped by itself: late ticks, an old picture, the alarm.

    Args:
        policy: File of `gplac robot export`, or address of `gplac robot serve` (its token in GPLAC_ROBOT_TOKEN).
        robot: mock; sim or sim:SPLIT:INDEX, the policy's task in simulation; or MODULE:FUNCTION, your own.
        seconds: Length of the run.
        hz: Ticks a second; by default what the policy was trained for.
        late: With an action that comes too late: repeat the last one, or stop.
        max_image_age_s: Stop at a picture older than this.
        action_limit: Largest magnitude of each number of an action, in the robot's units: one for all, or one for
            each.
        rate_limit: Largest change a second of each number of an action: one for all, or one for each.
        alarm: When the policy sees strange pictures: warn, stop, or off.
        resize: Crop the camera's pictures around the centre and scale them to the policy's size, as import does.
        timeout_s: Longest wait for an answer of a policy on another machine.
        log: Folder to write ticks.jsonl and summary.json to.
        view: Show live what the policy sees, in a browser on this machine.
        view_port: Port of that page.
        demos: Mock robot: demonstrations whose pictures it plays; by default made-up ones.
        fault: Mock robot: what goes wrong at which tick: late@N, frozen@N, error@N.
    """
    from gplac.robot import loop
    from gplac.robot.limits import Limits
    from gplac.robot.record import Recorder
    from gplac.robot.view import View

    with ExitStack() as opened:
        acting = open_policy(policy, resize, timeout_s, opened)
        rate = acting.card.control_hz if hz is None else hz
        if rate is None:
            raise UserError(
                "The policy does not say how many actions a second it was trained for: name --hz. (One that decides "
                "whole pushes is for gplac robot trials.)"
            )
        if seconds is not None and not 0 < seconds < math.inf:
            raise UserError(
                f"--seconds {seconds:g}: a run lasts for more than 0 seconds; without it, until Ctrl-C."
            )
        settings = loop.Settings(
            hz=rate,
            ticks=None if seconds is None or not math.isfinite(rate) else max(1, round(seconds * rate)),
            late=late,
            max_image_age_s=max_image_age_s,
            alarm=alarm,
            limits=Limits.symmetric(action_limit, rate_limit),
        )
        settings.check(acting.card.action_size)
        recorder = opened.enter_context(Recorder(log)) if log is not None else None
        listeners = [] if recorder is None else [recorder.tick]
        if view:
            page = opened.enter_context(View(acting.card, view_port))
            listeners.append(page.tick)
            print(f"What the policy sees: {page.address}")
        if alarm != "off" and acting.card.familiar is None:
            print("No alarm: the policy was exported without its demonstrations.", file=sys.stderr)
        connected = _robot(robot, acting, rate, demos, fault)
        summary = loop.run(
            acting,
            connected,
            settings,
            listeners=listeners,
            warn=lambda sentence: print(f"gplac: {sentence}", file=sys.stderr),
            ended=lambda found: recorder.finish(found, acting.card) if recorder is not None else None,
        )
        _tell(summary, connected)
    if summary.reason not in ("finished", "interrupted"):
        raise SystemExit(1)


def serve(policy: PolicyFile, /, *, host: str = "127.0.0.1", port: int = 8765, threads: int = 1) -> None:
    """Serve a policy to robots on other machines over a websocket, until Ctrl-C.

    Clients need the token: that in the environment variable GPLAC_ROBOT_TOKEN, or a new one, which is printed.
    Nothing is encrypted: reach another machine's loopback address through an SSH tunnel.

    Args:
        policy: File of `gplac robot export`.
        host: Address to listen at.
        port: Port to listen at; 0: any that is free.
        threads: Threads of the network.
    """
    from gplac.robot.policy import Policy
    from gplac.robot.server import LOOPBACK, PolicyServer, new_token

    token = os.environ.get(TOKEN)
    server = PolicyServer(Policy.load(policy, threads), token or new_token(), host, port)
    print(f"Serving {policy} at {server.url}.", flush=True)
    if not token:
        print(f"{TOKEN}={server.token}", flush=True)
    if host not in (LOOPBACK, "localhost", "::1"):
        print("Whoever listens on this network can read pictures and token.", file=sys.stderr)
    try:
        server.serve_forever()
    finally:
        server.close()


def open_policy(name: str, resize: bool, timeout_s: float, opened: ExitStack) -> "Acting":
    """A local or a remote policy."""
    if not name.startswith(("ws://", "wss://")):
        from gplac.robot import Policy

        return Policy.load(name, resize=resize)
    token = os.environ.get(TOKEN)
    if not token:
        raise UserError(f"Set {TOKEN} to the token that `gplac robot serve` prints.")
    from gplac.robot import RemotePolicy  # a robot's own computer may have nothing to connect with

    return opened.enter_context(RemotePolicy(name, token, timeout_s, resize))


def _robot(name: str, policy: "Acting", hz: float, demos: Path | None, faults: tuple[str, ...]) -> "Robot":
    """What --robot names."""
    from gplac.robot.interface import own_robot

    card = policy.card
    if name == "mock":
        from gplac.robot import mock

        frames = mock.synthetic_frames(card) if demos is None else mock.demonstrated_frames(demos, card)
        return mock.MockRobot(frames, hz, faults=[mock.Fault.parse(fault) for fault in faults])
    if demos is not None or faults:
        raise UserError("--demos and --fault are for --robot mock.")
    scene = simulated_scene(name)
    if scene is None:
        robot: Robot = own_robot(name, card)
        return robot
    from gplac.robot.simulated import SimulatedRobot

    return SimulatedRobot(card, *scene)


def simulated_scene(name: str) -> tuple[str, int] | None:
    """Split and index that --robot names; None if it names no simulation."""
    kind, *scene = name.split(":")
    if kind != "sim":
        return None
    if not scene:
        return "labelled", 0
    if len(scene) != 2 or not scene[1].isdecimal():
        raise UserError(f"--robot {name}: write sim, or sim:SPLIT:INDEX, for instance sim:validation:3.")
    return scene[0], int(scene[1])


def _tell(summary: "Summary", robot: "Robot") -> None:
    """The summary in a few lines."""
    found = summary.to_dict()
    print(f"{summary.reason.capitalize()}: {summary.detail}")
    if summary.ticks:
        think, jitter, old = (found[name] for name in ("inference_ms", "lateness_ms", "image_to_action_ms"))
        print(
            f"{summary.ticks} ticks in {summary.seconds:.1f} s, {summary.missed} missed. Inference {think['p50']:.1f} "
            f"ms (p99 {think['p99']:.1f}), ticks begin {jitter['p50']:.1f} ms late (p99 {jitter['p99']:.1f}), from "
            f"image to action {old['p50']:.1f} ms (p99 {old['p99']:.1f})."
        )
    if summary.limited or summary.strange:
        print(f"Limits changed {summary.limited} actions; {summary.strange} pictures were strange.")
    # Imported where there is a simulated robot, and nowhere else: a robot's own computer has no simulator.
    simulated = sys.modules.get("gplac.robot.simulated")
    if simulated is not None and isinstance(robot, simulated.SimulatedRobot) and robot.outcomes:
        print(f"{sum(robot.outcomes)} of {len(robot.outcomes)} episodes succeed.")

"""The paper's robot experiment with a robot: `gplac robot trials`, in simulation and on a robot of one's own."""

import builtins
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from exported import make_push_run
from PIL import Image

from gplac.cli import main
from gplac.evaluation.drawing import View
from gplac.evaluation.rollout import evaluate
from gplac.evaluation.statistics import wilson
from gplac.robot import Policy
from gplac.robot.card import Familiar, write_card
from gplac.training.export import export_run
from gplac.worlds.mug_push import MugPush

Answers = Callable[..., list[str]]
BOX = ("--low", "-9", "-9", "--high", "9", "9")


@pytest.fixture(scope="module")
def push_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_push_run(tmp_path_factory.mktemp("runs") / "push")
    return export_run(run, run / "policy.onnx").path


class Arm:
    """A robot of one's own."""

    def __init__(self) -> None:
        self.points: list[np.ndarray] = []
        self.stops = 0
        self.hook: Callable[[], Any] = lambda: None

    def image(self) -> np.ndarray:
        return np.full((24, 32, 3), 40 * (len(self.points) + 1), np.uint8)

    def state(self) -> list[float]:
        return [0.1] * 17

    def push_from(self, point: np.ndarray) -> None:
        self.points.append(point)
        self.hook()

    def stop(self) -> None:
        self.stops += 1


@pytest.fixture
def arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arm:
    """In an empty folder to work in, and named my_arm:connect on the command line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    arm = Arm()
    monkeypatch.setitem(
        sys.modules, "my_arm", SimpleNamespace(connect=lambda card: arm, __file__="my_arm.py")
    )
    return arm


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """What the operator types, in turn; gives the questions asked. ^C interrupts, None closes the terminal."""

    def type_(*typed: str | None) -> list[str]:
        asked: list[str] = []
        left = iter(typed)

        def answer(question: str) -> str:
            asked.append(question)
            if (found := next(left)) is None:
                raise EOFError
            if found == "^C":
                raise KeyboardInterrupt
            return found

        monkeypatch.setattr(builtins, "input", answer)
        return asked

    return type_


def trials(policy: Path | str, *options: str, robot: str = "my_arm:connect") -> None:
    main(["robot", "trials", str(policy), "--robot", robot, *options])


def recorded(folder: str = "trials") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The lines and the summary."""
    lines = Path(folder, "trials.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines], json.loads(Path(folder, "summary.json").read_text())


def fails(capsys: pytest.CaptureFixture[str], *arguments: str, robot: str = "my_arm:connect") -> str:
    """The last sentence of a call that ends with status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        trials(*arguments, robot=robot)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_trials_in_simulation_are_the_evaluation_of_that_scene(
    push_file: Path, arm: Arm, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = Policy.load(push_file)
    chosen: list[np.ndarray] = []

    def batch(images: np.ndarray, states: np.ndarray) -> np.ndarray:
        chosen.append(policy.batch(np.ascontiguousarray(images), states)["action"])
        return chosen[-1]

    found = evaluate(batch, View("mug_push", 32, 24), "validation", 1, 6, workers=1)
    outcomes = found.outcomes(MugPush())[0].tolist()
    assert True in outcomes and False in outcomes
    trials(push_file, "--trials", "6", robot="sim:validation:0")
    lines, summary = recorded()
    assert [line["succeeded"] for line in lines] == outcomes
    np.testing.assert_allclose([line["point"] for line in lines], chosen[0][:6], atol=1e-5)
    assert all(0 < line["present"] < 1 and line["refused"] is None for line in lines)
    pictures = [np.asarray(Image.open(Path("trials", line["picture"]))) for line in lines]
    assert [picture.shape for picture in pictures] == [(24, 32, 3)] * 6
    assert any((picture != pictures[0]).any() for picture in pictures[1:])
    interval, successes = wilson(sum(outcomes), 6), sum(outcomes)
    assert (summary["reason"], summary["trials"], summary["successes"]) == ("finished", 6, successes)
    assert summary["interval95"] == [interval.low, interval.high]
    assert summary["policy"]["weights_sha256"] == policy.card.weights_sha256 and summary["provenance"]
    assert f"{successes} of 6 trials succeed" in capsys.readouterr().out


def test_an_operator_places_and_judges_and_nonsense_is_asked_again(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answers("", "maybe", "", "yn", "Y", "", "no")
    trials(push_file, "--trials", "2", *BOX)
    assert [question.startswith("Trial") for question in asked] == [True] + 4 * [False] + [True, False]
    assert "Trial 2 of 2: place the mug" in asked[5]
    lines, summary = recorded()
    assert [line["succeeded"] for line in lines] == [True, False]
    np.testing.assert_allclose(arm.points, [line["point"] for line in lines], atol=1e-6)
    seen = [np.asarray(Image.open(Path("trials", line["picture"])))[0, 0, 0] for line in lines]
    assert seen == [40, 80] and arm.stops == 1
    assert summary["success_rate"] == 0.5
    told = capsys.readouterr().out
    assert f"A push from {arm.points[0][0]:.3f}, {arm.points[0][1]:.3f}.\nMug in the picture: " in told
    assert "1 of 2 trials succeed: 50.0 % (95 %: 9.5 to 90.5 %" in told


def test_pictures_that_are_cropped_are_told_of_once(
    push_file: Path,
    arm: Arm,
    answers: Answers,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arm, "image", lambda: np.zeros((96, 32, 3), np.uint8))
    answers("", "y", "", "y")
    trials(push_file, "--trials", "2", "--resize", *BOX)
    assert capsys.readouterr().err.count("top and bottom are cut off") == 1


def test_a_stopped_experiment_goes_on(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("", "y", "", "n")
    trials(push_file, "--trials", "2", *BOX)
    before = Path("trials/trials.jsonl").read_bytes()
    with Path("trials/trials.jsonl").open("ab") as file:
        file.write(b'{"trial": 3, "po')  # a power cut
    asked = answers("", "y")
    trials(push_file, "--trials", "3", *BOX)
    assert len(asked) == 2 and "Trial 3 of 3" in asked[0]
    assert Path("trials/trials.jsonl").read_bytes().startswith(before)
    lines, summary = recorded()
    assert [line["trial"] for line in lines] == [1, 2, 3] and summary["successes"] == 2
    asked = answers()
    trials(push_file, "--trials", "3", *BOX)
    assert asked == [] and len(arm.points) == 3
    assert "2 of 3 trials succeed" in capsys.readouterr().out


def test_other_trials_and_damaged_ones_are_not_gone_on_with(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("", "y")
    trials(push_file, "--trials", "1", *BOX)
    assert "another policy or robot (my_arm:connect)" in fails(capsys, str(push_file), robot="sim")
    path = Path("trials/trials.jsonl")
    whole = path.read_text()
    for text in ("{}\n", "what\n", "[]\n", whole + whole, whole.replace("true", '"true"')):
        path.write_text(text)
        assert f"line {len(text.splitlines())}, is no trial" in fails(capsys, str(push_file), *BOX)
        assert path.read_text() == text
    assert len(arm.points) == 1


def test_a_point_outside_is_refused_and_the_trial_has_failed(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answers("", "")
    trials(push_file, "--trials", "2", "--low", "5", "-9", "--high", "9", "9")
    (first, second), summary = recorded()
    assert (
        arm.points == [] and arm.stops == 1 and len(asked) == 2
    )  # nobody is asked about a push that was none
    assert not first["succeeded"] and "is below 5" in first["refused"] and second["refused"]
    assert (summary["refused"], summary["successes"], summary["trials"]) == (2, 0, 2)
    told = capsys.readouterr()
    assert "The point is refused, and the robot not moved: number 1 of it" in told.err
    assert "0 of 2 trials succeed, 2 refused" in told.out


def test_pushes_begin_where_demonstrations_did_unless_told_otherwise(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--low X Y --high X Y" in fails(capsys, str(push_file))
    model, card = onnx.load(push_file), Policy.load(push_file).card
    known = Familiar(9, None, None, None, None, (-1.0, 7.0), (1.0, 8.0))
    write_card(model, replace(card, familiar=known))
    onnx.save(model, "known.onnx")
    answers("")
    trials("known.onnx", "--trials", "1")
    assert "number 2 of it" in recorded()[0][0]["refused"] and arm.points == []


def test_a_side_that_is_not_named_is_that_of_the_demonstrations(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--low", "--high"):
        assert "Name both --low X Y --high X Y" in fails(capsys, str(push_file), option, "0", "0")
    model, card = onnx.load(push_file), Policy.load(push_file).card
    known = Familiar(9, None, None, None, None, (-9.0, 7.0), (9.0, -7.0))
    write_card(model, replace(card, familiar=known))
    onnx.save(model, "known.onnx")
    for side, option, word in ((-9, "--low", "above -7"), (9, "--high", "below 7")):
        answers("")
        trials("known.onnx", "--trials", "1", option, str(side), str(side), "--log", option[2:])
        assert word in recorded(option[2:])[0][0]["refused"] and arm.points == []


def test_a_robot_that_fails_is_stopped_and_keeps_its_trials(
    push_file: Path, arm: Arm, answers: Answers
) -> None:
    def fall() -> None:
        if len(arm.points) == 2:
            raise ConnectionError("the arm does not answer")

    arm.hook = fall
    answers("", "y", "")
    with pytest.raises(ConnectionError, match="does not answer"):
        trials(push_file, "--trials", "3", *BOX)
    lines, summary = recorded()
    assert [line["trial"] for line in lines] == [1] and arm.stops == 1
    assert (summary["reason"], summary["trials"]) == ("error", 1) and "does not answer" in summary["detail"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_a_push_stops_the_robot_once_and_the_trial_is_made_again(
    push_file: Path,
    arm: Arm,
    answers: Answers,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    ended: list[str] = []

    def interrupted() -> None:
        if len(arm.points) == 2:
            os.kill(os.getpid(), number)
            ended.append("the push")  # not reached

    def stop() -> None:
        os.kill(os.getpid(), number)  # an impatient operator
        ended.append("the stop")

    arm.hook = interrupted
    monkeypatch.setattr(arm, "stop", stop)
    answers("", "y", "")
    trials(push_file, "--trials", "3", *BOX)
    lines, summary = recorded()
    assert ended == ["the stop"] and summary["reason"] == "interrupted" and len(lines) == 1
    assert "Stopped with 1 of 3 trials; the same command goes on." in capsys.readouterr().out


def test_ctrl_c_and_a_closed_terminal_at_a_question(
    push_file: Path, arm: Arm, answers: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    answers("", "^C")
    trials(push_file, "--trials", "2", *BOX)
    assert recorded_nothing() and arm.stops == 1
    assert "Stopped with 0 of 2 trials" in capsys.readouterr().out
    answers("", None)
    assert "run this command in a terminal" in fails(capsys, str(push_file), *BOX)
    assert recorded_nothing() and arm.stops == 2


def recorded_nothing() -> bool:
    """Whether there is a summary, and no trial."""
    summary = json.loads(Path("trials/summary.json").read_text())
    return summary["interval95"] is None and not Path("trials/trials.jsonl").exists()


def test_a_robot_that_judges_itself_is_not_asked_for(push_file: Path, arm: Arm, answers: Answers) -> None:
    placed: list[int] = []
    arm.place, arm.succeeded = placed.append, lambda: len(placed) > 1  # type: ignore[attr-defined]
    asked = answers()
    trials(push_file, "--trials", "2", *BOX)
    assert asked == [] and placed == [1, 2]
    assert [line["succeeded"] for line in recorded()[0]] == [False, True]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--trials", "0", *BOX), "one or more"),
        (("--low", "1", "--high", "0"), "lies above"),
        (("--low", "1", "2", "3", "--high", "9"), "one number, or 2"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    push_file: Path, arm: Arm, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], part: str
) -> None:
    assert part in fails(capsys, str(push_file), *options)


def test_policies_and_robots_that_do_not_fit_are_refused(
    push_file: Path,
    policy_file: Path,
    arm: Arm,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "gplac robot run" in fails(capsys, str(policy_file))  # it acts many times a second
    assert "there is no scene 99" in fails(capsys, str(push_file), robot="sim:validation:99")
    model, card = onnx.load(push_file), Policy.load(push_file).card
    write_card(model, replace(card, task="tidy-up"))
    onnx.save(model, "other.onnx")
    assert "'tidy-up'" in fails(capsys, "other.onnx", robot="sim")
    with pytest.raises(SystemExit):
        main(["robot", "run", "other.onnx", "--robot", "sim", "--hz", "9"])
    assert "'tidy-up', is not simulated here" in capsys.readouterr().err
    assert "leave it out" in fails(capsys, str(push_file), *BOX, "--robot-model", "arm.xml")
    assert "arm.xml" in fails(capsys, str(push_file), "--robot-model", "arm.xml", robot="sim")
    monkeypatch.delattr(Arm, "push_from")
    assert "no method push_from" in fails(capsys, str(push_file), *BOX)
    with pytest.raises(SystemExit):
        main(["robot", "run", str(push_file), "--robot", "mock"])
    assert "gplac robot trials" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("state", "said"), [([[1, 2], [3]], "not rows of different lengths"), (None, "has to hold numbers")]
)
def test_a_state_that_is_none_stops_the_robot_with_a_sentence(
    push_file: Path,
    arm: Arm,
    answers: Answers,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    state: Any,
    said: str,
) -> None:
    answers("")
    monkeypatch.setattr(arm, "state", lambda: state)
    assert said in fails(capsys, str(push_file), *BOX)
    assert (arm.stops, arm.points) == (1, [])


def test_the_pusher_in_the_documentation_pushes(
    push_file: Path, arm: Arm, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "robot.md").read_text()
    code = next(block for block in page.split("```") if "my_pusher.py: an arm" in block)
    Path("my_pusher.py").write_text(code.removeprefix("python\n"))
    moves: list[tuple[float, ...]] = []
    driver = SimpleNamespace(
        joint_state=arm.state,
        move_to=lambda x, y, height_m: moves.append((x, y, height_m)),
        go_home=lambda: moves.append(()),
        brake=arm.stop,
    )
    monkeypatch.setitem(sys.modules, "my_arm", SimpleNamespace(connect=lambda: driver))
    camera = SimpleNamespace(open=lambda: SimpleNamespace(read=arm.image))
    monkeypatch.setitem(sys.modules, "my_camera", camera)
    monkeypatch.delitem(sys.modules, "my_pusher", raising=False)
    answers("", "y")
    trials(push_file, "--trials", "1", *BOX, robot="my_pusher:connect")
    (line,), _ = recorded()
    assert line["succeeded"] and arm.stops == 1
    np.testing.assert_allclose(moves[1], [*line["point"], 0.02], atol=1e-6)
    assert moves[2:] == [(0.70, 0.06, 0.02), ()]

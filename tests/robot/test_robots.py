"""Mock, simulated and own robots, and the verbs that run them."""

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from exported import HEIGHT, STATE, WIDTH, write_demonstrations

from gplac.cli import main
from gplac.errors import UserError
from gplac.robot import Policy, loop
from gplac.robot.card import write_card
from gplac.robot.interface import own_robot
from gplac.robot.mock import Fault, demonstrated_frames, synthetic_frames
from gplac.robot.record import Tick
from gplac.robot.server import PolicyServer
from gplac.robot.simulated import SimulatedRobot
from gplac.worlds.env import TaskEnv

TOKEN = "correct-horse-battery"


def test_made_up_pictures_move_and_are_the_same_each_time(policy: Policy) -> None:
    frames = synthetic_frames(policy.card)
    assert frames.images.shape[1:] == (HEIGHT, WIDTH, 3) and frames.images.dtype == np.uint8
    assert (frames.images[0] != frames.images[30]).any()
    assert (synthetic_frames(policy.card).images == frames.images).all()


def test_demonstrations_are_played_back(policy: Policy, demos: Path, tmp_path: Path) -> None:
    frames = demonstrated_frames(demos, policy.card)
    assert frames.images.shape == (40, HEIGHT, WIDTH, 3) and frames.states.shape == (40, STATE)
    write_demonstrations(tmp_path / "wide", width=WIDTH + 2)
    with pytest.raises(UserError, match="22x16"):
        demonstrated_frames(tmp_path / "wide", policy.card)
    with pytest.raises(UserError, match="nowhere"):
        demonstrated_frames(tmp_path / "nowhere", policy.card)


@pytest.mark.parametrize("text", ["", "late", "late@", "late@-1", "late@x", "boom@3"])
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="NAME@TICK"):
        Fault.parse(text)


def test_the_simulated_robot_is_the_environment(policy: Policy) -> None:
    card = replace(policy.card, task="pusher", width=32, height=28, state_size=17, action_size=7)
    robot = SimulatedRobot(card, "validation", 1, seed=4)
    env = TaskEnv("pusher", split="validation", index=1, width=32, height=28)
    expected, _ = env.reset(seed=4)
    action = np.full(7, 0.5, np.float32)
    for _ in range(3):
        seen = robot.observe()
        assert (seen.image == expected["image"]).all() and seen.state.tolist() == expected["state"].tolist()
        robot.send(action)
        expected = env.step(action)[0]
    for _ in range(env.task.episode_steps - 3):
        robot.send(action)
    assert len(robot.outcomes) == 1
    fresh, _ = env.reset(seed=5)
    assert robot.observe().state.tolist() == fresh["state"].tolist()
    robot.stop()
    env.close()


def test_only_policies_of_simulated_tasks_are_simulated(policy: Policy) -> None:
    with pytest.raises(UserError, match="tidy-up"):
        SimulatedRobot(policy.card)
    with pytest.raises(UserError, match="other sizes"):
        SimulatedRobot(replace(policy.card, task="pusher"))


OWN = """
from pathlib import Path
import time
import numpy as np
from gplac.robot import Observation

class Own:
    def __init__(self, card):
        self.card, self.sent = card, 0
    def observe(self):
        image = np.zeros((self.card.height, self.card.width, 3), np.uint8)
        return Observation(image, np.zeros(self.card.state_size), time.monotonic())
    def send(self, action):
        self.sent += 1
    def stop(self):
        Path("stopped").write_text(str(self.sent))

class Blind(Own):
    def observe(self):
        return None

class Half:
    observe = send = print

def half(card):
    return Half()
"""


OWN_ROBOT = ("--robot", "my_robot:Own", "--hz", "200", "--max-image-age-s", "60")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    for name in ("my_robot", "needs_more", "broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "my_robot.py").write_text(OWN)
    return tmp_path


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that a call ends with, after checking that it ends with status 2."""
    with pytest.raises(SystemExit) as end:
        main(["robot", *arguments])
    assert end.value.code == 2
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1
    return sentence


def test_an_own_robot_runs(workplace: Path, policy_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["robot", "run", str(policy_file), *OWN_ROBOT]
    main([*run, "--seconds", "0.04", "--alarm", "off", "--log", "log", "--view", "--view-port", "0"])
    told = capsys.readouterr().out
    assert "Finished" in told and "http://127.0.0.1:" in told
    summary = json.loads(Path("log/summary.json").read_text())
    assert summary["ticks"] + summary["missed"] >= 8 and summary["hz"] == 200
    lines = Path("log/ticks.jsonl").read_text().splitlines()
    assert len(lines) == summary["ticks"]
    assert int(Path("stopped").read_text()) == sum(json.loads(line)["sent"] is not None for line in lines)


def test_an_own_robot_that_observes_nothing_is_stopped_with_a_sentence(
    workplace: Path, policy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "run", str(policy_file), "--robot", "my_robot:Blind", "--alarm", "off")
    assert "observe() returned NoneType where an Observation(image, state, time_s) is needed" in said
    assert Path("stopped").read_text() == "0"


def test_the_robot_in_the_documentation_runs(
    workplace: Path, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "robot.md").read_text()
    code = next(block for block in page.split("```") if "my_robot.py: an arm" in block)
    torques: list[np.ndarray] = []
    arm = SimpleNamespace(
        joint_state=lambda: np.zeros(STATE), set_torques=torques.append, brake=torques.clear
    )
    taken = threading.Event()

    def read() -> np.ndarray:
        if threading.current_thread() is not threading.main_thread():
            taken.wait()  # a camera without a second picture
        return np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    for name, driver in (
        ("my_arm", SimpleNamespace(connect=lambda: arm)),
        ("my_camera", SimpleNamespace(open=lambda: SimpleNamespace(read=read))),
    ):
        monkeypatch.setitem(sys.modules, name, driver)
    Path("my_robot.py").write_text(code.removeprefix("python\n"))
    ticks: list[Tick] = []
    loop.run(
        policy,
        own_robot("my_robot:connect", policy.card),
        loop.Settings(20, 3, max_image_age_s=60),
        listeners=[ticks.append],
    )
    assert ticks and torques == []  # braked


def test_mistakes_about_own_robots_are_answered(workplace: Path, policy: Policy) -> None:
    (workplace / "folder").mkdir()
    for name, part in (
        ("nothing", "MODULE:FUNCTION"),
        ("no_such_module:connect", "no module 'no_such_module'"),
        ("my_robot:nothing", "no function 'nothing'"),
        ("my_robot:half", "no method stop"),
        ("folder:connect", "folder with no __init__.py: name the .* --robot folder.FILE:connect"),
        ("time:nothing", "time has no function 'nothing'"),
    ):
        with pytest.raises(UserError, match=part):
            own_robot(name, policy.card)
    (workplace / "needs_more.py").write_text("import no_such_driver")
    with pytest.raises(
        UserError, match="needs_more:connect imports 'no_such_driver', which is not installed"
    ):
        own_robot("needs_more:connect", policy.card)


@pytest.mark.parametrize("module", ["my_robot.py", "./my_robot.py", "./my_robot", "/there/my_robot.py"])
def test_a_robot_named_by_its_path_is_told_how_to_name_it(
    workplace: Path, policy_file: Path, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    said = fails(capsys, "run", str(policy_file), "--robot", f"{module}:Own")
    assert "write my_robot:Own, without .py or a path, in the folder of the file" in said
    assert "my_robot" not in sys.modules  # nothing was run


REFUSED = """
import importlib
from gplac.errors import UserError

class Arm:
    pass

def dial(address):
    raise ConnectionRefusedError(111, "Connection refused")

def refused(card):
    dial(0)

def alone():
    return Arm()

def two(card, address):
    return Arm()

def silent(card):
    raise TimeoutError

def driver(card):
    return int("port")

def late_import(card):
    importlib.import_module("no_such_driver")

def told(card):
    raise UserError("Plug it in.")

def kind(card):
    return Arm

def nothing(card):
    pass
"""


@pytest.mark.parametrize(
    ("text", "function", "said"),
    [
        (
            "x = 1\ndef connect(card)\n    pass\n",
            "connect",
            r"broken.py line 2 is no Python \(expected ':'\)",
        ),
        ("x = (\n", "connect", r"broken.py line 1 is no Python \('\(' was never closed\)"),
        (
            "\n\nfrom gplac.robot import Observatio\n",
            "connect",
            r"cannot be imported \(ImportError: cannot import name 'Observatio' .*\), broken.py line 3",
        ),
        (
            "def f():\n    1 / 0\nf()\n",
            "connect",
            r"\(ZeroDivisionError: division by zero\), broken.py line 2",
        ),
        (
            REFUSED,
            "refused",
            r"broken:refused could not connect \(ConnectionRefusedError: .*refused\), broken.py line 9\.$",
        ),
        (REFUSED, "silent", r"could not connect \(TimeoutError\), broken.py line 21"),
        (REFUSED, "driver", r"could not connect \(ValueError: .*\), broken.py line 24"),
        (REFUSED, "late_import", r"\(ModuleNotFoundError: .*'no_such_driver'\), broken.py line 27"),
        (REFUSED, "told", r"^gplac: Plug it in\.$"),
        (REFUSED, "alone", r"broken:alone has to take one argument, .* write def alone\(card\)"),
        (REFUSED, "two", r"broken:two has to take one argument"),
        (REFUSED, "kind", r"returns is the class Arm and no robot: let it return Arm\(\.\.\.\)"),
        (REFUSED, "nothing", "no method observe, send, stop"),
    ],
)
def test_a_robots_file_that_fails_is_answered_with_its_line(
    workplace: Path,
    policy_file: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    function: str,
    said: str,
) -> None:
    (workplace / "broken.py").write_text(text)
    importlib.invalidate_caches()
    assert re.search(said, fails(capsys, "run", str(policy_file), "--robot", f"broken:{function}").strip())


def test_the_mock_runs_and_fails_as_asked(
    workplace: Path, policy_file: Path, demos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patient = ("--max-image-age-s", "60", "--hz", "50", "--robot", "mock", "--alarm", "off")
    main(["robot", "run", str(policy_file), "--demos", str(demos), "--seconds", "0.1", *patient])
    assert "Finished" in capsys.readouterr().out
    assert "error@3" in fails(capsys, "run", str(policy_file), *patient, "--fault", "error@3")
    stale = [
        "robot",
        "run",
        str(policy_file),
        *patient[2:],
        "--fault",
        "frozen@0",
        "--max-image-age-s",
        "0.03",
    ]
    with pytest.raises(SystemExit) as end:
        main([*stale, "--log", "log"])
    assert end.value.code == 1
    assert json.loads(Path("log/summary.json").read_text())["reason"] in ("stale camera", "late")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("export", "nowhere"), "nowhere"),
        (("run", "nowhere.onnx", "--robot", "mock"), "nowhere.onnx"),
        (("serve", "nowhere.onnx"), "nowhere.onnx"),
        (("run", "POLICY", "--robot", "juggler"), "juggler"),
        (("run", "POLICY", "--robot", "sim:validation"), "SPLIT:INDEX"),
        (("run", "POLICY", "--robot", "sim"), "tidy-up"),
        (("run", "POLICY", "--robot", "sim", "--fault", "late@3"), "--robot mock"),
        (("run", "POLICY", "--robot", "mock", "--fault", "boom"), "NAME@TICK"),
        (("run", "POLICY", "--robot", "mock", "--hz", "-3"), "Hz"),
        (("run", "POLICY", "--robot", "mock", "--action-limit", "1", "2"), "one number, or 3"),
        (("run", "ws://127.0.0.1:1", "--robot", "mock"), "GPLAC_ROBOT_TOKEN"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(
    workplace: Path,
    policy_file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    part: str,
) -> None:
    monkeypatch.delenv("GPLAC_ROBOT_TOKEN", raising=False)
    given = [str(policy_file) if each == "POLICY" else each for each in arguments]
    assert part in fails(capsys, *given)


def test_a_scene_beyond_its_split_is_no_robot(policy: Policy) -> None:
    with pytest.raises(UserError, match="20 scenes, 0 to 19; there is no scene 20"):
        SimulatedRobot(replace(policy.card, task="pusher"), "validation", 20)


def test_a_policy_without_a_rate_asks_for_one(
    workplace: Path, policy_file: Path, policy: Policy, capsys: pytest.CaptureFixture[str]
) -> None:
    model = onnx.load(policy_file)
    write_card(model, replace(policy.card, control_hz=None))
    onnx.save(model, "policy.onnx")
    assert "--hz" in fails(capsys, "run", "policy.onnx", "--robot", "mock")


def test_a_remote_policy_drives_the_mock(
    workplace: Path, policy: Policy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GPLAC_ROBOT_TOKEN", TOKEN)
    with PolicyServer(policy, TOKEN) as server:
        main(
            [
                "robot",
                "run",
                server.url,
                "--robot",
                "mock",
                "--seconds",
                "0.2",
                "--hz",
                "50",
                "--alarm",
                "off",
            ]
        )
    assert "Finished" in capsys.readouterr().out


def test_serving_tells_a_new_token_and_ends_with_ctrl_c(policy_file: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GPLAC_ROBOT_TOKEN"}
    command = [sys.executable, "-m", "gplac.cli", "robot", "serve", str(policy_file), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert "ws://127.0.0.1:" in process.stdout.readline()
        name, token = process.stdout.readline().strip().split("=")
        assert name == "GPLAC_ROBOT_TOKEN" and len(token) >= 16
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "Traceback" not in process.stderr.read()


def test_ctrl_c_stops_an_own_robot(workplace: Path, policy_file: Path) -> None:
    command = [sys.executable, "-m", "gplac.cli", "robot", "run", str(policy_file), "--robot", "my_robot:Own"]
    command += ["--view", "--view-port", "0", "--alarm", "off", "--max-image-age-s", "60"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as p:
        assert p.stdout is not None
        assert "http" in p.stdout.readline()
        p.send_signal(signal.SIGINT)
        p.wait(60)
    # It may have come before the loop had begun; once the robot is there, it is stopped.
    assert p.returncode in (0, 130)
    assert Path("stopped").exists() == (p.returncode == 0)


@pytest.mark.parametrize(
    "options",
    [["--seconds", each] for each in ("0", "-5", "nan", "inf")]
    + [["--seconds", "1", "--hz", each] for each in ("nan", "inf", "0")],
)
def test_a_length_or_a_rate_that_is_none_moves_nothing(
    options: list[str], policy_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["robot", "run", str(policy_file), "--robot", "mock", *options])
    assert end.value.code == 2
    said = capsys.readouterr()
    assert "ticks in" not in said.out
    assert "0 seconds" in said.err or "1000 Hz" in said.err


def test_a_robots_computer_needs_no_more_than_the_documentation_says(
    workplace: Path, policy_file: Path
) -> None:
    """NumPy, ONNX, ONNX Runtime, Pillow and tyro."""
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, *_):\n"
        "        absent = 'torch mujoco pyarrow simplejpeg websockets msgpack rich h5py scipy'.split()\n"
        "        if name.partition('.')[0] in absent:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from gplac.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    run = ["robot", "run", str(policy_file), *OWN_ROBOT, "--seconds", "0.04", "--alarm", "off"]
    ended = subprocess.run([sys.executable, "-c", code, *run], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "Finished" in ended.stdout

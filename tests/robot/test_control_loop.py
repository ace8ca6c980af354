"""The control loop, on a clock that needs not wait."""

import os
import re
import signal
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exported import ACTION, STATE
from hypothesis import given, settings
from hypothesis import strategies as st

from gplac.cli import main
from gplac.errors import UserError
from gplac.robot import Look, Policy
from gplac.robot.card import Card, Familiar
from gplac.robot.interface import Observation
from gplac.robot.limits import Limits
from gplac.robot.loop import Settings, run
from gplac.robot.mock import Fault, MockRobot, synthetic_frames
from gplac.robot.record import LATENESS_MS, Recorder, Summary, Tick, histogram, quantiles_ms

HZ = 20.0
PERIOD = 1 / HZ


@dataclass
class FakeClock:
    time_s: float = 1000.0

    def now(self) -> float:
        return self.time_s

    def sleep_until(self, time_s: float) -> None:
        self.time_s = max(self.time_s, time_s)


@dataclass
class Slow:
    """A policy that counts, and takes as long as it is told to."""

    card: Card
    clock: FakeClock
    durations_s: list[float] = field(default_factory=list)
    scale: float = 1.0
    look_: Look | None = None
    calls: int = 0

    def look(self, image: np.ndarray, state: Any) -> Look:
        self.clock.time_s += self.durations_s[self.calls] if self.calls < len(self.durations_s) else 0.001
        self.calls += 1
        return self.look_ or Look(np.full(ACTION, self.scale * self.calls, np.float32), None, None)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def slow(policy: Policy, clock: FakeClock) -> Slow:
    return Slow(policy.card, clock)


def robot(slow: Slow, *faults: str) -> MockRobot:
    return MockRobot(synthetic_frames(slow.card), HZ, slow.clock, [Fault.parse(fault) for fault in faults])


def test_ticks_lie_on_a_grid_whatever_they_take(slow: Slow, clock: FakeClock) -> None:
    ticks: list[Tick] = []
    slow.durations_s = [0.001, 0.049, 0.03, 0.0, 0.01] * 20
    mock = robot(slow)
    summary = run(slow, mock, Settings(HZ, 100), clock, [ticks.append])
    assert [tick.number for tick in ticks] == list(range(100))
    assert [tick.time_s for tick in ticks] == pytest.approx([i * PERIOD for i in range(100)])
    assert all(tick.lateness_s == pytest.approx(0, abs=1e-9) for tick in ticks)
    assert (summary.reason, summary.missed, summary.ticks) == ("finished", 0, 100)
    assert [action[0] for action in mock.sent] == list(range(1, 101))
    assert mock.stops == 1


def test_a_late_action_is_replaced_by_the_last_one_and_the_grid_is_kept(slow: Slow, clock: FakeClock) -> None:
    ticks: list[Tick] = []
    slow.durations_s = [0.01, 0.01, 2.5 * PERIOD, 0.01]
    mock = robot(slow)
    summary = run(slow, mock, Settings(HZ, 8), clock, [ticks.append])
    # Ticks 2 and 3 were over when the third answer came; tick 4 begins half a period late.
    assert [tick.number for tick in ticks] == [0, 1, 2, 4, 5, 6, 7]
    assert [tick.missed for tick in ticks] == [0, 0, 2, 0, 0, 0, 0]
    assert ticks[3].lateness_s == pytest.approx(PERIOD / 2)
    assert [action[0] for action in mock.sent] == [1, 2, 2, 4, 5, 6, 7]
    assert (summary.missed, summary.ticks, summary.reason) == (2, 7, "finished")


def test_nothing_is_sent_before_the_first_action_is_in_time(slow: Slow, clock: FakeClock) -> None:
    slow.durations_s = [1.5 * PERIOD, 0.01]
    mock = robot(slow)
    run(slow, mock, Settings(HZ, 3), clock)
    assert [action[0] for action in mock.sent] == [2, 3]


def test_late_may_mean_stop(slow: Slow, clock: FakeClock) -> None:
    slow.durations_s = [0.01, 0.01, 1.1 * PERIOD]
    mock = robot(slow)
    summary = run(slow, mock, Settings(HZ, 50, late="stop"), clock)
    assert summary.reason == "late" and "Tick 2" in summary.detail
    assert [action[0] for action in mock.sent] == [1, 2] and mock.stops == 1


def test_a_policy_that_is_always_too_slow_is_stopped(slow: Slow, clock: FakeClock) -> None:
    slow.durations_s = [1.2 * PERIOD] * 50
    mock = robot(slow)
    summary = run(slow, mock, Settings(HZ, 50, max_late=4), clock)
    assert (summary.reason, summary.ticks, mock.sent, mock.stops) == ("late", 4, [], 1)


class Waiting(MockRobot):
    """A robot that keeps the loop waiting at each call."""

    observe_s = send_s = 0.0

    def observe(self) -> Observation:
        self.clock.sleep_until(self.clock.now() + self.observe_s)
        return super().observe()

    def send(self, action: np.ndarray) -> None:
        self.clock.sleep_until(self.clock.now() + self.send_s)
        super().send(action)


@pytest.mark.parametrize("late", ["repeat", "stop"])
@pytest.mark.parametrize(
    ("observe_ms", "policy_ms", "send_ms", "listener_ms", "said"),
    [
        (120, 8, 0, 0, r"observe\(\) takes 120 ms of 50 \(the policy 8, .*\): let a thread read the camera"),
        (20, 63, 0, 0, r"the policy takes 63 ms of 50 \(observe\(\) 20, .*\): run it at a lower rate"),
        (
            1,
            8,
            120,
            0,
            r"send\(\) takes 120 ms of 50 \(the policy 8, observe\(\) 1, .*\): let it return at once",
        ),
        (1, 8, 2, 90, r"all else takes 90 ms of 50 \(the policy 8, send\(\) 2, .*\): close other"),
    ],
)
def test_a_loop_that_is_late_says_what_it_waited_for(
    slow: Slow, clock: FakeClock, late: Any, observe_ms: float, policy_ms: float, send_ms: float,
    listener_ms: float, said: str,
) -> None:  # fmt: skip
    mock = Waiting(synthetic_frames(slow.card), HZ, clock)
    slow.durations_s = [0.001] + [policy_ms / 1e3] * 50  # the first turn is in time
    ticks: list[Tick] = []

    def listen(tick: Tick) -> None:
        ticks.append(tick)
        clock.time_s += listener_ms / 1e3
        mock.observe_s = observe_ms / 1e3

    mock.send_s = send_ms / 1e3
    summary = run(slow, mock, Settings(HZ, 100, late=late, alarm="off"), clock, [listen])
    assert summary.reason == "late" and re.search(said, summary.detail), summary.detail
    assert summary.detail.startswith(
        "Tick 1 was late by" if late == "stop" else "10 turns on end were late: "
    )
    assert [ticks[1].observe_s, ticks[1].inference_s] == pytest.approx([observe_ms / 1e3, policy_ms / 1e3])
    assert ticks[0].send_s == pytest.approx(send_ms / 1e3)


def test_what_turns_in_time_took_is_blamed_for_no_late_one(slow: Slow, clock: FakeClock) -> None:
    mock = Waiting(synthetic_frames(slow.card), HZ, clock)
    mock.observe_s = 0.04
    slow.durations_s = [0.001] * 20 + [0.06] * 50

    def listen(tick: Tick) -> None:
        if tick.number == 19:
            mock.observe_s = 0.0

    detail = run(slow, mock, Settings(HZ, 100), clock, [listen]).detail
    assert "the policy takes 60 ms of 50 (observe() 0, send() 0, all else 0)" in detail


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, r"observe\(\) returned NoneType where an Observation\(image, state, time_s\) is needed"),
        ((0, 1, 2.0), r"observe\(\) returned tuple where an Observation\(image, state, time_s\) is needed"),
        (Observation, "observe.* returned type where"),
        ({"time_s": None}, r"time_s is NoneType where a number is needed: what time.monotonic\(\) was"),
        ({"time_s": "now"}, "time_s is str where a number is needed"),
        ({"state": [[1, 2], [3]]}, "5 numbers in a row, .* not rows of different lengths"),
        ({"state": None}, "has to hold numbers"),
        ({"image": None}, "numpy array .* not NoneType"),
    ],
)
def test_what_is_no_observation_is_refused_and_the_robot_stopped(
    policy: Policy, clock: FakeClock, found: Any, said: str
) -> None:
    class Wrong(MockRobot):
        def observe(self) -> Observation:
            seen = super().observe()
            return replace(seen, **found) if isinstance(found, dict) else found

    mock = Wrong(synthetic_frames(policy.card), HZ, clock)
    with pytest.raises(UserError, match=said):
        run(policy, mock, Settings(HZ, 3), clock)
    assert mock.stops == 1 and mock.sent == []


def test_a_time_may_be_any_kind_of_number(policy: Policy, clock: FakeClock) -> None:
    class Dated(MockRobot):
        def observe(self) -> Observation:
            seen = super().observe()
            return replace(seen, time_s=np.float64(seen.time_s))

    mock = Dated(synthetic_frames(policy.card), HZ, clock)
    assert run(policy, mock, Settings(HZ, 3, alarm="off"), clock).reason == "finished"


def test_a_run_without_a_timely_action_is_none_and_misses_no_more_ticks_than_it_has(
    slow: Slow, clock: FakeClock
) -> None:
    slow.durations_s = [2.5 * PERIOD] * 50
    mock = robot(slow)
    summary = run(slow, mock, Settings(HZ, 5), clock)
    assert (summary.reason, summary.missed, mock.sent, mock.stops) == ("late", 5, [], 1)
    assert "none was sent: the policy takes 125 ms of 50" in summary.detail


def test_a_late_picture_costs_ticks_and_a_frozen_camera_stops(slow: Slow, clock: FakeClock) -> None:
    mock = robot(slow, "late@3", "frozen@10")
    summary = run(slow, mock, Settings(HZ, 100, max_image_age_s=0.2), clock)
    assert summary.reason == "stale camera" and summary.missed == 3
    # Observation 10 is the last new picture; 4 periods later it is 0.2 s old, and one more is too much.
    assert slow.calls == 15 and mock.stops == 1


def test_pictures_that_are_cropped_are_told_of_once(policy_file: Path, clock: FakeClock) -> None:
    policy, told = Policy.load(policy_file, resize=True), list[str]()
    frames = synthetic_frames(policy.card)
    tall = frames._replace(images=frames.images.repeat(2, axis=1))
    run(policy, MockRobot(tall, HZ, clock), Settings(HZ, 3, alarm="off"), clock, warn=told.append)
    assert len(told) == 1 and "top and bottom are cut off" in told[0]


def test_a_picture_of_another_clock_is_refused(slow: Slow, clock: FakeClock) -> None:
    class OtherClock(MockRobot):
        def observe(self) -> Observation:
            return replace(super().observe(), time_s=1.7e9)

    mock = OtherClock(synthetic_frames(slow.card), HZ, clock)
    with pytest.raises(UserError, match="monotonic"):
        run(slow, mock, Settings(HZ, 3), clock)
    assert mock.stops == 1 and mock.sent == []


def test_an_exception_stops_the_robot_and_is_raised_again(slow: Slow, clock: FakeClock) -> None:
    mock, ends = robot(slow, "error@7"), list[Summary]()
    with pytest.raises(UserError, match="cannot be reached"):
        run(slow, mock, Settings(HZ, 100), clock, ended=ends.append)
    assert mock.stops == 1 and len(mock.sent) == 7
    assert [(end.reason, end.ticks) for end in ends] == [("error", 7)]

    def defect(tick: Tick) -> None:
        raise ZeroDivisionError

    mock = robot(slow)
    with pytest.raises(ZeroDivisionError):
        run(slow, mock, Settings(HZ, 100), clock, [defect])
    assert mock.stops == 1


def test_an_action_that_is_no_number_is_not_sent(slow: Slow, clock: FakeClock) -> None:
    slow.look_ = Look(np.array([0.0, np.nan, 0.0], np.float32), None, None)
    mock = robot(slow)
    assert run(slow, mock, Settings(HZ, 5), clock).reason == "not finite"
    assert mock.sent == [] and mock.stops == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_after_its_tick(slow: Slow, clock: FakeClock, number: int) -> None:
    def press(tick: Tick) -> None:
        if tick.number == 5:
            os.kill(os.getpid(), number)

    before, mock = signal.getsignal(number), robot(slow)
    summary = run(slow, mock, Settings(HZ), clock, [press])
    assert (summary.reason, summary.ticks, len(mock.sent), mock.stops) == ("interrupted", 6, 6, 1)
    assert signal.getsignal(number) is before


def test_a_robot_that_hangs_is_left_by_a_second_ctrl_c_but_stopping_is_not_interrupted(
    slow: Slow, clock: FakeClock
) -> None:
    class Hanging(MockRobot):
        def observe(self) -> Observation:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("still hanging")

        def stop(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            super().stop()

    mock = Hanging(synthetic_frames(slow.card), HZ, clock)
    assert run(slow, mock, Settings(HZ), clock).reason == "interrupted"
    assert mock.stops == 1


def test_strange_pictures_on_end_raise_the_alarm(slow: Slow, clock: FakeClock) -> None:
    known = Familiar(100, ((5.0, 5.0),), ((1.0, 1.0),), 2.0, 0.9, (0.0,) * ACTION, (1.0,) * ACTION)
    slow.card = replace(slow.card, familiar=known)
    action, told = np.zeros(ACTION, np.float32), list[str]()

    def settled(points: list[float], present: float, alarm: Any) -> Summary:
        slow.look_ = Look(action, np.array([points], np.float32), present)
        return run(slow, robot(slow), Settings(HZ, 20, alarm=alarm), clock, warn=told.append)

    assert settled([5.0, 7.0], 0.6, "stop").reason == "finished" and told == []
    far = settled([5.0, 9.0], 0.99, "stop")
    assert (far.reason, far.ticks, far.strange) == ("alarm", 10, 10) and "points" in far.detail
    absent = settled([5.0, 5.0], 0.3, "warn")
    assert (absent.reason, absent.strange, absent.alarms) == ("finished", 20, 1)
    assert len(told) == 1 and "0.30" in told[0]
    assert settled([5.0, 9.0], 0.3, "off").strange == 0


def test_actions_are_limited_and_counted(slow: Slow, clock: FakeClock) -> None:
    limits = Limits.symmetric((4.0,), (10.0,))
    slow.scale, mock = 2.0, robot(slow)
    summary = run(slow, mock, Settings(HZ, 6, limits=limits), clock)
    assert [float(action[0]) for action in mock.sent] == pytest.approx([2.0, 2.5, 3.0, 3.5, 4.0, 4.0])
    assert summary.limited == 5


@settings(deadline=None)
@given(
    action=st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3),
    last=st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3),
    limit=st.floats(1, 50),
    rate=st.floats(0.1, 100),
)
def test_no_limited_action_leaves_its_bounds(
    action: list[float], last: list[float], limit: float, rate: float
) -> None:
    before = np.array(last, np.float32)
    found = Limits.symmetric((limit,), (rate,)).apply(np.array(action, np.float32), before, 0.05)
    assert (np.abs(found) <= limit * (1 + 1e-6)).all()
    assert (np.abs(found - before) <= rate * 0.05 + 1e-5).all()
    assert Limits().apply(np.array(action, np.float32), before, 0.05).tolist() == np.float32(action).tolist()


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        (Settings(0), "Hz"),
        (Settings(float("nan")), "Hz"),
        (Settings(HZ, 0), "one tick"),
        (Settings(HZ, max_late=0), "late"),
        (Settings(HZ, max_image_age_s=0), "age"),
        (Settings(HZ, limits=Limits.symmetric((1.0, 2.0))), "one number, or 3"),
        (Settings(HZ, limits=Limits(rate=(0.0,))), "positive"),
        (Settings(HZ, limits=Limits.symmetric((float("nan"),))), "finite"),
        (Settings(HZ, limits=Limits((1.0,), (0.0,))), "above"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    slow: Slow, clock: FakeClock, settings: Settings, part: str
) -> None:
    mock = robot(slow)
    with pytest.raises(UserError, match=part):
        run(slow, mock, settings, clock)
    assert mock.sent == [] and mock.stops == 1


def test_durations_are_counted_in_bins_that_belong_to_their_upper_edge() -> None:
    found = histogram([0.0, 0.0005, 0.000501, 0.1, 0.1001, 3.0])
    assert sum(found.values()) == 6 and len(found) == len(LATENESS_MS) + 1
    assert (found["<=0.5"], found["<=1"], found["<=100"], found[">100"]) == (2, 1, 1, 2)
    assert quantiles_ms([]) == {"p50": None, "p99": None, "max": None}
    assert quantiles_ms([0.001, 0.002, 0.003])["p50"] == 2.0


def test_the_log_holds_every_tick_and_the_summary_adds_up(
    slow: Slow, clock: FakeClock, tmp_path: Path
) -> None:
    import json

    slow.durations_s = [0.01] * 5 + [0.12] + [0.02] * 10
    with Recorder(tmp_path / "log") as recorder:
        run(
            slow,
            robot(slow),
            Settings(HZ, 10),
            clock,
            [recorder.tick],
            ended=lambda summary: recorder.finish(summary, slow.card),
        )
    lines = [json.loads(line) for line in (tmp_path / "log" / "ticks.jsonl").read_text().splitlines()]
    summary = json.loads((tmp_path / "log" / "summary.json").read_text())
    assert [line["tick"] for line in lines] == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    assert lines[5]["missed"] == 2 and lines[5]["inference_ms"] == pytest.approx(120)
    assert {lines[5]["observe_ms"], lines[5]["send_ms"]} == {0.0}
    assert summary["observe_ms"] == summary["send_ms"] == {"p50": 0.0, "p99": 0.0, "max": 0.0}
    assert lines[5]["sent"] == lines[4]["sent"] == [5.0] * ACTION
    assert summary["ticks"] == 9 and summary["missed"] == sum(line["missed"] for line in lines)
    assert summary["inference_ms"]["p50"] == pytest.approx(10, abs=10.1)
    assert sum(summary["lateness_ms"]["histogram"].values()) == 9
    assert summary["policy"]["weights_sha256"] == slow.card.weights_sha256 and summary["provenance"]
    with pytest.raises(UserError, match="another run"):
        Recorder(tmp_path / "log")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file, and a log is a folder: name another one"):
        Recorder(tmp_path / "file")
    with pytest.raises(UserError, match="Cannot write"):
        Recorder(tmp_path / "file" / "log")


def test_each_tick_is_on_the_disk_before_the_next_one(slow: Slow, clock: FakeClock, tmp_path: Path) -> None:
    """So that a killed run keeps its last ones."""
    found: list[int] = []
    with Recorder(tmp_path) as recorder:

        def count(tick: Tick) -> None:
            found.append(len((tmp_path / "ticks.jsonl").read_text().splitlines()))

        run(slow, robot(slow), Settings(HZ, 3), clock, [recorder.tick, count])
    assert found == [1, 2, 3]


def test_a_disk_that_takes_no_more_ticks_stops_the_robot_in_a_sentence(
    slow: Slow, clock: FakeClock, tmp_path: Path
) -> None:
    mock = robot(slow)

    def recorded() -> None:
        with Recorder(tmp_path) as recorder:
            recorder._file.close()
            recorder._file = Path("/dev/full").open("a", buffering=1)  # noqa: SIM115
            finish = partial(recorder.finish, card=slow.card)
            run(slow, mock, Settings(HZ, 3), clock, [recorder.tick], ended=finish)

    with pytest.raises(UserError, match=r"ticks\.jsonl: No space left"):
        recorded()
    assert mock.stops == 1 and (tmp_path / "ticks.jsonl").exists()
    assert "No space left" in (tmp_path / "summary.json").read_text()


def test_a_robot_that_there_is_not_spoils_no_log(
    policy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = str(tmp_path / "log")
    with pytest.raises(SystemExit):
        main(["robot", "run", str(policy_file), "--robot", "no_such_robot:connect", "--log", log])
    assert "no_such_robot" in capsys.readouterr().err
    main(["robot", "run", str(policy_file), "--robot", "mock", "--hz", "1", "--seconds", "1", "--log", log])
    assert (tmp_path / "log" / "summary.json").exists()


def test_the_mock_is_the_same_each_time(policy: Policy) -> None:
    def states() -> np.ndarray:
        clock = FakeClock()
        mock = MockRobot(synthetic_frames(policy.card), HZ, clock)
        run(policy, mock, Settings(HZ, 30), clock)
        return np.array([mock.state, *([mock.sent[-1].tolist() + [0.0] * (STATE - ACTION)])])

    assert states().tolist() == states().tolist()

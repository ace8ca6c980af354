"""A policy in Gymnasium environments of several kinds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_env import HEIGHT, WIDTH, SquareEnv

from gplac.env_runs import file_name
from gplac.errors import UserError
from gplac.evaluation.gym import Reader, Sizes, evaluate_env, make_env, reader
from gplac.evaluation.statistics import wilson

SIZES = Sizes(WIDTH, HEIGHT, 3, 2)


def seeing(images: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Goes where the square is, if that is in the left half of the picture; else nowhere."""
    assert images.shape == (1, HEIGHT, WIDTH, 3) and images.dtype == np.uint8 and states.dtype == np.float32
    row, column = np.argwhere(images[0, ..., 0] > 200).min(axis=0)
    return np.array([[column / 4, row / 4]] if column < WIDTH // 2 else [[99.0, 99.0]], np.float32)


@pytest.mark.parametrize("kind", ["dict", "state"])
def test_success_is_counted_as_info_tells_it(kind: str) -> None:
    env = SquareEnv(observation=kind, render_mode="rgb_array")
    found = evaluate_env(seeing, env, reader(env, SIZES), episodes=20, seed=5)
    left = []
    for seed in range(5, 25):
        env.reset(seed=seed)
        left.append(bool(env.corner[0] < WIDTH // 2))
    assert found["outcomes"] == left and 0 < sum(left) < 20
    assert found["successes"] == sum(left) and found["success_rate"] == sum(left) / 20
    interval = wilson(sum(left), 20)
    assert found["interval95"] == [interval.low, interval.high]
    assert found["lengths"] == [1] * 20 and found["success_by"] == "info"
    assert min(found["returns"]) > -11, "actions are clipped to the environment's bounds"
    assert evaluate_env(seeing, env, reader(env, SIZES), episodes=20, seed=5) == found


def test_without_a_word_of_success_the_return_may_decide() -> None:
    env = SquareEnv(tells=False)
    found = evaluate_env(seeing, env, reader(env, SIZES), episodes=8)
    assert found["successes"] is found["interval95"] is found["outcomes"] is found["success_by"] is None
    decided = evaluate_env(seeing, env, reader(env, SIZES), episodes=8, success_return=-0.5)
    assert decided["outcomes"] == [total >= -0.5 for total in found["returns"]]
    assert decided["success_by"] == "return"


def test_success_that_is_told_only_when_it_happens_is_counted() -> None:
    class OnlyThen(SquareEnv):
        def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
            *rest, info = super().step(action)
            return (*rest, info if info["is_success"] else {})  # type: ignore[return-value]

    found, usual = (
        evaluate_env(seeing, env, reader(env, SIZES), episodes=20, seed=5)
        for env in (OnlyThen(), SquareEnv())
    )
    assert 0 < usual["successes"] < 20 and found["outcomes"] == usual["outcomes"]
    assert (found["success_told"], usual["success_told"]) == (usual["successes"], 20)


def test_entries_are_found_by_name_or_by_being_the_only_ones() -> None:
    env = SquareEnv(names=("front_camera", "joints"))
    assert reader(env, SIZES) == Reader("front_camera", "joints", False, SIZES)
    assert reader(env, SIZES, "front_camera", "joints") == reader(env, SIZES)
    alone = Sizes(WIDTH, HEIGHT, 1, 2)
    picture = SquareEnv(observation="picture")
    read = reader(picture, alone)
    image, state = read(picture, picture.reset(seed=0)[0])
    assert image.shape == (1, HEIGHT, WIDTH, 3) and state.tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("settings", "sizes", "keys", "part"),
    [
        ({}, Sizes(64, 56, 3, 2), {}, "20x16 pixels, and the policy was trained on 64x56"),
        ({}, Sizes(WIDTH, HEIGHT, 3, 7), {}, "the policy's 7 numbers"),
        ({}, Sizes(WIDTH, HEIGHT, 17, 2), {}, "the state"),
        ({}, Sizes(WIDTH, HEIGHT, 17, 2), {"state": "state"}, "3 numbers, and the policy was trained on 17"),
        ({}, SIZES, {"image": "camera"}, "camera is no image"),
        ({"observation": "picture"}, SIZES, {}, "pictures alone"),
        ({"observation": "state", "state_size": 4}, SIZES, {}, "hold no picture"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(
    settings: dict[str, Any], sizes: Sizes, keys: dict[str, str], part: str
) -> None:
    with pytest.raises(UserError, match=part):
        reader(SquareEnv(**settings, render_mode="rgb_array"), sizes, **keys)


def test_a_rendered_picture_of_another_size_is_refused() -> None:
    env = SquareEnv(observation="state", width=24, render_mode="rgb_array")
    with pytest.raises(UserError, match="the policy was trained on"):
        evaluate_env(seeing, env, reader(env, SIZES), 1)


def test_actions_that_are_not_finite_are_said_in_one_sentence() -> None:
    env = SquareEnv()
    with pytest.raises(UserError, match=r"answered with \[nan, 0.0\]"):
        evaluate_env(lambda images, states: np.array([[np.nan, 0.0]]), env, reader(env, SIZES), 1)


def test_environments_are_made_by_name_and_module() -> None:
    env = make_env("own_env:tests/Square-v0", {"width": 24})
    assert env.observation_space["image"].shape == (HEIGHT, 24, 3)
    assert env.render_mode == "rgb_array"
    for name in ("Nowhere-v0", "no_such_module:Env-v0"):
        with pytest.raises(UserError, match="cannot be made"):
            make_env(name, {})
    with pytest.raises(UserError, match="cannot be made"):
        make_env("own_env:tests/Square-v0", {"depth": 3})


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("def (", r"SyntaxError: .*torn.py"),
        ("raise RuntimeError('no licence')", r"\(RuntimeError: no licence\), torn.py line 1\. Name one"),
        ("open('nowhere.xml')", r"\(FileNotFoundError: .*nowhere.xml'\), torn.py line 1"),
    ],
)
def test_an_environment_whose_own_code_fails_is_told_with_its_line(
    module: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "torn.py").write_text(module)
    with pytest.raises(UserError, match=f"torn:Env-v0 cannot be made .*{told}"):
        make_env("torn:Env-v0", {})


def test_a_picture_of_another_size_is_told_by_where_it_comes_from() -> None:
    env = SquareEnv(width=24)
    read = Reader("image", "state", False, SIZES)
    with pytest.raises(UserError, match=r"In the environment image is .*24.* wrap the environment"):
        read(env, env.reset()[0])


def test_no_two_environments_share_a_file() -> None:
    some: list[tuple[str, dict[str, Any]]] = [
        ("ns/Reach-v0", {}),
        ("ns:Reach-v0", {}),
        ("ns-Reach-v0", {}),
        ("E-v0", {"a": 1}),
        ("E-v0", {"a": "1"}),
        ("E-v0", {"a": True}),
        ("E-v0", {"a": "True"}),
        ("E-v0-a=1", {}),
        ("E-v0", {"a": "1-b=2"}),
        ("E-v0", {"a": "1", "b": 2}),
        ("E-v0" + "x" * 100, {}),
        ("E-v0" + "x" * 101, {}),
    ]
    names = [file_name(*each) for each in some]
    assert len({*names}) == len(some) and not any("/" in name or ":" in name for name in names)
    assert names[2:4] == ["ns-Reach-v0", "E-v0-a=1"]
    assert file_name("E-v0", {"b": 1, "a": 2}) == file_name("E-v0", {"a": 2, "b": 1}) == "E-v0-a=2-b=1"


def test_seeds_and_returns_that_cannot_be_are_refused_before_an_episode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = SquareEnv()
    monkeypatch.delattr(SquareEnv, "reset")
    monkeypatch.delattr(SquareEnv, "step")
    with pytest.raises(UserError, match="first episode is -1; Gymnasium counts seeds from 0"):
        evaluate_env(seeing, env, reader(env, SIZES), 1, seed=-1)
    for number in (float("nan"), float("inf")):
        with pytest.raises(UserError, match=f"succeeds by is {number}; name a finite number"):
            evaluate_env(seeing, env, reader(env, SIZES), 1, success_return=number)


def test_no_episodes_and_endless_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    env = SquareEnv()
    with pytest.raises(UserError, match="at least one"):
        evaluate_env(seeing, env, reader(env, SIZES), 0)
    monkeypatch.setattr("gplac.evaluation.gym.MOST_STEPS", 50)
    monkeypatch.setattr(env, "step", lambda action: (env._observe(), 0.0, False, False, {}))
    with pytest.raises(UserError, match="did not end within 50 steps"):
        evaluate_env(seeing, env, reader(env, SIZES), 1)

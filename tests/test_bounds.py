"""The ceiling, the floor and the tolerance that policies are judged by."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gplac import bounds
from gplac.data.collect import collect_demonstrations
from gplac.evaluation.result import read_result
from gplac.experts.clones import Clone
from gplac.experts.expert import load_expert
from gplac.worlds.registry import task
from gplac.worlds.task import evaluation_state


@pytest.fixture(scope="module")
def demonstrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bounds") / "demos"
    collect_demonstrations(folder, "pusher", load_expert("pusher"), [("labelled", 0)], 10, 8, 8, workers=1)
    return folder


def test_ceiling_and_floor_are_results(
    demonstrations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clones: dict[int, Clone] = {}

    def noted(task: str, clone: Clone, *scenes: Any) -> Any:
        clones[len(clones)] = clone
        return roll_out(task, clone, *scenes)

    roll_out = bounds.roll_out
    monkeypatch.setattr(bounds, "roll_out", noted)
    found = bounds.measure_bounds("pusher", demonstrations, "validation", 2, 3, tmp_path, "smoke")
    states, here, there = (
        np.zeros((1, 17), np.float32),
        np.zeros((1, 2), np.float32),
        np.full((1, 2), 0.1, np.float32),
    )
    for order, (name, told) in enumerate((("ceiling", True), ("floor", False))):
        assert (clones[order](states, here) != clones[order](states, there)).any() == told
        result = read_result(tmp_path / f"{name}-seed0.json")
        assert result == found[name]
        assert result["labelled_images"] == 10 * 100
        assert result["training"]["steps"] == 20  # of preset smoke, which is for tests
        assert (result["method"], result["episodes"], result["split"]) == (name, 6, "validation")


def test_who_is_told_wrong_fails_more_often(
    demonstrations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "ERRORS_M", (0.0, 0.2))
    told, roll_out = [], bounds.roll_out
    monkeypatch.setattr(
        bounds,
        "roll_out",
        lambda task, clone, *a: told.append((clone.with_object, a[-1])) or roll_out(task, clone, *a),
    )
    found = bounds.measure_tolerance("pusher", demonstrations, "validation", 60, tmp_path, "smoke")
    assert [with_object for with_object, _ in told] == [True, True]
    assert not told[0][1].any() and 0.1 < told[1][1].std() < 0.3
    assert json.loads((tmp_path / "tolerance-seed0.json").read_text()) == found
    assert found["errors_m"] == [0.0, 0.2]
    assert found["expert"][0] >= 50 > found["expert"][1]


def test_a_clone_is_told_the_place_plus_the_error() -> None:
    told = []

    def clone(states: np.ndarray, places: np.ndarray) -> np.ndarray:
        told.append(places)
        return np.zeros((len(states), 7), np.float32)

    error = np.array([[0.1, 0.0], [0.0, -0.2]], np.float32)
    for each in (0.0, error):
        bounds.roll_out("pusher", clone, "validation", 1, 2, each)
    steps = task("pusher").episode_steps
    np.testing.assert_allclose(told[steps] - told[0], error, atol=1e-6)


def test_clones_start_where_policies_do() -> None:
    def still(states: np.ndarray, _: np.ndarray) -> np.ndarray:
        return np.zeros((len(states), 7), np.float32)

    found = bounds.roll_out("pusher", still, "validation", 2, 3)
    for scene, episode in np.ndindex(2, 3):
        start, _ = evaluation_state(task("pusher"), "validation", scene, episode)
        np.testing.assert_array_equal(found.qpos[scene, episode, 0], start)

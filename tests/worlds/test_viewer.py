"""`gplac view`: the scene that the window is given is the scene that was asked for."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from gplac.errors import UserError
from gplac.worlds import sawyer
from gplac.worlds.registry import task, task_names
from gplac.worlds.splits import scene
from gplac.worlds.viewer import show


def window(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands for a screen; holds model and data once a window is opened."""
    viewer, given = pytest.importorskip("mujoco.viewer"), []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("glfw.init", lambda: True)
    monkeypatch.setattr(viewer, "launch", lambda model, data: given.extend((model, data)))
    return given


@pytest.mark.parametrize("name", task_names())
def test_the_window_gets_the_scene_at_the_start_of_an_episode(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    given = window(monkeypatch)
    show(name, "validation", 3)
    model, data = given
    what = task(name)
    assert what.distance(data.qpos) > what.success_m
    place = data.body(what.stage.object.body).xpos[:2]
    np.testing.assert_allclose(place, what.object_xy(data.qpos), atol=1e-9)
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "thing0") >= 0


def test_servos_hold_the_arm_where_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    given = window(monkeypatch)
    show("mug_push", "validation", 0)
    model, data = given
    start = data.qpos.copy()
    for _ in range(200):
        mujoco.mj_step(model, data)
    np.testing.assert_allclose(data.qpos[:7], start[:7], atol=0.02)


def test_the_window_gets_ones_own_robot_and_one_factor_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = sawyer._built()
    own.worldbody.first_body().name = "mine"
    own.compile()
    (tmp_path / "own.xml").write_text(own.to_xml())
    given = window(monkeypatch)
    show("mug_push", "validation", 3, vary="camera", robot_model=tmp_path / "own.xml")
    model, _ = given
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "sawyer/mine") >= 0
    np.testing.assert_allclose(model.cam_pos[0], scene("mug_push", "validation", 3).camera.position)
    count = sum(model.body(i).name.startswith("thing") for i in range(model.nbody))
    assert count == len(scene("mug_push", "labelled", 0).distractors)


@pytest.mark.skipif(sys.platform != "linux", reason="screens are named so on Linux alone")
def test_a_screen_that_cannot_be_opened_is_one_sentence() -> None:
    pytest.importorskip("mujoco.viewer")
    hidden = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-m", "gplac.cli", "view", "pusher"],
        env={**hidden, "DISPLAY": ":971"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "screen :971" in line and "gplac scenes pusher" in line


def test_a_machine_without_a_screen_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match="gplac scenes pusher --split test"):
        show("pusher", "test", 0)


def test_a_scene_or_start_that_there_is_not_is_not_shown() -> None:
    with pytest.raises(UserError, match="no episode -1; starts are numbered from 0"):
        show("pusher", "test", 0, episode=-1)
    with pytest.raises(UserError, match="40 scenes, 0 to 39; there is no scene 40"):
        show("pusher", "test", 40)

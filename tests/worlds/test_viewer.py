"""`gplac view`: the scene that the window is given is the scene that was asked for."""

from typing import Any

import mujoco
import numpy as np
import pytest

from gplac.errors import UserError
from gplac.worlds.registry import task, task_names
from gplac.worlds.viewer import show


@pytest.mark.parametrize("name", task_names())
def test_the_window_gets_the_scene_at_the_start_of_an_episode(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    viewer = pytest.importorskip("mujoco.viewer")
    given: list[Any] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(viewer, "launch", lambda model, data: given.extend((model, data)))
    show(name, "validation", 3)
    model, data = given
    what = task(name)
    assert what.distance(data.qpos) > what.success_m
    place = data.body(what.stage.object.body).xpos[:2]
    np.testing.assert_allclose(place, what.object_xy(data.qpos), atol=1e-9)
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "thing0") >= 0


def test_servos_hold_the_arm_where_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = pytest.importorskip("mujoco.viewer")
    given: list[Any] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(viewer, "launch", lambda model, data: given.extend((model, data)))
    show("mug_push", "validation", 0)
    model, data = given
    start = data.qpos.copy()
    for _ in range(200):
        mujoco.mj_step(model, data)
    np.testing.assert_allclose(data.qpos[:7], start[:7], atol=0.02)


def test_a_machine_without_a_screen_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match="gplac scenes pusher --split test"):
        show("pusher", "test", 0)


def test_a_scene_beyond_its_split_is_not_shown() -> None:
    with pytest.raises(UserError, match="40 scenes, 0 to 39; there is no scene 40"):
        show("pusher", "test", 40)

"""MuJoCo's Filament renderer hides what has to be hidden, or is refused with the reason that holds on this machine."""

import ctypes.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from gplac.cli import main
from gplac.data.collect import collect_weak
from gplac.data.manifest import MANIFEST, Manifest
from gplac.doctor import examine
from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds import filament
from gplac.worlds.registry import task
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene

WIDTH, HEIGHT = 128, 112
FAR_XY = np.array([30.0, 30.0])
VISIBLE = 12
"""Difference of a pixel, of 255, from which on it counts as changed."""

drawn = pytest.mark.skipif(
    bool(filament.missing()), reason=f"Filament cannot draw here: {filament.missing()}"
)


@pytest.fixture(scope="module", params=["pusher", "mug_push"])
def renderer(request: pytest.FixtureRequest) -> Iterator[SceneRenderer]:
    look = scene(request.param, "test", 2)
    with SceneRenderer(task(request.param), look, WIDTH, HEIGHT, renderer="filament") as one:
        yield one


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(int) - other).max(-1)


@drawn
def test_labels_are_true(renderer: SceneRenderer) -> None:
    for seed in range(3):
        shown, without = (renderer.weak(rng("fila", seed), present) for present in (True, False))
        mask = renderer.weak_mask(rng("fila", seed), present=True)
        assert mask.any()
        changed = _difference(shown, without)
        assert (changed[mask] > VISIBLE).mean() > 0.8
        assert changed[mask].mean() > 10 * changed[~mask].mean()


@drawn
def test_the_silhouette_is_the_classic_mask(renderer: SceneRenderer) -> None:
    # Without shadows, which reach beyond the silhouette.
    painter = renderer._painter
    assert painter is not None
    painter._request.shadows = False
    try:
        for seed in range(3):
            shown, without = (renderer.weak(rng("fila", seed), present) for present in (True, False))
            mask = renderer.weak_mask(rng("fila", seed), present=True)
            silhouette = _difference(shown, without) > VISIBLE
            assert (mask & silhouette).sum() / (mask | silhouette).sum() > 0.8
    finally:
        painter._request.shadows = True


@drawn
def test_a_hidden_object_leaves_no_trace_wherever_it_is(renderer: SceneRenderer) -> None:
    what = renderer._task
    for seed in range(3):
        qpos = renderer._shuffle(rng("trace", seed))
        renderer._show_object(False)
        here = renderer._draw(qpos, arm=False)
        np.testing.assert_array_equal(renderer._draw(what.with_object(qpos, FAR_XY), arm=False), here)
        renderer._show_object(True)
        assert (renderer._draw(qpos, arm=False) != here).any()


@drawn
def test_frames_show_the_arm_and_repeat_exactly_and_weak_images_do_not_show_it(
    renderer: SceneRenderer,
) -> None:
    qpos = renderer._task.reset(rng("start"))[0]
    frame = renderer.frame(qpos)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert 20 < frame.mean() < 235
    weak = renderer.weak(rng("between"), present=True)
    np.testing.assert_array_equal(renderer.frame(qpos), frame)
    np.testing.assert_array_equal(renderer.weak(rng("between"), present=True), weak)
    renderer._put_back()
    bent = qpos.copy()
    bent[:7] += 0.3
    with_arm = [renderer._draw(each, arm=True) for each in (qpos, bent)]
    without = [renderer._draw(each, arm=False) for each in (qpos, bent)]
    assert (with_arm[0] != with_arm[1]).any()
    np.testing.assert_array_equal(*without)


@drawn
def test_the_camera_and_the_lights_agree_with_the_classic_renderer(renderer: SceneRenderer) -> None:
    qpos = renderer._task.reset(rng("start"))[0]
    theirs = renderer.frame(qpos).mean(-1)
    painter, renderer._painter = renderer._painter, None
    classic = renderer.frame(qpos).mean(-1)
    renderer._painter = painter
    straight = np.corrcoef(theirs.ravel(), classic.ravel())[0, 1]
    turned = [
        np.corrcoef(theirs[::-1].ravel(), classic.ravel()),
        np.corrcoef(theirs[:, ::-1].ravel(), classic.ravel()),
    ]
    assert straight > 0.8
    assert straight > max(each[0, 1] for each in turned) + 0.1
    assert 0.5 < theirs.mean() / classic.mean() < 2


@drawn
def test_two_can_be_open_at_once() -> None:
    what = task("pusher")
    one, other = (
        SceneRenderer(what, scene("pusher", "test", index), 64, 56, renderer="filament") for index in (2, 5)
    )
    qpos = what.reset(rng("start"))[0]
    first, second = one.frame(qpos), other.frame(qpos)
    np.testing.assert_array_equal(one.frame(qpos), first)
    one.close()
    np.testing.assert_array_equal(other.frame(qpos), second)
    other.close()


@drawn
def test_a_data_set_says_what_drew_it_and_is_not_gone_on_with_by_another(tmp_path: Path) -> None:
    done = collect_weak(tmp_path, "pusher", [("weak", 0)], 2, 32, 28, workers=1, renderer="filament")
    assert done.manifest.request.renderer == "filament"
    assert done.manifest.fingerprints["renderer"] == filament.name()
    with pytest.raises(UserError, match="renderer classic instead of filament"):
        collect_weak(tmp_path, "pusher", [("weak", 0)], 2, 32, 28, workers=1)


def test_manifests_of_before_there_was_a_choice_were_drawn_by_the_classic_one(tmp_path: Path) -> None:
    collect_weak(tmp_path, "pusher", [("weak", 0)], 2, 32, 28, workers=1)
    content = json.loads((tmp_path / MANIFEST).read_text())
    assert content["request"].pop("renderer") == "classic"
    (tmp_path / MANIFEST).write_text(json.dumps(content))
    assert Manifest.read(tmp_path).request.renderer == "classic"
    assert collect_weak(tmp_path, "pusher", [("weak", 0)], 2, 32, 28, workers=1).drawn == 0


@pytest.mark.parametrize(
    ("python", "module", "vulkan", "starts", "said"),
    [
        ((3, 11), True, True, True, "needs Python 3.12 or newer.*mujoco-studio of one version.*==4.0.0"),
        ((3, 12), False, True, True, "pip install mujoco-studio"),
        ((3, 12), True, False, True, "libvulkan1"),
        ((3, 13), True, True, False, "does not start"),
        ((3, 13), True, True, True, ""),
    ],
)
def test_it_is_refused_for_the_first_thing_missing(
    monkeypatch: pytest.MonkeyPatch,
    python: tuple[int, int],
    module: bool,
    vulkan: bool,
    starts: bool,
    said: str,
) -> None:
    monkeypatch.setattr(sys, "version_info", (*python, 0))
    # None in its place is how Python says that there is no such module.
    for name in ("mujoco.mjrf", "mujoco.studio"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name) if module else None)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libvulkan.so.1" if vulkan else None)
    ended = subprocess.CompletedProcess([], 0 if starts else -6)
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: ended)
    if not said:
        return filament.require()
    with pytest.raises(UserError, match=said) as caught:
        filament.require()
    assert "--renderer classic" in str(caught.value)


@pytest.mark.skipif(not filament.missing(), reason="Filament is available here")
@pytest.mark.parametrize("verb", [["scenes"], ["collect", "demos"], ["collect", "weak"]])
def test_the_command_line_says_so_in_one_line_and_writes_nothing(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*verb, "pusher", "--renderer", "filament", "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "Filament" in line
    assert not list(tmp_path.iterdir())


def test_the_doctor_tells() -> None:
    (finding,) = [each for each in examine() if "Filament" in each.subject]
    assert finding.ok  # gplac works without it
    assert (filament.missing() or filament.name()) in finding.value

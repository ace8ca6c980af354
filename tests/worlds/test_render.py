"""What pictures show: the policy's view, weak images with and without the object, nothing that betrays a label."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds import gl
from gplac.worlds.arm import TABLE_HEIGHT_M
from gplac.worlds.registry import task, task_names
from gplac.worlds.render import SceneRenderer
from gplac.worlds.sheet import contact_sheet, tiled
from gplac.worlds.splits import scene
from gplac.worlds.task import Task

WIDTH, HEIGHT = 100, 88
PUSHER = task("pusher")
START = PUSHER.reset(rng("start"))[0]
REACHING = [0.9, 0.5, 0.0, -0.3, 0.0, -0.3, 0.0]
SAWYER_REACHING = np.array([0.0, -1.18, 0.0, 2.18, 0.0, 0.57, 3.3161])


@pytest.fixture(scope="module", params=task_names())
def what(request: pytest.FixtureRequest) -> Task:
    return task(request.param)


@pytest.fixture(scope="module")
def start(what: Task) -> np.ndarray:
    return what.reset(rng("start"))[0]


@pytest.fixture(scope="module")
def renderer(what: Task) -> SceneRenderer:
    return SceneRenderer(what, scene(what.name, "test", 2), WIDTH, HEIGHT)


def test_a_frame_is_a_picture_and_repeats_exactly(renderer: SceneRenderer, start: np.ndarray) -> None:
    image = renderer.frame(start)
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8
    assert 60 < image.mean() < 220
    renderer.weak(rng("between"), present=False)
    np.testing.assert_array_equal(renderer.frame(start), image)


@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_finer_drawing_shows_the_same_thing(supersample: int) -> None:
    look = scene("pusher", "test", 2)
    with (
        SceneRenderer(PUSHER, look, 50, 44, supersample) as one,
        SceneRenderer(PUSHER, look, 50, 44, 4) as other,
    ):
        difference = np.abs(one.frame(START).astype(int) - other.frame(START)).mean()
        assert difference < 8
        assert (one.mask(START) == other.mask(START)).mean() > 0.98


def test_the_arm_is_in_the_policys_view_and_in_no_weak_image(
    renderer: SceneRenderer, what: Task, start: np.ndarray
) -> None:
    pose = SAWYER_REACHING if what.name == "mug_push" else REACHING
    reaching = np.concatenate([pose, start[7:]])
    assert np.abs(renderer.frame(reaching).astype(int) - renderer.frame(start)).mean() > 1
    bare = renderer.weak(rng("bare"), present=True)
    renderer._rest[:7] = pose  # if the arm were drawn, this would show it elsewhere
    np.testing.assert_array_equal(renderer.weak(rng("bare"), present=True), bare)
    renderer._rest[:7] = 0.0


def test_the_mask_is_where_the_object_is(renderer: SceneRenderer, what: Task, start: np.ndarray) -> None:
    mask = renderer.mask(start)
    assert mask.shape == (HEIGHT, WIDTH)
    rows, columns = np.nonzero(mask)
    height = renderer._look.object_extent[1]
    middle = np.append(what.object_xy(start), TABLE_HEIGHT_M + height / 2)
    x, y = renderer._scene.camera.project(middle, WIDTH, HEIGHT)
    assert abs(columns.mean() - x) < 4
    assert abs(rows.mean() - y) < 4
    away = what.with_object(start, np.array([0.45, -0.05]))
    changed = np.abs(renderer.frame(start).astype(int) - renderer.frame(away)).max(-1) > 20
    assert changed[mask].mean() > 0.5


@pytest.mark.parametrize(
    ("name", "far_xy", "size", "columns", "pixels"),
    [
        ("pusher", (0.45, -0.35), (WIDTH, HEIGHT), 9, 80),
        ("striker", (0.15, 0.1), (64, 56), 10, 30),
        ("striker", (0.7, 0.1), (64, 56), 10, 30),
    ],
)
def test_the_object_of_every_scene_is_wide_enough_to_see(
    name: str, far_xy: tuple[float, float], size: tuple[int, int], columns: int, pixels: int
) -> None:
    what = task(name)
    far = what.with_object(what.reset(rng("start"))[0], np.array(far_xy))
    for index in range(5):
        with SceneRenderer(what, scene(name, "test", index), *size) as one:
            assert one.mask(far).any(0).sum() >= columns
            assert one.mask(far).sum() >= pixels


def test_weak_images_show_the_object_or_do_not(renderer: SceneRenderer) -> None:
    for seed in range(10):
        shown = renderer.weak_mask(rng("weak", seed), present=True)
        assert shown.sum() >= 60 * WIDTH * HEIGHT / (200 * 175)
        assert not shown[[0, -1]].any()
        assert not shown[:, [0, -1]].any()
        assert not renderer.weak_mask(rng("weak", seed), present=False).any()


def test_labels_differ_in_nothing_but_the_object(renderer: SceneRenderer) -> None:
    for seed in range(5):
        one, other = rng("pair", seed), rng("pair", seed)
        shown, without = renderer.weak(one, present=True), renderer.weak(other, present=False)
        mask = renderer.weak_mask(rng("pair", seed), present=True)
        changed = np.abs(shown.astype(int) - without).max(-1) > 12
        assert changed[mask].mean() > 0.6
        # What else changes is the object's shadow: darker, never brighter.
        outside = changed & ~_grown(mask)
        assert outside.mean() < 0.06
        brighter = shown.astype(int).sum(-1) > without.astype(int).sum(-1)
        assert brighter[outside].sum() <= 0.1 * outside.sum()
        assert one.random() == other.random()


def test_weak_positions_cover_the_table(renderer: SceneRenderer, what: Task) -> None:
    spots = np.array([what.object_xy(renderer._shuffle(rng("spread", i))) for i in range(60)])
    assert np.ptp(spots[:, 0]) > 0.35
    assert np.ptp(spots[:, 1]) > 0.4


def test_where_the_object_stands_is_told_as_the_picture_shows_it(
    renderer: SceneRenderer, start: np.ndarray
) -> None:
    """The middle of its foot, by the pixels that show it, wherever the camera of a weak image was."""
    size = np.array([WIDTH, HEIGHT])
    shown, told = [renderer.mask(start)], [renderer.seen_at(start)]
    for number in range(20):
        shown.append(renderer.weak_mask(rng("seen", number), present=True))
        told.append(renderer.seen_at(renderer._shuffle(rng("seen", number))))
    for mask, at in zip(shown, told, strict=True):
        column, row = (at + 0.5) * size
        rows, columns = np.nonzero(mask)
        assert columns.min() - 2 <= column <= columns.max() + 3
        assert rows.mean() <= row <= rows.max() + 3


def test_weak_images_are_taken_from_other_places_within_bounds(renderer: SceneRenderer) -> None:
    """By at most 3 cm along each axis and 3 degrees about it (section 6.1: small variations in the viewpoint)."""
    usual, cameras = renderer._scene.camera, []
    for number in range(30):
        renderer.weak(rng("viewpoint", number), present=True)
        cameras.append(renderer._view)
        drawn = renderer._model.cam_pos[renderer._camera.fixedcamid]
        np.testing.assert_allclose(drawn, renderer._view.position)
    moved = np.array([camera.position for camera in cameras]) - usual.position
    turned = np.array([camera.turn_deg for camera in cameras]) - usual.turn_deg
    for off, most in ((moved, 0.03), (turned, 3.0)):
        assert (np.abs(off) <= most + 1e-4).all()
        assert (np.abs(off).max(axis=0) > most / 2).all() and (off.min(axis=0) < 0).all()
    renderer.frame(renderer._rest)
    assert renderer._view == usual


def test_many_renderers_can_be_open_and_closed() -> None:
    looks = [scene("pusher", "test", index) for index in range(3)]
    opened = [SceneRenderer(PUSHER, look, 32, 28) for look in looks]
    before = [one.frame(START) for one in opened]
    opened[0].close()
    opened[0].close()
    for one, image in zip(opened[1:], before[1:], strict=True):
        np.testing.assert_array_equal(one.frame(START), image)
        one.close()
    with pytest.raises(RuntimeError, match="closed"):
        opened[0].frame(START)


def test_no_way_to_draw_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "_current", None)
    monkeypatch.setattr(gl, "_WAYS", ("nonesuch",))
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setenv("PYOPENGL_PLATFORM", "egl")
    with pytest.raises(UserError, match="libegl1 libopengl0 libgl1-mesa-dri libosmesa6"):
        gl.context()


@pytest.mark.parametrize("way", ["egl", "osmesa"])
@pytest.mark.parametrize("verb", [("scenes", "pusher"), ("collect", "weak", "pusher", "--preset", "smoke")])
def test_a_way_that_was_chosen_and_is_missing_is_a_sentence(
    tmp_path: Path, way: str, verb: tuple[str, ...]
) -> None:
    """A PyOpenGL that fails as the real one does without the library, already when MuJoCo is imported."""
    (tmp_path / "OpenGL").mkdir()
    (tmp_path / "OpenGL" / "__init__.py").write_text("raise AttributeError('no glGetError')")
    path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(
        [sys.executable, "-m", "gplac.cli", *verb, "--out", str(tmp_path / "out.png")],
        env={**os.environ, "PYTHONPATH": path, "MUJOCO_GL": way},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"gplac: MUJOCO_GL={way} is set") and done.stderr.count("\n") == 1
    assert "no glGetError" in done.stderr and "unset MUJOCO_GL" in done.stderr and "libosmesa6" in done.stderr


def test_a_chosen_way_that_opens_no_context_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "_current", None)
    monkeypatch.setattr(gl, "_WAYS", ("nonesuch",))
    monkeypatch.setenv("MUJOCO_GL", "nonesuch")
    monkeypatch.setenv("PYOPENGL_PLATFORM", "egl")
    with pytest.raises(UserError, match=r"MUJOCO_GL=nonesuch is set.*No module named.*unset MUJOCO_GL"):
        gl.context()


def test_a_contact_sheet_has_pictures_of_the_tasks_own_shape(
    what: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[object] = []
    monkeypatch.setattr("gplac.worlds.sheet.tiled", lambda *parts: drawn.extend(parts) or tiled(*parts))
    contact_sheet(what.name, "weak", tmp_path / "sheet.png", "negative", scenes=1)
    (picture,), (caption,), _ = drawn
    width, height = what.stage.size()
    assert picture.shape == (height, width, 3)  # type: ignore[attr-defined]
    assert caption.endswith(f", no {what.object_of_interest}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("count", [21, 0, -1])
def test_a_contact_sheet_shows_scenes_that_the_split_has(tmp_path: Path, count: int) -> None:
    with pytest.raises(UserError, match=r"validation split has 20 scenes.*ask for 1 to 20"):
        contact_sheet("pusher", "validation", tmp_path / "sheet.png", scenes=count)


@pytest.mark.parametrize("kind", ["view", "positive", "negative"])
def test_a_contact_sheet_is_written(tmp_path: Path, kind: str) -> None:
    out = contact_sheet("pusher", "test", tmp_path / "deep" / "sheet.png", kind, 2, 40, 35, scenes=3)  # type: ignore[arg-type]
    with Image.open(out) as image:
        assert image.width > 80
        assert image.height > 70
    assert [path.name for path in out.parent.iterdir()] == ["sheet.png"]


@pytest.mark.parametrize(("name", "kind"), [("a.webp", "WEBP"), ("a.JPG", "JPEG"), ("a.jpeg", "JPEG")])
def test_a_contact_sheet_is_the_kind_of_file_that_its_name_says(tmp_path: Path, name: str, kind: str) -> None:
    with Image.open(contact_sheet("pusher", "test", tmp_path / name, "view", 2, 40, 35, scenes=1)) as image:
        assert image.format == kind


def test_a_contact_sheet_of_another_kind_is_refused(tmp_path: Path) -> None:
    for name in ("sheet.bmp", "sheet"):
        with pytest.raises(UserError, match=f"{name}: a contact sheet is a PNG, WebP or JPEG file"):
            contact_sheet("pusher", "test", tmp_path / name, scenes=1)


def _grown(mask: np.ndarray) -> np.ndarray:
    """With the pixels next to it, which both show in part."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def test_weak_pictures_in_which_nothing_can_be_made_out_are_refused() -> None:
    with (
        SceneRenderer(task("pusher"), scene("pusher", "weak", 0), 1, 1) as renderer,
        pytest.raises(UserError, match="mug of weak scene 0 cannot be made out in pictures of 1x1 pixels"),
    ):
        renderer.weak(rng("tiny"), present=True)


def test_pictures_too_large_to_draw_are_refused() -> None:
    with pytest.raises(UserError, match="of 60000x8 pixels cannot be drawn here"):
        SceneRenderer(task("pusher"), scene("pusher", "weak", 0), 60_000, 8)

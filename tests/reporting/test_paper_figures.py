"""Our scenes laid out as the paper's figures: each picture is what training and policies get, at its place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from synthetic_run import synthetic_run

from gplac.config import preset
from gplac.data.draw import Look, close_renderer, is_present, weak_image
from gplac.errors import UserError
from gplac.evaluation.drawing import View
from gplac.models.network import Network
from gplac.reporting import architecture, paper_figures, pictures
from gplac.reporting.pictures import GAP
from gplac.runs import Run
from gplac.seeding import rng
from gplac.worlds.registry import task
from gplac.worlds.render import SceneRenderer
from gplac.worlds.scene import Scene
from gplac.worlds.splits import scene, split_size

WIDTH, HEIGHT = 32, 28


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_figures, "FIGURE_PRESET", "smoke")


def cells(whole: Image.Image, width: int, height: int) -> np.ndarray:
    """Pictures ``(rows, columns, height, width, 3)`` of a sheet."""
    pixels = np.asarray(whole).astype(int)
    rows, columns = (pixels.shape[0] + GAP) // (height + GAP), (pixels.shape[1] + GAP) // (width + GAP)
    assert pixels.shape[:2] == (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP)
    return np.stack([
        [pixels[i * (height + GAP) :, j * (width + GAP) :][:height, :width] for j in range(columns)]
        for i in range(rows)
    ])  # fmt: skip


def test_every_figure_is_written(tmp_path: Path) -> None:
    written = paper_figures.write_figures(tmp_path)
    assert {path.stem for path in written} == set(paper_figures.figures())
    for path in written:
        with Image.open(path) as image:
            assert image.format == "WEBP"
            assert np.asarray(image).std() > 10


def test_weak_images_are_those_of_a_data_set_with_the_object_above() -> None:
    found = cells(paper_figures.weak("striker", 3), WIDTH, HEIGHT)
    assert found.shape[:2] == (4, 3)
    last = split_size("striker", "weak") - 1
    for (row, column), index in {(0, 0): 0, (1, 2): last, (2, 0): 0, (3, 2): last}.items():
        number = 0 if row < 2 else 1
        assert is_present(number) == (row < 2)
        look = Look("striker", "weak", index, "standard", None, WIDTH, HEIGHT)
        np.testing.assert_array_equal(found[row, column], weak_image(look, paper_figures.SEED, number)[0])
    close_renderer()


def test_trajectories_go_on_from_left_to_right() -> None:
    found = cells(paper_figures.trajectories("pusher", columns=3), WIDTH, HEIGHT)
    assert found.shape[:2] == (1 + len(paper_figures.UNSEEN), 3)
    changes = np.abs(np.diff(found, axis=1)).mean((2, 3, 4))
    assert (changes > 1).all()
    # Rows are different scenes, so they differ more than the pictures of one.
    assert np.abs(found[0, 0] - found[1, 0]).mean() > changes[0].max()


def test_a_push_ends_with_the_mug_elsewhere() -> None:
    found = cells(paper_figures.pushes(), 32, 24)
    assert found.shape[:2] == (2, 4)
    assert (np.abs(np.diff(found, axis=1)).mean((2, 3, 4)) > 1).all()


def test_the_network_is_drawn_as_it_is() -> None:
    def network(**changes: object) -> Network:
        return Network(replace(preset("paper").network, **changes), 28, 32, 17, 7)

    paper = network()
    found = architecture.convolutions(paper)
    assert [layer.channels for layer in found] == [64, 64, 32, 32, 16]
    assert [layer.stride for layer in found] == [2, 1, 1, 1, 1]
    assert [layer.trained for layer in found] == [False, True, True, True, True]
    norm = ("batch", "norm", "ReLU")
    assert [layer.after for layer in found] == [("ReLU",), norm, norm, norm, ("ReLU",)]
    assert architecture.convolutions(network(norm_last=True))[-1].after == norm
    assert architecture.convolutions(network(first_layer="trained"))[0].trained
    assert architecture.units(paper.policy_head.layers) == [400, 400, 7]

    image = np.zeros((28, 32, 3), np.uint8)
    drawn = [
        np.asarray(architecture.architecture(each, image, image))
        for each in (paper, network(), network(policy_dropout=0.3), network(hidden=(400,)))
    ]
    assert drawn[0].shape == (950, 1920, 3) and drawn[0][0, 0].tolist() == [255, 255, 255]
    assert [np.array_equal(drawn[0], each) for each in drawn[1:]] == [True, False, False]


@pytest.mark.parametrize("name", ["pusher", "striker"])
def test_the_room_goes_on_as_far_as_the_camera_aside_sees(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is black, and the policy's view has the room that it always had."""
    what, labelled = task(name), scene(name, "labelled", 0)
    aside, start = replace(labelled, camera=paper_figures.ASIDE[name]), what.reset(rng("start"))[0]

    def seen(look: Scene) -> np.ndarray:
        with SceneRenderer(what, look, 200, 175) as renderer:
            return renderer.frame(start)

    views, room = [seen(labelled)], (seen(aside).max(axis=-1) == 0).sum()
    monkeypatch.setattr("gplac.worlds.assemble.ROOM_HALF_M", (2, 2))
    views.append(seen(labelled))
    np.testing.assert_array_equal(*views)
    assert room == 0 < (seen(aside).max(axis=-1) == 0).sum()


def test_an_unknown_figure_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"figure_2.*figure_9_pusher"):
        paper_figures.write_figures(tmp_path, ["figure_2"])
    assert not list(tmp_path.iterdir())


def test_feature_points_are_drawn_over_test_scenes_a_row_for_each_policy(tmp_path: Path) -> None:
    runs = [
        synthetic_run(tmp_path / method, method, 0.5, WIDTH, HEIGHT, scenes=1, count=1)
        for method in ("gplac", "att-1")
    ]
    (path,) = paper_figures.write_figures(tmp_path, ["figure_5_pusher"], runs)
    with Image.open(path) as image:
        assert image.format == "WEBP"
    found = cells(paper_figures.feature_points(runs, columns=3), 2 * WIDTH, 2 * HEIGHT)
    assert found.shape[:2] == (2, 3)
    where = View("pusher", WIDTH, HEIGHT), "test", 2
    start, _ = task("pusher").reset(rng("figure", "pusher", 2))
    scene_alone = pictures.draw_positions(*where, start[None], 2 * WIDTH, 2 * HEIGHT)[0]
    for row, run in enumerate(runs):
        policy = Run.open(run).policy()
        drawn = np.argwhere(np.abs(found[row, 2] - scene_alone).max(-1) > 20) / (2 * HEIGHT, 2 * WIDTH)
        points = policy.pixels(pictures.policy_view(*where, start)[None])[0]
        expected = (points + 0.5)[:, ::-1] / (HEIGHT, WIDTH)
        distances = np.linalg.norm(drawn[:, None] - expected, axis=-1)
        # Something is drawn at every point, and nothing elsewhere.
        assert (distances.min(axis=0) < 0.05).all() and (distances.min(axis=1) < 0.05).all()


def test_figure_5_says_which_runs_it_cannot_show(tmp_path: Path) -> None:
    plain = synthetic_run(tmp_path / "plain", "cnn-1", 0.5, WIDTH, HEIGHT, scenes=1, count=1)
    other = synthetic_run(tmp_path / "other", "gplac", 0.5, WIDTH, HEIGHT, scenes=1, count=1)
    with pytest.raises(UserError, match="--runs"):
        paper_figures.write_figures(tmp_path, ["figure_5_pusher"])
    with pytest.raises(UserError, match=r"not of that task: theirs is figure_5_pusher"):
        paper_figures.write_figures(tmp_path, ["figure_5_striker"], [other])
    with pytest.raises(UserError, match=r"plain has no feature points.*cnn-1"):
        paper_figures.feature_points([plain])
    wide = synthetic_run(tmp_path / "wide", "gplac", 0.5, 2 * WIDTH, HEIGHT, scenes=1, count=1)
    with pytest.raises(UserError, match=r"wide sees pictures of another shape than .*other: draw it alone"):
        paper_figures.feature_points([other, wide])
    told = other / "run.json"
    told.write_text(told.read_text().replace('"task": "pusher"', '"task": "striker"'))
    with pytest.raises(UserError, match="other is a run of striker, .*plain of pusher"):
        paper_figures.feature_points([plain, other])

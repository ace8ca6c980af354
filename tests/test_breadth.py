"""`gplac breadth` at its smallest: what is measured is of the scenes it names, and no scene left out is trained on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gplac import breadth
from gplac.data.collect import collect_weak
from gplac.data.manifest import Manifest
from gplac.errors import UserError
from gplac.evaluation import variety
from gplac.evaluation.drawing import View
from gplac.worlds.looks.breadth import STANDARD
from gplac.worlds.splits import scene, split_size

SCENES, IMAGES = 6, 14


@pytest.fixture(scope="module")
def weak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weak images of scenes 0 to 4 and 17 of the mug push; 0 and 17 have the same mug."""
    folder = tmp_path_factory.mktemp("breadth") / "weak"
    places = [("weak", index) for index in (0, 1, 2, 3, 4, 17)]
    collect_weak(folder, "mug_push", places, IMAGES, 32, 24, workers=1)
    return folder


@pytest.fixture
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variety, "split_size", lambda task, split: 3)


def test_the_file_is_as_promised_and_a_second_call_trains_nothing(
    weak: Path, tmp_path: Path, few_scenes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, runs = tmp_path / "breadth.json", tmp_path / "runs"
    found = breadth.measure_breadth("mug_push", weak, out, runs, folds=3, steps=3)
    assert json.loads(out.read_text()) == found
    held = [sorted(fold["scenes"]) for fold in found["left_out"]["folds"]]
    # Scenes with one mug are left out together, each scene once.
    assert sorted(index for fold in held for index in fold) == [0, 1, 2, 3, 4, 17]
    assert [fold for fold in held if 0 in fold] == [fold for fold in held if 17 in fold]
    assert found["left_out"]["objects"] == 5
    for fold in found["left_out"]["folds"]:
        assert {row["scene"] for row in fold["left_out"]} == set(fold["scenes"])
        assert {row["scene"] for row in fold["trained_on"]} == {0, 1, 2, 3, 4, 17} - set(fold["scenes"])
        assert all(row["images"] == IMAGES for row in fold["left_out"])
    weights = {path: path.read_bytes() for path in runs.rglob("weights.safetensors")}
    assert len(weights) == 3
    again = breadth.measure_breadth("mug_push", weak, out, runs, folds=3, steps=3)
    assert again["left_out"] == found["left_out"]
    assert {path: path.read_bytes() for path in weights} == weights
    with pytest.raises(UserError, match="another preset"):
        breadth.measure_breadth("mug_push", weak, out, runs, folds=3, steps=4)
    with pytest.raises(UserError, match="for 0 steps"):
        breadth.measure_breadth("mug_push", weak, out, runs, folds=3, steps=0)


def test_nothing_of_a_scene_left_out_is_trained_on(
    weak: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[set[int], int]] = []
    real: Callable[..., Any] = breadth.fit

    def spy(method: Any, settings: Any, demonstrations: Any, images: Any, *args: Any, **kwargs: Any) -> Any:
        trained.append((set(images.scene.tolist()), len(images.images)))
        return real(method, settings, demonstrations, images, *args, **kwargs)

    monkeypatch.setattr(breadth, "fit", spy)
    found = breadth.leave_out(weak, Manifest.read(weak).request, tmp_path, 2, 2)
    kept = round(breadth.KEPT_SHARE * IMAGES)
    for (seen, images), fold in zip(trained, found["folds"], strict=True):
        assert not seen & set(fold["scenes"])
        assert images == len(seen) * (IMAGES - kept)
        assert all(row["images"] == kept for row in fold["trained_on"])


def test_what_is_drawn_is_what_the_scenes_have() -> None:
    found = variety.drawn(View("pusher", 32, 28), "validation")
    looks = [scene("pusher", "validation", i) for i in range(split_size("pusher", "validation"))]
    counts = [len(look.distractors) for look in looks]
    assert found["numbers"]["distractors"] == {
        "least": min(counts), "median": np.median(counts), "most": max(counts),
    }  # fmt: skip
    assert sum(found["kinds"]["distractor"].values()) == sum(counts)
    assert sum(found["kinds"]["object hue"].values()) == len(looks)
    low, high = STANDARD.brightness
    # Lamps are tinted, so their luminance may differ a little from their brightness.
    assert (
        low - 0.05
        < found["numbers"]["brightness"]["least"]
        <= found["numbers"]["brightness"]["most"]
        < high + 0.05
    )
    low, high = STANDARD.ambient_share
    share = found["numbers"]["ambient share"]
    assert low - 1e-3 < share["least"] <= share["most"] < high + 1e-3
    low, high = STANDARD.light_elevation_deg
    elevation = found["numbers"]["shadow's elevation deg"]
    assert low - 0.1 < elevation["least"] <= elevation["most"] < high + 0.1


@pytest.mark.parametrize(
    ("colour", "hue"),
    [((0.9, 0.9, 0.85), "none"), ((0.9, 0.1, 0.1), "red"), ((0.9, 0.9, 0.1), "yellow"), ((0.1, 0.8, 0.2), "green"),
     ((0.1, 0.8, 0.8), "cyan"), ((0.1, 0.2, 0.8), "blue"), ((0.8, 0.1, 0.8), "magenta")],
)  # fmt: skip
def test_hues_have_their_names(colour: tuple[float, float, float], hue: str) -> None:
    assert variety._hue(colour) == hue


def test_scenes_are_farther_apart_than_views_of_one(few_scenes: None) -> None:
    found = variety.picture_distances(View("pusher", 32, 28), ("weak", "test"))
    assert found["view"]["between"]["weak"] > found["view"]["within"]["weak"] > 0
    assert len(found["view"]["nearest"]["test"]) == 3


def test_distances_are_those_of_the_definition() -> None:
    a, b = (np.random.default_rng(i).random((3, 2, 12)).astype(np.float32) for i in (1, 2))
    expected = [[np.mean([np.sqrt(np.mean((x[s] - y[s]) ** 2)) for s in range(2)]) for y in b] for x in a]
    np.testing.assert_allclose(variety._apart(a, b), expected, rtol=1e-6)
    assert variety._mean_of_pairs(np.array([[0.0, 2.0], [4.0, 0.0]])) == 3.0
    assert variety._mean_of_pairs(np.zeros((1, 1))) is None


def test_unfit_requests_are_explained(weak: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="weak images of mug_push.*gplac collect weak pusher|name weak images of pusher"
    ):
        breadth.measure_breadth("pusher", weak, tmp_path / "b.json", tmp_path)
    with pytest.raises(UserError, match="5 objects of interest.*9 folds"):
        breadth.measure_breadth("mug_push", weak, tmp_path / "b.json", tmp_path, folds=9)
    assert not (tmp_path / "b.json").exists()

"""Nothing leaks: unseen scenes are made of nothing that training saw, and a weak label is true of its pixels."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gplac.data.draw import Look, close_renderer, is_present, renderer_of, weak_image
from gplac.seeding import rng
from gplac.worlds.looks import packs, textures
from gplac.worlds.looks.breadth import LEVELS
from gplac.worlds.registry import task, task_names
from gplac.worlds.scene import Scene
from gplac.worlds.splits import factors, scene, split_size

UNSEEN = ("validation", "test")
SEEN_PIXELS = 60
"""Of 200x175: what a positive at least shows of the object of interest."""
FAR_XY = np.array([5.0, 5.0])

every_task = pytest.mark.parametrize("name", task_names())
indices = st.integers(0, 500)
levels = st.sampled_from(sorted(LEVELS))


def designs(look: Scene) -> set[str]:
    """What each thing and surface of a scene is made of, whatever it is called: shape, colours and paint."""
    stage, folder = task(look.task).stage, Path()
    things = [stage.object.parts(look.object, folder), stage.companion.parts(look.companion, folder)]
    things += [packs.distractor_parts(each, folder) for each in look.distractors]
    found = {hashlib.sha256(textures.pixels(each).tobytes()).hexdigest()
             for each in (look.table.texture, look.room.wall, look.room.floor)}  # fmt: skip
    for parts in things:
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part.mesh.vertices.tobytes() + repr(part.colour).encode())
            digest.update(b"" if part.paint is None else part.paint.tobytes())
        found.add(digest.hexdigest())
    return found


@every_task
@settings(max_examples=25, deadline=None)
@given(split=st.sampled_from(UNSEEN), one=indices, other=indices, seen_at=levels, unseen_at=levels)
def test_unseen_scenes_hold_no_asset_of_training(
    name: str, split: str, one: int, other: int, seen_at: str, unseen_at: str
) -> None:
    """Also between levels, and beyond the scenes that splits have."""
    unseen = scene(name, split, other, unseen_at)
    assert not scene(name, "labelled", 0, seen_at).assets() & unseen.assets()
    assert not scene(name, "weak", one, seen_at).assets() & unseen.assets()


@every_task
def test_unseen_scenes_look_like_none_of_training(name: str) -> None:
    """Not only are assets called differently: no shape with its paint, and no texture, is there twice."""
    seen = set().union(*(designs(scene(name, "weak", i)) for i in range(split_size(name, "weak"))))
    for split in UNSEEN:
        for i in range(split_size(name, split)):
            assert not seen & designs(scene(name, split, i)), f"{split} {i}"


@every_task
def test_what_is_looked_for_in_training_scenes_would_be_found(name: str) -> None:
    """The check above can fail: it finds what one scene lends another."""
    for factor in set(factors(name)) - {"light", "camera"}:
        lent = scene(name, "test", 3, vary=factor)
        assert designs(lent) & designs(scene(name, "test", 3)), factor
        assert designs(lent) & designs(scene(name, "labelled", 0)), factor


@every_task
@settings(max_examples=40, deadline=None)
@given(data=st.data(), number=st.integers(0, 10_000), seed=st.integers(0, 3))
def test_a_weak_label_is_true_of_the_pixels(name: str, data: st.DataObject, number: int, seed: int) -> None:
    """At the paper's size, by segmentation of the very picture that a data set would hold."""
    index = data.draw(st.integers(0, split_size(name, "weak") - 1), label="scene")
    width, height = task(name).stage.size()
    look = Look(name, "weak", index, "standard", None, width, height)
    try:
        renderer = renderer_of(look)
        keys = ("weak", name, seed, "weak", index, number)
        image, qpos, _ = weak_image(look, seed, number)
        shown = renderer.weak_mask(rng(*keys), is_present(number))
        np.testing.assert_array_equal(renderer.weak(rng(*keys), is_present(number)), image)
        # The object may only be felt in a picture where it is: put it elsewhere, and look again.
        np.testing.assert_array_equal(qpos, renderer._shuffle(rng(*keys)))
        renderer._show_object(is_present(number))
        np.testing.assert_array_equal(renderer._draw(qpos, arm=False), image)
        elsewhere = renderer._draw(task(name).with_object(qpos, FAR_XY), arm=False)
    finally:
        close_renderer()
    if is_present(number):
        assert shown.sum() >= SEEN_PIXELS * width * height / (200 * 175)
        assert not np.array_equal(elsewhere, image)
    else:
        assert not shown.any()
        np.testing.assert_array_equal(elsewhere, image)

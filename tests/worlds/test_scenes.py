"""Scenes are functions of their names, splits share nothing, and looks leave the physics alone."""

import subprocess
import sys
from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path

import mujoco
import numpy as np
import pytest

from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds import layout
from gplac.worlds.arm import TABLE_HEIGHT_M
from gplac.worlds.assemble import assemble
from gplac.worlds.looks import balls, cups, distractors, mugs, shapes
from gplac.worlds.looks.breadth import LEVELS, STANDARD
from gplac.worlds.looks.palettes import surface_colours
from gplac.worlds.looks.textures import FAMILIES, SIZE, Texture, pixels
from gplac.worlds.registry import task, task_names
from gplac.worlds.scene import Scene
from gplac.worlds.splits import NOTHING, SPLITS, factors, scene, split_size

every_task = pytest.mark.parametrize("name", task_names())


@every_task
@pytest.mark.parametrize("level", LEVELS)
def test_a_scene_survives_json(name: str, level: str) -> None:
    look = scene(name, "test", 5, level)
    assert Scene.from_json(look.to_json()) == look


@every_task
def test_another_process_draws_the_same_scene(name: str) -> None:
    code = f"from gplac.worlds.splits import scene; print(scene({name!r}, 'validation', 3).to_json())"
    text = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert Scene.from_json(text) == scene(name, "validation", 3)


@every_task
def test_the_labelled_scene_is_the_first_weak_one(name: str) -> None:
    assert scene(name, "labelled", 0) == scene(name, "weak", 0)


@every_task
def test_scenes_of_one_split_differ(name: str) -> None:
    # The mug push has weak scenes that share mugs and backgrounds, as the paper's do.
    split = "test" if name == "mug_push" else "weak"
    looks = [scene(name, split, i) for i in range(8)]
    for one, other in combinations(looks, 2):
        assert not one.assets() & other.assets()


@every_task
def test_splits_share_no_asset(name: str) -> None:
    owned: dict[str, set[str]] = {}
    for split in ("weak", "validation", "confirmation", "test"):
        owned[split] = {
            each for i in range(split_size(name, split)) for each in scene(name, split, i).assets()
        }
    assert all(not owned[one] & owned[other] for one, other in combinations(owned, 2))


@every_task
def test_confirmation_goes_on_where_validation_ends(name: str) -> None:
    first = scene(name, "confirmation", 0)
    assert (first.stream, first.index) == ("validation", split_size(name, "validation"))


@every_task
def test_one_factor_can_vary_alone(name: str) -> None:
    labelled, other = scene(name, "labelled", 0), scene(name, "validation", 4)
    places = {"stream": other.stream, "index": other.index}
    assert scene(name, "validation", 4, vary=NOTHING) == replace(labelled, **places)
    for factor, field in factors(name).items():
        found = scene(name, "validation", 4, vary=factor)
        assert found != replace(labelled, **places), factor
        assert found == replace(labelled, **places, **{field: getattr(found, field)}), factor
        if field == "table":  # where it ends stays, for the things on it do
            top = {"texture": other.table.texture, "gloss": other.table.gloss}
            assert found.table == replace(labelled.table, **top)
        elif field == "distractors":  # these are placed anew
            kept = {replace(thing, x=0.0, y=0.0) for thing in other.distractors}
            assert {replace(thing, x=0.0, y=0.0) for thing in found.distractors} & kept
        else:
            assert getattr(found, field) == getattr(other, field), factor
    told_apart = {field.name for field in fields(Scene)} - {"task", "stream", "index", "level", "pack"}
    assert set(factors(name).values()) == told_apart
    with pytest.raises(UserError, match=r"weather.*camera, nothing \(or, for gplac evaluate, each\)"):
        scene(name, "validation", 4, vary="weather")


@pytest.mark.parametrize(
    ("split", "index", "level", "word"),
    [
        ("holdout", 0, "standard", "holdout"),
        ("labelled", 1, "standard", "labelled"),
        ("test", -1, "standard", "-1"),
        ("test", 0, "hell", "hell"),
    ],
)
def test_wrong_names_are_explained(split: str, index: int, level: str, word: str) -> None:
    with pytest.raises(UserError, match=word):
        scene("pusher", split, index, level)


@every_task
def test_looks_leave_the_physics_alone(name: str) -> None:
    what = task(name)
    plain = what.physics().compile()
    dressed = assemble(what, scene(name, "test", 0), 64, 56).model
    for name in ("nq", "nv", "nu"):
        assert getattr(plain, name) == getattr(dressed, name)
    np.testing.assert_allclose(dressed.body_mass.sum(), plain.body_mass.sum(), rtol=1e-12)
    states = []
    for model in (plain, dressed):
        data = mujoco.MjData(model)
        data.qpos[:], data.qvel[:] = what.reset(rng("physics"))
        contacts = 0
        for step in range(100):
            data.ctrl[:] = np.sin(np.arange(model.nu) + step / 10)
            mujoco.mj_step(model, data)
            contacts += data.ncon
        states.append((data.qpos.copy(), contacts))
    np.testing.assert_allclose(states[0][0], states[1][0], atol=1e-9)
    assert states[0][1] == states[1][1]


@every_task
@pytest.mark.parametrize("level", LEVELS)
def test_distractors_keep_clear(name: str, level: str) -> None:
    for index in range(6):
        look = scene(name, "weak", index, level)
        assert len(look.distractors) >= 2
        discs = []
        for thing in look.distractors:
            radius, _ = shapes.extent(distractors.parts(thing))
            assert layout.clear_of_field(thing.x, thing.y, radius, task(name).stage.field)
            assert layout.on_table(thing.x, thing.y, radius, look.table)
            assert layout.apart(thing.x, thing.y, radius, discs, gap=0.0)
            discs.append((thing.x, thing.y, radius))


@every_task
@pytest.mark.parametrize("split", SPLITS)
def test_nothing_stands_on_the_goal_or_on_a_straight_way_to_it(name: str, split: str) -> None:
    """The mug is pushed, and the ball rolls, between a start and the field's companion."""
    field = task(name).stage.field
    starts = rng("ways", name).uniform(*np.transpose([field.x, field.y]), (200, 2))
    share = np.linspace(0, 1, 60)[:, None, None]
    ways = (share * field.companion + (1 - share) * starts).reshape(-1, 2)
    for index in range(split_size(name, split)):
        for thing in scene(name, split, index).distractors:
            radius, _ = shapes.extent(distractors.parts(thing))
            to_ways = np.linalg.norm(ways - (thing.x, thing.y), axis=1) - radius
            to_goal = np.hypot(thing.x - field.companion[0], thing.y - field.companion[1]) - radius
            assert to_ways.min() > field.reach_m - 0.005, (index, thing.kind)
            assert to_goal > 0.1, (index, thing.kind)


@every_task
@pytest.mark.parametrize("split", ["validation", "test"])
def test_whatever_varies_alone_things_stay_on_the_table_and_out_of_the_way(name: str, split: str) -> None:
    field, fewest, most = task(name).stage.field, *STANDARD.distractors
    for index in range(split_size(name, split)):
        for factor in ("table", "distractors"):
            look = scene(name, split, index, vary=factor)
            assert fewest - 1 <= len(look.distractors) <= most
            for thing in look.distractors:
                radius, height = shapes.extent(distractors.parts(thing))
                assert layout.on_table(thing.x, thing.y, radius, look.table), (index, factor, thing.kind)
                hidden = layout.hides(look.camera, layout.outline(thing.x, thing.y, radius, height), field)
                assert hidden < 0.05, (index, factor, thing.kind)


@every_task
def test_the_camera_shows_the_whole_field(name: str) -> None:
    field = task(name).stage.field
    for index in range(20):
        camera = scene(name, "test", index).camera
        for x in field.x:
            for y in field.y:
                assert layout.in_view(camera, layout.outline(x, y, field.reach_m - 0.005, 0.08))
        assert layout.in_view(camera, layout.outline(*field.companion, 0.08, 0.0))


def test_a_mug_is_wide_enough_everywhere() -> None:
    field = task("pusher").stage.field
    for index in range(20):
        camera = scene("pusher", "test", index).camera
        for x in field.x:
            for y in field.y:
                ends = np.array([[x - 0.05, y, TABLE_HEIGHT_M + 0.05], [x + 0.05, y, TABLE_HEIGHT_M + 0.05]])
                left, right = camera.project(ends, 100, 88)[:, 0]
                assert abs(right - left) >= 11


@every_task
def test_projection_agrees_with_the_simulators_camera(name: str) -> None:
    look = scene(name, "test", 1)
    model = assemble(task(name), look, 64, 56).model
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    mujoco.mj_camlight(model, data)
    np.testing.assert_allclose(data.cam_xmat[0].reshape(3, 3), look.camera.rotation(), atol=1e-6)
    camera = task(name).stage.camera
    np.testing.assert_allclose(camera.project(np.array(camera.target), 200, 175), [100, 87.5], atol=1e-9)


def test_mugs_fit_the_physics_cylinder_but_for_their_handles() -> None:
    for index in range(30):
        mug = mugs.draw(rng("mug", index), index, STANDARD)
        radius, height = shapes.extent(mugs.parts(replace(mug, handle="none")))
        assert 0.038 <= radius <= mugs.WIDEST_M + 1e-6
        assert 0.08 <= height <= 0.121


def test_captions_are_words() -> None:
    mug, cup = mugs.draw(rng("mug"), 0, STANDARD), cups.draw(rng("cup"), 0, STANDARD)
    assert {replace(mug, decoration=name).caption for name in mugs.DECORATIONS} == {
        "plain mug", "mug with bands", "two-tone mug", "dipped mug", "dotted mug", "mug with a logo", "striped mug",
        "speckled mug",
    }  # fmt: skip
    assert replace(cup, decoration="stripes", shape="tapered").caption == "striped tapered cup"
    assert replace(cup, decoration="bands", shape="round").caption == "round cup with bands"
    assert replace(mug, file="meshes/mug/blue.obj").caption == "blue mug"


def test_cups_leave_the_ball_the_room_that_the_physics_gives_it() -> None:
    walls = task("striker").physics().compile()
    where = walls.geom_pos[walls.geom_bodyid == walls.body("cup").id]
    assert np.hypot(where[:, 0], where[:, 1]).max() < cups.INSIDE_M
    shapes_seen = set()
    for index in range(30):
        cup = cups.draw(rng("cup", index), index, STANDARD)
        parts = cups.parts(cup)
        radius, height = shapes.extent(parts)
        assert 0.08 <= radius <= 0.13
        assert height == pytest.approx(cup.height)
        above = np.concatenate([part.mesh.vertices for part in parts])
        above = above[above[:, 2] > cups.FLOOR_M]
        assert np.abs(above[:, :2]).max(1).min() > 0.05  # nothing stands within,
        assert above[:, 1].min() > -0.02  # nor in front
        shapes_seen.add(cup.shape)
    assert shapes_seen == set(cups.SHAPES)


@pytest.mark.parametrize("paint", balls.PAINTS)
def test_balls_have_the_physics_size_and_their_paints(paint: str) -> None:
    ball = replace(balls.draw(rng("ball"), 3, STANDARD), paint=paint)
    (part,) = balls.parts(ball)
    radius, height = shapes.extent([part])
    assert radius == pytest.approx(balls.RADIUS_M, rel=0.02)
    assert height == pytest.approx(2 * balls.RADIUS_M, rel=0.02)
    colours = 1 if part.paint is None else len(np.unique(part.paint.reshape(-1, 3), axis=0))
    assert colours == (1 if paint == "plain" else 2)


@pytest.mark.parametrize("kind", distractors.KINDS)
def test_every_kind_of_distractor_stands_on_the_table(kind: str) -> None:
    stage = task("striker").stage
    for index in range(5):
        thing = distractors.draw(rng(kind, index), index, STANDARD, stage.distractors, stage.lookalikes)
        thing = replace(thing, kind=kind)
        parts = distractors.parts(thing)
        lowest = min(part.mesh.vertices[:, 2].min() for part in parts)
        radius, height = shapes.extent(parts)
        assert -0.005 < lowest < 0.005
        assert 0.01 < radius < 0.12
        assert 0.005 < height < 0.3
        for part in parts:
            np.testing.assert_allclose(np.linalg.norm(part.mesh.normals, axis=1), 1.0, atol=1e-6)
            assert 0 <= part.mesh.faces.min() <= part.mesh.faces.max() < len(part.mesh.vertices)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_texture_is_a_picture_without_seams(family: str) -> None:
    ground, pattern = surface_colours(rng("colours"), family, STANDARD)
    image = pixels(Texture(family, 7, ground, pattern, 0.8, 0.6, 0.0)).astype(float)
    assert image.shape == (SIZE, SIZE, 3)
    assert image.std() > 0.5
    inner = np.abs(np.diff(image, axis=1)).mean((0, 2))
    seam = np.abs(image[:, 0] - image[:, -1]).mean()
    assert seam <= inner.max() + 2.0


def test_importing_looks_does_not_load_torch() -> None:
    code = "import sys, gplac.worlds.render; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path.cwd())

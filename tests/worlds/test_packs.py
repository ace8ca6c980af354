"""A user's own pictures and meshes, and what is said of those that cannot be used."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import EpsImagePlugin, Image

from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.looks import packs, shapes
from gplac.worlds.looks.distractors import Distractor
from gplac.worlds.registry import task
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "LICENSE.txt").write_text("CC0")
    (tmp_path / "textures").mkdir()
    Image.fromarray(np.full((20, 30, 3), (250, 0, 250), np.uint8)).save(tmp_path / "textures" / "pink.png")
    for category, thing in (
        ("mug", trimesh.creation.cylinder(radius=30, height=80)),
        ("toy", trimesh.creation.icosphere(2, 5.0)),
    ):
        folder = tmp_path / "meshes" / category
        folder.mkdir(parents=True)
        thing.export(folder / f"one.{'stl' if category == 'toy' else 'obj'}")
    return tmp_path


def test_a_packs_pictures_and_meshes_are_used(pack: Path) -> None:
    look = scene("pusher", "test", 0, assets=pack)
    assert look.object.file == "meshes/mug/one.obj"
    assert {thing.file for thing in look.distractors} == {"meshes/toy/one.stl"}
    assert "texture/textures/pink.png" in look.assets()
    pusher = task("pusher")
    with SceneRenderer(pusher, look, 50, 44) as renderer:
        image = renderer.weak(rng("pack"), present=True).astype(int)
        assert renderer.weak_mask(rng("pack"), present=True).any()
        assert renderer.mask(pusher.reset(rng("pack"))[0]).any()
    pink = (image[..., 0] > image[..., 1] + 60) & (image[..., 2] > image[..., 1] + 60)
    assert pink.mean() > 0.5


def test_a_packs_mugs_are_things_like_others_where_a_cup_is_the_object(pack: Path) -> None:
    things = [thing for i in range(4) for thing in scene("striker", "test", i, assets=pack).distractors]
    assert {thing.file for thing in things} == {"meshes/toy/one.stl", "meshes/mug/one.obj"}


def test_a_packs_mug_has_the_physics_size(pack: Path) -> None:
    radius, height = shapes.extent(packs.mug_parts(scene("pusher", "test", 0, assets=pack).object, pack))
    assert height == pytest.approx(0.1, rel=0.01)
    assert radius <= 0.053


def test_half_a_pack_is_enough(pack: Path) -> None:
    for path in (pack / "meshes").glob("*/*"):
        path.unlink()
    look = scene("pusher", "test", 0, assets=pack)
    assert not look.object.file
    assert look.table.texture.file == "textures/pink.png"


def test_without_a_pack_nothing_changes(pack: Path) -> None:
    with_pack, without = scene("pusher", "test", 1, assets=pack), scene("pusher", "test", 1)
    assert with_pack.object.colour == without.object.colour
    assert not without.pack


def _no_folder(pack: Path) -> Path:
    return pack / "nowhere"


def _no_licence(pack: Path) -> Path:
    (pack / "LICENSE.txt").unlink()
    return pack


def _nothing(pack: Path) -> Path:
    for path in [*pack.glob("textures/*"), *pack.glob("meshes/*/*")]:
        path.unlink()
    return pack


def _bad_picture(pack: Path) -> Path:
    (pack / "textures" / "bad.png").write_bytes(b"not a picture")
    return pack


def _postscript(pack: Path) -> Path:
    """Reading it would start Ghostscript."""
    Image.new("RGB", (8, 8)).save(pack / "textures" / "script.png", "EPS")
    return pack


def _bad_mesh(pack: Path) -> Path:
    (pack / "meshes" / "toy" / "bad.obj").write_bytes(b"\x00\xff not a mesh")
    return pack


def _short_faces(pack: Path) -> Path:
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
    (pack / "meshes" / "toy" / "faces.obj").write_text(corners + "f 1 2\nf 1 3\n")
    return pack


def _flat_mesh(pack: Path) -> Path:
    (pack / "meshes" / "toy" / "flat.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    return pack


def _slanted_sheet(pack: Path) -> Path:
    corners = "v 0 0 0\nv 1 0 1\nv 0 1 1\nv 1 1 2\n"
    (pack / "meshes" / "toy" / "sheet.obj").write_text(corners + "f 1 2 3\nf 2 4 3\n")
    return pack


def _endless_mesh(pack: Path) -> Path:
    trimesh.creation.box((1e30, 1e30, 1e30)).export(pack / "meshes" / "toy" / "endless.obj")
    return pack


def _huge_mesh(pack: Path) -> Path:
    trimesh.creation.icosphere(6).export(pack / "meshes" / "toy" / "huge.stl")
    return pack


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_folder, "not a folder"),
        (_no_licence, "licence"),
        (_nothing, "holds neither"),
        (_bad_picture, "bad.png"),
        (_postscript, "script.png; save it again as PNG or JPEG"),
        (_bad_mesh, "bad.obj"),
        (
            _short_faces,
            "faces.obj: a vertex is not three numbers, a face not three or more .* early; export it again",
        ),
        (_flat_mesh, "flat.obj"),
        (_slanted_sheet, "sheet.obj is empty or flat"),
        (_endless_mesh, "endless.obj is"),
        (_huge_mesh, "triangles"),
    ],
)
def test_a_bad_pack_is_explained_in_a_sentence(pack: Path, spoil: object, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        scene("pusher", "test", 0, assets=spoil(pack))  # type: ignore[operator]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("kind", "drawn"), [("PNG", True), ("EPS", False)])
def test_a_meshs_picture_is_read_only_if_it_is_one(
    pack: Path, kind: str, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("Ghostscript"))
    folder = pack / "meshes" / "toy"
    Image.new("RGB", (8, 8), "red").save(folder / "paint.png", kind)
    (folder / "one.mtl").write_text("newmtl paint\nmap_Kd paint.png\n")
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 0\nvt 0 1\nmtllib one.mtl\nusemtl paint\n"
    faces = "f 1/1 3/2 2/3\nf 1/1 2/2 4/3\nf 1/1 4/2 3/3\nf 2/1 3/2 4/3\n"
    (folder / "painted.obj").write_text(corners + faces)
    thing = Distractor("toy", 0, (0, 0, 1), (0, 0, 1), 1.0, 0.0, 0.0, 0.0, "meshes/toy/painted.obj")
    (part,) = packs.distractor_parts(thing, pack)
    assert (part.paint is not None) == drawn


def test_a_mug_that_fits_into_no_picture_is_explained(pack: Path) -> None:
    trimesh.creation.box((1.0, 5000.0, 1.0)).export(pack / "meshes" / "mug" / "one.obj")
    with (
        SceneRenderer(task("pusher"), scene("pusher", "test", 0, assets=pack), 50, 44) as renderer,
        pytest.raises(UserError, match="finds no place in view"),
    ):
        renderer.weak(rng("pack"), present=True)

"""Asset packs: a folder of a user's own pictures and meshes, drawn in place of the procedural looks.

::

    PACK/LICENSE                       what others may do with it (any name that starts with LICENSE or LICENCE)
    PACK/textures/*.png|jpg|jpeg       tables, walls and floors
    PACK/meshes/<category>/*.obj|stl   things on the table, z up, in any unit; category ``mug``: mugs to push

A pack may hold textures, meshes or both; what it lacks stays procedural. Its files serve every split alike: to train on
a pack and test on unseen assets, use two packs.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from gplac.errors import UserError
from gplac.worlds.looks import distractors, mugs, shapes, textures
from gplac.worlds.looks.distractors import Distractor
from gplac.worlds.looks.mugs import Mug
from gplac.worlds.looks.palettes import Colour
from gplac.worlds.looks.shapes import Floats, Part
from gplac.worlds.looks.textures import Pixels, Texture

PICTURES, MESHES = (".png", ".jpg", ".jpeg"), (".obj", ".stl")
FORMATS = ("PNG", "JPEG")
"""Of pictures, by content: what else Pillow reads may ask other programs for help, which strangers' files shall not."""
MOST_TRIANGLES = 20_000
SMALLEST, LARGEST = 1e-6, 1e9
"""How large meshes may be, in whatever units; they are scaled."""
MUG_HEIGHT_M, MUG_WIDTH_M = 0.10, 0.104
"""The physics' cylinder, and the widest that a mug's wall may be."""
THING_M = 0.11
"""Longest edge of a distractor's bounding box, before its own scale."""


@dataclass(frozen=True)
class Pack:
    """What an asset pack offers; paths are relative to its folder."""

    folder: Path
    textures: tuple[str, ...]
    meshes: tuple[str, ...]

    def objects(self, category: str) -> tuple[str, ...]:
        """Meshes of the folder that is named after the object of interest."""
        return tuple(name for name in self.meshes if Path(name).parts[1] == category)

    def things(self, category: str) -> tuple[str, ...]:
        """All others."""
        return tuple(name for name in self.meshes if Path(name).parts[1] != category)


@lru_cache(maxsize=8)
def open_pack(folder: Path) -> Pack:
    """Look through a pack's folder, and read every file once.

    Raises:
        UserError: it is no folder, has no licence file or nothing to use, or holds a file that cannot be used.
    """
    if not folder.is_dir():
        raise UserError(f"The asset pack {folder} is not a folder; name one with textures/ or meshes/ in it.")
    if not any(path.name.upper().startswith(("LICENSE", "LICENCE")) for path in folder.iterdir()):
        raise UserError(f"The asset pack {folder} says nothing of its licence; add a file LICENSE to it.")

    def names(pattern: str, endings: tuple[str, ...]) -> list[str]:
        paths = (path for path in folder.glob(pattern) if path.suffix.lower() in endings)
        return sorted(path.relative_to(folder).as_posix() for path in paths)

    pictures, meshes = names("textures/*", PICTURES), names("meshes/*/*", MESHES)
    if not pictures and not meshes:
        raise UserError(
            f"The asset pack {folder} holds neither textures/*.png|jpg nor meshes/<category>/*.obj|stl; add some."
        )
    for name in pictures:
        _picture(folder / name)
    for name in meshes:
        _mesh(folder / name)
    return Pack(folder, tuple(pictures), tuple(meshes))


def fingerprint(folder: Path) -> str:
    """SHA-256 over names and contents of all that a pack draws with."""
    digest = hashlib.sha256()
    for part in ("textures", "meshes"):
        for path in sorted((folder / part).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def texture_pixels(texture: Texture, folder: Path) -> Pixels:
    """Pixels ``(n, n, 3)`` of a texture, from the pack in ``folder`` if that is where it comes from."""
    return _picture(folder / texture.file) if texture.file else textures.pixels(texture)


def mug_parts(mug: Mug, folder: Path) -> list[Part]:
    """Pieces of a mug; one of a pack is scaled to the size of the physics' cylinder."""
    if not mug.file:
        return mugs.parts(mug)
    mesh, paint, colour = _mesh(folder / mug.file)
    # A handle rarely reaches the rim, so the rim's middle is the mug's axis, and the shorter side its diameter.
    width, depth, height = np.ptp(mesh.vertices, axis=0)
    rim = mesh.vertices[mesh.vertices[:, 2] > 0.9 * height]
    x, y = (rim.max(0) + rim.min(0))[:2] / 2
    factor = min(MUG_HEIGHT_M / height, MUG_WIDTH_M / min(width, depth))
    return [
        Part(shapes.scaled(shapes.moved(mesh, x=-x, y=-y), factor), colour or mug.colour, paint, mug.gloss)
    ]


def distractor_parts(thing: Distractor, folder: Path) -> list[Part]:
    """Pieces of a distractor."""
    if not thing.file:
        return distractors.parts(thing)
    mesh, paint, colour = _mesh(folder / thing.file)
    factor = THING_M * thing.scale / np.ptp(mesh.vertices, axis=0).max()
    return [Part(shapes.scaled(mesh, float(factor)), colour or thing.colour, paint)]


@lru_cache(maxsize=64)
def _picture(path: Path) -> Pixels:
    """A picture made to repeat without seams, by mirroring."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            size = (textures.SIZE, textures.SIZE)
            quarter = np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(
            f"Cannot read the picture {path}; save it again as PNG or JPEG ({_line(error)})."
        ) from error
    half = np.concatenate([quarter, quarter[:, ::-1]], axis=1)
    return np.concatenate([half, half[::-1]], axis=0)


@lru_cache(maxsize=64)
def _mesh(path: Path) -> tuple[shapes.Mesh, Pixels | None, Colour | None]:
    """A mesh centred on, and standing on, the origin; its picture; and its colour, where it has any."""
    import trimesh  # slow to import, and most processes never read a pack

    class Resolver(trimesh.resolvers.FilePathResolver):
        """The files that a mesh names; of pictures only those that may be read."""

        def get(self, name: str) -> bytes:
            content: bytes = super().get(name)
            if not name.lower().endswith(".mtl"):
                Image.open(BytesIO(content), formats=FORMATS)
            return content

    try:
        with np.errstate(invalid="ignore"):  # what it makes of boundless coordinates is refused below
            loaded: Any = trimesh.load(path, force="mesh", resolver=Resolver(str(path)))
        if loaded.visual.kind != "texture":  # cut at sharp edges, so that a lid does not look round
            loaded = trimesh.graph.smooth_shade(loaded, angle=np.deg2rad(35))
        faces = np.asarray(loaded.faces, np.int32)
        vertices = np.array(loaded.vertices, np.float64)
        normals = np.array(loaded.vertex_normals, np.float64)
    except Exception as error:  # a reader of foreign files fails in many ways
        raise UserError(
            f"Cannot read the mesh {path}: a vertex is not three numbers, a face not three or more of its vertices, or"
            " the file ends too early; export it again as OBJ or STL."
        ) from error
    if not len(faces) or not np.isfinite(vertices).all() or _is_flat(vertices):
        raise UserError(f"The mesh {path} is empty or flat; export a solid thing.")
    if not SMALLEST < np.ptp(vertices, axis=0).max() < LARGEST:
        raise UserError(
            f"The mesh {path} is {np.ptp(vertices, axis=0).max():g} units large;"
            f" scale it to between {SMALLEST:g} and {LARGEST:g}."
        )
    if len(faces) > MOST_TRIANGLES:
        raise UserError(
            f"The mesh {path} has {len(faces)} triangles; simplify it to at most {MOST_TRIANGLES}, better to 1,000."
        )
    low, high = vertices.min(0), vertices.max(0)
    vertices -= [*((low + high) / 2)[:2], low[2]]
    uv, paint, colour = _visual(loaded.visual, len(vertices))
    return shapes.Mesh(vertices, normals, uv, faces), paint, colour


def _is_flat(vertices: Floats) -> bool:
    """Whether all lie in one plane, however it is turned."""
    # Divided first, so that squares of large coordinates stay finite.
    centred = (vertices - vertices.mean(0)) / max(float(np.ptp(vertices, axis=0).max()), np.finfo(float).tiny)
    return len(vertices) < 4 or bool(np.linalg.svd(centred, compute_uv=False)[-1] < 1e-6)


def _visual(visual: Any, n: int) -> tuple[Floats, Pixels | None, Colour | None]:
    """Texture coordinates, picture and colour of what trimesh says that a mesh looks like."""
    if visual.kind == "texture":
        image = getattr(visual.material, "image", None)
        if image is not None and visual.uv is not None:
            # Rows of a picture run down, texture coordinates up.
            paint = np.asarray(image.convert("RGB").resize((textures.SIZE, textures.SIZE)))[::-1]
            return np.asarray(visual.uv, np.float64), np.ascontiguousarray(paint), None
        return np.zeros((n, 2)), None, _colour(visual.material.main_color)
    if visual.kind in ("face", "vertex"):
        return np.zeros((n, 2)), None, _colour(visual.main_color)
    return np.zeros((n, 2)), None, None


def _colour(rgba: npt.NDArray[np.uint8]) -> Colour:
    red, green, blue = (round(float(value) / 255, 4) for value in rgba[:3])
    return red, green, blue


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

"""How varied scenes are: what is drawn of each factor, and how far their pictures are from each other."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.evaluation.drawing import View
from gplac.seeding import rng
from gplac.worlds.looks.palettes import Colour
from gplac.worlds.looks.textures import Texture, pixels
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.scene import Scene
from gplac.worlds.splits import scene, split_size

Floats = npt.NDArray[np.float64]

STARTS = 4
"""Pictures of each scene and kind: the same starts of episodes, and the same draws of weak images, in every scene."""
KINDS = ("view", "weak")
"""The policy's view at the start of an episode, and weak images with the object of interest."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
GREY = 0.15
"""Saturation below which a colour has no hue to speak of."""


def drawn(view: View, split: str) -> dict[str, Any]:
    """What the scenes of a split have of each factor.

    Returns:
        ``numbers``: name -> least, median and most over the scenes; lightness is luminance, 0 to 1; lengths in metres,
        angles in degrees. ``kinds``: name -> how many scenes, or distractors, have which.
    """
    looks = [
        scene(view.task, split, index, view.level, view.assets)
        for index in range(split_size(view.task, split))
    ]
    rows = [_numbers(look) for look in looks]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    kinds = {
        "object": [look.object.kind for look in looks],
        "object hue": [_hue(look.object.colour) for look in looks],
        "table": [look.table.texture.file or look.table.texture.family for look in looks],
        "wall": [look.room.wall.file or look.room.wall.family for look in looks],
        "distractor": [thing.kind for look in looks for thing in look.distractors],
    }
    return {
        "numbers": {
            name: {"least": float(each.min()), "median": float(np.median(each)), "most": float(each.max())}
            for name, each in columns.items()
        },
        "kinds": {name: dict(Counter(each).most_common()) for name, each in kinds.items()},
    }


def _numbers(look: Scene) -> dict[str, float]:
    usual = task_named(look.task).stage.camera
    first = look.lighting.lights[0].direction
    # What reaches a table: the ambient light, and each lamp's as steeply as it falls.
    total = np.array(look.lighting.ambient) - sum(
        np.array(light.colour) * light.direction[2] for light in look.lighting.lights
    )
    return {
        "object lightness": float(_LUMINANCE @ look.object.colour),
        "object saturation": _saturation(look.object.colour),
        "companion lightness": float(_LUMINANCE @ look.companion.colour),
        "table lightness": _lightness(look.table.texture),
        "wall lightness": _lightness(look.room.wall),
        "lights": float(len(look.lighting.lights)),
        "brightness": float(_LUMINANCE @ total),
        "ambient share": float(np.mean(look.lighting.ambient) / np.mean(total)),
        "shadow's elevation deg": float(np.degrees(np.arcsin(-first[2]))),
        "distractors": float(len(look.distractors)),
        "camera shift m": float(np.linalg.norm(np.subtract(look.camera.position, usual.position))),
        "camera turn deg": float(np.linalg.norm(np.subtract(look.camera.turn_deg, usual.turn_deg))),
    }


def _saturation(colour: Colour) -> float:
    return 1.0 - min(colour) / max(*colour, 1e-9)


def _hue(colour: Colour) -> str:
    """One of six hues, or none."""
    if _saturation(colour) < GREY:
        return "none"
    red, green, blue = colour
    angle = np.degrees(np.arctan2(np.sqrt(3.0) * (green - blue), 2.0 * red - green - blue)) % 360.0
    return ("red", "yellow", "green", "cyan", "blue", "magenta")[round(angle / 60.0) % 6]


def _lightness(texture: Texture) -> float:
    """Of a painted surface, on average. A pack's pictures are not opened for it: their given colours count."""
    if texture.file:
        return float(_LUMINANCE @ texture.ground)
    return float((pixels(texture).reshape(-1, 3).mean(0) / 255.0) @ _LUMINANCE)


def picture_distances(view: View, splits: Sequence[str]) -> dict[str, Any]:
    """How far scenes' pictures are apart: root mean square over pixels and colours, 1 from black to white.

    Returns:
        For each of `KINDS`: of each split ``between`` (mean over pairs of scenes at the same starts) and ``within``
        (mean over pairs of pictures of one scene); and ``nearest``, of each split the distances ``[...]`` of its
        scenes to their nearest other scene among the weak ones.
    """
    found: dict[str, Any] = {kind: {"between": {}, "within": {}, "nearest": {}} for kind in KINDS}
    pictures = {split: _pictures(view, split) for split in splits}
    for k, kind in enumerate(KINDS):
        reference = pictures["weak"][k]
        for split in splits:
            own = pictures[split][k]
            among = _apart(own, own)
            found[kind]["between"][split] = _mean_of_pairs(among)
            turned = own.transpose(1, 0, 2)
            found[kind]["within"][split] = _mean_of_pairs(_apart(turned, turned))
            away = _apart(own, reference)
            if split == "weak":
                np.fill_diagonal(away, np.inf)
            found[kind]["nearest"][split] = np.round(away.min(axis=1), 5).tolist()
    return found


def _pictures(view: View, split: str) -> list[npt.NDArray[np.float32]]:
    """Of each kind ``(scenes, STARTS, pixels)``, 0 to 1."""
    what = task_named(view.task)
    starts = [what.reset(rng("variety", view.task, start))[0] for start in range(STARTS)]
    rows = []
    for index in range(split_size(view.task, split)):
        look = scene(view.task, split, index, view.level, view.assets)
        with SceneRenderer(what, look, view.width, view.height) as renderer:
            views = [renderer.frame(qpos) for qpos in starts]
            weak = [renderer.weak(rng("variety", view.task, start), present=True) for start in range(STARTS)]
        rows.append((np.stack(views), np.stack(weak)))
    return [
        np.stack([row[k] for row in rows]).reshape(len(rows), STARTS, -1).astype(np.float32) / 255.0
        for k in range(len(KINDS))
    ]


def _apart(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> Floats:
    """Distances ``(A, B)`` of pictures ``(A, S, P)`` and ``(B, S, P)`` of equal number ``S``, averaged over it."""
    total = np.zeros((len(a), len(b)))
    for mine, its in zip(a.transpose(1, 0, 2), b.transpose(1, 0, 2), strict=True):
        for i, picture in enumerate(mine):
            total[i] += np.sqrt(np.mean((its - picture) ** 2, axis=1, dtype=np.float64))
    return np.asarray(total / a.shape[1])


def _mean_of_pairs(distances: Floats) -> float | None:
    """Mean of a square matrix without its diagonal; none of a single thing."""
    count = len(distances)
    return float(distances.sum() / (count * (count - 1))) if count > 1 else None

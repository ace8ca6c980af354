"""Pictures of what policies saw and did: feature points (figure 5), film strips, films, scenes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from gplac.evaluation.drawing import View
from gplac.evaluation.policies import Policy, has_points
from gplac.reporting.themes import LIGHT, save_image
from gplac.worlds.registry import task
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene

Images = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
FILM_WIDTH = 200
"""Of films, pixels: the paper's."""
FILM_EVERY = 2
"""Control steps between the pictures of a film."""
POINTS_SCALE = 2
"""Feature points are drawn on pictures this many times as wide as a film."""
GAP = 4
"""Pixels between the pictures of a sheet."""


def size_of_width(view: View, width: int) -> tuple[int, int]:
    """Width and height of a picture that shows neither more nor less than the policy saw: pixels."""
    return width, round(width * view.height / view.width)


def draw_positions(view: View, split: str, index: int, qpos: Floats, width: int, height: int) -> Images:
    """Smooth pictures ``(n, height, width, 3)`` of positions ``(n, nq)`` in a scene."""
    look = scene(view.task, split, index, level=view.level, assets=view.assets)
    with SceneRenderer(task(view.task, view.robot_model), look, width, height, supersample=2) as renderer:
        return np.stack([renderer.frame(each) for each in qpos])


def policy_view(view: View, split: str, index: int, qpos: Floats) -> Images:
    """What a policy sees of positions ``(nq,)``: ``(height, width, 3)``."""
    look = scene(view.task, split, index, level=view.level, assets=view.assets)
    with SceneRenderer(task(view.task, view.robot_model), look, view.width, view.height) as renderer:
        return renderer.frame(qpos)


def object_mask(view: View, split: str, index: int, qpos: Floats) -> npt.NDArray[np.bool_]:
    """Where a policy sees the object of interest, for positions ``(nq,)``: ``(height, width)``."""
    look = scene(view.task, split, index, level=view.level, assets=view.assets)
    with SceneRenderer(task(view.task, view.robot_model), look, view.width, view.height) as renderer:
        return renderer.mask(qpos)


def seen_points(
    policy: Policy, view: View, split: str, index: int, qpos: Floats
) -> tuple[Floats, npt.NDArray[np.bool_]] | None:
    """Where a policy's feature points lie, for positions ``(nq,)`` in a scene: ``(K, 2)``, right and down, as shares of
    the picture's width and height; and which of them lie on the object of interest. None of a policy without any."""
    seen = policy_view(view, split, index, qpos)
    if not has_points(policy, seen[None]):
        return None
    pixels = np.asarray(policy.pixels(seen[None])[0])
    column, line = (
        np.clip(np.rint(pixels[:, axis]).astype(int), 0, size - 1)
        for axis, size in enumerate((view.width, view.height))
    )
    return (pixels + 0.5) / (view.width, view.height), object_mask(view, split, index, qpos)[line, column]


def with_points(picture: Images, points: Floats, on_object: npt.NDArray[np.bool_]) -> Image.Image:
    """A picture with feature points drawn on it.

    Args:
        picture: ``(H, W, 3)``.
        points: ``(K, 2)``: right and down, as shares of the picture's width and height.
        on_object: ``(K,)``: points on the object are blue, others orange.
    """
    height, width = picture.shape[:2]
    # Discs are drawn four times as large and scaled down: their edges come out smooth.
    fine = 4
    layer = Image.new("RGBA", (width * fine, height * fine), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    radius = width * fine / 55
    # Points on the object are drawn last: they lie close together and should not be hidden.
    for k in np.argsort(on_object, kind="stable"):
        x, y = points[k] * (width * fine, height * fine)
        colour = LIGHT.hues[0] if on_object[k] else LIGHT.hues[1]
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white")
        inner = radius * 0.72
        pen.ellipse((x - inner, y - inner, x + inner, y + inner), fill=colour)
    small = layer.resize((width, height), Image.Resampling.LANCZOS)
    base = Image.fromarray(picture).convert("RGBA")
    return Image.alpha_composite(base, small).convert("RGB")


def sheet(rows: Sequence[Sequence[Images | Image.Image]]) -> Image.Image:
    """Pictures of one size side by side and below each other on white."""
    images = [
        [each if isinstance(each, Image.Image) else Image.fromarray(each) for each in row] for row in rows
    ]
    width, height = images[0][0].size
    columns = max(len(row) for row in images)
    size = (columns * (width + GAP) - GAP, len(images) * (height + GAP) - GAP)
    whole = Image.new("RGB", size, LIGHT.paper)
    for down, row in enumerate(images):
        for right, image in enumerate(row):
            whole.paste(image, (right * (width + GAP), down * (height + GAP)))
    return whole


def film_strip(pictures: Sequence[Images]) -> tuple[Image.Image, Image.Image]:
    """Pictures side by side: the first half of them and the second."""
    half = (len(pictures) + 1) // 2
    return sheet([pictures[:half]]), sheet([pictures[half:]])


def save_film(pictures: Images, path: Path, control_hz: int) -> Path:
    """An animated WebP of pictures `FILM_EVERY` control steps apart, as fast as it was; it plays for ever."""
    chosen = [Image.fromarray(each) for each in pictures]
    # The end is what counts: it stays for a second and a half. So does the start of what is one decision.
    step_ms = 1000 * FILM_EVERY // control_hz if len(chosen) > 2 else 1500
    durations = [step_ms] * (len(chosen) - 1) + [1500]
    return save_image(
        chosen[0],
        path,
        save_all=True,
        append_images=chosen[1:],
        duration=durations,
        loop=0,
        quality=55,
        method=4,
    )

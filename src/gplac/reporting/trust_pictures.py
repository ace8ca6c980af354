"""The pictures of the page about trust: a user's own photographs and frames, with the policy's feature points."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from gplac.evaluation.inspection import calls
from gplac.evaluation.policies import Attentive
from gplac.reporting.pictures import with_points
from gplac.reporting.themes import save_image

WIDTH_PX = 256
"""Width of a picture on the page; the policy's own may be smaller, and are drawn larger."""
JPEG = {"quality": 86, "optimize": True}

Images = npt.NDArray[np.uint8]


def drawn(images: Images, policy: Attentive | None, main: Sequence[int]) -> list[Image.Image]:
    """Pictures ``(N, H, W, 3)`` at the page's size.

    Args:
        images: as the policy sees them.
        policy: whose feature points are drawn on them, if it has any.
        main: channels whose points are blue; the others are orange.
    """
    _, height, width, _ = images.shape
    size = WIDTH_PX, round(WIDTH_PX * height / width)
    larger = [np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BICUBIC)) for each in images]
    if policy is None or not len(images):
        return [Image.fromarray(each) for each in larger]
    pixels = calls(policy.pixels, images)
    blue = np.isin(np.arange(pixels.shape[1]), main)
    where = (pixels + 0.5) / (width, height)
    return [with_points(picture, points, blue) for picture, points in zip(larger, where, strict=True)]


def save(images: Sequence[Image.Image], folder: Path, stem: str) -> list[Path]:
    """Write pictures as ``stem-0.jpg``, ``stem-1.jpg``, ... into ``folder``."""
    return [save_image(image, folder / f"{stem}-{i}.jpg", **JPEG) for i, image in enumerate(images)]


def even(rows: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """At most ``count`` of some rows, evenly spaced, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))
    return np.asarray(rows[chosen])

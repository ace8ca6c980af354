"""Pictures of any kind as eight bits a colour, the same for those who label them and for those who train on them."""

import numpy as np
from PIL import Image

DEEP = ("I", "F")
"""Pillow's modes of 32 bits a pixel, in which nothing tells what is white."""
TOO_DEEP = "its pixels have 32 bits; save it with 8 bits a colour"


def rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB, what is transparent on white.

    Raises:
        ValueError: it has 32 bits a pixel.
    """
    if image.mode.startswith("I;16"):
        # Pillow's own conversion cuts off at 255, so that nearly all becomes white.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in DEEP:
        raise ValueError(TOO_DEEP)
    if image.mode in ("RGBA", "LA", "P", "PA"):
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image.convert("RGB")

"""Pictures of any size as JPEG of the wanted size: cropped around the centre, then scaled."""

import importlib.util
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base

from gplac.data.colours import rgb
from gplac.data.fitting import Size, cut_off, fitted, share_cut_off
from gplac.data.labelling.pictures import FORMATS as PHOTOGRAPHS
from gplac.data.shards import Images, encode_jpeg
from gplac.errors import UserError

DEFAULT_WIDTH_PX = 200
"""Pictures are no wider unless the user asks for it: the paper's width."""
SMALLEST_PX = 8
"""Of width and height. The network's map has half as many cells across and down: of fewer than 4, attention has nowhere
to go, and a single one has no entropy to tell."""
LARGEST_PX = 4096
"""Of width and height; twenty times the paper's width, and beyond it a mistyped number fills the memory."""
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif")
HEIF_SUFFIXES = (".heic", ".heif")
FORMATS = ("JPEG", "PNG", "WEBP")
"""Of frames, by content. Photographs may be whatever can be labelled; what else Pillow reads may ask other programs for
help, which strangers' files shall not."""
Picture = Images | bytes
"""A frame: ``(H, W, 3)`` RGB, or a picture file's content."""


@dataclass(frozen=True)
class Fit:
    """How pictures are brought to a size."""

    width: int
    height: int
    flip: bool = False
    """Turn them upside down, as robosuite stores them."""

    def jpeg(self, picture: Picture, native: tuple[int, int] | None = None) -> bytes:
        """A picture as JPEG of this size. One that is so already, and as sharp in colour, is left as it is.

        Args:
            picture: of any size.
            native: width and height that it must have, if any.

        Raises:
            ValueError: it cannot be read, or has another size.
        """
        image = opened(picture)
        if native is not None and image.size != native:
            raise ValueError(
                f"{image.width}x{image.height} pixels where the first frame of all has {native[0]}x{native[1]}"
            )
        if isinstance(picture, bytes) and not self.flip and self._is_ready(picture) and _is_upright(picture):
            return picture
        return encode_jpeg(self.array(image))

    def array(self, image: Image.Image) -> Images:
        """A picture as ``(height, width, 3)``."""
        if self.flip:
            image = ImageOps.flip(image)
        return np.asarray(fitted(image, (self.width, self.height)))

    def _is_ready(self, content: bytes) -> bool:
        try:
            height, width, colours, sampling = simplejpeg.decode_jpeg_header(content)
        except ValueError:
            return False
        return (width, height, colours, sampling) == (self.width, self.height, "YCbCr", "444")


def _is_upright(picture: bytes) -> bool:
    """Whether a picture's pixels are shown as they are stored."""
    return bool(Image.open(io.BytesIO(picture)).getexif().get(Base.Orientation, 1) == 1)


def default_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height that a picture of ``size`` gets unless the user names them."""
    width = min(size[0], DEFAULT_WIDTH_PX)
    return width, max(1, round(size[1] * width / size[0]))


def require_size(width: int, height: int) -> None:
    """Refuse pictures that are too small to learn from, or so large that their number is a slip.

    Raises:
        UserError: they have fewer than `SMALLEST_PX` or more than `LARGEST_PX` pixels across or down.
    """
    if min(width, height) < SMALLEST_PX:
        raise UserError(
            f"Pictures of {width}x{height} pixels are too small to find anything in; they need {SMALLEST_PX} across and"
            f" down, so name a larger size with --size, for instance --size {DEFAULT_WIDTH_PX}x150."
        )
    if max(width, height) > LARGEST_PX:
        raise UserError(
            f"Pictures of {width}x{height} pixels are too large to learn from; they may have {LARGEST_PX} across and"
            f" down, so name a smaller size with --size, for instance --size {DEFAULT_WIDTH_PX}x150."
        )


def croppings(sizes: Mapping[Size, int], wanted: Size, what: str) -> list[str]:
    """What `Fit` takes from pictures of other proportions, a sentence for each two sides.

    Args:
        sizes: how many pictures there are of each width and height.
        wanted: what they are brought to.
        what: what to call them.
    """
    sentences, total = [], sum(sizes.values())
    for sides in ("top and bottom", "left and right"):
        cut = {
            size: round(100 * share_cut_off(size, wanted)) for size in sizes if cut_off(size, wanted) == sides
        }
        if not cut:
            continue
        count, most = sum(sizes[size] for size in cut), max(cut.values())
        sentences.append(
            f"{count} of {total} {what} {'loses its' if count == 1 else 'lose their'} {sides}"
            f" ({'up to ' if min(cut.values()) < most else ''}{most} %): cropped to the proportions of"
            f" {wanted[0]}x{wanted[1]} pixels."
        )
    return sentences


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "WxH".

    Raises:
        UserError: it is not that.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UserError(f"--size {text}: write WIDTHxHEIGHT in pixels, for instance --size 200x150.")
    return int(width), int(height)


def opened(picture: Picture) -> Image.Image:
    """A picture in RGB.

    Raises:
        ValueError: it cannot be read.
    """
    if isinstance(picture, bytes):
        try:
            return rgb(ImageOps.exif_transpose(Image.open(io.BytesIO(picture), formats=FORMATS)))
        except (OSError, SyntaxError, RuntimeError, Image.DecompressionBombError) as error:
            reason = _reason(error, "JPEG, PNG or WebP")
            raise ValueError(f"no picture that can be read ({reason})") from error
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(f"{picture.dtype} of shape {picture.shape} instead of uint8 (height, width, 3)")
    return Image.fromarray(np.ascontiguousarray(picture))


def photograph(path: Path, pixels: int | None = None) -> Image.Image:
    """A photograph in RGB, the right way up whatever way the camera was held.

    Args:
        path: what ``gplac label`` reads: JPEG, PNG, WebP, GIF, BMP, AVIF, TIFF, JPEG 2000, PPM; HEIC where
            pillow-heif is installed.
        pixels: a JPEG may be read smaller, but not below twice this in width and height.

    Raises:
        ValueError: it cannot be read; the message says why.
    """
    if path.is_symlink() and not path.exists():
        raise ValueError("a link to a file that is gone")
    if path.suffix.lower() in HEIF_SUFFIXES and importlib.util.find_spec("pillow_heif") is None:
        raise ValueError("HEIC needs the package pillow-heif; install it, or save as JPEG")
    try:
        with Image.open(path, formats=PHOTOGRAPHS) as image:
            if pixels is not None:
                image.draft("RGB", (2 * pixels, 2 * pixels))
            return rgb(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, RuntimeError, Image.DecompressionBombError) as error:
        raise ValueError(_reason(error, "JPEG, PNG, WebP, HEIC or another usual format")) from error


def _reason(error: Exception, formats: str) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"not a picture in {formats}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

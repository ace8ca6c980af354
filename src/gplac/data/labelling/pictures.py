"""A folder's pictures: which there are, which can be read, and how a browser gets to show them."""

import importlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from gplac.data.clutter import is_clutter
from gplac.data.colours import DEEP, TOO_DEEP, rgb
from gplac.errors import UserError

SHOWN = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
}
"""What browsers show, by Pillow's names. MPO is a JPEG that more pictures are appended to."""
SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff",
    ".jp2", ".ppm", ".pgm", ".heic", ".heif",
))  # fmt: skip
RAW_SUFFIXES = frozenset((
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".rw2", ".orf",
))  # fmt: skip
SMALL_PX = 320
"""Longer side of the small pictures of the review."""
_ORIENTATION = 0x0112

with suppress(ImportError):
    # HEIC is what many telephones write; Pillow reads it where this package is installed.
    importlib.import_module("pillow_heif").register_heif_opener()
Image.init()
FORMATS = [name for name in (*SHOWN, "TIFF", "JPEG2000", "PPM", "HEIF") if name in Image.OPEN]
"""What is read at all: Pillow knows more, some of which run other programs."""


def find_pictures(folder: Path, leave_out: Path) -> list[Path]:
    """Everything in ``folder`` and its folders that looks like a picture, in the order of names; neither what is
    hidden or clutter nor what lies in ``leave_out``.

    Raises:
        UserError: there is none, or ``folder`` cannot be read.
    """

    def fail(error: OSError) -> None:
        raise UserError(f"Cannot read {error.filename}: {error.strerror}.") from error

    found = []
    for place, folders, names in os.walk(folder, onerror=fail):
        here = Path(place)
        folders[:] = [name for name in folders if not is_clutter(name) and here / name != leave_out]
        paths = [here / name for name in names if not is_clutter(name)]
        found += [path for path in paths if path.suffix.lower() in SUFFIXES | RAW_SUFFIXES]
    if not found:
        raise UserError(
            f"{folder} holds no pictures (jpg, png, webp, heic, tif ...); name a folder that does."
        )
    return sorted(found)


def complaints(pictures: Sequence[Path], progress: Callable[[int, int], None]) -> list[str | None]:
    """What is wrong with each picture, if anything; ``progress`` gets (done, all)."""
    found = []
    threads = ThreadPoolExecutor()
    try:
        for done, wrong in enumerate(threads.map(complaint, pictures), 1):
            found.append(wrong)
            progress(done, len(pictures))
    finally:
        # After Ctrl-C nobody waits for the rest.
        threads.shutdown(cancel_futures=True)
    return found


def complaint(picture: Path) -> str | None:
    """Why a picture cannot be used, or None. It is decoded, so that one that breaks off is noticed."""
    if any(ord(letter) < 32 for letter in str(picture)):
        return "its name has a line break or another control character; rename it"
    if picture.suffix.lower() in RAW_SUFFIXES:
        return "camera raw; export it as JPEG"
    try:
        if not picture.is_file():
            return "not a file, or a link to one that is gone"
        if not picture.stat().st_size:
            return "the file is empty"
        with Image.open(picture, formats=FORMATS) as image:
            # JPEG is decoded at an eighth of its size where that is enough, which takes a fraction of the time.
            image.draft("RGB", (SMALL_PX, SMALL_PX))
            image.load()
            if image.mode in DEEP:
                return TOO_DEEP
    except UnidentifiedImageError:
        heic = picture.suffix.lower() in (".heic", ".heif")
        return "install the package pillow-heif to read HEIC" if heic else "not a picture, or damaged"
    except OSError as error:
        return error.strerror or str(error)
    except Exception as error:  # Pillow's decoders raise errors of many kinds on damaged files.
        return f"damaged ({error})"
    return None


def shown(picture: Path) -> tuple[str, bytes | None]:
    """The media type of a picture for a browser, and its bytes if they are not those of the file itself.

    The file itself is best: browsers turn it by its EXIF orientation. Of other kinds than JPEG not all do so.

    Raises:
        UserError: it cannot be read any more.
    """
    with _readable(picture) as image:
        turned = image.getexif().get(_ORIENTATION, 1) != 1
        kind = image.format or ""
        if kind in SHOWN and (SHOWN[kind] == "image/jpeg" or not turned):
            return SHOWN[kind], None
        return "image/jpeg", _jpeg(image, quality=92)


def small(picture: Path) -> bytes:
    """A small upright JPEG of a picture.

    Raises:
        UserError: it cannot be read any more.
    """
    with _readable(picture) as image:
        image.draft("RGB", (SMALL_PX, SMALL_PX))
        image.thumbnail((SMALL_PX, SMALL_PX))
        return _jpeg(image, quality=82)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    rgb(ImageOps.exif_transpose(image)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@contextmanager
def _readable(picture: Path) -> Iterator[Image.Image]:
    """The opened picture; whatever goes wrong with it is the user's to mend."""
    try:
        with Image.open(picture, formats=FORMATS) as image:
            yield image
    except Exception as error:
        raise UserError(f"{picture.name} cannot be shown: {complaint(picture) or error}.") from error

"""Small photographs and videos to label."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from gplac.files import write_atomically

ORIENTATION = 0x0112


def take_photographs(folder: Path, names: list[str]) -> list[Path]:
    """A picture under each name, each of another colour."""
    paths = [folder / name for name in names]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (48, 32), (200 - 20 * number, 20 * number, 90)).save(path)
    return paths


def film(path: Path, frames: int, rate: int = 10, grey_step: int = 4, start_s: int = 0) -> Path:
    """A video of 64x48 pixels that gets brighter by ``grey_step`` from frame to frame; the first one's time in the file
    is ``start_s``."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", 10
        for number in range(frames):
            grey = np.full((48, 64, 3), number * grey_step, np.uint8)
            picture = av.VideoFrame.from_ndarray(grey, format="rgb24")
            picture.pts, picture.time_base = start_s * rate + number, Fraction(1, rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def turn_by_quarter(path: Path) -> None:
    """Say in an MP4's header that the camera was held upright, as telephones do."""
    one, none, two = bytes.fromhex("00010000"), bytes(4), bytes.fromhex("40000000")
    level = one + none * 3 + one + none * 3 + two
    upright = none + one + none + bytes.fromhex("ffff0000") + none * 4 + two
    content = path.read_bytes()
    start = content.index(level, content.index(b"tkhd"))
    write_atomically(path, content[:start] + upright + content[start + len(level) :])


@contextmanager
def no_bars() -> Iterator[Callable[[str], Callable[[float, float], None]]]:
    """Progress that nobody looks at."""
    yield lambda name: lambda done, total: None

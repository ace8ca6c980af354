"""Frames of a video at given times."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from gplac.data.labelling.frames import timed_frames
from gplac.data.shards import Images
from gplac.errors import UserError


def frames_at(path: Path, times_s: Sequence[float], tolerance_s: float) -> Iterator[Images]:
    """The frame ``(H, W, 3)`` nearest to each time, the right way up.

    Args:
        path: the video; its first stream of pictures is read.
        times_s: seconds since the start of the video, growing.
        tolerance_s: how far a frame may be from its time.

    Raises:
        UserError: it cannot be read, or has no frame near one of the times.
    """
    if not path.is_file():
        raise UserError(f"The video {path} is missing; restore it.")
    try:
        timed = ((time, frame) for time, _, frame in timed_frames(path, max(0.0, times_s[0] - tolerance_s)))
        here = next(timed, None)
        then = next(timed, None)
        for time in times_s:
            while here and then and abs(then[0] - time) <= abs(here[0] - time):
                here, then = then, next(timed, None)
            if here is None or abs(here[0] - time) > tolerance_s:
                last = "none at all" if here is None else f"the nearest at {here[0]:.3f} s"
                raise UserError(
                    f"{path} has no frame at {time:.3f} s ({last}): it is truncated, or too short for what is asked"
                    " of it; restore it, or ask for less."
                )
            yield upright(here[1])
    except FFmpegError as error:
        raise UserError(f"The video {path} cannot be read ({error.strerror}); restore it.") from error


def upright(frame: av.VideoFrame) -> Images:
    """A frame's picture, turned as the camera that took it says."""
    picture: Images = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return picture

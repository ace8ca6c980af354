"""Frames of a video at given times."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import av.error
import numpy as np

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
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise UserError(f"{path} holds no pictures; name a video.")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            base = stream.time_base
            container.seek(max(0, int((times_s[0] - tolerance_s) / base)), stream=stream)
            decoded = (frame for frame in container.decode(stream) if frame.pts is not None)
            here, then = next(decoded, None), next(decoded, None)
            for time in times_s:
                while then is not None and abs(then.pts * base - time) <= abs(here.pts * base - time):
                    here, then = then, next(decoded, None)
                if here is None or abs(here.pts * base - time) > tolerance_s:
                    last = "none at all" if here is None else f"the nearest at {float(here.pts * base):.3f} s"
                    raise UserError(
                        f"{path} has no frame at {time:.3f} s ({last}): it is truncated, or too short for what is asked"
                        " of it; restore it, or ask for less."
                    )
                yield upright(here)
    except av.error.FFmpegError as error:
        raise UserError(f"The video {path} cannot be read ({error.strerror}); restore it.") from error


def upright(frame: av.VideoFrame) -> Images:
    """A frame's picture, turned as the camera that took it says."""
    picture: Images = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    return picture

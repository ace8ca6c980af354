"""Frames of a video as JPEG files, one every so many seconds."""

import glob
import io
import json
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from PIL import Image

from gplac.errors import UserError
from gplac.files import remove_temporaries, write_atomically

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".flv", ".3gp", ".ogv", ".mjpeg", ".h264",
)  # fmt: skip
QUALITY = 95
MISSING_S = 1.0
"""A video that ends so much before its announced end was cut off, and its user wants to know."""


def extract_frames(
    video: Path, folder: Path, every_s: float, progress: Callable[[float, float], None]
) -> str | None:
    """Write the first frame of every ``every_s`` seconds into ``folder``, upright, named after the video and the start
    of its span in milliseconds. Goes on where an earlier call was stopped; ``progress`` gets (seconds done,
    seconds of the video).

    Returns:
        What is wrong with the video, if it breaks off before its end.

    Raises:
        UserError: no video, no frames in it, other frames in ``folder``, or ``folder`` cannot be written to.
    """
    if not (math.isfinite(every_s) and every_s >= 0.001):
        raise UserError(f"--every {every_s:g}: give the seconds between two frames, for instance 0.5.")
    note = folder / "frames.json"
    asked = {"video": video.name, "size_bytes": video.stat().st_size, "every_s": every_s}
    found = _read(note)
    if found and {key: found.get(key) for key in asked} != asked:
        raise UserError(
            f"{folder} holds frames of {found.get('video')}, one every {found.get('every_s')} s; "
            "name another folder with --out, or ask for the same."
        )
    folder.mkdir(parents=True, exist_ok=True)
    remove_temporaries(folder)
    if "broken" in found:
        return str(found["broken"]) or None
    why, last_s, length_s = "", 0.0, 0.0
    names = folder.glob(f"{glob.escape(video.stem)}-*.jpg")
    made_ms = [int(ms) for ms in (path.stem.rpartition("-")[2] for path in names) if ms.isdecimal()]
    span = round(max(made_ms) / 1000 / every_s) + 1 if made_ms else 0
    try:
        for last_s, length_s, frame in timed_frames(video, span * every_s):
            progress(min(last_s, length_s), length_s)
            # Times are rounded, the spans' ends are too: a microsecond makes them meet.
            falls_in = math.floor((last_s + 1e-6) / every_s)
            if falls_in >= span:
                if span == 0:
                    write_atomically(note, json.dumps(asked).encode())
                name = f"{video.stem}-{round(falls_in * every_s * 1000):09d}.jpg"
                write_atomically(folder / name, _jpeg(frame))
                span = falls_in + 1
    except FFmpegError as error:
        why = f" ({error.strerror})"
    broken = ""
    if why or length_s - last_s > max(every_s, MISSING_S):
        broken = f"{video} shows nothing after {last_s:.1f} of {length_s:.1f} s{why}; the frames until there are used."
    if not any(folder.glob("*.jpg")):
        raise UserError(f"{video} holds no frame that can be decoded; record or convert it again.")
    write_atomically(note, json.dumps(asked | {"broken": broken}).encode())
    return broken or None


def timed_frames(video: Path, start_s: float) -> Iterator[tuple[float, float, av.VideoFrame]]:
    """(seconds from the start, seconds of the whole, frame), from ``start_s`` or a little earlier on.

    The start is the first frame's time, whatever the file calls it: one that was cut may begin at five seconds.

    Raises:
        UserError: it cannot be opened, or holds no pictures.
        FFmpegError: it breaks off.
    """
    try:
        container = av.open(str(video))
    except FFmpegError as error:
        raise UserError(
            f"{video} is no video that can be read ({error.strerror}); restore it, or convert it."
        ) from error
    with container:
        if not container.streams.video:
            raise UserError(
                f"{video} holds no pictures, only {', '.join(s.type for s in container.streams)}."
            )
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        first, tick_s = stream.start_time or 0, stream.time_base or Fraction(1, av.time_base)
        # Matroska tells the end of the whole alone, which is counted from nought.
        length_s = float((stream.duration or 0) * tick_s) or max(
            0.0, (container.duration or 0) / av.time_base - float(first * tick_s)
        )
        if start_s > 0:
            container.seek(first + int(start_s / tick_s), stream=stream)
        for number, frame in enumerate(container.decode(stream)):
            if frame.pts is None:
                time_s = number / float(stream.average_rate or 25)
            else:
                time_s = float((frame.pts - first) * tick_s)
            if number == 0 and start_s > 0 and (frame.pts is None or time_s > start_s):
                # The file has no index that one could jump by; go through all of it.
                yield from timed_frames(video, 0.0)
                return
            yield time_s, length_s, frame


def _jpeg(frame: av.VideoFrame) -> bytes:
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    buffer = io.BytesIO()
    image.rotate(frame.rotation, expand=True).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _read(note: Path) -> dict[str, object]:
    try:
        found = json.loads(note.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(f"{note} is damaged; remove its folder {note.parent} and run the same command again.")
    return found

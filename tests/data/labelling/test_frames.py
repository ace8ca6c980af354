"""Frames of a video: the right ones, upright, the same after an interruption."""

import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from photographs import film, turn_by_quarter
from PIL import Image

from gplac.data.labelling import frames
from gplac.data.labelling.frames import extract_frames
from gplac.errors import UserError
from gplac.files import write_atomically


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


def extract(video: Path, folder: Path, every_s: float = 0.5) -> str | None:
    return extract_frames(video, folder, every_s, lambda done, total: None)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_frame_every_half_second(tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []
    video = film(tmp_path / "clip.mp4", frames=33)
    extract_frames(video, tmp_path / "frames", 0.5, lambda done, total: told.append((done, total)))
    found = sorted((tmp_path / "frames").glob("*.jpg"))
    assert [path.name for path in found] == [f"clip-{500 * i:09d}.jpg" for i in range(7)]
    with av.open(str(video)) as container:
        every = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for path, frame in zip(found, every[::5], strict=True):
        assert np.abs(np.asarray(Image.open(path)).astype(int) - frame).max() <= 2
    assert told[-1][1] == pytest.approx(3.3, abs=0.11) and told == sorted(told)


def test_a_video_that_was_cut_begins_at_its_first_frame(tmp_path: Path) -> None:
    """Its file calls the first frame's time five seconds."""
    video = film(tmp_path / "clip.mkv", frames=30, start_s=5)
    assert extract(video, tmp_path / "frames") is None
    names = [path.name for path in sorted((tmp_path / "frames").glob("*.jpg"))]
    assert names == [f"clip-{500 * i:09d}.jpg" for i in range(6)]


@pytest.mark.parametrize("every_s", [0.04, 0.3])
def test_killed_anywhere_it_goes_on_to_the_same_files(
    tmp_path: Path, every_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where frames are further apart than what is asked for, so that names have gaps."""
    video = film(tmp_path / "clip.mp4", frames=25)
    extract(video, tmp_path / "whole", every_s)
    whole = content(tmp_path / "whole")
    for killed_after in range(0, len(whole), 4):
        folder, left = tmp_path / f"part{killed_after}", iter(range(killed_after))

        def write(path: Path, data: bytes, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt
            write_atomically(path, data)

        with monkeypatch.context() as patch:
            patch.setattr(frames, "write_atomically", write)
            with pytest.raises(KeyboardInterrupt):
                extract(video, folder, every_s)
        extract(video, folder, every_s)
        assert content(folder) == whole


def test_what_is_finished_is_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = film(tmp_path / "clip.mp4", frames=12)
    extract(video, tmp_path / "frames")
    monkeypatch.setattr(av, "open", None)
    extract(video, tmp_path / "frames")


def test_a_telephone_held_upright_gives_upright_frames(tmp_path: Path) -> None:
    video = film(tmp_path / "clip.mp4", frames=3, grey_step=0)
    with av.open(str(video), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, :32] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    turn_by_quarter(video)
    extract(video, tmp_path / "frames")
    found = np.asarray(Image.open(tmp_path / "frames" / "clip-000000000.jpg"))
    # A quarter turn clockwise: what was at the left is on top.
    assert found.shape == (64, 48, 3) and found[:28].mean() > 250 and found[36:].mean() < 5


def test_a_video_that_breaks_off_keeps_its_frames_and_tells(tmp_path: Path) -> None:
    video = film(tmp_path / "clip.avi", frames=60)
    whole = video.read_bytes()
    video.write_bytes(whole[: len(whole) * 2 // 3])
    told = extract(video, tmp_path / "frames")
    some = len(list((tmp_path / "frames").glob("*.jpg")))
    assert 3 < some < 12
    assert told is not None and "shows nothing after" in told and "clip.avi" in told
    assert extract(video, tmp_path / "frames") == told


@pytest.mark.parametrize(
    ("name", "data", "complaint"),
    [
        ("a.mp4", b"", "is no video that can be read"),
        ("a.mp4", b"no video " * 99, "is no video that can be read"),
    ],
)
def test_no_video(tmp_path: Path, name: str, data: bytes, complaint: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=complaint):
        extract(tmp_path / name, tmp_path / "frames")
    # Nothing is left that would be in the way of another video.
    assert extract(film(tmp_path / "good.mp4", frames=2), tmp_path / "frames") is None


def test_sound_alone(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(UserError, match="no pictures, only audio"):
        extract(tmp_path / "a.mkv", tmp_path / "frames")


def test_frames_of_another_video_or_step_are_not_mixed(tmp_path: Path) -> None:
    video = film(tmp_path / "clip.mp4", frames=12)
    extract(video, tmp_path / "frames")
    for other, every_s in ((video, 0.25), (film(tmp_path / "other.mp4", frames=12), 0.5)):
        with pytest.raises(UserError, match=r"holds frames of clip.mp4, one every 0.5 s; name another"):
            extract(other, tmp_path / "frames", every_s)
    (tmp_path / "frames" / "frames.json").write_text("[")
    with pytest.raises(UserError, match="is damaged"):
        extract(video, tmp_path / "frames")


@pytest.mark.parametrize("every_s", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_steps(tmp_path: Path, every_s: float) -> None:
    with pytest.raises(UserError, match="--every"):
        extract(film(tmp_path / "clip.mp4", frames=2), tmp_path / "frames", every_s)

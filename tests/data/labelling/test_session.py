"""What is asked about: pictures that can be read, with a reason for each that cannot."""

import io
from pathlib import Path

import numpy as np
import pytest
from photographs import film, no_bars, take_photographs
from PIL import Image

from gplac.data.importers.pictures import photograph
from gplac.data.labelling.pictures import shown, small
from gplac.data.labelling.session import Session, default_out, open_session
from gplac.errors import UserError


def opened(source: Path, out: Path, every_s: float = 1.0) -> Session:
    with open_session(source, out, every_s, "?", no_bars) as session:
        return session


def test_what_cannot_be_read_is_left_out_with_its_reason(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    good = take_photographs(photos, ["a.jpg", "room/b.webp", "c.tiff"])
    take_photographs(photos, [".hidden.jpg", ".cache/x.jpg", "@eaDir/y.jpg", "line\nbreak.jpg"])
    (photos / "notes.txt").write_text("no picture")
    (photos / "empty.jpg").touch()
    (photos / "torn.jpg").write_bytes(good[0].read_bytes()[:-40])
    (photos / "text.png").write_text("no picture")
    (photos / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    (photos / "camera.CR2").write_bytes(b"II*\0" + bytes(64))
    (photos / "gone.jpg").symlink_to("nowhere.jpg")
    (photos / "script.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    session = opened(photos, tmp_path / "out")
    assert [session.name(path) for path in session.pictures] == ["a.jpg", "c.tiff", "room/b.webp"]
    reasons = dict(session.unreadable)
    assert "truncated" in reasons.pop("torn.jpg").lower()
    assert "HEIC" in reasons.pop("phone.heic")
    assert reasons == {
        "camera.CR2": "camera raw; export it as JPEG",
        "empty.jpg": "the file is empty",
        "gone.jpg": "not a file, or a link to one that is gone",
        "line\nbreak.jpg": "its name has a line break or another control character; rename it",
        "text.png": "not a picture, or damaged",
    }


def test_deep_pictures_are_shown_as_they_will_be_trained_on(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    grey = np.linspace(0, 65535, 40 * 30).reshape(30, 40)
    Image.fromarray(grey.astype(np.uint16)).save(photos / "deep.tiff")
    Image.fromarray(grey.astype(np.float32)).save(photos / "deeper.tiff")
    session = opened(photos, tmp_path / "out")
    assert dict(session.unreadable) == {
        "deeper.tiff": "its pixels have 32 bits; save it with 8 bits a colour"
    }
    (picture,) = session.pictures
    imported = np.asarray(photograph(picture), float)
    content = shown(picture)[1]
    assert content is not None
    for jpeg in (content, small(picture)):
        labelled = np.asarray(Image.open(io.BytesIO(jpeg)), float)
        assert np.abs(labelled - imported).mean() < 3


def test_a_postscript_file_under_a_pictures_name_is_not_run(tmp_path: Path) -> None:
    take_photographs(tmp_path, ["a.jpg"])
    (tmp_path / "b.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    assert opened(tmp_path, tmp_path / "out").unreadable == (("b.jpg", "not a picture, or damaged"),)


def test_answers_folders_inside_the_photographs_are_not_asked_about(tmp_path: Path) -> None:
    take_photographs(tmp_path, ["a.jpg", "out/positive/a.jpg", "b.jpg"])
    session = opened(tmp_path, tmp_path / "out")
    assert [path.name for path in session.pictures] == ["a.jpg", "b.jpg"]


def test_frames_of_a_video(tmp_path: Path) -> None:
    session = opened(film(tmp_path / "clip.mp4", frames=12), tmp_path / "out", every_s=0.5)
    assert [session.name(path) for path in session.pictures] == [
        f"clip-{ms:09d}.jpg" for ms in (0, 500, 1000)
    ]
    session.labels.answer(session.pictures[1], "yes")
    assert (tmp_path / "out" / "labels.csv").read_text() == "path,label\nframes/clip-000000500.jpg,1\n"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("nowhere", "does not exist"),
        ("empty", "holds no pictures"),
        ("bad", "None of the 1 pictures in .*bad can be read; a.jpg: not a picture"),
        ("bad/a.jpg", "is one picture; name the folder"),
        ("bad/notes.txt", "neither a folder of photographs nor a video"),
        ("out", "--out is the folder of the photographs itself"),
    ],
)
def test_nothing_to_label(tmp_path: Path, source: str, complaint: str) -> None:
    for folder in ("empty", "bad", "out"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bad" / "a.jpg").write_text("no picture")
    (tmp_path / "bad" / "notes.txt").write_text("notes")
    with pytest.raises(UserError, match=complaint):
        opened(tmp_path / source, tmp_path / "out")


def test_answers_lie_beside_the_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = film(tmp_path / "clip.mp4", frames=1)
    assert default_out(video) == tmp_path / "clip-labels"
    (tmp_path / "my.photos").mkdir()
    monkeypatch.chdir(tmp_path / "my.photos")
    assert default_out(Path()) == tmp_path / "my.photos-labels"
    assert default_out(Path("../my.photos")) == Path("../my.photos-labels")

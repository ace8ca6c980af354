"""Nothing of a source is passed over or cut off without a word, and nothing is taken that nobody meant."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sources import LENGTHS, make, write_archives, write_folders, write_video

from gplac.data.dataset import Demonstrations
from gplac.data.importers.demos import import_demonstrations
from gplac.data.importers.pictures import croppings
from gplac.data.importers.shots import Stretches, clock, parse_stretch
from gplac.data.importers.weak import import_weak
from gplac.errors import UserError


def _photo(path: Path, size: tuple[int, int] = (40, 40)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "red").save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for kind in ("positive", "negative"):
        _photo(tmp_path / "photos" / kind / "hall/0.jpg")
    return tmp_path / "photos"


def _fails(photos: Path) -> str:
    with pytest.raises(UserError) as error:
        import_weak([photos], photos.parent / "out")
    return str(error.value)


@pytest.mark.parametrize(
    "name",
    [".thumbnails/0.jpg", "hall/@eaDir/0.jpg/small.jpg", "__MACOSX/hall/0.jpg", "hall/.AppleDouble/0.jpg",
     "hall/._0.jpg", "hall/Thumbs.db", "#recycle/0.jpg"],
)  # fmt: skip
def test_clutter_is_no_photograph(name: str, photos: Path, tmp_path: Path) -> None:
    path = photos / "negative" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(path, "JPEG")
    manifest = import_weak([photos], tmp_path / "out")
    assert manifest.origin["scenes"] == [{"name": "photos/hall", "present": 1, "absent": 1}]


def test_a_source_in_a_hidden_folder_is_read(photos: Path, tmp_path: Path) -> None:
    (tmp_path / ".mine").mkdir()
    photos.rename(tmp_path / ".mine/photos")
    assert import_weak([tmp_path / ".mine/photos"], tmp_path / "out").rows == 2


def test_two_folders_of_one_kind(photos: Path) -> None:
    _photo(photos / "Positive/hall/1.jpg")
    if not (photos / "positive/hall/1.jpg").exists():  # as where capital letters make no difference
        assert "photos has the folders Positive and positive; put all of their" in _fails(photos)


def test_a_link_to_a_photograph_that_is_gone_is_unreadable(photos: Path, tmp_path: Path) -> None:
    (photos / "positive/hall/1.jpg").symlink_to(tmp_path / "gone.jpg")
    said = "positive/hall/1.jpg (a link to a file that is gone)"
    assert f"1 of 3 photographs cannot be read: {said}" in _fails(photos)
    manifest = import_weak([photos], tmp_path / "out", skip_unreadable=True)
    assert manifest.rows == 2 and manifest.origin["skipped"] == [said]


def test_places_that_are_links(photos: Path, tmp_path: Path) -> None:
    _photo(tmp_path / "elsewhere/0.jpg")
    (photos / "positive/kitchen").symlink_to(tmp_path / "elsewhere")
    manifest = import_weak([photos], tmp_path / "out")
    assert {"name": "photos/kitchen", "present": 1, "absent": 0} in manifest.origin["scenes"]
    (photos / "positive/hall/again").symlink_to(photos)
    assert "positive/hall/again is a link to a folder that it lies in; remove it" in _fails(photos)


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ((), "episode 7 is empty; record it again or remove it"),
        (("top/.DS_Store",), "episode 7 is empty; record it again or remove it"),
        (("film.MP4", "notes"), "episode 7 holds neither a CSV file nor pictures, only .mp4, notes; record"),
    ],
)
def test_an_episode_that_was_not_recorded(fill: tuple[str, ...], said: str, tmp_path: Path) -> None:
    write_folders(tmp_path / "source", make((3, 3)))
    (tmp_path / "source/episode 7").mkdir()
    for name in fill:
        (tmp_path / "source/episode 7" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "source/episode 7" / name).touch()
    with pytest.raises(UserError, match=said):
        import_demonstrations(tmp_path / "source", tmp_path / "out")


def test_an_episode_whose_folder_is_gone(tmp_path: Path) -> None:
    write_folders(tmp_path / "source", make((3, 3)))
    (tmp_path / "source/episode 7").symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match="episode 7 is a link to what is gone"):
        import_demonstrations(tmp_path / "source", tmp_path / "out")


def test_clutter_is_no_episode_and_no_camera(tmp_path: Path) -> None:
    write_folders(tmp_path / "source", make((3, 3)))
    for name in ("__MACOSX/episode 0/x.txt", "episode 0/@eaDir/frame8.png", "@eaDir/x.txt"):
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).touch()
    assert import_demonstrations(tmp_path / "source", tmp_path / "out").counts["episodes"] == 2


@pytest.mark.parametrize("write", [write_archives, write_folders])
def test_suffixes_in_capital_letters(write: object, tmp_path: Path) -> None:
    source = tmp_path / "source"
    write(source, make())  # type: ignore[operator]
    last = max(source.iterdir(), key=lambda path: (len(path.name), path.name))
    for path in [last] if last.is_file() else list(last.iterdir()):
        path.rename(path.with_suffix(path.suffix.upper()))
    assert import_demonstrations(source, tmp_path / "out").rows == sum(LENGTHS)
    np.testing.assert_array_equal(Demonstrations.load(tmp_path / "out").states, np.concatenate(make().states))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    write_video(tmp_path / "hall.mp4", np.zeros((60, 16, 16, 3), np.uint8))
    return tmp_path / "hall.mp4"


@pytest.mark.parametrize(
    ("present", "absent"),
    [("0:00-0:04", "0:03-0:05"), ("0:01-0:02", "0:00-0:05")],
)
def test_stretches_that_contradict_each_other(present: str, absent: str, video: Path, tmp_path: Path) -> None:
    said = f"hall.mp4 is labelled with the object of interest in {present} and without it in {absent}:"
    stretches = Stretches((parse_stretch(present),), (parse_stretch(absent),), every_s=0.4)
    table = tmp_path / "list.csv"
    (tmp_path / "link.mp4").symlink_to(video)
    lines = f"hall.mp4,1,{present}\nlink.mp4,0,{absent}\n".replace("-", ",")
    table.write_text("path,label,start,end\n" + lines)
    for paths, each in ((video, stretches), (table, Stretches())):
        with pytest.raises(UserError, match=said):
            import_weak([paths], tmp_path / "out", stretches=each)


def test_stretches_that_do_not_overlap(video: Path, tmp_path: Path) -> None:
    stretches = Stretches(((0.0, 1.0), (4.0, 5.0)), ((1.0, 2.0), (2.2, 3.2)))
    assert import_weak([video], tmp_path / "out", stretches=stretches).rows == 12


@pytest.mark.parametrize("text", ["0:10-0:35", "0:09.5-1:00", "61:00-75:01.25"])
def test_a_stretch_is_told_as_it_is_read(text: str) -> None:
    assert clock(*parse_stretch(text)) == text


def test_what_photographs_lose_is_told(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _photo(photos / "positive/portrait.jpg", (192, 256))
    _photo(photos / "negative/portrait.jpg", (192, 256))
    _photo(photos / "negative/panorama.jpg", (256, 112))
    for _ in range(2):  # and of an import that is there already
        import_weak([photos], tmp_path / "out", size=(64, 56))
        assert capsys.readouterr().out.splitlines() == [
            "4 of 5 photographs lose their top and bottom (up to 34 %): cropped to the proportions of 64x56 pixels.",
            "1 of 5 photographs loses its left and right (50 %): cropped to the proportions of 64x56 pixels.",
        ]


def test_what_frames_lose_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_archives(tmp_path / "source", make())
    import_demonstrations(tmp_path / "source", tmp_path / "whole")
    assert not capsys.readouterr().out
    import_demonstrations(tmp_path / "source", tmp_path / "square", size=(24, 24))
    assert "21 of 21 frames lose their left and right (25 %): cropped" in capsys.readouterr().out


def test_less_than_a_pixel_is_nothing_lost() -> None:
    assert croppings(Counter({(640, 480): 3, (641, 480): 2}), (64, 48), "frames") == []

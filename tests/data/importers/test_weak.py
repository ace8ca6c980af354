"""Photographs keep their label, place and the right way up; and nothing is written unless all is well."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from sources import make, write_archives, write_video

from gplac.cli import main
from gplac.data.check import check
from gplac.data.dataset import WeakImages
from gplac.data.importers.demos import import_demonstrations
from gplac.data.importers.pictures import photograph
from gplac.data.importers.shots import Stretches, parse_stretch
from gplac.data.importers.weak import import_weak
from gplac.data.labelling.pictures import FORMATS, complaint
from gplac.data.labelling.store import Labels
from gplac.data.manifest import Manifest
from gplac.data.quality.survey import survey
from gplac.data.show import contact_sheet
from gplac.errors import UserError

RED, BLUE = (220, 30, 30), (30, 30, 220)


def _photo(
    path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (60, 40), **options: object
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


def _folders(root: Path, places: tuple[str, ...] = ("",), each: int = 3) -> None:
    """Red with the object, blue without."""
    for place in places:
        for number, suffix in zip(range(each), ("jpg", "PNG", "webp"), strict=False):
            _photo(root / "positive" / place / f"{number}.{suffix}", RED)
            _photo(root / "negative" / place / f"{number}.{suffix}", BLUE)


def _is_red(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return images[..., 0].mean(axis=(1, 2)) > images[..., 2].mean(axis=(1, 2))


def _imported(*paths: Path, out: Path, **options: object) -> tuple[Manifest, WeakImages]:
    """What was imported, after making sure that labels are right and the data set is sound."""
    manifest, data = import_weak(paths, out, **options), WeakImages.load(out)  # type: ignore[arg-type]
    np.testing.assert_array_equal(_is_red(data.images), data.labels == 1)
    assert check(out) == []
    contact_sheet(out, out.with_suffix(".png"))
    return manifest, data


def test_labelled_folders_of_one_place(tmp_path: Path) -> None:
    _folders(tmp_path / "photos")
    (tmp_path / "photos/positive/.DS_Store").write_bytes(b"?")
    manifest, data = _imported(tmp_path / "photos", out=tmp_path / "out")
    assert manifest.counts == {"rows": 6, "scenes": 1, "present": 3, "absent": 3}
    assert data.images.shape == (6, 40, 60, 3)
    assert (data.scene == 0).all()
    assert import_weak([tmp_path / "photos"], tmp_path / "out") == manifest


def test_sub_folders_and_sources_are_places(tmp_path: Path) -> None:
    _folders(tmp_path / "flat", ("kitchen", "hall"))
    _photo(tmp_path / "flat/positive/attic/evening/x.jpg", RED)
    _folders(tmp_path / "office", each=2)
    manifest, data = _imported(tmp_path / "flat", tmp_path / "office", out=tmp_path / "out")
    assert manifest.origin["scenes"] == [
        {"name": "flat/attic", "present": 1, "absent": 0},
        {"name": "flat/hall", "present": 3, "absent": 3},
        {"name": "flat/kitchen", "present": 3, "absent": 3},
        {"name": "office", "present": 2, "absent": 2},
    ]
    np.testing.assert_array_equal(np.bincount(data.scene), [1, 6, 6, 4])
    # Both kinds are spread over a place: any stretch of it holds both.
    assert set(data.labels[1:3]) == {0, 1}


def test_folders_of_a_list_without_places_are_places(tmp_path: Path) -> None:
    """Rooms walked through, then labelled with `gplac label rooms`."""
    lines = ["path,label"]
    for room in ("kitchen", "hall/by the door"):
        for label, colour in ((1, RED), (0, BLUE)):
            _photo(tmp_path / "rooms" / room / f"{label}.jpg", colour)
            lines.append(f"../rooms/{room}/{label}.jpg,{label}")
    (tmp_path / "rooms-labels").mkdir()
    (tmp_path / "rooms-labels/labels.csv").write_text("\n".join(lines))
    manifest, data = _imported(tmp_path / "rooms-labels/labels.csv", out=tmp_path / "rooms-out")
    assert manifest.origin["scenes"] == [
        {"name": "labels/hall", "present": 1, "absent": 1},
        {"name": "labels/kitchen", "present": 1, "absent": 1},
    ]
    np.testing.assert_array_equal(data.scene, [0, 0, 1, 1])
    (tmp_path / "hall.csv").write_text("path,label\nrooms/kitchen/1.jpg,1\nrooms/kitchen/0.jpg,0\n")
    manifest, _ = _imported(tmp_path / "hall.csv", out=tmp_path / "one-out")
    assert [place["name"] for place in manifest.origin["scenes"]] == ["hall"]


def test_sources_of_the_same_name_are_places_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in ("anna", "ben"):
        _folders(tmp_path / home / "photos", ("kitchen",), each=1)
        (tmp_path / home / "labels.csv").write_text(
            "path,label\nphotos/positive/kitchen/0.jpg,1\nphotos/negative/kitchen/0.jpg,0\n"
        )
    both = [tmp_path / home / "photos" for home in ("anna", "ben")]
    manifest, _ = _imported(*both, out=tmp_path / "folders")
    assert [place["name"] for place in manifest.origin["scenes"]] == [
        "anna/photos/kitchen",
        "ben/photos/kitchen",
    ]
    both = [tmp_path / home / "labels.csv" for home in ("anna", "ben")]
    manifest, data = _imported(*both, out=tmp_path / "lists")
    assert [place["name"] for place in manifest.origin["scenes"]] == ["anna/labels", "ben/labels"]
    np.testing.assert_array_equal(data.scene, [0, 0, 1, 1])
    monkeypatch.chdir(tmp_path / "anna/photos")
    manifest, _ = _imported(Path(), out=tmp_path / "here")
    assert [place["name"] for place in manifest.origin["scenes"]] == ["photos/kitchen"]


def test_large_photographs_and_the_way_a_camera_was_held(tmp_path: Path) -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[:, :200] = RED
    picture[:, 200:] = (0, 200, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: what is stored at the left belongs to the top
    for name in ("positive/a.jpg", "negative/b.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        Image.fromarray(picture).save(tmp_path / "photos" / name, exif=exif, quality=95)
    import_weak([tmp_path / "photos"], tmp_path / "out")
    images = WeakImages.load(tmp_path / "out").images
    assert images.shape == (2, 267, 200, 3)
    assert (images[:, :125, :, 0] > 180).all() and (images[:, 142:, :, 1] > 160).all()


@pytest.mark.parametrize(
    "suffix", ["jpg", "png", "webp", "gif", "bmp", "tif", "ppm", *(["avif"] if "AVIF" in FORMATS else [])]
)
def test_whatever_can_be_labelled_can_be_imported(suffix: str, tmp_path: Path) -> None:
    _photo(tmp_path / f"photos/positive/0.{suffix}", RED)
    _photo(tmp_path / f"photos/negative/0.{suffix}", BLUE)
    assert [complaint(tmp_path / f"photos/{kind}/0.{suffix}") for kind in ("positive", "negative")] == [
        None
    ] * 2
    _imported(tmp_path / "photos", out=tmp_path / "out")


def test_sixteen_bits_and_transparency(tmp_path: Path) -> None:
    for name in ("positive", "negative"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    grey = np.full((40, 60), 128 * 257, np.uint16)
    Image.fromarray(grey).save(tmp_path / "photos/positive/0.png")
    Image.new("RGBA", (60, 40), (255, 0, 0, 0)).save(tmp_path / "photos/negative/0.png")
    import_weak([tmp_path / "photos"], tmp_path / "out")
    data = WeakImages.load(tmp_path / "out")
    assert np.abs(data.images[data.labels == 1].astype(int) - 128).max() < 3
    assert data.images[data.labels == 0].min() > 252


def test_the_size_of_the_demonstrations(tmp_path: Path) -> None:
    write_archives(tmp_path / "source", make())
    import_demonstrations(tmp_path / "source", tmp_path / "demos", size=(32, 24))
    _folders(tmp_path / "photos")
    _, data = _imported(tmp_path / "photos", out=tmp_path / "out", like=tmp_path / "demos")
    assert data.images.shape == (6, 24, 32, 3)
    with pytest.raises(UserError, match="leave one out"):
        import_weak([tmp_path / "photos"], tmp_path / "x", like=tmp_path / "demos", size=(8, 8))


def test_a_list_of_paths_and_labels(tmp_path: Path) -> None:
    _folders(tmp_path / "photos")
    lines = ["path,label,scene"]
    lines += [f"photos/positive/{name},{word},hall" for name, word in (("0.jpg", "1"), ("1.PNG", "Yes"))]
    lines += ["photos/negative/0.jpg,absent,hall", "photos/negative/1.PNG,0,", "photos/positive/2.webp,true,"]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    manifest, _ = _imported(tmp_path / "list.csv", out=tmp_path / "out")
    assert manifest.origin["scenes"] == [
        {"name": "hall", "present": 2, "absent": 1},
        {"name": "list", "present": 1, "absent": 1},
    ]
    for text, sentence in (
        ("path\nx.jpg", "has no column label"),
        ("path,label\nphotos/positive/0.jpg,perhaps", "line 2: the label is 'perhaps'"),
        ("path,label\n,1", "line 2: it names no file"),
        ("path,label\nx.mp4,1", "line 2: a video needs `start` and `end`"),
        ("path,label\nphotos/positive/0.jpg,1", "is without it (negative)"),
    ):
        (tmp_path / "list.csv").write_text(text)
        assert sentence in _fails([tmp_path / "list.csv"], tmp_path / "none")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Six seconds, red in the first three."""
    frames = np.empty((60, 32, 48, 3), np.uint8)
    frames[:30], frames[30:] = RED, BLUE
    write_video(tmp_path / "hall.mp4", frames)
    return tmp_path / "hall.mp4"


def test_stretches_of_a_video(video: Path, tmp_path: Path) -> None:
    stretches = Stretches(((0.0, 1.0), (2.0, 2.5)), ((3.5, 5.5),), every_s=0.5)
    manifest, _ = _imported(video, out=tmp_path / "out", stretches=stretches)
    assert manifest.origin["scenes"] == [{"name": "hall", "present": 5, "absent": 5}]
    (tmp_path / "list.csv").write_text("path,label,start,end\nhall.mp4,1,0:00,0:02\nhall.mp4,0,0:04,5.5\n")
    manifest, _ = _imported(tmp_path / "list.csv", out=tmp_path / "listed")
    assert manifest.counts == {"rows": 9, "scenes": 1, "present": 5, "absent": 4}
    assert "hall.mp4 has no frame at 6.500 s (the nearest at 5.900 s)" in _fails(
        [video], tmp_path / "none", stretches=Stretches(((0, 1),), ((4, 9),), 0.5)
    )
    assert "Say when the object is to be seen" in _fails([video], tmp_path / "none")
    assert "list several videos in a CSV" in _fails([video, video], tmp_path / "none", stretches=stretches)


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_a_video_that_was_cut_begins_at_its_first_frame(suffix: str, tmp_path: Path) -> None:
    """Its file calls the first frame's time five seconds; `gplac label` counts from that frame as well."""
    frames = np.empty((40, 32, 48, 3), np.uint8)
    frames[:20], frames[20:] = RED, BLUE
    video = tmp_path / f"hall.{suffix}"
    write_video(video, frames, start_s=5)
    manifest, _ = _imported(video, out=tmp_path / "out", stretches=Stretches(((0.0, 1.5),), ((2.0, 3.5),)))
    assert manifest.counts == {"rows": 8, "scenes": 1, "present": 4, "absent": 4}
    sentence = _fails([video], tmp_path / "none", stretches=Stretches(((7.0, 8.0),), ((9.0, 9.5),)))
    assert f"hall.{suffix} has no frame at 7.000 s" in sentence


def test_what_is_found_is_traced_to_files(video: Path, tmp_path: Path) -> None:
    """Of two lists, one of a video, and of episodes; also after sorting, which imports do."""
    for name, seed in (("red/a.png", 0), ("red/b.png", 1), ("blue/a.png", 0)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        noise = np.random.default_rng(seed).integers(0, 255, (32, 48, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / name)
    (tmp_path / "photos.csv").write_text("path,label\nred/a.png,1\nred/b.png,1\nblue/a.png,0\n")
    (tmp_path / "film.csv").write_text("path,label,start,end\nhall.mp4,1,0:01,0:02\nhall.mp4,0,0:04,0:05\n")
    import_weak([tmp_path / "photos.csv", tmp_path / "film.csv"], tmp_path / "out")
    assert check(tmp_path / "out") == []
    sources = WeakImages.load(tmp_path / "out").source
    assert sources is not None
    assert {"red/b.png", "hall.mp4, 1.5 s", "hall.mp4, 4 s"} < set(sources)
    (torn,) = [each for each in survey([tmp_path / "out"]).findings if each.code == "copies-across-labels"]
    assert "blue/a.png, labelled 0, and red/a.png, labelled 1" in torn.where
    write_archives(tmp_path / "source", make())
    import_demonstrations(tmp_path / "source", tmp_path / "demos")
    assert (
        survey([tmp_path / "demos"]).data["demonstrations"].place(8) == "episode 1 (episode_9.npz), frame 1"
    )


def test_names_that_are_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gplac label` writes their bytes as they are."""
    pictures = []
    for name, colour in (("bad\udcff.png", RED), ("gut\udce4.png", BLUE)):
        _photo(tmp_path / "photos" / name, colour)
        pictures.append(tmp_path / "photos" / name)
    (tmp_path / "photos/ugly\udcff.png").write_bytes(b"no picture")
    labels = Labels(tmp_path / "photos-labels")
    labels.folder.mkdir()
    labels.answer(pictures[0], "yes")
    labels.answer(pictures[1], "no")
    labels.answer(tmp_path / "photos/ugly\udcff.png", "no")
    table = labels.folder / "labels.csv"
    main(["import", "weak", str(table), "--out", str(tmp_path / "out"), "--skip-unreadable"])
    assert "Left out: ugly\\xff.png (not a picture" in capsys.readouterr().out
    assert WeakImages.load(tmp_path / "out").labels.tolist() == [1, 0]


def test_corrected_labels_and_times_are_no_import_that_is_there_already(video: Path, tmp_path: Path) -> None:
    """As many of each kind as before, from the same files."""
    _folders(tmp_path / "photos")
    table = tmp_path / "list.csv"
    table.write_text("path,label,scene\nphotos/positive/0.jpg,1,a\nphotos/positive/1.PNG,0,a\n")
    first = import_weak([table], tmp_path / "out")
    assert import_weak([table], tmp_path / "out") == first
    for corrected in (
        "photos/positive/0.jpg,0,a\nphotos/positive/1.PNG,1,a\n",
        "photos/positive/0.jpg,1,b\nphotos/positive/1.PNG,0,a\n",
    ):
        table.write_text(f"path,label,scene\n{corrected}")
        with pytest.raises(UserError, match="exists already"):
            import_weak([table], tmp_path / "out")
    there, elsewhere = ((0.0, 1.0),), ((4.0, 5.0),)
    import_weak([video], tmp_path / "video", stretches=Stretches(there, elsewhere))
    for stretches in (Stretches(elsewhere, there), Stretches(there, ((4.2, 5.2),))):
        with pytest.raises(UserError, match="exists already"):
            import_weak([video], tmp_path / "video", stretches=stretches)


def test_a_stretch_behind_the_end_of_a_video_takes_no_frame_of_another(video: Path, tmp_path: Path) -> None:
    stretches = Stretches(((0.0, 2.0),), ((7.0, 9.0),), every_s=5.0)
    sentence = _fails([video], tmp_path / "none", stretches=stretches)
    assert "hall.mp4 has no frame at 7.000 s (the nearest at 5.900 s)" in sentence


def test_a_video_held_upright(video: Path, tmp_path: Path) -> None:
    frames = np.zeros((20, 32, 48, 3), np.uint8)
    frames[:, :, :24] = RED
    write_video(video, frames)
    content = video.read_bytes()
    # The matrix of the track's header turns what is stored at the left to the top, as telephones do.
    start = content.index(b"tkhd") + 4 + 40
    turned = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 32 << 16, 0, 1 << 30], ">i4").tobytes()
    video.write_bytes(content[:start] + turned + content[start + 36 :])
    import_weak([video], tmp_path / "out", stretches=Stretches(((0.0, 0.5),), ((1.0, 1.5),), 0.5))
    images = WeakImages.load(tmp_path / "out").images
    assert images.shape == (4, 48, 32, 3)
    assert (images[:, :22, :, 0] > 180).all() and (images[:, 26:, :, 0] < 40).all()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0:10-0:35", (10, 35)), ("75-90.5", (75, 90.5)), ("1:00:01-1:00:02", (3601, 3602))],
)
def test_times(text: str, seconds: tuple[float, float]) -> None:
    assert parse_stretch(text) == seconds


@pytest.mark.parametrize("text", ["0:10", "5-3", "a-b", "-", "1e3-2e3", "nan-5"])
def test_wrong_times(text: str) -> None:
    with pytest.raises(UserError, match="is no stretch of time"):
        parse_stretch(text)


def _fails(paths: list[Path], out: Path, **options: object) -> str:
    with pytest.raises(UserError) as error:
        import_weak(paths, out, **options)  # type: ignore[arg-type]
    assert not out.exists() and not list(out.parent.glob(".*partial"))
    return str(error.value)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def _text(path: Path) -> None:
    path.write_text("no picture")


@pytest.mark.parametrize(
    ("damage", "name", "reason"),
    [
        (_cut, "1.PNG", "truncated"),
        (_text, "0.jpg", "not a picture in JPEG"),
        pytest.param(
            lambda path: path.rename(path.with_suffix(".heic")),
            "0.jpg",
            "HEIC needs the package pillow-heif",
            marks=pytest.mark.skipif(find_spec("pillow_heif") is not None, reason="pillow-heif is installed"),
        ),
    ],
)
def test_unreadable_photographs(
    damage: Callable[[Path], None], name: str, reason: str, tmp_path: Path
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    _folders(photos)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)).save(
        photos / "positive" / name
    )
    damage(photos / "positive" / name)
    sentence = _fails([photos], out)
    assert (
        "1 of 6 photographs cannot be read" in sentence
        and reason in sentence
        and "--skip-unreadable" in sentence
    )
    manifest, _ = _imported(photos, out=out, skip_unreadable=True)
    assert manifest.counts == {"rows": 5, "scenes": 1, "present": 2, "absent": 3}
    assert reason in manifest.origin["skipped"][0]


def test_nothing_to_import(tmp_path: Path) -> None:
    out, photos = tmp_path / "out", tmp_path / "photos"
    assert "Name folders, CSV files or a video" in _fails([], out)
    assert "does not exist" in _fails([photos], out)
    photos.mkdir()
    assert "has no folder positive and negative" in _fails([photos], out)
    for name in ("positive", "negative"):
        (photos / name).mkdir()
    assert "shows the object of interest (positive); both kinds are needed" in _fails([photos], out)
    _photo(photos / "positive/0.png", RED)
    assert "is without it (negative)" in _fails([photos], out)
    _text(photos / "negative/0.png")
    assert "have the same label" in _fails([photos], out, skip_unreadable=True)
    assert "neither a folder, nor a CSV file, nor a video" in _fails([photos / "positive/0.png"], out)


def test_a_photograph_counts_once(tmp_path: Path) -> None:
    out, photos, table = tmp_path / "out", tmp_path / "photos", tmp_path / "photos.csv"
    _folders(photos)
    assert "0.jpg is named twice: name each source" in _fails([photos, photos], out)
    assert "0.jpg is named twice" in _fails([photos, photos / "positive" / ".."], out)
    table.write_text(
        "path,label\nphotos/positive/0.jpg,1\nphotos/negative/0.jpg,0\nphotos/positive/0.jpg,0\n"
    )
    assert "positive/0.jpg is labelled twice" in _fails([table], out)


def test_pictures_too_large_to_be_meant(tmp_path: Path) -> None:
    _folders(tmp_path / "photos")
    for size in ((100_000, 100_000), (16, 4097)):
        said = _fails([tmp_path / "photos"], tmp_path / "out", size=size)
        assert f"{size[0]}x{size[1]} pixels are too large" in said and "4096" in said


@pytest.mark.skipif("AVIF" not in FORMATS, reason="this Pillow reads no AVIF")
def test_an_altered_avif_is_a_picture_or_called_unreadable(tmp_path: Path) -> None:
    path, generator = tmp_path / "0.avif", np.random.default_rng(0)
    Image.fromarray(generator.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(path)
    whole, told = path.read_bytes(), 0
    for _ in range(150):
        altered = bytearray(whole)
        for place in generator.integers(100, len(altered), 5):
            altered[place] ^= 0xFF
        path.write_bytes(altered)
        try:
            photograph(path)
        except ValueError:
            told += 1
    assert told

"""CSV files, folders and arrays that are nearly what is read: accepted where that is safe, else told what is needed."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sources import make, write_folders

from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.importers.demos import import_demonstrations
from gplac.data.importers.weak import import_weak
from gplac.errors import UserError

CALLED = "columns are called state.NAME and action.NAME, with commas between and points in numbers"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two episodes with a CSV file each."""
    write_folders(tmp_path / "source", make((4, 3)))
    return tmp_path / "source"


def _fails(source: Path) -> str:
    out = source.parent / "out"
    with pytest.raises(UserError) as error:
        import_demonstrations(source, out, hz=10)
    assert not out.exists()
    return str(error.value)


def _rewrite(source: Path, change: Callable[[str], str]) -> None:
    for table in source.rglob("*.csv"):
        table.write_text(change(table.read_text()))


def test_blanks_around_words_are_no_part_of_them(source: Path, tmp_path: Path) -> None:
    _rewrite(source, lambda text: text.replace(",", ' , "', 1).replace(",state.knee", '", state.knee ', 1))
    _rewrite(source, lambda text: text.replace(",", ", "))
    manifest = import_demonstrations(source, tmp_path / "out")
    assert manifest.origin["state_names"] == ["hip", "knee", "toe"]
    np.testing.assert_array_equal(
        Demonstrations.load(tmp_path / "out").states, np.concatenate(make((4, 3)).states)
    )


@pytest.mark.parametrize("name", ["state.hip", "action.push", "timestamp"])
def test_a_column_that_is_there_twice(name: str, source: Path) -> None:
    _rewrite(source, lambda text: text.replace("remark", name))
    assert f"robot.csv names {name} twice; give each column its own name" in _fails(source)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace(",", ";"),
            "has no column called state.NAME, only timestamp;state.hip;state.knee;",
        ),
        (
            lambda text: text.replace("timestamp,", "").replace(",", ";"),
            "has no column called action.NAME, only state.hip;state.knee;",
        ),
        (
            lambda text: text.replace("state.", "state_"),
            "has no column called state.NAME, only timestamp, state_hip, state_knee, state_toe, action.push",
        ),
        (
            lambda text: text.replace("action.", "command."),
            "has no column called action.NAME, only timestamp, state.hip",
        ),
        (lambda text: "", "has no column called state.NAME, only none at all"),
    ],
)
def test_columns_of_other_names_are_listed(change: Callable[[str], str], said: str, source: Path) -> None:
    _rewrite(source, change)
    sentence = _fails(source)
    assert f"episode 0/robot.csv {said}" in sentence and CALLED in sentence


@pytest.mark.parametrize(
    ("quoted", "said"), [(True, "where a number is needed; write it with a point"), (False, "has 13 values")]
)
def test_numbers_with_commas(quoted: bool, said: str, source: Path) -> None:
    """Unquoted they would be taken for numbers of the wrong columns."""
    mark = '"' if quoted else ""
    _rewrite(source, lambda text: re.sub(r"(-?\d+)\.([\de-]+)", rf"{mark}\1,\2{mark}", text))
    sentence = _fails(source)
    assert "episode 0/robot.csv, line 2" in sentence and said in sentence


@pytest.mark.parametrize(
    ("video", "mended"), [(False, ".webp."), (True, "`ffmpeg -i film.mp4 frame%06d.png`")]
)
def test_pictures_of_no_kind_that_is_read(video: bool, mended: str, source: Path) -> None:
    for picture in source.rglob("*.png"):
        picture.rename(picture.with_suffix(".bmp"))
    if video:
        (source / "episode 0/film.mp4").touch()
    found = ".bmp, .csv, .mp4" if video else ".bmp, .csv"
    sentence = _fails(source)
    assert f"episode 0 holds no pictures that are read, only {found}; put one for each line" in sentence
    assert mended in sentence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"states": None},
            "a.npz has no state, only images (uint8 of shape (4, 48, 64, 3)), actions (float32",
        ),
        ({"states": None}, "add `states`, numbers of shape (frames, numbers)"),
        ({"actions": None}, "a.npz has no action, only images"),
        ({"images": None}, "a.npz has no pictures, only states (float32 of shape (4, 3)), actions"),
        ({"images": np.array([None] * 4)}, "images (object of shape (4,)); add `images`, uint8 of shape"),
        ({"states": np.array([None] * 4)}, "a.npz: states holds Python objects of shape (4,) where numbers"),
        ({"actions": np.zeros((4, 1, 2))}, "a.npz: actions holds float64 of shape (4, 1, 2) where a row"),
        # The rewards must not be taken in its place.
        ({"states": np.zeros((4, 1, 3)), "rewards": np.zeros(4)}, "a.npz: states holds float64 of shape"),
        ({"images": None, "states": np.zeros((4, 1, 3))}, "a.npz has no pictures, only states"),
    ],
)
def test_arrays_that_are_no_state_action_or_pictures(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    made = make((4,))
    whole = {"states": made.states[0], "actions": made.actions[0], "images": made.images[0]}
    if "images" not in changes:
        whole = {"images": whole.pop("images"), **whole}
    (tmp_path / "source").mkdir()
    arrays = {key: value for key, value in (whole | changes).items() if value is not None}
    np.savez(tmp_path / "source/a.npz", **arrays)
    assert said in _fails(tmp_path / "source")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name, colour in (("1.png", "red"), ("0.png", "blue")):
        Image.new("RGB", (20, 20), colour).save(tmp_path / name)
    return tmp_path / "photos.csv"


def test_a_list_of_photographs_with_blanks(photos: Path, tmp_path: Path) -> None:
    photos.write_text('path , label\n1.png, 1\n"0.png", 0\n')
    import_weak([photos], tmp_path / "out")
    assert sorted(WeakImages.load(tmp_path / "out").labels) == [0, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Path,Label\n1.png,1\n", "has no column path and label, only Path, Label; its first line"),
        ("path;label\n1.png;1\n", "has no column path and label, only path;label; its first line"),
        ("path,kind\n1.png,1\n", "has no column label, only path, kind; its first line"),
        ("path,label,label\n1.png,1,0\n", "names label twice; give each column its own name"),
        ("path,label\n1.png,1,kitchen\n", "line 2 has 3 values where the first line names 2 columns"),
    ],
)
def test_a_list_of_photographs_with_other_columns(text: str, said: str, photos: Path, tmp_path: Path) -> None:
    photos.write_text(text)
    with pytest.raises(UserError) as error:
        import_weak([photos], tmp_path / "out")
    assert f"photos.csv{',' * said.startswith('line')} {said}" in str(error.value)

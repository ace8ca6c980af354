"""The contact sheet shows pictures of the data set, each where its caption says."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_data import HEIGHT, WIDTH, picture, write_demonstrations, write_weak

from gplac.cli import main
from gplac.data.show import CAPTION_PX, MARGIN_PX, contact_sheet
from gplac.errors import UserError

SCALE = 5  # 32 pixels wide pictures are shown five times as large


def _cell(sheet: Path, row: int, column: int) -> np.ndarray:
    """The picture in a cell, at its own size."""
    left = MARGIN_PX + column * (WIDTH * SCALE + MARGIN_PX)
    top = MARGIN_PX + CAPTION_PX + row * (HEIGHT * SCALE + MARGIN_PX + CAPTION_PX)
    pixels = np.asarray(Image.open(sheet))
    return pixels[top : top + HEIGHT * SCALE : SCALE, left : left + WIDTH * SCALE : SCALE].astype(int)


def test_demonstrations(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d", shards=2, episodes=2)
    contact_sheet(tmp_path / "d", tmp_path / "sheet.png", rows=4, columns=3)
    # Two shards and four rows: both episodes of the first, then both of the second.
    for row, (shard, first) in enumerate([(0, 0), (0, 10), (1, 0), (1, 10)]):
        for column, frame in enumerate([0, 4, 9]):
            expected = picture("demonstrations", shard, first + frame)
            assert np.abs(_cell(tmp_path / "sheet.png", row, column) - expected).max() < 12


def test_weak_images(tmp_path: Path) -> None:
    write_weak(tmp_path / "w", shards=2, images=8)
    contact_sheet(tmp_path / "w", tmp_path / "sheet.png", rows=2, columns=4)
    for row in (0, 1):
        for column, number in enumerate([0, 2, 1, 3]):  # even ones have the object of interest
            assert (
                np.abs(_cell(tmp_path / "sheet.png", row, column) - picture("weak", row, number)).max() < 12
            )


def test_small_sets_are_shown_once_on_a_smaller_sheet(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d", shards=1, episodes=3)
    contact_sheet(tmp_path / "d", tmp_path / "sheet.png", columns=12)  # of ten frames
    across, down = WIDTH * SCALE + MARGIN_PX, HEIGHT * SCALE + MARGIN_PX + CAPTION_PX
    assert Image.open(tmp_path / "sheet.png").size == (MARGIN_PX + 10 * across, MARGIN_PX + 3 * down)
    for row in range(3):
        for column in range(10):
            expected = picture("demonstrations", 0, 10 * row + column)
            assert np.abs(_cell(tmp_path / "sheet.png", row, column) - expected).max() < 12
    write_weak(tmp_path / "w", shards=2, images=6)
    contact_sheet(tmp_path / "w", tmp_path / "sheet.png", columns=4)
    # Of each scene two rows: two and two, then what is left, one and one.
    assert Image.open(tmp_path / "sheet.png").size == (MARGIN_PX + 4 * across, MARGIN_PX + 4 * down)
    for row, numbers in enumerate([(0, 2, 1, 3), (4, 5)] * 2):
        for column, number in enumerate(numbers):
            expected = picture("weak", row // 2, number)
            assert np.abs(_cell(tmp_path / "sheet.png", row, column) - expected).max() < 12


def test_many_shards_are_shown_from_first_to_last(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d", shards=5, episodes=2)
    contact_sheet(tmp_path / "d", tmp_path / "sheet.png", rows=3, columns=1)
    for row, shard in enumerate((0, 2, 4)):
        expected = picture("demonstrations", shard, 0)
        assert np.abs(_cell(tmp_path / "sheet.png", row, 0) - expected).max() < 12


def test_an_unfinished_collection_is_shown_as_far_as_it_is(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w").with_shard(1, None, None)
    manifest.write(tmp_path / "w")
    contact_sheet(tmp_path / "w", tmp_path / "sheet.png")
    manifest.with_shard(0, None, None).write(tmp_path / "w")
    with pytest.raises(UserError, match="no finished shard"):
        contact_sheet(tmp_path / "w", tmp_path / "sheet.png")


@pytest.mark.parametrize(("changes", "said"), [({"rows": 0}, "0 rows"), ({"columns": -1}, "-1 columns")])
def test_a_sheet_of_nothing_is_refused(tmp_path: Path, changes: dict[str, int], said: str) -> None:
    write_demonstrations(tmp_path / "d")
    with pytest.raises(UserError, match=f"cannot have {said}"):
        contact_sheet(tmp_path / "d", tmp_path / "sheet.png", **changes)


def test_a_sheet_is_the_kind_of_file_that_its_name_says(tmp_path: Path) -> None:
    write_weak(tmp_path / "w")
    contact_sheet(tmp_path / "w", tmp_path / "sheet.webp")
    contact_sheet(tmp_path / "w", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.webp") as one, Image.open(tmp_path / "sheet.png") as other:
        assert one.format == "WEBP"
        np.testing.assert_array_equal(one, other)
    with pytest.raises(UserError, match="sheet.tiff: a contact sheet is"):
        contact_sheet(tmp_path / "w", tmp_path / "sheet.tiff")


def test_the_sheet_of_the_folder_that_one_is_in_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demonstrations(tmp_path / "d")
    monkeypatch.chdir(tmp_path / "d")
    main(["data", "show", "."])
    assert (tmp_path / "d.png").is_file()

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


def test_the_sheet_of_the_folder_that_one_is_in_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demonstrations(tmp_path / "d")
    monkeypatch.chdir(tmp_path / "d")
    main(["data", "show", "."])
    assert (tmp_path / "d.png").is_file()

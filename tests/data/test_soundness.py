"""Damage that checksums do not show is said in the same sentence by whatever reads the data."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from small_data import alter, write_demonstrations, write_weak

from gplac.data import schema
from gplac.data.check import check
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.export import export_lerobot
from gplac.data.quality.survey import survey
from gplac.data.show import contact_sheet
from gplac.errors import UserError

Change = Callable[[pa.Table], pa.Table]


def _load(folder: Path) -> None:
    Demonstrations.load(folder)


def _export(folder: Path) -> None:
    export_lerobot(folder, folder.with_name("exported"))


def _show(folder: Path) -> None:
    contact_sheet(folder, folder.with_name("sheet.png"))


def _column(name: str, values: Callable[[list[Any]], list[Any]], kind: pa.DataType | None = None) -> Change:
    """Other values in a column."""

    def change(table: pa.Table) -> pa.Table:
        index = table.column_names.index(name)
        array = pa.array(values(table.column(name).to_pylist()), kind or table.schema.field(name).type)
        return table.set_column(index, name, array)

    return change


def _value(name: str, row: int, value: object) -> Change:
    return _column(name, lambda values: [*values[:row], value, *values[row + 1 :]])


def _picture(row: int, change: Callable[[bytes], bytes]) -> Change:
    return _column(schema.IMAGE, lambda values: [*values[:row], change(values[row]), *values[row + 1 :]])


def _number(name: str, row: int, index: int, value: float) -> Change:
    def change(values: list[list[float]]) -> list[list[float]]:
        values[row][index] = value
        return values

    return _column(name, change)


SIX = _column(schema.ACTION, lambda values: [each[:6] for each in values], pa.list_(pa.float32(), 6))
ALL = (_load, _export, _show)


@pytest.mark.parametrize(
    ("change", "message", "verbs"),
    [
        (_number(schema.ACTION, 13, 2, np.nan), "number 3 of action is nan in frame 3 of episode 1", ALL[:2]),
        (_number(schema.STATE, 0, 0, np.inf), "number 1 of observation.state is inf in frame 0", ALL[:2]),
        (_picture(9, lambda _: b"?"), "no JPEG", ALL),
        (_picture(9, lambda jpeg: jpeg[: len(jpeg) - 100]), r"broken JPEG .* \(row 9\)", ALL),
        (lambda table: table.slice(0, 0), "it holds no row", ALL),
        (lambda table: table.drop_columns([schema.ACTION]), "there is no column action", ALL),
        (SIX, r"column action holds fixed_size_list.*\[6\] instead of fixed_size_list.*\[7\]", ALL),
        (_value(schema.SCENE, 4, None), "column scene_index has gaps", ALL),
        (_column(schema.EPISODE, lambda values: [-1] * 20), "not counted 0, 1, 2", ALL[:2]),
    ],
)
def test_damage_is_one_sentence_for_every_reader(
    tmp_path: Path, change: Change, message: str, verbs: Sequence[Callable[[Path], None]]
) -> None:
    write_demonstrations(tmp_path / "d")
    alter(tmp_path / "d", _value(schema.SCENE, 0, 0))
    for verb in ALL:
        verb(tmp_path / "d")
    (tmp_path / "sheet.png").unlink()
    (tmp_path / "exported").rename(tmp_path / "sound")

    alter(tmp_path / "d", change)
    for verb in verbs:
        with pytest.raises(UserError, match=f"0000-000000.parquet is damaged: .*{message}.*; delete it, and"):
            verb(tmp_path / "d")
    assert {path.name for path in tmp_path.iterdir()} <= {"d", "sound", "sheet.png"}
    found = survey([tmp_path / "d"])
    assert found.count("problem")
    assert any("0000-000000.parquet" in each.what for each in found.findings if each.code == "integrity")


def test_pictures_of_another_size_than_the_manifests(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d")
    manifest = tmp_path / "d" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"width": 32', '"width": 33'))
    for verb in ALL:
        with pytest.raises(UserError, match="32x28 pixels instead of 33x28.*row 0"):
            verb(tmp_path / "d")
    assert "32x28 pixels instead of 33x28, the first in row 0" in check(tmp_path / "d")[0]


def test_an_unknown_task_in_the_manifest(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d")
    manifest = tmp_path / "d" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"task": "pusher"', '"task": "juggler"'))
    for verb in ALL:
        with pytest.raises(UserError, match="no task called 'juggler'"):
            verb(tmp_path / "d")
    assert "no task called 'juggler'" in check(tmp_path / "d")[0]


def test_data_sets_without_shards(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d", shards=0)
    for verb, message in ((_load, "is empty: .* no shard"), (_export, "no complete"), (_show, "no finished")):
        with pytest.raises(UserError, match=message):
            verb(tmp_path / "d")


def test_labels_are_0_or_1(tmp_path: Path) -> None:
    write_weak(tmp_path / "w")
    alter(tmp_path / "w", _value(schema.LABEL, 5, 7))
    message = "some labels are neither 0 nor 1, the first in image 5 of scene 0: 7"
    with pytest.raises(UserError, match=f"is damaged: {message}"):
        WeakImages.load(tmp_path / "w")
    assert message in check(tmp_path / "w")[0]
    assert survey([tmp_path / "w"]).count("problem")
    contact_sheet(tmp_path / "w", tmp_path / "sheet.png")


def test_pictures_that_are_no_jpeg_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d")
    alter(tmp_path / "d", _picture(7, lambda _: b""))
    (finding,) = check(tmp_path / "d")
    assert finding.endswith(": the image in row 7 is no JPEG.")
    alter(tmp_path / "d", _picture(3, lambda _: b"GIF89a"))
    (finding,) = check(tmp_path / "d")
    assert finding.endswith(": 2 images are no JPEG, the first in row 3.")

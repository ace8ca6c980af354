"""`gplac data check` finds every kind of damage, and nothing in a sound data set."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from small_data import picture, write_demonstrations, write_weak

from gplac.data import schema
from gplac.data.check import check
from gplac.data.manifest import MANIFEST, Manifest
from gplac.data.shards import encode_jpeg, read_shard, to_numpy, write_shard
from gplac.errors import UserError

Columns = dict[str, object]


def test_nothing_is_found_in_sound_ones(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d")
    write_weak(tmp_path / "w")
    assert check(tmp_path / "d") == check(tmp_path / "w") == []


def test_folders_without_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no manifest.json"):
        check(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        check(tmp_path / "nowhere")
    manifest = write_weak(tmp_path / "w")
    replace(manifest, shards=()).write(tmp_path / "w")
    assert "names no shard" in check(tmp_path / "w")[0]


def test_files(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    names = [shard.name for shard in write_weak(folder, shards=4).shards]
    (folder / names[0]).unlink()
    cut = (folder / names[1]).read_bytes()
    (folder / names[1]).write_bytes(cut[: len(cut) // 2])
    altered = bytearray((folder / names[2]).read_bytes())
    altered[len(altered) // 3] ^= 1
    (folder / names[2]).write_bytes(altered)
    (folder / "holiday.jpg").write_bytes(b"")
    (folder / f".{names[3]}.77.tmp").write_bytes(b"")
    found = "\n".join(check(folder))
    assert f"{names[0]} is missing" in found
    assert f"{names[1]} has {len(cut) // 2} bytes instead of {len(cut)}" in found
    assert f"{names[2]} has another checksum" in found
    assert names[3] not in found.replace(f".{names[3]}.77.tmp is a leftover", "")
    assert "holiday.jpg is not of this data set" in found


def test_an_unfinished_collection(tmp_path: Path) -> None:
    write_weak(tmp_path / "w").with_shard(0, None, None).write(tmp_path / "w")
    assert "not complete: 1 of 2 shards" in check(tmp_path / "w")[0]


def _rewrite(folder: Path, change: Callable[[Columns], Columns]) -> None:
    """Change the first shard, and let the manifest believe that it was always so."""
    manifest = Manifest.read(folder)
    shard = folder / manifest.shards[0].name
    table = read_shard(shard)
    before: Columns = {
        name: table.column(name).to_pylist()
        if "image" in name and name != schema.WEAK_INDEX
        else to_numpy(table, name)
        for name in table.column_names
    }
    manifest.with_shard(0, *write_shard(shard, table.schema, change(before))).write(folder)


def _with(name: str, row: int, value: object) -> Callable[[Columns], Columns]:
    def change(columns: Columns) -> Columns:
        values = columns[name].copy()  # type: ignore[attr-defined]
        values[row] = value
        return {**columns, name: values}

    return change


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (_with(schema.ACTION, 3, np.nan), "number 1 of action is nan in frame 3 of episode 0"),
        (_with(schema.STATE, 0, np.inf), "number 1 of observation.state is inf in frame 0 of episode 0"),
        (_with(schema.IMAGE, 1, b"?"), ": the image in row 1 is no JPEG."),
        (
            _with(schema.IMAGE, 1, encode_jpeg(picture("x")[:20])),
            "there are images of 32x20 pixels instead of 32x28, the first in row 1",
        ),
        (_with(schema.FRAME, 5, 7), "not counted 0, 1, 2"),
        (_with(schema.SCENE, 5, 30), "scenes that were not asked for"),
        (lambda columns: {name: values[:-1] for name, values in columns.items()}, "19 rows instead of 20"),  # type: ignore[index]
    ],
)
def test_what_is_in_demonstrations(
    tmp_path: Path, change: Callable[[Columns], Columns], finding: str
) -> None:
    write_demonstrations(tmp_path / "d", shards=2, episodes=2)
    _rewrite(tmp_path / "d", change)
    assert finding in "\n".join(check(tmp_path / "d"))


def test_counts(tmp_path: Path) -> None:
    manifest = write_demonstrations(tmp_path / "d", shards=2, episodes=2)
    replace(manifest, counts={**manifest.counts, "episodes": 5}).write(tmp_path / "d")
    assert check(tmp_path / "d") == ["manifest.json counts 5 episodes, the shards hold 4."]


def test_what_is_in_weak_images(tmp_path: Path) -> None:
    write_weak(tmp_path / "w")
    _rewrite(tmp_path / "w", _with(schema.LABEL, 0, 2))
    assert "labels are neither 0 nor 1" in check(tmp_path / "w")[0]
    _rewrite(tmp_path / "w", _with(schema.LABEL, 0, 0))
    assert "counts 8 present, the shards hold 7" in "\n".join(check(tmp_path / "w"))


def test_columns(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w")
    path = tmp_path / "w" / manifest.shards[0].name
    table = read_shard(path)
    kind = pa.schema(
        [("image", pa.binary()), ("label", pa.float32()), ("colour", pa.int64()), ("image_index", pa.int64())]
    )
    columns = {name: table.column(name).to_pylist() for name in ("image", "label", "image_index")} | {
        "colour": [0] * 8
    }
    manifest.with_shard(0, *write_shard(path, kind, columns)).write(tmp_path / "w")
    found = "\n".join(check(tmp_path / "w"))
    assert "no column scene_index" in found
    assert "a column colour too many" in found
    assert "label holds float instead of uint8" in found
    assert MANIFEST not in found

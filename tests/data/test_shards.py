"""Shards are whole or not there, and give back what was put in."""

import errno
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_data import HEIGHT, WIDTH, picture, write_demonstrations, write_weak

from gplac.data import schema
from gplac.data.shards import decode_jpeg_into, encode_jpeg, read_shard, sha256, to_numpy, write_shard
from gplac.errors import UserError
from gplac.files import remove_temporaries, write_atomically


def test_a_shard_gives_back_what_was_put_in(tmp_path: Path) -> None:
    numbers = np.arange(10.0, dtype=np.float32).reshape(5, 2)
    kind = schema.demonstration_schema(2, 2, 2)
    columns = {name: np.arange(5) for name in kind.names}
    columns |= {
        schema.STATE: numbers,
        schema.ACTION: -numbers,
        schema.QPOS: numbers / 3,
        schema.SEEN_AT: numbers / 7,
    }
    columns |= {schema.IMAGE: [b"1", b"2", b"3", b"4", b"5"]}  # type: ignore[dict-item]
    size, digest = write_shard(tmp_path / "a.parquet", kind, columns)
    assert (size, digest) == ((tmp_path / "a.parquet").stat().st_size, sha256(tmp_path / "a.parquet"))
    assert write_shard(tmp_path / "b.parquet", kind, columns) == (size, digest)
    table = read_shard(tmp_path / "a.parquet")
    assert table.column(schema.IMAGE).to_pylist() == [b"1", b"2", b"3", b"4", b"5"]
    np.testing.assert_array_equal(to_numpy(table, schema.ACTION), -numbers)
    np.testing.assert_array_equal(to_numpy(table, schema.QPOS), (numbers / 3).astype(np.float64))
    assert to_numpy(table, schema.EPISODE).dtype == np.int64


def test_column_names_and_types_are_lerobots(tmp_path: Path) -> None:
    manifest = write_demonstrations(tmp_path / "d", 1)
    found = pq.read_schema(tmp_path / "d" / manifest.shards[0].name)
    assert {name: str(found.field(name).type) for name in found.names} == {
        "observation.image": "binary",
        "observation.state": "fixed_size_list<element: float>[17]",
        "action": "fixed_size_list<element: float>[7]",
        "episode_index": "int64",
        "frame_index": "int64",
        "timestamp": "float",
        "index": "int64",
        "scene_index": "int64",
        "diagnostic.qpos": "fixed_size_list<element: double>[11]",
        "diagnostic.seen_at": "fixed_size_list<element: double>[2]",
    }
    manifest = write_weak(tmp_path / "w", 1)
    found = pq.read_schema(tmp_path / "w" / manifest.shards[0].name)
    assert found.names == ["image", "label", "scene_index", "image_index"]


def test_jpeg_keeps_small_coloured_things() -> None:
    image = picture("a").copy()
    image[10:14, 10:14] = 250, 20, 20
    out = np.empty_like(image)
    decode_jpeg_into(encode_jpeg(image), out)
    error = np.abs(out.astype(int) - image)
    assert error.mean() < 3.0
    assert (out[11:13, 11:13].astype(int) - [250, 20, 20] < 25).all()
    with pytest.raises(ValueError, match=f"{WIDTH}x{HEIGHT} pixels instead of {WIDTH}x{HEIGHT + 1}"):
        decode_jpeg_into(encode_jpeg(image), np.empty((HEIGHT + 1, WIDTH, 3), np.uint8))
    with pytest.raises(ValueError, match=r".+"):
        decode_jpeg_into(b"no JPEG at all", out)


def test_unreadable_shards_are_the_users_to_mend(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w", 1)
    path = tmp_path / "w" / manifest.shards[0].name
    with pytest.raises(UserError, match="has no column action"):
        read_shard(path, ["action"])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="is damaged"):
        read_shard(path)
    path.unlink()
    with pytest.raises(UserError, match="is missing"):
        read_shard(path)


def test_a_shard_with_any_byte_of_its_footer_altered_is_read_or_called_damaged(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w", 1)
    path = tmp_path / "w" / manifest.shards[0].name
    whole, generator, told = path.read_bytes(), np.random.default_rng(0), []
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    for _ in range(400):
        altered = bytearray(whole)
        altered[-int(generator.integers(1, footer + 1))] = generator.integers(256)
        path.write_bytes(altered)
        try:
            read_shard(path, [schema.LABEL])
        except UserError as error:
            told.append(str(error))
    assert len(told) > 100 and all(str(path) in sentence for sentence in told)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"before")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"file: No space left on device\..*same command again"):
        write_atomically(path, b"after")
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".a.parquet.123.tmp").write_bytes(b"half")
    (tmp_path / "a.parquet").write_bytes(b"whole")
    remove_temporaries(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]

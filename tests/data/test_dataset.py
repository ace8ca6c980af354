"""Loading gives arrays of the promised shapes and types, or one sentence."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_data import HEIGHT, STEPS, WIDTH, alter, picture, write_demonstrations, write_weak

from gplac.data import dataset, schema
from gplac.data.dataset import Demonstrations, WeakImages, rows
from gplac.errors import UserError


def test_demonstrations(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d", shards=3, episodes=2)
    data = Demonstrations.load(tmp_path / "d")
    rows = 3 * 2 * STEPS
    arrays = {name: array for name, array in vars(data).items() if name != "task"}
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    assert shapes == {
        "images": ((rows, HEIGHT, WIDTH, 3), np.uint8),
        "states": ((rows, 17), np.float32),
        "actions": ((rows, 7), np.float32),
        "episode": ((rows,), np.int64),
        "frame": ((rows,), np.int64),
        "scene": ((rows,), np.int64),
        "qpos": ((rows, 11), np.float64),
        "object_positions": ((rows, 2), np.float64),
    }
    assert all(array.flags.c_contiguous for array in arrays.values())
    np.testing.assert_array_equal(data.episode, np.repeat(np.arange(6), STEPS))
    np.testing.assert_array_equal(data.frame, np.tile(np.arange(STEPS), 6))
    np.testing.assert_array_equal(data.scene, np.repeat(np.arange(3), 2 * STEPS))
    assert data.task == "pusher"
    expected = np.stack([picture("demonstrations", i, row) for i in range(3) for row in range(2 * STEPS)])
    assert np.abs(data.images.astype(int) - expected).max() < 12


def test_weak_images(tmp_path: Path) -> None:
    write_weak(tmp_path / "w", shards=2, images=6)
    data = WeakImages.load(tmp_path / "w")
    assert data.images.shape == (12, HEIGHT, WIDTH, 3)
    assert data.labels.dtype == np.uint8
    np.testing.assert_array_equal(data.labels, [1, 0] * 6)
    np.testing.assert_array_equal(data.scene, [0] * 6 + [1] * 6)
    assert data.object_positions is None  # nobody noted them
    few = rows(replace(data, object_positions=np.arange(24.0).reshape(12, 2)), np.array([7, 2]))
    np.testing.assert_array_equal(few.object_positions, [[14.0, 15.0], [4.0, 5.0]])


def test_demonstrations_drawn_before_places_in_pictures_were_kept_are_as_good(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d")
    alter(tmp_path / "d", lambda table: table.drop_columns(schema.SEEN_AT))
    data = Demonstrations.load(tmp_path / "d")
    assert data.object_positions is None and data.qpos is not None  # the other shards' are of no use alone


def test_the_wrong_kind(tmp_path: Path) -> None:
    write_weak(tmp_path / "w")
    with pytest.raises(UserError, match="holds weak images where demonstrations are needed"):
        Demonstrations.load(tmp_path / "w")


def test_an_unfinished_collection(tmp_path: Path) -> None:
    write_weak(tmp_path / "w").with_shard(1, None, None).write(tmp_path / "w")
    with pytest.raises(UserError, match=r"not complete: 1 of 2 shards are missing;.* again"):
        WeakImages.load(tmp_path / "w")


def test_pictures_that_memory_does_not_hold_are_told_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        write_weak(tmp_path / name, shards=2, images=6)
    each = 12 * HEIGHT * WIDTH * 3 / 2**30
    monkeypatch.setattr(dataset, "decode", lambda *_: pytest.fail("decoded one"))
    monkeypatch.setattr(dataset, "memory_gib", lambda: 0.9 * each)
    with pytest.raises(UserError, match="pictures in .*one take .* of memory once they are decoded"):
        WeakImages.load(tmp_path / "one")
    monkeypatch.setattr(dataset, "memory_gib", lambda: 1.9 * each)
    dataset.require_memory(tmp_path / "one")
    with pytest.raises(UserError, match="pictures in .*one and .*two take"):
        dataset.require_memory(tmp_path / "one", tmp_path / "two")


def test_damaged_shards(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w")
    path = tmp_path / "w" / manifest.shards[1].name
    smaller = replace(manifest.request, width=WIDTH - 1)
    replace(manifest, request=smaller).write(tmp_path / "w")
    with pytest.raises(UserError, match="is damaged: an image is 32x28 pixels instead of 31x28"):
        WeakImages.load(tmp_path / "w")
    manifest.write(tmp_path / "w")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="is damaged"):
        WeakImages.load(tmp_path / "w")
    path.unlink()
    with pytest.raises(UserError, match="is missing"):
        WeakImages.load(tmp_path / "w")


def test_shards_that_are_sound_but_not_those_of_the_manifest(tmp_path: Path) -> None:
    first, second = (tmp_path / "w" / shard.name for shard in write_weak(tmp_path / "w").shards)
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    with pytest.raises(UserError, match="is damaged: its checksum is not that of manifest.json; delete it"):
        WeakImages.load(tmp_path / "w")

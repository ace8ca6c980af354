"""What is exported is what LeRobot expects, and comes back as it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_data import write_demonstrations, write_weak
from sources import FPS, LENGTHS, make, write_folders

from gplac.data.dataset import Demonstrations
from gplac.data.export import export_lerobot
from gplac.data.importers.demos import import_demonstrations
from gplac.data.manifest import Manifest
from gplac.errors import UserError
from gplac.worlds.pusher import Pusher


@pytest.mark.parametrize("imported", [False, True])
def test_there_and_back_again(imported: bool, tmp_path: Path) -> None:
    if imported:
        write_folders(tmp_path / "source", make())
        import_demonstrations(tmp_path / "source", tmp_path / "before")
    else:
        write_demonstrations(tmp_path / "before", shards=3, episodes=2)
    export_lerobot(tmp_path / "before", tmp_path / "lerobot")
    import_demonstrations(tmp_path / "lerobot", tmp_path / "after")
    before, after = Demonstrations.load(tmp_path / "before"), Demonstrations.load(tmp_path / "after")
    for name in ("images", "states", "actions", "episode", "frame", "scene"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name), err_msg=name)
    origin = Manifest.read(tmp_path / "after").origin
    assert origin["control_hz"] == (FPS if imported else 20)
    if imported:
        assert origin["state_names"] == ["hip", "knee", "toe"]
    else:
        assert tuple(origin["state_names"]) == Pusher.state_names
        assert tuple(origin["action_names"]) == Pusher.action_names


def test_the_files_are_as_lerobot_lays_them_out(tmp_path: Path) -> None:
    """Against the description of the format: it is not asked whether our own importer likes them."""
    write_folders(tmp_path / "source", make())
    import_demonstrations(tmp_path / "source", tmp_path / "demos", task="fold the towel")
    export_lerobot(tmp_path / "demos", tmp_path / "out")
    data, out = Demonstrations.load(tmp_path / "demos"), tmp_path / "out"

    info = json.loads((out / "meta/info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["video_path"]) == ("v3.0", FPS, None)
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (3, sum(LENGTHS), 1)
    assert info["features"]["observation.image"]["dtype"] == "image"
    assert info["features"]["observation.state"] == {
        "dtype": "float32",
        "shape": [3],
        "names": ["hip", "knee", "toe"],
    }

    rows = pq.read_table(out / info["data_path"].format(chunk_index=0, file_index=0))
    assert set(rows.column_names) == set(info["features"])
    assert rows.schema.field("action").type == pa.list_(pa.float32(), 2)
    assert rows.schema.field("observation.image").type == pa.struct(
        {"bytes": pa.binary(), "path": pa.string()}
    )
    assert rows["index"].to_pylist() == list(range(sum(LENGTHS)))
    expected = np.concatenate([np.arange(length) / FPS for length in LENGTHS]).astype(np.float32)
    np.testing.assert_array_equal(rows["timestamp"].to_numpy(), expected)

    episodes = pq.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    assert [each["length"] for each in episodes] == list(LENGTHS)
    assert [(each["dataset_from_index"], each["dataset_to_index"]) for each in episodes] == [
        (0, 7),
        (7, 12),
        (12, 21),
    ]
    assert episodes[1]["tasks"] == ["fold the towel"]
    np.testing.assert_allclose(episodes[1]["stats/action/mean"], data.actions[7:12].mean(axis=0), rtol=1e-5)

    statistics = json.loads((out / "meta/stats.json").read_text())
    assert set(statistics) == set(info["features"])
    np.testing.assert_allclose(statistics["observation.state"]["std"], data.states.std(axis=0), rtol=1e-5)
    np.testing.assert_allclose(
        statistics["observation.state"]["q90"], np.quantile(data.states, 0.9, axis=0), rtol=1e-5
    )
    colours = data.images.reshape(-1, 3) / 255
    for name, value in {
        "min": colours.min(axis=0),
        "max": colours.max(axis=0),
        "mean": colours.mean(axis=0),
        "std": colours.std(axis=0),
    }.items():
        assert np.shape(statistics["observation.image"][name]) == (3, 1, 1)
        np.testing.assert_allclose(np.ravel(statistics["observation.image"][name]), value, atol=1e-9)
    np.testing.assert_allclose(
        np.ravel(statistics["observation.image"]["q50"]), np.median(colours, axis=0), atol=1.01 / 255
    )

    tasks = pq.read_table(out / "meta/tasks.parquet")
    assert tasks.to_pylist() == [{"task_index": 0, "task": "fold the towel"}]
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["task"]


def test_one_number_is_a_number_and_large_data_sets_have_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make()
    (tmp_path / "source").mkdir()
    for episode in range(3):
        arrays = {"images": made.images[episode], "states": made.states[episode][:, :1]}
        np.savez(tmp_path / f"source/{episode}.npz", actions=made.actions[episode], hz=5.0, **arrays)
    import_demonstrations(tmp_path / "source", tmp_path / "demos")
    monkeypatch.setattr("gplac.data.export.FILE_MB", 0)
    export_lerobot(tmp_path / "demos", tmp_path / "out")
    files = sorted((tmp_path / "out/data/chunk-000").iterdir())
    assert [pq.read_metadata(file).num_rows for file in files] == list(LENGTHS)
    assert pq.read_schema(files[0]).field("observation.state").type == pa.float32()
    import_demonstrations(tmp_path / "out", tmp_path / "after")
    np.testing.assert_array_equal(
        Demonstrations.load(tmp_path / "after").states, np.concatenate(made.states)[:, :1]
    )


def test_what_cannot_be_exported(tmp_path: Path) -> None:
    write_weak(tmp_path / "weak")
    with pytest.raises(UserError, match="holds no complete demonstrations"):
        export_lerobot(tmp_path / "weak", tmp_path / "out")
    manifest = write_demonstrations(tmp_path / "demos", shards=2, episodes=1)
    manifest.with_shard(1, None, None).write(tmp_path / "demos")
    with pytest.raises(UserError, match="holds no complete demonstrations"):
        export_lerobot(tmp_path / "demos", tmp_path / "out")
    manifest.write(tmp_path / "demos")
    shard = tmp_path / "demos" / manifest.shards[1].name
    shard.write_bytes(shard.read_bytes()[:200])
    with pytest.raises(UserError, match="is damaged"):
        export_lerobot(tmp_path / "demos", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"weak", "demos"}
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").touch()
    with pytest.raises(UserError, match="exists already"):
        export_lerobot(tmp_path / "demos", tmp_path / "out")
    assert (tmp_path / "out/mine.txt").exists()


def test_data_of_no_rate_have_no_times(tmp_path: Path) -> None:
    """Imports once took time stamps in nanoseconds for seconds, and the rate for 0."""
    manifest = write_demonstrations(tmp_path / "demos", shards=1, episodes=1)
    replace(manifest, origin={"control_hz": 0.0}).write(tmp_path / "demos")
    with pytest.raises(UserError, match="moves 0 times a second"):
        export_lerobot(tmp_path / "demos", tmp_path / "out")
    assert not (tmp_path / "out").exists()

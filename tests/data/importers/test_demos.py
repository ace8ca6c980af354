"""What is imported is what the source holds, whatever its format; and a bad source gets one sentence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from PIL.ExifTags import Base
from sources import (
    FPS,
    HEIGHT,
    LENGTHS,
    WIDTH,
    Made,
    make,
    write_archives,
    write_folders,
    write_lerobot_2,
    write_lerobot_3,
    write_robomimic,
)

from gplac.data.check import check
from gplac.data.dataset import Demonstrations
from gplac.data.importers.demos import import_demonstrations
from gplac.data.manifest import Manifest
from gplac.data.quality.survey import survey
from gplac.data.schema import TIMESTAMP
from gplac.data.show import contact_sheet
from gplac.errors import UserError

Writer = Callable[[Path, Made], None]
SOURCES: dict[str, Writer] = {
    "robomimic": write_robomimic,
    "lerobot 2.1, pictures": lambda root, made: write_lerobot_2(root, made, video=False),
    "lerobot 2.1, videos": lambda root, made: write_lerobot_2(root, made, video=True),
    "lerobot 3.0, pictures": lambda root, made: write_lerobot_3(root, made, video=False),
    "lerobot 3.0, videos": lambda root, made: write_lerobot_3(root, made, video=True),
    "folder of NPZ files": write_archives,
    "folder of PNG folders": write_folders,
    "folder of WebP folders": lambda root, made: write_folders(root, made, "WebP"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_what_is_imported_is_what_the_source_holds(kind: str, tmp_path: Path) -> None:
    made = make()
    source = tmp_path / ("source.hdf5" if kind == "robomimic" else "source")
    SOURCES[kind](source, made)
    manifest = import_demonstrations(source, tmp_path / "out")
    data = Demonstrations.load(tmp_path / "out")
    np.testing.assert_array_equal(data.states, np.concatenate(made.states))
    np.testing.assert_array_equal(data.actions, np.concatenate(made.actions))
    np.testing.assert_array_equal(data.episode, np.repeat([0, 1, 2], LENGTHS))
    np.testing.assert_array_equal(data.frame, np.concatenate([np.arange(length) for length in LENGTHS]))
    assert (data.scene == 0).all() and data.qpos is None and data.task == "own"
    # Frames differ by 20 or more from their neighbours: none can be taken for another.
    assert np.abs(data.images.astype(int) - np.concatenate(made.images)).max() < 10
    assert manifest == Manifest.read(tmp_path / "out")
    assert manifest.counts == {"rows": sum(LENGTHS), "scenes": 1, "episodes": 3}
    assert manifest.origin["control_hz"] == FPS
    assert (manifest.request.width, manifest.request.height) == (WIDTH, HEIGHT)
    assert check(tmp_path / "out") == []
    contact_sheet(tmp_path / "out", tmp_path / "sheet.png")


@pytest.mark.parametrize("kind", ["lerobot 3.0, videos", "folder of PNG folders"])
def test_names_and_times(kind: str, tmp_path: Path) -> None:
    SOURCES[kind](tmp_path / "source", make())
    manifest = import_demonstrations(tmp_path / "source", tmp_path / "out", task="fold")
    assert manifest.origin["state_names"] == ["hip", "knee", "toe"]
    assert manifest.origin["action_names"] == ["push", "pull"]
    assert manifest.request.task == "fold"
    times = pq.read_table(tmp_path / "out" / manifest.shards[0].name)[TIMESTAMP].to_numpy()
    expected = np.concatenate([np.arange(length) / FPS for length in LENGTHS])
    np.testing.assert_allclose(times, expected, atol=1e-5)


def test_large_pictures_are_scaled_to_200_across(tmp_path: Path) -> None:
    made = make((3,), 640, 480)
    (tmp_path / "source").mkdir()
    np.savez(tmp_path / "source/0.npz", images=made.images[0], states=made.states[0], actions=made.actions[0])
    with pytest.raises(UserError, match="name them with --hz"):
        import_demonstrations(tmp_path / "source", tmp_path / "out")
    manifest = import_demonstrations(tmp_path / "source", tmp_path / "out", hz=20)
    assert (manifest.request.width, manifest.request.height) == (200, 150)
    assert (manifest.origin["source_width"], manifest.origin["source_height"]) == (640, 480)
    blocks = made.images[0].reshape(3, 15, 32, 20, 32, 3).mean(axis=(2, 4))
    scaled = Demonstrations.load(tmp_path / "out").images.reshape(3, 15, 10, 20, 10, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(scaled, blocks, atol=3)


def test_another_shape_is_cropped_around_the_centre_never_squeezed(tmp_path: Path) -> None:
    write_archives(tmp_path / "source", make())
    import_demonstrations(tmp_path / "source", tmp_path / "out", size=(24, 24))
    images = Demonstrations.load(tmp_path / "out").images
    # The source's red grows by 60 from left to right; three quarters of the width are left.
    growth = images[0, :, -1, 0].astype(float).mean() - images[0, :, 0, 0].mean()
    assert 40 < growth < 48


def test_upside_down(tmp_path: Path) -> None:
    made = make()
    write_archives(tmp_path / "source", made)
    import_demonstrations(tmp_path / "source", tmp_path / "out", flip=True)
    images = Demonstrations.load(tmp_path / "out").images
    assert np.abs(images.astype(int) - np.concatenate(made.images)[:, ::-1]).max() < 10


@pytest.mark.parametrize(
    ("convert", "said"),
    [
        (lambda images: (images / 255).astype(np.float32), "float32 of shape (4, 48, 64, 3)"),
        (lambda images: images[..., 0], "uint8 of shape (4, 48, 64)"),
        (lambda images: images[..., [0, 1, 2, 0]], "uint8 of shape (4, 48, 64, 4)"),
        (lambda images: images.transpose(0, 3, 1, 2), "uint8 of shape (4, 3, 48, 64)"),
    ],
)
def test_pictures_of_another_kind_are_named(
    convert: Callable[..., np.ndarray], said: str, tmp_path: Path
) -> None:
    made, out = make((4,)), tmp_path / "out"
    images, states, actions = convert(made.images[0]), made.states[0], made.actions[0]
    (tmp_path / "source").mkdir()
    np.savez(tmp_path / "source/a.npz", images=images, states=states, actions=actions, hz=20)
    sentence = _fails(tmp_path / "source", out)
    assert f"a.npz: images holds {said} where pictures are uint8" in sentence
    with h5py.File(tmp_path / "source.hdf5", "w") as file:
        file["data/demo_0/actions"], file["data/demo_0/obs/joints"] = actions, states
        file["data/demo_0/obs/top"] = images
    sentence = _fails(tmp_path / "source.hdf5", out, hz=20)
    assert f"demo_0: top holds {said} where pictures are uint8" in sentence


def test_pictures_too_small_to_learn_from(tmp_path: Path) -> None:
    write_archives(tmp_path / "source", make())
    for size in ((1, 1), (64, 7)):
        assert "are too small" in _fails(tmp_path / "source", tmp_path / "out", size=size)


@pytest.mark.parametrize(("orientation", "turns"), [(3, 2), (6, 1)])
def test_frames_of_a_turned_camera_come_upright(orientation: int, turns: int, tmp_path: Path) -> None:
    made = make()
    write_folders(tmp_path / "source", made)
    turned = Image.Exif()
    turned[Base.Orientation] = orientation
    for frame in (tmp_path / "source").rglob("*.png"):
        stored = Image.fromarray(np.rot90(np.asarray(Image.open(frame)), turns))
        stored.save(frame.with_suffix(".jpg"), quality=98, subsampling="4:4:4", exif=turned)
        frame.unlink()
    import_demonstrations(tmp_path / "source", tmp_path / "out")
    images = Demonstrations.load(tmp_path / "out").images
    assert np.abs(images.astype(int) - np.concatenate(made.images)).max() < 12


def test_the_same_import_again_does_nothing_and_another_one_refuses(tmp_path: Path) -> None:
    write_archives(tmp_path / "source", make())
    first = import_demonstrations(tmp_path / "source", tmp_path / "out")
    assert import_demonstrations(tmp_path / "source", tmp_path / "out") == first
    with pytest.raises(UserError, match="exists already"):
        import_demonstrations(tmp_path / "source", tmp_path / "out", task="other")


@pytest.mark.parametrize("missing", [True, False])
def test_it_does_not_pass_over_a_damaged_shard(missing: bool, tmp_path: Path) -> None:
    write_archives(tmp_path / "source", make())
    out = tmp_path / "out"
    first = import_demonstrations(tmp_path / "source", out)
    shard = out / first.shards[0].name
    if missing:
        shard.unlink()
    else:
        shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(UserError, match=f"delete the folder {out}, and import again"):
        import_demonstrations(tmp_path / "source", out)
    shutil.rmtree(out)  # as it says
    assert import_demonstrations(tmp_path / "source", out).shards == first.shards


def _fails(source: Path, out: Path, **options: object) -> str:
    """The sentence; nothing is left where the data set would have been."""
    with pytest.raises(UserError) as error:
        import_demonstrations(source, out, **options)  # type: ignore[arg-type]
    assert not out.exists() and not list(out.parent.glob(".*partial"))
    return str(error.value)


def test_doubt_is_told_with_the_candidates_and_the_option(tmp_path: Path) -> None:
    made = make((4,))
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    pictures, numbers = made.images[0], made.states[0]
    np.savez(
        source / "0.npz", left=pictures, right=pictures // 2, arm=numbers, hand=numbers[:, :1], action=numbers
    )
    assert "camera: left, right; name one with --camera" in _fails(source, out, hz=5)
    assert "state: arm, hand; name one with --state" in _fails(source, out, hz=5, camera="right")
    assert "no camera 'top'; there is left, right" in _fails(source, out, hz=5, camera="top")
    assert "no state 'leg'; there is arm, hand" in _fails(source, out, hz=5, camera="left", state=["leg"])
    assert "no action 'torque'; there is action" in _fails(
        source, out, hz=5, camera="left", state=["arm"], action="torque"
    )
    manifest = import_demonstrations(source, out, hz=5, camera="right", state=["hand", "arm"])
    assert manifest.origin["state_names"] == ["hand.0", "arm.0", "arm.1", "arm.2"]
    data = Demonstrations.load(out)
    np.testing.assert_array_equal(data.states, np.hstack([numbers[:, :1], numbers]))
    assert np.abs(data.images.astype(int) - pictures // 2).max() < 10


def test_bad_archives(tmp_path: Path) -> None:
    made, out = make((4, 4)), tmp_path / "out"
    whole = {"images": made.images[0], "states": made.states[0], "actions": made.actions[0]}

    def source(name: str, **changes: object) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        np.savez(folder / "a.npz", **whole)
        np.savez(
            folder / "b.npz", **{key: value for key, value in (whole | changes).items() if value is not None}
        )
        return folder

    holed = made.actions[0].copy()
    holed[2] = np.nan
    cases = {
        "nan": ({"actions": holed}, "b.npz: actions is not finite in 1 rows, first in row 2"),
        "short": ({"actions": holed[:2]}, "b.npz has 4 rows of states, 2 rows of actions"),
        "pictures": ({"images": made.images[0][:3]}, "b.npz has 3 pictures of images for 4 actions"),
        "size": ({"images": made.images[0][:, :20]}, "b.npz, frame 0 of images: 64x20 pixels where"),
        "wide": ({"states": np.zeros((4, 5))}, "b.npz: its state has 5 numbers where that of a.npz has 3"),
        "absent": ({"states": None}, "b.npz has no array 'states', only images, actions"),
        "objects": (
            {"actions": np.array([None] * 4)},
            "b.npz: actions holds Python objects of shape (4,) where",
        ),
        "empty": ({key: value[:0] for key, value in whole.items()}, "b.npz is empty"),
        "nothing": (
            {"states": np.zeros((4, 0))},
            "b.npz: states holds float64 of shape (4, 0) where a row of",
        ),
        "places": ({"scene": np.zeros(4, int)}, "b.npz: its scene must be one whole number, and is int64"),
        "times": ({"timestamps": np.array([0, 1, 1, 2])}, "b.npz: its timestamps do not grow in row 2"),
    }
    for name, (changes, sentence) in cases.items():
        assert sentence in _fails(source(name, **changes), out, hz=5), name
    for hz in (np.nan, -5.0):
        odd = tmp_path / f"rate {hz}"
        odd.mkdir()
        np.savez(odd / "a.npz", **whole, hz=hz)
        assert f"says that it has {hz:g} frames a second" in _fails(odd, out)
    np.savez(odd / "a.npz", **whole, hz="fast")
    assert "does not say how many frames a second" in _fails(odd, out)
    rates = tmp_path / "rates"
    rates.mkdir()
    for name, hz in (("a", 20.0), ("b", 20.1), ("c", 10.0)):
        np.savez(rates / f"{name}.npz", **whole, hz=hz)
    assert "c.npz: its hz is 10 where that of a.npz is 20" in _fails(rates, out, hz=20)
    (rates / "c.npz").unlink()
    assert import_demonstrations(rates, tmp_path / "measured").origin["control_hz"] == 20
    altered = source("altered") / "b.npz"
    np.savez_compressed(altered, **whole)
    content, generator, told = altered.read_bytes(), np.random.default_rng(0), []
    for _ in range(200):
        flipped = bytearray(content)
        flipped[generator.integers(len(flipped))] ^= 1 << generator.integers(8)
        altered.write_bytes(flipped)
        try:
            import_demonstrations(altered.parent, tmp_path / "altered-out", hz=5)
        except UserError as error:
            told.append(str(error))
        else:
            shutil.rmtree(tmp_path / "altered-out")
    assert len(told) > 50 and all("b.npz" in sentence for sentence in told)
    cut = source("cut")
    (cut / "b.npz").write_bytes((cut / "b.npz").read_bytes()[:3000])
    assert "b.npz is no NPZ file that can be read" in _fails(cut, out, hz=5)


@pytest.mark.parametrize(
    ("unit", "a_second"), [("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)]
)
def test_times_in_another_unit_than_seconds(unit: str, a_second: float, tmp_path: Path) -> None:
    made, source = make((4,)), tmp_path / "source"
    source.mkdir()

    def write(step: float) -> None:
        np.savez(
            source / "a.npz",
            images=made.images[0],
            states=made.states[0],
            actions=made.actions[0],
            timestamps=1.7e9 * a_second + step * np.arange(4),
        )

    write(a_second / 20)
    for hz in (None, 20):
        assert f"they seem to be {unit}; divide them by {a_second:.0f}" in _fails(
            source, tmp_path / "out", hz=hz
        )
    write(1e10 * a_second)
    assert "write them in seconds" in _fails(source, tmp_path / "out")


@pytest.mark.parametrize("kind", ["folder of PNG folders", "folder of NPZ files"])
def test_times_that_nobody_recorded_are_not_judged(kind: str, tmp_path: Path) -> None:
    SOURCES[kind](tmp_path / "source", make())
    import_demonstrations(tmp_path / "source", tmp_path / "out")
    result = survey([tmp_path / "out"])
    recorded = kind == "folder of PNG folders"  # only its CSV files have a column timestamp
    assert result.demonstrated is not None and (result.demonstrated.timing is not None) == recorded
    said = [each.what for each in result.findings if each.code == "timing"]
    assert recorded or (len(said) == 1 and "No time stamps were recorded" in said[0])


@pytest.mark.parametrize("hz", [0.02, 5000.0])
def test_rates_of_no_robot(hz: float, tmp_path: Path) -> None:
    write_archives(tmp_path / "source", make())
    assert f"--hz cannot be {hz:g}" in _fails(tmp_path / "source", tmp_path / "out", hz=hz)


def test_bad_folders(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    assert "does not exist" in _fails(source, out)
    source.mkdir()
    assert "holds no demonstrations that are known" in _fails(source, out)
    assert "holds no episodes" in _fails(source, out, format="folder")
    assert "no format 'zarr'; choose auto" in _fails(source, out, format="zarr")
    write_folders(source, make())
    table = source / "episode 1/robot.csv"
    text = table.read_text()
    table.write_text(text.replace("fine\n", "fine\n1,2,high,4,5,6,\n", 1))
    assert "robot.csv, line 3: state.knee is 'high' where a number is needed" in _fails(source, out)
    table.write_text(text.replace("state.toe", "state.heel"))
    assert "episode 1 has other columns state.* than episode 0" in _fails(source, out)
    lines = text.splitlines()
    for place in ("nan", "inf"):
        table.write_text("\n".join([f"{lines[0]},scene", *(f"{line},{place}" for line in lines[1:])]))
        assert "episode 1: its scene must be one whole number; repair" in _fails(source, out)
    table.write_text(text)
    (source / "episode 1/frame9.png").write_bytes(b"no picture")
    assert "episode 1, frame 1 of images: no picture that can be read" in _fails(source, out)
    (source / "episode 1/frame9.png").unlink()
    assert "episode 1 has 4 pictures of images for 5 actions" in _fails(source, out)


def test_no_episode_comes_or_goes_unnoticed(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    write_folders(source, make())
    table = source / "episode 1/robot.csv"
    content = table.read_bytes()
    table.unlink()
    assert "episode 1 holds pictures and no CSV file; add the one" in _fails(source, out)
    table.write_bytes(content)
    write_archives(tmp_path / "archives", make())
    (source / "stray.npz").write_bytes((tmp_path / "archives/episode_2.npz").read_bytes())
    sentence = _fails(source, out)
    assert "such as stray.npz, and folders of episodes, such as episode 0; move one" in sentence


@pytest.mark.parametrize("write", [write_folders, write_archives])
def test_hidden_files_are_no_episodes(write: Writer, tmp_path: Path) -> None:
    """What Jupyter and macOS leave behind."""
    source = tmp_path / "source"
    write(source, make())
    (source / ".ipynb_checkpoints").mkdir()
    for name in ("robot.csv", "frame8.png"):
        (source / ".ipynb_checkpoints" / name).write_text("state.a,action.a\n1,2\n")
    for path in [each for each in source.rglob("*.*") if each.is_file()]:
        (path.parent / f"._{path.name}").write_bytes(b"Mac OS X")
    manifest = import_demonstrations(source, tmp_path / "out")
    assert manifest.counts == {"rows": sum(LENGTHS), "scenes": 1, "episodes": 3}


def test_bad_lerobot_data_sets(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    write_lerobot_3(source, make(), video=True)
    video = next(source.glob("videos/*/*/file-000.mp4"))
    whole = video.read_bytes()
    video.write_bytes(whole[: len(whole) // 2])
    assert "file-000.mp4 is no video that can be read" in _fails(source, out)
    video.write_bytes(next(source.glob("videos/*/*/file-001.mp4")).read_bytes())
    assert "file-000.mp4 has no frame at 0.900 s" in _fails(source, out)
    video.unlink()
    assert "file-000.mp4 is missing" in _fails(source, out)
    video.write_bytes(whole)

    info = json.loads((source / "meta/info.json").read_text())
    for changes, sentence in (
        ({"codebase_version": "v1.6"}, "is a LeRobot data set of version v1.6; known are v2.0, v2.1, v3.0"),
        ({"features": None}, "description of"),
        ({"fps": 0}, "its fps is 0 where a video has more than 0; repair it"),
        ({"data_path": "data/{nothing}"}, "its data_path cannot be filled in"),
        (
            {"features": {**info["features"], "velocity": info["features"]["action"]}},
            "has no column velocity",
        ),
    ):
        (source / "meta/info.json").write_text(json.dumps(info | changes))
        assert sentence in _fails(source, out)
    (source / "meta/info.json").write_text("{")
    assert "is damaged" in _fails(source, out)
    (source / "meta/info.json").write_text(json.dumps(info))

    data = source / "data/chunk-000/file-001.parquet"
    rows = pq.read_table(data)
    pq.write_table(rows.slice(0, 5), data)
    assert "episode 2 has 5 rows in file-001.parquet where meta says 9" in _fails(source, out)
    data.write_bytes(data.read_bytes()[:100])
    assert "file-001.parquet is damaged" in _fails(source, out)
    data.unlink()
    assert "file-001.parquet is missing" in _fails(source, out)
    pq.write_table(rows, data)
    next(source.glob("meta/episodes/*/*")).unlink()
    assert "meta/episodes/chunk-000/file-000.parquet is missing" in _fails(source, out)


def test_bad_hdf5_files(tmp_path: Path) -> None:
    source, out = tmp_path / "source.hdf5", tmp_path / "out"
    source.write_bytes(b"no HDF5")
    assert "source.hdf5 is damaged, or no HDF5 file" in _fails(source, out)
    with h5py.File(source, "w") as file:
        file["numbers"] = [1, 2]
    assert "has no group `data`" in _fails(source, out)
    with h5py.File(source, "a") as file:
        file.create_group("data")
    assert "holds no episode" in _fails(source, out)
    with h5py.File(source, "a") as file:
        file["data/demo_0/actions"] = np.zeros((4, 2))
    assert "demo_0 has no observations (`obs`); robomimic's dataset_states_to_obs.py adds them" in _fails(
        source, out
    )
    write_robomimic(source, make())
    with h5py.File(source, "a") as file:
        del file["data/demo_2/obs/joints"]
    assert "demo_2 has no obs/joints" in _fails(source, out)
    with h5py.File(source, "a") as file:
        file["data/demo_2/obs/joints"] = np.zeros((6, 3))
    assert "demo_2 has 6 rows of joints, 5 rows of actions" in _fails(source, out)
    with h5py.File(source, "a") as file:
        file["data/demo_9"] = h5py.SoftLink("/nowhere")
    assert "demo_9 is a link that leads nowhere" in _fails(source, out)
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    assert "source.hdf5 is damaged, or no HDF5 file" in _fails(source, out)
    source.unlink()
    write_robomimic(source, make())
    whole, generator, told = source.read_bytes(), np.random.default_rng(0), 0
    for _ in range(60):
        altered = np.frombuffer(whole, np.uint8).copy()
        altered[generator.integers(8000, size=16)] = generator.integers(
            256, size=16
        )  # where its groups are described
        source.write_bytes(altered.tobytes())
        try:
            import_demonstrations(source, out)
        except UserError:
            told += 1
        else:
            shutil.rmtree(out)
    assert told > 30

"""Small sources of demonstrations in other people's formats, written as their own software lays them out, with PyArrow,
PyAV, h5py and Pillow alone."""

import io
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import h5py
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

FPS = 10
LENGTHS = (7, 5, 9)
WIDTH, HEIGHT = 64, 48
CAMERA = "observation.images.top"


@dataclass
class Made:
    """What was written: lists over episodes."""

    states: list[npt.NDArray[np.float32]]
    actions: list[npt.NDArray[np.float32]]
    images: list[npt.NDArray[np.uint8]]


def make(lengths: tuple[int, ...] = LENGTHS, width: int = WIDTH, height: int = HEIGHT) -> Made:
    """Random motions, and frames that differ from each other much more than a codec's error."""
    generator = np.random.default_rng(0)
    images = []
    for episode, length in enumerate(lengths):
        x, y = np.meshgrid(np.linspace(0, 60, width), np.linspace(0, 40, height))
        frames = [
            np.stack([20.0 * frame + x, 60.0 * episode + y, 255 - 20.0 * frame - x], axis=-1)
            for frame in range(length)
        ]
        images.append(np.stack(frames).clip(0, 255).astype(np.uint8))
    return Made(
        [generator.normal(size=(length, 3)).astype(np.float32) for length in lengths],
        [generator.normal(size=(length, 2)).astype(np.float32) for length in lengths],
        images,
    )


def encoded(image: npt.NDArray[np.uint8], kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, lossless=True)
    return buffer.getvalue()


def write_video(path: Path, images: npt.NDArray[np.uint8], fps: int = FPS, start_s: int = 0) -> None:
    """The first frame's time in the file is ``start_s``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width = images.shape[1:3]
        stream.pix_fmt = "yuv444p"
        stream.options = {"crf": "5", "g": "4"}
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = start_s * fps + number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _features(video: bool) -> dict[str, Any]:
    def one(dtype: str) -> dict[str, Any]:
        return {"dtype": dtype, "shape": [1], "names": None}

    return {
        "observation.state": {"dtype": "float32", "shape": [3], "names": {"motors": ["hip", "knee", "toe"]}},
        "action": {"dtype": "float32", "shape": [2], "names": ["push", "pull"]},
        CAMERA: {
            "dtype": "video" if video else "image",
            "shape": [HEIGHT, WIDTH, 3],
            "names": ["height", "width", "channels"],
        },
        "timestamp": one("float32"),
        "frame_index": one("int64"),
        "episode_index": one("int64"),
        "index": one("int64"),
        "task_index": one("int64"),
    }


def _rows(made: Made, episode: int, video: bool) -> pa.Table:
    length = len(made.actions[episode])
    start = sum(len(actions) for actions in made.actions[:episode])
    columns = {
        "observation.state": pa.array(list(made.states[episode]), pa.list_(pa.float32(), 3)),
        "action": pa.array(list(made.actions[episode]), pa.list_(pa.float32())),
        "timestamp": pa.array((np.arange(length) / FPS).astype(np.float32)),
        "frame_index": pa.array(np.arange(length)),
        "episode_index": pa.array(np.full(length, episode)),
        "index": pa.array(start + np.arange(length)),
        "task_index": pa.array(np.zeros(length, np.int64)),
    }
    if not video:
        pictures = [{"bytes": encoded(image), "path": None} for image in made.images[episode]]
        columns[CAMERA] = pa.array(pictures, pa.struct({"bytes": pa.binary(), "path": pa.string()}))
    return pa.table(columns)


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def _info(root: Path, version: str, video: bool, **paths: str) -> None:
    info = {
        "codebase_version": version,
        "robot_type": "so100",
        "total_episodes": 3,
        "chunks_size": 1000,
        "fps": FPS,
        "splits": {"train": "0:3"},
        "features": _features(video),
        **paths,
    }
    (root / "meta").mkdir(parents=True, exist_ok=True)
    (root / "meta/info.json").write_text(json.dumps(info))


def write_lerobot_2(root: Path, made: Made, video: bool) -> None:
    """Version 2.1: a file for each episode."""
    _info(
        root,
        "v2.1",
        video,
        data_path="data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
        video_path="videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
    )
    lines = []
    for episode, actions in enumerate(made.actions):
        lines.append(json.dumps({"episode_index": episode, "tasks": ["push"], "length": len(actions)}))
        _write(root / f"data/chunk-000/episode_{episode:06d}.parquet", _rows(made, episode, video))
        if video:
            write_video(root / f"videos/chunk-000/{CAMERA}/episode_{episode:06d}.mp4", made.images[episode])
    (root / "meta/episodes.jsonl").write_text("\n".join(lines) + "\n")
    (root / "meta/tasks.jsonl").write_text('{"task_index": 0, "task": "push"}\n')


def write_lerobot_3(root: Path, made: Made, video: bool) -> None:
    """Version 3.0: the first two episodes share a data file and a video, the third has its own ones."""
    _info(
        root,
        "v3.0",
        video,
        data_path="data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        video_path="videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    )
    rows = [_rows(made, episode, video) for episode in range(3)]
    _write(root / "data/chunk-000/file-000.parquet", pa.concat_tables(rows[:2]))
    _write(root / "data/chunk-000/file-001.parquet", rows[2])
    lengths = [len(actions) for actions in made.actions]
    starts = np.cumsum([0, *lengths])
    episodes = []
    for episode, length in enumerate(lengths):
        file = int(episode == 2)
        row = {
            "episode_index": episode,
            "tasks": ["push"],
            "length": length,
            "data/chunk_index": 0,
            "data/file_index": file,
            "dataset_from_index": int(starts[episode]),
            "dataset_to_index": int(starts[episode + 1]),
            "stats/action/count": [length],
            "meta/episodes/chunk_index": 0,
            "meta/episodes/file_index": 0,
        }
        if video:
            before = lengths[0] if episode == 1 else 0
            row |= {
                f"videos/{CAMERA}/chunk_index": 0,
                f"videos/{CAMERA}/file_index": file,
                f"videos/{CAMERA}/from_timestamp": before / FPS,
                f"videos/{CAMERA}/to_timestamp": (before + length) / FPS,
            }
        episodes.append(row)
    _write(root / "meta/episodes/chunk-000/file-000.parquet", pa.Table.from_pylist(episodes))
    if video:
        folder = root / f"videos/{CAMERA}/chunk-000"
        write_video(folder / "file-000.mp4", np.concatenate(made.images[:2]))
        write_video(folder / "file-001.mp4", made.images[2])


def write_archives(root: Path, made: Made) -> None:
    """A folder of NPZ files; numbered so that the order of letters is not theirs."""
    root.mkdir(parents=True)
    for number, episode in ((2, 0), (9, 1), (10, 2)):
        np.savez_compressed(
            root / f"episode_{number}.npz",
            images=made.images[episode],
            states=made.states[episode],
            actions=made.actions[episode],
            hz=np.float64(FPS),
        )


def write_folders(root: Path, made: Made, kind: str = "PNG") -> None:
    """A folder for each episode: pictures, and a CSV file."""
    for episode, (states, actions) in enumerate(zip(made.states, made.actions, strict=True)):
        folder = root / f"episode {episode}"
        folder.mkdir(parents=True)
        for frame, image in enumerate(made.images[episode]):
            (folder / f"frame{frame + 8}.{kind.lower()}").write_bytes(encoded(image, kind))
        lines = ["timestamp,state.hip,state.knee,state.toe,action.push,action.pull,remark"]
        for frame, row in enumerate(np.hstack([states, actions])):
            numbers = ",".join(repr(float(number)) for number in row)
            lines.append(f"{100 + frame / FPS},{numbers},fine")
        (folder / "robot.csv").write_text("\n".join(lines) + "\n")


def write_robomimic(path: Path, made: Made) -> None:
    """Episodes numbered so that the order of letters is not theirs, beside what is no state and no action."""
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        arguments = {"env_name": "Lift", "env_kwargs": {"control_freq": FPS}}
        data.attrs["env_args"] = json.dumps(arguments)
        for number, episode in ((0, 0), (2, 1), (10, 2)):
            group, length = data.create_group(f"demo_{number}"), len(made.actions[episode])
            group.attrs["num_samples"] = length
            group["actions"] = made.actions[episode].astype(np.float64)
            group["states"] = np.zeros((length, 32))
            group["rewards"] = np.zeros(length)
            group["obs/agentview_image"] = made.images[episode]
            group["obs/joints"] = made.states[episode].astype(np.float64)
            group["next_obs/joints"] = made.states[episode].astype(np.float64)

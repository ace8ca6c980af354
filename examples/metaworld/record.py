"""Record Meta-World's scripted policy, and write the episodes as a LeRobot data set (v3.0) and as a robomimic file."""

import argparse
import io
import json
import warnings
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import stage
from options import count, new_folder, size
from PIL import Image

CAMERA = "front"
STATE = ["hand_x_m", "hand_y_m", "hand_z_m", "gripper_opening"]
ACTION = ["dx", "dy", "dz", "gripper_effort"]
NOISE, NOISE_ACTIONS = 0.4, 2
"""Of what is executed, not of what is recorded: lasting pushes off the path, so that the policy sees ways back."""


def record(episodes: int, width: int, height: int, seed: int):
    """Of each successful episode images (T, H, W, 3), states (T, 4) and actions (T, 4)."""
    env, expert = stage.make_env(width, height), stage.expert()
    rng, kept = np.random.default_rng(seed), []
    while len(kept) < episodes:
        observation, frames, push = stage.reset(env, rng.uniform(*stage.PLACES)), [], np.zeros(4)
        for step in range(stage.ACTIONS):
            if step % NOISE_ACTIONS == 0:
                push[:3] = rng.normal(0, NOISE, 3)
            action = np.clip(expert.get_action(observation), -1, 1).astype(np.float32)
            frames.append((stage.picture(env), stage.felt(observation), action))
            observation, pressed = stage.act(env, action + push)
            if pressed:
                kept.append([np.stack(part) for part in zip(*frames, strict=True)])
                break
        print(f"\r{len(kept)} of {episodes} episodes", end="", flush=True)
    print()
    return kept


def write_robomimic(path: Path, episodes, hz: float) -> None:
    """robomimic's layout: data/demo_N/obs/KEY and data/demo_N/actions."""
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["total"] = sum(len(actions) for _, _, actions in episodes)
        data.attrs["env_args"] = json.dumps(
            {"env_name": stage.TASK, "type": 2, "env_kwargs": {"control_freq": hz}}
        )
        for number, (images, states, actions) in enumerate(episodes):
            demo = data.create_group(f"demo_{number}")
            demo.attrs["num_samples"] = len(actions)
            demo["actions"] = actions
            demo["rewards"] = demo["dones"] = (np.arange(len(actions)) == len(actions) - 1).astype(np.float32)
            seen = demo.create_group("obs")
            seen.create_dataset(
                f"{CAMERA}_image",
                data=images,
                chunks=(1, *images.shape[1:]),
                compression="gzip",
                compression_opts=9,
            )
            seen["hand_pos"], seen["gripper"] = states[:, :3], states[:, 3:]


def write_lerobot(root: Path, episodes, hz: float) -> None:
    """LeRobotDataset v3.0 with pictures in the table (feature type "image"), which loses nothing."""
    image, vector = f"observation.images.{CAMERA}", {"state": "observation.state", "action": "action"}
    lengths = [len(actions) for _, _, actions in episodes]
    starts = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    height, width = episodes[0][0].shape[1:3]

    def png(picture):
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "png", optimize=True)
        return {"bytes": buffer.getvalue(), "path": None}

    def joined(part):
        return np.concatenate([episode[part] for episode in episodes])

    frame = np.concatenate([np.arange(length) for length in lengths])
    table = {
        image: pa.array(
            [png(each) for each in joined(0)], pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        ),
        vector["state"]: pa.array(list(joined(1)), pa.list_(pa.float32(), 4)),
        vector["action"]: pa.array(list(joined(2)), pa.list_(pa.float32(), 4)),
        "timestamp": pa.array((frame / hz).astype(np.float32)),
        "frame_index": pa.array(frame),
        "episode_index": pa.array(np.repeat(np.arange(len(episodes)), lengths)),
        "index": pa.array(np.arange(starts[-1])),
        "task_index": pa.array(np.zeros(starts[-1], np.int64)),
    }
    features = {
        image: {"dtype": "image", "shape": [height, width, 3], "names": ["height", "width", "channels"]},
        vector["state"]: {"dtype": "float32", "shape": [4], "names": STATE},
        vector["action"]: {"dtype": "float32", "shape": [4], "names": ACTION},
        "timestamp": {"dtype": "float32", "shape": [1], "names": None},
    } | {
        name: {"dtype": "int64", "shape": [1], "names": None}
        for name in ("frame_index", "episode_index", "index", "task_index")
    }
    info = {
        "codebase_version": "v3.0",
        "robot_type": "sawyer",
        "total_episodes": len(episodes),
        "total_frames": starts[-1],
        "total_tasks": 1,
        "chunks_size": 1000,
        "fps": hz,
        "splits": {"train": f"0:{len(episodes)}"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": None,
        "features": features,
    }
    numbers = list(range(len(episodes)))
    known = {
        "episode_index": numbers,
        "tasks": [["press the button"]] * len(numbers),
        "length": lengths,
        "dataset_from_index": starts[:-1],
        "dataset_to_index": starts[1:],
    } | {
        name: [0] * len(numbers)
        for name in (
            "data/chunk_index",
            "data/file_index",
            "meta/episodes/chunk_index",
            "meta/episodes/file_index",
        )
    }
    statistics = {
        key: {"min": x.min(0), "max": x.max(0), "mean": x.mean(0), "std": x.std(0), "count": [len(x)]}
        for key, x in ((vector["state"], joined(1)), (vector["action"], joined(2)))
    }
    for folder in ("data/chunk-000", "meta/episodes/chunk-000"):
        (root / folder).mkdir(parents=True)
    pq.write_table(pa.table(table), root / "data/chunk-000/file-000.parquet")
    pq.write_table(pa.table(known), root / "meta/episodes/chunk-000/file-000.parquet")
    tasks = pa.table({"task_index": [0], "task": ["press the button"]})
    pq.write_table(tasks, root / "meta/tasks.parquet")
    (root / "meta/info.json").write_text(json.dumps(info, indent=1))
    (root / "meta/stats.json").write_text(json.dumps(statistics, indent=1, default=lambda x: x.tolist()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=new_folder, default="recorded")
    parser.add_argument("--episodes", type=count, default=80)
    parser.add_argument("--size", type=size, default="96x84", help="of the pictures")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore", message="Constant")  # Meta-World says that it clips actions
    found = record(asked.episodes, *asked.size, asked.seed)
    write_lerobot(asked.out / "lerobot", found, stage.HZ)
    write_robomimic(asked.out / "robomimic.hdf5", found, stage.HZ)
    steps = [len(actions) for _, _, actions in found]
    print(
        f"{len(found)} episodes, {sum(steps)} frames ({min(steps)} to {max(steps)} an episode) are in {asked.out}"
    )

"""Demonstrations of gplac's as a LeRobot data set of version 3.0, to train other people's policies: ``gplac export``.

Pictures are the very JPEG files of the shards, inside the Parquet files, as LeRobot keeps pictures that are no video.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gplac.data import schema
from gplac.data.manifest import Manifest
from gplac.data.progress import progress
from gplac.data.shards import to_numpy
from gplac.data.soundness import damaged, decode, headers, sound_shard
from gplac.errors import UserError
from gplac.files import whole_folder

VERSION = "v3.0"
DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES_PATH = "meta/episodes/chunk-000/file-000.parquet"
TASK = "task_index"
FILE_MB = 100
"""A data file is closed when it is larger."""
FILES_PER_CHUNK = 1000
PICTURES_PER_EPISODE = 20
"""Of which the statistics of colours are made."""
QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}

Numbers = npt.NDArray[Any]
Statistics = dict[str, list[Any]]


def export_lerobot(folder: Path, out: Path) -> Manifest:
    """Write the demonstrations in ``folder`` to ``out``, which is there when all of it is. Gives their manifest.

    States and actions are the same numbers, pictures the same bytes. Timestamps are ``frame_index / fps``, as LeRobot
    asks for. What only a simulator knows (``diagnostic.*``) is left out.

    Raises:
        UserError: ``folder`` holds no complete demonstrations, or ``out`` holds something or cannot be written.
    """
    manifest = Manifest.read(folder)
    if manifest.request.kind != "demonstrations" or not manifest.complete:
        raise UserError(f"{folder} holds no complete demonstrations; name the folder of some.")
    hz = _control_hz(manifest)
    described: list[dict[str, Any]] = []
    numbers: list[dict[str, Numbers]] = []
    colours: list[Numbers] = []
    with whole_folder(out) as root, progress("frames", manifest.rows) as advance:
        with _Files(root / "data") as files:
            start = 0
            for pictures, histogram, values in _episodes(folder, manifest):
                length = len(pictures)
                values |= {
                    schema.TIMESTAMP: (np.arange(length) / hz).astype(np.float32),
                    schema.FRAME: np.arange(length),
                    schema.EPISODE: np.full(length, len(described)),
                    schema.INDEX: start + np.arange(length),
                    TASK: np.zeros(length, np.int64),
                }
                chunk, file = files.write(_table(pictures, values))
                numbers.append(values)
                colours.append(histogram)
                described.append(
                    {
                        "episode_index": len(described),
                        "tasks": [manifest.request.task],
                        "length": length,
                        "data/chunk_index": chunk,
                        "data/file_index": file,
                        "dataset_from_index": start,
                        "dataset_to_index": start + length,
                        "meta/episodes/chunk_index": 0,
                        "meta/episodes/file_index": 0,
                        **_flat(_statistics(values, histogram)),
                    }
                )
                start += length
                advance(length)
        everything = {key: np.concatenate([each[key] for each in numbers]) for key in numbers[0]}
        _write(root / EPISODES_PATH, pa.Table.from_pylist(described))
        _write(root / "meta/tasks.parquet", _tasks([manifest.request.task]))
        _write_json(root / "meta/stats.json", _statistics(everything, np.sum(colours, axis=0)))
        _write_json(root / "meta/info.json", _info(manifest, hz, len(described), everything))
    return manifest


def _control_hz(manifest: Manifest) -> float:
    if "control_hz" in manifest.origin:
        if (hz := float(manifest.origin["control_hz"])) <= 0:
            raise UserError(
                f"These data say that their robot moves {hz:g} times a second, so frames have no times; import them"
                " again, with --hz if their files do not tell the rate."
            )
        return hz
    from gplac.worlds.registry import task  # imported data are exported without a simulator

    return task(manifest.request.task).control_hz


def _episodes(folder: Path, manifest: Manifest) -> Iterator[tuple[list[bytes], Numbers, dict[str, Numbers]]]:
    """JPEGs, how often each brightness occurs in each colour of some of them ``(3, 256)``, and states, actions and
    scenes of each episode."""
    for shard in manifest.shards:
        table = sound_shard(folder, manifest, shard)
        for fault in headers(table, manifest.request):
            raise damaged(folder / shard.name, fault, manifest.request)
        episode = to_numpy(table, schema.EPISODE)
        starts = [*np.flatnonzero(np.diff(episode, prepend=episode[0] - 1)), len(episode)]
        kept = {key: to_numpy(table, key) for key in (schema.STATE, schema.ACTION, schema.SCENE)}
        for start, stop in pairwise(starts):
            pictures = table.column(schema.IMAGE).slice(start, stop - start).to_pylist()
            some = np.unique(np.linspace(start, stop - 1, PICTURES_PER_EPISODE).round().astype(int))
            images = np.empty((len(some), manifest.request.height, manifest.request.width, 3), np.uint8)
            decode(table, some, images, folder / shard.name, manifest.request)
            colours = [np.bincount(images[..., colour].ravel(), minlength=256) for colour in range(3)]
            yield pictures, np.stack(colours), {key: values[start:stop] for key, values in kept.items()}


def _table(pictures: list[bytes], values: dict[str, Numbers]) -> pa.Table:
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    columns = {schema.IMAGE: pa.array([{"bytes": picture, "path": None} for picture in pictures], kind)}
    for key, array in values.items():
        flat = pa.array(np.ascontiguousarray(array).reshape(-1))
        # LeRobot keeps one number as a number, not as a list of one.
        columns[key] = pa.FixedSizeListArray.from_arrays(flat, array.shape[1]) if _width(array) > 1 else flat
    return pa.table(columns)


def _width(array: Numbers) -> int:
    return array.shape[1] if array.ndim == 2 else 1


class _Files:
    """Data files, each closed when it is large enough; a row group for each episode."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self._path: Path | None = None
        self._writer: Any = None

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, table: pa.Table) -> tuple[int, int]:
        """Gives the indices of chunk and file."""
        if self._path is not None and self._path.stat().st_size > FILE_MB * 2**20:
            self._writer.close()
            self._number, self._path = self._number + 1, None
        chunk, file = divmod(self._number, FILES_PER_CHUNK)
        if self._path is None:
            self._path = self._folder.parent / DATA_PATH.format(chunk_index=chunk, file_index=file)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="snappy", use_dictionary=False
            )
        self._writer.write_table(table)
        return chunk, file


def _statistics(values: dict[str, Numbers], colours: Numbers) -> dict[str, Statistics]:
    """Of every feature, as LeRobot has them; colours from 0 to 1, of shape ``(3, 1, 1)``."""
    return {schema.IMAGE: _of_colours(colours), **{key: _of_numbers(each) for key, each in values.items()}}


def _of_numbers(values: Numbers) -> Statistics:
    columns = values.reshape(len(values), -1).astype(np.float64)
    found = {
        "min": columns.min(axis=0),
        "max": columns.max(axis=0),
        "mean": columns.mean(axis=0),
        "std": columns.std(axis=0),
        **{name: np.quantile(columns, share, axis=0) for name, share in QUANTILES.items()},
    }
    return {**{name: each.tolist() for name, each in found.items()}, "count": [len(values)]}


def _of_colours(counts: Numbers) -> Statistics:
    levels, total = np.arange(256) / 255, counts.sum(axis=1)
    mean = counts @ levels / total
    share = np.cumsum(counts, axis=1) / total[:, None]
    found = {
        "min": levels[np.argmax(counts > 0, axis=1)],
        "max": levels[255 - np.argmax(counts[:, ::-1] > 0, axis=1)],
        "mean": mean,
        "std": np.sqrt(np.maximum(counts @ levels**2 / total - mean**2, 0.0)),
        **{name: levels[np.argmax(share >= wanted, axis=1)] for name, wanted in QUANTILES.items()},
    }
    return {
        **{name: each.reshape(3, 1, 1).tolist() for name, each in found.items()},
        "count": [int(total[0])],
    }


def _flat(statistics: dict[str, Statistics]) -> dict[str, list[Any]]:
    return {f"stats/{key}/{name}": value for key, each in statistics.items() for name, value in each.items()}


def _info(manifest: Manifest, hz: float, episodes: int, values: dict[str, Numbers]) -> dict[str, Any]:
    request, origin = manifest.request, manifest.origin
    names = {schema.STATE: origin.get("state_names"), schema.ACTION: origin.get("action_names")}
    if not origin:
        from gplac.worlds.registry import task
        from gplac.worlds.task import names_of

        simulated = task(request.task)
        names = {
            schema.STATE: names_of(simulated, "state", simulated.state_size),
            schema.ACTION: names_of(simulated, "action", simulated.action_size),
        }
    picture = {
        "dtype": "image",
        "shape": [request.height, request.width, 3],
        "names": ["height", "width", "channels"],
    }
    vectors = {
        key: {"dtype": str(each.dtype), "shape": [_width(each)], "names": names.get(key)}
        for key, each in values.items()
    }
    return {
        "codebase_version": VERSION,
        "robot_type": origin.get("robot_type"),
        "total_episodes": episodes,
        "total_frames": manifest.rows,
        "total_tasks": 1,
        "chunks_size": FILES_PER_CHUNK,
        "data_files_size_in_mb": FILE_MB,
        "video_files_size_in_mb": 200,
        "fps": int(hz) if hz == int(hz) else hz,
        "splits": {"train": f"0:{episodes}"},
        "data_path": DATA_PATH,
        "video_path": None,
        "features": {schema.IMAGE: picture, **vectors},
    }


def _tasks(tasks: list[str]) -> pa.Table:
    """LeRobot reads this table with pandas and looks tasks up by its index, which only pandas' own note tells it."""

    def column(name: str, kind: str, numpy_type: str) -> dict[str, Any]:
        return {
            "name": name,
            "field_name": name,
            "pandas_type": kind,
            "numpy_type": numpy_type,
            "metadata": None,
        }

    note = {
        "index_columns": ["task"],
        "column_indexes": [{**column("", "unicode", "object"), "name": None, "field_name": None}],
        "columns": [column(TASK, "int64", "int64"), column("task", "unicode", "object")],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.2.0",
    }
    table = pa.table({TASK: pa.array(range(len(tasks)), pa.int64()), "task": tasks})
    return table.replace_schema_metadata({"pandas": json.dumps(note)})


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=4) + "\n")

"""LeRobot data sets of versions 2.0, 2.1 and 3.0 (meta/info.json), read without LeRobot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gplac.data.importers.pictures import Picture
from gplac.data.importers.source import Array, Source
from gplac.data.importers.video import frames_at
from gplac.errors import UserError

INFO = Path("meta/info.json")
COUNTERS = ("timestamp", "frame_index", "episode_index", "index", "task_index", "scene_index")
VERSIONS = ("v2.0", "v2.1", "v3.0")


def recognises(path: Path) -> bool:
    """Whether ``path`` is the root of such a data set."""
    return (path / INFO).is_file()


def read(path: Path) -> Source:
    """The data set whose root is ``path``.

    Raises:
        UserError: its description is missing, damaged, or of an unknown version.
    """
    try:
        info = json.loads((path / INFO).read_bytes())
        version = info["codebase_version"]
        if version not in VERSIONS:
            raise UserError(
                f"{path} is a LeRobot data set of version {version}; known are {', '.join(VERSIONS)}."
                " Convert it with LeRobot's own scripts."
            )
        return _DataSet(path, info, _episodes_3(path) if version == "v3.0" else _episodes_2(path, info))
    except FileNotFoundError as error:
        raise UserError(
            f"{path} is no whole LeRobot data set: {error.filename} is missing; restore it."
        ) from error
    except (
        OSError,
        ValueError,
        RecursionError,
        KeyError,
        TypeError,
        AttributeError,
        pa.ArrowException,
    ) as error:
        raise UserError(f"The description of {path} (in meta) is damaged: {error!r}; restore it.") from error


def _episodes_2(path: Path, info: dict[str, Any]) -> list[dict[str, Any]]:
    """From ``meta/episodes.jsonl``: numbers that the templates of file names ask for."""
    lines = (path / "meta/episodes.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines if line.strip()]
    numbers = sorted((int(each["episode_index"]), int(each["length"])) for each in found)
    return [
        {"number": number, "length": length, "data": {"episode_chunk": number // int(info["chunks_size"])}}
        for number, length in numbers
    ]


def _episodes_3(path: Path) -> list[dict[str, Any]]:
    """From ``meta/episodes/``: the same, and where in a video an episode starts."""
    files = sorted((path / "meta/episodes").glob("*/*.parquet"))
    if not files:
        raise FileNotFoundError(2, "missing", "meta/episodes/chunk-000/file-000.parquet")
    rows = [row for file in files for row in _without_statistics(file)]
    found = []
    for row in sorted(rows, key=lambda row: int(row["episode_index"])):
        places = {"data": {name: int(row[f"data/{name}"]) for name in ("chunk_index", "file_index")}}
        for key in (
            name[7:-12] for name in row if name.startswith("videos/") and name.endswith("/chunk_index")
        ):
            names = ("chunk_index", "file_index", "from_timestamp")
            places[key] = {name: row[f"videos/{key}/{name}"] for name in names}
        found.append({"number": int(row["episode_index"]), "length": int(row["length"]), **places})
    return found


def _without_statistics(file: Path) -> list[dict[str, Any]]:
    names = [name for name in pq.read_schema(file).names if not name.startswith("stats/")]
    rows: list[dict[str, Any]] = pq.read_table(file, columns=names).to_pylist()
    return rows


class _DataSet:
    format = "lerobot"

    def __init__(self, root: Path, info: dict[str, Any], episodes: list[dict[str, Any]]) -> None:
        self._root, self._info, self._episodes = root, info, episodes
        self._features: dict[str, dict[str, Any]] = info["features"]
        self._cached: tuple[Path, list[str], pa.Table] | None = None
        self.episodes = len(episodes)
        self.hz = float(info["fps"])
        self.details = {"codebase_version": info["codebase_version"], "robot_type": info.get("robot_type")}
        self.cameras = [
            key
            for key, feature in self._features.items()
            if feature["dtype"] in ("image", "video") and not _is_depth(feature)
        ]
        self._numbers = [
            key
            for key, feature in self._features.items()
            if feature["dtype"].startswith(("float", "int", "uint")) and len(feature["shape"]) == 1
        ]
        vectors = [key for key in self._numbers if key not in COUNTERS]
        self.action_keys = [key for key in vectors if key.startswith("action")]
        self.state_keys = [key for key in vectors if key not in self.action_keys]

    def label(self, episode: int) -> str:
        return f"{self._root.name}, episode {self._episodes[episode]['number']}"

    def scene(self, episode: int) -> int:
        if "scene_index" not in self._features:
            return 0
        return int(self._column(episode, "scene_index")[0].as_py())

    def names(self, key: str) -> list[str] | None:
        names = self._features[key].get("names")
        if isinstance(names, dict):  # {"motors": [...]}
            names = [each for group in names.values() if isinstance(group, list) for each in group]
        return [str(name) for name in names] if names else None

    def vector(self, episode: int, key: str) -> Array:
        column = self._column(episode, key)
        if not pa.types.is_primitive(column.type):
            rows = len(column)
            flat = column.flatten()
            if rows and (column.null_count or len(flat) % rows):
                raise UserError(
                    f"{self.label(episode)}: rows of {key} differ in length; repair the data set."
                )
            values: Array = flat.to_numpy(zero_copy_only=False).reshape(rows, -1)
            return values
        scalars: Array = column.to_numpy(zero_copy_only=False)
        return scalars

    def timestamps_s(self, episode: int) -> Array | None:
        return self.vector(episode, "timestamp") if "timestamp" in self._features else None

    def pictures(self, episode: int, camera: str) -> Iterator[Picture]:
        return (self._from_video if self._features[camera]["dtype"] == "video" else self._from_table)(
            episode, camera
        )

    def _from_table(self, episode: int, camera: str) -> Iterator[Picture]:
        for frame, picture in enumerate(self._column(episode, camera)):
            value = picture.as_py()
            content = value.get("bytes") if isinstance(value, dict) else value
            if content is None:
                content = self._beside(value["path"] if isinstance(value, dict) else None)
            if not isinstance(content, bytes):
                raise UserError(
                    f"{self.label(episode)} has no picture of {camera} in frame {frame}; restore it."
                )
            yield content

    def _beside(self, name: str | None) -> bytes | None:
        """A picture in a file of the data set; other files are none of its business."""
        path = (self._root / (name or "")).resolve()
        return path.read_bytes() if path.is_relative_to(self._root.resolve()) and path.is_file() else None

    def _from_video(self, episode: int, camera: str) -> Iterator[Picture]:
        known = self._episodes[episode]
        place = known.get(camera, known["data"])
        path = self._path("video_path", episode, place, video_key=camera)
        times = self.vector(episode, "timestamp").astype(np.float64) + float(place.get("from_timestamp", 0.0))
        if not self.hz > 0:
            raise UserError(
                f"{self._root / INFO}: its fps is {self.hz:g} where a video has more than 0; repair it."
            )
        yield from frames_at(path, times.tolist(), 0.5 / self.hz)

    def _path(self, template: str, episode: int, place: dict[str, Any], **more: str) -> Path:
        try:
            name: str = self._info[template].format(
                episode_index=self._episodes[episode]["number"], **{**place, **more}
            )
        except (KeyError, ValueError, AttributeError, IndexError) as error:
            raise UserError(
                f"{self._root / INFO}: its {template} cannot be filled in ({error!r}); restore the file."
            ) from error
        return self._root / name

    def _column(self, episode: int, key: str) -> pa.Array:
        """The rows of an episode, in the order of their frames."""
        known = self._episodes[episode]
        path = self._path("data_path", episode, known["data"])
        numbers = key in self._numbers
        table = self._table(path, self._numbers if numbers else ["episode_index", "frame_index", key])
        rows = table.filter(pc.equal(table["episode_index"], known["number"])).sort_by("frame_index")
        if len(rows) != known["length"]:
            raise UserError(
                f"{self.label(episode)} has {len(rows)} rows in {path.name} where meta says {known['length']};"
                " restore the data set."
            )
        return rows[key].combine_chunks()

    def _table(self, path: Path, names: list[str]) -> pa.Table:
        """A data file; many episodes share one, so the last one read is kept."""
        if self._cached is not None and self._cached[:2] == (path, names):
            return self._cached[2]
        try:
            with pq.ParquetFile(path) as file:
                absent = [name for name in names if name not in file.schema_arrow.names]
                table = None if absent else file.read(columns=names)
        except FileNotFoundError as error:
            raise UserError(f"{path} is missing; restore the data set.") from error
        except (OSError, pa.ArrowException) as error:
            raise UserError(f"{path} is damaged ({error}); restore it.") from error
        if table is None:
            raise UserError(
                f"{path} has no column {', '.join(absent)}, which meta/info.json names; restore it."
            )
        self._cached = path, names, table
        return table


def _is_depth(feature: dict[str, Any]) -> bool:
    known = {**(feature.get("video_info") or {}), **(feature.get("info") or {})}
    return bool(known.get("is_depth_map") or known.get("video.is_depth_map"))

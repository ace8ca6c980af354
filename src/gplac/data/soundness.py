"""What a shard has to be: whatever reads the shards of a data set comes through here, and says the same of damage."""

from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gplac.data import schema
from gplac.data.manifest import IMPORTED, Manifest, Request, Shard
from gplac.data.shards import Images, decode_jpeg_into, jpeg_size, read_shard, to_numpy
from gplac.errors import UserError


def open_shard(folder: Path, manifest: Manifest, shard: Shard) -> pa.Table:
    """A shard of the data set in ``folder`` whose rows and columns are as they should be.

    Raises:
        UserError: it is missing or damaged.
    """
    table = read_shard(folder / shard.name)
    for fault in structure(folder, manifest, shard, table):
        raise damaged(folder / shard.name, fault, manifest.request)
    return table


def sound_shard(folder: Path, manifest: Manifest, shard: Shard) -> pa.Table:
    """The same, whose numbers are sound as well; its pictures may still be broken, see `decode`.

    Raises:
        UserError: it is missing or damaged, or a number in it makes no sense.
    """
    table = open_shard(folder, manifest, shard)
    for fault in numbers(table, manifest.request):
        raise damaged(folder / shard.name, fault, manifest.request)
    return table


def decode(table: pa.Table, rows: Iterable[int], out: Images, path: Path, request: Request) -> None:
    """Decode the pictures of some rows of a shard into ``out (n, H, W, 3)``; ``path`` is the shard's.

    Raises:
        UserError: one of them is no JPEG, or of another size.
    """
    column = table.column(schema.image_column(request.kind))
    for row, image in zip(rows, out, strict=True):
        try:
            decode_jpeg_into(column[int(row)].as_py(), image)
        except ValueError as error:
            raise damaged(path, f"{error} (row {row})", request) from error


def damaged(path: Path, fault: str, request: Request) -> UserError:
    """The sentence about a fault of the shard at ``path``."""
    mend = (
        "mend what it was imported from, or leave that out, delete this folder, and import again"
        if request.split == IMPORTED
        else "delete it, and run the collecting command again"
    )
    return UserError(f"The shard {path} is damaged: {fault}; {mend}.")


def structure(folder: Path, manifest: Manifest, shard: Shard, table: pa.Table) -> list[str]:
    """What is wrong with the number of rows and with names, types and sizes of the columns."""
    found = dict(zip(table.column_names, table.schema.types, strict=True))
    try:
        expected = _expected(folder, manifest, found)
    except UserError as error:
        return [str(error).rstrip(".")]
    wrong = [f"there is no column {name}" for name in expected.names if name not in found]
    wrong += [f"there is a column {name} too many" for name in found if name not in expected.names]
    wrong += [
        f"the column {field.name} holds {found[field.name]} instead of {field.type}"
        for field in expected
        if field.name in found and found[field.name] != field.type
    ]
    wrong += [f"the column {name} has gaps" for name in found if table.column(name).null_count]
    if len(table) != shard.rows:
        wrong.append(f"it has {len(table)} rows instead of {shard.rows}")
    elif not len(table):
        wrong.append("it holds no row")
    return wrong


def _expected(folder: Path, manifest: Manifest, found: Container[str]) -> pa.Schema:
    """What the columns should be: of a task of ours as many numbers as it has, of imported data as many as the first
    shard has. Data drawn or imported before positions, places in pictures and files' names were kept have none, and
    weak images no positions: such columns are expected where they are among those ``found``."""
    request, seen, sourced = manifest.request, schema.SEEN_AT in found, schema.SOURCE in found
    if request.split == IMPORTED:
        if request.kind == "weak":
            return schema.weak_schema(sourced=sourced)
        first = manifest.shards[0].name
        try:
            columns = pq.read_schema(folder / first)
            sizes = [columns.field(name).type.list_size for name in (schema.STATE, schema.ACTION)]
        except (OSError, ValueError, pa.ArrowException, KeyError, AttributeError) as error:
            raise UserError(f"the first shard, {first}, has no states and actions to compare with") from error
        return schema.demonstration_schema(sizes[0], sizes[1], None)
    from gplac.worlds.registry import task  # imported data are read without a simulator

    what = task(request.task)
    qpos = len(what.reset(np.random.default_rng(0))[0])
    if request.kind == "weak":
        return schema.weak_schema(qpos if schema.QPOS in found else None, seen=seen)
    return schema.demonstration_schema(what.state_size, what.action_size, qpos, seen=seen)


def numbers(table: pa.Table, request: Request) -> Iterator[str]:
    """What is wrong with the numbers in a shard of sound `structure`."""
    scenes = to_numpy(table, schema.SCENE)
    if request.kind == "weak":
        index = to_numpy(table, schema.WEAK_INDEX)

        def place(row: int) -> str:
            return f"image {index[row]} of scene {scenes[row]}"
    else:
        frames, episodes = to_numpy(table, schema.FRAME), to_numpy(table, schema.EPISODE)

        def place(row: int) -> str:
            return f"frame {frames[row]} of episode {episodes[row]}"

    for name in table.column_names:
        if pa.types.is_fixed_size_list(table.schema.field(name).type) or name == schema.TIMESTAMP:
            found = not_finite(name, to_numpy(table, name).reshape(len(table), -1), place)
            if found is not None:
                yield found
    if not np.isin(scenes, request.scenes).all():
        yield "some rows are of scenes that were not asked for"
    if request.kind == "weak":
        labels = to_numpy(table, schema.LABEL)
        if (labels > 1).any():
            row = int(np.argmax(labels > 1))
            yield f"some labels are neither 0 nor 1, the first in {place(row)}: {labels[row]}"
    else:
        starts = np.flatnonzero(np.diff(episodes, prepend=episodes[0] - 1))
        if (frames != np.arange(len(frames)) - np.repeat(starts, np.diff([*starts, len(frames)]))).any():
            yield "the frames of an episode are not counted 0, 1, 2, ..."


def not_finite(name: str, values: npt.NDArray[Any], place: Callable[[int], str]) -> str | None:
    """Which of ``values (N, k)`` is NaN or infinite, the first of them, in words; None if all are finite.

    Args:
        name: what the values are.
        values: numbers.
        place: where a row is, in words.
    """
    bad = np.argwhere(~np.isfinite(values))
    if not len(bad):
        return None
    row, column = bad[0]
    more = len(np.unique(bad[:, 0]))
    rest = f", the first of {more:,} such places" if more > 1 else ""
    return f"number {column + 1} of {name} is {values[row, column]} in {place(row)}{rest}"


def headers(table: pa.Table, request: Request) -> Iterator[str]:
    """What is wrong with the pictures in a shard of sound `structure`, as far as their headers tell."""
    broken: list[int] = []
    others: dict[str, int] = {}
    for row, encoded in enumerate(table.column(schema.image_column(request.kind))):
        try:
            height, width = jpeg_size(encoded.as_py())
        except ValueError:
            broken.append(row)
            continue
        if (width, height) != (request.width, request.height):
            others.setdefault(f"{width}x{height}", row)
    if len(broken) == 1:
        yield f"the image in row {broken[0]} is no JPEG"
    elif broken:
        yield f"{len(broken)} images are no JPEG, the first in row {broken[0]}"
    if others:
        yield (
            f"there are images of {', '.join(sorted(others))} pixels instead of {request.width}x{request.height},"
            f" the first in row {min(others.values())}"
        )

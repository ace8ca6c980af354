"""Whether a data set on disk is what its manifest says: ``gplac data check``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from gplac.data import schema
from gplac.data.files import TEMPORARY_SUFFIX
from gplac.data.manifest import IMPORTED, MANIFEST, Manifest, Request, Shard
from gplac.data.shards import jpeg_size, read_shard, sha256, to_numpy
from gplac.errors import UserError


def check(folder: Path) -> list[str]:
    """What is wrong with the data set in ``folder``, a sentence each; an empty list means that nothing is.

    Looks for missing, extra, truncated and altered files, images and columns of the wrong shape or type, numbers that
    are not finite, and counts that differ from the manifest's.

    Raises:
        UserError: there is no data set in ``folder`` at all.
    """
    try:
        manifest = Manifest.read(folder)
    except UserError as error:
        if not (folder / MANIFEST).exists():
            raise
        return [str(error)]
    findings = list(_files(folder, manifest))
    totals = {"rows": 0, "episodes": 0, "present": 0, "absent": 0}
    for shard in manifest.shards:
        if shard.sha256 is not None and (folder / shard.name).is_file():
            try:
                table = read_shard(folder / shard.name)
            except UserError as error:
                findings.append(str(error))
                continue
            wrong = list(_columns(table, manifest.request) or _values(table, shard, manifest.request))
            findings += [f"{shard.name}: {each}." for each in wrong]
            if not wrong:
                _count(table, totals)
    if not findings:
        counted = {name: totals[name] for name in totals if name in manifest.counts}
        for name, number in counted.items():
            if number != manifest.counts[name]:
                findings.append(
                    f"{MANIFEST} counts {manifest.counts[name]} {name}, the shards hold {number}."
                )
    return findings


def _files(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Names, sizes and checksums."""
    unfinished = [shard for shard in manifest.shards if shard.sha256 is None]
    if not manifest.shards:
        yield f"{MANIFEST} names no shard: the data set is empty."
    if unfinished:
        yield (
            f"The collection is not complete: {len(unfinished)} of {len(manifest.shards)} shards are not finished;"
            " run the command that collects it again."
        )
    for shard in manifest.shards:
        path = folder / shard.name
        if shard.sha256 is None:
            continue
        if not path.is_file():
            yield f"{shard.name} is missing; run the command that collects it again."
        elif path.stat().st_size != shard.bytes:
            yield f"{shard.name} has {path.stat().st_size} bytes instead of {shard.bytes}: it is truncated or altered."
        elif sha256(path) != shard.sha256:
            yield f"{shard.name} has another checksum than in {MANIFEST}: it is altered."
    known = {MANIFEST, *(shard.name for shard in manifest.shards)}
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            what = (
                "a leftover of a killed collection"
                if path.suffix == TEMPORARY_SUFFIX
                else "not of this data set"
            )
            yield f"{path.name} is {what}; remove it."


def _columns(table: pa.Table, request: Request) -> list[str]:
    """Names and types of the columns."""
    state, action, qpos = (
        getattr(table.schema.field(name).type, "list_size", 0) if name in table.column_names else 0
        for name in (schema.STATE, schema.ACTION, schema.QPOS)
    )
    if request.kind == "weak":  # drawn before positions were kept, they have none
        expected = schema.weak_schema(qpos or None)
    else:
        known = qpos or (None if request.split == IMPORTED else 1)
        expected = schema.demonstration_schema(state or 1, action or 1, known)
    found = dict(zip(table.column_names, table.schema.types, strict=True))
    wrong = [f"there is no column {name}" for name in expected.names if name not in found]
    wrong += [f"there is a column {name} too many" for name in found if name not in expected.names]
    wrong += [
        f"the column {field.name} holds {found[field.name]} instead of {field.type}"
        for field in expected
        if field.name in found and found[field.name] != field.type
    ]
    return wrong


def _values(table: pa.Table, shard: Shard, request: Request) -> Iterator[str]:
    """Everything inside the columns."""
    if len(table) != shard.rows:
        yield f"it has {len(table)} rows instead of {shard.rows}"
    yield from _image_sizes(table, request)
    for name in table.column_names:
        if pa.types.is_fixed_size_list(table.schema.field(name).type) or name == schema.TIMESTAMP:
            bad = ~np.isfinite(to_numpy(table, name)).reshape(len(table), -1).all(axis=1)
            if bad.any():
                yield f"{name} is not finite in {bad.sum()} rows, first in row {np.argmax(bad)}"
    if not np.isin(to_numpy(table, schema.SCENE), request.scenes).all():
        yield "some rows are of scenes that were not asked for"
    if request.kind == "weak":
        if (to_numpy(table, schema.LABEL) > 1).any():
            yield "some labels are neither 0 nor 1"
    else:
        frames, episodes = to_numpy(table, schema.FRAME), to_numpy(table, schema.EPISODE)
        starts = np.flatnonzero(np.diff(episodes, prepend=-1))
        if (frames != np.arange(len(frames)) - np.repeat(starts, np.diff([*starts, len(frames)]))).any():
            yield "the frames of an episode are not counted 0, 1, 2, ..."


def _image_sizes(table: pa.Table, request: Request) -> Iterator[str]:
    broken, others = 0, set()
    for encoded in table.column(schema.image_column(request.kind)):
        try:
            height, width = jpeg_size(encoded.as_py())
        except ValueError:
            broken += 1
            continue
        if (width, height) != (request.width, request.height):
            others.add(f"{width}x{height}")
    if broken:
        yield f"{broken} images are no JPEG"
    if others:
        yield f"there are images of {', '.join(sorted(others))} pixels instead of {request.width}x{request.height}"


def _count(table: pa.Table, totals: dict[str, int]) -> None:
    totals["rows"] += len(table)
    if schema.LABEL in table.column_names:
        present = int(to_numpy(table, schema.LABEL).sum())
        totals["present"] += present
        totals["absent"] += len(table) - present
    else:
        totals["episodes"] += len(np.unique(to_numpy(table, schema.EPISODE)))

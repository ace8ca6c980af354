"""Whether a data set on disk is what its manifest says: ``gplac data check``."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from gplac.data import schema
from gplac.data.manifest import MANIFEST, Manifest
from gplac.data.shards import read_shard, sha256, to_numpy
from gplac.data.soundness import headers, numbers, structure
from gplac.errors import UserError
from gplac.files import TEMPORARY_SUFFIX


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
            request = manifest.request
            wrong = structure(folder, manifest, shard, table) or [
                *numbers(table, request),
                *headers(table, request),
            ]
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


def _count(table: pa.Table, totals: dict[str, int]) -> None:
    totals["rows"] += len(table)
    if schema.LABEL in table.column_names:
        present = int(to_numpy(table, schema.LABEL).sum())
        totals["present"] += present
        totals["absent"] += len(table) - present
    else:
        totals["episodes"] += len(np.unique(to_numpy(table, schema.EPISODE)))

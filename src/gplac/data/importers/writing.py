"""Writing an imported data set: everything or nothing."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from gplac.data.manifest import Manifest, Request, Shard
from gplac.data.shards import sha256, write_shard
from gplac.errors import UserError
from gplac.files import whole_folder
from gplac.provenance import provenance

DECIDING_PACKAGES = ("gplac", "numpy", "pyarrow", "simplejpeg", "pillow", "av", "h5py")
"""Distributions whose version decides the bytes of an imported shard."""


def write_data_set(
    out: Path,
    request: Request,
    schema: pa.Schema,
    shards: Iterable[tuple[str, Mapping[str, Any]]],
    counts: dict[str, int],
    origin: dict[str, Any],
) -> Manifest:
    """Write shards (name, columns) as they come, and the manifest; the folder is there when all are.

    Raises:
        UserError: there is something at ``out`` or it cannot be written; or from ``shards``.
    """
    with whole_folder(out) as folder:
        done = []
        for name, columns in shards:
            size, digest = write_shard(folder / name, schema, columns)
            done.append(Shard(name, len(columns[schema.names[0]]), size, digest))
        manifest = Manifest(
            request,
            tuple(done),
            {package: version(package) for package in DECIDING_PACKAGES},
            counts=counts,
            origin=origin,
            provenance=provenance(),
        )
        manifest.write(folder)
    return manifest


def already_there(out: Path, request: Request, origin: dict[str, Any]) -> Manifest | None:
    """The data set at ``out`` if it is the one that would be written, else None.

    Raises:
        UserError: it is, but one of its files is missing or damaged.
    """
    try:
        manifest = Manifest.read(out)
    except UserError:
        return None
    same = replace(manifest, request=request, origin=origin) == manifest and manifest.complete
    if not same:
        return None
    for shard in manifest.shards:
        path = out / shard.name
        if not (path.is_file() and sha256(path) == shard.sha256):
            raise UserError(
                f"{path} is damaged or missing, and the rest of the data set is what would be imported: delete the"
                f" folder {out}, and import again."
            )
    return manifest


def fingerprint(paths: Iterable[Path], said: Iterable[tuple[object, ...]] = ()) -> str:
    """SHA-256 over names, sizes and dates of files, and of all files of folders: whether anything was changed.

    Args:
        paths: files and folders.
        said: what else decides what is imported, such as labels.
    """
    digest = hashlib.sha256()
    for words in said:
        digest.update(f"{words!r}\n".encode())
    for path in paths:
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file():
                known = each.stat()
                digest.update(os.fsencode(each.relative_to(path.parent)))
                digest.update(f" {known.st_size} {known.st_mtime_ns}\n".encode())
    return digest.hexdigest()

"""One shard: a Parquet file of JPEG images and what belongs to them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import simplejpeg

from gplac.errors import UserError
from gplac.files import write_atomically

JPEG_QUALITY = 95
Images = npt.NDArray[np.uint8]


def encode_jpeg(image: Images) -> bytes:
    """JPEG of an ``(H, W, 3)`` image, without chroma subsampling: small coloured objects keep their colour."""
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(image),
        quality=JPEG_QUALITY,
        colorspace="RGB",
        colorsubsampling="444",
        fastdct=False,
    )
    return encoded


def decode_jpeg_into(encoded: bytes, out: Images) -> None:
    """Decode into ``out (H, W, 3)``.

    Raises:
        ValueError: it is no JPEG, a broken one, or of another size.
    """
    height, width = jpeg_size(encoded)
    if (height, width) != out.shape[:2]:
        raise ValueError(f"an image is {width}x{height} pixels instead of {out.shape[1]}x{out.shape[0]}")
    try:
        simplejpeg.decode_jpeg(encoded, colorspace="RGB", fastdct=False, fastupsample=False, buffer=out)
    except ValueError as error:
        raise ValueError(f"an image is a broken JPEG ({error})") from error


def jpeg_size(encoded: bytes) -> tuple[int, int]:
    """Height and width in pixels; reads the header alone.

    Raises:
        ValueError: it is no JPEG.
    """
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(encoded)
    except ValueError as error:
        raise ValueError("an image is no JPEG") from error
    return height, width


def write_shard(path: Path, schema: pa.Schema, columns: Mapping[str, Any]) -> tuple[int, str]:
    """Write a shard, whole or not at all; the same columns give the same bytes.

    Args:
        path: the file.
        schema: see `gplac.data.schema`.
        columns: for each field of the schema a sequence of bytes, or an array ``(N,)`` or ``(N, size)``.

    Returns:
        Size in bytes and SHA-256 of the file.

    Raises:
        UserError: it cannot be written.
    """
    arrays = [_to_arrow(columns[field.name], field.type) for field in schema]
    sink = pa.BufferOutputStream()
    # JPEG does not compress further, and a dictionary of pictures is a waste.
    coding: dict[str, Any] = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, **coding)
    content = sink.getvalue().to_pybytes()
    write_atomically(path, content)
    return len(content), hashlib.sha256(content).hexdigest()


def _to_arrow(values: Any, kind: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(kind):
        flat = np.ascontiguousarray(values).reshape(-1)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat, kind.value_type), kind.list_size)
    return pa.array(values, kind)


_ANEW = "collect it again with the same command, or, if it was imported, delete its folder and import again"


def read_shard(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The shard's table, or some of its columns.

    Raises:
        UserError: the file is missing, or no Parquet file, or damaged, or without these columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            missing = set(columns or ()) - set(file.schema_arrow.names)
            if not missing:
                return file.read(columns=None if columns is None else list(columns))
    except FileNotFoundError as error:
        raise UserError(f"The shard {path} is missing; {_ANEW}.") from error
    except (OSError, ValueError, pa.ArrowException) as error:  # a name in it that is no UTF-8 is a ValueError
        raise UserError(f"The shard {path} is damaged; {_ANEW}.") from error
    raise UserError(f"The shard {path} has no column {', '.join(sorted(missing))}; is it one of gplac's?")


def to_numpy(table: pa.Table, column: str) -> npt.NDArray[Any]:
    """A column of numbers as ``(N,)``, or of lists of numbers as ``(N, size)``."""
    array = table.column(column).combine_chunks()
    if pa.types.is_fixed_size_list(array.type):
        values: npt.NDArray[Any] = array.flatten().to_numpy(zero_copy_only=False)
        return values.reshape(len(array), array.type.list_size)
    numbers: npt.NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return numbers


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

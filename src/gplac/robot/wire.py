"""Messages between a robot and a policy on another machine: MessagePack, with arrays as type, shape and bytes."""

import logging
import math
from typing import Any

import msgpack
import numpy as np

from gplac.errors import UserError

DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "float32": np.dtype("<f4")}
"""The only types of arrays that are sent or taken."""
MAX_AXES = 4
_ARRAY = {"dtype", "shape", "data"}


def pack(message: dict[str, Any]) -> bytes:
    """A message whose values are numbers, texts, None, or arrays of `DTYPES`."""
    packed: bytes = msgpack.packb({key: _to_plain(value) for key, value in message.items()})
    return packed


def unpack(content: bytes | str) -> dict[str, Any]:
    """What `pack` was given; arrays cannot be written to.

    Raises:
        UserError: it is something else.
    """
    try:
        if not isinstance(content, bytes):
            raise ValueError("it is text")
        message = msgpack.unpackb(content, raw=False, strict_map_key=True)
        if not isinstance(message, dict):
            raise ValueError("it is no map")
        return {key: _from_plain(value) for key, value in message.items()}
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise UserError(f"A message that came is not understood: {error or type(error).__name__}.") from error


def quiet_logger(name: str) -> logging.Logger:
    """One that tells nobody: what goes wrong with a connection is an exception on its own side already."""
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    return logger


def _to_plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.name not in DTYPES:
        raise ValueError(f"arrays of {value.dtype} are not sent")
    data = np.ascontiguousarray(value, DTYPES[value.dtype.name]).tobytes()
    return {"dtype": value.dtype.name, "shape": list(value.shape), "data": data}


def _from_plain(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) != _ARRAY:
            raise ValueError("a map inside it is no array")
        return _array(value["dtype"], value["shape"], value["data"])
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"it holds a {type(value).__name__}")


def _array(dtype: Any, shape: Any, data: Any) -> Any:
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"arrays of {dtype!r} are not taken")
    if not isinstance(shape, list) or len(shape) > MAX_AXES:
        raise ValueError("a shape is no list of a few numbers")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("a shape holds something else than sizes")
    kind = DTYPES[dtype]
    if not isinstance(data, bytes) or len(data) != math.prod(shape) * kind.itemsize:
        raise ValueError("an array's bytes do not fill its shape")
    return np.frombuffer(data, kind).reshape(shape)

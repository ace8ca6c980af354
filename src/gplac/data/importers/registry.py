"""The formats of demonstrations by name, in the order in which a source is tried."""

from importlib import import_module
from pathlib import Path

from gplac.data.importers.source import Source
from gplac.errors import UserError

FORMATS = {name: f"{__package__}.{name}" for name in ("lerobot", "hdf5", "folder")}
"""Name of each -> module with ``recognises(path)`` and ``read(path)``."""


def open_source(path: Path, format: str = "auto") -> Source:
    """The demonstrations at ``path``.

    Args:
        path: file or folder.
        format: one of `FORMATS`, or "auto" for the first that recognises it.

    Raises:
        UserError: there is nothing, no format fits, or what is there is damaged.
    """
    if format not in ("auto", *FORMATS):
        raise UserError(f"There is no format {format!r}; choose auto, {', '.join(FORMATS)}.")
    if not path.exists():
        raise UserError(f"{path} does not exist; name the file or folder of the demonstrations.")
    for name in FORMATS if format == "auto" else (format,):
        module = import_module(FORMATS[name])
        if format == name or module.recognises(path):
            source: Source = module.read(path)
            return source
    raise UserError(
        f"{path} holds no demonstrations that are known: neither a LeRobot data set (meta/info.json), nor an HDF5 file"
        " of robomimic, nor episodes (NPZ files, or folders with pictures and a CSV file)."
    )

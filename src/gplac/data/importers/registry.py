"""The formats of demonstrations by name, in the order in which a source is tried."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from gplac.data.importers.source import Source
from gplac.errors import UserError

FORMATS = {name: f"{__package__}.{name}" for name in ("lerobot", "hdf5", "folder")}
"""Name of each -> module with ``recognises(path)`` and ``read(path)``, whose docstring begins with what it reads."""


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
    known = "; ".join(f"{name}{_about(import_module(module))}" for name, module in FORMATS.items())
    raise UserError(f"{path} holds no demonstrations that are known. What can be read: {known}.")


def _about(module: ModuleType) -> str:
    first = (module.__doc__ or "").strip().split("\n\n")[0]  # `python -OO` leaves none
    return f" ({' '.join(first.split()).removesuffix('.')})" if first else ""

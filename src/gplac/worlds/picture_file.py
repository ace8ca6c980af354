"""What kind of file a contact sheet becomes: the one that its name says."""

from pathlib import Path
from typing import Any

from gplac.errors import UserError

_KINDS: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG"},
    ".webp": {"format": "WEBP", "lossless": True},
    ".jpg": {"format": "JPEG", "quality": 95},
    ".jpeg": {"format": "JPEG", "quality": 95},
}


def picture_kind(path: Path) -> dict[str, Any]:
    """Arguments for `PIL.Image.Image.save`, from the end of a file's name.

    Raises:
        UserError: the name ends otherwise.
    """
    if path.suffix.lower() not in _KINDS:
        raise UserError(
            f"Cannot write {path}: a contact sheet is a PNG, WebP or JPEG file; let the name end in"
            f" {', '.join(_KINDS)}."
        )
    return _KINDS[path.suffix.lower()]

"""A robot of the user's own in place of gplac's: what results say of it, and whether its file is the one of before."""

from pathlib import Path

from gplac.data.shards import sha256
from gplac.errors import UserError


def told(model: Path | None) -> dict[str, str]:
    """Name and checksum, as a result and an inspection have them; nothing of gplac's own robot."""
    return {} if model is None else {"robot_model": model.name, "robot_model_sha256": sha256(model)}


def require_same(model: Path, digest: str, whose: str, mend: str) -> None:
    """Refuse a file that is not the robot of before.

    Args:
        model: the robot's MJCF file.
        digest: its SHA-256 before.
        whose: whose robot it was.
        mend: what helps besides restoring the file; ends the sentence.

    Raises:
        UserError: the file is gone, or another one.
    """
    if not model.is_file():
        raise UserError(f"{model}, the robot of {whose}, is not there any more; restore it, or {mend}")
    if sha256(model) != digest:
        raise UserError(
            f"{model} is not the robot of {whose} any more: its checksum differs; restore it, or {mend}"
        )

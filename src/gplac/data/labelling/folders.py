"""``positive/`` and ``negative/``: the labelled pictures as two folders, the originals untouched."""

import errno
import filecmp
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from gplac.data.labelling.store import Answer, Labels
from gplac.errors import UserError
from gplac.files import TEMPORARY_SUFFIX, remove_temporaries

Way = Literal["link", "copy"]
FOLDERS: dict[Answer, str] = {"yes": "positive", "no": "negative"}


def fill_folders(
    labels: Labels, pictures: Sequence[Path], root: Path, way: Way, progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Make ``positive/`` and ``negative/`` beside ``labels.csv`` what the labels say, by hard links or copies.

    Can be called again after labels were corrected, and after it was stopped: what an earlier call put into the wrong
    folder is taken out. Where the file system allows no hard link, a picture is copied. A picture in a folder within
    ``root`` gets that folder's name before its own.

    Returns:
        How many pictures are in each folder.

    Raises:
        UserError: another file has the place of a picture, or the disk cannot be written to.
    """
    counts = dict.fromkeys(FOLDERS.values(), 0)
    for folder in counts:
        (labels.folder / folder).mkdir(exist_ok=True)
        remove_temporaries(labels.folder / folder)
    for done, (picture, name) in enumerate(zip(pictures, _names(pictures, root), strict=True), 1):
        answer = labels.get(picture)
        for meaning, folder in FOLDERS.items():
            place = labels.folder / folder / name
            try:
                if answer == meaning:
                    _put(picture, place, way)
                    counts[folder] += 1
                elif os.path.lexists(place):
                    _check_is(picture, place)
                    place.unlink()
            except OSError as error:
                raise UserError(
                    f"Cannot put {picture} into {place.parent}: {error.strerror}. Mend that and run the same command "
                    "again; the labels are safe."
                ) from error
        progress(done, len(pictures))
    return counts


def _names(pictures: Sequence[Path], root: Path) -> list[str]:
    """A file name for each picture, all different, the same in every call."""
    names: dict[str, None] = {}
    for picture in pictures:
        plain = "--".join(picture.relative_to(root).parts)
        name, number = plain, 2
        while name in names:
            name, number = f"{Path(plain).stem}-{number}{picture.suffix}", number + 1
        names[name] = None
    return list(names)


def _put(picture: Path, place: Path, way: Way) -> None:
    if os.path.lexists(place):
        _check_is(picture, place)
        if way == "link" or not place.samefile(picture):
            return
    temporary = place.with_name(f".{place.name}{TEMPORARY_SUFFIX}")
    if way == "link":
        try:
            os.link(picture.resolve(), temporary)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
                raise
            shutil.copy2(picture, temporary)
    else:
        shutil.copy2(picture, temporary)
    os.replace(temporary, place)


def _check_is(picture: Path, place: Path) -> None:
    """Never remove or replace a file that holds anything else than ``picture``."""
    same = not place.is_symlink() and place.is_file()
    if not (same and (place.samefile(picture) or filecmp.cmp(picture, place, shallow=False))):
        raise UserError(f"{place} is not a copy of {picture}; move it away and run the same command again.")

"""What one call of ``gplac label`` is about: its pictures, in order, and the answers about them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gplac.data.labelling.frames import VIDEO_SUFFIXES, extract_frames
from gplac.data.labelling.pictures import RAW_SUFFIXES, SUFFIXES, complaints, find_pictures
from gplac.data.labelling.store import Labels, count
from gplac.errors import UserError
from gplac.files import claimed

Bars = Callable[[], AbstractContextManager[Callable[[str], Callable[[float, float], None]]]]
"""Within it, a part's name makes the part's callback, which gets (done, all)."""


@dataclass(frozen=True)
class Session:
    """Pictures to ask about."""

    question: str
    root: Path
    """The folder that ``pictures`` lie in."""
    pictures: tuple[Path, ...]
    labels: Labels
    unreadable: tuple[tuple[str, str], ...]
    """(name, reason) of what is left out."""
    warning: str | None
    """What is wrong with the video, if anything."""

    def name(self, picture: Path) -> str:
        """What the page calls a picture."""
        return picture.relative_to(self.root).as_posix()

    def counts(self) -> dict[str, int]:
        """How many of the pictures have which answer."""
        return count(self.labels.get(picture) for picture in self.pictures)


def default_out(source: Path) -> Path:
    """Where answers go unless the user says otherwise: beside the photographs."""
    source = source if source.name not in ("", "..") else source.resolve()
    return source.with_name(f"{source.stem if source.is_file() else source.name}-labels")


@contextmanager
def open_session(source: Path, out: Path, every_s: float, question: str, bars: Bars) -> Iterator[Session]:
    """Find the pictures of a folder, or make them from a video (a frame every ``every_s`` seconds, in
    ``out``/frames), and take up the answers that ``out`` holds. No second session may use ``out`` at the same time.

    Raises:
        UserError: nothing to label, ``out`` is taken or holds something else, or a file cannot be read or written.
    """
    source, out = source.resolve(), out.resolve()
    video = _is_video(source)
    if out == source:
        raise UserError(
            f"--out is the folder of the photographs itself, {out}; name another one, in or beside it."
        )
    warning = None
    with claimed(out, out, "labelling in"):
        labels = Labels(out)
        root = out / "frames" if video else source
        with bars() as part:
            if video:
                warning = extract_frames(source, root, every_s, part("frames, seconds"))
            pictures = find_pictures(root, leave_out=out)
            # What was answered once could be read; going on is quick.
            new = [picture for picture in pictures if labels.get(picture) is None]
            found = complaints(new, part("looking at pictures"))
        wrong = {picture: reason for picture, reason in zip(new, found, strict=True) if reason}
        if len(wrong) == len(pictures):
            first, reason = next(iter(wrong.items()))
            raise UserError(
                f"None of the {len(wrong)} pictures in {root} can be read; {first.name}: {reason}."
            )
        yield Session(
            question,
            root,
            tuple(picture for picture in pictures if picture not in wrong),
            labels,
            tuple((picture.relative_to(root).as_posix(), reason) for picture, reason in wrong.items()),
            warning,
        )


def _is_video(source: Path) -> bool:
    if source.is_dir():
        return False
    if not source.exists():
        raise UserError(f"{source} does not exist; name a folder of photographs or a video.")
    if source.suffix.lower() in SUFFIXES | RAW_SUFFIXES:
        raise UserError(f"{source} is one picture; name the folder that it lies in.")
    if not source.is_file() or source.suffix.lower() not in VIDEO_SUFFIXES:
        raise UserError(
            f"{source} is neither a folder of photographs nor a video (mp4, mov, mkv, webm, avi ...)."
        )
    return True

"""The verb that asks the user about photographs."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from gplac.cli.options import OptionalPath
from gplac.cli.progress import bars

if TYPE_CHECKING:
    from gplac.data.labelling.session import Session

QUESTION = "Is the object in the picture?"


def label(
    source: Annotated[Positional[Path], arg(metavar="SOURCE")],
    /,
    *,
    out: OptionalPath = None,
    question: str = QUESTION,
    every: Annotated[float, arg(metavar="SECONDS")] = 1.0,
    sort: Annotated[Literal["link", "copy"] | None, arg(metavar="link|copy")] = None,
    port: int = 0,
    open: bool = False,
) -> None:
    """Sort photographs, or frames of a video, into "object in picture: yes or no", on a page in the browser that this
    machine alone can open. The same command goes on where it was stopped.

    Args:
        source: Folder of photographs, or a video.
        out: Folder for labels.csv, a video's frames, and sorted pictures; by default SOURCE-labels, beside SOURCE.
        question: What the page asks.
        every: Of a video, the seconds from one frame to the next.
        sort: At the end fill OUT/positive and OUT/negative, with hard links (no space needed) or with copies. The
            photographs stay where they are.
        port: Of the page; 0: any that is free.
        open: Open the page in a browser.
    """
    import webbrowser

    from gplac.data.labelling.server import LabelServer
    from gplac.data.labelling.session import default_out, open_session

    out = out or default_out(source)
    with open_session(source, out, every, question, bars) as session:
        _introduce(session, source)
        with LabelServer(session, port) as server:
            print(
                f"\nOpen {server.url}\nEvery answer is in {out / 'labels.csv'} at once. Ctrl-C ends.",
                flush=True,
            )
            if open:
                webbrowser.open(server.url)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print()
        counts = session.counts()
        print(_summary(counts) + f" {out / 'labels.csv'}")
        if sort and (server.finished or not counts["left"]):
            _fill(session, sort)
        if counts["left"] or not server.finished:
            options = {"--out": out, "--question": question, "--every": every, "--sort": sort, "--port": port}
            usual = {
                "--out": default_out(source),
                "--question": QUESTION,
                "--every": 1.0,
                "--sort": None,
                "--port": 0,
            }
            words = [
                str(word)
                for name in options
                if options[name] != usual[name]
                for word in (name, options[name])
            ]
            print(f"To go on: {shlex.join(['gplac', 'label', str(source), *words])}")


def _introduce(session: "Session", source: Path) -> None:
    print(f"{source}: {len(session.pictures)} pictures. {_summary(session.counts())}")
    if session.warning:
        print(session.warning)
    if session.unreadable:
        print("Left out, because they cannot be read:")
    for name, reason in session.unreadable:
        print(f"  {name}: {reason}")


def _summary(counts: dict[str, int]) -> str:
    return f"{counts['yes']} yes, {counts['no']} no, {counts['skip']} skipped, {counts['left']} left."


def _fill(session: "Session", way: Literal["link", "copy"]) -> None:
    from gplac.data.labelling.folders import fill_folders

    with bars() as part:
        filled = fill_folders(session.labels, session.pictures, session.root, way, part("sorting"))
    for folder, number in filled.items():
        print(f"{session.labels.folder / folder}: {number} pictures")

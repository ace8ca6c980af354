"""Progress bars that several verbs share."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bars() -> Iterator[Callable[[str], Callable[[float, float], None]]]:
    """A progress bar for each part of the work, on a terminal; yields what makes a part's callback from its name."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    name = TextColumn("{task.description}", markup=False)  # it may be a folder's
    columns = (name, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as shown:

        def part(name: str) -> Callable[[float, float], None]:
            bar = shown.add_task(name, total=None)
            return lambda done, total: shown.update(bar, completed=done, total=total)

        yield part

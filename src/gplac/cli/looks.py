"""Verbs about what scenes look like: figures as the paper has them."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg


def figures(
    names: Annotated[Positional[tuple[str, ...]], arg(metavar="[NAME ...]")] = (),
    /,
    *,
    out: Path = Path("figures"),
) -> None:
    """Draw our tasks, training data and unseen scenes as the paper's figures 3, 4 and 6 to 12 show its own.

    Args:
        names: Which figures, such as figure_9_pusher; by default all.
        out: Folder to write WebP files into.
    """
    from gplac.reporting.paper_figures import write_figures

    for path in write_figures(out, names):
        print(path)

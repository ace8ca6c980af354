"""Pictures in which little can be seen: blank, very dark, overexposed, without fine detail, enlarged."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from gplac.data.quality.finding import Finding, Severity, listed, share, shown
from gplac.data.quality.read import Measured

BLANK = 1.0
"""Standard deviation of grey levels below which a picture shows nothing."""
DARK, BRIGHT = 0.5, 0.3
"""Shares of pixels without any information, black or white."""
SOFT = 0.22
"""`gplac.data.quality.pictures.detail` of a picture that could be half as large: of drawn pictures none has less than
0.27, of the same pictures enlarged twofold or blurred by a pixel nine in ten have less than 0.22."""
MOST = 0.25
"""Share of dark pictures from which they are a problem."""


def check_exposure(data: Measured) -> Iterator[Finding]:
    """Findings about single pictures."""
    seen = data.pictures
    blank = seen.contrast < BLANK
    dark = ~blank & (seen.black > DARK)
    bright = ~blank & (seen.white > BRIGHT)
    soft = ~blank & ~dark & ~bright & (seen.detail < SOFT)
    if (found := _worst(blank, seen.contrast)).size:
        yield _finding(
            data,
            found,
            "problem",
            "blank",
            "show nothing at all",
            "Leave them out; a camera that gives such pictures is covered or has failed.",
        )
    if (found := _worst(dark, -seen.black)).size:
        yield _finding(
            data,
            found,
            "problem" if len(found) > MOST * len(data) else "warning",
            "dark",
            f"are very dark (more than {100 * DARK:.0f} % black)",
            "Take them again with more light or a longer exposure, or leave them out.",
        )
    if (found := _worst(bright, -seen.white)).size:
        yield _finding(
            data,
            found,
            "warning",
            "overexposed",
            f"are overexposed (more than {100 * BRIGHT:.0f} % pure white)",
            "Take them again with a shorter exposure; a plain white background may stay.",
        )
    if (found := _worst(soft, seen.detail)).size:
        yield _finding(
            data,
            found,
            "warning",
            "soft",
            "have no fine detail: they are blurred, or were enlarged from smaller ones",
            "Use sharp originals at least as large as the pictures of the data set, or make all pictures smaller.",
        )
    if (found := _worst(seen.enlarged & ~blank, -seen.contrast)).size:
        yield _finding(
            data,
            found,
            "warning",
            "enlarged",
            "were enlarged from smaller ones by repeating pixels",
            "Use the originals, and make all pictures as small as the smallest.",
        )


def _worst(which: npt.NDArray[np.bool_], order: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    rows = np.flatnonzero(which)
    return rows[np.argsort(order[rows], kind="stable")]


def _finding(
    data: Measured, rows: npt.NDArray[np.intp], severity: Severity, code: str, what: str, mend: str
) -> Finding:
    kind = data.manifest.request.kind
    pictures = "frames" if kind == "demonstrations" else "images"
    return Finding(
        severity,
        code,
        kind,
        f"{share(len(rows), len(data))} {pictures} {what}.",
        mend,
        len(rows),
        listed([data.place(row) for row in rows]),
        shown(rows),
    )

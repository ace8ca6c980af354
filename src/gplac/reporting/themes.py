"""How charts look: names and colours of methods, and a light and a dark theme."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

from gplac.files import require_writable, write_atomically

WIDTH_IN = 5.0
"""Width of a chart: small, so that its letters can still be read where the page is as wide as a phone."""
NUMBERS_AT = 1.2
"""Where a chart of shares writes its column of numbers: beyond all marks, so that none is read as another mark's."""
DPI = 200


@dataclass(frozen=True)
class Theme:
    """Colours of one theme."""

    name: str
    paper: str
    ink: str
    faint: str
    """Grid lines and axes."""
    hues: tuple[str, ...]
    """Told apart by colour-blind readers too; the first is the method the report is about."""


LIGHT = Theme(
    "light",
    "#ffffff",
    "#1d2329",
    "#d9dee3",
    ("#1f6fd6", "#d9730d", "#12876f", "#8a4fbe", "#c2347a", "#737d88"),
)
DARK = Theme(
    "dark",
    "#181c21",
    "#e6eaee",
    "#39414a",
    ("#6aa8ff", "#f0a04b", "#46c4a4", "#bf93ee", "#f07fb0", "#97a1ac"),
)

_HUES = {"gplac": 0, "att-1": 1, "att-40": 2, "gplac-da": 3, "gplac-colours": 4}
_LABELS = {
    "gplac": "GPLAC",
    "gplac-da": "GPLAC-DA",
    "gplac-colours": "GPLAC, random colours",
    "att-1-colours": "ATT-1, random colours",
    "att-40-colours": "ATT-40, random colours",
    "ceiling": "Ceiling (told where)",
    "floor": "Floor (blind)",
}


def label(method: str) -> str:
    """How the paper writes a method's name: ATT-1 for att-1."""
    return _LABELS.get(method, method.upper() if method.partition("-")[0] in ("att", "cnn") else method)


def fixed_hue(theme: Theme, method: str) -> str | None:
    """A method's colour, the same in every chart; None for methods beyond the usual ones."""
    return theme.hues[_HUES[method]] if method in _HUES else None


def hue(theme: Theme, method: str) -> str:
    """A method's colour; methods beyond the usual ones share grey, as what is written beside them tells them apart."""
    return fixed_hue(theme, method) or theme.hues[-1]


def save_chart(draw: Callable[[Theme], Figure], path: Path) -> Path:
    """Write a chart as ``path`` (a PNG), and in the dark theme beside it as ``<stem>-dark.png``."""
    for theme, file in zip((LIGHT, DARK), chart_files(path), strict=True):
        with matplotlib.rc_context(_settings(theme)):
            buffer = BytesIO()
            draw(theme).savefig(buffer, format="png", dpi=DPI)
        # Charts have few colours: a palette makes their files a third as large, and nobody sees it.
        save_image(Image.open(buffer).convert("RGB").quantize(128), file)
    return path


def chart_files(path: Path) -> tuple[Path, Path]:
    """What `save_chart` writes: ``path``, and ``<stem>-dark.png`` beside it."""
    return path, path.with_name(f"{path.stem}-dark.png")


def save_image(image: Image.Image, path: Path, **options: Any) -> Path:
    """Write an image, whole or not at all; its kind follows from the name."""
    content = BytesIO()
    image.save(content, Image.registered_extensions()[path.suffix], **options)
    require_writable(path)
    write_atomically(path, content.getvalue())
    return path


def _settings(theme: Theme) -> Any:
    return {
        "font.size": 10.5,
        "text.color": theme.ink,
        "axes.labelcolor": theme.ink,
        "axes.edgecolor": theme.faint,
        "axes.facecolor": theme.paper,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "figure.facecolor": theme.paper,
        "figure.constrained_layout.use": True,
        "grid.color": theme.faint,
        "grid.linewidth": 0.7,
        "legend.frameon": False,
        "lines.linewidth": 2.0,
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
    }

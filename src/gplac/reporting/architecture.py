"""The network of figure 2 as a picture: its layers, where either kind of image goes, and which loss reads what."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon, Rectangle
from PIL import Image
from torch import nn

from gplac.models.encoders import AttentionEncoder
from gplac.models.network import Network
from gplac.reporting.pictures import Images
from gplac.reporting.themes import DPI, LIGHT
from gplac.seeding import rng

WIDTH, HEIGHT = 9.6, 4.75
"""Of the drawing, inches: letters of 8.5 points can be read where it is 900 pixels wide."""
MIDDLE, POLICY, CLASSIFIER = 2.3, 3.35, 1.25
"""Heights of the convolutions, and of either head, inches."""
LABELLED, WEAK, SHARED = LIGHT.hues[0], LIGHT.hues[1], "#5f6b77"
"""Colours of what demonstrated frames reach, of what weak images reach, and of what both do."""
LEFT = 0.2
"""Where images begin, inches."""
TALL = 1.3
"""Height of a convolution's map, inches."""
PITCH = 0.72
"""From one convolution to the next, inches."""


@dataclass(frozen=True)
class Layer:
    """One convolution and what follows it."""

    channels: int
    kernel: str
    stride: int
    after: tuple[str, ...]
    """Such as ``("batch", "norm", "ReLU")``: lines of its caption."""
    trained: bool


def convolutions(network: Network) -> list[Layer]:
    """The encoder's convolutions, in their order, read off its modules."""
    first = network.encoder.first
    modules = [first.conv, nn.ReLU(), *network.encoder.layers, nn.ReLU()]  # both ReLUs are calls, not modules
    names = {nn.BatchNorm2d: ("batch", "norm"), nn.ReLU: ("ReLU",)}
    at = [i for i, module in enumerate(modules) if isinstance(module, nn.Conv2d)]
    found = []
    for start, end in zip(at, [*at[1:], len(modules)], strict=True):
        conv = modules[start]
        assert isinstance(conv, nn.Conv2d)
        after = tuple(line for module in modules[start + 1 : end] for line in names[type(module)])
        kernel = "×".join(map(str, conv.kernel_size))
        found.append(Layer(conv.out_channels, kernel, conv.stride[0], after, bool(conv.weight.requires_grad)))
    return found


def units(layers: nn.Sequential) -> list[int]:
    """Numbers that each fully connected layer of a head gives."""
    return [layer.out_features for layer in layers if isinstance(layer, nn.Linear)]


def architecture(network: Network, labelled: Images, weak: Images) -> Image.Image:
    """Draw a network that has attention and a classifier.

    Args:
        network: whose layers are shown.
        labelled: a demonstrated frame ``(H, W, 3)``.
        weak: a weakly labelled image of the same size.
    """
    assert isinstance(network.encoder, AttentionEncoder) and network.classifier_head is not None
    with matplotlib.rc_context({"font.size": 8.5, "text.color": LIGHT.ink, "mathtext.fontset": "cm"}):
        figure = Figure(figsize=(WIDTH, HEIGHT), facecolor=LIGHT.paper)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        axes.axis("off")
        start = _inputs(axes, labelled, weak)
        end = _convolutions(axes, start, network)
        end = _attention(axes, end, network)
        _heads(axes, end, network)
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI)
    return Image.open(buffer).convert("RGB")


def _inputs(axes: Axes, labelled: Images, weak: Images) -> float:
    """Both kinds of images, and their ways into the same convolutions; returns where these may start."""
    height, width, _ = labelled.shape
    wide = 1.3
    tall = wide * height / width
    rows = (
        (POLICY, labelled, LABELLED, "demonstrated frames", "of one scene", 1),
        (CLASSIFIER, weak, WEAK, "weak images", "of many scenes", -1),
    )
    for y, image, colour, name, of, side in rows:
        axes.imshow(image, extent=(LEFT, LEFT + wide, y - tall / 2, y + tall / 2), aspect="auto", zorder=2)
        axes.add_patch(Rectangle((LEFT, y - tall / 2), wide, tall, fill=False, edgecolor=colour, linewidth=2))
        _text(axes, LEFT + wide / 2, y + side * (tall / 2 + 0.36), name, colour, weight="bold")
        _text(axes, LEFT + wide / 2, y + side * (tall / 2 + 0.17), of, colour)
        _arrow(axes, (LEFT + 0.06 + wide, y), (1.86, MIDDLE + side * 0.3), colour, f"arc3,rad={-0.15 * side}")
    _text(axes, LEFT + wide / 2, MIDDLE, f"{width}×{height}×3")
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))  # a picture changes them
    return 1.93


def _convolutions(axes: Axes, x: float, network: Network) -> float:
    encoder = network.encoder
    layers = convolutions(network)
    size = f"{encoder.map_width}×{encoder.map_height}"
    lean = 0.16
    for i, layer in enumerate(layers):
        left, thick = x + i * PITCH, 0.1 + 0.0042 * layer.channels
        bottom, top = MIDDLE - TALL / 2, MIDDLE + TALL / 2
        colour = "#5f6b77" if layer.trained else "#b9c1c9"
        front = [(left, bottom), (left + thick, bottom), (left + thick, top), (left, top)]
        roof = [
            (left, top),
            (left + thick, top),
            (left + thick + lean, top + lean),
            (left + lean, top + lean),
        ]
        right = left + thick
        wall = [(right, bottom), (right + lean, bottom + lean), (right + lean, top + lean), (right, top)]
        for corners, alpha in ((front, 0.75), (roof, 0.35), (wall, 0.55)):
            axes.add_patch(Polygon(corners, facecolor=colour, alpha=alpha, edgecolor="white", linewidth=0.8))
        centre = left + (thick + lean) / 2
        _text(axes, centre, top + lean + 0.15, f"{layer.channels}", weight="bold", size=9.5)
        lines = [layer.kernel, f"stride {layer.stride}", *layer.after]
        for row, line in enumerate(lines):
            _text(axes, centre, bottom - 0.17 - 0.17 * row, line)
        if not layer.trained:
            _text(axes, centre, bottom - 0.17 - 0.17 * len(lines), "frozen", SHARED, style="italic")
        if i + 1 < len(layers):
            _arrow(axes, (right + lean + 0.02, MIDDLE), (left + PITCH - 0.02, MIDDLE), SHARED)
    end = x + (len(layers) - 1) * PITCH + 0.1 + 0.0042 * layers[-1].channels + lean
    _text(axes, (x + end) / 2, MIDDLE + TALL / 2 + 0.78, "convolutions, shared by both", weight="bold")
    _text(axes, (x + end) / 2, MIDDLE + TALL / 2 + 0.59, f"first layer: VGG-16; all maps {size}")
    return end


def _attention(axes: Axes, x: float, network: Network) -> float:
    """The spatial softmax; the dots stand for its points, and are where nobody's are."""
    encoder = network.encoder
    assert isinstance(encoder, AttentionEncoder)
    count, left, wide = encoder.feature_size // 2, x + 0.2, 0.98
    tall = wide * encoder.map_height / encoder.map_width
    _arrow(axes, (x + 0.02, MIDDLE), (left - 0.02, MIDDLE), SHARED)
    axes.add_patch(
        Rectangle((left, MIDDLE - tall / 2), wide, tall, facecolor="#f3f5f7", edgecolor=SHARED, linewidth=1.2)
    )
    scatter = rng("figure 2").uniform(0.1, 0.9, (count, 2))
    axes.plot(
        left + wide * scatter[:, 0],
        MIDDLE + tall * (scatter[:, 1] - 0.5),
        "o",
        color=LIGHT.hues[2],
        markersize=4.5,
    )
    middle = left + wide / 2
    _text(axes, middle, MIDDLE + tall / 2 + 0.34, "spatial softmax", weight="bold")
    temperature = float(np.exp(encoder.attention.log_temperature.item()))
    _text(axes, middle, MIDDLE + tall / 2 + 0.16, f"temperature {temperature:g}")
    _text(axes, middle, MIDDLE - tall / 2 - 0.17, f"{count} points (x, y)")
    _text(axes, middle, MIDDLE - tall / 2 - 0.34, f"{encoder.feature_size} numbers")
    return left + wide


def _heads(axes: Axes, x: float, network: Network) -> None:
    assert network.classifier_head is not None
    state_size, policy, classifier = len(network.state_mean_S), network.policy_head, network.classifier_head
    columns = [x + 0.74 + 0.45 * i for i in range(2 + len(network.config.hidden))]
    loss = columns[-1] + 0.3
    rows = (
        (POLICY, 1, LABELLED, policy.dropout.p, units(policy.layers), "policy", "action"),
        (CLASSIFIER, -1, WEAK, classifier.dropout.p, units(classifier.layers), "classifier", "is it there?"),
    )
    for y, side, colour, dropout, numbers, name, answer in rows:
        features = f"{network.encoder.feature_size}"
        joined = f"{features} + {state_size}" if side > 0 else features
        _arrow(
            axes,
            (x + 0.02, MIDDLE + side * 0.25),
            (columns[0] - 0.1, y),
            colour,
            f"angle3,angleA={70 * side},angleB=0",
        )
        kept = f"dropout {dropout:g}" if dropout else "no dropout"
        _text(axes, columns[0] - 0.52, y + side * 0.24, kept, colour)
        _units(axes, columns, y, joined, numbers, colour)
        _text(axes, (columns[0] + columns[-1]) / 2, y + side * 0.72, name, colour, weight="bold", size=9.5)
        _text(axes, columns[-1] + 0.14, y + side * 0.37, answer, colour)
        _arrow(axes, (columns[-1] + 0.1, y), (loss, y), colour)
    _state(axes, columns[0], state_size)
    _loss(axes, loss, POLICY, 1, LABELLED, r"$L_{task}$", ("squared error to the", "demonstrated action"))
    _loss(axes, loss, CLASSIFIER, -1, WEAK, r"$L_{CE}$", ("cross-entropy with", "the weak label"))
    _text(axes, loss + 0.07, MIDDLE + 0.08, r"$L = L_{task} + \lambda\,L_{CE}$", size=11)
    _text(axes, loss + 0.07, MIDDLE - 0.13, r"(first steps: $L_{task}$ alone)")


def _units(
    axes: Axes, columns: Sequence[float], y: float, joined: str, numbers: Sequence[int], colour: str
) -> None:
    """What a head reads, and its fully connected layers, as bars: the longer the more numbers they give."""
    read = sum(int(number) for number in joined.split("+"))
    for i, (column, number) in enumerate(zip(columns, [read, *numbers], strict=True)):
        tall = 0.12 + 0.22 * np.log10(number)
        axes.add_patch(
            FancyBboxPatch(
                (column - 0.07, y - tall / 2),
                0.14,
                tall,
                boxstyle="round,pad=0,rounding_size=0.04",
                facecolor=colour,
                alpha=0.75 if i else 0.35,
                linewidth=0,
            )
        )
        _text(axes, column, y - tall / 2 - 0.13, str(number) if i else joined)
        if i:
            _arrow(axes, (columns[i - 1] + 0.09, y), (column - 0.09, y), colour)


def _state(axes: Axes, x: float, size: int) -> None:
    top = POLICY + 0.72
    _text(axes, x - 0.1, top + 0.28, "robot state", LABELLED)
    _text(axes, x - 0.1, top + 0.11, f"{size} numbers", LABELLED)
    _arrow(axes, (x, top), (x, POLICY + 0.34), LABELLED)


def _loss(axes: Axes, x: float, y: float, side: int, colour: str, name: str, reads: Sequence[str]) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x + 0.02, y - 0.17),
            0.58,
            0.34,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="white",
            edgecolor=colour,
            linewidth=1.5,
        )
    )
    _text(axes, x + 0.31, y, name, colour, size=11)
    for row, line in enumerate(reads if side > 0 else reversed(reads)):
        _text(axes, x + 0.12, y - side * (0.45 + 0.17 * row), line, colour)


def _text(axes: Axes, x: float, y: float, text: str, colour: str = LIGHT.ink, **options: object) -> None:
    axes.text(x, y, text, color=colour, ha="center", va="center", **options)  # type: ignore[arg-type]


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, bend: str = "arc3"
) -> None:
    arrow = {
        "arrowstyle": "-|>",
        "color": colour,
        "linewidth": 1.4,
        "shrinkA": 0,
        "shrinkB": 0,
        "connectionstyle": bend,
    }
    axes.annotate("", end, start, arrowprops=arrow)

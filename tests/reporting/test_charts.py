"""Charts of few and of many policies: everything named is in the picture, and told apart."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from synthetic import synthetic_result

from gplac.errors import UserError
from gplac.reporting import chart_section, charts
from gplac.reporting.curves import strokes
from gplac.reporting.report import write_report
from gplac.reporting.themes import DARK, LIGHT, save_image

METHODS = ("gplac", "att-1", "att-40", "gplac-da", "cnn-1", "cnn-40", "cnn-c", "att-ae", "ceiling")


def named(count: int, more: str = "") -> dict[str, str]:
    """So many names and their methods."""
    return {f"{METHODS[i % 9]}, seed {i // 9}{more}": METHODS[i % 9] for i in range(count)}


def thresholds(names: Mapping[str, str]) -> Figure:
    x = np.linspace(0.01, 0.3, 30)
    curves = {name: (method, list(x), list(x**i)) for i, (name, method) in enumerate(names.items())}
    return charts.threshold_curves(curves, 0.08, LIGHT)


def scenes(names: Mapping[str, str]) -> Figure:
    return charts.scene_rates({name: (method, np.linspace(0, 1, 40)) for name, method in names.items()}, DARK)


def learning(names: Mapping[str, str]) -> Figure:
    lines = [{"step": step, "action_loss": 1 / step} for step in (100, 200, 300)]
    return charts.learning_curves({name: (method, lines) for name, method in names.items()}, LIGHT)


def bars(names: Mapping[str, str]) -> Figure:
    return charts.success_bars([charts.Bar(m, name, 0.5, 0.4, 0.6) for name, m in names.items()], LIGHT)


def positions(names: Mapping[str, str]) -> Figure:
    xy, goal = np.array([[0.3, -0.1], [0.6, -0.2]]), np.full((2, 2), 0.4)
    maps = {name: (xy, np.array([True, False]), goal) for name in list(names)[:2]}
    return charts.position_maps(maps, LIGHT)


@pytest.mark.parametrize("more", ["", ", 1,600 weak images of 25 scenes, preset lite-changed"])
@pytest.mark.parametrize("count", [1, 2, 6, 7, 18])
@pytest.mark.parametrize("draw", [thresholds, scenes, learning, bars, positions])
def test_every_name_is_in_the_picture_and_leaves_room_for_it(
    draw: Callable[[Mapping[str, str]], Figure], count: int, more: str
) -> None:
    names = named(count, more)
    with matplotlib.rc_context({"figure.constrained_layout.use": True, "axes.titlelocation": "left"}):
        figure = draw(names)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    renderer = canvas.get_renderer()
    written = [axes.title if axes.get_title() else axes._left_title for axes in figure.axes]  # type: ignore[attr-defined]
    written += figure.axes[0].get_yticklabels() if draw is bars else []
    written += [text for legend in figure.legends for text in legend.get_texts()]
    found = " ".join(" ".join(text.get_text().split()) for text in written)
    assert all(name in found for name in (list(names)[:2] if draw is positions else names))
    for thing in (*figure.legends, *(text for text in written if text.get_text())):
        box = thing.get_window_extent(renderer)
        assert min(box.x0, box.y0) > -1 and box.x1 < figure.bbox.x1 + 1 and box.y1 < figure.bbox.y1 + 1
    # What is drawn keeps its room beside what is written.
    box = figure.axes[0].get_window_extent(renderer)
    assert box.width > 1.0 * figure.dpi and box.height > 0.5 * figure.dpi


def test_a_line_parts_bars_of_other_kinds() -> None:
    found = [charts.Bar("gplac", str(number), 0.5, 0.4, 0.6) for number in range(3)]
    plain, parted = (charts.success_bars(found, LIGHT, rules=rules).axes[0] for rules in ((), (1,)))
    (line,) = [line for line in parted.lines if list(line.get_xdata()) == [0, 1]]
    places = parted.get_yticks()
    assert places[1] > line.get_ydata()[0] > places[2]
    assert len(plain.lines) == len(parted.lines) - 1


def test_bars_are_as_long_as_the_rates_and_diamonds_lie_at_the_papers() -> None:
    found = [
        charts.Bar("gplac", "GPLAC", 0.7, 0.55, 0.8, paper=0.6, seeds=(0.65, 0.8, 0.65)),
        charts.Bar("att-1", "ATT-1", 0.2, 0.1, 0.4, seeds=(0.2,)),
        charts.Bar("att-40", "ATT-40", 0.9, 0.85, 0.95, paper=0.3),
    ]
    figure = charts.success_bars(found, LIGHT)
    axes: Any = figure.axes[0]
    rows = dict(zip((text.get_text() for text in axes.get_yticklabels()), axes.get_yticks(), strict=True))
    bars = {bar.get_y() + bar.get_height() / 2: bar.get_width() for bar in axes.patches}
    assert bars == pytest.approx({rows["GPLAC"]: 0.7, rows["ATT-1"]: 0.2, rows["ATT-40"]: 0.9})
    lines = [(line.get_marker(), list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]
    diamonds = [(*x, *y) for marker, x, y in lines if marker == "D" and x]
    assert diamonds == [(0.6, rows["GPLAC"] + 0.2), (0.3, rows["ATT-40"] + 0.2)]  # above the interval
    (dots,) = [(x, y) for marker, x, y in lines if marker == "o" and x]
    assert dots[0] == [0.65, 0.8, 0.65]
    below = [y - rows["GPLAC"] for y in dots[1]]
    assert (
        max(below) < 0 and len({round(each, 3) for each in below}) == 3
    )  # equal ones do not hide each other
    intervals = {y[0]: x for marker, x, y in lines if marker not in ("D", "o") and x}
    assert intervals == {rows["GPLAC"]: [0.55, 0.8], rows["ATT-1"]: [0.1, 0.4], rows["ATT-40"]: [0.85, 0.95]}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "95 % interval",
        "the paper",
        "single seeds",
    ]


def test_thresholds_are_drawn_in_centimetres() -> None:
    curves = {"GPLAC": ("gplac", [0.02, 0.08, 0.3], [0.1, 0.4, 0.9])}
    axes: Any = charts.threshold_curves(curves, 0.08, LIGHT).axes[0]
    curve, mark = axes.lines
    assert list(curve.get_xdata()) == pytest.approx([2, 8, 30]) and list(curve.get_ydata()) == [0.1, 0.4, 0.9]
    assert list(mark.get_xdata()) == pytest.approx([8, 8])
    assert axes.get_xlabel() == "counted as success within (cm); dotted: 8 cm"


def test_a_place_on_the_map_has_the_colour_of_its_success() -> None:
    # Two episodes at each of three corners, x and y in metres; none at the fourth.
    xy = np.repeat([[0.3, -0.5], [0.6, -0.5], [0.3, -0.1]], 2, axis=0)
    outcomes = np.array([False, False, True, True, True, False])
    axes: Any = charts.position_maps({"GPLAC": (xy, outcomes, np.full((6, 2), 0.4))}, LIGHT).axes[0]
    (cells,) = axes.collections
    corners, rates = cells.get_coordinates(), cells.get_array()
    found = {}
    for row, column in zip(*np.nonzero(~np.ma.getmaskarray(rates)), strict=True):
        (left, low), (right, high) = corners[row, column], corners[row + 1, column + 1]
        (place,) = {(x, y) for x, y in xy if left <= 100 * x <= right and low <= 100 * y <= high}
        found[place] = rates[row, column]
    assert found == {(0.3, -0.5): 0, (0.6, -0.5): 1, (0.3, -0.1): 0.5}


def test_no_two_curves_look_alike() -> None:
    found = strokes(named(18), LIGHT)
    assert len(set(found.values())) == 18
    assert {found[name].color for name in ("gplac, seed 0", "gplac, seed 1")} == {LIGHT.hues[0]}


def test_places_compare_the_first_with_its_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = synthetic_result("gplac", 0.7, scenes=3, count=4)
    for name, change in {
        "a": {},
        "b": {"weak_images": 1_600},
        "c": {"method": "cnn-1"},
        "d": {"method": "att-1"},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(result | change))
    drawn: list[list[str]] = []

    def position_maps(maps: Mapping[str, Any], *_: object) -> Figure:
        drawn.append(list(maps))
        return Figure()

    monkeypatch.setattr(chart_section.charts, "position_maps", position_maps)
    write_report([tmp_path], tmp_path / "out")
    assert drawn[0] == ["GPLAC, 16,000 weak images", "ATT-1"]


def test_an_image_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken.jpg").mkdir()
    with pytest.raises(UserError, match=r"Cannot write .*taken.jpg"):
        save_image(Image.new("RGB", (8, 8)), tmp_path / "taken.jpg", quality=80)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.jpg"]

"""Success by number of photographs and of places, from hand-made results."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from synthetic import result_with

from gplac.cli import main
from gplac.data.budget import chosen
from gplac.evaluation.result import write_json
from gplac.reporting.fairness import fair
from gplac.reporting.photographs import by_photographs, by_places, photographs
from gplac.reporting.sheets import Sheet, comma_separated
from gplac.reporting.themes import DARK, LIGHT
from gplac.worlds.splits import scene

COUNT = 4
"""Trials in each scene."""


def put(results: Path, stem: str, won: list[int]) -> None:
    """Write a result in which so many of each scene's trials succeed."""
    name, seed = stem.split("-seed")
    method, *budgets = re.split(r"-(?=scenes|weak)", name)
    result = result_with(method, won, COUNT, seed=int(seed)) | {"task": "mug_push"}
    for budget in budgets:
        kind, count = re.fullmatch(r"(scenes|weak)(\d+)", budget).groups()
        result[{"scenes": "weak_scenes", "weak": "weak_images"}[kind]] = int(count)
    write_json(result, "result", results / "lite/mug_push" / f"{stem}.json")


def sheet_of(results: Path) -> Sheet:
    (sheet,) = photographs(results, "lite")
    return sheet


def numbers(cells: tuple[str, ...]) -> tuple[str, ...]:
    """A row's success, difference, episodes and seeds."""
    return (*cells[2:4], *cells[5:])


def test_what_is_measured_and_what_is_waiting(tmp_path: Path) -> None:
    put(tmp_path, "gplac-seed0", [4, 4, 4, 4])
    put(tmp_path, "gplac-weak100-seed0", [4, 2, 4, 2])
    put(tmp_path, "gplac-scenes3-weak100-seed0", [1, 1, 1, 1])
    put(tmp_path, "att-1-seed0", [0, 0, 0, 0])
    rows = {cells[:2]: numbers(cells) for cells in sheet_of(tmp_path).rows}
    assert rows["1,700", "50"] == ("**100.0 %** (51.0 to 100.0)", "", "16", "0")
    # Against all photographs four scenes differ by 0, 1/2, 0 and 1/2; at the ends four of one kind are drawn.
    assert rows["100", "50"] == ("**75.0 %** (50.0 to 100.0)", "−25.0 (−50.0 to +0.0)", "16", "0")
    # Against 100 photographs of all places.
    assert rows["100", "3"] == ("**25.0 %** (4.6 to 69.9)", "−50.0 (−75.0 to −25.0)", "16", "0")
    assert rows["none (ATT-1)", ""] == ("**0.0 %** (0.0 to 49.0)", "−100.0 (−100.0 to −2.0)", "16", "0")
    assert rows["100", "12"] == ("waiting", "", "", "")
    assert len(rows) == 10
    assert "4 of 10 are measured" in " ".join(sheet_of(tmp_path).notes)


def test_nothing_measured_is_no_failure(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path)
    assert {cells[2] for cells in sheet.rows} == {"waiting"} and sheet.charts == ()
    assert "gplac grid run recipes/photographs.py" in " ".join(sheet.notes)


def test_seeds_of_some_rows_alone_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "gplac-seed0", [4, 2])
    put(tmp_path, "gplac-seed1", [0, 0])
    assert numbers(sheet_of(tmp_path).rows[0]) == ("**37.5 %** (25.0 to 50.0)", "", "16", "0, 1")
    put(tmp_path, "gplac-weak20-seed0", [2, 2])
    first, *others = sheet_of(tmp_path).rows
    assert numbers(first) == ("**75.0 %** (50.0 to 100.0)", "", "8", "0")
    assert numbers(others[3]) == ("**50.0 %** (9.5 to 90.5)", "−25.0 (−50.0 to +0.0)", "8", "0")


def test_a_difference_needs_what_it_is_from(tmp_path: Path) -> None:
    put(tmp_path, "gplac-seed0", [4, 4])
    put(tmp_path, "gplac-scenes3-weak100-seed0", [4, 2])
    (row,) = [cells for cells in sheet_of(tmp_path).rows if cells[1] == "3"]
    assert row[2:4] == ("**75.0 %** (50.0 to 100.0)", "")
    record = next(each for each in sheet_of(tmp_path).records if each["places"] == 3)
    assert (record["against_weak_images"], record["against_places"]) == (100, 50)


def test_it_says_emulated_wherever_it_is_read(tmp_path: Path) -> None:
    put(tmp_path, "gplac-seed0", [4, 2])
    sheet = sheet_of(tmp_path)
    for text in (
        sheet.title,
        sheet.head[2],
        " ".join(sheet.notes),
        sheet.charts[0].about,
        sheet.charts[0].title,
    ):
        assert "emulated" in text.lower()
    assert sheet.charts[0].figure(LIGHT).get_suptitle() == sheet.charts[0].title
    assert {each["emulated"] for each in csv.DictReader(comma_separated([sheet]).splitlines())} == {"True"}


def test_its_counts_are_what_training_sees(tmp_path: Path) -> None:
    """Against the choice itself, and against the scenes' looks."""
    labels, scenes = np.tile([1, 0], 50 * 17), np.repeat(np.arange(50), 34)
    looks = [scene("mug_push", "weak", index) for index in range(50)]
    keys = dict.fromkeys([*by_photographs("lite"), *by_places("lite")])
    for key, cells in zip(keys, sheet_of(tmp_path).rows, strict=False):
        taken = chosen(labels, scenes, key.weak_budget, 0, key.scene_budget)
        places = set(scenes[taken].tolist())
        mugs = {looks[place].object.instance for place in places}
        rooms = {looks[place].room.wall.instance for place in places}
        assert (*cells[:2], cells[4]) == (f"{len(taken):,}", f"{len(places)}", f"{len(mugs)}, {len(rooms)}")


def test_the_chart_has_what_is_measured_on_either_axis(tmp_path: Path) -> None:
    put(tmp_path, "gplac-seed0", [4, 4])
    put(tmp_path, "gplac-weak100-seed0", [4, 2])
    put(tmp_path, "gplac-scenes6-weak100-seed0", [2, 2])
    put(tmp_path, "att-1-seed0", [1, 1])
    (chart,) = sheet_of(tmp_path).charts
    for theme in (LIGHT, DARK):
        figure = chart.draw(theme)
        curves = [points(figure, index) for index in (0, 1)]
        assert curves == [[(1700, 1.0), (100, 0.75)], [(50, 0.75), (6, 0.5)]]
        assert [axes.get_xscale() for axes in figure.axes] == ["log", "log"]
        (legend,) = figure.legends
        said = {text.get_text() for text in legend.get_texts()}
        assert said == {"no photographs, n = 8", "GPLAC, 95 %, n = 8"}


def points(figure: Figure, index: int) -> list[tuple[float, float]]:
    """What the curve with markers goes through."""
    (curve,) = [line for line in figure.axes[index].lines if line.get_marker() == "o"]
    return list(zip(map(float, curve.get_xdata()), map(float, curve.get_ydata()), strict=True))


def test_fewer_places_are_no_part_of_the_comparison_of_methods(tmp_path: Path) -> None:
    put(tmp_path, "gplac-seed0", [4, 4])
    (before,) = fair(tmp_path, "lite")
    put(tmp_path, "gplac-scenes3-weak100-seed0", [1, 1])
    (after,) = fair(tmp_path, "lite")
    assert before == after


@pytest.mark.parametrize("stem", ["gplac-scenes3-weak100-seed0", "att-1-seed0"])
def test_the_verb_writes_it(stem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("results"), stem, [1, 2])
    main(["table", "photographs"])
    written = {path.name for path in Path("results/tables/lite").iterdir()}
    texts = {f"photographs.{suffix}" for suffix in ("md", "tex", "csv", "png")}
    assert written == texts | {"photographs-dark.png"}

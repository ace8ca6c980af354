"""Success by threshold, from hand-made results."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from synthetic import synthetic_result

from gplac.cli import main
from gplac.errors import UserError
from gplac.evaluation.result import read_result, write_json
from gplac.reporting.sheets import Sheet, comma_separated
from gplac.reporting.themes import DARK, LIGHT
from gplac.reporting.thresholds import thresholds


def put(results: Path, method: str, final_m: list[float], *, task: str = "pusher", seed: int = 0) -> None:
    """Write a result whose episodes end at these distances, in two scenes alike."""
    found = synthetic_result(method, 0.5, seed=seed, scenes=2, count=len(final_m)) | {"task": task}
    curve, final = found["threshold_curve"], np.array(final_m)
    curve["success_rates"] = [float((final <= distance).mean()) for distance in curve["thresholds_m"]]
    write_json(found, "result", results / "lite" / task / f"{method}-seed{seed}.json")


def cells(sheet: Sheet, name: str) -> tuple[str, ...]:
    (found,) = [row for row in sheet.rows if row[0] == name]
    return found


def test_success_is_counted_within_each_distance_and_seeds_are_averaged(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [0.01, 0.06, 0.1, 0.2])
    put(tmp_path, "gplac", [0.01, 0.01, 0.1, 0.15], seed=1)
    put(tmp_path, "att-1", [0.07, 0.3])
    put(tmp_path, "ceiling", [0.01])
    (sheet,) = thresholds(tmp_path, "lite")
    assert sheet.head[1:5] == ("within 5 cm", "within 8 cm", "within 12 cm", "within 17 cm")
    assert cells(sheet, "GPLAC") == ("GPLAC", "37.5 %", "50.0 %", "75.0 %", "87.5 %", "16", "0, 1")
    assert cells(sheet, "ATT-1")[1:5] == ("0.0 %", "50.0 %", "50.0 %", "50.0 %")
    said = " ".join(sheet.notes)
    assert "The paper states no threshold" in said
    assert "of 2 methods: 1.00 at 5 cm, 0.00 at 8 cm" in said
    rows = {
        (row["method"], row["threshold_m"]): row
        for row in csv.DictReader(comma_separated([sheet]).splitlines())
    }
    assert float(rows["gplac", "0.15"]["success_rate"]) == 0.875 and len(rows) == 3 * 30


def test_equal_rates_of_other_numbers_of_seeds_stay_equal(tmp_path: Path) -> None:
    """0.1 three times is not 0.3 in floating point, and a tie would be an order."""
    for seed in range(3):
        put(tmp_path, "gplac", [0.01] + [0.5] * 9, seed=seed)
    put(tmp_path, "att-1", [0.01] + [0.5] * 9)
    (sheet,) = thresholds(tmp_path, "lite")
    rates = {row["method"]: row["success_rate"] for row in sheet.records if row["threshold_m"] == 0.08}
    assert rates == {"gplac": 0.1, "att-1": 0.1}
    assert "of 2 methods: 0.00 at 5 cm" in " ".join(sheet.notes)


def test_each_method_has_a_panel_between_the_bounds(tmp_path: Path) -> None:
    for method in ("gplac", "att-1", "att-40", "cnn-1", "ceiling", "floor"):
        put(tmp_path, method, [0.01, 0.1])
    ((chart,),) = (sheet.charts for sheet in thresholds(tmp_path, "lite"))
    for theme in (LIGHT, DARK):
        figure = chart.figure(theme)
        shown = [axes for axes in figure.axes if axes.get_visible()]
        assert [axes.get_title(loc="left") or axes.get_title() for axes in shown] == [
            "ATT-1",
            "CNN-1",
            "ATT-40",
            "GPLAC",
        ]
        # The curve, ceiling, floor, and our threshold.
        assert all(sum(len(line.get_xdata()) > 0 for line in axes.lines) == 4 for axes in shown)


def test_the_emulated_task_says_so_and_has_distances_of_its_own(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [0.01, 0.1], task="mug_push")
    (sheet,) = thresholds(tmp_path, "lite")
    assert sheet.head[1] == "within 3 cm"
    for text in (sheet.title, sheet.notes[0], sheet.charts[0].title, sheet.charts[0].about):
        assert "emulated" in text
    assert "17 cm" not in " ".join(sheet.notes)


@pytest.mark.parametrize("thresholds_m", [[], [0.01, 0.05]])
def test_a_result_with_other_distances_is_named(tmp_path: Path, thresholds_m: list[float]) -> None:
    for seed in (0, 1):
        put(tmp_path, "gplac", [0.01], seed=seed)
    path = tmp_path / "lite" / "pusher" / "gplac-seed1.json"
    curve = {"thresholds_m": thresholds_m, "success_rates": [1.0] * len(thresholds_m)}
    write_json(read_result(path) | {"threshold_curve": curve}, "result", path)
    with pytest.raises(UserError, match=r"gplac-seed1.json has other distances .* evaluate its run again"):
        thresholds(tmp_path, "lite")


def test_the_verb_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("results"), "gplac", [0.01])
    main(["table", "thresholds"])
    names = {path.name for path in Path("results/tables/lite").iterdir()}
    texts = {f"thresholds.{suffix}" for suffix in ("md", "tex", "csv")}
    assert names == texts | {"thresholds-pusher.png", "thresholds-pusher-dark.png"}


@pytest.mark.parametrize(
    ("columns", "terminal", "parts"), [(72, True, 1), (40, True, 2), (30, True, 3), (72, False, 1)]
)
def test_a_table_wider_than_a_terminal_breaks_between_words_or_into_several_and_no_number_is_cut(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    columns: int,
    terminal: bool,
    parts: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("results"), "gplac", [0.01, 0.06, 0.1], seed=0)
    put(Path("results"), "att-1-colours", [0.01, 0.2, 0.3])
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
    main(["table", "thresholds"])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    end = next(place for place, line in enumerate(lines) if line.startswith("Pusher, preset"))
    table = [line.rstrip() for line in lines[:end]]
    words = [word for line in table for word in line.split()]
    assert {"33.3", "66.7", "100.0", "Episodes"} <= {*words} and not any("…" in word for word in words)
    assert words.count("Method") == words.count("ATT-1,") == parts
    assert (max(map(len, table)) <= columns) is terminal

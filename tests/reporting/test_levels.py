"""Success in scenes of the harder level, from hand-made results."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from synthetic import result_with

from gplac.cli import main
from gplac.errors import UserError
from gplac.evaluation.result import write_json
from gplac.reporting.levels import harder
from gplac.reporting.sheets import comma_separated


def put(
    results: Path, method: str, won: list[int], *, seed: int = 0, folder: str = "", **changes: Any
) -> Path:
    """Write a result in which so many of each scene's ten episodes succeed, where its level belongs."""
    found = result_with(method, won, 10, seed=seed) | {"level": "wild"} | changes
    folder = folder or ("wild" if found["level"] == "wild" else "lite")
    path = results / folder / "pusher" / f"{method}-seed{seed}.json"
    write_json(found, "result", path)
    return path


def test_both_levels_stand_side_by_side_with_the_same_seeds(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [10, 4])
    put(tmp_path, "gplac", [9, 1], seed=1)
    put(tmp_path, "att-1", [2, 0])
    for seed, won in ((0, [10, 10]), (1, [10, 8]), (2, [0, 0])):
        put(tmp_path, "gplac", won, seed=seed, level="standard")
    (sheet,) = harder(tmp_path, "lite")
    assert sheet.rows == (
        ("ATT-1", "waiting", "**10.0 %** (0.0 to 20.0)", "", "20", "0"),
        (
            "GPLAC",
            "**95.0 %** (90.0 to 100.0)",
            "**60.0 %** (25.0 to 95.0)",
            "+50.0 (+25.0 to +75.0)",
            "40",
            "0, 1",
        ),
    )
    assert "the 2 test scenes" in sheet.notes[0] and "the same policies on both levels" in sheet.notes[0]
    rows = list(csv.DictReader(comma_separated([sheet]).splitlines()))
    assert [(row["method"], row["level"], row["success_rate"]) for row in rows] == [
        ("att-1", "wild", "0.1"),
        ("gplac", "standard", "0.95"),
        ("gplac", "wild", "0.6"),
    ]


def test_another_training_of_the_same_seed_is_another_policy(tmp_path: Path) -> None:
    path = put(tmp_path, "att-1", [2, 0])
    again = json.loads(path.read_text())
    again["training"]["wall_s"] += 1.0
    path.write_text(json.dumps(again))
    put(tmp_path, "att-1", [3, 3], level="standard")
    ((row,),) = (sheet.rows for sheet in harder(tmp_path, "lite"))
    assert row[1] == "waiting"
    put(tmp_path, "att-1", [4, 4], level="standard", folder="wild/standard/lite", training=again["training"])
    ((row,),) = (sheet.rows for sheet in harder(tmp_path, "lite"))
    assert row[1].startswith("**40.0 %**")


def test_other_presets_and_fewer_weak_images_are_left_out(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac", [10, 4])
    fewer = json.loads(path.read_text()) | {"weak_images": 160}
    path.with_name("gplac-weak160-seed0.json").write_text(json.dumps(fewer))
    (path.parent / "notes.json").write_text("{}")
    assert harder(tmp_path, "demo") == []
    ((row,),) = (sheet.rows for sheet in harder(tmp_path, "lite"))
    assert row[0] == "GPLAC" and row[3] == "" and row[4] == "20"


@pytest.mark.parametrize(
    "changes", [{"split": "validation"}, {"vary": "mug"}, {"assets": "mine"}, {"level": "standard"}]
)
def test_a_result_of_other_scenes_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    path = put(tmp_path, "gplac", [10, 4])
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(UserError, match=f"{path} is not of test scenes of level wild, .*: move it to where"):
        harder(tmp_path, "lite")


def test_a_result_under_anothers_name_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac", [10, 4])
    path.rename(path.with_name("gplac-seed1.json"))
    with pytest.raises(UserError, match="is a result of seed 0, where its name and folder say 1"):
        harder(tmp_path, "lite")


def test_the_command_writes_it_or_says_how_to_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["table", "levels"])
    assert "gplac evaluate RUN --split test --level wild --json results/wild" in capsys.readouterr().err
    put(tmp_path / "results", "gplac", [10, 4])
    main(["table", "levels"])
    assert "Level wild, pusher" in capsys.readouterr().out
    written = (tmp_path / "results/tables/lite/levels.md").read_text()
    assert "| GPLAC | waiting | **70.0 %** (40.0 to 100.0) |" in written

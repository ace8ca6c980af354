"""Success with one factor varied alone, from hand-made results."""

import csv
import json
from pathlib import Path

import pytest
from synthetic import result_with

from gplac import config
from gplac.cli import main
from gplac.errors import UserError
from gplac.evaluation.result import write_json
from gplac.methods import METHODS
from gplac.reporting.factors import varied
from gplac.reporting.sheets import comma_separated
from gplac.reporting.themes import DARK, LIGHT
from gplac.training.described import described


def put(results: Path, method: str, factor: str, won: list[int], *, seed: int = 0, vary: str = "") -> Path:
    """Write a result in which so many of each scene's ten episodes succeed."""
    found = result_with(method, won, 10, seed=seed) | {"split": "validation", "vary": vary or factor}
    path = results / "vary" / "pusher" / f"{method}-seed{seed}-only-{factor}.json"
    write_json(found, "result", path)
    return path


def test_each_factor_is_a_row_and_seeds_are_pooled(tmp_path: Path) -> None:
    put(tmp_path, "gplac", "nothing", [10, 10])
    put(tmp_path, "gplac", "mug", [10, 4])
    put(tmp_path, "gplac", "mug", [9, 1], seed=1)
    put(tmp_path, "att-1", "mug", [2, 0])
    (sheet,) = varied(tmp_path, "lite")
    assert sheet.head == ("What varies", "ATT-1", "GPLAC")
    rows = {row[0]: row[1:] for row in sheet.rows}
    assert list(rows) == [
        "nothing",
        "mug",
        "coaster",
        "table",
        "background",
        "light",
        "distractors",
        "camera",
    ]
    assert rows["nothing"] == ("waiting", "**100.0 %** (34.2 to 100.0)")  # every scene the same
    assert rows["mug"] == ("**10.0 %** (0.0 to 20.0)", "**60.0 %** (25.0 to 95.0)")
    assert rows["table"] == ("waiting", "waiting")
    assert "a validation scene" in sheet.notes[0] and "20 or 40 episodes" in sheet.notes[0]
    assert "Seeds: ATT-1 0, GPLAC 0 1." in sheet.notes[0]
    assert "`nothing`" in sheet.notes[1] and "over groups of starts" in sheet.notes[1]
    records = {
        (row["method"], row["factor"]): row for row in csv.DictReader(comma_separated([sheet]).splitlines())
    }
    assert len(records) == 3 and float(records["gplac", "mug"]["success_rate"]) == 0.6


def test_the_chart_has_a_dot_for_each_that_is_measured(tmp_path: Path) -> None:
    put(tmp_path, "gplac", "nothing", [10, 10])
    put(tmp_path, "gplac", "mug", [10, 4])
    put(tmp_path, "att-1", "mug", [2, 0])
    ((chart,),) = (sheet.charts for sheet in varied(tmp_path, "lite"))
    for theme in (LIGHT, DARK):
        (axes,) = chart.figure(theme).axes
        dots = {line.get_label(): list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"}
        assert dots == {"ATT-1, 95 %": [0.1], "GPLAC, 95 %": [1.0, 0.7]}
        assert [text.get_text() for text in axes.get_yticklabels()][:2] == ["nothing", "mug"]


def test_other_presets_and_other_files_are_left_out(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac", "mug", [10, 4])
    (path.parent / "notes.json").write_text("{}")
    assert varied(tmp_path, "demo") == []
    assert len(varied(tmp_path, "lite")) == 1


@pytest.mark.parametrize(
    ("factor", "vary", "told"),
    [
        ("mug", "table", "is a result of vary table, where its name says mug"),
        ("mug", "", "is a result of seed 0, where its name and folder say 1"),
    ],
)
def test_a_result_under_anothers_name_is_refused(tmp_path: Path, factor: str, vary: str, told: str) -> None:
    path = put(tmp_path, "gplac", factor, [10, 4], vary=vary)
    if not vary:
        path.rename(path.with_name("gplac-seed1-only-mug.json"))
    with pytest.raises(UserError, match=told):
        varied(tmp_path, "lite")


@pytest.mark.parametrize("looks", [{"level": "wild"}, {"assets": "mine"}])
def test_a_result_of_scenes_of_other_looks_is_refused(tmp_path: Path, looks: dict[str, str]) -> None:
    path = put(tmp_path, "gplac", "mug", [10, 4])
    path.write_text(json.dumps(json.loads(path.read_text()) | looks))
    with pytest.raises(UserError, match=f"{path} is of scenes of other looks: move it to where it belongs"):
        varied(tmp_path, "lite")


def test_a_policy_of_fewer_weak_images_is_another_and_not_in_the_table(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac", "mug", [10, 4])
    fewer = json.loads(path.read_text()) | {"weak_images": 160}
    path.with_name("gplac-weak160-seed0-only-mug.json").write_text(json.dumps(fewer))
    (sheet,) = varied(tmp_path, "lite")
    assert sheet.head == ("What varies", "GPLAC") and "20 episodes" in sheet.notes[0]


def test_a_method_that_has_other_settings_today_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac", "mug", [10, 4])
    result = json.loads(path.read_text())
    settings = described(METHODS["gplac"](), config.preset("lite", "pusher", "gplac"))
    result["training"]["settings"] = settings
    path.write_text(json.dumps(result))
    (sheet,) = varied(tmp_path, "lite")
    assert not any("other settings" in note for note in sheet.notes)
    result["training"]["settings"] = settings | {"network": settings["network"] | {"policy_dropout": 0.5}}
    path.write_text(json.dumps(result))
    (sheet,) = varied(tmp_path, "lite")
    assert (
        "GPLAC was measured with other settings than it has today: network (policy_dropout 0.5"
        in sheet.notes[-1]
    )


def test_the_command_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/lite").mkdir(parents=True)
    put(tmp_path / "results", "gplac", "mug", [10, 4])
    main(["table", "factors"])
    assert "One factor varied, pusher" in capsys.readouterr().out
    assert (tmp_path / "results/tables/lite/factors-pusher.png").exists()
    assert "| mug | **70.0 %** (40.0 to 100.0) |" in (tmp_path / "results/tables/lite/factors.md").read_text()

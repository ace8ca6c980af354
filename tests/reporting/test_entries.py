import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from synthetic import synthetic_inspection, synthetic_result

from gplac.errors import UserError
from gplac.evaluation.percent import percent
from gplac.evaluation.result import Result
from gplac.reporting.entries import difference, entries
from gplac.reporting.tables import markdown, rows


def write(folder: Path, result: Result, name: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name or result['method']}-seed{result['seed']}.json"
    path.write_text(json.dumps(result))
    return path


def small(method: str, rate: float, seed: int = 0) -> Result:
    return synthetic_result(method, rate, seed=seed, scenes=6, count=4)


def test_a_folder_of_results_is_read_in_the_order_of_a_report(tmp_path: Path) -> None:
    for method in ("att-40", "blind-floor", "att-1", "gplac", "cnn-1"):
        write(tmp_path / "lite" / "pusher", small(method, 0.5))
    (tmp_path / "lite" / "bench.json").write_text("[]")
    found = entries([tmp_path])
    assert [entry.method for entry in found] == ["gplac", "att-1", "cnn-1", "att-40", "blind-floor"]
    assert [entry.name for entry in found] == ["GPLAC", "ATT-1", "CNN-1", "ATT-40", "blind-floor"]
    assert [entry.paper for entry in found] == [0.7975, 0.375, 0.4025, 0.9025, None]
    assert found[0].log == [] and found[0].episodes is None


def test_an_inspection_beside_a_result_finds_it(tmp_path: Path) -> None:
    write(tmp_path, small("gplac", 0.5))
    inspection = synthetic_inspection("gplac")
    (tmp_path / "inspection.json").write_text(json.dumps(inspection))
    assert entries([tmp_path])[0].inspection == inspection


def test_damage_of_an_inspection_beside_a_result_is_named(tmp_path: Path) -> None:
    write(tmp_path, small("gplac", 0.5))
    damaged = synthetic_inspection("gplac")
    del damaged["action_error"]
    (tmp_path / "inspection.json").write_text(json.dumps(damaged))
    with pytest.raises(UserError, match=r"inspection\.json .*'action_error' is a required property"):
        entries([tmp_path])


def test_weak_budgets_are_told_apart_and_keep_their_own_inspections(tmp_path: Path) -> None:
    older = synthetic_inspection("gplac")
    write(tmp_path, small("gplac", 0.9))
    (tmp_path / "a.json").write_text(json.dumps(older))
    write(tmp_path, small("gplac", 0.5) | {"weak_images": 160}, "gplac-weak160")
    (tmp_path / "b.json").write_text(json.dumps(older | {"weak_images": 160}))
    found = entries([tmp_path])
    assert [entry.name for entry in found] == ["GPLAC, 16,000 weak images", "GPLAC, 160 weak images"]
    assert [entry.inspection for entry in found] == [older, older | {"weak_images": 160}]


def test_cells_of_changed_settings_are_told_apart_come_last_and_keep_their_own_inspections(
    tmp_path: Path,
) -> None:
    write(tmp_path, small("gplac", 0.5))
    (tmp_path / "validation").mkdir()
    for weight in ("1", "10"):
        name = f"gplac-classification_weight={weight}-training.learning_rate=1e-3"
        write(tmp_path, small("gplac", 0.5) | {"preset": "lite-changed"}, name)
        noted = synthetic_inspection("gplac") | {"preset": "lite-changed"}
        if weight == "10":
            (tmp_path / f"validation/{name}-seed0.json").write_text(json.dumps(noted))
    found = entries([tmp_path])
    assert [entry.name for entry in found] == [
        "GPLAC, preset lite",
        "GPLAC, classification_weight=1, training.learning_rate=1e-3",
        "GPLAC, classification_weight=10, training.learning_rate=1e-3",
    ]
    assert [entry.inspection is not None for entry in found] == [False, False, True]


def test_budgets_of_scenes_are_told_apart_and_keep_their_own_inspections(tmp_path: Path) -> None:
    few = {"weak_images": 160, "weak_scenes": 4}
    write(tmp_path, small("gplac", 0.3) | few, "gplac-scenes4-weak160")
    write(tmp_path, small("gplac", 0.5) | {"weak_images": 160}, "gplac-weak160")
    for name, more in {"a": {"weak_images": 160}, "b": few}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(synthetic_inspection("gplac", **more)))
    found = entries([tmp_path])
    assert [entry.name for entry in found] == [
        "GPLAC, 160 weak images",
        "GPLAC, 160 weak images of 4 scenes",
    ]
    assert [entry.short for entry in found] == ["GPLAC", "GPLAC"]
    assert [(entry.inspection or {}).get("weak_scenes") for entry in found] == [None, 4]


@pytest.mark.parametrize(
    ("change", "paper"),
    [
        ({}, 0.7975),
        ({"weak_images": 1_600}, 0.7950),
        ({"weak_images": 16}, 0.56),
        ({"weak_images": 4_000}, None),
        ({"weak_images": 1_600, "weak_scenes": 4}, None),
        ({"preset": "lite-changed"}, None),
        ({"preset": "demo", "weak_images": 4_000}, 0.7975),
    ],
)
def test_the_papers_number_is_of_the_same_share_of_weak_images(
    change: dict[str, Any], paper: float | None, tmp_path: Path
) -> None:
    assert entries([write(tmp_path, small("gplac", 0.5) | change)])[0].paper == paper


def test_seeds_are_told_apart_and_compared_with_their_own_baseline(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, small(method, rate, seed))
        for method, rate in (("gplac", 0.9), ("att-1", 0.2))
        for seed in (0, 1)
    ]
    found = entries(paths)
    assert [entry.name for entry in found] == [
        "GPLAC, seed 0",
        "GPLAC, seed 1",
        "ATT-1, seed 0",
        "ATT-1, seed 1",
    ]
    for seed in (0, 1):
        gain = difference(found[seed], found)
        assert gain is not None
        expected = found[seed].result["success_rate"] - found[2 + seed].result["success_rate"]
        assert gain.difference == pytest.approx(expected)
    assert difference(found[2], found) is None
    assert difference(found[0], found[:2]) is None


def test_presets_are_told_apart_and_compared_with_their_own_baseline(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / preset, small(method, rate) | {"preset": preset})
        for preset, rates in (("lite", {"gplac": 0.9, "att-1": 0.2}), ("demo", {"gplac": 0.5, "att-1": 0.1}))
        for method, rate in rates.items()
    ]
    found = entries(paths)
    assert [entry.name for entry in found] == [
        f"{method}, preset {preset}" for method in ("GPLAC", "ATT-1") for preset in ("lite", "demo")
    ]
    for mine, baseline in ((found[0], found[2]), (found[1], found[3])):
        gain = difference(mine, found)
        assert gain is not None
        assert gain.difference == pytest.approx(mine.result["success_rate"] - baseline.result["success_rate"])
    assert "preset lite or demo, 6 test" in markdown(found)


def test_results_that_nothing_tells_apart_are_numbered(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, small("gplac", rate)) for name, rate in (("a", 0.9), ("b", 0.3))]
    found = entries(paths)
    assert [entry.name for entry in found] == ["GPLAC (1)", "GPLAC (2)"]
    assert found[0].result["success_rate"] > found[1].result["success_rate"]


def test_table_shows_our_numbers_beside_the_papers(tmp_path: Path) -> None:
    gplac, att_1 = small("gplac", 0.9), small("att-1", 0.2)
    found = entries([write(tmp_path, gplac), write(tmp_path, att_1)])
    text = markdown(found)
    lines = text.splitlines()
    assert lines[2].startswith(f"| GPLAC | **{100 * gplac['success_rate']:.1f} %**")
    assert lines[2].endswith("| 79.8 % |") and lines[3].endswith("| 37.5 % |")
    assert len({line.count("|") for line in lines[:4]}) == 1
    first, second = rows(found)
    assert first.gain.startswith("+") and second.gain == ""
    controls = [percent(gplac["controls"][name]["success_rate"]) for name in ("labelled", "blank")]
    assert controls[0] != controls[1]
    assert [first.labelled, first.blank] == controls == [cell.strip() for cell in lines[2].split("|")][5:7]


def test_results_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    a, b = write(tmp_path, small("gplac", 0.9)), write(tmp_path, small("att-1", 0.2) | {"level": "wild"})
    with pytest.raises(UserError, match="one level, not standard and wild"):
        entries([a, b])
    with pytest.raises(UserError, match="no run and no result"):
        entries([tmp_path / "empty"])
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UserError, match="not evaluated"):
        entries([tmp_path])


def test_a_folder_of_runs_gives_each_runs_evaluation_of_the_split_asked_for(tmp_path: Path) -> None:
    for method, split in (("gplac", "test"), ("gplac", "validation"), ("att-1", "test")):
        run = tmp_path / f"{method}-seed0"
        folder = run / "evaluation" / split
        folder.mkdir(parents=True)
        (run / "run.json").write_text("{}")
        (folder / "result.json").write_text(json.dumps(small(method, 0.5) | {"split": split}))
    found = entries([tmp_path])
    assert [entry.run for entry in found] == [tmp_path / "gplac-seed0", tmp_path / "att-1-seed0"]
    assert {entry.result["split"] for entry in found} == {"test"}
    shutil.copytree(tmp_path / "att-1-seed0", tmp_path / "att-1-seed0-before1")  # set aside by a grid
    assert len(entries([tmp_path])) == 2
    assert len(entries([tmp_path / "att-1-seed0-before1"])) == 1
    with pytest.raises(UserError, match=r"gplac evaluate .*att-1-seed0 --split validation$"):
        entries([tmp_path], "validation")
    with pytest.raises(UserError, match="--split test --level wild$"):
        entries([tmp_path], level="wild")


@pytest.mark.parametrize(
    ("file", "content", "part"),
    [
        ("evaluation/validation/inspection.json", "[]", "inspection.json "),
        ("evaluation/validation/inspection.json", "[" * 100_000, "inspection.json cannot be read as JSON"),
        ("run.json", '{"robot_model": 3}', "run.json is damaged: its robot_model names no file"),
    ],
)
def test_damage_beside_a_result_is_named(file: str, content: str, part: str, tmp_path: Path) -> None:
    folder = tmp_path / "evaluation" / "test"
    folder.mkdir(parents=True)
    (tmp_path / "evaluation" / "validation").mkdir()
    (folder / "result.json").write_text(json.dumps(small("gplac", 0.5)))
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / file).write_text(content)
    with pytest.raises(UserError, match=part):
        entries([tmp_path])

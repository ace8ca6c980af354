"""Settings compared, from hand-made results."""

import csv
import json
from pathlib import Path

import pytest
from synthetic import result_with

from gplac import config
from gplac.errors import UserError
from gplac.evaluation.result import write_json
from gplac.reporting.published import METHODS as PUBLISHED
from gplac.reporting.settings import compared
from gplac.reporting.sheets import comma_separated, latex
from gplac.reporting.themes import label

STEPS = 12_000


def put(
    results: Path,
    name: str,
    method: str,
    won: list[int],
    *,
    steps: int = STEPS,
    seed: int = 0,
    split: str = "validation",
    within: str = "",
) -> Path:
    """Write a result in which so many of each scene's ten episodes succeed, trained for so many steps."""
    found = result_with(method, won, 10, seed=seed) | {"split": split}
    found["training"]["steps"] = steps
    path = results / "sweep" / "pusher" / within / f"{name}.json"
    write_json(found, "result", path)
    return path


def test_each_trial_is_a_row_with_the_changes_as_they_are_typed(tmp_path: Path) -> None:
    put(
        tmp_path,
        "gplac-lite-training.schedule=constant-training.steps=3000-seed0",
        "gplac",
        [9, 5],
        steps=3000,
    )
    put(tmp_path, "gplac-lite-seed0", "gplac", [10, 4])
    put(tmp_path, "gplac-da-lite-domain_weight=1e-3-seed0", "gplac-da", [8, 8])
    put(tmp_path, "att-1-lite-seed0", "att-1", [2, 0])
    (sheet,) = compared(tmp_path, "lite")
    rows = {row[0]: row[1:] for row in sheet.rows}
    assert list(rows) == [
        "ATT-1: as it is",
        "GPLAC-DA: `domain_weight=1e-3` (0.3)",
        "GPLAC: as it is",
        "GPLAC: `training.schedule=constant` (cosine), `training.steps=3000` (12000)",
    ]
    assert rows["GPLAC: as it is"][:2] == ("**70.0 %**", "40.0 to 100.0")
    assert all(cell.endswith(" of 20") for row in rows.values() for cell in row[3:])
    assert "validation scenes, 20 episodes each, seed 0" in sheet.notes[0]
    assert sheet.notes[1] == "Settings tried: ATT-1 1, GPLAC-DA 1, GPLAC 2."
    records = list(csv.DictReader(comma_separated([sheet]).splitlines()))
    assert [record["changes"] for record in records if record["method"] == "gplac"] == [
        "",
        "training.schedule=constant training.steps=3000",
    ]
    assert r"domain\_\allowbreak{}weight=\allowbreak{}1e-3" in latex([sheet])


def test_a_changed_method_stands_beside_itself_as_it_is_with_the_same_seed(tmp_path: Path) -> None:
    changed = "gplac-lite-network.policy_dropout=0"
    put(tmp_path, "gplac-lite-seed0", "gplac", [5, 4])
    put(tmp_path, f"{changed}-seed0", "gplac", [8, 5])
    put(tmp_path, "gplac-lite-seed1", "gplac", [9, 9], seed=1)
    put(tmp_path, f"{changed}-seed1", "gplac", [8, 7], seed=1)
    put(tmp_path, f"{changed}-seed2", "gplac", [8, 8], seed=2)  # as it is not trained with that seed
    put(tmp_path, "att-1-lite-network.policy_dropout=0-seed0", "att-1", [9, 9])
    (sheet,) = compared(tmp_path, "lite")
    place = sheet.head.index("Over it as it is")
    told = {
        row[0].replace(": `network.policy_dropout=0` (0.3)", " without"): row[place] for row in sheet.rows
    }
    assert told == {
        "ATT-1 without": "",
        "GPLAC: as it is": "",
        "GPLAC: as it is, seed 1": "",
        "GPLAC without": "+20.0 (+10.0 to +30.0)",
        "GPLAC without, seed 1": "−15.0 (−20.0 to −10.0)",
        "GPLAC without, seed 2": "",
    }
    assert [record["gain"] for record in sheet.records] == [None, None, None, 0.2, -0.15, None]


def test_confirmation_scenes_have_a_table_of_their_own(tmp_path: Path) -> None:
    put(tmp_path, "att-40-lite-seed0", "att-40", [8, 8])
    put(tmp_path, "att-40-lite-seed0", "att-40", [9, 9], split="confirmation", within="confirmation")
    chosen, confirmed = compared(tmp_path, "lite")
    assert chosen.rows[0][:2] == ("ATT-40: as it is", "**80.0 %**")
    assert confirmed.rows[0][:2] == ("ATT-40: as it is", "**90.0 %**")
    assert "confirmed" in confirmed.title and "confirmation scenes, 20 episodes" in confirmed.notes[0]
    assert "--confirm" in confirmed.notes[0] and "--confirm" not in chosen.notes[0]
    assert len(confirmed.notes) == 1


def test_seeds_are_told_together_where_they_are_confirmed(tmp_path: Path) -> None:
    for seed, won in enumerate(([9, 5], [10, 10], [8, 6])):
        put(
            tmp_path, f"att-40-lite-seed{seed}", "att-40", won,
            seed=seed, split="confirmation", within="confirmation",
        )  # fmt: skip
    (sheet,) = compared(tmp_path, "lite")
    # Scene 0 has 27 of 30, scene 1 has 21: no draw of two scenes gives less than the one or more than the other.
    assert sheet.notes[1] == "ATT-40, seeds 0, 1, 2 together: 80.0 % (70.0 to 90.0; 48 of 60)."


@pytest.mark.parametrize(("split", "within"), [("confirmation", ""), ("validation", "confirmation")])
def test_a_result_of_other_scenes_is_refused(tmp_path: Path, split: str, within: str) -> None:
    path = put(tmp_path, "att-40-lite-seed0", "att-40", [8, 8], split=split, within=within)
    with pytest.raises(UserError, match=f"{path} is of {split} scenes"):
        compared(tmp_path, "lite")


def test_a_stage_before_counts_as_steps_too(tmp_path: Path) -> None:
    put(tmp_path, "att-ft-lite-seed0", "att-ft", [2, 0], steps=2_000 + STEPS)
    assert len(compared(tmp_path, "lite")) == 1


def test_other_presets_and_other_files_are_left_out(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac-lite-seed0", "gplac", [10, 4])
    (path.parent / "notes.json").write_text("{}")
    assert compared(tmp_path, "demo") == []
    assert len(compared(tmp_path, "lite")) == 1


@pytest.mark.parametrize(
    ("name", "method", "told"),
    [
        ("gplac-lite-seed1", "gplac", "is a result of seed 0, where its name and folder say 1"),
        ("gplac-lite-seed0", "att-1", "is a result of method att-1, where its name and folder say gplac"),
        ("gplac-lite-training.steps=3000-seed0", "gplac", "is of 12000 steps, where its name says 3000"),
        (
            "gplac-lite-training.stepz=3000-seed0",
            "gplac",
            "named after a setting training.stepz, which does not",
        ),
        ("gplac-lite-training=1-seed0", "gplac", "named after a setting training, which does not"),
        (
            "gplac-lite-training.__class__=6-seed0",
            "gplac",
            "named after a setting training.__class__, which does not",
        ),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, method: str, told: str
) -> None:
    path = put(tmp_path, name, method, [2, 0])
    with pytest.raises(UserError) as error:
        compared(tmp_path, "lite")
    assert str(path) in str(error.value) and told in str(error.value)


@pytest.mark.parametrize("looks", [{"level": "wild"}, {"assets": "mine"}, {"vary": "mug"}])
def test_a_result_of_scenes_of_other_looks_is_refused(tmp_path: Path, looks: dict[str, str]) -> None:
    path = put(tmp_path, "gplac-lite-seed0", "gplac", [9, 5])
    path.write_text(json.dumps(json.loads(path.read_text()) | looks))
    with pytest.raises(UserError, match=f"{path} is of scenes of other looks: move it to where it belongs"):
        compared(tmp_path, "lite")


def test_fewer_weak_images_and_scenes_are_settings_like_others(tmp_path: Path) -> None:
    name = "gplac-lite-training.scene_budget=10-training.weak_budget=160-seed0"
    path = put(tmp_path, name, "gplac", [9, 5])
    result = json.loads(path.read_text()) | {"weak_images": 160, "weak_scenes": 10}
    path.write_text(json.dumps(result))
    (sheet,) = compared(tmp_path, "lite")
    ((row, *_),) = sheet.rows
    assert row == "GPLAC: `training.scene_budget=10` (0), `training.weak_budget=160` (0)"
    path.write_text(json.dumps(result | {"weak_scenes": 12}))
    with pytest.raises(UserError, match="weak scenes 12, where its name and folder say 10"):
        compared(tmp_path, "lite")
    path.rename(path.with_name("gplac-lite-training.weak_budget=many-seed0.json"))
    with pytest.raises(UserError, match="move it to where it belongs"):
        compared(tmp_path, "lite")


def test_a_number_of_steps_that_is_none_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "gplac-lite-training.steps=many-seed0", "gplac", [2, 0])
    with pytest.raises(UserError, match=rf"{path.name} .*says many"):
        compared(tmp_path, "lite")


def test_what_every_method_is_tried_with_stands_beside_it_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        "gplac": {"lite": {"network": {"policy_dropout": 0}}},
        "cnn-1": {"demo": {"training": {"steps": 1}}},
    }
    monkeypatch.setattr(config, "METHOD_CHANGES", own)
    for method in PUBLISHED:
        put(tmp_path, f"{method}-lite-seed0", method, [5, 5])
    put(tmp_path, "gplac-lite-network.policy_dropout=0-seed0", "gplac", [9, 8])
    put(
        tmp_path,
        "cnn-1-lite-training.steps=6000-training.warmup_steps=600-seed0",
        "cnn-1",
        [4, 6],
        steps=6000,
    )
    put(tmp_path, "gplac-lite-training.weight_decay=0.2-seed0", "gplac", [6, 6])
    same, each = compared(tmp_path, "lite")
    cells = {row[0]: dict(zip(same.head, row, strict=True)) for row in same.rows}
    assert list(cells) == [label(method) for method in PUBLISHED]
    assert cells["GPLAC"]["As it is"] == "**50.0 %**"
    assert cells["GPLAC"]["No dropout on the policy"] == "85.0 %, +30.0 to +40.0"
    # Two draws of two scenes in four have one scene twice.
    assert cells["CNN-1"]["Half the steps"] == "50.0 %, −10.0 to +10.0"
    assert [cell for row in cells.values() for cell in row.values()].count("not tried yet") == 11 * 5 - 2
    assert ": GPLAC with `network.policy_dropout=0` (better). " in same.notes[-1]
    assert same.notes[-1].endswith("Taken over since: GPLAC with `network.policy_dropout=0`.")
    assert each.notes[0].endswith("with it: GPLAC with `network.policy_dropout=0`.")


def test_without_every_method_as_it_is_they_are_not_compared(tmp_path: Path) -> None:
    for method in PUBLISHED[1:]:
        put(tmp_path, f"{method}-lite-seed0", method, [5, 5])
    assert [sheet.title.split(",")[0] for sheet in compared(tmp_path, "lite")] == ["Settings compared"]

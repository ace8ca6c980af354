"""Runs, opened and evaluated: what is wrong with one, or with a file that its result would replace, is said first."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from synthetic import synthetic_inspection, synthetic_result
from synthetic_run import synthetic_run

from gplac.errors import UserError
from gplac.evaluation.result import read_result
from gplac.files import claimed
from gplac.runs import Run, evaluate_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return synthetic_run(tmp_path_factory.mktemp("runs") / "run", "att-1", 0.5, 32, 28, 2, 2)


RESULT = synthetic_result("att-1", 0.5, scenes=2, count=2)
EARLIER = RESULT | {"provenance": RESULT["provenance"] | {"date": "2025-12-31T12:00:00+00:00"}}


@pytest.mark.parametrize("there", [None, "", json.dumps(EARLIER)], ids=["nothing", "empty", "earlier"])
def test_a_copy_of_a_result_replaces_an_earlier_one_or_an_empty_file(
    there: str | None, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gplac.runs.measure", lambda *_, **__: RESULT)
    copy = tmp_path / "copy.json"
    if there is not None:
        copy.write_text(there)
    evaluate_run(run, "test", copy=copy)
    assert read_result(copy) == RESULT


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 7}, "seed 7 and not 0"),
        ({"weak_images": 160}, "weak images 160 and not 0"),
        ({"weak_scenes": 4}, "weak scenes 4 and not none"),
        ({"split": "validation"}, "split validation and not test"),
        ({"level": "wild"}, "level wild and not standard"),
        ({"vary": "mug"}, "vary mug and not none"),
        ({"assets": "mine"}, "assets mine and not none"),
        ({"robot_model": "own.xml"}, "robot model own.xml and not none"),
    ],
)
def test_a_copy_replaces_no_result_of_another_policy_or_of_other_scenes(
    change: dict[str, Any], told: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gplac.runs.measure", lambda *_, **__: pytest.fail("measured"))
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(RESULT | change))
    with pytest.raises(UserError, match=f"copy.json is there already, of {told}"):
        evaluate_run(run, "test", copy=copy)


def test_a_run_that_another_process_evaluates_there_is_left_to_it(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gplac.runs.measure", lambda *_, **__: pytest.fail("measured"))
    kept = run / "evaluation" / "test"
    with (
        claimed(kept, kept, "evaluating into"),
        pytest.raises(UserError, match=f"is evaluating into {kept}; wait"),
    ):
        evaluate_run(run, "test")


@pytest.mark.parametrize("there", ["run.json", "manifest.json", "inspection.json", "notes"])
def test_a_copy_of_a_result_is_not_written_over_anything_else(
    there: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gplac.runs.measure", lambda *_, **__: pytest.fail("measured"))
    content = {
        "run.json": (run / "run.json").read_text(),
        "manifest.json": json.dumps({"version": 1, "request": {"task": "pusher"}, "shards": []}),
        "inspection.json": json.dumps(synthetic_inspection("att-1")),
        "notes": "mine",
    }[there]
    copy = tmp_path / there
    copy.write_text(content)
    with pytest.raises(UserError, match=f"{there} is there already and is not a result"):
        evaluate_run(run, "test", copy=copy)
    assert copy.read_text() == content


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda it: it["network"].pop("width"), "network: 'width' is a required property"),
        (lambda it: it["preset"].pop("evaluation"), "preset: 'evaluation' is a required property"),
        (lambda it: it["preset"]["evaluation"].update(scenes="40"), "preset/evaluation/scenes: '40'"),
        (lambda it: it.update(task=["pusher"]), r"task: \['pusher'\]"),
        (lambda it: it["training"].update(images_per_s=None), "training/images_per_s: None"),
        (lambda it: it.update(settings="as in lite"), "settings: 'as in lite'"),
        (lambda it: it.update(seed=-5), "seed: -5"),
    ],
)
def test_what_is_wrong_with_a_run_json_is_named_when_the_run_is_opened(
    damage: Callable[[dict[str, Any]], object], told: str, run: Path, tmp_path: Path
) -> None:
    facts = json.loads((run / "run.json").read_text())
    damage(facts)
    (tmp_path / "run.json").write_text(json.dumps(facts))
    with pytest.raises(
        UserError, match=f"run.json is no run file of gplac: {told}.*restore it, or train again"
    ):
        Run.open(tmp_path)

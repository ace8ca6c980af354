import copy
import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looking import LookingPolicy
from scipy import stats
from synthetic import PROVENANCE, episodes, synthetic_inspection, synthetic_result

from gplac.errors import UserError
from gplac.evaluation.compare import compare, compare_pairs
from gplac.evaluation.drawing import View
from gplac.evaluation.measure import evaluation_folder, measure
from gplac.evaluation.result import THRESHOLDS_M, Result, Training, check, read_result, write_json
from gplac.evaluation.statistics import paired_difference
from gplac.seeding import rng
from gplac.worlds.registry import task

TRAINING = Training("gplac", "smoke", 0, 16, 6, 100.0, 1.0, 70_000)


def test_numbers_agree_with_each_other() -> None:
    found = synthetic_result("gplac", 0.8)
    outcomes = np.array([scene["outcomes"] for scene in found["per_scene"]])
    assert (found["scenes"], found["episodes"], outcomes.shape) == (40, 400, (40, 10))
    assert found["successes"] == outcomes.sum() == sum(scene["successes"] for scene in found["per_scene"])
    assert found["success_rate"] == found["successes"] / found["episodes"]
    wilson = stats.binomtest(found["successes"], 400).proportion_ci(method="wilson")
    assert found["interval95"] == pytest.approx([wilson.low, wilson.high])
    finals = np.array([scene["final_distances_m"] for scene in found["per_scene"]])
    curve = found["threshold_curve"]
    assert curve["thresholds_m"] == THRESHOLDS_M
    assert curve["success_rates"][THRESHOLDS_M.index(0.08)] == found["success_rate"]
    assert curve["success_rates"][THRESHOLDS_M.index(0.17)] == pytest.approx(
        (finals <= 0.17).mean(), abs=0.005
    )
    assert sorted(curve["success_rates"]) == curve["success_rates"]
    assert {name: control["episodes"] for name, control in found["controls"].items()} == {
        "blank": 400,
        "labelled": 400,
    }


def test_a_result_tells_where_its_training_comes_from(tmp_path: Path) -> None:
    view = View("pusher", 32, 28)
    source = PROVENANCE | {"command": "gplac train gplac", "earlier": [PROVENANCE]}
    where = evaluation_folder(tmp_path, view, "validation")
    training = dataclasses.replace(TRAINING, provenance=source, precision="float32")
    found = measure(LookingPolicy(), view, "validation", 1, 1, training, PROVENANCE, where, policy_id="x")
    assert found["training"]["provenance"] == {
        name: source[name] for name in ("command", "revision", "date", "hardware", "earlier")
    }
    assert found["training"]["precision"] == "float32"
    assert found["provenance"] == PROVENANCE
    assert "provenance" not in synthetic_result("gplac", 0.8)["training"]  # of runs that do not tell


def test_a_result_file_reads_back(tmp_path: Path) -> None:
    found = synthetic_result("gplac", 0.8, scenes=3, count=2)
    write_json(found, "result", tmp_path / "deep" / "result.json")
    assert read_result(tmp_path / "deep" / "result.json") == found


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"success_rate": 80.0}, "success_rate"),
        ({"seed": "zero"}, "seed"),
        ({"controls": {"blank": {"episodes": 1}}}, "controls/blank"),
        ({"interval95": [0.1]}, "interval95"),
        ({"surprise": 1}, "the whole"),
    ],
)
def test_what_breaks_the_contract_is_not_written(change: dict, field: str, tmp_path: Path) -> None:
    found = synthetic_result("gplac", 0.8, scenes=2, count=2) | change
    with pytest.raises(UserError, match=field):
        write_json(found, "result", tmp_path / "result.json")
    assert not list(tmp_path.iterdir())


def test_every_field_of_the_contract_is_required() -> None:
    found = synthetic_result("gplac", 0.8, scenes=2, count=2)
    contract = (
        "task method preset seed split scenes episodes successes success_rate interval95 per_scene controls "
        "weak_images training provenance"
    )
    for field in contract.split():
        with pytest.raises(UserError, match=field):
            check({key: value for key, value in found.items() if key != field}, "result", "it")
    for field in ("command", "revision", "versions", "hardware", "date"):
        cut = copy.deepcopy(found)
        del cut["provenance"][field]
        with pytest.raises(UserError, match=field):
            check(cut, "result", "it")


def test_files_that_are_no_results_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no result file"):
        read_result(tmp_path / "none.json")
    with pytest.raises(UserError, match="is a folder; name a result file"):
        read_result(tmp_path)
    (tmp_path / "text.json").write_text("hello")
    with pytest.raises(UserError, match="cannot be read: Not a directory"):
        read_result(tmp_path / "text.json" / "inner.json")
    with pytest.raises(UserError, match="not JSON"):
        read_result(tmp_path / "text.json")
    for name, content in {"deep": b"[" * 100_000, "bytes": b"\xff\xfe"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=f"{name} is not JSON"):
            read_result(tmp_path / name)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UserError, match="no result file of gplac"):
        read_result(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda it: it["per_scene"][1]["outcomes"].pop(), "scene 1 has 4 episodes and 3 outcomes"),
        (lambda it: it["per_scene"][0]["goal_xy_m"].pop(), "3 goal_xy_m"),
        (lambda it: it["per_scene"][2].update(scene=0), "a scene is in it twice"),
        (lambda it: it.update(scenes=4), "it says 4 scenes, and its scenes say 3"),
        (lambda it: it.update(success_rate=0.123), "success_rate 0.123 is not"),
        (lambda it: it["threshold_curve"]["success_rates"].pop(), "thresholds"),
        (lambda it: it.update(interval95=[0.99, 0.01]), "interval95 is 0.99 to 0.01, and success_rate 0"),
        (
            lambda it: it.update(interval95_scenes=[0.0, 0.1]),
            "interval95_scenes is 0.0 to 0.1, and success_rate 0",
        ),
        (
            lambda it: it["controls"]["blank"].update(successes=99),
            "control blank: success_rate .* is not 99 of 12",
        ),
        (
            lambda it: it["controls"]["labelled"].update(interval95=[0.0, 0.1]),
            "control labelled: interval95 is",
        ),
        (lambda it: it.update(interval95=[math.nan, 1.0]), "interval95/0: nan is no finite number"),
        (lambda it: it["training"].update(wall_s=math.inf), "training/wall_s: inf is no finite number"),
        (
            lambda it: it["per_scene"][0]["final_distances_m"].__setitem__(1, math.nan),
            "per_scene/0/final_distances_m/1: nan is no finite number",
        ),
    ],
)
def test_a_result_that_contradicts_itself_is_not_read(
    change: Callable[[Result], object], told: str, tmp_path: Path
) -> None:
    found = synthetic_result("gplac", 0.8, scenes=3, count=4)
    change(found)
    (tmp_path / "result.json").write_text(json.dumps(found))
    with pytest.raises(UserError, match=told):
        read_result(tmp_path / "result.json")


def test_another_kind_of_file_is_called_what_it_is(tmp_path: Path) -> None:
    write_json(synthetic_inspection("gplac"), "inspection", tmp_path / "inspection.json")
    with pytest.raises(UserError, match="it is an inspection"):
        read_result(tmp_path / "inspection.json")
    many = tmp_path / "many.json"
    many.write_text(json.dumps([{"speed": number} for number in range(100)]))
    with pytest.raises(UserError, match="it is not of type 'object'") as told:
        read_result(many)
    assert "speed" not in str(told.value)


def test_benchmark_schema() -> None:
    row = {
        "name": "step",
        "ours": 30e3,
        "peer": 11e3,
        "peer_name": "Gymnasium",
        "ratio": 2.7,
        "unit": "1/s",
        "n": 5,
    }
    check([row], "benchmark", "it")
    with pytest.raises(UserError, match="ratio"):
        check([{key: value for key, value in row.items() if key != "ratio"}], "benchmark", "it")


def test_comparison_pairs_what_two_results_share() -> None:
    gplac, att_1 = synthetic_result("gplac", 0.8), synthetic_result("att-1", 0.3)
    whole = compare(att_1, gplac)
    assert whole.episodes == 400
    assert whole.difference == pytest.approx(gplac["success_rate"] - att_1["success_rate"])
    assert whole.interval95.excludes(0.0)
    small = copy.deepcopy(gplac)
    small["per_scene"] = [scene | {"outcomes": scene["outcomes"][:4]} for scene in small["per_scene"][:6]]
    assert compare(att_1, small).episodes == 24
    assert compare(att_1 | {"per_scene": att_1["per_scene"][::-1]}, gplac) == whole


def test_several_pairs_are_compared_scene_by_scene() -> None:
    one, two = (
        (synthetic_result("att-1", 0.3, seed=seed), synthetic_result("gplac", 0.6 + seed / 10, seed=seed))
        for seed in (0, 1)
    )
    # What the definition says: a scene's episodes of both pairs, end to end.
    a, b = (
        [np.array(x["outcomes"] + y["outcomes"]) for x, y in zip(of[0], of[1], strict=True)]
        for of in zip(*([each["per_scene"] for each in pair] for pair in (one, two)), strict=True)
    )
    assert compare_pairs([one, two]) == compare_pairs([two, one]) == paired_difference(a, b)
    assert compare_pairs([one]) == compare(*one)
    few = one[1] | {"per_scene": one[1]["per_scene"][:6]}
    assert compare_pairs([(one[0], few), two]) == paired_difference(a[:6], b[:6])


def test_several_pairs_are_each_named_once_and_of_the_same_scenes() -> None:
    pair = (synthetic_result("att-1", 0.3), synthetic_result("gplac", 0.8))
    with pytest.raises(UserError, match="each once"):
        compare_pairs([pair, pair])
    elsewhere = [each | {"per_scene": each["per_scene"][k : k + 3]} for k, each in enumerate(pair)]
    apart = [each | {"per_scene": each["per_scene"][20:]} for each in elsewhere]
    with pytest.raises(UserError, match="no scene in common"):
        compare_pairs([(elsewhere[0], elsewhere[1]), (pair[0], apart[1])])
    striker = [each | {"task": "striker"} for each in pair]
    with pytest.raises(UserError, match="task is pusher and striker"):
        compare_pairs([pair, (striker[0], striker[1])])


def test_comparison_refuses_other_episodes() -> None:
    test, validation = (
        synthetic_result("gplac", 0.8),
        synthetic_result("att-1", 0.3) | {"split": "validation"},
    )
    with pytest.raises(UserError, match="split is test and validation"):
        compare(test, validation)
    for place in ("object_xy_m", "goal_xy_m"):
        moved = copy.deepcopy(test)
        moved["per_scene"][2][place][1][0] += 0.01
        with pytest.raises(UserError, match="in scene 2 their episodes start from other places"):
            compare(test, moved)
    for name in ("robot_model", "assets"):
        one, other = ({name: "own", f"{name}_sha256": digest} for digest in ("a", "b"))
        with pytest.raises(UserError, match="their own are different files"):
            compare(test | one, test | other)


def test_measuring_a_policy_leaves_a_result_with_controls(tmp_path: Path) -> None:
    view = View("pusher", 32, 28)
    folder = evaluation_folder(tmp_path, view, "validation")
    assert folder == tmp_path / "evaluation" / "validation"
    told = []
    found = measure(
        LookingPolicy(), view, "validation", 1, 2, TRAINING, PROVENANCE, folder,
        policy_id="looking", workers=1, progress=lambda part: lambda *done: told.append((part, *done)),
    )  # fmt: skip
    assert read_result(folder / "result.json") == json.loads(json.dumps(found))
    assert {name: control["episodes"] for name, control in found["controls"].items()} == {
        "blank": 2,
        "labelled": 2,
    }
    assert told == [("episodes", 2, 2), ("blank", 2, 2), ("labelled", 2, 2)]
    assert evaluation_folder(tmp_path, View("pusher", 32, 28, "wild"), "test").name == "test-wild"


def test_a_factor_that_varies_alone_is_told_and_not_compared_with_others(tmp_path: Path) -> None:
    view = View("pusher", 32, 28, vary="mug")
    folder = evaluation_folder(tmp_path, view, "validation")
    found = measure(
        LookingPolicy(),
        view,
        "validation",
        2,
        1,
        TRAINING,
        PROVENANCE,
        folder,
        policy_id="looking",
        workers=1,
    )
    assert folder.name == "validation-only-mug"
    assert found["vary"] == "mug" and not found["controls"]
    with pytest.raises(UserError, match="vary"):
        compare(found, {name: value for name, value in found.items() if name != "vary"})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int, str, bool]]:
    """What is evaluated, without its being run: split, scenes, episodes in each, looks, whether pictures are grey."""
    found = []

    def noted(
        _: object, view: View, split: str, scenes: int, count: int, *, blank: bool, **__: object
    ) -> Any:
        found.append((split, scenes, count, view.level, blank))
        return episodes(0.5, str(found[-1]), split, 1, 1)

    monkeypatch.setattr("gplac.evaluation.measure.evaluate", noted)
    return found


def test_controls_are_grey_in_the_same_scenes_and_in_the_labelled_one(
    tmp_path: Path, asked: list[tuple[str, int, int, str, bool]]
) -> None:
    wild = View("pusher", 32, 28, "wild")
    measure(LookingPolicy(), wild, "test", 2, 3, TRAINING, PROVENANCE, tmp_path, policy_id="x")
    assert asked == [
        ("test", 2, 3, "wild", False),
        ("test", 2, 3, "wild", True),
        ("labelled", 1, 6, "standard", False),
    ]


@pytest.mark.parametrize(
    ("scenes", "count", "grey", "labelled"),
    [(40, 10, (10, 10), 100), (3, 30, (3, 30), 90), (3, 40, (2, 40), 100), (2, 250, (1, 100), 100)],
)
def test_controls_are_of_a_hundred_episodes_at_most(
    scenes: int,
    count: int,
    grey: tuple[int, int],
    labelled: int,
    tmp_path: Path,
    asked: list[tuple[str, int, int, str, bool]],
) -> None:
    view = View("pusher", 32, 28)
    measure(LookingPolicy(), view, "test", scenes, count, TRAINING, PROVENANCE, tmp_path, policy_id="x")
    assert [each[1:3] for each in asked] == [(scenes, count), grey, (1, labelled)]


def test_places_are_of_the_object_and_of_the_goal() -> None:
    found, pusher = synthetic_result("gplac", 0.8), task("pusher")
    start, _ = pusher.reset(rng("evaluation", "pusher", "test", 2, 1))
    scene = found["per_scene"][2]
    assert scene["object_xy_m"][1] == pytest.approx(pusher.object_xy(start), abs=1e-4)
    assert scene["goal_xy_m"][1] == pytest.approx(pusher.goal_xy(start), abs=1e-4)

"""When which sentence is said. Each case differs in one thing from a policy that has nothing to be told."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gplac.evaluation.advice import advise
from gplac.evaluation.trust import tally

Found = dict[str, Any]


def counted(photographs: int, wrong: int) -> Found:
    return tally(np.arange(photographs) >= wrong)


def good() -> Found:
    return {
        "data": {
            "episodes": {"trained": 90, "held_out": 10},
            "frames": {"trained": 900, "held_out": 100},
            "photographs": {
                "trained": {"present": 450, "absent": 450, "scenes": 18},
                "held_out": {"present": 50, "absent": 50, "scenes": 2},
            },
            "whole_scenes": True,
            "constant_actions": [],
        },
        "action_error": {
            "policy": 0.1, "grey": 0.6, "other_picture": 0.8, "state_only": 0.5, "mean": 1.0, "trained": 0.08
        },
        "classifier": {
            **counted(100, 4),
            "present": counted(50, 2),
            "absent": counted(50, 2),
            "per_scene": [
                {"scene": 0, "name": "kitchen", **counted(50, 2)},
                {"scene": 1, "name": "hall", **counted(50, 2)},
            ],
            "brightness": {"darkest": counted(20, 1), "brightest": counted(20, 1)},
            "worst": [],
            "frames_present": 0.95,
        },
        "points": {"main": [0, 1], "entropy": [0.2, 0.3, 0.9], "reaction": [0.8, 0.1, 0.0]},
    }  # fmt: skip


def test_a_good_policy_is_told_nothing() -> None:
    assert advise(good()) == []


def set_(*path: str, value: object) -> Callable[[Found], None]:
    def change(found: Found) -> None:
        for key in path[:-1]:
            found = found[key]
        found[path[-1]] = value

    return change


def dark(found: Found) -> None:
    found["classifier"] |= counted(100, 12)
    found["classifier"]["present"] = found["classifier"]["absent"] = counted(50, 6)
    found["classifier"]["per_scene"] = [{"scene": 0, "name": "kitchen", **counted(100, 12)}]
    found["classifier"]["brightness"]["darkest"] = counted(20, 9)


@pytest.mark.parametrize(
    ("rule", "weight", "change", "part"),
    [
        ("learned nothing", "stop", set_("action_error", "policy", value=1.1), "no smaller than"),
        ("no use of pictures", "stop", set_("action_error", "grey", value=0.1), "hardly uses the picture"),
        ("state suffices", "mend", set_("action_error", "state_only", value=0.1), "linear regression"),
        ("by heart", "mend", set_("action_error", "trained", value=0.01), "by heart"),
        ("few episodes", "mend", set_("data", "episodes", value={"trained": 27, "held_out": 3}), "Add 20 or more"),
        ("constant action", "note", set_("data", "constant_actions", value=["gripper"]), "gripper"),
        ("no photographs", "mend", set_("data", "photographs", value=None), "without photographs"),
        ("known places", "note", set_("data", "whole_scenes", value=False), "seen others of"),
        ("dark", "mend", dark, "of the 20 darkest held-out photographs 9 are wrong, of all others 3 of 80"),
        ("camera", "note", set_("classifier", "frames_present", value=0.2), "20% of the time"),
        ("haze", "mend", set_("points", "entropy", value=[0.9, 0.9, 0.1]), "whole picture"),
        ("points ignore the object", "mend", set_("points", "reaction", value=[0.1, 0.1, 0.9]), "None of the points"),
    ],
)  # fmt: skip
def test_one_thing_amiss_is_told(rule: str, weight: str, change: Callable[[Found], None], part: str) -> None:
    found = good()
    change(found)
    told = {advice.rule: advice for advice in advise(found)}
    assert told[rule].weight == weight and part in told[rule].sentence
    assert set(told) <= {rule, "classifier errs", "by heart"}


def test_places_labels_and_kinds_of_error() -> None:
    found = good()
    found["classifier"] |= counted(100, 14)
    found["classifier"] |= {"present": counted(50, 13), "absent": counted(50, 1)}
    found["classifier"]["per_scene"] = [
        {"scene": 0, "name": "kitchen", **counted(50, 13)},
        {"scene": 1, "name": "hall", **counted(50, 1)},
    ]
    told = {advice.rule: advice.sentence for advice in advise(found)}
    assert "In kitchen it is wrong about 13 of 50" in told["place"]
    assert "misses the object" in told["misses"] and "false alarms" not in told


@pytest.mark.parametrize(
    ("trained", "rule", "part"),
    [
        ({"present": 450, "absent": 450, "scenes": 1}, "one place", "one place"),
        ({"present": 450, "absent": 450, "scenes": 4}, "few places", "of 4 places"),
        ({"present": 800, "absent": 100, "scenes": 18}, "unbalanced", "8 times as often"),
        ({"present": 100, "absent": 100, "scenes": 18}, "few photographs", "add 500 or more"),
    ],
)
def test_photographs_that_are_too_few_or_too_much_alike(trained: Found, rule: str, part: str) -> None:
    found = good()
    found["data"]["photographs"]["trained"] = trained
    found["data"]["whole_scenes"] = trained["scenes"] > 4
    told = {advice.rule: advice.sentence for advice in advise(found)}
    assert part in told[rule]


def test_few_photographs_start_no_alarm() -> None:
    """Two of five dark ones wrong may be chance."""
    found = good()
    found["classifier"]["brightness"]["darkest"] = counted(5, 2)
    assert advise(found) == []


def test_a_classifier_that_guesses_stops_everything_and_comes_first() -> None:
    found = good()
    found["classifier"] |= counted(100, 45) | {"present": counted(50, 22), "absent": counted(50, 23)}
    found["data"]["constant_actions"] = ["gripper"]
    told = advise(found)
    assert [each.weight for each in told] == ["stop", "note"]
    assert told[0].rule == "classifier guesses" and "55 of 100" in told[0].sentence


@pytest.mark.parametrize(
    ("each", "wrong", "rule"), [(3, 0, "few to tell"), (3, 1, "few to tell"), (4, 0, None)]
)
def test_photographs_that_could_not_show_recognition_are_called_too_few(
    each: int, wrong: int, rule: str | None
) -> None:
    """Three of either kind, all told right, would be a chance of one in twenty."""
    found = good()
    found["classifier"] |= counted(2 * each, 2 * wrong) | {
        "present": counted(each, wrong),
        "absent": counted(each, wrong),
        "per_scene": [],
        "brightness": {"darkest": counted(1, 0), "brightest": counted(1, 0)},
    }
    told = [(advice.rule, advice.weight) for advice in advise(found)]
    assert told == ([] if rule is None else [(rule, "mend")])


@pytest.mark.parametrize(
    ("missed", "alarms", "guesses"), [(0, 10, True), (9, 9, True), (12, 1, False), (3, 1, False)]
)
def test_what_the_commoner_answer_gets_right_is_no_recognition(
    missed: int, alarms: int, guesses: bool
) -> None:
    """Of 100 photographs 90 show the object, so that always saying yes is right about 90."""
    found = good()
    found["classifier"] |= counted(100, missed + alarms)
    found["classifier"] |= {"present": counted(90, missed), "absent": counted(10, alarms)}
    told = {advice.rule: advice for advice in advise(found)}
    assert ("classifier guesses" in told) == guesses
    if guesses:
        assert "the same answer to all would be about 90" in told["classifier guesses"].sentence


def test_without_classifier_or_points_nothing_breaks() -> None:
    found = good() | {"classifier": None, "points": None}
    assert advise(found) == []

"""Soundness of files: two validators, one quick and one with words, that have to agree."""

import copy
import math
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import synthetic_result

from gplac.evaluation.faults import KINDS, fault, fits, rules

RESULT = synthetic_result("gplac", 0.5, scenes=2, count=2)
ANY = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.integers(10**20, 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | st.lists(st.floats(0, 1), max_size=3)
    | st.dictionaries(st.text(max_size=2), st.just(1), max_size=1)
)


def places(part: Any, *above: str | int) -> list[tuple[str | int, ...]]:
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [above, *(place for name, each in inside for place in places(each, *above, name))]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(places(RESULT)[1:]), ANY, st.booleans())
def test_the_quick_validator_and_the_one_with_words_agree(
    place: tuple[str | int, ...], value: Any, drop: bool
) -> None:
    """On a sound result of which one value, whichever, is another's or missing."""
    document = copy.deepcopy(RESULT)
    holder: Any = document
    for name in place[:-1]:
        holder = holder[name]
    if drop:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    sound = jsonschema.Draft202012Validator(rules("result")).is_valid(document)
    assert fits(document, "result") == sound
    if not sound:
        assert "is no result file of gplac: " in (fault(document, "result") or "")


@pytest.mark.parametrize("schema", KINDS)
def test_schemas_are_schemas_and_none_takes_nothing_for_a_file(schema: str) -> None:
    jsonschema.Draft202012Validator.check_schema(rules(schema))
    assert not fits({}, schema) and not fits("text", schema)


def test_what_json_does_not_have_is_told() -> None:
    assert fault(RESULT, "result") is None
    assert "seed: np.int64(0) is not of type 'integer'" in (
        fault(RESULT | {"seed": np.int64(0)}, "result") or ""
    )
    for odd in (math.nan, math.inf):
        assert f"success_rate: {odd} is" in (fault(RESULT | {"success_rate": odd}, "result") or "")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"data": None}, "data: None"),
        ({"data": "abc"}, "data: 'abc'"),
        ({"data": {"weak_scenes": "7"}}, "data/weak_scenes: '7'"),
        ({"training": 5}, "training: 5"),
        ({"evaluation": {"scenes": "x"}}, "evaluation/scenes: 'x'"),
    ],
)
def test_settings_that_are_none_are_told(settings: dict[str, Any], field: str) -> None:
    training = RESULT["training"] | {"settings": {"hash": "of lite"} | settings}
    told = fault(RESULT | {"training": training}, "result")
    assert f"training/settings/{field} is not of type" in (told or "")


def test_a_whole_number_beyond_all_floats_is_told_in_short() -> None:
    told = fault(RESULT | {"weak_images": 10**400}, "result") or ""
    assert "weak_images: 1000" in told and told.endswith("is no finite number") and len(told) < 200

"""What is wrong with a file that is not what it should be, in a few words."""

import json
import math
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    import jsonschema

KINDS = {
    "benchmark": "a list of benchmarks",
    "breadth": "a measurement of breadth",
    "data_check": "a check of data",
    "env_result": "a result in a Gymnasium environment",
    "expert": "an expert's success, written by gplac expert evaluate",
    "inspection": "an inspection, written by gplac inspect",
    "result": "a result, written by gplac evaluate",
    "run": "the description of a run",
    "tolerance": "a tolerance",
    "trust": "what gplac trust found",
}
"""What the files of each of ``gplac/schemas`` are called."""
LONG = 60
"""Letters of a value that a sentence can bear."""
SLACK = 1e-6
"""What rounding may put between numbers that should be one."""
_PER_EPISODE = ("outcomes", "final_distances_m", "object_xy_m", "goal_xy_m")


def rules(schema: str) -> dict[str, Any]:
    """``gplac/schemas/<schema>.json``."""
    found: dict[str, Any] = json.loads((files("gplac") / "schemas" / f"{schema}.json").read_text())
    return found


def fits(document: Any, schema: str) -> bool:
    """Whether a document follows ``gplac/schemas/<schema>.json``; of one that does not, `fault` knows why."""
    try:
        return _compiled(schema).is_valid(document)
    except ValueError:  # something that JSON does not have, such as a number of numpy's
        return False


@cache
def _compiled(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(rules(schema))


def _breach(document: Any, schema: str) -> "jsonschema.ValidationError | None":
    """The rule that a document breaks, of several the one that says most."""
    # Hundreds of times slower than the other, and knows better words: it is asked only where there is something to say.
    import jsonschema

    validator = jsonschema.Draft202012Validator(rules(schema))
    return jsonschema.exceptions.best_match(validator.iter_errors(document))


def fault(document: Any, schema: str) -> str | None:
    """Why a document is no sound file of ``gplac/schemas/<schema>.json``, in words that go on after its name; None if
    it is one."""
    if not fits(document, schema) and (error := _breach(document, schema)):
        if other := kind(document):
            return f"is no {schema}: it is {other}"
        return f"is no {schema} file of gplac: {reason(error)}"
    if odd := next(_not_finite(document), None):
        return f"is no {schema} file of gplac: {odd}"
    if schema == "result" and (found := contradiction(document)):
        return f"contradicts itself: {found}"
    return None


def stranger(
    document: Mapping[str, Any],
    what: str = "a result",
    *,
    preset: str,
    task: str,
    method: str,
    seed: int,
    weak_budget: int = 0,
    scene_budget: int = 0,
) -> str | None:
    """What a file is of, if not of what its name and folder say, in words that go on after its name; None if it is.

    Args:
        document: a result, an inspection, or a tolerance, which is of no method.
        what: which of them, in words.
        preset: of its folder.
        task: of its folder.
        method: of its name, as all that follows.
        seed: see there.
        weak_budget: number of weak images; 0: all that there are.
        scene_budget: number of scenes that they are of; 0: all.
    """
    told = {
        "preset": preset,
        "task": task,
        "method": method,
        "seed": seed,
        "weak_scenes": scene_budget or None,
        "weak_images": weak_budget or None,
    }
    if "method" not in document:
        del told["method"]
    if not weak_budget and not _fewer_images(document):
        del told["weak_images"]
    for field, value in told.items():
        if (actual := document.get(field)) != value:
            wanted = "all" if value is None else value
            return f"is {what} of {field.replace('_', ' ')} {actual}, where its name and folder say {wanted}"
    return None


def _fewer_images(document: Mapping[str, Any]) -> bool:
    """Whether it tells that its training saw fewer weak images than there were."""
    training = document.get("training", {})
    return "weak_budget" in training.get("settings", {}).get("training", {})


def kind(document: Any) -> str | None:
    """What a document is, if it is any of gplac's files."""
    return next((told for name, told in KINDS.items() if fits(document, name)), None)


def reason(error: "jsonschema.ValidationError") -> str:
    """Which field breaks its schema, and how; a value that is long is not repeated."""
    field = "/".join(str(part) for part in error.absolute_path) or "the whole"
    value = repr(error.instance)
    message = error.message
    if len(value) > LONG and message.startswith(value):
        message = f"it{message.removeprefix(value)}"
    return f"{field}: {message[:200]}"


def contradiction(result: Mapping[str, Any]) -> str | None:
    """Where numbers of a result, which fits its schema, do not agree with each other; None if all do."""
    scenes = result["per_scene"]
    for scene in scenes:
        name = f"scene {scene['scene']}"
        for field in _PER_EPISODE:
            if len(scene[field]) != scene["episodes"]:
                return f"{name} has {scene['episodes']} episodes and {len(scene[field])} {field}"
        if sum(scene["outcomes"]) != scene["successes"]:
            return f"{name} has {scene['successes']} successes and {sum(scene['outcomes'])} in its outcomes"
    if len({scene["scene"] for scene in scenes}) < len(scenes):
        return "a scene is in it twice"
    totals = {field: sum(scene[field] for scene in scenes) for field in ("episodes", "successes")}
    for field, total in (totals | {"scenes": len(scenes)}).items():
        if result[field] != total:
            return f"it says {result[field]} {field}, and its scenes say {total}"
    counts = [(f"scene {scene['scene']}: ", scene) for scene in scenes]
    counts += [(f"control {name}: ", control) for name, control in result["controls"].items()]
    for name, part in (*counts, ("", result)):
        rate = part["success_rate"]
        if not math.isclose(rate, part["successes"] / part["episodes"], abs_tol=SLACK):
            return f"{name}success_rate {rate} is not {part['successes']} of {part['episodes']}"
        for field in ("interval95", "interval95_scenes"):
            low, high = part.get(field, (rate, rate))
            if not low - SLACK <= rate <= high + SLACK:
                return f"{name}{field} is {low} to {high}, and success_rate {rate}"
    curve = result["threshold_curve"]
    if len(curve["thresholds_m"]) != len(curve["success_rates"]):
        return "its threshold_curve has another number of thresholds than of rates"
    return None


def _not_finite(part: Any, *place: str) -> Iterator[str]:
    """Where a document holds NaN, infinity, or a whole number beyond all floats: Python's JSON reads them, and no
    schema's bound refuses NaN."""
    if isinstance(part, int | float) and not abs(part) <= sys.float_info.max:
        yield f"{'/'.join(place)}: {str(part)[:LONG]} is no finite number"
    elif isinstance(part, dict | list):
        for name, each in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _not_finite(each, *place, str(name))

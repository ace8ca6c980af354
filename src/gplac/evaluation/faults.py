"""What is wrong with a file that is not what it should be, in a few words."""

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

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
_PER_EPISODE = ("outcomes", "final_distances_m", "object_xy_m", "goal_xy_m")


def rules(schema: str) -> dict[str, Any]:
    """``gplac/schemas/<schema>.json``."""
    found: dict[str, Any] = json.loads((files("gplac") / "schemas" / f"{schema}.json").read_text())
    return found


def kind(document: Any) -> str | None:
    """What a document is, if it is any of gplac's files."""
    fits = (name for name in KINDS if jsonschema.Draft202012Validator(rules(name)).is_valid(document))
    return next((KINDS[name] for name in fits), None)


def reason(error: jsonschema.ValidationError) -> str:
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
    for part in (*scenes, result):
        if not math.isclose(part["success_rate"], part["successes"] / part["episodes"], abs_tol=1e-6):
            return f"success_rate {part['success_rate']} is not {part['successes']} of {part['episodes']}"
    curve = result["threshold_curve"]
    if len(curve["thresholds_m"]) != len(curve["success_rates"]):
        return "its threshold_curve has another number of thresholds than of rates"
    return None

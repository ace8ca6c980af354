"""How many photographs, and of how many places: GPLAC's success on the emulated mug push by either."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gplac import config
from gplac.data.budget import scene_order
from gplac.evaluation.percent import percent, point_span, points, span
from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import beyond
from gplac.reporting.committed import Committed, Key
from gplac.reporting.photograph_charts import Point, success_curves
from gplac.reporting.sheets import Chart, Sheet, chart_title
from gplac.reporting.themes import label
from gplac.worlds.registry import task as task_named

TASK, METHOD, WITHOUT = "mug_push", "gplac", "att-1"
EACH = 2
"""Photographs of each place along the line of all places' fewest: one with the object, one without."""
PER_TEN_PLACES = (80, 10 * EACH, 8, 4)
"""Photographs of all places together, for every ten places."""
HALVINGS = 4
"""How often the number of places is halved."""
WAITING = "waiting"
MEASURE = "`gplac grid run recipes/photographs.py`"


def by_photographs(preset: str) -> list[Key]:
    """All places: all photographs first, then fewer."""
    sizes = config.preset(preset, TASK).data
    whole = sizes.weak_scenes * sizes.weak_per_scene
    budgets = [sizes.weak_scenes * share // 10 for share in PER_TEN_PLACES]
    return [Key(METHOD), *(Key(METHOD, budget) for budget in budgets if 2 <= budget < whole)]


def by_places(preset: str) -> list[Key]:
    """The same number of photographs of all places first, then of fewer; no more than the fewest places have."""
    sizes = config.preset(preset, TASK).data
    budget = EACH * sizes.weak_scenes
    fewer = [sizes.weak_scenes // 2**halving for halving in range(1, HALVINGS + 1)]
    able = [count for count in fewer if count and count * sizes.weak_per_scene >= budget]
    return [Key(METHOD, budget), *(Key(METHOD, budget, count) for count in able)]


def photographs(results: Path, preset: str) -> list[Sheet]:
    """Success by number of photographs of all places, and by number of places with as many photographs.

    Args:
        results: the folder ``results``.
        preset: whose results.

    Raises:
        UserError: a result file is damaged, or of something else.
    """
    lines = by_photographs(preset), by_places(preset)
    keys = list(dict.fromkeys([*lines[0], *lines[1], Key(WITHOUT)]))
    found = Committed(results / preset / TASK).shared(keys)
    records = [_record(preset, key, found) for key in keys]
    total = config.preset(preset, TASK).data.weak_scenes
    measured = sum(each is not None for each in found.values())
    about = (
        "Success of GPLAC on the emulated mug push, by number of photographs and by number of places, with 95 %"
        f" intervals: {measured} of {len(keys)} measured"
    )
    by_count, by_place = (
        [Point(_seen(preset, key)[axis], found[key]) for key in line] for axis, line in enumerate(lines)
    )
    counts = (each.episodes for each in found.values() if each is not None)
    title = chart_title("Success of GPLAC by photographs and by places", TASK, preset, counts)
    draw = partial(success_curves, by_count, by_place, EACH * total, found[Key(WITHOUT)])
    return [
        Sheet(
            f"Photographs and places, emulated: mug push (preset {preset})",
            (
                "Photographs",
                "Places",
                "Success, emulated (95 %)",
                "Difference (95 %)",
                "Mugs, backgrounds",
                "Episodes",
                "Seeds",
            ),
            tuple(map(_row, records)),
            tuple(_notes(preset, found)),
            tuple(records),
            (Chart("photographs", title, about, draw),) if measured else (),
        )
    ]


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"photographs": photographs}


def _seen(preset: str, key: Key) -> tuple[int, int]:
    """How many photographs of how many places training sees."""
    if key.method == WITHOUT:
        return 0, 0
    sizes = config.preset(preset, TASK).data
    places = key.scene_budget or sizes.weak_scenes
    budget = key.weak_budget or places * sizes.weak_per_scene
    return budget, min(places, (budget + 1) // 2)


def _kinds(preset: str, key: Key, seed: int) -> tuple[int, int]:
    """How many mugs and how many backgrounds its places show."""
    stage, sizes = task_named(TASK).stage, config.preset(preset, TASK).data
    order = np.array(scene_order(np.arange(sizes.weak_scenes), seed)[: _seen(preset, key)[1]])
    mugs, backgrounds = (
        len(np.unique(order % (count or sizes.weak_scenes)))
        for count in (stage.weak_objects, stage.weak_backgrounds)
    )
    return mugs, backgrounds


def _range(counts: Sequence[int]) -> str:
    """Of several seeds, whose places are others."""
    return "-".join(map(str, dict.fromkeys([min(counts), max(counts)])))


def _against(key: Key) -> Key | None:
    """What a row is compared with: as many photographs of all places, or all photographs."""
    return None if key == Key(METHOD) else Key(METHOD, key.weak_budget if key.scene_budget else 0)


def _record(preset: str, key: Key, found: Mapping[Key, Pooled | None]) -> dict[str, Any]:
    each, against = found[key], _against(key)
    images, places = _seen(preset, key)
    seeds = list(each.by_seed) if each else [0]
    mugs, backgrounds = zip(*(_kinds(preset, key, seed) for seed in seeds), strict=True)
    interval = each.interval95 if each else None
    other = found[against] if against else None
    gain, spread = beyond(each, other) if each and other else (None, None)
    compared = _seen(preset, against) if against else (None, None)
    return {
        "task": TASK,
        "emulated": True,
        "preset": preset,
        "method": key.method,
        "weak_images": images,
        "places": places,
        "mugs": _range(mugs),
        "backgrounds": _range(backgrounds),
        "success_rate": round(each.rate, 6) if each else None,
        "low95": round(interval.low, 6) if interval else None,
        "high95": round(interval.high, 6) if interval else None,
        "against_weak_images": compared[0],
        "against_places": compared[1],
        "difference": None if gain is None else round(gain, 6),
        "difference_low95": round(spread.low, 6) if spread else None,
        "difference_high95": round(spread.high, 6) if spread else None,
        "successes": each.successes if each else None,
        "episodes": each.episodes if each else None,
        "seeds": " ".join(map(str, each.by_seed)) if each else None,
    }


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    images, places, kinds = f"none ({label(WITHOUT)})", "", ""
    if record["weak_images"]:
        images, places = f"{record['weak_images']:,}", str(record["places"])
        kinds = f"{record['mugs']}, {record['backgrounds']}"
    if record["success_rate"] is None:
        return images, places, WAITING, "", kinds, "", ""
    success = f"**{percent(record['success_rate'])}** ({_ends(record, '', span)})"
    difference = ""
    if record["difference"] is not None:
        difference = f"{points(record['difference'])} ({_ends(record, 'difference_', point_span)})"
    seeds = record["seeds"].replace(" ", ", ")
    return images, places, success, difference, kinds, str(record["episodes"]), seeds


def _ends(record: Mapping[str, Any], prefix: str, text: Callable[[float, float], str]) -> str:
    return text(record[f"{prefix}low95"], record[f"{prefix}high95"])


def _notes(preset: str, found: Mapping[Key, Pooled | None]) -> list[str]:
    measured = {key: each for key, each in found.items() if each is not None}
    sizes = config.preset(preset, TASK).data
    notes = [
        "**Emulated:** robot, camera, places and photographs are simulated. GPLAC learns from demonstrations of one"
        " place and these photographs, and is tried in places, and with mugs, that are in neither.",
        "First rows: fewer and fewer photographs, half of them with the mug, one with and one without of each place in"
        f" turn; the fewest leave places out. Then: {EACH * sizes.weak_scenes} photographs of fewer and fewer places,"
        " which show fewer mugs and backgrounds, too. Fewer photographs are a part of more, fewer places a part of"
        " more. Last: no photographs, demonstrations alone.",
    ]
    if not measured:
        return [*notes, f"Nothing is measured at preset {preset} yet: {MEASURE}."]
    scenes = " or ".join(map(str, sorted({len(each.outcomes) for each in measured.values()})))
    notes.append(
        f"Preset {preset}, {scenes} unseen test scenes. Intervals: bootstrap over scenes; they tell what other scenes"
        " might have given, not other seeds. Seeds that some rows lack are left out. Difference, in points, the same"
        " scenes drawn for both: from all photographs, and where there are fewer places, from as many photographs of"
        " all places."
    )
    if len(measured) < len(found):
        notes.append(f"{len(measured)} of {len(found)} are measured; the others are waiting for {MEASURE}.")
    return notes

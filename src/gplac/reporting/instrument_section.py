"""The report's table of instruments: what the policies look at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gplac.evaluation.percent import percent
from gplac.reporting import html
from gplac.reporting.entries import Entry

Inspection = Mapping[str, Any]
BY_CHANCE = (
    "By chance: the share of the picture that the object covers, which a point anywhere at random would hit."
)
BEST_FIXED = (
    "Best fixed point: the largest share of pictures in which one and the same place is on the object, which a point"
    " that never looks could reach."
)
"""What a share of points on the object is to be compared with; the second is not in inspections of older versions."""


def instrument_section(found: Sequence[Entry]) -> list[str]:
    """The section of the page, if any policy was inspected; see ``docs/learning.md``."""
    seen = [(entry, entry.inspection) for entry in found if entry.inspection is not None]
    if not seen:
        return []
    rows = [[name, *(cell(inspection) for _, inspection in seen)] for name, cell in _CELLS.items()]
    counts = " or ".join(map(str, sorted({inspection["scenes"] for _, inspection in seen})))
    splits = " or ".join(sorted({inspection["split"] for _, inspection in seen}))
    shares = [
        inspection["points_on_object"]["unseen"] for _, inspection in seen if "points_on_object" in inspection
    ]
    baselines = f" {BY_CHANCE}" * bool(shares)
    baselines += f" {BEST_FIXED}" * any("best_fixed" in share for share in shares)
    return [
        "<h2>What the policies look at</h2>",
        f"<p>Instruments on frames of the labelled scene (left of the stroke) and of {counts} unseen"
        f" {html.escape(splits)} scene{'s' if counts != '1' else ''} (right). Action errors are squared, with variance"
        " 1: they are small even for a blind policy. Errors of positions are in image heights. An entropy of 0 is"
        f" attention to one spot, 1 to everything alike.{baselines}</p>",
        html.table(
            ["", *(html.escape(entry.name) for entry, _ in seen)], [row for row in rows if any(row[1:])]
        ),
    ]


def _action_error(found: Inspection) -> str:
    return " / ".join(f"{found['action_error'][side]['mean']:.3f}" for side in ("labelled", "unseen"))


def _first_tenth(found: Inspection) -> str:
    sides = [found["action_error"][side]["by_tenth"][0] for side in ("labelled", "unseen")]
    return " / ".join("?" if error is None else f"{error:.3f}" for error in sides)


def _sensitivity(found: Inspection) -> str:
    of_state = max(found["sensitivity"][block] for block in ("angles", "velocities", "hand"))
    return f"{found['sensitivity']['image']:.3f}<small>the robot's state {of_state:.3f}</small>"


def _probe(found: Inspection) -> str:
    if (probe := found.get("probe")) is None:
        return ""
    small = f"<small>refitted {probe['refitted']:.3f}, mean {probe['mean']:.3f}</small>"
    return f"{probe['labelled']:.3f} / {probe['unseen']:.3f}{small}"


def _on_object(found: Inspection) -> str:
    if (share := found.get("points_on_object")) is None:
        return ""
    both = " / ".join(percent(share[side]["mean"]) for side in ("labelled", "unseen"))
    baselines = f"<small>by chance {percent(share['unseen']['chance'])}</small>"
    if "best_fixed" in share["unseen"]:
        baselines += f"<small>best fixed point {percent(share['unseen']['best_fixed'])}</small>"
    return both + baselines


def _entropy(found: Inspection) -> str:
    if (entropy := found.get("map_entropy")) is None:
        return ""
    return " / ".join(f"{entropy[side]['mean']:.2f}" for side in ("labelled", "unseen"))


def _told_apart(found: Inspection) -> str:
    if (rate := found.get("domains_told_apart")) is None:
        return ""
    return f"{percent(rate)}<small>50 %: not at all</small>"


def _classifier(found: Inspection) -> str:
    if (classifier := found.get("classifier")) is None:
        return ""
    worst = min(row["accuracy"] for row in classifier["per_scene"])
    return f"{percent(classifier['accuracy'])}<small>worst scene {percent(worst)}</small>"


def _channels(found: Inspection) -> str:
    if (channels := found.get("channels")) is None:
        return ""
    used = f"{channels['policy_uses']:.1f} / {channels['classifier_uses']:.1f}"
    return f"{used}<small>overlap {channels['overlap']:.2f}</small>"


_CELLS: dict[str, Callable[[Inspection], str]] = {
    "Action error": _action_error,
    "Action error, first tenth": _first_tenth,
    "Change with another picture": _sensitivity,
    "Position from the points": _probe,
    "Points on the object": _on_object,
    "Entropy of the maps": _entropy,
    "Demonstrations and photographs told apart by points": _told_apart,
    "Classifier, unseen scenes": _classifier,
    "Channels: policy / classifier": _channels,
}

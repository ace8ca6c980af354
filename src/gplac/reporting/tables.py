"""Tables of results beside the paper's, as Markdown and for the report."""

from collections.abc import Sequence
from dataclasses import dataclass

from gplac.evaluation.percent import percent, point_span, points, span
from gplac.evaluation.statistics import PairedDifference
from gplac.reporting.entries import BASELINE, Entry, difference
from gplac.reporting.themes import label
from gplac.worlds.registry import task as task_named


@dataclass(frozen=True)
class Row:
    """One policy's numbers as text; an empty string where there is none."""

    name: str
    success: str
    interval: str
    """Wilson's 95 % interval over episodes."""
    over_scenes: str
    """95 % interval of a bootstrap over scenes."""
    told: str
    """The one of these two that is told where there is room for one; see `Entry.interval95`."""
    gain: str
    """How much more often it succeeds than the baseline, in points."""
    gain_interval: str
    """Its 95 % interval, or that the two never differ, episode by episode."""
    labelled: str
    """Success in the labelled scene."""
    blank: str
    """Success with grey pictures."""
    paper: str
    episodes: str
    """How many it was run on."""
    shared: str
    """How many of them the gain is of."""


def rows(entries: Sequence[Entry]) -> list[Row]:
    """One row for each policy, in order."""
    return [_row(entry, entries) for entry in entries]


def markdown(entries: Sequence[Entry]) -> str:
    """A Markdown table of results, with a line below that says what the columns are."""
    against = label(BASELINE)
    head = [
        "Method",
        "Success (95 %)",
        "over scenes",
        f"Beyond {against}",
        "Labelled scene",
        "Grey pictures",
        "Paper",
    ]
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for row in rows(entries):
        gain = f"{row.gain} ({row.gain_interval})" if row.gain else ""
        lines.append(
            [
                row.name,
                f"**{row.success}** ({row.interval})",
                row.over_scenes,
                gain,
                row.labelled,
                row.blank,
                row.paper,
            ]
        )
    result = entries[0].result
    presets, scenes, episodes = (_all(entries, field) for field in ("preset", "scenes", "episodes"))
    note = (
        f"Task: {task_named(result['task']).title}; preset {presets}, {scenes} {result['split']} scenes"
        f" ({result['level']} looks), {episodes} episodes. Success: Wilson's interval; over scenes: bootstrap; beyond"
        f" {against}: paired difference in points, bootstrap over scenes."
    )
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + f"\n\n{note}\n"


def _all(entries: Sequence[Entry], field: str) -> str:
    """What the results have in a field, where they differ in the order of the rows."""
    return " or ".join(dict.fromkeys(str(entry.result[field]) for entry in entries))


def _row(entry: Entry, among: Sequence[Entry]) -> Row:
    result, controls = entry.result, entry.result["controls"]
    gain = difference(entry, among)
    return Row(
        name=entry.name,
        success=percent(result["success_rate"]),
        interval=span(*result["interval95"]),
        over_scenes=span(*result["interval95_scenes"]),
        told=span(*entry.interval95),
        gain=points(gain.difference) if gain else "",
        gain_interval=_gain_interval(gain) if gain else "",
        labelled=percent(controls["labelled"]["success_rate"]) if "labelled" in controls else "",
        blank=percent(controls["blank"]["success_rate"]) if "blank" in controls else "",
        paper=percent(entry.paper) if entry.paper is not None else "",
        episodes=f"{result['episodes']} episodes",
        shared="" if gain is None else f"of {gain.episodes} episodes",
    )


def _gain_interval(gain: PairedDifference) -> str:
    return "never differ" if gain.never else point_span(gain.interval95.low, gain.interval95.high)

"""One page about what was run and what came out: ``gplac report``."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gplac import config
from gplac.errors import UserError
from gplac.evaluation.percent import how_often, percent, point_span, span
from gplac.evaluation.result import Result
from gplac.evaluation.statistics import PairedDifference
from gplac.files import require_writable, write_atomically
from gplac.methods import METHODS
from gplac.reporting import gallery, html
from gplac.reporting.chart_section import write_charts
from gplac.reporting.entries import BASELINE, Entry, baseline, difference, entries
from gplac.reporting.instrument_section import instrument_section
from gplac.reporting.published import SOURCE
from gplac.reporting.scenes import told, unseen
from gplac.reporting.tables import markdown, rows
from gplac.reporting.themes import label
from gplac.training.changes import changes
from gplac.worlds.registry import task as task_named

PAGE, TABLE, PICTURES = "index.html", "table.md", "pictures"
_OWN = {
    "vary": "The scenes differ from the labelled one in {} alone.",
    "assets": "Textures and meshes are of your own asset pack {}.",
    "robot_model": "The robot is your own, of {}.",
}
"""What to tell of results that are not of the usual scenes and robot."""


def write_report(
    paths: Sequence[Path],
    out: Path,
    split: str = "test",
    level: str = "standard",
    robot_model: Path | None = None,
) -> Path:
    """Write ``out/index.html``, which holds all its pictures; they and a Markdown table lie beside it.

    Args:
        paths: folders of evaluated runs, result files, or folders of result files. Films and feature points need runs.
        out: folder to write into; made if need be.
        split: which evaluation of each run.
        level: which looks.
        robot_model: evaluated with which robot of the user's own; by default that of each run's demonstrations.

    Returns:
        The page.

    Raises:
        UserError: a path holds no result, the results do not belong together, or ``out`` cannot be written to.
    """
    found = entries(paths, split, level, robot_model)
    if not found:
        raise UserError("A report needs at least one run or result; name one: gplac report RUN --out DIR")
    require_writable(out / PAGE, "name another folder")
    new = unseen(found[0].result)
    where = "scenes never seen" if new else told(entry.result for entry in found)
    title = f"{task_named(found[0].result['task']).title.capitalize()} in {where}"
    body = [
        lead(found),
        _setting(found),
        html.results(rows(found), label(BASELINE), "Unseen scenes" if new else "Success"),
        _table_note(found),
        *write_charts(found, out),
        *gallery.write_gallery(found, out / PICTURES),
        *instrument_section(found),
        *_provenance(found),
    ]
    write_atomically(out / TABLE, markdown(found).encode())
    write_atomically(out / PAGE, html.page(title, "GPLAC", body).encode())
    return out / PAGE


def lead(found: Sequence[Entry]) -> str:
    """What came out, in a sentence or three, with intervals."""
    main = found[0]
    result = main.result
    trained = f"demonstrations of {_labelled_scenes(result)}"
    if result["weak_images"]:
        trained += f" and {result['weak_images']:,} weakly labelled images"
        trained += f" of {result['weak_scenes']} scenes" if "weak_scenes" in result else ""
    where = f"{result['scenes']} scenes it has never seen" if unseen(result) else told([result])
    over = " over scenes" if result["scenes"] > 1 else ""
    text = (
        f"{html.escape(main.short)}, trained on {trained}, succeeds in <strong>{result['successes']} of"
        f" {result['episodes']}</strong> episodes in {where}: <strong>{percent(result['success_rate'])}</strong>"
        f" (95 % interval{over} {span(*main.interval95)} %)."
    )
    other, gain = baseline(main, found), difference(main, found)
    if other is not None and gain is not None:
        episodes = {entry.result["episodes"] for entry in (main, other)}
        text += (
            f" {html.escape(other.name)}, the same network without weak images{_otherwise(other.result, result)},"
            " succeeds in"
            f' <strong class="other">{percent(other.result["success_rate"])}</strong>'
            f" ({span(*other.interval95)} %). {_paired(html.escape(main.short), gain, episodes)}"
        )
    return f'<p class="lead">{text}</p>'


def _otherwise(other: Result, main: Result) -> str:
    """Which settings of network and training two results differ in that both have and tell, as a part of a sentence;
    nothing if in none."""
    theirs, ours = (each["training"].get("settings", {}) for each in (other, main))
    both = {part: theirs.get(part, {}).keys() & ours.get(part, {}).keys() for part in ("network", "training")}
    before, now = (
        {part: {name: told[part][name] for name in sorted(names)} for part, names in both.items() if names}
        for told in (theirs, ours)
    )
    apart = changes(before, now)
    return html.escape(f" and with other settings of {apart}") if apart else ""


def _labelled_scenes(result: Result) -> str:
    """Where the demonstrations of a policy come from."""
    method, preset = METHODS.get(result["method"]), result["preset"]
    if method is None:
        return "some scenes"
    scenes = method().labelled_scenes
    recorded = result["training"].get("settings", {}).get("data", {})
    if "weak_scenes" in recorded:
        scenes = min(scenes, recorded["weak_scenes"])
    elif preset in config.PRESETS:
        scenes = min(scenes, config.preset(preset, result["task"]).data.weak_scenes)
    return "one scene" if scenes == 1 else f"{scenes} scenes"


def _paired(name: str, gain: PairedDifference, episodes: set[int]) -> str:
    same = (
        "the same episodes"
        if episodes == {gain.episodes}
        else f"the {gain.episodes} episodes that both were run on"
    )
    if gain.never:
        return f"On {same} the two never differ; how far they do in other scenes this does not say."
    sure = (
        ""
        if gain.interval95.excludes(0.0)
        else " The interval includes zero: this run does not tell them apart."
    )
    return (
        f"On {same} {name} succeeds {how_often(gain.difference)} (95 % interval over scenes"
        f" {point_span(gain.interval95.low, gain.interval95.high)}).{sure}"
    )


def _setting(found: Sequence[Entry]) -> str:
    def all_of(values: Iterable[Any], how: str = "{}") -> str:
        return " or ".join(how.format(value) for value in sorted(set(values)))

    result = found[0].result
    task = task_named(result["task"])
    each = all_of(entry.result["episodes"] // entry.result["scenes"] for entry in found)
    scenes = all_of(entry.result["scenes"] for entry in found)
    presets = all_of(entry.result["preset"] for entry in found)
    sizes = all_of((tuple(entry.result["image"]) for entry in found), "{0[0]} x {0[1]}")
    steps = all_of((entry.result["training"]["steps"] for entry in found), "{:,}")
    own = "".join(
        f" {sentence.format(html.escape(result[field]))}"
        for field, sentence in _OWN.items()
        if field in result
    )
    return (
        f"<p>Task: {html.escape(task.title)}; preset {html.escape(presets)}: pictures of {sizes}"
        f" pixels, {steps} training steps. {each} episodes in each of {scenes}"
        f" {html.escape(result['split'])} scenes ({html.escape(result['level'])} looks), from the same initial states"
        f" for every method. An episode succeeds if {task.success_when.format(cm=100 * task.success_m)}.{own}</p>"
    )


def _table_note(found: Sequence[Entry]) -> str:
    return (
        '<p class="note">In percent. Small: 95 % intervals, bootstraps over scenes (of the rate in a single scene'
        " Wilson's, over its episodes); differences are in points, the same episodes paired. Two controls: in the"
        " labelled scene itself a policy should succeed; with grey pictures in place of what it sees it should"
        f" fail.{_paper_note(found)}</p>"
    )


def _paper_note(found: Sequence[Entry]) -> str:
    compared = [entry for entry in found if entry.paper is not None]
    if not compared:
        return ""
    if compared[0].result["task"] == "mug_push":
        return f" The paper: {SOURCE}, table 2, of a real robot."
    if all(entry.share == 1 for entry in compared):
        return f" The paper: {SOURCE}, table 1."
    return f" The paper: {SOURCE}, tables 1 and 3, with the same share of its weak images."


def _provenance(found: Sequence[Entry]) -> list[str]:
    parts = ["<h2>Where the numbers come from</h2>"]
    for entry in found:
        training, source = entry.result["training"], entry.result["provenance"]
        versions = ", ".join(f"{name} {version}" for name, version in source["versions"].items())
        hardware = ", ".join(
            f"{name} {value}" for name, value in source["hardware"].items() if value is not None
        )
        text = (
            f"{source['command']}\n{source['date']}, revision {source['revision'] or 'unknown'}\n"
            f"{versions}\n{hardware}\n"
            f"training: seed {entry.result['seed']}, {training['steps']:,} steps in {training['wall_s'] / 60:.1f} min,"
            f" {training['images_per_s']:.0f} images/s, {training['parameters']:,} parameters"
        )
        parts.append(
            f"<details><summary>{html.escape(entry.name)}</summary><pre>{html.escape(text)}</pre></details>"
        )
    return parts

"""Tables within the repository's own pages, written between two marks: nobody types a number there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from gplac import config
from gplac.errors import UserError
from gplac.evaluation.percent import percent, span
from gplac.files import write_atomically
from gplac.methods import METHODS, PARENTS, differences
from gplac.reporting.committed import Committed
from gplac.reporting.factors import varied
from gplac.reporting.levels import harder
from gplac.reporting.published import beside_paper, published
from gplac.reporting.readme import LARGE, PRESET, readme_tables
from gplac.reporting.settings import compared
from gplac.reporting.sheets import Sheet, markdown
from gplac.reporting.speeds import speeds
from gplac.reporting.themes import label
from gplac.worlds.registry import TASKS

BEGIN, END = "<!-- tables: written by `make tables` -->\n", "<!-- end of the tables -->\n"


def tables_of_pages(results: Path) -> dict[str, Callable[[], str]]:
    """Page of the repository -> what makes that which stands between its marks.

    Args:
        results: the folder ``results``.
    """
    found = {
        (preset, task): Committed(results / preset / task) for task in TASKS for preset in (PRESET, LARGE)
    }
    return {
        "README.md": partial(readme_tables, results),
        "docs/scenes.md": lambda: _below([*harder(results, PRESET), *varied(results, PRESET)]),
        "docs/paper_map.md": lambda: _below(compared(results, PRESET)),
        "docs/benchmarks.md": partial(speeds, results / "bench"),
        "docs/methods/index.md": methods_table,
        **{f"docs/methods/{name}.md": partial(measured, found, name) for name in METHODS},
    }


def write_pages(results: Path, preset: str, root: Path) -> list[Path]:
    """Rewrite the tables of the pages under ``root`` that have the marks, if ``results`` are that repository's own.

    Args:
        results: the folder ``results``.
        preset: whose results; pages have those of `PRESET` alone.
        root: the folder that may be the repository's.

    Returns:
        The pages that were written.

    Raises:
        UserError: the second mark of a page is missing.
    """
    if preset != PRESET or results.resolve() != (root / "results").resolve():
        return []
    written = []
    for name, make in tables_of_pages(results).items():
        path = root / name
        text = path.read_text() if path.is_file() else ""
        if BEGIN not in text:
            continue
        before, rest = text.split(BEGIN, 1)
        if END not in rest:
            raise UserError(f"{path} has {BEGIN.strip()} without {END.strip()} below it; put that back.")
        write_atomically(path, f"{before}{BEGIN}{make()}{END}{rest.split(END, 1)[1]}".encode())
        written.append(path)
    return written


def _below(sheets: Sequence[Sheet]) -> str:
    """Sheets within a page: without their charts, under headings of a section."""
    plain = [replace(sheet, charts=()) for sheet in sheets]
    return f"\n{markdown(plain).replace('## ', '### ')}\n"


def methods_table() -> str:
    """The methods as differences from their parents."""
    lines = ["", f"| method | parent | what differs | of its own at `{PRESET}` |", "|---|---|---|---|"]
    for name, make in METHODS.items():
        parent = PARENTS.get(name)
        if parent is None:
            method = make()
            what = f"encoder {method.encoder}, {method.labelled_scenes} labelled scene, the action loss alone"
        else:
            changes = differences(make(), METHODS[parent]())
            what = "; ".join(f"{field}: {_plain(a)} → {_plain(b)}" for field, (a, b) in changes.items())
        own = ", ".join(f"`{each}`" for each in config.own_changes(PRESET, name))
        lines.append(f"| [{label(name)}]({name}.md) | {label(parent) if parent else ''} | {what} | {own} |")
    return "\n".join(lines) + "\n\n"


def _plain(value: object) -> str:
    """A field's value as a reader would say it."""
    if isinstance(value, tuple):
        return " + ".join(getattr(each, "name", str(each)) for each in value) or "none"
    return str(value)


def measured(results: Mapping[tuple[str, str], Committed], name: str) -> str:
    """What a method reached in unseen scenes, ours and the paper's, as a table.

    Args:
        results: (preset, task) -> what is committed of it; of presets but `PRESET` only what is measured is shown.
        name: of the method.
    """
    lines = ["", "| test scenes | ours | 95 % over scenes | paper |", "|---|---|---|---|"]
    for (preset, task), committed in results.items():
        found = committed.pooled(name)
        if not beside_paper(task, name) or (found is None and preset != PRESET):
            continue
        paper, ours = published(task, name), "not yet measured |"
        if found is not None:
            low, high = found.interval95.low, found.interval95.high
            seeds = ", ".join(str(seed) for seed in sorted(found.by_seed))
            ours = f"**{percent(found.rate)}** ({found.successes} of {found.episodes}, seed {seeds}) |"
            ours += f" {span(low, high)} %"
        emulated = " (emulated; the paper's is of a robot)" if task == "mug_push" else ""
        place = f"{task.replace('_', ' ')}{emulated}, preset `{preset}`"
        lines.append(f"| {place} | {ours} | {f'{100 * paper:.2f} %' if paper is not None else 'not in it'} |")
    return "\n".join([*lines, "", _settings(name)]) + "\n\n"


def _settings(name: str) -> str:
    """What a method is trained with, of that in which methods differ."""
    settings = config.preset(PRESET, method=name)
    rate, changes = settings.network.policy_dropout, config.own_changes(PRESET, name)
    told = ", ".join(f"`{each}`" for each in changes)
    dropout = f"dropout on the policy up to {rate:g}" if rate else "no dropout on the policy"
    return (
        f"Settings at `{PRESET}`, pusher and striker: {dropout}, the first layer {settings.network.first_layer},"
        f" {settings.training.steps:,} steps" + (f"; otherwise than most methods: {told}." if told else ".")
    )

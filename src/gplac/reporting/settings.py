"""Settings compared on validation scenes: what the presets' numbers were chosen by (``recipes/sweep.py``)."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gplac import config
from gplac.errors import UserError
from gplac.evaluation.compare import compare
from gplac.evaluation.faults import stranger
from gplac.evaluation.percent import percent, point_span, points, span
from gplac.evaluation.pooling import pooled
from gplac.evaluation.result import Result, read_result
from gplac.evaluation.statistics import PairedDifference
from gplac.grid.alike import tried_alike
from gplac.methods import METHODS
from gplac.overrides import apart
from gplac.reporting.committed import named_seeds
from gplac.reporting.published import METHODS as PUBLISHED
from gplac.reporting.scenes import usual_looks
from gplac.reporting.sheets import Sheet
from gplac.reporting.themes import label
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names

FOLDER, CONFIRMED = "sweep", "confirmation"
MISSED = 0.075
"""How often the interval of a difference misses over the twenty validation scenes (``recipes/coverage.py``)."""


@dataclass(frozen=True)
class Trial:
    """One method with some settings, on validation scenes."""

    method: str
    changes: tuple[tuple[str, str], ...]
    """Field and value, for each setting that is not the preset's."""
    result: Result


def compared(results: Path, preset: str) -> list[Sheet]:
    """For each task, success on validation scenes of what ``recipes/sweep.py`` trained with other settings; then on
    confirmation scenes, of what was evaluated there; and first, where every method was trained as it is, what the
    settings made of it that every method is tried with.

    Args:
        results: the folder ``results``; files lie in ``results/sweep/TASK``, and in ``confirmation`` in it.
        preset: what was changed.

    Raises:
        UserError: a result file is damaged, of something else, or named after a setting that does not exist.
    """
    found = {
        (split, task): trials
        for split, within in (("validation", ""), (CONFIRMED, CONFIRMED))
        for task in task_names()
        if (trials := _read(results / FOLDER / task / within, task, preset, split))
    }
    same = (_alike(task, preset, trials) for (split, task), trials in found.items() if split != CONFIRMED)
    return [
        *(sheet for sheet in same if sheet),
        *(_sheet(task, preset, split, trials) for (split, task), trials in found.items()),
    ]


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"settings": compared}


def _read(folder: Path, task: str, preset: str, split: str) -> list[Trial]:
    """Trials in the paper's order of methods, the preset as it is before its changes."""
    known = "|".join(map(re.escape, METHODS))
    name = re.compile(rf"(?P<method>{known})-{re.escape(preset)}(-(?P<changes>.+=.+))?-seed(?P<seed>\d+)")
    found = []
    for path in sorted(folder.glob("*.json")):
        match = name.fullmatch(path.stem)
        if match is None:
            continue
        typed = (each.partition("=") for each in apart(match["changes"] or ""))
        changes = tuple((field, value) for field, _, value in typed)
        result = read_result(path)
        wrong = stranger(
            result,
            preset=result["preset"],  # presets have taken over what was tried: docs/results.md
            task=task,
            method=match["method"],
            seed=int(match["seed"]),
            weak_budget=_number(changes, "training.weak_budget"),
            scene_budget=_number(changes, "training.scene_budget"),
        ) or _other_steps(result, task=task, preset=preset, changes=dict(changes))
        if result["split"] != split:
            wrong = f"is of {result['split']} scenes, and lies among results of {split} scenes"
        elif "vary" in result or not usual_looks(result):
            wrong = "is of scenes of other looks"
        if wrong:
            raise UserError(f"{path} {wrong}: move it to where it belongs.")
        for field, _ in changes:
            if _of_preset(task, preset, field) is None:
                raise UserError(f"{path} is named after a setting {field}, which does not exist: rename it.")
        found.append(Trial(match["method"], changes, result))
    order = [*PUBLISHED, *METHODS]
    return sorted(found, key=lambda trial: (order.index(trial.method), len(trial.changes), trial.changes))


def _number(changes: Iterable[tuple[str, str]], field: str) -> int:
    """What a name says of a number; -1, which no result has, where that is none."""
    told = dict(changes).get(field, "0")
    return int(told) if told.isdecimal() else -1


def _other_steps(result: Result, task: str, preset: str, changes: Mapping[str, str]) -> str | None:
    """Whether training was longer or shorter than a name says, in words that go on after it."""
    steps, before = (
        str(changes.get(f"training.{field}", _of_preset(task, preset, f"training.{field}")))
        for field in ("steps", "pretrain_steps")
    )
    possible = {steps, str(int(steps) + int(before))} if steps.isdecimal() and before.isdecimal() else set()
    actual = result["training"]["steps"]
    return None if str(actual) in possible else f"is of {actual} steps, where its name says {steps}"


def _of_preset(task: str, preset: str, field: str) -> Any:
    """What a preset has for a setting such as ``training.steps``; None if there is no such setting."""
    found: Any = asdict(config.preset(preset, task))
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return None if isinstance(found, dict) else found


def _sheet(task: str, preset: str, split: str, trials: Sequence[Trial]) -> Sheet:
    title = task_named(task).title
    what, flag = ("confirmed", " --confirm") if split == CONFIRMED else ("compared", "")
    counts = sorted({trial.result["episodes"] for trial in trials})
    seeds = sorted({trial.result["seed"] for trial in trials})
    settings = Counter(
        label(method) for method, _ in dict.fromkeys((each.method, each.changes) for each in trials)
    )
    tried = (f"{name} {count}" for name, count in settings.items())
    gains = [_gain(trial, trials) for trial in trials]
    return Sheet(
        f"Settings {what}, {title} (preset {preset})",
        (
            "Method and what is changed",
            "Success",
            "95 %",
            "Over it as it is",
            "Labelled scene",
            "Grey pictures",
        ),
        tuple(
            (
                _told(task, preset, trial),
                f"**{percent(trial.result['success_rate'])}**",
                span(*trial.result["interval95_scenes"]),
                _told_gain(gain),
                _control(trial.result, "labelled"),
                _control(trial.result, "blank"),
            )
            for trial, gain in zip(trials, gains, strict=True)
        ),
        (
            f"{title.capitalize()}, success and its 95 % interval over scenes, {split} scenes,"
            f" {' or '.join(map(str, counts))} episodes each, seed {', '.join(map(str, seeds))}"
            f" (`python recipes/sweep.py METHOD --task {task} --set ...{flag}`). As it is: with what preset {preset}"
            " has for all methods; in brackets what that is. Over it as it is: in points, the same episodes of the same"
            f" seed paired.{_since(preset, {trial.method for trial in trials})}",
            *(_together(trials) if split == CONFIRMED else [f"Settings tried: {', '.join(tried)}."]),
        ),
        tuple(
            {
                "task": task,
                "preset": preset,
                "split": split,
                "method": trial.method,
                "changes": " ".join(f"{field}={value}" for field, value in trial.changes),
                "success_rate": round(trial.result["success_rate"], 6),
                "low": round(trial.result["interval95_scenes"][0], 6),
                "high": round(trial.result["interval95_scenes"][1], 6),
                "gain": gain and round(gain.difference, 6),
                "gain_low": gain and round(gain.interval95.low, 6),
                "gain_high": gain and round(gain.interval95.high, 6),
                "episodes": trial.result["episodes"],
                "seed": trial.result["seed"],
            }
            for trial, gain in zip(trials, gains, strict=True)
        ),
    )


def _gain(trial: Trial, trials: Sequence[Trial]) -> PairedDifference | None:
    """How much more often a changed method succeeds than the same one as it is with the same seed, where that was
    trained; None of one as it is."""
    told = trial.method, trial.result["seed"]
    before = (each for each in trials if not each.changes and (each.method, each.result["seed"]) == told)
    if not trial.changes or (as_it_is := next(before, None)) is None:
        return None
    return compare(as_it_is.result, trial.result)


def _told_gain(gain: PairedDifference | None) -> str:
    if gain is None:
        return ""
    return f"{points(gain.difference)} ({point_span(gain.interval95.low, gain.interval95.high)})"


def _alike(task: str, preset: str, trials: Sequence[Trial]) -> Sheet | None:
    """What the settings that every method is tried with made of each; None if some method was not trained as it is."""
    first = {(each.method, frozenset(each.changes)): each for each in trials if each.result["seed"] == 0}
    if not all((method, frozenset()) in first for method in PUBLISHED):
        return None
    settings = config.preset(preset, task)
    rows, apart, compared = [], [], 0
    for method in PUBLISHED:
        before = first[method, frozenset()].result
        cells = [label(method), f"**{percent(before['success_rate'])}**"]
        for changes in tried_alike(method, settings).values():
            pairs = tuple((field, value) for field, _, value in (each.partition("=") for each in changes))
            trial = first.get((method, frozenset(pairs)))
            if trial is None:
                cells.append("not tried yet")
                continue
            gain = compare(before, trial.result).interval95
            compared += 1
            cells.append(f"{percent(trial.result['success_rate'])}, {point_span(gain.low, gain.high)}")
            if gain.low > 0 or gain.high < 0:
                way = "better" if gain.low > 0 else "worse"
                apart.append(f"{label(method)} with {', '.join(f'`{each}`' for each in changes)} ({way})")
        rows.append(tuple(cells))
    heads = tried_alike(next(iter(PUBLISHED)), settings)
    title = task_named(task).title
    return Sheet(
        f"The same settings tried with every method, {title} (preset {preset})",
        ("Method", "As it is", *(name.capitalize() for name in heads)),
        tuple(rows),
        (
            f"{title.capitalize()}, success, and the 95 % interval of what it differs by from the method as it is, in"
            f" points, the same episodes paired, over validation scenes, seed 0 (`python recipes/sweep.py METHOD --task"
            f" {task} --alike`).",
            _columns(settings),
            f"The interval leaves out nought: {'; '.join(apart) or 'nowhere'}. Each is that of one comparison"
            f" by itself, not corrected for how many there are: of {compared} that change nothing about"
            f" {compared * MISSED:.0f} would leave it out ({100 * MISSED:.1f} %, `results/coverage/`). Taken over"
            f" since: {_taken_over(preset, PUBLISHED) or 'nothing'}.",
        ),
    )


def _since(preset: str, methods: Collection[str]) -> str:
    """A warning about those of some methods that are measured otherwise than as they are."""
    theirs = _taken_over(preset, [method for method in PUBLISHED if method in methods])
    return (
        f" Since then some have taken over one of these settings, and are measured in Table 1 with it: {theirs}."
        if theirs
        else ""
    )


def _taken_over(preset: str, methods: Iterable[str]) -> str:
    """What methods have for their own by now, as it is typed; nothing if none has."""
    found = []
    for method in methods:
        own = [f"`{each}`" for each in config.own_changes(preset, method)]
        found += [f"{label(method)} with {', '.join(own)}"] if own else []
    return "; ".join(found)


def _columns(settings: config.Preset) -> str:
    """What each column of `_alike` changes, by method where that differs."""
    columns: dict[str, dict[str, list[str]]] = {}
    for method in PUBLISHED:
        for name, changes in tried_alike(method, settings).items():
            told = ", ".join(f"`{each}`" for each in changes)
            columns.setdefault(name, {}).setdefault(told, []).append(label(method))
    parts = []
    for name, by_change in columns.items():
        single = len(by_change) == 1
        whose = (each if single else f"{each} ({', '.join(methods)})" for each, methods in by_change.items())
        parts.append(f"{name.capitalize()}: {'; '.join(whose)}.")
    return " ".join(parts)


def _together(trials: Sequence[Trial]) -> list[str]:
    """Of each method without changes that was trained with several seeds, all of them as one."""
    seeds: dict[str, list[Result]] = {}
    for trial in trials:
        if not trial.changes:
            seeds.setdefault(trial.method, []).append(trial.result)
    together = {method: pooled(results) for method, results in seeds.items() if len(results) > 1}
    return [
        f"{label(method)}, {named_seeds(each)} together: {percent(each.rate)}"
        f" ({span(each.interval95.low, each.interval95.high)}; {each.successes} of {each.episodes})."
        for method, each in together.items()
    ]


def _told(task: str, preset: str, trial: Trial) -> str:
    """The method, and every change as it is typed, with what the preset has."""
    told = (
        f"`{field}={value}` ({_short(_of_preset(task, preset, field))})" for field, value in trial.changes
    )
    seed = trial.result["seed"]
    return f"{label(trial.method)}: {', '.join(told) or 'as it is'}{f', seed {seed}' if seed else ''}"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _control(result: Mapping[str, Any], name: str) -> str:
    control = result["controls"].get(name)
    return f"{control['successes']} of {control['episodes']}" if control else ""

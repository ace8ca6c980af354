"""README's tables, from the committed results."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gplac import config
from gplac.evaluation.percent import point_span, points, rounded, span
from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import agreement, beyond
from gplac.methods import BEYOND
from gplac.reporting.committed import Committed, Key, named_seeds
from gplac.reporting.fairness import training_hardware
from gplac.reporting.orders import CLEARLY, agreed
from gplac.reporting.paper_tables import REFERENCES
from gplac.reporting.published import EPISODES, TABLE_1, TABLE_2, TABLE_3, beside_paper
from gplac.reporting.themes import label
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import split_size

PRESET = "lite"
LARGE = "paper"
"""The preset that has the paper's sizes: of it what is measured is shown."""
ROWS = {
    "att-40": "ATT-40: demonstrations of forty scenes",
    "gplac": "GPLAC: demonstrations of one scene, weak images of forty",
    "gplac-da": "GPLAC-DA: GPLAC and domain adaptation",
    "cnn-40": "CNN-40: ATT-40 without attention",
    "cnn-c": "CNN-C: GPLAC without attention",
    "cnn-1": "CNN-1: ATT-1 without attention",
    "att-po": "ATT-PO: first the object's position, then ATT-1",
    "att-da": "ATT-DA: domain adaptation in place of the classifier",
    "att-ft": "ATT-FT: first the classifier, then ATT-1",
    "att-ae": "ATT-AE: first an autoencoder, then ATT-1",
    "att-1": "ATT-1: demonstrations of one scene alone",
    "ceiling": "ceiling: a clone told where the object is, no picture",
    "floor": "floor: a clone that sees nothing",
    **{name: f"{label(name)} ([beyond the paper](docs/beyond.md))" for name in BEYOND},
}
"""Table 1's rows in the order of a reader, with what each method is."""
IN_WORDS = {
    "network.policy_dropout=0": "without dropout on the policy",
    "network.first_layer=trained": "with a first layer that is trained on",
    "training.finetune_learning_rate=0.0006": "with a tenth of the learning rate in the second stage",
}
"""What methods have for their own, as it is typed -> as it is said after their names."""
STEPS = ("training.steps=", "training.warmup_steps=")
"""Settings that the number of steps stands for."""
INTERVALS = (
    "In brackets 95 % intervals over scenes, which do not say what other seeds would give; seed 0 where no others are"
    " named."
)
SHARES = ("all", "a tenth", "a hundredth", "a thousandth")
"""Of the weak images, Table 3's rows."""


def readme_tables(results: Path) -> str:
    """Tables 1 to 3 as README shows them."""
    tables = (_table_1(results), _table_2(results), _table_3(results), _at_the_papers_size(results))
    return "\n\n".join("\n".join(lines) for table in tables if (lines := list(table))) + "\n"


def _table_1(results: Path) -> Iterator[str]:
    sizes, tasks = config.preset(PRESET), list(TABLE_1)
    found = {task: Committed(results / PRESET / task) for task in tasks}
    yield "### Table 1: methods in unseen scenes"
    yield ""
    yield (
        f"Success at preset `{PRESET}`, the size for two processor cores ({sizes.data.width}x{sizes.data.height}"
        f" pixels, {sizes.training.steps:,} steps), in {sizes.evaluation.scenes} unseen test scenes x"
        f" {sizes.evaluation.episodes} episodes a seed. {INTERVALS}{_frames()}{_of_their_own()}"
    )
    yield ""
    yield from _head("policy", *(name for task in tasks for name in (task, "paper")))
    for method, about in ROWS.items():
        yield _line(about, *_beside(found, method))
    yield from _controls(found)
    for task, committed in found.items():
        yield from _by_shared_seeds(task, committed, _methods(committed))
    for task, committed in found.items():
        yield from _gain(task, {method: committed.pooled(method) for method in ("gplac", "att-1")})
    yield from _orders(found)
    yield ""
    yield CLEARLY


def _orders(found: Mapping[str, Committed]) -> Iterator[str]:
    """How far the order of methods is the paper's, task by task."""
    for task, committed in found.items():
        ours = {method: each for method in TABLE_1[task] if (each := committed.pooled(method)) is not None}
        if len(ours) > 1:
            yield ""
            yield (
                f"The order of {len(ours)} of {len(TABLE_1[task])} methods on the {task}:"
                f" {agreed(agreement(TABLE_1[task], ours, EPISODES), EPISODES)}"
            )


def _of_their_own() -> str:
    """What methods have for their own, in sentences that follow others."""
    methods: dict[str, list[str]] = {}
    for method in [each for each in ROWS if each not in BEYOND]:  # those have what their parents have
        own = config.own_changes(PRESET, method)
        told = [IN_WORDS.get(each, f"`{each}`") for each in own if not each.startswith(STEPS)]
        if len(told) < len(own):
            told.append(f"with {config.preset(PRESET, method=method).training.steps:,} steps")
        for each in told:
            methods.setdefault(each, []).append(label(method))
    if not methods:
        return ""
    settings = "; ".join(
        f"{' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))} {told}"
        for told, names in methods.items()
    )
    return (
        " Some methods have settings of their own, [chosen on validation scenes](docs/paper_map.md#the-rule):"
        f" {settings}. A policy in random colours has its parent's."
    )


def _frames() -> str:
    """How much there is to learn from, beside what the paper has, in a sentence that follows others."""
    data, steps = config.preset(PRESET).data, task_named("pusher").episode_steps
    one, many = data.demonstrations * steps, data.weak_scenes * data.demonstrations_per_scene * steps
    most = max(images for rates in TABLE_3.values() for images in rates)
    return (
        f" ATT-40 and CNN-40 learn from {many:,} frames, all others from {one:,}; weak images are"
        f" {data.weak_scenes * data.weak_per_scene:,}, where the paper has {most:,} of both."
    )


def _controls(found: Mapping[str, Committed]) -> Iterator[str]:
    """How often policies succeed where they were trained, and without pictures."""

    def counts(control: str, method: str = "") -> list[tuple[str, Mapping[str, Any]]]:
        return [
            (task, result["controls"][control])
            for task, committed in found.items()
            for key, results in committed.results.items()
            for result in results
            if control in result["controls"] and (not method or key == Key(method))
        ]

    labelled = [count for _, count in counts("labelled")]
    blank = {method: counts("blank", method) for method in ("gplac", "att-1")}
    if labelled and all(blank.values()):
        worst = min(labelled, key=lambda count: float(count["success_rate"]))
        told = []
        for method, those in blank.items():
            parts = []
            for name in dict.fromkeys(task for task, _ in those):  # all seeds of a task together
                successes, episodes = (
                    sum(each[field] for task, each in those if task == name)
                    for field in ("successes", "episodes")
                )
                parts.append(f"{successes} of {episodes} ({name})")
            told.append(f"{label(method)} in {', '.join(parts)}")
        yield ""
        yield (
            "In the labelled scenes all that see pictures succeed in"
            f" {worst['successes']} of {worst['episodes']} episodes or more; with grey pictures, in the"
            f" first unseen scenes, {'; '.join(told)}."
        )


def _table_2(results: Path) -> Iterator[str]:
    committed, task = Committed(results / PRESET / "mug_push"), task_named("mug_push")
    yield "### Table 2, emulated: mug push"
    yield ""
    yield (
        "The robot experiment, **emulated** ([mug push](docs/mug_push.md)); the paper's numbers beside it are of a real"
        f" robot, and not measurements of the same thing. Preset `{PRESET}`, {split_size(task.name, 'test')} unseen"
        f" test scenes x {config.preset(PRESET, task.name).evaluation.episodes} trials a seed; a trial succeeds if"
        f" {task.success_when.format(cm=100 * task.success_m)}. {INTERVALS} Where all scenes agree, the interval is"
        " Wilson's, of as many episodes as there are scenes."
    )
    yield ""
    yield from _head("policy", "emulated", "paper, real robot")
    for method, about in ROWS.items():
        if method in REFERENCES or beside_paper("mug_push", method):
            name = label(method) if method in TABLE_2 else about
            yield _line(name, _ours(committed.pooled(method)), _paper(TABLE_2.get(method)))
    yield from _by_shared_seeds("emulated mug push", committed, _methods(committed))
    yield from _gain("emulated mug push", {method: committed.pooled(method) for method in ("gplac", "att-1")})


def _table_3(results: Path) -> Iterator[str]:
    tasks, data = list(TABLE_3), config.preset(PRESET).data
    whole = data.weak_scenes * data.weak_per_scene
    found = {task: Committed(results / PRESET / task) for task in tasks}
    yield "### Table 3: GPLAC by number of weak images"
    yield ""
    most = max(images for rates in TABLE_3.values() for images in rates)
    yield (
        f"GPLAC as in Table 1, with fewer of the weak images. The paper's numbers are of the same share of its {most:,}"
        f" images; ours are {whole:,}."
    )
    yield ""
    yield from _head("weak images", *(name for task in tasks for name in (task, "paper")))
    budgets = [whole // 10**place for place in range(len(SHARES))]
    keys = {budget: Key("gplac", budget if budget < whole else 0) for budget in budgets}
    for place, (budget, key) in enumerate(keys.items()):
        cells = []
        for task, committed in found.items():
            cells += [_ours(committed.pooled(*key)), _paper(list(TABLE_3[task].values())[place])]
        yield _line(f"{budget:,}: {SHARES[place]}", *cells)
    for task, committed in found.items():
        rows = {f"{budget:,} weak images": key for budget, key in keys.items()}
        yield from _by_shared_seeds(task, committed, rows)


def _at_the_papers_size(results: Path) -> Iterator[str]:
    """What is measured of Table 1 with the paper's sizes; nothing if nothing is."""
    sizes, tasks = config.preset(LARGE), list(TABLE_1)
    found = {task: Committed(results / LARGE / task) for task in tasks}
    measured = [method for method in ROWS if any(each.pooled(method) for each in found.values())]
    if not measured:
        return
    yield "### Table 1 at the paper's own size"
    yield ""
    yield (
        f"Preset `{LARGE}`: {sizes.data.width}x{sizes.data.height} pixels,"
        f" {sizes.data.weak_scenes * sizes.data.weak_per_scene:,} weak images, {sizes.training.steps:,} steps, as far"
        f" as it is measured; {sizes.evaluation.scenes} test scenes x {sizes.evaluation.episodes} episodes,"
        f" with the 95 % interval over scenes; {_seeds_of(found.values())}. {_trained_on(found)}"
    )
    yield ""
    yield from _head("policy", *(name for task in tasks for name in (task, "paper")))
    for method in [each for each in ROWS if each in measured or each in TABLE_1[tasks[0]]]:
        name = label(method) if method in TABLE_1[tasks[0]] else ROWS[method]
        yield _line(name, *_beside(found, method))
    yield from _orders(found)


def _trained_on(found: Mapping[str, Committed]) -> str:
    """Whether on a GPU, as far as results tell, in a sentence; clones that see no pictures need none."""
    cells: dict[bool, list[str]] = {True: [], False: []}
    for task, committed in found.items():
        for key, results in committed.results.items():
            hardware = [part for each in results for part in training_hardware(each)]
            if key.method not in REFERENCES and hardware:
                cells[all(each.get("gpu") for each in hardware)].append(f"{label(key.method)} on the {task}")
    if not cells[True]:
        return "Trained without a GPU." if cells[False] else ""
    return f"Trained on a GPU{', but for ' * bool(cells[False])}{', '.join(cells[False])}."


def _seeds_of(found: Iterable[Committed]) -> str:
    """Which seeds all of it is of, in words."""
    pooled = [each.pooled(*key) for each in found for key in each.results]
    numbers = sorted({seed for each in pooled if each is not None for seed in each.by_seed})
    return f"of seed{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _methods(committed: Committed) -> dict[str, Key]:
    """What is measured of all that sees pictures with all weak images, by the name that its row begins with."""
    names = {label(method): Key(method) for method in ROWS if method not in REFERENCES}
    return {name: key for name, key in names.items() if committed.pooled(*key)}


def _by_shared_seeds(task: str, committed: Committed, rows: Mapping[str, Key]) -> Iterator[str]:
    """What rows of more seeds than others have with those that all rows have: then rows differ in nothing else."""
    shared = committed.shared(rows.values())
    told, seeds = [], ""
    for name, key in rows.items():
        each, every = shared[key], committed.pooled(*key)
        if each is not None and every is not None and each.by_seed != every.by_seed:
            told.append(f"{name} {_ours(each)}")
            seeds = named_seeds(each)
    if told:
        yield ""
        yield f"To compare all rows on equal terms: on the {task}, by {seeds} alone, {'; '.join(told)}."


def _gain(task: str, found: Mapping[str, Pooled | None]) -> Iterator[str]:
    """How much GPLAC adds to ATT-1, if both are measured."""
    measured = {method: each for method, each in found.items() if each is not None}
    if len(measured) < 2:
        return
    difference, interval = beyond(measured["gplac"], measured["att-1"])
    yield ""
    yield (
        f"GPLAC beyond ATT-1 on the {task}: {points(difference)} points"
        f" ({point_span(interval.low, interval.high)}, 95 % over scenes, paired)."
    )


def _beside(found: Mapping[str, Committed], method: str) -> Iterator[str]:
    """A method's numbers of Table 1, ours and the paper's, task by task."""
    for task, committed in found.items():
        yield _ours(committed.pooled(method))
        yield _paper(TABLE_1[task].get(method))


def _head(*names: str) -> list[str]:
    return [_line(*names), "|" + "---|" * len(names)]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _ours(each: Pooled | None) -> str:
    if each is None:
        return "not yet"
    seeds = "" if list(each.by_seed) == [0] else f", {named_seeds(each)}"
    if len(each.by_seed) > 1:
        seeds += f": {', '.join(str(rounded(rate)) for rate in each.by_seed.values())}"
    return f"**{100 * each.rate:.2f} %** ({span(each.interval95.low, each.interval95.high)}{seeds})"


def _paper(rate: float | None) -> str:
    return "" if rate is None else f"{100 * rate:.2f} %"

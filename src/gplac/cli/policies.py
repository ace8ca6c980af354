"""Verbs about policies: train, evaluate, inspect, compare, and the whole story."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from gplac.cli.options import (
    Env,
    InEnv,
    Level,
    Looking,
    Looks,
    OptionalInt,
    OptionalPath,
    Preset,
    Run,
    Size,
    Sized,
    Split,
    named,
)
from gplac.cli.progress import bars
from gplac.errors import UserError

if TYPE_CHECKING:
    from gplac.evaluation.result import Result
    from gplac.evaluation.statistics import PairedDifference


def train(
    method: Annotated[Positional[str | None], arg(metavar="[METHOD]")] = None,
    /,
    *,
    task: Annotated[str | None, arg(metavar="TASK")] = None,
    demos: OptionalPath = None,
    weak: OptionalPath = None,
    out: OptionalPath = None,
    seed: int = 0,
    resume: bool = False,
    size: Sized = Size(),
) -> None:
    """Train one method, on simulated data or on your own. With --resume a stopped or killed training goes on.

    On your own data (`gplac import`), sizes and steps follow from them, a tenth is held out, and RUN/trust.html tells
    how far to trust the policy.

    Args:
        method: One of the methods (docs/methods), for instance gplac, att-1 or gplac-colours; by default gplac, or
            att-1 for your own demonstrations without photographs.
        task: Name of the task; by default pusher, or what your own demonstrations are of.
        demos: Folder of demonstrations; by default data/PRESET/TASK/demos-SCENES, where `gplac collect demos` writes.
        weak: Folder of weak images; by default data/PRESET/TASK/weak.
        out: Folder of the run; by default runs/PRESET/TASK/METHOD-seedSEED, where your own data's preset is "own".
        seed: Of weights, batches and dropout.
        resume: Go on where the run was stopped.
    """
    from gplac.data.manifest import IMPORTED, Manifest

    if demos is not None and (manifest := Manifest.read(demos)).request.split == IMPORTED:
        from gplac.api import train_run

        theirs = manifest.request.task
        if task is not None:
            manifest.require_task(demos, task)
        if task not in (None, theirs):
            raise UserError(
                f"{demos} holds data of the task {theirs!r}, and so is the run: leave --task out, or import them again"
                f" with --task {task}."
            )
        name = method or ("gplac" if weak else "att-1")
        size.require_used("", name)
        out = out or Path("runs") / "own" / theirs / f"{name}-seed{seed}"
        _say_new(out, resume)
        page = train_run(
            demos, weak, out, method=method, base=size.preset, change=size.changed, seed=seed, resume=resume
        )
        print(f"The run is in {out}; {page} says how far to trust it.")
        return

    if demos is None and weak is not None and Manifest.read(weak).request.split == IMPORTED:
        raise UserError(
            f"{weak} holds your own photographs: name your own demonstrations as well, with --demos FOLDER."
        )

    from gplac.methods import method_named
    from gplac.training.loop import train
    from gplac.training.settings import check_task

    method, task = method or "gplac", task or "pusher"
    known = method_named(method)
    check_task(method, task)  # before data are asked for
    settings = size.settings(task, method)
    size.require_used(task, method)
    scenes = min(known.labelled_scenes, settings.data.weak_scenes)
    if demos is None:
        asked = f"demos {task}" if scenes == 1 else f"demos {task} --scenes {scenes}"
        demos = size.collected(task, f"demos-{scenes}", asked, "--demos")
    if weak is None and known.weak_scenes:
        weak = size.collected(task, "weak", f"weak {task}", "--weak")
    out = out or Path("runs") / settings.name / task / f"{method}-seed{seed}"
    _say_new(out, resume)
    train(method, settings, demos, weak, out, task, seed, resume)
    print(f"The run is in {out}.")


def _say_new(out: Path, resume: bool) -> None:
    """A folder that was mistyped, or moved, would hold a second training hours later."""
    from gplac.training.checkpoint import CHECKPOINT

    if resume and not (out / CHECKPOINT).exists():
        print(f"There is no training in {out} to go on with: it starts with the first step.")


def evaluate(
    run: Run,
    /,
    *,
    split: Split = "validation",
    scenes: OptionalInt = None,
    episodes: OptionalInt = None,
    json: OptionalPath = None,
    vary: Annotated[tuple[str, ...], arg(metavar="FACTOR ...")] = (),
    looks: Looking = Looks(),
    env: InEnv = Env(),
) -> None:
    """Run a trained policy in scenes, and with its eyes shut, and in the labelled scene. A stopped evaluation goes on,
    but for one in an environment (--env).

    With --vary, in the labelled scene with one thing at a time taken from those scenes: which change is it that the
    policy does not bear?

    Args:
        run: Folder of the run.
        split: Which scenes. Choose on validation scenes; look at test scenes last.
        scenes: How many; by default the preset's number.
        episodes: How many in each scene; by default the preset's number.
        json: File to write the result to, besides the run's own folder; with --vary, one for each factor.
        vary: What differs from the labelled scene, of the pusher: mug, coaster, table, background, light,
            distractors, camera; nothing, for the labelled scene itself from the same starts; or each, for nothing and
            then all of them in turn.
    """
    if env.env is not None:
        from gplac.cli.own_training import evaluate_in_env

        scenes_given = {
            "--split": split != "validation",
            "--scenes": scenes is not None,
            "--vary": bool(vary),
        }
        if ignored := [*(option for option, given in scenes_given.items() if given), *named(looks)]:
            raise UserError(
                f"{', '.join(ignored)}: for gplac's own scenes, and --env {env.env} runs the policy elsewhere; leave"
                " either out."
            )
        evaluate_in_env(run, env, episodes, json)
        return
    if ignored := named(env):
        raise UserError(f"{', '.join(ignored)}: for a Gymnasium environment; name it with --env ID.")
    from gplac.evaluation.percent import percent
    from gplac.files import require_writable
    from gplac.runs import Run, evaluate_run
    from gplac.worlds.registry import task as task_named
    from gplac.worlds.splits import NOTHING, factors, require_factor

    opened = Run.open(run)
    task = opened.view().task
    print(f"Task: {task_named(task).title}")
    robot_model = _robot(run, looks.robot_model)
    if "each" in vary:
        vary = (NOTHING, *factors(task))
    for name in vary:
        require_factor(task, name)
    copies = dict[str | None, Path]()
    if json is not None:
        require_writable(json)  # a name is needed for others to be made of it
        copies = {factor: json.with_stem(f"{json.stem}-only-{factor}") for factor in vary} or {None: json}
    for factor, copy in copies.items():  # all of them, before the first is measured
        opened.require_replaceable(copy, split, opened.view(looks.level, looks.assets, factor, robot_model))
    parts = {}
    with bars() as progress:
        for factor in vary or (None,):
            found = evaluate_run(
                run,
                split,
                scenes,
                episodes,
                copy=copies.get(factor),
                level=looks.level,
                assets=looks.assets,
                robot_model=robot_model,
                vary=factor,
                workers=looks.workers or None,
                progress=progress,
            )
            parts[_where(split, factor)] = found
            parts |= {f"control, {name}": part for name, part in found["controls"].items()}
    for where, part in parts.items():
        over_scenes = part.get("scenes", 1) > 1
        low, high = part["interval95_scenes" if over_scenes else "interval95"]
        print(
            f"{where}: {part['successes']} of {part['episodes']} episodes succeed, {percent(part['success_rate'])}"
            f" (95 % over {'scenes' if over_scenes else 'episodes'}: {percent(low)} to {percent(high)})"
        )


def _where(split: str, factor: str | None) -> str:
    from gplac.worlds.splits import NOTHING

    if factor == NOTHING:
        return f"labelled scene, from the same starts as in {split} scenes"
    return f"{split} scenes" if factor is None else f"only the {factor} of {split} scenes"


def inspect(
    run: Run,
    /,
    *,
    demos: OptionalPath = None,
    split: Split = "validation",
    scenes: OptionalInt = None,
    level: Level = "standard",
    assets: OptionalPath = None,
    robot_model: OptionalPath = None,
) -> None:
    """Look into a trained policy with every instrument: what has it learned to look at? docs/learning.md explains them.

    Args:
        run: Folder of the run.
        demos: Demonstrations of the labelled scene; by default data/PRESET/TASK/demos-1, where they have to be those
            that it was trained on, or your own, where they were.
        split: Whose scenes are the unseen ones.
        scenes: How many of them; by default all.
        level: Difficulty of the looks.
        assets: Folder of your own textures and meshes, used instead of gplac's.
        robot_model: MJCF file of your own Sawyer; by default the one in the demonstrations. Mug push alone.
    """
    from gplac.evaluation.percent import percent
    from gplac.runs import inspect_run

    robot_model = _robot(run, robot_model)
    with bars() as progress:
        found = inspect_run(
            run, demos, split, scenes, level=level, assets=assets, robot_model=robot_model, progress=progress
        )
    errors, looks = found["action_error"], found["sensitivity"]["image"]
    print(
        f"Action error (variance 1): labelled {errors['labelled']['mean']:.3f}, unseen {errors['unseen']['mean']:.3f}."
    )
    print(f"Another frame's picture changes the action by {looks:.3f} (mean square, variance 1).")
    if "probe" in found:
        probe, share = found["probe"], found["points_on_object"]
        print(
            "Error of the object's position read off the points, in image heights: "
            f"labelled {probe['labelled']:.3f}, unseen {probe['unseen']:.3f}, "
            f"refitted there {probe['refitted']:.3f}, knowing nothing {probe['mean']:.3f}."
        )
        print(
            f"Points on the object: labelled {percent(share['labelled']['mean'])}, unseen "
            f"{percent(share['unseen']['mean'])} (by chance {percent(share['unseen']['chance'])}, best fixed "
            f"point {percent(share['unseen']['best_fixed'])})."
        )
    if "classifier" in found:
        print(f"Classifier on unseen scenes: {percent(found['classifier']['accuracy'])} right.")


def _robot(folder: Path, named: Path | None) -> Path | None:
    """The robot of the user's own that a run is looked at with; says so where nobody named it."""
    from gplac.runs import Run

    model = Run.open(folder).robot(named)
    if model != named:
        print(f"The robot is {model}, as in the run's demonstrations; --robot-model names another.")
    return model


def compare(
    results: Annotated[Positional[tuple[Path, ...]], arg(metavar="A.json B.json [A.json B.json ...]")],
    /,
) -> None:
    """Compare two results episode by episode: how much more often does B succeed than A?

    Several pairs, such as seeds of the two, are compared one by one and together.

    Args:
        results: Result file of the one policy, then of the other; more such pairs.
    """
    from gplac.evaluation.compare import compare, compare_pairs
    from gplac.evaluation.percent import percent, point_span, points
    from gplac.evaluation.result import read_result

    if not results or len(results) % 2:
        raise UserError(
            f"gplac compare takes pairs of result files and was given {len(results)}: A, B, A, B."
        )
    paths = list(zip(results[::2], results[1::2], strict=True))
    pairs = [(read_result(a), read_result(b)) for a, b in paths]
    together = compare_pairs(pairs)
    if len(pairs) == 1:
        for name, path, result in zip("AB", results, pairs[0], strict=True):
            rate = f"{result['successes']:,} of {result['episodes']:,}, {percent(result['success_rate'])}"
            print(f"{name}, {path}: {_called(result)}: {rate}")
        _print_difference(together, "A", "B")
    else:
        # Which file was paired with which: names in a wrong order would not show in a sum.
        for (a, b), pair in zip(paths, pairs, strict=True):
            found = compare(*pair)
            span = "" if found.never else f" ({point_span(found.interval95.low, found.interval95.high)})"
            print(f"A {a}, B {b}: {points(found.difference)} points{span}")
        # No p: it would count the same episodes of several trainings as if they had nothing to do with each other.
        _print_difference(together, "A", "B", p=False)
    presets = sorted({result["preset"] for pair in pairs for result in pair})
    if len(presets) > 1:
        print(f"They are of different presets: {', '.join(presets)}.")
    most = sum(max(a["episodes"], b["episodes"]) for a, b in pairs)
    if together.episodes < most:
        print(f"Episodes that not all have are left out: {together.episodes:,} of {most:,} are compared.")


def _called(result: "Result") -> str:
    """What a result is of, in a line."""
    weak = f", {result['weak_images']:,} weak images" if result["weak_images"] else ""
    scenes = f"{result['scenes']} {result['split']} scene{'s' if result['scenes'] > 1 else ''}"
    return f"{result['method']}, preset {result['preset']}, seed {result['seed']}{weak}, {scenes}"


def report(
    paths: Annotated[Positional[tuple[Path, ...]], arg(metavar="PATH ...")],
    /,
    *,
    out: Path = Path("report"),
    split: Split = "test",
    level: Level = "standard",
    robot_model: OptionalPath = None,
) -> None:
    """Write a page, with pictures, about evaluated runs or result files.

    Args:
        paths: Folders of runs, result files, or folders that hold result files.
        out: Folder to write into.
        split: Which evaluation of each run.
        level: Which difficulty of the looks.
        robot_model: Which MJCF file of your own Sawyer; by default, of each run, the one in its demonstrations.
    """
    from gplac.reporting.report import write_report

    print(f"The report is {write_report(paths, out, split, level, robot_model)}.")


def demo(*, preset: Preset = "demo", out: Path = Path("demo"), seed: int = 0) -> None:
    """The whole story: collect data, train ATT-1 and GPLAC, evaluate both in unseen scenes, write a report.

    Args:
        preset: Size of everything.
        out: Folder to write into; what is already there is gone on with.
        seed: Of data and training.
    """
    from gplac.demo import demo

    difference = demo(preset, out, seed, print, bars)
    _print_difference(difference, "ATT-1", "GPLAC")


def _print_difference(found: "PairedDifference", a: str, b: str, p: bool = True) -> None:
    from gplac.evaluation.percent import how_often, point_span

    if found.never:
        print(
            f"{b} succeeds as often as {a}: the two come out alike in each of {found.episodes} pairs of episodes, which"
            " does not say how far they differ in other scenes."
        )
        return
    low, high = found.interval95.low, found.interval95.high
    print(
        f"{b} succeeds {how_often(found.difference)} than {a} "
        f"(95 % interval over scenes {point_span(low, high)}; {found.episodes} pairs of episodes)."
    )
    mcnemar = f" (McNemar's p = {found.p_mcnemar:.2g})" if p else ""
    print(f"Only {a} succeeds in {found.only_a}, only {b} in {found.only_b}{mcnemar}.")

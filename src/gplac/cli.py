"""``gplac VERB``: each verb calls one function of one room. Rooms are imported by the verb that needs them, so that
help is quick and `gplac doctor` works where nothing else does."""

import errno
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional, arg
from tyro.extras import SubcommandApp

from gplac import config
from gplac.errors import UserError

app, expert, collect, data = SubcommandApp(), SubcommandApp(), SubcommandApp(), SubcommandApp()

Task = Annotated[Positional[str], arg(metavar="TASK")]
Folder = Annotated[Positional[Path], arg(metavar="FOLDER")]
OptionalPath = Annotated[Path | None, arg(metavar="PATH")]
Run = Annotated[Positional[Path], arg(metavar="RUN")]
Split = Literal["labelled", "weak", "validation", "test"]
Level = Literal["standard", "wild"]


@dataclass(frozen=True)
class Size:
    """How large everything is."""

    preset: Literal["smoke", "lite", "paper"] = "lite"
    """Size of everything: seconds, under an hour a run, or the paper's own numbers."""
    set: Annotated[tuple[str, ...], arg(metavar="FIELD=VALUE ...")] = ()
    """Changes to the preset, such as training.steps=3000 network.temperature=4."""

    def settings(self) -> config.Preset:
        """The preset with its changes; a changed one says so in its name."""
        chosen = config.preset(self.preset)
        if not self.set:
            return chosen
        arguments = []
        for change in self.set:
            field, equals, value = change.partition("=")
            if not equals or field == "name":
                raise UserError(f"--set {change}: write FIELD=VALUE, for instance --set training.steps=3000.")
            arguments += [f"--{field}", *value.split(",")]
        arguments += ["--name", f"{self.preset}-changed"]
        explicit = (tyro.conf.FlagConversionOff,)
        return tyro.cli(
            config.Preset, default=chosen, args=arguments, prog="gplac ... --set", config=explicit
        )

    def data_folder(self, task: str) -> Path:
        """Where data of this size lie unless the user says otherwise."""
        changed = self.settings().data != config.preset(self.preset).data
        return Path("data") / (f"{self.preset}-changed" if changed else self.preset) / task


@dataclass(frozen=True)
class Looks:
    """What is drawn, and by how many."""

    level: Level = "standard"
    """Difficulty of the looks."""
    assets: OptionalPath = None
    """Folder of your own textures and meshes, used instead of gplac's."""
    workers: int = 0
    """Processes that draw; 0: as many as suit this machine."""


Sized = Annotated[Size, arg(name="")]
Looking = Annotated[Looks, arg(name="")]


@app.command
def doctor(*, quiet: bool = False) -> None:
    """What this machine offers (drawing without a screen, processor, GPU, versions, disk) and what to do about it.
    Ends with status 1 if something that gplac needs is missing.

    Args:
        quiet: Print only what is missing.
    """
    from gplac.doctor import examine

    findings = [finding for finding in examine() if not (quiet and finding.ok)]
    for finding in findings:
        print(f"{'ok ' if finding.ok else 'BAD'} {finding.subject}: {finding.value}")
        if finding.advice:
            print(f"    {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


@expert.command(name="train")
def expert_train(task: Task, /, *, out: OptionalPath = None, seed: int = 0) -> None:
    """Train the expert that demonstrates, from full state, with TRPO. A stopped training goes on.

    Args:
        task: Name of the task.
        out: File to write (safetensors); by default runs/experts/TASK-seedSEED.safetensors.
        seed: Of weights, episodes and exploration.
    """
    from gplac.experts.train import train_expert

    path = train_expert(task, out or Path(f"runs/experts/{task}-seed{seed}.safetensors"), seed)
    print(f"The expert is in {path}.")


@expert.command(name="evaluate")
def expert_evaluate(
    task: Task, /, *, weights: OptionalPath = None, episodes: int = 500, seed: int = 0, noise: float = 0.0
) -> None:
    """Run an expert for fresh episodes: how often it succeeds, and how smoothly it moves.

    Args:
        task: Name of the task.
        weights: File of the expert; by default the one that comes with gplac.
        episodes: How many.
        seed: Of the initial states.
        noise: Standard deviation of noise added to its torques, newton metres.
    """
    from gplac.experts.evaluate import evaluate_expert
    from gplac.experts.expert import load_expert
    from gplac.worlds.registry import task as task_named

    score = evaluate_expert(task_named(task), load_expert(task, weights), episodes, seed, noise)
    print(f"{score.successes} of {score.episodes} episodes succeed ({score.success_rate:.1%}).")
    print(
        f"Final distance {score.mean_distance_m:.3f} m; torques change by {score.mean_action_change:.1%} a step."
    )


@collect.command(name="demos")
def collect_demos(
    task: Task,
    /,
    *,
    scenes: int = 1,
    out: OptionalPath = None,
    seed: int = 0,
    expert: OptionalPath = None,
    size: Sized = Size(),
    looks: Looking = Looks(),
) -> None:
    """Collect the expert's successful episodes, seen by a camera. A stopped collection goes on.

    Args:
        task: Name of the task.
        scenes: 1: the labelled scene alone; more: the first of those that weak images come from.
        out: Folder to write; by default data/PRESET/TASK/demos-SCENES.
        seed: Of initial states and noise.
        expert: File of the expert; by default the one that comes with gplac.
    """
    from gplac.data.collect import collect_demonstrations
    from gplac.experts.expert import load_expert

    sizes = size.settings().data
    out = out or size.data_folder(task) / f"demos-{scenes}"
    collected = collect_demonstrations(
        out,
        task,
        load_expert(task, expert),
        [("labelled", 0)] if scenes == 1 else [("weak", index) for index in range(scenes)],
        sizes.demonstrations if scenes == 1 else sizes.demonstrations_per_scene,
        sizes.width,
        sizes.height,
        seed=seed,
        action_noise=sizes.action_noise,
        workers=looks.workers,
        level=looks.level,
        assets=looks.assets,
    )
    print(f"{collected.manifest.rows} frames are in {out}.")


@collect.command(name="weak")
def collect_weak_images(
    task: Task,
    /,
    *,
    out: OptionalPath = None,
    seed: int = 0,
    size: Sized = Size(),
    looks: Looking = Looks(),
) -> None:
    """Collect weakly labelled images: no robot, half with the object of interest. A stopped collection goes on.

    Args:
        task: Name of the task.
        out: Folder to write; by default data/PRESET/TASK/weak.
        seed: Of where things are in the images.
    """
    from gplac.data.collect import collect_weak

    sizes = size.settings().data
    out = out or size.data_folder(task) / "weak"
    collected = collect_weak(
        out,
        task,
        [("weak", index) for index in range(sizes.weak_scenes)],
        sizes.weak_per_scene,
        sizes.width,
        sizes.height,
        seed=seed,
        workers=looks.workers,
        level=looks.level,
        assets=looks.assets,
    )
    print(f"{collected.manifest.rows} images are in {out}.")


@data.command(name="check")
def data_check(folder: Folder, /) -> None:
    """Compare a data set with its manifest: files, checksums, images, counts. Ends with status 1 if they differ.

    Args:
        folder: Folder of the data set.
    """
    from gplac.data.check import check

    findings = check(folder)
    for finding in findings:
        print(finding)
    if findings:
        raise SystemExit(1)
    print(f"{folder} is what its manifest says.")


@data.command(name="show")
def data_show(folder: Folder, /, *, out: OptionalPath = None, rows: int = 8, columns: int = 8) -> None:
    """Make a contact sheet of a data set.

    Args:
        folder: Folder of the data set.
        out: PNG file to write; by default FOLDER.png, beside the folder.
        rows: Episodes, or scenes of weak images.
        columns: Pictures of each.
    """
    from gplac.data.show import contact_sheet

    out = out or folder.with_name(f"{folder.name}.png")
    contact_sheet(folder, out, rows, columns)
    print(f"The contact sheet is {out}.")


@app.command
def train(
    method: Annotated[Positional[str], arg(metavar="METHOD")],
    /,
    *,
    task: str = "pusher",
    demos: OptionalPath = None,
    weak: OptionalPath = None,
    out: OptionalPath = None,
    seed: int = 0,
    resume: bool = False,
    size: Sized = Size(),
) -> None:
    """Train one method. With --resume a stopped or killed training goes on.

    Args:
        method: One of the methods of Table 1, for instance gplac or att-1.
        task: Name of the task.
        demos: Folder of demonstrations; by default data/PRESET/TASK/demos-SCENES, where `gplac collect demos` writes.
        weak: Folder of weak images; by default data/PRESET/TASK/weak.
        out: Folder of the run; by default runs/PRESET/TASK/METHOD-seedSEED.
        seed: Of weights, batches and dropout.
        resume: Go on where the run was stopped.
    """
    from gplac.methods import METHODS
    from gplac.training.loop import train

    settings, folder = size.settings(), size.data_folder(task)
    scenes = min(METHODS[method]().labelled_scenes, settings.data.weak_scenes) if method in METHODS else 1
    out = out or Path("runs") / settings.name / task / f"{method}-seed{seed}"
    train(
        method,
        settings,
        demos or folder / f"demos-{scenes}",
        weak or folder / "weak",
        out,
        task,
        seed,
        resume,
    )
    print(f"The run is in {out}.")


@app.command
def evaluate(
    run: Run,
    /,
    *,
    split: Split = "validation",
    scenes: int | None = None,
    episodes: int | None = None,
    json: OptionalPath = None,
    looks: Looking = Looks(),
) -> None:
    """Run a trained policy in scenes, and with its eyes shut, and in the labelled scene. A stopped evaluation goes on.

    Args:
        run: Folder of the run.
        split: Which scenes. Choose on validation scenes; look at test scenes last.
        scenes: How many; by default the preset's number.
        episodes: How many in each scene; by default the preset's number.
        json: File to write the result to, besides the run's own folder.
    """
    from gplac.runs import evaluate_run

    with _bars() as progress:
        found = evaluate_run(
            run,
            split,
            scenes,
            episodes,
            copy=json,
            level=looks.level,
            assets=looks.assets,
            workers=looks.workers or None,
            progress=progress,
        )
    parts = {
        f"{split} scenes": found,
        **{f"control, {name}": part for name, part in found["controls"].items()},
    }
    for name, part in parts.items():
        low, high = part["interval95"]
        print(
            f"{name}: {part['successes']} of {part['episodes']} episodes succeed, "
            f"{part['success_rate']:.1%} ({low:.1%} to {high:.1%})"
        )


@app.command
def compare(
    a: Annotated[Positional[Path], arg(metavar="A.json")],
    b: Annotated[Positional[Path], arg(metavar="B.json")],
    /,
) -> None:
    """Compare two results episode by episode: how much more often does B succeed than A?

    Args:
        a: Result file of the one policy.
        b: Result file of the other.
    """
    from gplac.evaluation.compare import compare
    from gplac.evaluation.result import read_result

    found = compare(read_result(a), read_result(b))
    low, high = found.interval95.low, found.interval95.high
    print(
        f"B succeeds {100 * found.difference:+.1f} points more often than A "
        f"({100 * low:+.1f} to {100 * high:+.1f}, 95 % over scenes; {found.episodes} pairs of episodes)."
    )
    print(f"Only A succeeds in {found.only_a}, only B in {found.only_b} (McNemar p = {found.p_mcnemar:.2g}).")


@app.command
def scenes(
    task: Task,
    /,
    *,
    split: Split = "test",
    kind: Literal["view", "positive", "negative"] = "view",
    count: int | None = None,
    out: OptionalPath = None,
    level: Level = "standard",
    assets: OptionalPath = None,
) -> None:
    """Draw a contact sheet of scenes.

    Args:
        task: Name of the task.
        split: Which scenes.
        kind: The policy's view, or a weak image with or without the object of interest.
        count: How many scenes; by default all of the split.
        out: PNG file to write; by default scenes-TASK-SPLIT.png.
        level: Difficulty of the looks.
        assets: Folder of your own textures and meshes, used instead of gplac's.
    """
    from gplac.worlds.sheet import contact_sheet

    out = out or Path(f"scenes-{task}-{split}.png")
    contact_sheet(task, split, out, kind, level=level, assets=assets, scenes=count)
    print(f"The contact sheet is {out}.")


@app.command
def demo(*, out: Path = Path("demo"), seed: int = 0, size: Sized = Size()) -> None:
    """The whole story: collect data, train GPLAC and ATT-1, evaluate both in unseen scenes, write a report.

    Args:
        out: Folder to write into; what is already there is gone on with.
        seed: Of data and training.
    """
    from gplac.demo import demo

    demo(size.settings(), out, seed)


app.command(expert, name="expert", help="The expert that demonstrates.")
app.command(collect, name="collect", help="Demonstrations and weakly labelled images.")
app.command(data, name="data", help="Data sets on disk.")


@contextmanager
def _bars() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """A progress bar for each part of the work, on a terminal; yields what makes a part's callback from its name."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:

        def part(name: str) -> Callable[[int, int], None]:
            bar = bars.add_task(name, total=None)
            return lambda done, total: bars.update(bar, completed=done, total=total)

        yield part


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: the user's mistakes end in one sentence and status 2, Ctrl-C in status 130."""
    try:
        app.cli(
            prog="gplac",
            description="Visuomotor policies that work in new places, from demonstrations of one place and weakly "
            "labelled photographs.",
            args=arguments,
            config=(tyro.conf.FlagCreatePairsOff,),
        )
    except UserError as error:
        _give_up(str(error))
    except KeyboardInterrupt as stop:
        print(f"gplac: stopped. {stop}".rstrip(), file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader of our output went away (`gplac ... | head`); nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        # A path that the user named, or a full disk; anything else is a defect and shows its traceback.
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        _give_up(f"{error.filename or 'The disk'}: {error.strerror}.")


def _give_up(sentence: str) -> None:
    print(f"gplac: {' '.join(sentence.split())}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()

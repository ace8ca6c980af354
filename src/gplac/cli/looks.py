"""Verbs about what scenes look like: figures as the paper has them, and how varied they are."""

from pathlib import Path
from statistics import median
from typing import Annotated

from tyro.conf import Positional, arg

from gplac.cli.options import OptionalPath, Size, Task


def figures(
    names: Annotated[Positional[tuple[str, ...]], arg(metavar="[NAME ...]")] = (),
    /,
    *,
    out: Path = Path("figures"),
    runs: Annotated[tuple[Path, ...], arg(metavar="RUN ...")] = (),
) -> None:
    """Draw our network, tasks, training data and unseen scenes as the paper's figures 2 to 4 and 6 to 12 show its own,
    and of trained policies figure 5.

    Args:
        names: Which figures, such as figure_9_pusher; by default all.
        out: Folder to write WebP files into.
        runs: Runs of one task, for figure 5: where their feature points lie in unseen scenes, a row for each.
    """
    from gplac.reporting.paper_figures import write_figures

    for path in write_figures(out, names, runs):
        print(path)


def breadth(
    task: Task,
    /,
    *,
    weak: OptionalPath = None,
    folds: int = 5,
    steps: int = 200,
    seed: int = 0,
    out: OptionalPath = None,
    runs: OptionalPath = None,
) -> None:
    """Measure how varied a task's scenes are: what is drawn of each factor, how far pictures are apart, and how well a
    classifier does in scenes that it was not trained on. A stopped measurement goes on.

    Args:
        task: Name of the task.
        weak: Folder of weak images; by default data/lite/TASK/weak.
        folds: Parts that the weak scenes are divided into, each left out once; 0: no classifier, which takes longest.
        steps: Optimiser steps of each classifier.
        seed: Of weights and batches.
        out: JSON file to write; by default results/breadth/TASK.json.
        runs: Folder of the classifiers; by default runs/breadth/TASK.
    """
    from gplac.breadth import measure_breadth
    from gplac.evaluation.percent import percent
    from gplac.worlds.registry import task as task_named

    task_named(task)  # raises if there is none
    out = out or Path("results/breadth") / f"{task}.json"
    found = measure_breadth(
        task,
        weak or Size().collected(task, "weak", f"weak {task}", "--weak"),
        out,
        runs or Path("runs/breadth") / task,
        folds=folds,
        steps=steps,
        seed=seed,
    )
    for name, part in found["distances"].items():
        nearest = {split: median(each) for split, each in part["nearest"].items()}
        what = "policy's views" if name == "view" else "weak images"
        print(
            f"{what}: scenes are {part['between']['weak']:.3f} apart, pictures of one scene"
            f" {part['within']['weak']:.3f}; from the nearest weak scene, weak {nearest['weak']:.3f}, validation"
            f" {nearest['validation']:.3f}, test {nearest['test']:.3f} (medians)."
        )
    if found["left_out"]:
        for name, what in (("left_out", "left out"), ("trained_on", "trained on, other images")):
            part = found["left_out"][name]
            low, high = part["interval95"]
            print(
                f"Classifier in scenes {what}: {percent(part['accuracy'])} right ({percent(low)} to"
                f" {percent(high)}), in the worst {percent(part['worst_scene'])}."
            )
    print(f"Written to {out}.")

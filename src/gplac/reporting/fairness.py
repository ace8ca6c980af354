"""What every method had to learn from and what it cost, and what its controls say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from gplac import config
from gplac.evaluation.percent import percent
from gplac.evaluation.result import Result
from gplac.methods import BEYOND, Method
from gplac.methods import METHODS as MAKERS
from gplac.models.network import Network
from gplac.models.registry import encoder_named
from gplac.objectives.objective import Source, sources
from gplac.reporting.committed import Committed, Key
from gplac.reporting.paper_tables import MISSING, REFERENCES, own_settings
from gplac.reporting.published import METHODS, RATES
from gplac.reporting.sheets import Sheet
from gplac.reporting.themes import label
from gplac.training.batches import LENGTH
from gplac.training.learner import Learner
from gplac.training.stages import pictures, stages
from gplac.worlds.registry import task as task_named
from gplac.worlds.registry import task_names

SOURCES: dict[Source, str] = {
    "labels": "yes/no labels",
    "positions": "positions of the object",
    "video": "order of the frames",
}
"""What a method may read beside pictures, states and actions."""


def fair(results: Path, preset: str) -> list[Sheet]:
    """For every method of every task: data, steps, parameters, time, controls, and its classifier's accuracy.

    Args:
        results: the folder ``results``.
        preset: whose results.
    """
    return [sheet for task in task_names() if (sheet := _fair(results, preset, task)).rows]


SHEETS: dict[str, Callable[[Path, str], list[Sheet]]] = {"fair": fair}


def _fair(results: Path, preset: str, task: str) -> Sheet:
    committed = Committed(results / preset / task)
    records = [
        _record(task, preset, key, each, committed.inspections.get(key, []))
        for key, each in in_order(committed.results)
    ]
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            row_name(record["method"], record["weak_budget"]),
            f"{record['labelled_frames']:,}",
            str(record["labelled_scenes"]),
            f"{record['weak_images']:,}" if record["weak_images"] else "",
            str(record["weak_scenes"]) if record["weak_scenes"] else "",
            record["also_told"],
            f"{record['steps']:,}",
            record["images_a_step"],
            f"{record['multiply_adds'] / 1e12:,.1f}" if record["multiply_adds"] else "",
            f"{record['trained_numbers']:,}",
            f"{record['policy_numbers']:,}",
            f"{record['wall_s'] / 60:.0f} min",
            record["processor"],
            rate(record["labelled"]),
            rate(record["blank"]),
            rate(record["classifier"]),
        )
        for record in records
    )
    if rows:
        rows += missing_rows(task, (record["method"] for record in records), len(rows[0]))
    notes = [
        f"{task_named(task).title.capitalize()}, preset {preset}. Steps: of the optimiser, first stages included."
        " Images a step: demonstrated ones and weak ones, after first stages and warm-up."
        " Work: 10¹² multiply-adds of the convolutions, forward, on all pictures that training goes through, first"
        " stages included; unlike time it is the same on every machine."
        " Trained numbers: all that training adjusts, of every stage; the first convolution is not among them where it"
        " is frozen, heads that the policy does without when it runs are. Numbers of the policy: all that it computes"
        " with."
        " Time: of training alone, on that processor, which may have had other work; mean of seeds."
        " Labelled scene and grey pictures: success in controls, with grey pictures in the first of the test scenes."
        " Classifier: right about weak images of validation"
        " scenes. Frames are those that the result file tells of, in one of an older version the preset's; scenes are"
        " the preset's. Also told: what the method learns from beside pictures, states and actions. Batches of weak"
        " images are half with and half without the object, whatever the method; ATT-DA and ATT-AE have nothing else of"
        " the labels. Positions are told of images that show the object. Ceiling and floor see no pictures.",
        *own_settings(preset, [key.method for key, _ in in_order(committed.results)]),
    ]
    if first := [label(name) for name in {record["method"]: 0 for record in records} if _asked_first(name)]:
        notes.append(
            f"The classifier of {' and '.join(first)} is judged after the second stage, which does not train it."
        )
    if uncontrolled := [
        row_name(record["method"], record["weak_budget"])
        for record in records
        if record["method"] in MAKERS and None in (record["labelled"], record["blank"])
    ]:
        notes.append(f"Without controls, which were not measured: {', '.join(uncontrolled)}.")
    if untold := [name for key, each in in_order(committed.results) if (name := _untold(key, each))]:
        notes.append(
            "Files of an older version, which do not tell what they were trained with; batches and work are the"
            " preset's of today, and where they do not tell the processor either, it is the one that evaluated them:"
            f" {', '.join(untold)}."
        )
    head = (
        "Method",
        "Labelled frames",
        "of scenes",
        "Weak images",
        "of weak scenes",
        "Also told",
        "Steps",
        "Images a step",
        "Work",
        "Trained numbers",
        "Numbers of the policy",
        "Time",
        "on",
        "Labelled scene",
        "Grey pictures",
        "Classifier",
    )
    return Sheet(
        f"What each method had, {task_named(task).title} (preset {preset})",
        head,
        rows,
        tuple(notes),
        tuple(records),
    )


def _record(
    task: str, preset: str, key: Key, results: Sequence[Result], inspections: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    method, budget, _ = key
    settings = _as_trained(config.preset(preset, task, method), results[0])
    sizes, steps = settings.data, task_named(task).episode_steps
    scenes, told, images, work = 1, SOURCES["positions"] if method == "ceiling" else "", "", None
    if method in MAKERS:
        made = MAKERS[method]()
        images = _images_a_step(made, settings.training)
        work = multiply_adds(method, settings)
        scenes = min(made.labelled_scenes, sizes.weak_scenes)
        told = ", ".join(text for source, text in SOURCES.items() if source in made.reads)
    each = sizes.demonstrations if scenes == 1 else sizes.demonstrations_per_scene
    training = [result["training"] for result in results]
    trained, running = _numbers(task, method, settings, training[0]["parameters"])
    classifiers = [found["classifier"]["accuracy"] for found in inspections if "classifier" in found]
    return {
        "task": task,
        "preset": preset,
        "method": method,
        "weak_budget": budget,
        "seeds": " ".join(str(result["seed"]) for result in results),
        "labelled_frames": next(
            (result["labelled_images"] for result in results if "labelled_images" in result),
            scenes * each * steps,
        ),
        "labelled_scenes": scenes,
        "weak_images": results[0]["weak_images"],
        "weak_scenes": _weak_scenes(results[0], sizes.weak_scenes),
        "also_told": told,
        "steps": training[0]["steps"],
        "images_a_step": images,
        "multiply_adds": work,
        "trained_numbers": trained,
        "policy_numbers": running,
        "wall_s": round(fmean(one["wall_s"] for one in training), 1),
        "processor": ", ".join(
            dict.fromkeys(map(_named, chain.from_iterable(map(training_hardware, results))))
        ),
        "labelled": _control(results, "labelled"),
        "blank": _control(results, "blank"),
        "classifier": round(fmean(classifiers), 6) if classifiers else None,
    }


def _weak_scenes(result: Result, scenes: int) -> int:
    """How many scenes its weak images are of: each gives as many with the object as without, so that few are of few."""
    return min(scenes, (int(result["weak_images"]) + 1) // 2)


def _asked_first(name: str) -> bool:
    """Whether a method's classifier is trained in its first stage alone."""
    method = MAKERS[name]() if name in MAKERS else None
    return method is not None and method.classifies and "labels" not in sources(method.objectives)


def _untold(key: Key, results: Sequence[Result]) -> str:
    """The row, and which of its seeds do not tell their settings; empty if all do."""
    seeds = [str(each["seed"]) for each in results if "settings" not in each["training"]]
    if key.method not in MAKERS or not seeds:
        return ""
    return f"{row_name(key.method, key.weak_budget)} (seed {', '.join(seeds)})"


def _images_a_step(method: Method, settings: config.TrainConfig) -> str:
    sizes = {"labelled": settings.labelled_batch, "weak": settings.weak_batch}
    read = sources(method.objectives)
    return " + ".join(str(size) for source, size in sizes.items() if source in read)


def _as_trained(settings: config.Preset, result: Result) -> config.Preset:
    """What a method was trained with, as its result tells; of one of an older version, what the preset has today."""
    told = result["training"].get("settings", {})
    parts = {}
    for name in ("data", "network", "training"):
        part = getattr(settings, name)
        known = {key: value for key, value in told.get(name, {}).items() if hasattr(part, key)}
        # JSON has no tuples, and settings are to be told apart by what they hold.
        parts[name] = replace(
            part, **{key: tuple(value) if isinstance(value, list) else value for key, value in known.items()}
        )
    return replace(settings, **parts)


@cache
def multiply_adds(method: str, settings: config.Preset) -> int:
    """Of the convolutions, forward, for all pictures of a training.

    Args:
        method: its name.
        settings: what it is trained with.
    """
    made = MAKERS[method]()
    with torch.random.fork_rng():
        encoder = encoder_named(made.encoder)(settings.network, settings.data.height, settings.data.width)
    picture = torch.zeros(1, settings.data.height, settings.data.width, 3, dtype=torch.uint8)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        encoder.eval().map(picture)
    training = settings.training
    return int(counter.get_total_flops()) // 2 * pictures(stages(made, training), batches(training))


def batches(training: config.TrainConfig) -> dict[str, int]:
    """Pictures of a batch, by the source that it is of."""
    return {
        "labelled": training.labelled_batch,
        "weak": training.weak_batch,
        "video": training.labelled_batch // LENGTH * LENGTH,
    }


@cache
def _numbers(task: str, method: str, settings: config.Preset, told: int) -> tuple[int, int]:
    """How many numbers training adjusts, and how many its policy computes with; of a clone that sees no pictures all
    that its file tells. What a result tells is the network with its frozen layer and its classifier, and without heads
    that a term of the loss brings along."""
    if method not in MAKERS:
        return told, told
    made, what = MAKERS[method](), task_named(task)
    size = settings.data.height, settings.data.width, what.state_size, what.action_size
    with torch.random.fork_rng():  # initial weights are drawn, whatever they are for
        network = Network(settings.network, *size, made.encoder, made.classifies)
        learner = Learner(network, made.pretrain + made.objectives)
    trained = sum(each.numel() for each in learner.parameters() if each.requires_grad)
    asked = 0 if network.classifier_head is None else _count(network.classifier_head)
    return trained, _count(network) - asked


def _count(module: torch.nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def training_hardware(result: Result) -> list[Mapping[str, Any]]:
    """The hardware that a policy was trained on, part by part; of a file of an older version, which does not tell, what
    it was evaluated on."""
    trained = result["training"].get("provenance", {})
    parts = (*trained.get("earlier", ()), trained)
    return [part.get("hardware", result["provenance"]["hardware"]) for part in parts]


def _named(hardware: Mapping[str, Any]) -> str:
    return str(hardware.get("gpu") or hardware.get("cpu", "not told"))


def _control(results: Sequence[Result], name: str) -> float | None:
    counts = [result["controls"][name] for result in results if name in result["controls"]]
    if not counts:
        return None
    successes, episodes = (sum(int(each[what]) for each in counts) for what in ("successes", "episodes"))
    return round(successes / episodes, 6)


def in_order(found: Mapping[Key, Any]) -> list[tuple[Key, Any]]:
    """The paper's order, methods beyond it, then the references; all weak images first, then smaller budgets. Those of
    fewer scenes are another table's (`gplac.reporting.photographs`)."""
    order = (*METHODS, *BEYOND, *REFERENCES)
    known = [(key, each) for key, each in found.items() if key.method in order and not key.scene_budget]
    return sorted(known, key=lambda item: (order.index(item[0][0]), item[0][1] > 0, -item[0][1]))


def row_name(method: str, budget: int) -> str:
    """What a row is called."""
    return f"{label(method)}, {budget:,} weak images" if budget else label(method)


def missing_rows(task: str, measured: Iterable[str], columns: int) -> tuple[tuple[str, ...], ...]:
    """Rows of the paper's methods that are not measured, with so many columns."""
    there = {*measured}
    return tuple((label(name), MISSING, *[""] * (columns - 2)) for name in RATES[task] if name not in there)


def rate(share: float | None) -> str:
    """In percent; nothing where there is none."""
    return "" if share is None else percent(share)

"""Training on a user's own demonstrations and photographs, with settings that fit the data.

Nothing here asks the data to be of the paper's size: pictures, states, actions and scenes are taken as they come.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from gplac import config
from gplac.config import Preset
from gplac.data.budget import chosen
from gplac.data.dataset import Demonstrations, WeakImages, rows
from gplac.data.importers.pictures import SMALLEST_PX
from gplac.data.soundness import not_finite
from gplac.errors import UserError
from gplac.methods import method_named
from gplac.training.heldout import held_out
from gplac.training.loop import fit
from gplac.training.settings import check_settings
from gplac.training.split import Part, Split, split

PASSES = 20
"""How often each frame and each photograph is drawn, within the bounds of `STEPS`; `lite` does so about as often."""
STEPS = (3_500, 12_000)
"""Fewest and most optimiser steps: those of `demo` and of `lite`, which were chosen on validation scenes."""
LITE_CELLS = 32 * 28
"""Cells of an attention map at `lite`'s 64x56 pixels, where its temperature was chosen."""
LARGE_PX = 120
"""Pictures wider than this take so long that the user is told of it."""


def check(demonstrations: Demonstrations, weak: WeakImages | None, classified: bool = True) -> None:
    """Whether data can be trained on: by a method that reads the photographs' labels, unless not ``classified``.

    Raises:
        UserError: one episode or none, pictures too small, no action, states or actions that are not finite, pictures
            of two sizes, or too few photographs of one label; the message says how to mend it.
    """
    _sound(demonstrations, weak)
    episodes = len(np.unique(demonstrations.episode))
    if episodes < 2:
        raise UserError(
            f"There are {len(demonstrations.images)} frames of {episodes} episode{'s' * (episodes != 1)}, and at least"
            " two episodes are needed, one of them to test on: record more demonstrations and import them all."
        )
    height, width = demonstrations.images.shape[1:3]
    if min(height, width) < SMALLEST_PX:
        raise UserError(
            f"Pictures of {width}x{height} pixels are too small to find anything in; they need {SMALLEST_PX} across and"
            " down."
        )
    if not demonstrations.actions.shape[1]:
        raise UserError("The actions have no numbers: a policy needs at least one to answer.")

    def place(row: int) -> str:
        return f"frame {demonstrations.frame[row]} of episode {demonstrations.episode[row]}"

    for name, values in (("the state", demonstrations.states), ("the action", demonstrations.actions)):
        found = not_finite(name, values, place)
        if found is not None:
            raise UserError(
                f"{found[0].upper()}{found[1:]}: mend the recording, or leave that episode out, and import again."
            )
    if weak is None:
        return
    if weak.images.shape[1:] != demonstrations.images.shape[1:]:
        sizes = [f"{each.images.shape[2]}x{each.images.shape[1]}" for each in (demonstrations, weak)]
        raise UserError(
            f"Demonstrations are {sizes[0]} pixels, photographs {sizes[1]}: import them again at one size."
        )
    present = int(np.count_nonzero(weak.labels))
    absent = len(weak.labels) - present
    if classified and min(present, absent) < 2:
        raise UserError(
            f"Of the photographs {present} show the object and {absent} do not; a classifier needs both kinds, about as"
            " many of each: add photographs of the same places with and without it."
        )


def _sound(demonstrations: Demonstrations, weak: WeakImages | None) -> None:
    """Whether arrays are of the kinds and lengths that training takes; those from folders are.

    Raises:
        UserError: they are not.
    """
    one, two = ("episode", "frame", "scene", "labels"), ("states", "actions", "qpos", "object_positions")
    axes_of = dict.fromkeys(one, 1) | dict.fromkeys(two, 2)
    for what, data in (("demonstrations", demonstrations), ("photographs", weak)):
        if data is None:
            continue
        images = data.images
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise UserError(
                f"The images of the {what} are {images.dtype} of shape {images.shape}: give uint8 of shape"
                " (N, height, width, 3), RGB from 0 to 255."
            )
        for name, axes in axes_of.items():
            array = getattr(data, name, None)
            if array is None:
                continue
            if array.dtype.kind not in "biuf" or array.ndim != axes or len(array) != len(images):
                raise UserError(
                    f"{name} of the {what} are {array.dtype} of shape {array.shape}: give numbers, {axes}"
                    f" {'axes' if axes > 1 else 'axis'}, a row for each of the {len(images)} images."
                )


def own_preset(trained: Part, base: str = "lite") -> Preset:
    """Settings for a user's data: ``base``'s, with sizes from the data.

    From `lite`, the default, come network, batches and learning rate. Its steps follow the amount of data, `PASSES`
    draws of every picture, between `STEPS`; its temperature keeps the height that a peak must have to hold half of the
    attention, which for a map of N cells is the temperature times log N. Other presets keep all that they have.
    """
    preset = config.preset(base)
    _, height, width, _ = trained.demonstrations.images.shape
    weak = trained.weak
    scenes = 0 if weak is None else len(np.unique(weak.scene))
    data = config.DataConfig(
        width,
        height,
        demonstrations=len(np.unique(trained.demonstrations.episode)),
        demonstrations_per_scene=0,
        weak_scenes=scenes,
        weak_per_scene=0 if weak is None else math.ceil(len(weak.images) / scenes),
        action_noise=0.0,
    )
    name = "own" if base == "lite" else f"own-{base}"
    preset = replace(preset, name=name, data=data)
    if base != "lite":
        return preset
    training = preset.training
    draws = len(trained.demonstrations.images) / training.labelled_batch
    if weak is not None:
        draws = max(draws, len(weak.images) / training.weak_batch)
    steps = int(np.clip(500 * math.ceil(PASSES * draws / 500), *STEPS))
    training = replace(training, steps=steps, warmup_steps=steps // 10, checkpoint_every=500)
    cells = max(2, math.ceil(height / 2) * math.ceil(width / 2))
    temperature = preset.network.temperature * math.log(LITE_CELLS) / math.log(cells)
    return replace(
        preset, training=training, network=replace(preset.network, temperature=round(temperature, 3))
    )


def train_own(
    demonstrations: Demonstrations,
    weak: WeakImages | None,
    run_dir: Path,
    *,
    method: str | None = None,
    base: str = "lite",
    change: Callable[[Preset], Preset] | None = None,
    seed: int = 0,
    resume: bool = False,
    checksums: dict[str, str] | None = None,
    notes: dict[str, Any] | None = None,
    say: Callable[[str], None] = print,
) -> Split:
    """Train on a user's own data and leave a run in ``run_dir``; see `gplac.training.loop.fit`.

    Args:
        demonstrations: of at least two episodes.
        weak: photographs; without them ATT-1 is trained.
        run_dir: folder of the run.
        method: one of `METHODS`; by default GPLAC, or ATT-1 where there are no photographs.
        base: preset that the settings come from; see `own_preset`.
        change: what the user changes of them.
        seed: of what is held out, weights, batches and dropout.
        resume: go on with a stopped run.
        checksums: by kind of data, tell them from all other; of a kind that is missing, `array_checksum`.
        notes: what else run.json shall tell, and a resumed run may have otherwise.
        say: called with each sentence that the user should read.

    Returns:
        The parts: what was trained on, and what was not.

    Raises:
        UserError: see `check` and `gplac.training.loop.fit`.
    """
    if method is None:
        method = "gplac" if weak is not None else "att-1"
        if weak is None:
            say(
                "No photographs are given (--weak): training ATT-1, which learns from the demonstrations alone and"
                " cannot be expected to work elsewhere."
            )
    known = method_named(method)
    if not known.weak_scenes:
        weak = None
    check(demonstrations, weak, "labels" in known.reads)
    parts = split(demonstrations, weak, seed)
    preset = own_preset(parts.trained, base)
    changed = change(preset) if change else preset
    check_settings(changed, parts.trained.weak is not None)
    for name, value in asdict(changed.data).items():
        if value != getattr(preset.data, name):
            raise UserError(
                f"data.{name} is {value}, and your own data are as they were imported: leave that setting out, or"
                " import them again."
            )
    preset = _in_proportion(preset, changed)
    parts = limited(parts, preset.training.weak_budget, preset.training.scene_budget, seed)
    width, height = preset.data.width, preset.data.height
    if width > LARGE_PX:
        longer = width * height / (64 * 56)
        say(
            f"Pictures are {width}x{height} pixels: a step takes about {longer:.0f} times as long as at 64x56, and the"
            " first steps will tell how long the training is. Importing them smaller makes it quicker."
        )
    fit(
        known,
        preset,
        parts.trained.demonstrations,
        parts.trained.weak,
        run_dir,
        name=method,
        task=demonstrations.task,
        seed=seed,
        resume=resume,
        validation=held_out(parts.held_out.demonstrations, parts.held_out.weak),
        data=checksums_of(demonstrations, weak, checksums or {}) | {"held_out": parts.facts},
        notes=notes,
    )
    return parts


def limited(parts: Split, weak_budget: int, scene_budget: int, seed: int) -> Split:
    """With only so many of the photographs trained on, see `gplac.data.budget.chosen`; those held out stay.

    Raises:
        UserError: there are not so many photographs of both kinds, or places.
    """
    weak = parts.trained.weak
    if weak is None or not (weak_budget or scene_budget):
        return parts
    kept = rows(weak, chosen(weak.labels, weak.scene, weak_budget, seed, scene_budget))
    return replace(parts, trained=replace(parts.trained, weak=kept))


def _in_proportion(before: Preset, after: Preset) -> Preset:
    """With other steps, what was not changed as well follows: the warm-up stays a tenth of them, and the weights are
    averaged over at most a seventh, as with the fewest steps of `STEPS`, so that what was not yet learned does not
    linger."""
    was, now = before.training, after.training
    if now.steps == was.steps:
        return after
    follows: dict[str, Any] = {
        "warmup_steps": now.steps // 10,
        "checkpoint_every": min(now.checkpoint_every, max(1, now.steps // 4)),
        "average_decay": round(min(now.average_decay, max(0.0, 1 - 7 / now.steps)), 4),
    }
    kept = {name: value for name, value in follows.items() if getattr(now, name) == getattr(was, name)}
    return replace(after, training=replace(now, **kept))


def checksums_of(
    demonstrations: Demonstrations, weak: WeakImages | None, known: Mapping[str, str]
) -> dict[str, str]:
    """By kind of data, what tells these from all other: what is ``known``, and the `array_checksum` of the rest."""
    given = {"demonstrations": demonstrations} | ({} if weak is None else {"weak": weak})
    return {kind: known.get(kind) or array_checksum(data) for kind, data in given.items()}


def array_checksum(data: Demonstrations | WeakImages) -> str:
    """SHA-256 of what is trained on: pictures, numbers, which belong together, and where the object is, if that is
    known."""
    names = (
        ("states", "actions", "episode", "frame") if isinstance(data, Demonstrations) else ("labels", "scene")
    )
    known = () if data.object_positions is None else (data.object_positions,)
    digest = hashlib.sha256()
    for array in (data.images, *(getattr(data, name) for name in names), *known):
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()

"""Training on a user's own demonstrations and photographs: what is held out, and settings that fit the data.

Nothing here asks the data to be of the paper's size: pictures, states, actions and scenes are taken as they come.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gplac import config
from gplac.config import Preset
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.errors import UserError
from gplac.methods import METHODS
from gplac.seeding import rng
from gplac.training.heldout import held_out
from gplac.training.loop import fit

HELD_OUT = 0.1
"""Share of episodes, and of photographs, that are never trained on."""
MOST_HELD_OUT = 0.34
"""Scenes that would take the photographs held out beyond this share are trained on."""
WHOLE_SCENES = 5
"""From so many scenes on, photographs are held out scene by scene."""
PASSES = 20
"""How often each frame and each photograph is drawn, within the bounds of `STEPS`; `lite` draws its own as often."""
STEPS = (3_500, 12_000)
"""Fewest and most optimiser steps: those of `demo` and of `lite`, which were chosen on validation scenes."""
LITE_CELLS = 32 * 28
"""Cells of an attention map at `lite`'s 64x56 pixels, where its temperature was chosen."""
LARGE_PX = 120
"""Pictures wider than this take so long that the user is told of it."""

Bools = npt.NDArray[np.bool_]
Data = TypeVar("Data", Demonstrations, WeakImages)


@dataclass(frozen=True)
class Part:
    """Demonstrations, and photographs if there are any."""

    demonstrations: Demonstrations
    weak: WeakImages | None


@dataclass(frozen=True)
class Split:
    """A user's data in two parts, which share no episode and, where there are enough, no scene of photographs."""

    trained: Part
    held_out: Part
    facts: dict[str, Any]
    """What was held out, as run.json tells it: ``episodes``, ``photographs`` (how many) and, where whole scenes were
    held out, ``photograph_scenes``."""


def rows(data: Data, chosen: Bools) -> Data:
    """Those rows of a data set that ``chosen (N,)`` says."""
    values: dict[str, Any] = {each.name: getattr(data, each.name) for each in fields(data)}
    taken = {name: value[chosen] for name, value in values.items() if isinstance(value, np.ndarray)}
    return type(data)(**values | taken)


def check(demonstrations: Demonstrations, weak: WeakImages | None) -> None:
    """Whether data can be trained on.

    Raises:
        UserError: one episode or none, states or actions that are not finite, pictures of two sizes, or too few
            photographs of one label; the message says how to mend it.
    """
    episodes = len(np.unique(demonstrations.episode))
    if episodes < 2:
        raise UserError(
            f"There are {len(demonstrations.images)} frames of {episodes} episode{'s' * (episodes != 1)}, and at least"
            " two episodes are needed, one of them to test on: record more demonstrations and import them all."
        )
    for name, values in (("state", demonstrations.states), ("action", demonstrations.actions)):
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            row, column = bad[0]
            raise UserError(
                f"Number {column} of the {name} is {values[row, column]} in frame {demonstrations.frame[row]} of"
                f" episode {demonstrations.episode[row]} ({len(np.unique(bad[:, 0]))} frames have such numbers):"
                " mend the recording, or leave that episode out, and import again."
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
    if min(present, absent) < 2:
        raise UserError(
            f"Of the photographs {present} show the object and {absent} do not; a classifier needs both kinds, about as"
            " many of each: add photographs of the same places with and without it."
        )


def split(demonstrations: Demonstrations, weak: WeakImages | None, seed: int) -> Split:
    """Hold out a tenth of the episodes and of the photographs; the same data and seed give the same parts."""
    episodes = np.unique(demonstrations.episode)
    count = max(1, round(HELD_OUT * len(episodes)))
    tested = np.sort(rng("held-out episodes", seed).permutation(episodes)[:count])
    frames = np.isin(demonstrations.episode, tested)
    facts: dict[str, Any] = {"episodes": tested.tolist()}
    photographs: tuple[WeakImages | None, WeakImages | None] = None, None
    if weak is not None:
        chosen, scenes = held_out_photographs(weak.labels, weak.scene, seed)
        photographs = rows(weak, ~chosen), rows(weak, chosen)
        facts["photographs"] = int(chosen.sum())
        if scenes:
            facts["photograph_scenes"] = scenes
    return Split(
        Part(rows(demonstrations, ~frames), photographs[0]),
        Part(rows(demonstrations, frames), photographs[1]),
        facts,
    )


def held_out_photographs(
    labels: npt.NDArray[np.uint8], scene: npt.NDArray[np.int64], seed: int
) -> tuple[Bools, list[int]]:
    """Which photographs ``(N,)`` are held out, and the scenes that they make up.

    Whole scenes, where there are at least `WHOLE_SCENES` and both kinds of photographs end up on both sides; else a
    tenth of either kind at random, and no scene is named.
    """
    scenes = np.unique(scene)
    if len(scenes) >= WHOLE_SCENES:
        chosen, names = np.zeros(len(labels), np.bool_), list[int]()
        for each in rng("held-out scenes", seed).permutation(scenes):
            wider = chosen | (scene == each)
            if wider.mean() > MOST_HELD_OUT or not _both(labels[~wider]):
                continue
            chosen, names = wider, [*names, int(each)]
            if chosen.mean() >= HELD_OUT and _both(labels[chosen]):
                return chosen, sorted(names)
    chosen = np.zeros(len(labels), np.bool_)
    for label in (0, 1):
        kind = np.flatnonzero((labels > 0) == label)
        count = max(1, round(HELD_OUT * len(kind)))
        chosen[rng("held-out photographs", seed, label).permutation(kind)[:count]] = True
    return chosen, []


def _both(labels: npt.NDArray[np.uint8]) -> bool:
    return bool(labels.any() and not labels.all())


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
        checksums: tell the data from all other; by default of the arrays.
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
    if method not in METHODS:
        raise UserError(f"no method is called {method!r}: choose one of {', '.join(METHODS)}")
    if not METHODS[method]().weak_scenes:
        weak = None
    check(demonstrations, weak)
    parts = split(demonstrations, weak, seed)
    preset = own_preset(parts.trained, base)
    preset = _with_warmup(preset, change(preset) if change else preset)
    width, height = preset.data.width, preset.data.height
    if width > LARGE_PX:
        longer = width * height / (64 * 56)
        say(
            f"Pictures are {width}x{height} pixels: a step takes about {longer:.0f} times as long as at 64x56, and the"
            " first steps will tell how long the training is. Importing them smaller makes it quicker."
        )
    fit(
        METHODS[method](),
        preset,
        parts.trained.demonstrations,
        parts.trained.weak,
        run_dir,
        name=method,
        task=demonstrations.task,
        seed=seed,
        resume=resume,
        validation=held_out(parts.held_out.demonstrations, parts.held_out.weak),
        data={
            kind: (checksums or array_checksums(demonstrations, weak))[kind]
            for kind in (("demonstrations",) if weak is None else ("demonstrations", "weak"))
        }
        | {"held_out": parts.facts},
        notes=notes,
    )
    return parts


def _with_warmup(before: Preset, after: Preset) -> Preset:
    """With other steps, the warm-up stays a tenth of them, unless it was changed as well."""
    was, now = before.training, after.training
    if now.steps == was.steps or now.warmup_steps != was.warmup_steps:
        return after
    every = min(now.checkpoint_every, max(1, now.steps // 4))
    return replace(after, training=replace(now, warmup_steps=now.steps // 10, checkpoint_every=every))


def array_checksums(demonstrations: Demonstrations, weak: WeakImages | None) -> dict[str, str]:
    """SHA-256 of what is trained on, by kind of data."""
    used = {
        "demonstrations": [
            getattr(demonstrations, name) for name in ("images", "states", "actions", "episode")
        ]
    }
    if weak is not None:
        used["weak"] = [weak.images, weak.labels, weak.scene]
    found = {}
    for kind, arrays in used.items():
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        found[kind] = digest.hexdigest()
    return found

"""What is held out of a user's own data: whole episodes, and whole places of photographs where there are enough."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data.dataset import Demonstrations, WeakImages, rows
from gplac.errors import UserError
from gplac.seeding import rng

HELD_OUT = 0.1
"""Share of episodes, and of photographs, that are never trained on."""
MOST_HELD_OUT = 0.34
"""Scenes that would take the photographs held out beyond this share are trained on."""
WHOLE_SCENES = 5
"""From so many scenes on, photographs are held out scene by scene."""

Bools = npt.NDArray[np.bool_]


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


def split(demonstrations: Demonstrations, weak: WeakImages | None, seed: int) -> Split:
    """Hold out a tenth of the episodes and of the photographs; the same data and seed give the same parts.

    Raises:
        UserError: so few photographs that none would be left to train on.
    """
    episodes = np.unique(demonstrations.episode)
    count = max(1, round(HELD_OUT * len(episodes)))
    tested = np.sort(rng("held-out episodes", seed).permutation(episodes)[:count])
    frames = np.isin(demonstrations.episode, tested)
    facts: dict[str, Any] = {"episodes": tested.tolist()}
    photographs: tuple[WeakImages | None, WeakImages | None] = None, None
    if weak is not None:
        chosen, scenes = held_out_photographs(weak.labels, weak.scene, seed)
        if chosen.all():
            raise UserError(
                f"There are {len(chosen)} photographs, and one of each kind at least is held out: nothing is left to"
                " train on. Take more."
            )
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

"""How far to trust a policy of a user's own data: everything that can be measured without running the robot.

All of it is measured on episodes and photographs that were held out. What it cannot tell is whether the robot succeeds:
an action error is not a failure rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data.dataset import Demonstrations, WeakImages
from gplac.evaluation import instruments
from gplac.evaluation.channels import main_channels, reaction, shares, spread
from gplac.evaluation.inspection import calls, classifier_channels, policy_channels
from gplac.evaluation.policies import (
    GREY,
    Attentive,
    Float32,
    Policy,
    has_classifier,
    has_points,
)
from gplac.evaluation.statistics import bootstrap_over_scenes, wilson
from gplac.luma import LUMA
from gplac.seeding import rng

MOST = 1_000
"""Frames, and photographs, that are looked at; of more, some are drawn."""
MAPS = 64
"""Pictures that the entropy is measured on: maps are large."""
EXTREME = 20
"""The darkest and the brightest photographs: so many, at most a quarter."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Names:
    """What numbers and places are called."""

    actions: Sequence[str]
    """Of each number of an action."""
    scenes: Mapping[int, str]
    """Of the places of the photographs."""


@dataclass(frozen=True)
class Data:
    """What was trained on, and what was held out."""

    trained: Demonstrations
    tested: Demonstrations
    weak_trained: WeakImages | None
    weak_tested: WeakImages | None
    whole_scenes: bool
    """Whether the photographs held out are of places that no photograph trained on is of."""


def measure_trust(policy: Policy, data: Data, names: Names) -> dict[str, Any]:
    """The numbers of ``gplac/schemas/trust.json``, without advice and provenance."""
    tested, weak = some(data.tested.images), data.weak_tested
    counts = [_count_photographs(each) for each in (data.weak_trained, weak)]
    found: dict[str, Any] = {
        "data": {
            "episodes": {"trained": _episodes(data.trained), "held_out": _episodes(data.tested)},
            "frames": {
                "trained": len(data.trained.images),
                "held_out": len(data.tested.images),
                "looked_at": len(tested),
            },
            "photographs": None if weak is None else dict(zip(("trained", "held_out"), counts, strict=True)),
            "whole_scenes": data.whole_scenes,
            "constant_actions": [
                names.actions[int(i)] for i in np.flatnonzero(np.ptp(data.trained.actions, axis=0) == 0)
            ],
        },
        "action_error": _action_error(policy, data, tested, names.actions),
        "classifier": None,
        "points": None,
    }
    one = data.tested.images[:1]
    if weak is not None and has_classifier(policy, one):
        chosen = some(weak.images)
        probability = calls(policy.classify, weak.images[chosen])
        found["classifier"] = classifier_errors(
            probability,
            weak.labels[chosen] > 0,
            weak.scene[chosen],
            luminance(weak.images[chosen]),
            names.scenes,
        ) | {"frames_present": float((calls(policy.classify, data.tested.images[tested]) > 0.5).mean())}
        for wrong in found["classifier"]["worst"]:
            wrong["photograph"] = int(chosen[wrong["photograph"]])
            if weak.source is not None:
                wrong["file"] = str(weak.source[wrong["photograph"]])
    if has_points(policy, one):
        found["points"] = _points(policy, data, tested)
    return found


def some(rows: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Numbers of at most `MOST` rows, in order; always the same ones."""
    return np.sort(rng("trust", len(rows)).permutation(len(rows))[:MOST])


def luminance(images: npt.NDArray[np.uint8]) -> Floats:
    """How bright each picture ``(N, H, W, 3)`` is on the whole, 0 to 255: ``(N,)``."""
    return np.asarray(images.mean(axis=(1, 2), dtype=np.float64) @ LUMA)


def _episodes(frames: Demonstrations) -> int:
    return len(np.unique(frames.episode))


def _count_photographs(weak: WeakImages | None) -> dict[str, int]:
    if weak is None:
        return {}
    present = int(np.count_nonzero(weak.labels))
    return {"present": present, "absent": len(weak.labels) - present, "scenes": len(np.unique(weak.scene))}


def _action_error(
    policy: Policy, data: Data, tested: npt.NDArray[np.int64], names: Sequence[str]
) -> dict[str, Any]:
    trained, frames = data.trained, data.tested
    images, states, actions = frames.images[tested], frames.states[tested], frames.actions[tested]
    variance = trained.actions.astype(np.float64).var(axis=0)
    # A number that never varies has no error worth the name; it counts in its own units.
    variance = np.where(variance > 1e-12, variance, 1.0)
    grey = np.full_like(images, GREY)
    other = np.asarray(instruments.shuffled(images, "trust"))
    answers = {
        "policy": calls(policy, images, states),
        "grey": calls(policy, grey, states),
        "other_picture": calls(policy, other, states),
        "state_only": linear(trained.states, trained.actions, states),
        "mean": np.broadcast_to(trained.actions.mean(axis=0), actions.shape),
    }
    errors = {name: instruments.action_error(each, actions, variance) for name, each in answers.items()}
    known = rng("trust", "trained").permutation(len(trained.images))[: len(tested)]
    again = calls(policy, trained.images[known], trained.states[known])
    by_episode = [frames.episode[tested] == each for each in np.unique(frames.episode[tested])]
    return {
        **{name: float(error.mean()) for name, error in errors.items()},
        "trained": float(instruments.action_error(again, trained.actions[known], variance).mean()),
        "interval95": _interval([errors["policy"][rows] for rows in by_episode]),
        "more_than_state": _difference(errors["state_only"] - errors["policy"], by_episode),
        "more_than_grey": _difference(errors["grey"] - errors["policy"], by_episode),
        "per_dimension": [
            {"name": name}
            | {
                kind: float(np.sqrt(np.mean((each[:, i].astype(np.float64) - actions[:, i]) ** 2)))
                for kind, each in answers.items()
            }
            for i, name in enumerate(names)
        ],
    }


def linear(
    states: npt.NDArray[np.float32], actions: npt.NDArray[np.float32], asked: npt.NDArray[np.float32]
) -> Float32:
    """What a linear regression from state to action, fitted on ``states (N, S)`` and ``actions (N, A)``, answers to the
    states ``asked (M, S)``: ``(M, A)``. It is the error to be had without looking."""
    mean, std = states.mean(axis=0, dtype=np.float64), states.std(axis=0, dtype=np.float64)
    std = np.where(std > 1e-12, std, 1.0)

    def inputs(values: npt.NDArray[np.float32]) -> Floats:
        return np.concatenate([(values - mean) / std, np.ones((len(values), 1))], axis=1)

    weights = np.linalg.lstsq(inputs(states), actions.astype(np.float64), rcond=1e-6)[0]
    return np.asarray(inputs(asked) @ weights, np.float32)


def _interval(values: list[Floats]) -> list[float] | None:
    """95 % over episodes; None of a single one, which says nothing of others."""
    if len(values) < 2:
        return None
    interval = bootstrap_over_scenes(values)
    return [interval.low, interval.high]


def _difference(values: Floats, by_episode: list[npt.NDArray[np.bool_]]) -> dict[str, Any]:
    return {"mean": float(values.mean()), "interval95": _interval([values[rows] for rows in by_episode])}


def classifier_errors(
    probability: npt.NDArray[Any],
    present: npt.NDArray[np.bool_],
    scene: npt.NDArray[np.int64],
    bright: Floats,
    names: Mapping[int, str],
) -> dict[str, Any]:
    """Where the classifier errs: by label, place and brightness, and in which photographs most surely.

    Args:
        probability: ``(N,)`` that the object is there, by the classifier.
        present: ``(N,)`` whether it is.
        scene: ``(N,)`` place of each photograph.
        bright: ``(N,)`` see `luminance`.
        names: of places.
    """
    right = (probability > 0.5) == present
    order = np.argsort(bright, kind="stable")
    count = min(EXTREME, len(order) // 4)
    groups = {"darkest": order[:count], "brightest": order[len(order) - count :]}
    surest = np.argsort(-np.abs(probability - present), kind="stable")
    return {
        **tally(right),
        "present": tally(right[present]),
        "absent": tally(right[~present]),
        "per_scene": [
            {"scene": int(each), "name": names.get(int(each), f"place {each}"), **tally(right[scene == each])}
            for each in np.unique(scene)
        ],
        "brightness": {name: tally(right[rows]) for name, rows in groups.items()},
        "worst": [
            {
                "photograph": int(i),
                "scene": int(scene[i]),
                "present": bool(present[i]),
                "probability": float(probability[i]),
                "luminance": round(float(bright[i]), 1),
            }
            for i in surest
            if not right[i]
        ],
    }


def tally(right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """How many photographs there are, how many the classifier is right about, and Wilson's interval of the rate."""
    count, hits = len(right), int(right.sum())
    interval = wilson(hits, count) if count else None
    return {
        "photographs": count,
        "right": hits,
        "interval95": None if interval is None else [interval.low, interval.high],
    }


def _points(policy: Attentive, data: Data, tested: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Of each channel: how far its point moves, how diffuse it is, what the policy makes of it, and whether it minds
    the object."""
    frames, weak = data.tested, data.weak_tested
    images, states = frames.images[tested], frames.states[tested]
    variance = data.trained.actions.astype(np.float64).var(axis=0)
    used = policy_channels(
        policy, calls(policy.points, images), states, np.where(variance > 1e-12, variance, 1.0)
    )
    found: dict[str, Any] = {
        "spread_px": spread(calls(policy.pixels, images)).tolist(),
        "entropy": instruments.relative_entropy(
            calls(policy.maps, images[:: len(images) // MAPS + 1])
        ).tolist(),
        "policy_use": shares(used).tolist(),
        "main": main_channels(used),
    }
    if weak is not None:
        chosen = some(weak.images)
        pixels, present = calls(policy.pixels, weak.images[chosen]), weak.labels[chosen] > 0
        if present.any() and not present.all():
            found |= {
                "spread_present_px": spread(pixels[present]).tolist(),
                "spread_absent_px": spread(pixels[~present]).tolist(),
                "reaction": reaction(pixels, present).tolist(),
            }
        points = calls(policy.points, weak.images[chosen])
        if has_classifier(policy, images[:1]):
            found["classifier_use"] = shares(classifier_channels(policy, points)).tolist()
    return found

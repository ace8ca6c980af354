"""All instruments on one policy: what ``gplac inspect RUN`` writes."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from gplac.data.dataset import Demonstrations
from gplac.evaluation import instruments
from gplac.evaluation.drawing import View
from gplac.evaluation.own_robot import told
from gplac.evaluation.policies import (
    Attentive,
    Classifying,
    Float32,
    Images,
    Policy,
    has_classifier,
    has_points,
)
from gplac.evaluation.result import Training
from gplac.evaluation.rollout import Progress
from gplac.evaluation.samples import Frames, WeakSample
from gplac.worlds.arm import JOINTS
from gplac.worlds.registry import task

CALL = 32
"""Pictures of one call of the policy."""
LABELLED_FRAMES, UNSEEN_FRAMES, WEAK_IMAGES = 400, 40, 60
"""Frames of the labelled scene, frames of each unseen scene, weak images of each unseen scene."""


def inspect(
    policy: Policy,
    view: View,
    split: str,
    scenes: int,
    demonstrations: Demonstrations,
    training: Training,
    provenance: Mapping[str, Any],
    progress: Callable[[str], Progress] | None = None,
) -> dict[str, Any]:
    """Every instrument that the policy allows, as in ``gplac/schemas/inspection.json``.

    Args:
        policy: see `gplac.evaluation.policies.Policy`; `Attentive` and `Classifying` ones tell more.
        view: task, image size and robot, and looks of the unseen scenes.
        split: whose scenes are the unseen ones.
        scenes: how many of them.
        demonstrations: of the labelled scene.
        training: where the policy comes from.
        provenance: command, revision, versions, hardware, date.
        progress: makes the callback for each part of the drawing from its name.
    """

    def part(name: str) -> Progress | None:
        return None if progress is None else progress(name)

    known = View(view.task, view.width, view.height, robot_model=view.robot_model)
    frames = {
        "labelled": Frames.draw(
            known, "labelled", 1, demonstrations, LABELLED_FRAMES, part("labelled scene")
        ),
        "unseen": Frames.draw(view, split, scenes, demonstrations, UNSEEN_FRAMES, part(f"{split} scenes")),
    }
    variance = demonstrations.actions.astype(np.float64).var(axis=0)
    found: dict[str, Any] = {
        "task": view.task,
        "method": training.method,
        "preset": training.preset,
        "seed": training.seed,
        "weak_images": training.weak_images,
        **({} if training.weak_scenes is None else {"weak_scenes": training.weak_scenes}),
        **({} if training.weights_sha256 is None else {"weights_sha256": training.weights_sha256}),
        "split": split,
        "level": view.level,
        **told(view.robot_model),
        "scenes": scenes,
        "frames": {name: len(each.images) for name, each in frames.items()},
        "action_error": _action_errors(policy, frames, variance, task(view.task).episode_steps),
        "sensitivity": _sensitivity(policy, frames["unseen"], variance),
    }
    points = {name: _points(policy, each.images) for name, each in frames.items()}
    if isinstance(policy, Attentive) and points["labelled"] is not None:
        found |= _attention(policy, frames, {name: each for name, each in points.items() if each is not None})
    one = frames["unseen"].images[:1]
    if points["labelled"] is None and not has_classifier(policy, one):
        return found | {"provenance": dict(provenance)}
    weak = WeakSample.draw(view, split, scenes, WEAK_IMAGES, part("weak images"))
    weak_points = _points(policy, weak.images)
    if points["labelled"] is not None and weak_points is not None:
        found["domains_told_apart"] = instruments.told_apart(points["labelled"], weak_points)
    if training.weak_images and has_classifier(policy, one):
        found["classifier"] = _classifier(policy, weak)
        if isinstance(policy, Attentive) and weak_points is not None and points["unseen"] is not None:
            of_policy = policy_channels(policy, points["unseen"], frames["unseen"].states, variance)
            of_classifier = classifier_channels(policy, weak_points)
            found["channels"] = {
                "policy": of_policy.tolist(),
                "classifier": of_classifier.tolist(),
                "policy_uses": instruments.channels_used(of_policy),
                "classifier_uses": instruments.channels_used(of_classifier),
                "overlap": instruments.overlap(of_policy, of_classifier),
            }
    return found | {"provenance": dict(provenance)}


def calls(function: Callable[..., Float32], *arrays: npt.NDArray[Any]) -> Float32:
    """``function`` of all rows, some at a time."""
    count = len(arrays[0])
    return np.concatenate([function(*(a[i : i + CALL] for a in arrays)) for i in range(0, count, CALL)])


def _points(policy: object, images: Images) -> Float32 | None:
    return calls(policy.points, images) if has_points(policy, images[:1]) else None


def _action_errors(
    policy: Policy, frames: Mapping[str, Frames], variance: npt.NDArray[np.float64], episode_steps: int
) -> dict[str, Any]:
    errors = {
        name: instruments.action_error(calls(policy, each.images, each.states), each.actions, variance)
        for name, each in frames.items()
    }
    return {
        name: {
            "mean": float(error.mean()),
            "by_tenth": instruments.by_step(error, frames[name].step, episode_steps),
        }
        for name, error in errors.items()
    }


def _sensitivity(policy: Policy, frames: Frames, variance: npt.NDArray[np.float64]) -> dict[str, float]:
    """Mean squared change of the action (variance 1) when one input is another frame's."""
    before = calls(policy, frames.images, frames.states)
    blocks = {
        "angles": slice(0, JOINTS),
        "velocities": slice(JOINTS, 2 * JOINTS),
        "hand": slice(2 * JOINTS, None),
    }
    changed = {"image": calls(policy, instruments.shuffled(frames.images, "image"), frames.states)}
    for name, block in blocks.items():
        states = frames.states.copy()
        states[:, block] = instruments.shuffled(states[:, block], name)
        changed[name] = calls(policy, frames.images, states)
    return {
        name: float(instruments.action_error(after, before, variance).mean())
        for name, after in changed.items()
    }


def _attention(
    policy: Attentive, frames: Mapping[str, Frames], points: Mapping[str, Float32]
) -> dict[str, Any]:
    seen = {name: each.visible for name, each in frames.items()}
    known, unseen = (
        (points[name][seen[name]], frames[name].object_position[seen[name]])
        for name in ("labelled", "unseen")
    )
    found: dict[str, Any] = {
        "probe": asdict(instruments.probe(known, unseen, frames["unseen"].scene[seen["unseen"]]))
    }
    shares, entropies = {}, {}
    for name, each in frames.items():
        masks = each.masks[seen[name]]
        share = instruments.share_on_object(calls(policy.pixels, each.images[seen[name]]), masks)
        entropy = instruments.relative_entropy(calls(policy.maps, each.images[:: len(each.images) // 64 + 1]))
        shares[name] = {
            "mean": float(share.mean()),
            "by_channel": share.tolist(),
            "chance": float(masks.mean()),
            "best_fixed": instruments.best_fixed(masks),
        }
        entropies[name] = {"mean": float(entropy.mean()), "by_channel": entropy.tolist()}
    return found | {"points_on_object": shares, "map_entropy": entropies}


def _classifier(policy: Classifying, weak: WeakSample) -> dict[str, Any]:
    probability = calls(policy.classify, weak.images)
    rows = instruments.accuracy_by_scene(probability, weak.present, weak.scene)
    return {
        "accuracy": float(((probability > 0.5) == weak.present).mean()),
        "per_scene": [{"scene": scene, "images": images, "accuracy": right} for scene, images, right in rows],
    }


def policy_channels(
    policy: Attentive, points: Float32, states: Float32, variance: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Mean squared change of the action when a channel's point is held at its mean: ``(K,)``."""
    before = calls(policy.act_from, points, states)
    return np.array(
        [
            instruments.action_error(calls(policy.act_from, held, states), before, variance).mean()
            for held in _held(points)
        ]
    )


def classifier_channels(policy: Classifying, points: Float32) -> npt.NDArray[np.float64]:
    """Mean change of the probability when a channel's point is held at its mean: ``(K,)``."""
    before = calls(policy.classify_from, points)
    return np.array(
        [np.abs(calls(policy.classify_from, held) - before).mean(dtype=np.float64) for held in _held(points)]
    )


def _held(points: Float32) -> list[Float32]:
    held = []
    for channel in range(points.shape[1]):
        copy = points.copy()
        copy[:, channel] = points[:, channel].mean(axis=0)
        held.append(copy)
    return held

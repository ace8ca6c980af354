"""What a policy's success or failure comes from. Each instrument is a function of arrays.

Why they are needed, and how to read them together: ``docs/learning.md``.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gplac.evaluation.policies import Float32
from gplac.seeding import rng

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RIDGE = 1e-3
"""Of the probe, chosen once. Where a point follows the object it costs less than a thousandth of the picture's height.
Without it, directions in which points hardly move in the labelled scene are given steep slopes by chance, and in unseen
scenes, where they do move, the answer lies tens of picture heights away."""


@dataclass(frozen=True)
class Probe:
    """How well the object's image position can be read off the feature points, by linear regression.

    Errors are mean distances, in fractions of the image's height.
    """

    labelled: float
    """Fitted on frames of the labelled scene, tested on others of it."""
    unseen: float
    """Fitted the same, tested on unseen scenes."""
    refitted: float
    """Fitted on half of the unseen scenes, tested on the other half: what the points hold, whoever reads them."""
    mean: float
    """Always answering the labelled scene's mean position, on unseen scenes: what knowing nothing gives."""


def probe(
    labelled: tuple[Float32, Floats], unseen: tuple[Float32, Floats], unseen_scene: npt.NDArray[np.int64]
) -> Probe:
    """Fit and test the probe.

    Args:
        labelled: points ``(N, K, 2)`` and object positions ``(N, 2)`` of frames of the labelled scene.
        unseen: the same of unseen scenes.
        unseen_scene: which scene each of those is from.
    """
    odd = np.arange(len(labelled[0])) % 2 == 1
    fit = _fit(labelled[0][~odd], labelled[1][~odd])
    scenes = np.unique(unseen_scene)
    first = (
        np.isin(unseen_scene, scenes[: (len(scenes) + 1) // 2])
        if len(scenes) > 1
        else _alternate(unseen_scene)
    )
    halves = [(first, ~first), (~first, first)]
    refitted = [
        _errors(_fit(unseen[0][fitted], unseen[1][fitted]), unseen[0][tested], unseen[1][tested])
        for fitted, tested in halves
    ]
    return Probe(
        labelled=float(_errors(fit, labelled[0][odd], labelled[1][odd]).mean()),
        unseen=float(_errors(fit, *unseen).mean()),
        refitted=float(np.concatenate(refitted).mean()),
        mean=float(np.linalg.norm(unseen[1] - labelled[1].mean(axis=0), axis=1).mean()),
    )


def _alternate(rows: npt.NDArray[np.int64]) -> Bools:
    return np.asarray(np.arange(len(rows)) % 2 == 0)


class _Line(NamedTuple):
    """A linear regression from points to positions."""

    points: Floats
    """Their mean ``(2K,)``."""
    position: Floats
    """``(2,)``, answered there."""
    slope: Floats
    """``(2K, 2)``."""


def _flat(points: Float32) -> Floats:
    return points.reshape(len(points), -1).astype(np.float64)


def _fit(points: Float32, positions: Floats) -> _Line:
    """Ridge regression: least squares plus ``RIDGE * N * v * |slope|^2``, v the mean variance of a coordinate.

    The penalty is relative to how far points move at all, so a hazy attention's small moves count in full; and one for
    all coordinates, not for each by its own variance: a point that stands still in the labelled scene, but for a
    trembling, and moves elsewhere, is just what must not get a steep slope.
    """
    flat = _flat(points)
    mean, middle = flat.mean(axis=0), positions.mean(axis=0)
    size = flat.shape[1]
    penalty = np.sqrt(RIDGE * len(flat) * flat.var(axis=0).mean()) * np.eye(size)
    inputs = np.concatenate([flat - mean, penalty])
    outputs = np.concatenate([positions - middle, np.zeros((size, 2))])
    return _Line(mean, middle, np.asarray(np.linalg.lstsq(inputs, outputs)[0], np.float64))


def _errors(line: _Line, points: Float32, positions: Floats) -> Floats:
    answers = (_flat(points) - line.points) @ line.slope + line.position
    return np.asarray(np.linalg.norm(answers - positions, axis=1))


def share_on_object(pixels: Float32, masks: Bools) -> Floats:
    """Of each channel, the share of pictures in which its point lies on the object (figure 5 as a number): ``(K,)``.

    Args:
        pixels: feature points ``(N, K, 2)``, column and row.
        masks: the object's visible pixels ``(N, H, W)``.
    """
    height, width = masks.shape[1:]
    column = np.clip(np.rint(pixels[..., 0]).astype(np.int64), 0, width - 1)
    row = np.clip(np.rint(pixels[..., 1]).astype(np.int64), 0, height - 1)
    return np.asarray(masks[np.arange(len(masks))[:, None], row, column].mean(axis=0))


def best_fixed(masks: Bools) -> float:
    """The largest share of pictures in which any one fixed pixel lies on the object: what a point that never looks can
    reach, as the object is oftener in some places than in others.

    Args:
        masks: the object's visible pixels ``(N, H, W)``.
    """
    return float(masks.mean(axis=0).max())


def relative_entropy(maps: Float32) -> Floats:
    """Of each channel, its attention's entropy as a share of a flat map's: ``(K,)``; 0 a spot, 1 a haze.

    Args:
        maps: softmax of each channel ``(N, K, H, W)``.
    """
    cells = maps.reshape(*maps.shape[:2], -1).astype(np.float64)
    logs = np.log(cells, out=np.zeros_like(cells), where=cells > 0)
    shares = -(cells * logs).sum(axis=-1).mean(axis=0) / np.log(cells.shape[-1])
    # A softmax in 32 bits may sum to a little more than 1.
    return np.asarray(np.clip(shares, 0.0, 1.0))


def accuracy_by_scene(
    probability: Float32, present: Bools, scene: npt.NDArray[np.int64]
) -> list[tuple[int, int, float]]:
    """The classifier's accuracy in each scene: (scene, images, accuracy)."""
    right = (probability > 0.5) == present
    return [
        (int(each), int((scene == each).sum()), float(right[scene == each].mean()))
        for each in np.unique(scene)
    ]


def told_apart(a: Float32, b: Float32) -> float:
    """How often a picture's nearest neighbour among all others, by feature points ``(N, K, 2)`` and ``(M, K, 2)``, is
    of the same kind: 0.5 where points do not tell the kinds apart, 1 where they always do.

    The two-sample test by classification of Lopez-Paz and Oquab (2017), with as many of the one kind as of the other.
    """
    count = min(len(a), len(b))
    kinds = [each.reshape(len(each), -1).astype(np.float64) for each in (a, b)]
    points = np.concatenate([each[rng("told apart").permutation(len(each))[:count]] for each in kinds])
    spread = points.std(axis=0)
    points /= np.where(spread > 0, spread, 1.0)
    # Points that coincide are nearest in any order: a picture itself is put out of the way, wherever it stands.
    nearest = np.asarray(cKDTree(points).query(points, 2)[1])
    itself = np.arange(2 * count)
    other = np.where(nearest[:, 0] == itself, nearest[:, 1], nearest[:, 0])
    return float(((other < count) == (itself < count)).mean())


def action_error(answered: Float32, actions: Float32, variance: Floats) -> Floats:
    """Squared error ``(N,)`` of each action; 1 is the error of always answering the demonstrations' mean."""
    return np.asarray(((answered.astype(np.float64) - actions) ** 2 / variance).mean(axis=1))


def by_step(values: Floats, step: npt.NDArray[np.int64], episode_steps: int) -> list[float | None]:
    """Mean of ``values`` in each tenth of the episode; None where there is no frame."""
    tenth = step * 10 // episode_steps
    return [float(values[tenth == each].mean()) if (tenth == each).any() else None for each in range(10)]


def shuffled(values: npt.NDArray[np.generic], key: str) -> npt.NDArray[np.generic]:
    """Rows of ``values`` in another order, so that each is a true value of another frame."""
    return values[rng("shuffled", key).permutation(len(values))]


def overlap(a: Floats, b: Floats) -> float:
    """How far two importances of channels ``(K,)`` are the same: 1 the same channels, 0 none in common."""
    return float(np.minimum(_shares(a), _shares(b)).sum())


def channels_used(importance: Floats) -> float:
    """Effective number of channels behind an importance ``(K,)``: K if all count alike, 1 if only one does."""
    shares = _shares(importance)
    some = shares[shares > 0]
    return float(np.exp(-(some * np.log(some)).sum()))


def _shares(importance: Floats) -> Floats:
    total = importance.sum()
    return importance / total if total > 0 else np.full(len(importance), 1 / len(importance))

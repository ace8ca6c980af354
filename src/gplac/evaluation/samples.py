"""Pictures together with what is true of them, for the instruments."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from gplac.data.dataset import Demonstrations
from gplac.evaluation.drawing import View
from gplac.evaluation.policies import Float32, Images
from gplac.evaluation.rollout import Progress
from gplac.seeding import rng
from gplac.worlds.registry import task
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Frames:
    """``N`` moments of the expert's episodes, drawn in scenes of one split.

    The moments come from the labelled scene's demonstrations, so that between splits nothing but the looks differs.
    """

    images: Images
    """``(N, H, W, 3)``."""
    masks: Bools
    """``(N, H, W)``: visible pixels of the object of interest."""
    states: Float32
    """``(N, S)``: what the robot knows of itself."""
    actions: Float32
    """``(N, A)``: the expert's torques."""
    step: Integers
    """``(N,)``: control step within the episode."""
    scene: Integers
    """``(N,)``: index within the split."""

    @property
    def visible(self) -> Bools:
        """Whether any of the object is seen: ``(N,)``."""
        return np.asarray(self.masks.any(axis=(1, 2)))

    @property
    def object_position(self) -> npt.NDArray[np.float64]:
        """Centre ``(N, 2)`` of the object's visible pixels, right and down, in image heights; NaN where unseen."""
        height, width = self.masks.shape[1:]
        count = self.masks.sum(axis=(1, 2), dtype=np.float64)
        with np.errstate(invalid="ignore"):
            x = self.masks.sum(axis=1) @ np.arange(width) / count
            y = self.masks.sum(axis=2) @ np.arange(height) / count
        return np.asarray(np.stack([x, y], axis=1) / height)

    @classmethod
    def draw(
        cls,
        view: View,
        split: str,
        scenes: int,
        demonstrations: Demonstrations,
        per_scene: int,
        progress: Progress | None = None,
    ) -> Self:
        """Draw ``per_scene`` random moments of the demonstrations in each of the first ``scenes`` scenes; ``progress``
        is told how many are drawn, and how many there are."""
        qpos = demonstrations.simulated_qpos
        images, masks = [], []
        chosen: list[int] = []
        where: list[int] = []
        count = min(per_scene, len(qpos))
        for index in range(scenes):
            rows = rng("frames", view.task, split, index).choice(len(qpos), count, replace=False)
            look = scene(view.task, split, index, level=view.level, assets=view.assets)
            with SceneRenderer(task(view.task, view.robot_model), look, view.width, view.height) as renderer:
                for row in rows:
                    images.append(renderer.frame(qpos[row]))
                    masks.append(renderer.mask(qpos[row]))
                    if progress is not None:
                        progress(len(images), scenes * count)
            chosen.extend(rows)
            where.extend([index] * count)
        return cls(
            np.stack(images),
            np.stack(masks),
            demonstrations.states[chosen],
            demonstrations.actions[chosen],
            demonstrations.frame[chosen],
            np.array(where),
        )


@dataclass(frozen=True)
class WeakSample:
    """``N`` weak images, half of them with the object of interest."""

    images: Images
    """``(N, H, W, 3)``."""
    present: Bools
    """``(N,)``: whether the object of interest is there."""
    scene: Integers
    """``(N,)``: index within the split."""

    @classmethod
    def draw(
        cls, view: View, split: str, scenes: int, per_scene: int, progress: Progress | None = None
    ) -> Self:
        """Draw ``per_scene`` images in each of the first ``scenes`` scenes: as collected, but never trained on.
        ``progress`` is told how many are drawn, and how many there are."""
        images, present, where = [], [], []
        for index in range(scenes):
            look = scene(view.task, split, index, level=view.level, assets=view.assets)
            with SceneRenderer(task(view.task, view.robot_model), look, view.width, view.height) as renderer:
                for number in range(per_scene):
                    there = number % 2 == 0
                    images.append(renderer.weak(rng("instruments", view.task, split, index, number), there))
                    present.append(there)
                    where.append(index)
                    if progress is not None:
                        progress(len(images), scenes * per_scene)
        return cls(np.stack(images), np.array(present), np.array(where))

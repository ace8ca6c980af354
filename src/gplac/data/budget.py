"""Which weak images a budget takes: nested, half of them positive, spread over scenes (Table 3); and which scenes."""

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.seeding import rng


def scene_order(scene: npt.NDArray[np.integer], seed: int) -> list[int]:
    """The scenes of ``scene (N,)``, each once, in the seed's order: a scene budget takes the first of them."""
    return [int(each) for each in rng("weak budget", seed).permutation(np.unique(scene))]


def chosen(
    labels: npt.NDArray[np.integer],
    scene: npt.NDArray[np.integer],
    budget: int,
    seed: int,
    scene_budget: int = 0,
) -> npt.NDArray[np.int64]:
    """Which of ``N`` weak images to train on when only ``budget`` of them, or images of few scenes, may be seen.

    The seed puts scenes into an order, and within each scene its positive and its negative images. Scenes then give one
    positive and one negative image in turn, as long as they have any. A budget takes as many as it says: so a smaller
    one is part of a larger one of the same seed, and 16 images of forty scenes are one of each kind from eight. With a
    budget of scenes, only the first of the order give any: so fewer scenes are a part of more.

    Args:
        labels: ``(N,)``, 1 where the object of interest is in the picture.
        scene: ``(N,)``, which scene it is of.
        budget: how many; one more is positive if it is odd; 0: all of these scenes.
        seed: of the choice.
        scene_budget: of how many scenes; 0: all.

    Returns:
        Their indices, in ascending order, ``(budget,)``.

    Raises:
        UserError: there are not so many of both kinds, or it leaves one kind out; there are not so many scenes.
    """
    scenes = scene_order(scene, seed)
    if not 0 <= scene_budget <= len(scenes):
        raise UserError(
            f"A budget of {scene_budget} weak scenes cannot be had, there are {len(scenes)}; choose another"
            f" training.scene_budget, from 1 to {len(scenes)}, or 0 for all."
        )
    scenes = scenes[: scene_budget or len(scenes)]
    if not budget:
        return np.flatnonzero(np.isin(scene, scenes))
    taken = []
    for label, count in ((1, (budget + 1) // 2), (0, budget // 2)):
        ranked: list[tuple[int, int, int]] = []
        for place, each in enumerate(scenes):
            images = np.flatnonzero((labels == label) & (scene == each))
            shuffled = rng("weak budget", seed, each, label).permutation(images)
            ranked += [(turn, place, int(index)) for turn, index in enumerate(shuffled)]
        if not 1 <= count <= len(ranked):
            of = f" in {scene_budget} scenes" if scene_budget else ""
            raise UserError(
                f"A budget of {budget:,} weak images needs {count:,} {'with' if label else 'without'} the object, at"
                f" least one, and there are {len(ranked):,}{of}; choose another training.weak_budget."
            )
        taken += [index for _, _, index in sorted(ranked)[:count]]
    return np.sort(np.array(taken, dtype=np.int64))

"""Which weak images a budget takes: nested, half of them positive, spread over scenes (Table 3)."""

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.seeding import rng


def chosen(
    labels: npt.NDArray[np.integer], scene: npt.NDArray[np.integer], budget: int, seed: int
) -> npt.NDArray[np.int64]:
    """Which of ``N`` weak images to train on when only ``budget`` of them may be seen.

    The seed puts scenes into an order, and within each scene its positive and its negative images. Scenes then give one
    positive and one negative image in turn, as long as they have any. A budget takes as many as it says: so a smaller
    one is part of a larger one of the same seed, and 16 images of forty scenes are one of each kind from eight.

    Args:
        labels: ``(N,)``, 1 where the object of interest is in the picture.
        scene: ``(N,)``, which scene it is of.
        budget: how many; one more is positive if it is odd.
        seed: of the choice.

    Returns:
        Their indices, in ascending order, ``(budget,)``.

    Raises:
        UserError: there are not so many of both kinds, or it leaves one kind out.
    """
    order = {
        int(each): place for place, each in enumerate(rng("weak budget", seed).permutation(np.unique(scene)))
    }
    taken = []
    for label, count in ((1, (budget + 1) // 2), (0, budget // 2)):
        ranked: list[tuple[int, int, int]] = []
        for each, place in order.items():
            images = np.flatnonzero((labels == label) & (scene == each))
            shuffled = rng("weak budget", seed, each, label).permutation(images)
            ranked += [(turn, place, int(index)) for turn, index in enumerate(shuffled)]
        if not 1 <= count <= len(ranked):
            raise UserError(
                f"A budget of {budget} weak images needs {count} with label {label}, at least one, and there are"
                f" {len(ranked)}; choose another training.weak_budget."
            )
        taken += [index for _, _, index in sorted(ranked)[:count]]
    return np.sort(np.array(taken, dtype=np.int64))

"""The numbers that the paper published, to stand beside ours.

Singh, Yang, Levine: "GPLAC: Generalizing Vision-Based Robotic Skills using Weakly Labeled Images", ICCV 2017.
"""

import math

from gplac.methods import BEYOND, PARENTS

SOURCE = "Singh, Yang and Levine, GPLAC, ICCV 2017"

EPISODES = 400
"""Episodes behind each number of tables 1 and 3: all are multiples of 0.25 %, and there are 40 test scenes."""

TABLE_1: dict[str, dict[str, float]] = {
    "pusher": {
        "att-1": 0.3750,
        "cnn-1": 0.4025,
        "att-40": 0.9025,
        "cnn-40": 0.7550,
        "cnn-c": 0.0225,
        "att-ae": 0.4250,
        "att-po": 0.5550,
        "att-ft": 0.5275,
        "att-da": 0.6950,
        "gplac-da": 0.6650,
        "gplac": 0.7975,
    },
    "striker": {
        "att-1": 0.3550,
        "cnn-1": 0.3975,
        "att-40": 0.6950,
        "cnn-40": 0.5250,
        "cnn-c": 0.2150,
        "att-ae": 0.3575,
        "att-po": 0.3950,
        "att-ft": 0.3775,
        "att-da": 0.4050,
        "gplac-da": 0.6100,
        "gplac": 0.5925,
    },
}
"""Success rate in 40 unseen scenes, task -> method -> rate."""

ROBOT_EPISODES = 110
"""Behind each number of table 2: 11 mugs x 10 trials."""

TABLE_2: dict[str, float] = {"att-1": 0.3322, "att-da": 0.4545, "gplac": 0.5636}
"""Success rate of the real robot's mug push with 11 unseen mugs x 10 trials. 0.3322 is no multiple of 1/110."""

TABLE_3: dict[str, dict[int, float]] = {
    "pusher": {80_000: 0.7975, 8_000: 0.7950, 800: 0.7850, 80: 0.5600},
    "striker": {80_000: 0.5925, 8_000: 0.5675, 800: 0.5300, 80: 0.3350},
}
"""Success rate of GPLAC by number of weak images, task -> images -> rate."""

RATES = {**TABLE_1, "mug_push": TABLE_2}
"""Tables 1 and 2, task -> method -> rate."""

METHODS = (
    "att-1", "cnn-1", "att-40", "cnn-40", "cnn-c", "att-ae", "att-po", "att-ft", "att-da", "gplac-da", "gplac",
)  # fmt: skip
"""The columns of table 1, in the paper's order."""


def published(task: str, method: str, share: float = 1.0) -> float | None:
    """The paper's success rate of a method in unseen scenes, if it has one.

    Args:
        task: its name.
        method: its key.
        share: of the weak images that it was trained on; GPLAC has a number for some parts of them.
    """
    if math.isclose(share, 1.0):
        return RATES.get(task, {}).get(method)
    row = TABLE_3.get(task, {}) if method == "gplac" else {}
    return next((rate for images, rate in row.items() if math.isclose(images / max(row), share)), None)


def beside_paper(task: str, method: str) -> bool:
    """Whether a method stands beside numbers of the paper: it has one, or, of a method beyond it, one of its parent.

    Args:
        task: its name.
        method: its key.
    """
    return published(task, PARENTS[method] if method in BEYOND else method) is not None

"""Two policies on the same episodes."""

import numpy as np

from gplac.errors import UserError
from gplac.evaluation.result import Result
from gplac.evaluation.statistics import PairedDifference, paired_difference

SAME = ("task", "split", "level", "assets", "vary", "robot_model")
"""What two results must share for their episodes to start alike."""


def compare(a: Result, b: Result) -> PairedDifference:
    """How much more often B's policy succeeds than A's, on the episodes that both were run on.

    Initial states depend on task, split, scene and episode alone, so results of different sizes share some.

    Raises:
        UserError: the two have no episode in common.
    """
    for field in SAME:
        if a.get(field) != b.get(field):
            raise UserError(
                f"These two results cannot be paired: their {field} is {a.get(field)} and {b.get(field)};"
                " evaluate both on the same."
            )
    # Older results have no checksum: there the name has to do.
    if len({each["robot_model_sha256"] for each in (a, b) if "robot_model_sha256" in each}) > 1:
        raise UserError(
            f"These two results cannot be paired: their {a['robot_model']} are two different files; evaluate both on"
            " the same."
        )
    of_a, of_b = ({scene["scene"]: scene["outcomes"] for scene in each["per_scene"]} for each in (a, b))
    shared = [(of_a[scene], of_b[scene]) for scene in sorted(of_a) if scene in of_b]
    if not shared:
        raise UserError("These two results have no scene in common; evaluate both on the same scenes.")
    cut = [(x[: len(y)], y[: len(x)]) for x, y in shared]
    return paired_difference(
        [np.array(x, dtype=np.bool_) for x, _ in cut], [np.array(y, dtype=np.bool_) for _, y in cut]
    )

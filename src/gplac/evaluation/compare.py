"""Policies in pairs, on the same episodes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.evaluation.result import Result
from gplac.evaluation.statistics import PairedDifference, paired_difference

SAME = ("task", "split", "level", "assets", "vary", "robot_model")
"""What results must share for their episodes to start alike."""

ALIKE_M = 1e-3
"""Starts are written to a tenth of a millimetre."""

Both = tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


def compare(a: Result, b: Result) -> PairedDifference:
    """How much more often B's policy succeeds than A's, on the episodes that both were run on.

    Initial states depend on task, split, scene and episode alone, so results of different sizes share some.

    Raises:
        UserError: the two have no episode in common.
    """
    return compare_pairs([(a, b)])


def compare_pairs(pairs: Sequence[tuple[Result, Result]]) -> PairedDifference:
    """`compare` of several pairs together: seeds of two methods, or one change made to several methods.

    A scene is drawn with the episodes of all pairs in it, so that the interval tells what other scenes might have
    given. Scenes that some pair lacks are left out.

    Args:
        pairs: at least one (A, B).

    Raises:
        UserError: two pairs are the same, or they have no episode in common.
    """
    first, *others = (result for pair in pairs for result in pair)
    for other in others:
        for field in SAME:
            if first.get(field) != other.get(field):
                raise UserError(
                    f"These results cannot be paired: their {field} is {first.get(field)} and {other.get(field)};"
                    " evaluate all on the same."
                )
        for name in ("assets", "robot_model"):
            # Older results have no checksum: there the name has to do.
            if len({each[f"{name}_sha256"] for each in (first, other) if f"{name}_sha256" in each}) > 1:
                raise UserError(
                    f"These results cannot be paired: their {first[name]} are different files; evaluate all"
                    " on the same."
                )
    if any(pair in pairs[:place] for place, pair in enumerate(pairs)):
        raise UserError("Two of these pairs are the same; name each once.")
    by_pair = [_both(a, b) for a, b in pairs]
    shared = sorted(set.intersection(*(set(each) for each in by_pair)))
    if not shared:
        raise UserError("These results have no scene in common; evaluate all on the same scenes.")
    together = [[each[scene] for each in by_pair] for scene in shared]
    return paired_difference(
        [np.concatenate([of_a for of_a, _ in scene]) for scene in together],
        [np.concatenate([of_b for _, of_b in scene]) for scene in together],
    )


def _both(a: Result, b: Result) -> dict[int, Both]:
    """Scene -> success of A and of B in the episodes that both have.

    Raises:
        UserError: these did not start alike.
    """
    of_a, of_b = ({scene["scene"]: scene for scene in each["per_scene"]} for each in (a, b))
    found = {}
    for scene in of_a:
        if scene not in of_b:
            continue
        n = min(len(each[scene]["outcomes"]) for each in (of_a, of_b))
        for place in ("object_xy_m", "goal_xy_m"):
            start_a, start_b = (np.array(each[scene][place][:n]) for each in (of_a, of_b))
            if not np.allclose(start_a, start_b, rtol=0.0, atol=ALIKE_M):
                raise UserError(
                    f"These results cannot be paired: in scene {scene} their episodes start from other places, so one"
                    " of them is of another version of the task; evaluate it again."
                )
        won = (np.array(each[scene]["outcomes"][:n], bool) for each in (of_a, of_b))
        found[scene] = next(won), next(won)
    return found

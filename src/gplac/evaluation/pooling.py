"""Several seeds of one method as one: their episodes, scene by scene."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.evaluation.compare import SAME
from gplac.evaluation.result import Result
from gplac.evaluation.statistics import Interval, rate_interval


@dataclass(frozen=True)
class Pooled:
    """What one method did in some scenes, with one seed or several."""

    outcomes: dict[int, npt.NDArray[np.bool_]]
    """Scene -> success of every seed's episodes in it."""
    by_seed: dict[int, float]
    """Seed -> success rate."""

    @property
    def episodes(self) -> int:
        """In all scenes and of all seeds."""
        return sum(len(each) for each in self.outcomes.values())

    @property
    def successes(self) -> int:
        """Among them."""
        return sum(int(each.sum()) for each in self.outcomes.values())

    @property
    def rate(self) -> float:
        """Success rate over all episodes of all seeds."""
        return self.successes / self.episodes

    @property
    def interval95(self) -> Interval:
        """Bootstrap over scenes, a scene's episodes of all seeds together: what other scenes might have given. It does
        not tell what other seeds might have given; `by_seed` does, as far as a few can."""
        return rate_interval(list(self.outcomes.values()))


def pooled(results: Sequence[Result]) -> Pooled:
    """Seeds of one method, evaluated in the same scenes, as one.

    Raises:
        UserError: there is none, a seed comes twice, or they are not of one method, task, split, the same scenes, and
            the same settings as far as they tell.
    """
    if not results:
        raise UserError("There is no result to pool; name one or more.")
    first = results[0]
    scenes = [scene["scene"] for scene in first["per_scene"]]
    for other in results[1:]:
        for field in ("method", "weak_images", "weak_scenes", "preset", *SAME):
            if other.get(field) != first.get(field):
                raise UserError(
                    f"These results are not seeds of one thing: their {field} is {first.get(field)} and"
                    f" {other.get(field)}; pool those that differ in the seed alone."
                )
        if [scene["scene"] for scene in other["per_scene"]] != scenes:
            raise UserError(
                f"Seeds {first['seed']} and {other['seed']} of {first['method']} ({first['task']}, preset"
                f" {first['preset']}) are of different scenes, {len(scenes)} and {len(other['per_scene'])} of them;"
                " evaluate every seed in the same ones."
            )
    told = {
        settings["hash"]: result for result in results if (settings := result["training"].get("settings"))
    }
    if len(told) > 1:
        one, another, *_ = (result["seed"] for result in told.values())
        raise UserError(
            f"Seeds {one} and {another} of {first['method']} were trained with different settings (training.settings in"
            " their files): measure one anew with the other's, as gplac grid run RECIPE --outdated does."
        )
    by_seed = {result["seed"]: float(result["success_rate"]) for result in results}
    if len(by_seed) < len(results):
        raise UserError("Two of these results are of the same seed; a seed counts once.")
    outcomes = {
        scene: np.concatenate([np.array(result["per_scene"][place]["outcomes"], bool) for result in results])
        for place, scene in enumerate(scenes)
    }
    return Pooled(outcomes, dict(sorted(by_seed.items())))

"""What the scenes of results are called."""

from collections.abc import Iterable

from gplac.evaluation.result import Result
from gplac.worlds.splits import NOTHING

SPLITS = {
    "labelled": "the scene of the demonstrations",
    "weak": "the scenes of the weak images",
    "validation": "unseen scenes, those that settings were chosen on",
    "confirmation": "unseen scenes, those that choices were confirmed on",
    "test": "unseen scenes",
}
"""In words, for readers who know nothing of splits."""


def unseen(result: Result) -> bool:
    """Whether its scenes are new as a whole to a policy that was trained as the paper's are."""
    return result["split"] not in ("labelled", "weak") and "vary" not in result


def usual(result: Result) -> bool:
    """Whether it is of what the paper's numbers are of: test scenes with nothing of the user's own in them."""
    return usual_looks(result) and "vary" not in result and result["split"] == "test"


def other_scenes(result: Result) -> str:
    """What makes the scenes of a result others than `usual` ones, in words."""
    told = [f"{result['split']} scenes"] if result["split"] != "test" else []
    told += [f"level {result['level']}"] if result["level"] != "standard" else []
    names = {"vary": "of which {} alone varies", "assets": "the assets {}", "robot_model": "the robot {}"}
    told += [words.format(result[name]) for name, words in names.items() if result.get(name) is not None]
    return ", ".join(told)


def usual_looks(result: Result) -> bool:
    """Whether its scenes are drawn as they are by default, with nothing of the user's own in them."""
    own = any(result.get(other) is not None for other in ("assets", "robot_model"))
    return not own and result["level"] == "standard"


def told(results: Iterable[Result]) -> str:
    """The scenes of results of one split, such as ``40 unseen scenes``."""
    results = list(results)
    first, factor = results[0], results[0].get("vary")
    if first["split"] == "labelled" or factor == NOTHING:
        return "the labelled scene"
    counts = sorted({int(result["scenes"]) for result in results})
    number, one = " or ".join(map(str, counts)), counts == [1]
    what = "scene" if one else "scenes"
    if factor is not None:
        differ = "that differs" if one else "that differ"
        return f"{number} {what} {differ} from the labelled one in {'its' if one else 'their'} {factor} alone"
    return f"{number} {what} of the weak images" if first["split"] == "weak" else f"{number} unseen {what}"

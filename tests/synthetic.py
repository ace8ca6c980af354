"""Results of policies that never ran, for tests of what is made from results."""

from typing import Any

import numpy as np

from gplac.evaluation.drawing import View
from gplac.evaluation.result import Result, Training, result
from gplac.evaluation.statistics import rate_interval, wilson
from gplac.evaluation.store import Episodes
from gplac.seeding import rng
from gplac.worlds.registry import task

PROVENANCE = {
    "command": "gplac evaluate runs/example --split test",
    "revision": "0123456789abcdef",
    "versions": {"python": "3.11.7", "gplac": "0.1.0"},
    "hardware": {"cpu": "Example CPU", "cores": 2},
    "date": "2026-01-31T12:00:00+00:00",
}


def episodes(rate: float, key: str, split: str = "test", scenes: int = 40, count: int = 10) -> Episodes:
    """Episodes that succeed about as often as ``rate`` says, more often near the coaster and in easy scenes."""
    pusher, generator = task("pusher"), rng("synthetic", key)
    qpos = np.zeros((scenes, count, 101, 11))
    for scene in range(scenes):
        for episode in range(count):
            start = pusher.reset(rng("evaluation", "pusher", split, scene, episode))[0]
            qpos[scene, episode] = start
    easy = generator.beta(3 * rate + 0.01, 3 * (1 - rate) + 0.01, size=(scenes, 1))
    won = generator.random((scenes, count)) < easy
    final = np.where(won, generator.uniform(0, 0.08, won.shape), generator.gamma(6, 0.03, won.shape) + 0.08)
    start = pusher.distance(qpos[:, :, 0])
    distances = np.linspace(start, final, 100, axis=-1)
    direction = qpos[:, :, 0, 7:9] / start[..., None]
    qpos[:, :, 1:, 7:9] = direction[:, :, None] * distances[..., None]
    return Episodes(split, tuple(range(scenes)), distances, qpos)


def synthetic_result(method: str, rate: float, *, seed: int = 0, scenes: int = 40, count: int = 10) -> Result:
    """A result file's content."""
    found = episodes(rate, f"{method} {seed}", scenes=scenes, count=count)
    controls = {
        "blank": episodes(0.01, f"{method} blank", scenes=scenes, count=count),
        "labelled": episodes(0.97, f"{method} labelled", split="labelled", scenes=1, count=scenes * count),
    }
    weak_images = 16_000 if method == "gplac" else 0
    training = Training(method, "lite", seed, weak_images, 10_000, 244.0, 2623.0, 71_000)
    return result(View("pusher", 100, 88), found, controls, training, PROVENANCE)


def synthetic_inspection(method: str, **changes: Any) -> dict[str, Any]:
    """An inspection file's content, of the policy that `synthetic_result` is of."""
    sides, inputs = ("labelled", "unseen"), ("image", "angles", "velocities", "hand")
    about = {"task": "pusher", "method": method, "preset": "lite", "seed": 0, "split": "validation"}
    return about | {
        "level": "standard",
        "scenes": 20,
        "frames": dict.fromkeys(sides, 4),
        "action_error": {side: {"mean": 0.1, "by_tenth": [0.5]} for side in sides},
        "sensitivity": dict.fromkeys(inputs, 0.5),
        "provenance": PROVENANCE,
        **changes,
    }


def result_with(method: str, won: list[int], count: int, *, seed: int = 0) -> Result:
    """A result in which so many of each scene's ``count`` episodes succeed."""
    found = synthetic_result(method, 0.5, seed=seed, scenes=len(won), count=count)
    outcomes = [np.arange(count) < wins for wins in won]
    for scene, wins, each in zip(found["per_scene"], won, outcomes, strict=True):
        scene |= {"outcomes": each.tolist(), "successes": wins, "success_rate": wins / count}
    intervals = wilson(sum(won), len(won) * count), rate_interval(outcomes)
    found["interval95"], found["interval95_scenes"] = ([each.low, each.high] for each in intervals)
    return found | {"successes": sum(won), "success_rate": sum(won) / (len(won) * count)}

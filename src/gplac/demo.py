"""The whole story in one call: from one scene's demonstrations to a report on unseen scenes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from gplac import config
from gplac.data.collect import collect_demonstrations, collect_weak
from gplac.evaluation.compare import compare
from gplac.evaluation.rollout import Progress
from gplac.evaluation.statistics import PairedDifference
from gplac.experts.expert import load_expert
from gplac.reporting.report import write_report
from gplac.runs import evaluate_run, inspect_run
from gplac.training.loop import train

TASK = "pusher"
METHODS = ("att-1", "gplac")
"""Without weak images, and with them."""
Say = Callable[[str], None]
Bars = Callable[[], AbstractContextManager[Callable[[str], Progress]]]


def demo(preset: str, out: Path, seed: int, say: Say, bars: Bars) -> PairedDifference:
    """Collect data, train ATT-1 and GPLAC, evaluate both in test scenes, and write a report into ``out``.

    What an earlier call finished is not done again, and what it left unfinished is gone on with.

    Args:
        preset: name of a preset, the size of everything.
        out: folder to write into.
        seed: of data and training.
        say: told what is going on, a line at a time.
        bars: opens progress bars for an evaluation; see `gplac.runs.evaluate_run`.

    Returns:
        How much more often GPLAC succeeds than ATT-1.

    Raises:
        UserError: ``out`` holds something of other settings, or a step fails in a way that the user can mend.
    """
    demos, weak, sizes = out / "data" / "demos-1", out / "data" / "weak", config.preset(preset, TASK).data
    say(f"1. {sizes.demonstrations} demonstrations of one scene")
    collect_demonstrations(
        demos, TASK, load_expert(TASK), [("labelled", 0)], sizes.demonstrations, sizes.width, sizes.height,
        seed=seed, action_noise=sizes.action_noise, noise_time_s=sizes.noise_time_s,
    )  # fmt: skip
    say(f"2. Weakly labelled images: {sizes.weak_per_scene} of each of {sizes.weak_scenes} scenes")
    places = [("weak", index) for index in range(sizes.weak_scenes)]
    collect_weak(weak, TASK, places, sizes.weak_per_scene, sizes.width, sizes.height, seed=seed)

    def run_of(method: str) -> Path:
        return out / "runs" / f"{method}-seed{seed}"

    results = []
    for number, method in enumerate(METHODS):
        run, settings = run_of(method), config.preset(preset, TASK, method)
        say(f"{3 + 2 * number}. Training {method.upper()}")
        train(method, settings, demos, weak, run, TASK, seed, resume=True)
        say(f"{4 + 2 * number}. {method.upper()} in unseen scenes")
        with bars() as progress:
            results.append(evaluate_run(run, "test", progress=progress))
            inspect_run(run, demos, "test", settings.evaluation.scenes, progress=progress)
        found = results[-1]
        say(f"   {found['successes']} of {found['episodes']} episodes succeed")
    say("7. The report")
    say(f"   {write_report([run_of(method) for method in METHODS], out / 'report')}")
    return compare(*results)

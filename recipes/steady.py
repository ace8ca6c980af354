"""A policy's validation episodes once more, with those feature points held still that look at nothing in particular.

    python recipes/steady.py runs/sweep/pusher/gplac-lite-classification_weight=1-seed0

holds each point whose attention is flat in unseen scenes, as the run's inspection tells, where it lies in the labelled
scene on average; evaluates that in all validation scenes and in the labelled one; and leaves in results/steady/TASK/
how much more often it succeeds than the policy as it is, in the same episodes.
"""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro

from gplac.cli import mistakes_told
from gplac.cli.options import OptionalPath
from gplac.data.dataset import Demonstrations
from gplac.errors import UserError
from gplac.evaluation.pooling import pooled
from gplac.evaluation.rollout import evaluate
from gplac.evaluation.statistics import paired_difference, rate_interval
from gplac.evaluation.steady import HAZY, SteadyPolicy, hazy_channels, mean_points
from gplac.files import require_writable, write_atomically
from gplac.provenance import provenance
from gplac.runs import INSPECTION, Run, evaluate_run, inspect_run, labelled_demonstrations
from gplac.worlds.registry import task as task_named
from gplac.worlds.splits import split_size

SPLIT, EPISODES_EACH, LABELLED_EPISODES, FRAMES = "validation", 10, 100, 1000


def main(
    run: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")],
    /,
    *,
    demos: OptionalPath = None,
    above: float = HAZY,
) -> None:
    """Evaluate it.

    Args:
        run: Folder of the run.
        demos: Demonstrations of the labelled scene; by default those that it was trained on, where its preset has them.
        above: Entropy, as a share of a flat map's, from which on a channel's point is held.
    """
    torch.set_num_threads(1)
    opened = Run.open(run)
    view = opened.view()
    out = Path("results/steady") / view.task / f"{run.name}.json"
    require_writable(out)
    demos = demos or labelled_demonstrations(opened)
    looked = run / "evaluation" / SPLIT / INSPECTION
    if not looked.exists():
        inspect_run(run, demos, SPLIT)
    channels = hazy_channels(json.loads(looked.read_text()), above)
    if not len(channels):
        raise UserError(
            f"No channel of {run} has an entropy above {above:g} in unseen scenes: nothing is to be held."
        )
    scenes = split_size(view.task, SPLIT)
    before = evaluate_run(run, SPLIT, scenes, EPISODES_EACH, workers=1)
    policy, task = opened.policy(), task_named(view.task)
    images = Demonstrations.load(demos, view.task).images
    places = mean_points(policy, np.asarray(images[:: max(1, len(images) // FRAMES)]))
    steady = SteadyPolicy(policy, channels, places)
    policy_id = f"{opened.weights_id()}, {policy.arithmetic}, held {channels.tolist()}"
    outcomes = {
        split: evaluate(
            steady,
            view,
            split,
            count,
            episodes,
            workers=1,
            policy_id=policy_id,
            cache=run / "evaluation" / "steady" / split,
        ).outcomes(task)
        for split, count, episodes in ((SPLIT, scenes, EPISODES_EACH), ("labelled", 1, LABELLED_EPISODES))
    }
    found = paired_difference(list(pooled([before]).outcomes.values()), list(outcomes[SPLIT]))
    interval = rate_interval(list(outcomes[SPLIT]))
    document = {
        **{
            name: before[name] for name in ("task", "method", "preset", "seed", "split", "scenes", "episodes")
        },
        "above": above,
        "held": channels.tolist(),
        "channels": len(places),
        "successes_as_it_is": before["successes"],
        "successes": int(outcomes[SPLIT].sum()),
        "interval95_scenes": [interval.low, interval.high],
        "gain": found.difference,
        "gain95_scenes": [found.interval95.low, found.interval95.high],
        "labelled_as_it_is": before["controls"]["labelled"]["successes"],
        "labelled": int(outcomes["labelled"].sum()),
        "labelled_episodes": LABELLED_EPISODES,
        "per_scene": outcomes[SPLIT].sum(axis=1).tolist(),
        "training": before["training"],
        "provenance": provenance(),
    }
    write_atomically(out, (json.dumps(document, indent=1) + "\n").encode())
    print(
        f"{run.name}: {document['successes']} of {document['episodes']} episodes with {len(channels)} of"
        f" {len(places)} points held still, {before['successes']} as it is"
    )


if __name__ == "__main__":
    with mistakes_told("steady", "The same command goes on."):
        tyro.cli(main)

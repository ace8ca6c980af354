"""How often the 95 % intervals of the tables hold what they are of, at the numbers of scenes that tables have.

    python recipes/coverage.py

takes the hundred confirmation scenes of the pusher, in which policies of several settings were evaluated
(results/sweep/pusher/confirmation), for all scenes that there are, draws few of them again and again, and leaves in
results/coverage/ how often the interval from these misses the mean of the hundred: of each success rate, and of each
difference between a method with a changed setting and as it is.
"""

import json
from pathlib import Path
from statistics import fmean

import tyro

from gplac.cli import mistakes_told
from gplac.errors import UserError
from gplac.evaluation.coverage import missed
from gplac.evaluation.pooling import pooled
from gplac.evaluation.result import read_result
from gplac.evaluation.statistics import paired_interval, rate_interval
from gplac.files import require_writable, write_atomically
from gplac.provenance import provenance

OUT = Path("results/coverage/pusher-confirmation.json")
SCENES = (11, 20, 40)
"""Of the emulated mug push, of the validation split, and of the test split."""


def main(*, samples: int = 1000) -> None:
    """Measure it.

    Args:
        samples: How many times scenes are drawn, of each number.
    """
    paths = sorted(Path("results/sweep/pusher/confirmation").glob("*.json"))
    if not paths:
        raise UserError(
            "There is no result in results/sweep/pusher/confirmation: run this in gplac's repository."
        )
    require_writable(OUT)
    results = {path.stem: read_result(path) for path in paths}
    rates = {name: list(pooled([result]).outcomes.values()) for name, result in results.items()}
    differences = {
        name: [after.astype(float) - before for before, after in zip(rates[base], rates[name], strict=True)]
        for name, result in results.items()
        if (base := f"{result['method']}-lite-seed{result['seed']}") in rates and base != name
    }
    found = {}
    for what, each, interval in (
        ("rates", rates, rate_interval),
        ("differences", differences, paired_interval),
    ):
        for scenes in SCENES:
            by_name = {name: missed(values, interval, scenes, samples) for name, values in each.items()}
            shares = [one.above + one.below for one in by_name.values()]
            found[f"{what} of {scenes} scenes"] = {
                "missed": round(fmean(shares), 4),
                "least": round(min(shares), 4),
                "most": round(max(shares), 4),
                "above": round(fmean(one.above for one in by_name.values()), 4),
                "by_result": {
                    name: {"above": round(one.above, 4), "below": round(one.below, 4)}
                    for name, one in by_name.items()
                },
            }
            print(
                f"{what} of {scenes} scenes: missed in {fmean(shares):.1%} ({min(shares):.1%} to {max(shares):.1%})"
            )
    document = {"samples": samples, "intervals": found, "provenance": provenance()}
    write_atomically(OUT, (json.dumps(document, indent=1) + "\n").encode())


if __name__ == "__main__":
    with mistakes_told("coverage", "The same command starts anew."):
        tyro.cli(main)

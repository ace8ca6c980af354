"""Speed beside peers: ``make bench``. Writes results/bench/<hardware>.json and prints a table.

Every row compares two contenders that took turns within one run on one machine; only ratios travel to other machines.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import torch  # noqa: F401  (a GPU is looked for only where it is imported)
import tyro
from networks import INFERENCE, TRAINING
from rich.console import Console
from rich.table import Table
from robot import ROBOT
from worlds import ALL_STEPS, FRAMES, PUSH_FRAMES, PUSH_STEPS, STEPS, STRIKER_FRAMES, STRIKER_STEPS

from gplac.cli import mistakes_told
from gplac.evaluation.result import require_replaceable, write_json
from gplac.provenance import hardware, provenance

CASES = {
    "steps": STEPS,
    "all-steps": ALL_STEPS,
    "frames": FRAMES,
    "striker-steps": STRIKER_STEPS,
    "striker-frames": STRIKER_FRAMES,
    "push-steps": PUSH_STEPS,
    "push-frames": PUSH_FRAMES,
    "training": TRAINING,
    "inference": INFERENCE,
    **ROBOT,
}


@dataclass(frozen=True)
class Options:
    """Speed beside peers."""

    repeats: int = 7
    """Turns of each contender, besides one to warm up."""
    seconds: float = 3.0
    """Length of a turn."""
    only: tuple[str, ...] = ()
    """Some of them, by name, such as steps or striker-frames; by default all."""
    out: Path | None = None
    """File to write; by default results/bench/<hardware>.json."""


def main(options: Options) -> None:
    """Run the cases, print them, write them."""
    unknown = set(options.only) - set(CASES)
    if unknown:
        raise SystemExit(f"No benchmark is called {', '.join(unknown)}; choose from {', '.join(CASES)}.")
    if options.repeats < 1 or not options.seconds > 0:
        raise SystemExit("One turn or more, of more than no seconds, can be measured.")
    out = options.out or Path("results/bench") / f"{machine()}.json"
    require_replaceable(out, "benchmark")
    rows = []
    for name in options.only or CASES:
        rows += [
            {**row, "provenance": provenance()}
            for row in CASES[name].contest(options.repeats, options.seconds)
        ]
    table = Table("", "ours", "peer", "unit", "ratio", "from", "to", "n", "peer's name")
    for row in rows:
        numbers = [f"{row[key]:,.1f}" for key in ("ours", "peer")]
        ratios = [f"{row[key]:.2f}" for key in ("ratio", "ratio_min", "ratio_max")]
        table.add_row(row["name"], *numbers, row["unit"], *ratios, str(row["n"]), row["peer_name"])
    Console(width=140).print(table)
    if options.only and out.exists():  # those of other cases stay
        names = {row["name"] for row in rows}
        rows = [row for row in json.loads(out.read_text()) if row["name"] not in names] + rows
    write_json(rows, "benchmark", out)
    print(f"Written to {out}.")


def machine() -> str:
    """A file name for this machine, its GPU included."""
    found = hardware()
    words = f"{found['cpu']} {found['cores']} cores {found['gpu'] or ''}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


if __name__ == "__main__":
    with mistakes_told("run"):
        main(tyro.cli(Options))

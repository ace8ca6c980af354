"""How many pictures some processes side by side draw in a second: with a GPU, or with a core for each.

    python benchmarks/drawing.py [--processes 1 4 16]

Each steps one simulation of the pusher and draws its policy's view at 200x175, shadows included. Prints and writes
results/drawing/<hardware>.json.
"""

import json
from functools import cache
from pathlib import Path

import tyro
from contest import Run
from run import machine
from worlds import HEIGHT, WIDTH, our_frames

from gplac.cli import mistakes_told
from gplac.files import require_writable, write_atomically
from gplac.provenance import provenance
from gplac.scale.processes import Processes
from gplac.worlds.gl import context, renderer_name

NAME = "frames"


@cache
def drawing() -> Run:
    """This process's simulation and renderer."""
    return our_frames(NAME)


def draw(seconds: float) -> float:
    """Pictures a second, drawn for so long."""
    return drawing()(seconds)[NAME]


def rate(processes: int, seconds: float) -> float:
    """Pictures a second of all processes, each warm."""
    with Processes(processes) as pool:
        for turn in (0.1, seconds):
            rates = dict(pool.map(draw, [turn] * processes))
    return sum(rates.values())


def main(
    processes: tuple[int, ...] = (1, 4, 16), seconds: float = 10.0, repeats: int = 3, out: Path | None = None
) -> None:
    """Measure, print, write.

    Args:
        processes: How many draw side by side, each of these in turn.
        seconds: Length of a turn.
        repeats: Turns; all are written.
        out: File to write; by default results/drawing/<hardware>.json.
    """
    if min((*processes, repeats)) < 1 or not processes or not seconds > 0:
        raise SystemExit("One process and one turn or more, of more than no seconds, can be measured.")
    out = out or Path("results/drawing") / f"{machine()}.json"
    require_writable(out)
    rates: dict[int, list[float]] = {count: [] for count in processes}
    for _ in range(repeats):
        for count, found in rates.items():
            found.append(round(rate(count, seconds), 1))
    for count, found in rates.items():
        print(f"{count} at a time: {min(found):,.0f} to {max(found):,.0f} pictures a second")
    written = {
        "image": [WIDTH, HEIGHT],
        "graphics": f"{context()}, {renderer_name()}",
        "pictures_per_s": {str(count): found for count, found in rates.items()},
        "seconds": seconds,
        "provenance": provenance(),
    }
    write_atomically(out, (json.dumps(written, indent=1) + "\n").encode())
    print(f"Written to {out}.")


if __name__ == "__main__":
    with mistakes_told("drawing"):
        tyro.cli(main)

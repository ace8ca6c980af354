"""Table 1: eleven methods on the pusher and the striker, between a ceiling and a floor.

gplac grid run recipes/table1.py --preset lite
"""

from gplac.grid.cell import BOUNDS, TOLERANCE, Cell
from gplac.reporting.published import METHODS

TASKS = ("pusher", "striker")
REPEATED = ("att-1", "gplac", "att-40", "att-da", "cnn-40", "cnn-c", "cnn-1")
"""What the paper's argument rests on, that attention, weak images and both together are needed: with more seeds than
one."""


def cells(preset: str) -> list[Cell]:
    """References and first seeds of each task, then the further seeds."""
    first = [Cell(task, name) for task in TASKS for name in (*REPEATED, *METHODS, BOUNDS, TOLERANCE)]
    return first + [Cell(task, name, seed) for task in TASKS for seed in (1, 2) for name in REPEATED]

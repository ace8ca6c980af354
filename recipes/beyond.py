"""Beyond the paper: random colours with weak images and without, on all tasks.

gplac grid run recipes/beyond.py --preset lite
"""

from gplac.grid.cell import Cell
from gplac.methods import BEYOND
from gplac.worlds.registry import TASKS


def cells(preset: str) -> list[Cell]:
    """Every method that the paper does not have, on every task."""
    return [Cell(task, method) for task in TASKS for method in BEYOND]

"""Beyond the paper: random colours with weak images, without, and with demonstrations of forty scenes.

gplac grid run recipes/beyond.py --preset lite
"""

from gplac.grid.cell import Cell
from gplac.methods import BEYOND
from gplac.reporting.published import beside_paper
from gplac.worlds.registry import TASKS


def cells(preset: str) -> list[Cell]:
    """Every method that the paper does not have, on the tasks where it has the one that it starts from."""
    return [Cell(task, method) for task in TASKS for method in BEYOND if beside_paper(task, method)]

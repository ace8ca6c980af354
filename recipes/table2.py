"""Table 2: the robot experiment, emulated (mug push).

gplac grid run recipes/table2.py --preset lite
"""

from gplac.grid.cell import Cell


def cells(preset: str) -> list[Cell]:
    """The paper's three methods."""
    return [Cell("mug_push", name, seed) for seed in (0, 1, 2) for name in ("att-1", "att-da", "gplac")]

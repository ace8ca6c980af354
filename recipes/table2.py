"""Table 2: the robot experiment, emulated (mug push), between a ceiling and a floor.

gplac grid run recipes/table2.py --preset lite
"""

from gplac.grid.cell import BOUNDS, Cell


def cells(preset: str) -> list[Cell]:
    """The paper's three methods, then what bounds them."""
    methods = [Cell("mug_push", name, seed) for seed in (0, 1, 2) for name in ("att-1", "att-da", "gplac")]
    return [*methods, Cell("mug_push", BOUNDS)]

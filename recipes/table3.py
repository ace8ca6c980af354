"""Table 3: GPLAC with all weak images, a tenth, a hundredth, a thousandth of them.

    gplac grid run recipes/table3.py --preset lite

At preset ``paper`` these are the paper's 80,000, 8,000, 800 and 80; at ``lite`` 16,000, 1,600, 160 and 16.
"""

from gplac import config
from gplac.grid.cell import Cell

SHARES = (1, 10, 100, 1000)


def cells(preset: str) -> list[Cell]:
    """All of them first: these cells are Table 1's too, and are not measured twice."""
    found = []
    for task in ("pusher", "striker"):
        data = config.preset(preset, task).data
        budgets = [data.weak_scenes * data.weak_per_scene // share for share in SHARES]
        found += [Cell(task, "gplac")]
        found += [Cell(task, "gplac", weak_budget=budget) for budget in budgets[1:] if budget >= 2]
    return found

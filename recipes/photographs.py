"""How many places, how many photographs: GPLAC on the emulated mug push with fewer of either.

    gplac grid run recipes/photographs.py --preset lite

At preset ``lite``: all 1,700 photographs of 50 places, then 400, 100, 40 and 20; 100 photographs of 50, 25, 12, 6 and 3
places; and none. All photographs and none are Table 2's cells too, and are not measured twice.
"""

from itertools import zip_longest

from gplac.grid.cell import Cell
from gplac.reporting.photographs import METHOD, TASK, WITHOUT, by_photographs, by_places


def cells(preset: str) -> list[Cell]:
    """The rows of ``gplac table photographs``: where its two lines begin and meet, then from the fewest upwards."""
    photographs, places = by_photographs(preset), by_places(preset)
    upwards = [key for both in zip_longest(places[:0:-1], photographs[:0:-1]) for key in both if key]
    budgets = [key[1:] for key in (photographs[0], places[0], *upwards)]
    found = [Cell(TASK, METHOD, 0, *budget) for budget in dict.fromkeys(budgets)]
    return [found[0], Cell(TASK, WITHOUT), *found[1:]]

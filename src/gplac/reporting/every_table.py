"""Every table that ``gplac table`` can make, by name."""

from collections.abc import Callable
from pathlib import Path

from gplac.reporting import (
    factors,
    fairness,
    figure_5,
    levels,
    paper_tables,
    photographs,
    settings,
    thresholds,
)
from gplac.reporting.sheets import Sheet

TABLES: dict[str, Callable[[Path, str], list[Sheet]]] = (
    paper_tables.TABLES
    | photographs.SHEETS
    | fairness.SHEETS
    | figure_5.SHEETS
    | thresholds.SHEETS
    | factors.SHEETS
    | levels.SHEETS
    | settings.SHEETS
)
"""Stem of its files -> what makes its sheets from the folder ``results`` and a preset's name, in the order in which
they are written."""

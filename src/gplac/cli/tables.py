"""The verb that makes the paper's tables from result files."""

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from gplac.cli.options import Preset

Which = Annotated[
    Positional[Literal["1", "2", "3", "photographs", "fair", "figure5", "all"]],
    arg(metavar="1|2|3|photographs|fair|figure5|all"),
]


def table(
    which: Which = "all",
    /,
    *,
    preset: Preset = "lite",
    results: Path = Path("results"),
    out: Path = Path("results/tables"),
) -> None:
    """The paper's tables beside our results, from result files alone: Markdown, LaTeX, CSV and charts.

    Args:
        which: Table 1, 2 or 3; success by number of photographs and of places (photographs); what each method had to
            learn from (fair); where feature points lie (figure5); or all.
        preset: Whose results.
        results: Folder that holds results/PRESET/TASK/METHOD-seedK.json.
        out: Folder to write OUT/PRESET/ into.
    """
    from gplac.errors import UserError
    from gplac.reporting.fairness import SHEETS
    from gplac.reporting.paper_tables import TABLES
    from gplac.reporting.photographs import SHEETS as PHOTOGRAPHS
    from gplac.reporting.sheets import write_sheets

    if not (results / preset).is_dir():
        raise UserError(
            f"There is no folder {results / preset}; measure something first: gplac grid run RECIPE"
        )
    makers = TABLES | PHOTOGRAPHS | SHEETS
    for name, make in makers.items():
        if which in ("all", name.removeprefix("table")):
            sheets = make(results, preset)
            written = write_sheets(name, sheets, out / preset)
            print(
                f"{', '.join(sheet.title for sheet in sheets) or name + ': nothing measured yet'}: {written[0]}"
            )

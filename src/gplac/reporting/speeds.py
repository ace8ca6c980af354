"""Speed beside peers, as ``make bench`` measured it, for the page about benchmarks."""

import json
from pathlib import Path
from typing import Any

from gplac.evaluation.result import check


def speeds(folder: Path) -> str:
    """Each machine's ratios as a table.

    Args:
        folder: ``results/bench``.

    Raises:
        UserError: a file in it is no list of benchmarks.
    """
    tables = []
    for path in sorted(folder.glob("*.json")):
        found = json.loads(path.read_text())
        check(found, "benchmark", str(path))
        lines = ["| name | times as good as the peer | gplac | peer |", "|---|---|---|---|"]
        for each in found:
            rates = [_told(each, who) for who in ("ours", "peer")]
            ratio = "" if each["ratio"] is None else f"{each['ratio']:.2f}"
            if "ratio_min" in each:
                ratio += f" ({each['ratio_min']:.2f} to {each['ratio_max']:.2f})"
            lines.append(f"| {' | '.join([each['name'], ratio, *rates])} |")
        hardware = found[0]["provenance"]["hardware"]
        told = f"{hardware['cpu']}, {hardware['cores']} cores (`results/bench/{path.name}`):"
        tables.append("\n".join([told, "", *lines]))
    return "\n" + "\n\n".join(tables) + "\n\n"


def _told(benchmark: dict[str, Any], who: str) -> str:
    value = benchmark[who]
    return "" if value is None else f"{value:,.{1 if value < 100 else 0}f} {benchmark['unit']}"

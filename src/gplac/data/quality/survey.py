"""Integrity and quality of one data set, or of demonstrations and weak images together: ``gplac data check``."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gplac.data import schema
from gplac.data.check import check
from gplac.data.manifest import Kind, Manifest
from gplac.data.quality.copies import check_copies
from gplac.data.quality.episodes import check_episodes, lengths
from gplac.data.quality.exposure import check_exposure
from gplac.data.quality.finding import INTEGRITY, SEVERITIES, Finding, Severity
from gplac.data.quality.frozen import check_frozen
from gplac.data.quality.labels import check_labels, per_scene
from gplac.data.quality.likeness import Likeness, check_likeness, likeness
from gplac.data.quality.read import Measured, measure
from gplac.data.quality.timing import Timing, check_timing, timing
from gplac.data.quality.values import Dimension, check_values, dimensions
from gplac.errors import UserError
from gplac.provenance import provenance

FORMAT = 2
Progress = Callable[[str], Callable[[int, int], None]]
_RESTORE = "Restore the files from where they came, or collect or import them again."


@dataclass(frozen=True)
class Demonstrated:
    """What is known of demonstrations besides their pictures."""

    dimensions: list[Dimension]
    timing: Timing | None


@dataclass(frozen=True)
class Survey:
    """Everything that ``gplac data check`` knows."""

    data: dict[Kind, Measured]
    """The data sets that could be read."""
    demonstrated: Demonstrated | None
    likeness: Likeness | None
    """None without both kinds of data."""
    findings: list[Finding]
    """The worst first."""

    def count(self, severity: Severity) -> int:
        """How many findings are so severe."""
        return sum(finding.severity == severity for finding in self.findings)

    def document(self) -> dict[str, Any]:
        """As in ``gplac/schemas/data_check.json``."""
        content = {
            "format": FORMAT,
            "verdict": next((each for each in SEVERITIES if self.count(each)), "fine"),
            "data": [self._of(data) for data in self.data.values()],
            "likeness": None if self.likeness is None else asdict(self.likeness),
            "findings": [self._finding(finding) for finding in self.findings],
            "provenance": provenance(),
        }
        document: dict[str, Any] = json.loads(json.dumps(content))  # lists for tuples
        return document

    def _of(self, data: Measured) -> dict[str, Any]:
        request = data.manifest.request
        common = {
            "kind": request.kind,
            "folder": str(data.folder),
            "checksum": data.manifest.checksum,
            "task": request.task,
            "split": request.split,
            "width": request.width,
            "height": request.height,
            "rows": len(data),
            "left_out": list(data.left_out),
            "brightness": _spread(data.pictures.brightness),
            "contrast": _spread(data.pictures.contrast),
        }
        if self.demonstrated is None or request.kind == "weak":
            scenes = [{"scene": scene, "present": yes, "absent": no} for scene, yes, no in per_scene(data)]
            return {**common, "scenes": scenes}
        time = self.demonstrated.timing
        return {
            **common,
            "episodes": len(data.starts) - 1,
            "episode_frames": _spread(lengths(data)),
            "dimensions": [
                {**asdict(each), "constant": each.constant} for each in self.demonstrated.dimensions
            ],
            "timing": None if time is None else asdict(time),
        }

    def _finding(self, finding: Finding) -> dict[str, Any]:
        examples = [
            [{"row": row, "place": self.data[finding.data].place(row)} for row in group]
            for group in finding.examples
            if finding.data is not None
        ]
        return {**asdict(finding), "where": list(finding.where), "examples": examples}


def _spread(values: Any) -> dict[str, float]:
    return {
        "minimum": float(np.min(values)),
        "median": float(np.median(values)),
        "maximum": float(np.max(values)),
    }


def silent(part: str) -> Callable[[int, int], None]:
    """Progress that nobody wants to see."""
    return lambda done, total: None


def survey(folders: Sequence[Path], progress: Progress = silent) -> Survey:
    """Check one data set, or one of demonstrations and one of weak images.

    Args:
        folders: one or two, in any order.
        progress: called with the name of each part, gives what is told how much of how much is done.

    Raises:
        UserError: there is no data set in a folder, or both are of one kind.
    """
    findings: list[Finding] = []
    data: dict[Kind, Measured] = {}
    for folder in folders:
        broken = check(folder)
        kind = _kind(folder)
        if kind in data:
            raise UserError(
                f"{data[kind].folder} and {folder} both hold {kind} data; name one of demonstrations and one of weak"
                " images, or check them one by one."
            )
        try:
            if kind is not None:
                data[kind] = measure(folder, progress(folder.name))
                told = "\n".join(broken)
                out = zip(data[kind].left_out, data[kind].faults, strict=True)
                broken += [fault for name, fault in out if name not in told]
        except UserError as error:
            broken.append(str(error))
        findings += [Finding("problem", INTEGRITY, kind, sentence, _RESTORE) for sentence in broken]
    demonstrations, weak = data.get("demonstrations"), data.get("weak")
    demonstrated = None if demonstrations is None else _demonstrated(demonstrations)
    if demonstrations is not None and demonstrated is not None:
        findings += [
            *check_values(demonstrations, demonstrated.dimensions),
            *check_episodes(demonstrations),
            *check_frozen(demonstrations),
            *check_timing(demonstrations, demonstrated.timing),
            *check_exposure(demonstrations),
        ]
    if weak is not None:
        findings += [*check_labels(weak), *check_copies(weak), *check_exposure(weak)]
    alike = None
    if demonstrations is not None and weak is not None:
        alike = likeness(demonstrations, weak)
        findings += check_likeness(demonstrations, weak, alike)
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return Survey(data, demonstrated, alike, findings)


def _kind(folder: Path) -> Kind | None:
    """None where the manifest is damaged, of which the integrity check tells."""
    try:
        return Manifest.read(folder).request.kind
    except UserError:
        return None


def _demonstrated(data: Measured) -> Demonstrated:
    found = [each for column in (schema.STATE, schema.ACTION) for each in dimensions(data, column)]
    return Demonstrated(found, timing(data))

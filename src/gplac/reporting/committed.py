"""The result and inspection files of a preset, as they are committed: all that the paper's tables are made from."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from gplac import config
from gplac.errors import UserError
from gplac.evaluation.faults import stranger
from gplac.evaluation.pooling import Pooled, pooled
from gplac.evaluation.result import Result, check, read_result
from gplac.methods import BEYOND
from gplac.reporting.published import METHODS
from gplac.reporting.scenes import other_scenes, usual

NAME = re.compile(r"(?P<method>[^=]+?)(-scenes(?P<scenes>\d+))?(-weak(?P<images>\d+))?-seed(?P<seed>\d+)")
"""Of a file: METHOD-seedK, or METHOD-scenesM-weakN-seedK where not all weak scenes, or images, were seen. Cells whose
settings are changed, which have a = in their names, are of no table."""


class Key(NamedTuple):
    """What the seeds of one thing share."""

    method: str
    weak_budget: int = 0
    """Number of weak images; 0: all that there are."""
    scene_budget: int = 0
    """Number of scenes that they are of; 0: all."""


@dataclass(frozen=True)
class Committed:
    """What one preset's results folder holds of one task."""

    folder: Path
    """``results/PRESET/TASK``."""

    @cached_property
    def results(self) -> dict[Key, list[Result]]:
        """Results on test scenes of the usual looks.

        Raises:
            UserError: a file is damaged, of other scenes, or its name and folder tell of something else than its
                content.
        """
        found: dict[Key, list[Result]] = {}
        for path, match in self._named(self.folder):
            if match["method"] == "tolerance":
                continue
            result = read_result(path)
            self._check(path, match, result)
            if not usual(result):
                raise UserError(
                    f"{path} is a result of {other_scenes(result)}, and lies among those of test scenes of the usual"
                    " looks: move it to where it belongs."
                )
            found.setdefault(key_of(match), []).append(result)
        return found

    @cached_property
    def inspections(self) -> dict[Key, list[Mapping[str, Any]]]:
        """What instruments said on validation scenes.

        Raises:
            UserError: a file is no inspection, or its name and folder tell of something else than its content.
        """
        found: dict[Key, list[Mapping[str, Any]]] = {}
        for path, match in self._named(self.folder / "validation"):
            try:
                document = json.loads(path.read_text())
            except (OSError, ValueError, RecursionError) as error:
                raise UserError(
                    f"{path} cannot be read as JSON ({error}): delete it, and run its grid again where that has its"
                    " run, or move it elsewhere."
                ) from error
            check(document, "inspection", str(path))
            # One of settings that the preset took over since says "lite-changed".
            preset = document["preset"].removesuffix(config.CHANGED)
            self._check(path, match, document | {"preset": preset}, "an inspection")
            if document["split"] != "validation":
                raise UserError(
                    f"{path} is an inspection of {document['split']} scenes, and lies among those of validation scenes:"
                    " move it to where it belongs."
                )
            self._check_weights(path, match, document)
            found.setdefault(key_of(match), []).append(document)
        return found

    def _check_weights(self, path: Path, match: re.Match[str], document: Mapping[str, Any]) -> None:
        """A policy trained anew is another one; files of older versions do not tell."""
        for result in self.results.get(key_of(match), []):
            told = result["training"].get("weights_sha256"), document.get("weights_sha256")
            if result["seed"] == document["seed"] and None not in told and told[0] != told[1]:
                raise UserError(
                    f"{path} is an inspection of other weights than {self.folder / path.name}: delete it, or move it"
                    " elsewhere, and run the grid again where that has its run."
                )

    def pooled(self, method: str, weak_budget: int = 0, scene_budget: int = 0) -> Pooled | None:
        """All seeds of a method as one; None if there is no result of it.

        Raises:
            UserError: they cannot be pooled.
        """
        results = self.results.get(Key(method, weak_budget, scene_budget))
        return pooled(results) if results else None

    def shared(self, keys: Iterable[Key]) -> dict[Key, Pooled | None]:
        """What is measured, of the seeds that all of it has: others, which some rows of a table have and others lack,
        would vary as well where rows are compared. Where no seed is everyone's, each keeps its own.

        Raises:
            UserError: they cannot be pooled.
        """
        results = {key: self.results.get(key, []) for key in keys}
        seeds = [{result["seed"] for result in each} for each in results.values() if each]
        everyones = set.intersection(*seeds) if seeds else set()
        kept = {
            key: [result for result in each if result["seed"] in everyones] or each
            for key, each in results.items()
        }
        return {key: pooled(each) if each else None for key, each in kept.items()}

    def _check(
        self, path: Path, match: re.Match[str], document: Mapping[str, Any], what: str = "a result"
    ) -> None:
        """A file under another's name would be another's number in a table."""
        preset, task = self.folder.parent.name, self.folder.name
        if found := stranger(
            document, what, preset=preset, task=task, seed=int(match["seed"]), **key_of(match)._asdict()
        ) or _fewer_than_all(document, preset, task, key_of(match)):
            raise UserError(f"{path} {found}: move it to where it belongs.")

    @staticmethod
    def _named(folder: Path) -> list[tuple[Path, re.Match[str]]]:
        matches = [(path, NAME.fullmatch(path.stem)) for path in sorted(folder.glob("*.json"))]
        return [(path, match) for path, match in matches if match is not None]


def _fewer_than_all(document: Mapping[str, Any], preset: str, task: str, key: Key) -> str | None:
    """How many weak images a result is of, if its name says all, in words that go on after it. Results of older
    versions do not tell of a budget."""
    if key.weak_budget or key.scene_budget or not document.get("weak_images"):
        return None
    recorded = document.get("training", {}).get("settings", {}).get("data", {})
    sizes = asdict(config.preset(preset, task).data) | recorded
    if document["weak_images"] >= (whole := sizes["weak_scenes"] * sizes["weak_per_scene"]):
        return None
    return f"is of {document['weak_images']} weak images, where its name says all {whole}"


def in_own_folder(
    folder: Path, preset: str, name: re.Pattern[str], wrong: Callable[[re.Match[str], Result], str]
) -> dict[str, list[tuple[re.Match[str], Result]]]:
    """Method -> results of something else than the tables' scenes, which lie in a folder of their own, with what their
    names say; methods in the paper's order. Those of other presets, or of fewer weak images, are left out.

    Args:
        folder: ``results/WHAT/TASK``.
        preset: whose results.
        name: of a file; has the groups of `NAME`.
        wrong: what of a result does not belong there, in words that go on after its name; empty if all does.

    Raises:
        UserError: a file is damaged, or does not belong there.
    """
    found: dict[str, list[tuple[re.Match[str], Result]]] = {}
    for path in sorted(folder.glob("*.json")):
        match = name.fullmatch(path.stem)
        if match is None:
            continue
        result, key = read_result(path), key_of(match)
        told = stranger(
            result, preset=result["preset"], task=folder.name, seed=int(match["seed"]), **key._asdict()
        )
        if why := told or wrong(match, result):
            raise UserError(f"{path} {why}: move it to where it belongs.")
        if result["preset"] == preset and key == Key(key.method):
            found.setdefault(key.method, []).append((match, result))
    order = [*METHODS, *BEYOND, *sorted(found)]
    return {method: found[method] for method in dict.fromkeys(order) if method in found}


def named_seeds(each: Pooled) -> str:
    """Its seeds, in words."""
    return f"seed{'s' if len(each.by_seed) > 1 else ''} {', '.join(map(str, each.by_seed))}"


def key_of(match: re.Match[str]) -> Key:
    """What a name that `NAME` matches says."""
    return Key(match["method"], int(match["images"] or 0), int(match["scenes"] or 0))

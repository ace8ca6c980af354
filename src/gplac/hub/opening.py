"""A run that may come from strangers, opened: only JSON and safetensors are read, and both are checked."""

import json
from pathlib import Path
from typing import Any

from gplac.errors import UserError
from gplac.evaluation.result import check
from gplac.runs import Run
from gplac.training.policy import Policy, load_policy


def open_run(folder: Path) -> tuple[Run, Policy]:
    """A finished run and its policy, every number of which is finite.

    Raises:
        UserError: there is none, it is not finished, or one of its files is damaged.
    """
    run = Run.open(folder)
    return run, load_policy(folder)


def documents(run: Run) -> dict[str, dict[str, Any]]:
    """What was measured of a run: the content of each JSON file, by its path within the run's folder.

    These are ``evaluation/*/result.json`` and ``inspection.json``, ``evaluation/gymnasium/*.json``, and ``trust.json``.

    Raises:
        UserError: one of them is damaged.
    """
    found = {}
    for pattern, schema in SCHEMAS.items():
        for path in sorted(run.folder.glob(pattern)):
            try:
                document = json.loads(path.read_text())
            except (OSError, ValueError, RecursionError) as error:
                raise UserError(
                    f"{path} is damaged ({error}); measure it again, or move it elsewhere."
                ) from error
            check(document, schema, str(path))
            found[path.relative_to(run.folder).as_posix()] = document
    return found


SCHEMAS = {
    "evaluation/*/result.json": "result",
    "evaluation/*/inspection.json": "inspection",
    "evaluation/gymnasium/*.json": "env_result",
    "trust.json": "trust",
}
"""Which files tell what was measured, and what each is checked against."""

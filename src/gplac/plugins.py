"""Methods, encoders, tasks and formats of other packages: modules that register them when they are imported."""

import importlib
import os
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path

from gplac.errors import UserError

VARIABLE = "GPLAC_PLUGINS"
"""Environment variable with names of modules, commas between; worker processes inherit it."""
GROUP = "gplac.plugins"
"""Group of entry points with which installed packages name theirs."""


def load() -> None:
    """Import them, each once: those of installed packages, then those that `VARIABLE` names, which may lie in the
    working folder. The command line does so before anything else, as does every worker process.

    Raises:
        UserError: one cannot be imported.
    """
    named = [
        (f"{GROUP} of {each.dist.name if each.dist else each.name}", each.module)
        for each in entry_points(group=GROUP)
    ]
    told = [module.strip() for module in os.environ.get(VARIABLE, "").split(",")]
    if any(told) and (folder := str(Path.cwd())) not in sys.path:
        sys.path.append(folder)
    for where, module in [*named, *((VARIABLE, module) for module in told if module)]:
        try:
            importlib.import_module(module)
        except Exception as error:  # a module may do anything
            line = traceback.extract_tb(error.__traceback__)[-1]
            raise UserError(
                f"The plugin {module} ({where}) cannot be imported: {type(error).__name__}: {error}, {line.filename}"
                f" line {line.lineno}. Mend it, or leave it out."
            ) from error

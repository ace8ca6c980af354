"""Methods, encoders, tasks and formats of other packages: modules that register them when they are imported."""

import importlib
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

from gplac.errors import UserError, with_line

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
        (f"the package {each.dist.name if each.dist else each.name}", each.module)
        for each in entry_points(group=GROUP)
    ]
    told = [module.strip() for module in os.environ.get(VARIABLE, "").split(",")]
    if any(told) and (folder := str(Path.cwd())) not in sys.path:
        sys.path.append(folder)
    for where, module in [*named, *((VARIABLE, module) for module in told if module)]:
        try:
            importlib.import_module(module)
        except Exception as error:  # a module may do anything
            said = with_line(error, __file__)
            raise UserError(
                f"The plugin {module} of {where} cannot be imported {said}: mend it, or leave it out."
            ) from error

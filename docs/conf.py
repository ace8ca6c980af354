"""Sphinx configuration. Pages that only repeat the code are written from the code, each time the docs are built."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version as version_of
from pathlib import Path

from tyro.extras import SubcommandApp

from gplac import cli, models

HERE = Path(__file__).parent
GENERATED = HERE / "_generated"

project = "gplac"
author = "the gplac authors"
project_copyright = "2026, the gplac authors"
release = version_of("gplac")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosectionlabel",
    "sphinx.ext.viewcode",
    "reference",  # in _ext/
]
sys.path.insert(0, str(HERE / "_ext"))
myst_heading_anchors = 3
autosectionlabel_prefix_document = True
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"gplac {release}"
html_static_path = ["_static"]
html_css_files = ["gplac.css"]

# In docstrings, a name in single backticks is a link where the reference has it, and code elsewhere.
default_role = "py:obj"
highlight_language = "text"
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80

linkcheck_timeout = 20
linkcheck_workers = 4


def verbs(app: SubcommandApp, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every verb of the command line, groups resolved."""
    for name, command in app._subcommands.items():
        if isinstance(command.target, SubcommandApp):
            yield from verbs(command.target, (*prefix, name))
        else:
            yield (*prefix, name)


def commands() -> str:
    """The help of every verb."""
    parts = ["# Commands\n", "What `gplac VERB --help` prints.\n"]
    for verb in verbs(cli.app):
        done = subprocess.run(
            [sys.executable, "-m", "gplac.cli", *verb, "--help"],
            env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        parts.append(f"## gplac {' '.join(verb)}\n\n```text\n{done.stdout.strip()}\n```\n")
    return "\n".join(parts)


def shapes_table() -> str:
    """The letters that names of tensors end in."""
    return "\n".join(line for line in (models.__doc__ or "").splitlines() if line.startswith("|")) + "\n"


GENERATED.mkdir(exist_ok=True)
(GENERATED / "commands.md").write_text(commands())
(GENERATED / "shapes_table.md").write_text(shapes_table())
exclude_patterns.append("_generated/*_table.md")

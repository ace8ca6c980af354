"""Every name of the package that docstrings and pages mention is there."""

import importlib
import re

import pytest
from pages import ROOT, pages

from gplac.robot.card import CARD_KEY  # of a file's metadata, and looks like a name

NAME = re.compile(r"`(gplac(?:\.[A-Za-z_]\w*)+)`")


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            # A dataclass's field without a default is an annotation alone.
            if not hasattr(found, part) and part not in getattr(found, "__annotations__", {}):
                return False
            found = getattr(found, part, None)
        return True
    return False


@pytest.mark.parametrize("folder", ["pages", "src"])
def test_names_are_there(folder: str) -> None:
    files = pages() if folder == "pages" else sorted((ROOT / "src").rglob("*.py"))
    mentioned = {(name, path.relative_to(ROOT)) for path in files for name in NAME.findall(path.read_text())}
    assert len(mentioned) > 10
    assert (
        sorted(f"{path}: {name}" for name, path in mentioned if name != CARD_KEY and not is_there(name)) == []
    )


def test_a_name_that_is_gone_would_be_noticed() -> None:
    assert (
        is_there("gplac.train")
        and is_there("gplac.robot.Policy.load")
        and is_there("gplac.config.Preset.data")
    )
    assert (
        not is_there("gplac.gone") and not is_there("gplac.robot.Policy.gone") and not is_there("elsewhere.x")
    )

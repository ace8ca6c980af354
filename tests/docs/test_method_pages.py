"""Every method's page says what it sees and learns from, and which commands make its numbers and a run by itself."""

import re

import pytest
from pages import ROOT

from gplac.grid.recipe import read_recipe
from gplac.methods import METHODS


@pytest.mark.parametrize("name", METHODS)
def test_a_methods_page_is_complete(name: str) -> None:
    page, method = (ROOT / f"docs/methods/{name}.md").read_text(), METHODS[name]()
    assert all(part in page for part in ("**Sees**", "**Loss**", "L_task", "](../tables.md)"))
    assert re.search(r"^\*(Sections? \d|Beyond the paper)", page, re.MULTILINE), "which section it is of"
    loss = page.split("**Loss**")[1].split("\n- **")[0].split("<!--")[0]
    assert any(sign in loss for sign in ("Σ", "](att-", "](gplac")), "a formula, or the page that has it"
    grid, run = (block.split("```")[0].splitlines() for block in page.split("```bash\n")[1:])
    scenes = f" --scenes {method.labelled_scenes}" if method.labelled_scenes > 1 else ""
    weak = ["gplac collect weak pusher --preset lite"] if method.weak_scenes else []
    assert run == [
        f"gplac collect demos pusher --preset lite{scenes}",
        *weak,
        f"gplac train {name} --task pusher --preset lite",
        f"gplac evaluate runs/lite/pusher/{name}-seed0 --split test",
    ]
    recipes = [
        recipe
        for recipe in ("table1", "table2", "table3", "beyond")
        if any(cell.method == name for cell in read_recipe(ROOT / f"recipes/{recipe}.py", "lite"))
    ]
    commands = [f"gplac grid run recipes/{recipe}.py --only {name}" for recipe in recipes]
    if "table1" in recipes:
        commands.insert(1, f"gplac grid run recipes/table1.py --only {name} --preset paper")
    assert [line.partition("#")[0].rstrip() for line in grid] == commands

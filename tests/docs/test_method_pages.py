"""Every method's page says what it sees and learns from, and its commands work one after the other."""

import pytest
from pages import ROOT

from gplac.methods import METHODS


@pytest.mark.parametrize("name", METHODS)
def test_a_methods_page_is_complete(name: str) -> None:
    page, method = (ROOT / f"docs/methods/{name}.md").read_text(), METHODS[name]()
    assert all(part in page for part in ("**Sees**", "**Loss**", "L_task", "](../tables.md)"))
    commands = page.split("```bash\n")[1].split("```")[0].splitlines()
    scenes = f" --scenes {method.labelled_scenes}" if method.labelled_scenes > 1 else ""
    weak = ["gplac collect weak pusher --preset lite"] if method.weak_scenes else []
    assert commands == [
        f"gplac collect demos pusher --preset lite{scenes}",
        *weak,
        f"gplac train {name} --task pusher --preset lite",
    ]

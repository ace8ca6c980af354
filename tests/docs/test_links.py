"""Every link, anchor and picture of the documentation within the repository leads to something that is there."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pages import ROOT, Page, pages


def problems(path: Path, text: str) -> list[str]:
    """Targets of a page at ``path`` that lead nowhere; those to other sites are not tried."""
    found = []
    for target in Page(text).targets:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        aim = path.parent / unquote(parts.path) if parts.path else path
        if parts.path.startswith("/") or not aim.resolve().is_relative_to(ROOT):
            found.append(f"{target} leads out of the repository")
        elif parts.path and not aim.exists():
            found.append(f"{target}: there is no such file")
        elif parts.fragment and aim.suffix == ".md":
            there = Page(text if aim == path else aim.read_text()).anchors
            if parts.fragment not in there:
                found.append(f"{target}: no heading is called so")
    return found


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_points_at_is_there(path: Path) -> None:
    assert problems(path, path.read_text()) == []


def test_broken_ones_would_be_noticed() -> None:
    text = (
        "# A heading, with `code`\n[self](#a-heading-with-code) [site](https://example.org/x) [x](gone.md)\n"
        "![y](pictures/gone.webp) [z](docs/grid.md#gone) [u](#gone) [o](../out.md) [fine](docs/grid.md#tables)\n"
    )
    found = problems(ROOT / "page.md", text)
    assert [each.split(":")[0].split(" ")[0] for each in found] == [
        "gone.md",
        "pictures/gone.webp",
        "docs/grid.md#gone",
        "#gone",
        "../out.md",
    ]


def test_no_two_headings_of_a_page_share_an_anchor() -> None:
    assert Page("# A\n## B\n## B\n").anchors == {"a", "b", "b-1"}

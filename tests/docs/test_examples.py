"""The quick start's example in Python runs as it stands, with a run of the smallest size where it looks for one."""

from pathlib import Path

import pytest
from pages import ROOT, Page
from synthetic_run import synthetic_run


def test_the_quick_start_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Page((ROOT / "docs" / "quickstart.md").read_text())
    blocks = [token.content for token in page.tokens if token.type == "fence" and token.info == "python"]
    assert len(blocks) == 1
    synthetic_run(tmp_path / "runs/lite/pusher/gplac-seed0", "gplac", 0.5, 32, 28, 1, 1)
    monkeypatch.chdir(tmp_path)
    exec(blocks[0], {})
    assert capsys.readouterr().out.strip() in ("True", "False")

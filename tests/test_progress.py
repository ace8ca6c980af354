"""Progress bars of verbs, as a terminal shows them."""

import sys

import pytest

from gplac.cli.progress import bars


def test_brackets_in_the_name_of_a_folder_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bars() as part:
        part("demos[/1]")(3, 10)
        part("b[old] x")(3, 10)
    told = capsys.readouterr().err
    assert "demos[/1]" in told and "b[old] x" in told

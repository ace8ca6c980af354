import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gplac.provenance import COMMAND_VARIABLE, command, provenance

ROOT = Path(__file__).parents[1]


def test_names_command_revision_versions_hardware_and_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/gplac", "train", "my run"])
    found = json.loads(json.dumps(provenance()))
    assert list(found) == ["command", "revision", "versions", "hardware", "date"]
    assert found["command"] == "gplac train 'my run'"
    assert found["versions"]["numpy"] == np.__version__
    assert found["hardware"]["cores"] >= 1
    assert found["date"].endswith("+00:00")


@pytest.mark.parametrize(
    ("script", "module", "told"),
    [
        ("/venv/bin/gplac", None, "gplac grid run"),
        (str(ROOT / "src/gplac/cli/__main__.py"), "gplac.cli.__main__", "gplac grid run"),
        ("/elsewhere/pytest/__main__.py", "pytest.__main__", "python -m pytest grid run"),
        (str(ROOT / "src/gplac/doctor.py"), "gplac.doctor", "python -m gplac.doctor grid run"),
        ("recipes/sweep.py", None, "python recipes/sweep.py grid run"),
        (str(ROOT / "recipes/sweep.py"), None, "python recipes/sweep.py grid run"),
        ("/elsewhere/mine.py", None, "python mine.py grid run"),
        ("-", None, "python - grid run"),
        ("/elsewhere/ipykernel_launcher.py", "ipykernel_launcher", "a notebook"),
        ("/elsewhere/ipykernel_launcher.py", None, "a notebook"),
        ("/elsewhere/colab_kernel_launcher.py", None, "a notebook"),
        ("/elsewhere/ipykernel/__main__.py", "ipykernel.__main__", "a notebook"),
    ],
)
@pytest.mark.parametrize("here", [".", "docs"])
def test_a_command_can_be_typed_again(
    script: str, module: str | None, told: str, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script.startswith("recipes") and here != ".":
        script = f"../{script}"
    monkeypatch.chdir(ROOT / here)
    monkeypatch.delenv(COMMAND_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "argv", [script, "grid", "run"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", module and SimpleNamespace(name=module))
    assert command() == told


def test_a_text_given_to_python_is_told_with_its_words() -> None:
    text = "from gplac.provenance import command; print(command())"
    environment = {name: value for name, value in os.environ.items() if name != COMMAND_VARIABLE}
    called = [sys.executable, "-c", text, "evaluate", "my run"]
    found = subprocess.run(called, env=environment, check=True, capture_output=True, text=True).stdout
    assert shlex.split(found) == ["python", "-c", text, "evaluate", "my run"]


def test_committed_results_name_no_place_of_one_machine() -> None:
    """Commands are told as they were typed, in the repository or beside it."""

    def commands(document: object) -> Iterator[str]:
        if isinstance(document, list):
            document = dict(enumerate(document))
        if isinstance(document, dict):
            for name, value in document.items():
                if name == "command":
                    yield value
                else:
                    yield from commands(value)

    paths = list((ROOT / "results").rglob("*.json"))
    found = {command: path for path in paths for command in commands(json.loads(path.read_text()))}
    assert len(found) > 50
    assert [told for told in found if re.search(r"(^|[\s='\"])/", told)] == []

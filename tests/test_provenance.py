import json
import sys

import numpy as np
import pytest

from gplac.provenance import provenance


def test_names_command_revision_versions_hardware_and_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/gplac", "train", "my run"])
    found = json.loads(json.dumps(provenance()))
    assert list(found) == ["command", "revision", "versions", "hardware", "date"]
    assert found["command"] == "gplac train 'my run'"
    assert found["versions"]["numpy"] == np.__version__
    assert found["hardware"]["cores"] >= 1
    assert found["date"].endswith("+00:00")

"""``examples/metaworld``: its file of trials is gone on with, joined, and never mixed with another experiment's;
policies see there what the import makes of demonstrations; options that do not fit are refused before any work.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image
from synthetic_run import synthetic_run

from gplac.data.importers.pictures import Fit
from gplac.errors import UserError
from gplac.robot import Policy
from gplac.training.export import export_run

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples/metaworld"


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from trials import Trials

    return Trials


def row(look: str, successes: int = 3) -> dict[str, object]:
    return {"policy": "gplac", "look": look, "episodes": 5, "successes": successes}


def test_a_file_is_gone_on_with(tmp_path: Path, trials: Any) -> None:
    path = tmp_path / "trials.json"
    for look in ("dim light", "green table"):
        some = trials.opened(path, "press", 7)
        assert not some.has("gplac", look, 5)
        some.add(row(look))
        some.write(path)
    found = json.loads(path.read_text())
    assert [(each["look"], each["run"]) for each in found["rows"]] == [("dim light", 0), ("green table", 1)]
    assert len(found["provenance"]) == 2
    again = trials.opened(path, "press", 7)
    assert again.has("gplac", "dim light", 5) and not again.has("att-1", "dim light", 5)
    with pytest.raises(UserError, match="5 episodes of 'dim light' already, not 20"):
        again.has("gplac", "dim light", 20)
    with pytest.raises(UserError, match="seed 7, not press with seed 8"):
        trials.opened(path, "press", 8)


def test_parts_are_joined(tmp_path: Path, trials: Any) -> None:
    parts = [tmp_path / f"{name}.json" for name in "ab"]
    for path, look in zip(parts, ("dim light", "green table"), strict=True):
        some = trials.opened(path, "press", 7)
        some.add(row(look))
        some.write(path)

    def join(*paths: Path) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            str(EXAMPLE / "trials.py"),
            *map(str, paths),
            "--json",
            str(tmp_path / "whole.json"),
        ]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert join(*parts).returncode == 0
    found, each = (
        json.loads((tmp_path / "whole.json").read_text()),
        [json.loads(p.read_text()) for p in parts],
    )
    assert found["rows"] == [each[0]["rows"][0], {**each[1]["rows"][0], "run": 1}]
    assert found["provenance"] == [*each[0]["provenance"], *each[1]["provenance"]]

    twice = join(parts[0], parts[0])
    assert twice.returncode == 2 and "has 'dim light' of gplac once more" in twice.stderr
    parts[1].write_text("{}")
    assert "holds no trials" in join(*parts).stderr


@pytest.mark.parametrize(
    "path", sorted((ROOT / "results/road").glob("metaworld-*.json")), ids=lambda path: path.stem
)
def test_committed_trials(path: Path, trials: Any) -> None:
    some = trials.load(path)
    for each in some.rows:
        assert each["successes"] == sum(each["pressed"]) and len(each["pressed"]) == each["episodes"]
        assert some.runs[each["run"]]["command"].startswith("evaluate.py")


def test_a_policy_sees_what_the_import_would_make_of_its_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (84, 96, 3), np.uint8)
    state = np.zeros(17, np.float32)
    stage = ModuleType("stage")  # stands for Meta-World, which is not installed here
    stage.picture, stage.felt = lambda env: picture, lambda observation: state  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stage", stage)
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import evaluate

    synthetic_run(tmp_path / "run", "gplac", 0.5, 64, 56, 1, 1)
    file = export_run(tmp_path / "run", tmp_path / "policy.onnx").path
    name, made = evaluate.seeing(f"gplac={file}")
    wanted = Policy.load(file).act(Fit(64, 56).array(Image.fromarray(picture)), state)
    assert name == "gplac" and np.array_equal(made(env=None)(observation=None), wanted)
    for wrong in (str(file), f"={file}"):
        with pytest.raises(UserError, match="write NAME=POLICY.onnx"):
            evaluate.seeing(wrong)


def test_options_that_do_not_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import options

    assert options.size("96x84") == (96, 84) and options.count("3") == 3
    assert options.new_folder(str(tmp_path / "new")) == tmp_path / "new"
    for kind, text in (
        ("size", "96"),
        ("size", "0x84"),
        ("count", "0"),
        ("count", "-1"),
        ("new_folder", tmp_path),
    ):
        with pytest.raises(argparse.ArgumentTypeError, match=str(text)):
            getattr(options, kind)(str(text))

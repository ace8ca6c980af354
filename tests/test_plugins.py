"""Methods, encoders and formats of another package: a module in the working folder, named in the environment."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_cli import fails

from gplac import plugins
from gplac.cli import main
from gplac.data.importers import registry as formats
from gplac.errors import UserError
from gplac.methods import BEYOND, METHODS, PARENTS, gplac, register
from gplac.models.registry import ENCODERS

MODULE = """
from dataclasses import dataclass
from gplac.data.importers import registry as formats
from gplac.methods import att_1, register
from gplac.models.encoders import AttentionEncoder
from gplac.models.registry import ENCODERS
from gplac.objectives.objective import Context, Objective


@dataclass(frozen=True)
class Small:
    weight: float = 0.1
    name: str = "small"
    reads: frozenset = frozenset({"labelled"})
    warmup: bool = False

    def head(self, network):
        return None

    def loss(self, context):
        return context.labelled.features_BF.square().mean()


class Mine(AttentionEncoder):
    pass


ENCODERS["mine"] = Mine
formats.FORMATS["mine"] = __name__


def att_1_small():
    method = att_1()
    return method.but(encoder="mine", objectives=(*method.objectives, Small()))


def recognises(path):
    return path.suffix == ".mine"


register("att-1-small", att_1_small, "att-1")
"""
RECIPE = """
from gplac.grid.cell import Cell


def cells(preset):
    return [Cell("pusher", name) for name in ("att-1", "att-1-small")]
"""


@pytest.fixture
def registries() -> Iterator[None]:
    """As they were, afterwards."""
    known = [dict(each) for each in (METHODS, BEYOND, PARENTS, ENCODERS, formats.FORMATS)]
    yield
    for each, before in zip((METHODS, BEYOND, PARENTS, ENCODERS, formats.FORMATS), known, strict=True):
        each.clear()  # type: ignore[attr-defined]
        each.update(before)  # type: ignore[attr-defined]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    return tmp_path


@pytest.mark.usefixtures("registries")
def test_a_grid_measures_a_method_of_another_package(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In worker processes, which import the module themselves."""
    (place / "other_package.py").write_text(MODULE)
    (place / "recipe.py").write_text(RECIPE)
    assert "no method is called 'att-1-small'" in fails(
        capsys, "grid", "run", "recipe.py", "--preset", "smoke"
    )
    monkeypatch.setenv(plugins.VARIABLE, "other_package")
    main(["grid", "run", "recipe.py", "--preset", "smoke", "--workers", "2"])
    result = json.loads((place / "results/smoke/pusher/att-1-small-seed0.json").read_text())
    assert result["training"]["settings"]["encoder"] == "mine"
    assert result["training"]["settings"]["objectives"] == {"action": 1.0, "small": 0.1}
    capsys.readouterr()
    main(["table", "1", "--preset", "smoke"])
    assert "att-1-small" in capsys.readouterr().out.lower()

    run = place / "runs/smoke/pusher/att-1-small-seed0"
    monkeypatch.delenv(plugins.VARIABLE)
    del ENCODERS["mine"]
    told = fails(capsys, "evaluate", str(run), "--split", "test")
    assert "no encoder is called 'mine'" in told and plugins.VARIABLE in told and "damaged" not in told


@pytest.mark.usefixtures("registries")
def test_a_format_of_another_package_is_tried_and_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "other_format.py").write_text(
        '"""Recordings of mine\nin .mine files.\n\nAnd more."""\n'
        "from gplac.data.importers.registry import FORMATS\nfrom gplac.errors import UserError\n"
        "FORMATS['mine'] = __name__\n\n\ndef recognises(path):\n    return path.suffix == '.mine'\n\n\n"
        "def read(path):\n    raise UserError(f'{path} was read by mine.')\n"
    )
    np.save(place / "a.npy", np.zeros(3))
    (place / "a.npy").rename(place / "a.mine")
    monkeypatch.setenv(plugins.VARIABLE, " other_format, ")
    for options in ((), ("--format", "mine")):
        assert "a.mine was read by mine." in fails(
            capsys, "import", "demos", "a.mine", "--out", "out", *options
        )
    assert "choose auto, lerobot, hdf5, folder, mine" in fails(
        capsys, "import", "demos", "a.mine", "--out", "out", "--format", "other"
    )
    told = fails(capsys, "import", "demos", "other_format.py", "--out", "out")
    assert "lerobot (LeRobot data sets" in told and "mine (Recordings of mine in .mine files)" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, r"\(ModuleNotFoundError: No module named 'torn_plugin'\): mend it"),
        ("1 / 0", r"\(ZeroDivisionError: division by zero\), torn_plugin.py line 1: mend it"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_named(
    text: str | None, told: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (place / "torn_plugin.py").write_text(text)
    monkeypatch.setenv(plugins.VARIABLE, "torn_plugin")
    with pytest.raises(UserError, match=f"plugin torn_plugin of GPLAC_PLUGINS cannot be imported {told}"):
        plugins.load()


@pytest.mark.usefixtures("registries")
def test_names_are_taken_once() -> None:
    register("mine", gplac, "gplac")
    register("mine", gplac, "gplac")  # the same again, as where a module is imported under two names
    with pytest.raises(UserError, match="a method called 'gplac' already"):
        register("gplac", lambda: gplac(), "att-1")
    with pytest.raises(UserError, match="no method is called 'gplacque'"):
        register("other", gplac, "gplacque")
    assert "other" not in METHODS

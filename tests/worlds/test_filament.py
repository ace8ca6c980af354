"""MuJoCo's Filament renderer is refused with the reason that holds on this machine, before anything is drawn."""

import ctypes.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gplac.cli import main
from gplac.doctor import examine
from gplac.errors import UserError
from gplac.worlds import filament


@pytest.mark.parametrize(
    ("python", "module", "vulkan", "said"),
    [
        ((3, 11), True, True, "needs Python 3.12"),
        ((3, 12), False, True, "pip install mujoco-studio"),
        ((3, 12), True, False, "libvulkan1"),
        ((3, 13), True, True, "has not been tried"),
    ],
)
def test_it_is_refused_for_the_first_thing_missing(
    monkeypatch: pytest.MonkeyPatch, python: tuple[int, int], module: bool, vulkan: bool, said: str
) -> None:
    monkeypatch.setattr(sys, "version_info", (*python, 0))
    # None in its place is how Python says that there is no such module.
    monkeypatch.setitem(sys.modules, "mujoco.mjrf", ModuleType("mujoco.mjrf") if module else None)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libvulkan.so.1" if vulkan else None)
    assert bool(filament.missing()) == (said != "has not been tried")
    with pytest.raises(UserError, match=said) as caught:
        filament.refuse()
    assert "--renderer classic" in str(caught.value)


@pytest.mark.parametrize("verb", [["scenes"], ["collect", "demos"], ["collect", "weak"]])
def test_the_command_line_says_so_in_one_line_and_writes_nothing(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*verb, "pusher", "--renderer", "filament", "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "Filament" in line
    assert not list(tmp_path.iterdir())


def test_the_doctor_tells() -> None:
    (finding,) = [each for each in examine() if "Filament" in each.subject]
    assert finding.ok  # gplac works without it
    assert (filament.missing() or "not tried") in finding.value

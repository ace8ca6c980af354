import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_data import collect

from gplac.worlds.pusher import Pusher

SUCCESS_M = 0.25
"""Success for whoever finds the mug that near to the coaster at the end, as it is in half of the starts."""


@pytest.fixture
def easy_pusher(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task whose success needs no skill."""
    monkeypatch.setattr(Pusher, "success_m", SUCCESS_M)


@pytest.fixture(scope="session")
def collected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of each kind, a data set collected without any disturbance; not to be written to."""
    folder = tmp_path_factory.mktemp("collected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pusher, "success_m", SUCCESS_M)
        for kind in ("demonstrations", "weak"):
            collect(kind, folder / kind)
    return {kind: folder / kind for kind in ("demonstrations", "weak")}


@pytest.fixture
def copied(collected: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """Makes a copy of a kind's data set, to be damaged at will."""

    def copy(kind: str) -> Path:
        shutil.copytree(collected[kind], tmp_path / "copy")
        return tmp_path / "copy"

    return copy

"""`gplac import` and `gplac export` as a user calls them; and what a killed import leaves."""

import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from sources import make, write_archives, write_robomimic

from gplac.cli import main
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.importers.demos import import_demonstrations


def test_from_files_of_ones_own_to_files_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_robomimic(Path("can.hdf5"), make())
    main(["import", "demos", "can.hdf5", "--out", "demos", "--flip", "--size", "32x24", "--state", "joints"])
    printed = capsys.readouterr().out
    assert "3 episodes (21 frames of 32x24 pixels, 10 a second) are in demos." in printed
    assert "Camera agentview_image; state joints (3 numbers); action actions (2 numbers)." in printed
    generator = np.random.default_rng(0)
    for name in ("positive/hall/a", "negative/hall/a", "positive/b"):
        path = Path("photos") / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (80, 80, 3), dtype=np.uint8)).save(path)
    Path("photos/positive/broken.jpg").touch()
    main(["import", "weak", "photos", "--out", "weak", "--like", "demos", "--skip-unreadable"])
    printed = capsys.readouterr().out
    assert "Left out: positive/broken.jpg (not a picture" in printed
    assert "photos: 1 with the object, 0 without: only one kind" in printed
    assert "3 images of 32x24 pixels (2 with the object, 1 without) are in weak." in printed
    for folder in ("demos", "weak"):
        main(["data", "check", folder])
        main(["data", "show", folder])
    main(["export", "demos", "--out", "lerobot"])
    assert "3 episodes (21 frames) are in lerobot" in capsys.readouterr().out
    main(["import", "demos", "lerobot", "--out", "back", "--task", "can"])
    np.testing.assert_array_equal(
        Demonstrations.load(Path("back")).images, Demonstrations.load(Path("demos")).images
    )
    assert WeakImages.load(Path("weak")).images.shape == (3, 24, 32, 3)


def test_one_episode_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_robomimic(tmp_path / "can.hdf5", make())
    with h5py.File(tmp_path / "can.hdf5", "a") as file:
        del file["data/demo_2"], file["data/demo_10"]
    main(["import", "demos", str(tmp_path / "can.hdf5"), "--out", str(tmp_path / "demos")])
    assert "1 episode (7 frames of 64x48 pixels, 10 a second) is in" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("demos", "nowhere", "--out", "out"),
        ("demos", ".", "--out", "out"),
        ("demos", "source", "--out", "out", "--size", "big"),
        ("demos", "source", "--out", "out", "--size", "0x8"),
        ("demos", "source", "--out", "out", "--hz", "-1"),
        ("demos", "source", "--out", "source"),
        ("demos", "source", "--out", "source/episode_2.npz/out"),
        ("weak", "source", "--out", "out"),
        ("weak", "--out", "out"),
        ("weak", "source", "--out", "out", "--present", "soon"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_archives(Path("source"), make())
    with pytest.raises(SystemExit) as end:
        main(["import", *arguments])
    assert end.value.code == 2
    sentence = capsys.readouterr().err
    assert sentence.startswith("gplac: ") and sentence.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"source"}


SCRIPT = """
import os, signal, sys
from pathlib import Path
from gplac.data.importers import demos, writing
if __name__ == "__main__":
    demos.FRAMES_PER_SHARD, written, write = 1, [], writing.write_shard
    def write_one(*arguments):
        if written:
            os.kill(os.getpid(), signal.SIGKILL)
        written.append(write(*arguments))
        return written[0]
    writing.write_shard = write_one
    demos.import_demonstrations(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_killed_import_leaves_nothing_that_looks_whole_and_can_be_run_again(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    write_archives(source, make())
    (tmp_path / "script.py").write_text(SCRIPT)
    killed = subprocess.run([sys.executable, tmp_path / "script.py", source, out], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    assert list(tmp_path.glob(".out.partial/*.parquet"))
    import_demonstrations(source, out)
    assert len(Demonstrations.load(out).images) == 21
    assert {path.name for path in tmp_path.iterdir()} == {"source", "out", "script.py"}

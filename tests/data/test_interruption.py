"""Killed in the middle, or out of disk: the same command goes on, and ends with the same bytes."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_data import collect, content

from gplac.data.check import check
from gplac.data.manifest import Manifest
from gplac.errors import UserError

pytestmark = pytest.mark.usefixtures("easy_pusher")

SCRIPT = """
import resource, sys
from pathlib import Path
from gplac.errors import UserError
from gplac.worlds.pusher import Pusher
if __name__ == "__main__":
    sys.path.insert(0, {tests!r})
    import small_data
    Pusher.success_m = 0.25
    if {limit}:
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
    try:
        small_data.collect({kind!r}, Path({out!r}), workers=2)
    except UserError as error:
        sys.exit(str(error))
"""


def _start(folder: Path, kind: str, limit: int = 0) -> "subprocess.Popen[str]":
    script = folder / "collect.py"
    script.write_text(
        SCRIPT.format(tests=str(Path(__file__).parent), kind=kind, out=str(folder / "part"), limit=limit)
    )
    return subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kind", ["demonstrations", "weak"])
def test_kill_9_in_the_middle(kind: str, tmp_path: Path, collected: dict[str, Path]) -> None:
    whole = Manifest.read(collected[kind])
    with _start(tmp_path, kind) as process:
        end = time.monotonic() + 60
        while not (finished := _finished(tmp_path / "part")):
            assert time.monotonic() < end
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    kept = {name: (tmp_path / "part" / name).stat().st_mtime_ns for name in finished}
    left = _finished(tmp_path / "part")
    assert len(left) < len(whole.shards), "killed too late to show anything"
    resumed = collect(kind, tmp_path / "part")
    assert 0 < resumed.drawn < whole.rows
    assert kept == {name: (tmp_path / "part" / name).stat().st_mtime_ns for name in finished}
    assert content(tmp_path / "part") == content(collected[kind])
    assert replace(resumed.manifest, provenance={}) == replace(whole, provenance={})
    assert check(tmp_path / "part") == []


def _finished(folder: Path) -> list[str]:
    try:
        return [shard.name for shard in Manifest.read(folder).shards if shard.sha256]
    except UserError:
        return []


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, collected: dict[str, Path]) -> None:
    smallest = min(path.stat().st_size for path in collected["weak"].glob("*.parquet"))
    with _start(tmp_path, "weak", limit=smallest + 1) as process:
        message = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert "Cannot write" in message
    assert "Traceback" not in message
    assert not list((tmp_path / "part").glob(".*.tmp"))
    collect("weak", tmp_path / "part")
    assert content(tmp_path / "part") == content(collected["weak"])

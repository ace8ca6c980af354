"""`make bench` at its smallest: contenders take turns, and the file is what scripts expect."""

import json
import subprocess
import sys
from pathlib import Path

from quality_data import Frames, Photos

from gplac.evaluation.result import check

ROOT = Path(__file__).parents[1]


def test_the_bench_writes_a_file_of_the_promised_form(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, "benchmarks/run.py", "--only", "steps", "inference", "robot-200x175-int8"]
    command += ["--repeats", "2", "--seconds", "0.05", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    rows = json.loads(out.read_text())
    check(rows, "benchmark", str(out))
    names = ["control steps, one thread", "inference p50", "inference p99"]
    assert [row["name"] for row in rows] == [*names, "robot 200x175 int8 p50", "robot 200x175 int8 p99"]
    for row in rows:
        assert row["n"] == 2
        assert row["ratio_min"] <= row["ratio"] <= row["ratio_max"]
    for p50, p99 in (rows[1:3], rows[3:5]):
        assert p99["ours"] >= p50["ours"]


def test_viewpoints_are_told_apart(tmp_path: Path) -> None:
    frames, photos, out = (
        Frames().write(tmp_path / "d"),
        Photos().write(tmp_path / "w"),
        tmp_path / "view.json",
    )
    command = [sys.executable, "benchmarks/view.py", "room", str(frames), str(photos), "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    found = json.loads(out.read_text())
    assert {row["set"] for row in found["rows"]} == {"room"} and "command" in found["provenance"]
    warned = {total["weak"]: total["warned"] for total in found["totals"] if not total["arm_painted"]}
    assert warned["as they are"] == warned["mirrored"] == 0
    assert warned["upside down"] == warned["quarter left"] == warned["quarter right"] == 1


def test_the_plain_network_is_the_same_network() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from plain import PlainNetwork

    from gplac.config import preset
    from gplac.models.network import Network

    ours = Network(preset("lite").network, 88, 100, 17, 7)
    assert _trained(ours) == _trained(PlainNetwork(88, 100))


def _trained(network: object) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad)  # type: ignore[attr-defined]

"""`make bench` at its smallest: contenders take turns, and the file is what scripts expect."""

import json
import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from quality_data import Frames, Photos
from torch.utils.flop_counter import FlopCounterMode

from gplac.evaluation.result import check
from gplac.reporting.published import METHODS

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


def test_a_run_at_the_papers_size_is_projected_from_its_own_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here with the sizes of `smoke`, for the sake of time."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import paper_run

    from gplac.config import preset

    small = preset("smoke")
    small = replace(small, training=replace(small.training, steps=5_000_000, warmup_steps=1_000_000))
    monkeypatch.setattr(paper_run, "preset", lambda *_: small)
    paper_run.main(
        steps=60, share=0.5, methods=("att-po", "att-ae", "cnn-1"), out=tmp_path / "new" / "projection.json"
    )
    found = json.loads((tmp_path / "new" / "projection.json").read_text())
    measured, training, data = found["measured"], small.training, small.data
    assert list(measured) == ["gplac", "att-po", "att-ae", "cnn-1"]
    after = training.steps - training.warmup_steps
    steps = {"pretrain": training.pretrain_steps, "warm_up": training.warmup_steps, "train": after}
    for method, each in measured.items():
        a_step = each["seconds_per_step"]
        assert list(a_step) == [name for name in steps if name != "pretrain" or method.startswith("att-")]
        whole_s = sum(steps[name] * seconds for name, seconds in a_step.items())
        assert each["projected_hours"] == pytest.approx(whole_s / 3600, rel=0.05)
        assert min(each["images_per_s"].values()) > 0.0
    both, labelled = training.labelled_batch + training.weak_batch, training.labelled_batch
    for method, images in (("gplac", both), ("att-po", labelled), ("att-ae", labelled)):
        each = measured[method]
        assert each["images_per_s"]["train"] * each["seconds_per_step"]["train"] == pytest.approx(
            images, 0.05
        )
    table_1 = found["projected_hours_of_table_1"]
    assert set(table_1["striker"]) == set(METHODS)
    for method, each in measured.items():
        assert table_1["pusher"][method] == table_1["striker"][method] == each["projected_hours"]
    # The same steps, of other frames.
    assert table_1["pusher"]["cnn-40"] == measured["cnn-1"]["projected_hours"]
    both_measured = paper_run.all_methods({"gplac": 7.0, "cnn-40": 1.7, "cnn-1": 1.5})["pusher"]
    assert (both_measured["cnn-40"], both_measured["cnn-1"]) == (1.7, 1.5)
    of_one = table_1["pusher"]["att-1"] / measured["gplac"]["projected_hours"]
    # Half as many pictures, but for the warm-up, a fifth of the steps, where GPLAC has no others either.
    assert of_one == pytest.approx(1 / 1.8, abs=0.001)
    of_both = sum(sum(table_1[task].values()) for task in ("pusher", "striker"))
    assert table_1["together"] == pytest.approx(of_both, abs=0.06)
    assert found["peak_memory_gib"] > 0.0
    pictures = data.demonstrations * 100 + data.weak_scenes * data.weak_per_scene
    assert found["all_pictures_gib"] == round(pictures * data.width * data.height * 3 / 2**30, 2)
    assert (found["steps"], found["share"]) == (60, 0.5) and "command" in found["provenance"]


@pytest.mark.parametrize("size", ["lite", "paper"])
def test_the_plain_network_is_the_same_network(size: str) -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from plain import PlainNetwork

    from gplac.config import preset
    from gplac.models.network import Network

    layers = preset(size).network
    ours = Network(layers, 88, 100, 17, 7)
    assert _trained(ours) == _trained(PlainNetwork(88, 100, norm_last=layers.norm_last))


def _trained(network: object) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", ["lite", "paper"])
def test_the_arithmetic_of_a_step_is_what_pytorch_counts(size: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the peer's is the same."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import roofline
    from networks import LABELLED, WEAK

    from gplac.config import preset
    from gplac.models.network import Network

    arithmetic = roofline.of_step(20, 16, size)
    network = Network(preset(size).network, 16, 20, 17, 7)
    with FlopCounterMode(display=False) as counter:
        features = network.encode(torch.zeros(LABELLED + WEAK, 16, 20, 3, dtype=torch.uint8))
        actions = network.policy(features[:LABELLED], torch.zeros(LABELLED, 17))
        (actions.sum() + network.classify(features[LABELLED:]).sum()).backward()
    assert 2 * roofline.total(arithmetic) == pytest.approx(counter.get_total_flops(), rel=0.01)
    first, second, third = arithmetic[:3]
    assert first["forward"] and not first["weight_gradients"] and not first["input_gradients"]
    assert second["weight_gradients"] == second["forward"] and not second["input_gradients"]
    assert third["input_gradients"] == third["weight_gradients"] == third["forward"]
    assert roofline.total(roofline.of_plain_step(20, 16, size)) == roofline.total(arithmetic)


def test_what_several_processes_draw_is_measured_and_written(tmp_path: Path) -> None:
    out = tmp_path / "drawing.json"
    command = [sys.executable, "benchmarks/drawing.py", "--processes", "1", "2", "--seconds", "0.1"]
    command += ["--repeats", "1", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    found = json.loads(out.read_text())
    assert list(found["pictures_per_s"]) == ["1", "2"] and found["image"] == [200, 175]
    assert all(rate > 0 for (rate,) in found["pictures_per_s"].values())


def test_what_limits_training_is_measured_and_written(tmp_path: Path) -> None:
    out = tmp_path / "roofline.json"
    command = [
        sys.executable,
        "benchmarks/roofline.py",
        "--width",
        "40",
        "--height",
        "32",
        "--size",
        "64",
        "--repeats",
        "1",
        "--seconds",
        "0.01",
        "--preset",
        "paper",
    ]
    told = subprocess.run(
        [*command, "--out", str(out)], cwd=ROOT, check=True, capture_output=True, text=True, timeout=300
    ).stdout
    found = json.loads(out.read_text())
    assert (
        "matrix product" in told
        and found["image"] == [40, 32]
        and found["batch"] == {"labelled": 32, "weak": 32}
        and found["preset"] == "paper"
    )
    assert found["provenance"]["command"].startswith("python benchmarks/roofline.py --width 40")
    done = sum(found["multiply_adds"][part] for part in ("forward", "weight_gradients", "input_gradients"))
    for name in ("ours", "peer"):
        row = found[name]
        assert row["gflops"] == pytest.approx(2e-9 * row["images_per_s"] * done / 64)
        assert row["share_of_matmul"] == pytest.approx(row["gflops"] / row["matmul_gflops"])


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("view.py", "Name one set or more"),
        ("drawing.py --processes 0", "One process and one turn or more"),
        ("run.py --only steps --repeats 0", "One turn or more"),
        (
            "run.py --only steps --repeats 1 --seconds 0.01 --out mine.json",
            "mine.json is there already and is not a",
        ),
        ("paper_run.py --share 0", "--share is 0.0: give a part"),
        ("roofline.py --width 0", "Pictures are 32 pixels wide and high or more"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_sentence(
    command: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the place of a traceback: on its own, or as `SystemExit`'s, which Python prints."""
    script, *arguments = command.split()
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    monkeypatch.chdir(tmp_path)
    Path("mine.json").write_text("mine")
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / "benchmarks" / script), run_name="__main__")
    code = end.value.code
    sentence = code if isinstance(code, str) else capsys.readouterr().err.rstrip("\n")
    assert code and told in sentence and "\n" not in sentence
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]

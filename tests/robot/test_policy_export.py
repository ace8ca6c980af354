"""A policy in one file computes what PyTorch does and says what it is; what would not is not written."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from exported import ACTION, HEIGHT, STATE, WIDTH, make_push_run, make_run, pictures, write_demonstrations

from gplac.cli import main
from gplac.errors import UserError
from gplac.robot import Policy
from gplac.training import export
from gplac.training.export import TOLERANCE, export_run
from gplac.training.policy import load_policy
from gplac.worlds.mug_push import MugPush


@pytest.mark.parametrize(
    ("encoder", "classifier"), [("attention", True), ("attention", False), ("conv", True)]
)
def test_the_file_computes_what_the_run_does(tmp_path: Path, encoder: str, classifier: bool) -> None:
    run = make_run(tmp_path / "run", encoder, classifier)
    exported = export_run(run, tmp_path / "somewhere" / "policy.onnx")
    assert exported.error.largest <= TOLERANCE
    policy, torch_policy = Policy.load(exported.path), load_policy(run, torch.device("cpu"), half=False)
    generator = np.random.default_rng(5)
    noise = generator.integers(0, 256, (3, HEIGHT, WIDTH, 3), dtype=np.uint8)
    for image in (*noise, *pictures(3)):
        state = generator.normal(3.0, 2.0, STATE).astype(np.float32)
        look = policy.look(image, state)
        expected = torch_policy(image[None], state[None])[0]
        std = torch_policy.network.action_std_A.numpy()
        assert look.action.shape == (ACTION,) and look.action.dtype == np.float32
        assert (look.action - expected) / std == pytest.approx(np.zeros(ACTION), abs=1e-4)
        assert policy.act(image, state) == pytest.approx(look.action, abs=1e-6)
        if encoder == "attention":
            assert look.points == pytest.approx(torch_policy.pixels(image[None])[0], abs=1e-2)
        else:
            assert look.points is None
        if classifier:
            assert look.present == pytest.approx(torch_policy.classify(image[None])[0], abs=1e-4)
        else:
            assert look.present is None


def test_a_policy_of_gplacs_own_task_names_its_numbers_and_one_of_a_robot_called_so_does_not(
    tmp_path: Path,
) -> None:
    run = make_push_run(tmp_path / "run")
    card = export_run(run, tmp_path / "push.onnx").card
    assert (card.state_names, card.action_names) == (MugPush.state_names, MugPush.action_names)
    described = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(described | {"preset": {"name": "own-changed"}}))
    card = export_run(run, tmp_path / "other.onnx").card
    assert (card.state_names, card.action_names) == (None, None)


def test_a_task_of_another_package_need_not_name_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(MugPush, "state_names")
    monkeypatch.setattr(MugPush, "action_names", ("one",))
    card = export_run(make_push_run(tmp_path / "run"), tmp_path / "push.onnx").card
    assert (card.state_names, card.action_names) == (None, None)


@pytest.mark.parametrize("main", [{"action": 1.0}, {"action": 1.0, "classification": 3.0}])
def test_a_classifier_of_a_first_stage_alone_stays_behind(main: dict[str, float], tmp_path: Path) -> None:
    """The main stage forgot what it had learned, and an alarm would ask it."""
    run = make_run(tmp_path / "run")
    described = json.loads((run / "run.json").read_text())
    described |= {"objectives": main, "pretrain_objectives": {"classification": 1.0}}
    (run / "run.json").write_text(json.dumps(described))
    policy = Policy.load(export_run(run, tmp_path / "policy.onnx").path)
    look = policy.look(pictures(1)[0], np.zeros(STATE, np.float32))
    assert (look.present is not None) == policy.card.classifier == ("classification" in main)


def test_the_file_says_what_it_is(run_dir: Path, policy: Policy) -> None:
    card = policy.card
    assert (card.height, card.width, card.state_size, card.action_size) == (HEIGHT, WIDTH, STATE, ACTION)
    assert (card.task, card.method, card.control_hz, card.precision) == ("tidy-up", "gplac", 10.0, "float32")
    assert card.state_names is not None and card.state_names[4] == "joint 4"
    assert card.action_names == ("x", "y", "z")
    assert card.provenance["run"]["command"] == "gplac train gplac" and "versions" in card.provenance
    assert 0 <= card.error["mean"] <= card.error["largest"] <= TOLERANCE
    known = card.familiar
    assert known is not None and known.points_mean is not None and known.frames == 40
    assert len(known.points_mean) == card.points == 16
    assert all(-1 <= low <= high <= 1 for low, high in zip(known.action_low, known.action_high, strict=True))


def test_the_file_does_not_tell_where_it_was_made(policy_file: Path) -> None:
    content = policy_file.read_bytes()
    for path in (Path(export.__file__).parent, Path(torch.__file__).parent, Path.cwd()):
        assert str(path).encode() not in content
    assert b"stack_trace" not in content


def test_many_pictures_at_once_are_as_one_by_one(policy: Policy) -> None:
    images = pictures(5)
    states = np.random.default_rng(6).normal(3.0, 2.0, (5, STATE)).astype(np.float32)
    together = policy.batch(images, states)
    for i in range(5):
        assert together["action"][i] == pytest.approx(policy.act(images[i], states[i]), abs=1e-3)


def test_a_file_that_computes_something_else_is_not_written(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*arguments: object) -> onnx.ModelProto:
        model = right(*arguments)
        bias = next(
            each for each in model.graph.initializer if "policy_head" in each.name and "bias" in each.name
        )
        shifted = onnx.numpy_helper.to_array(bias) + np.float32(1e-2)
        bias.CopyFrom(onnx.numpy_helper.from_array(shifted, bias.name))
        return model

    right = export.to_onnx
    monkeypatch.setattr(export, "to_onnx", wrong)
    with pytest.raises(UserError, match="not written"):
        export_run(run_dir, tmp_path / "policy.onnx")
    assert list(tmp_path.iterdir()) == []


def test_eight_bits_say_what_they_cost(run_dir: Path, demos: Path, policy: Policy, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--demos"):
        export_run(run_dir, tmp_path / "policy.onnx", int8=True)
    exported = export_run(run_dir, tmp_path / "policy.onnx", demos, int8=True)
    small = Policy.load(exported.path)
    assert small.card.precision == "int8"
    assert {node.op_type for node in onnx.load(exported.path).graph.node} >= {"QuantizeLinear", "Conv"}
    images = pictures(5)
    states = np.full((5, STATE), 3.0, np.float32)
    exact, found = policy.batch(images, states)["action"], small.batch(images, states)["action"]
    worst = np.abs((exact - found) / np.array(policy.card.action_std)).max()
    assert 0 < worst < 1.0 and exported.error.largest == pytest.approx(small.card.error["largest"])
    assert exported.error.largest > policy.card.error["largest"]


def test_other_demonstrations_are_refused(run_dir: Path, tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "wide", width=WIDTH + 2)
    with pytest.raises(UserError, match="other sizes"):
        export_run(run_dir, tmp_path / "policy.onnx", tmp_path / "wide")
    write_demonstrations(tmp_path / "own", frames=10)
    run = make_run(tmp_path / "run", data={"demonstrations": "of other data"})
    with pytest.raises(UserError, match="not trained on"):
        export_run(run, tmp_path / "policy.onnx", tmp_path / "own")


def test_a_file_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"Cannot write {tmp_path}: Is a directory; name another file"):
        export_run(tmp_path / "nowhere", tmp_path)


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no policy, for there is no run.json"):
        export_run(tmp_path, tmp_path / "policy.onnx")


def test_what_is_half_trained_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    described = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(described | {"training": {"finished": False}}))
    with pytest.raises(UserError, match="is not finished"):
        export_run(run, tmp_path / "policy.onnx")
    assert not (tmp_path / "policy.onnx").exists()


def test_running_a_policy_does_not_bring_pytorch(policy_file: Path) -> None:
    code = (
        "import sys, gplac.robot; gplac.robot.Policy.load(sys.argv[1]);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'mujoco')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(policy_file)]).returncode == 0


def test_a_run_that_is_not_finished_is_not_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    make_run(Path("run"))
    described = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps(described | {"training": {"finished": False}}))
    for run, part in (("run", "is not finished; go on with: gplac train"), ("nope", "No run: nope/run.json")):
        with pytest.raises(SystemExit) as end:
            main(["robot", "export", run])
        assert end.value.code == 2 and part in capsys.readouterr().err
    assert not Path("run/policy.onnx").exists() and not Path("nope").exists()

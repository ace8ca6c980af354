"""The whole road on data that gplac did not make: Meta-World's demonstrations and PyBullet's photographs, through the
command line, to a policy in one ONNX file. `tests/road_data/README.md` says where the data come from."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from gplac.cli import main
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.evaluation.result import check
from gplac.robot import Policy
from gplac.training.policy import load_policy

DATA = Path(__file__).parent / "road_data"
FEW = ("--set", "training.steps=6", "training.labelled_batch=8", "training.weak_batch=8")
SIZE = ("--size", "32x28")
"""Half of what was recorded, so that pictures are scaled on the way and the test is quick."""


def imported(source: str, out: Path, *options: str) -> Demonstrations:
    main(["import", "demos", str(DATA / source), "--out", str(out), *SIZE, *options])
    return Demonstrations.load(out)


def test_the_road_from_other_programs_data_to_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    lerobot = imported("lerobot", Path("demos"))
    robomimic = imported("robomimic.hdf5", Path("same"), "--state", "hand_pos", "gripper")
    for field in fields(Demonstrations):
        one, other = getattr(lerobot, field.name), getattr(robomimic, field.name)
        assert np.array_equal(one, other), field.name
    assert (lerobot.images.shape[1:], lerobot.states.shape[1], lerobot.actions.shape[1]) == (
        (28, 32, 3),
        4,
        4,
    )
    assert len(np.unique(lerobot.episode)) == 3
    assert np.abs(lerobot.actions).max() <= 1.0 and lerobot.images.std() > 20

    main(["import", "weak", str(DATA / "photos"), "--like", "demos", "--out", "weak"])
    weak = WeakImages.load(Path("weak"))
    assert (len(weak.images), int(weak.labels.sum()), len(np.unique(weak.scene))) == (16, 8, 4)
    assert weak.images.shape[1:] == lerobot.images.shape[1:]

    capsys.readouterr()
    main(["data", "check", "demos", "weak", "--json", "check.json"])
    checked = json.loads(Path("check.json").read_text())
    check(checked, "data_check", "check.json")
    assert not [each for each in checked["findings"] if each["severity"] == "problem"]

    main(["train", "--demos", "demos", "--weak", "weak", "--out", "run", *FEW])
    trust = json.loads(Path("run/trust.json").read_text())
    assert {"few episodes", "few photographs"} <= {advice["rule"] for advice in trust["advice"]}
    places = {f"photos/place{number:02d}" for number in range(4)}
    assert {each["name"] for each in trust["classifier"]["per_scene"]} <= places

    main(["robot", "export", "run", "--demos", "demos", "--out", "policy.onnx"])
    policy, torch = Policy.load("policy.onnx"), load_policy(Path("run"), half=False)
    assert policy.card.state_names == ("hand_x_m", "hand_y_m", "hand_z_m", "gripper_opening")
    expected = torch(lerobot.images, lerobot.states)
    found = np.stack([policy.act(*each) for each in zip(lerobot.images, lerobot.states, strict=True)])
    assert np.isfinite(found).all() and np.abs(found - expected).max() < 1e-4 * lerobot.actions.std()
    assert np.ptp(found, axis=0).max() > 0  # an action that answers to what is seen and felt


def test_candidates_for_the_state_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        imported("robomimic.hdf5", tmp_path / "demos")
    assert end.value.code == 2
    assert (
        "several candidates for the state: gripper, hand_pos; name one with --state"
        in capsys.readouterr().err
    )

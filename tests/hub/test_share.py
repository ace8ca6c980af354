"""Handing a run on: exactly the files that others need, up to a hub, into a folder, and down again."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from fake_hub import FakeHub
from safetensors.numpy import load_file, save_file
from test_cli import fails

import gplac
from gplac.cli import main
from gplac.data.importers import lerobot
from gplac.data.manifest import Manifest
from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.hub.files import is_shared, shared_files, without_paths
from gplac.reporting.html import escape
from gplac.robot import Card as PolicyCard
from gplac.robot import Policy as RobotPolicy
from gplac.training.policy import Policy

SIMULATED = {"README.md", "run.json", "weights.safetensors", "evaluation/test/result.json"}
OWN = {"README.md", "run.json", "weights.safetensors", "trust.json", "trust.html", "policy.onnx"}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def acts_alike(policy: Policy, run: Path) -> bool:
    network = json.loads((run / "run.json").read_text())["network"]
    images = np.full((2, network["height"], network["width"], 3), 77, np.uint8)
    states = np.ones((2, network["state_size"]), np.float32)
    return np.array_equal(policy(images, states), gplac.load(run)(images, states))


def test_up_and_down_again(
    hub: FakeHub, simulated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["card", str(simulated), "--license", "mit"])
    main(["push", str(simulated), "jane/mugs", "--yes"])
    told = capsys.readouterr().out
    assert set(hub.repositories["jane/mugs"]) == SIMULATED and all(name in told for name in SIMULATED)
    assert f"{hub.url}/jane/mugs" in told and not hub.private["jane/mugs"]
    assert b'gplac.from_pretrained("jane/mugs")' in hub.repositories["jane/mugs"]["README.md"]

    hub.repositories["jane/mugs"] |= {"evil.pkl": b"x", "modeling.py": b"x", "run.json.bak": b"x"}
    hub.requests.clear()
    policy = gplac.from_pretrained("jane/mugs", cache_dir=tmp_path / "here")
    assert acts_alike(policy, simulated)
    assert policy.run is not None and policy.run.is_relative_to(tmp_path / "here")
    assert files(policy.run) == SIMULATED
    assert not [each for each in hub.requests if "evil" in each or ".py" in each or ".bak" in each]
    assert acts_alike(gplac.from_pretrained("jane/mugs", revision=hub.commit("jane/mugs")), simulated)


def test_what_an_earlier_push_left_is_removed_and_the_rest_stays(hub: FakeHub, simulated: Path) -> None:
    main(["push", str(simulated), "jane/mugs", "--yes"])
    hub.repositories["jane/mugs"] |= {
        "trust.html": b"old",
        ".gitattributes": b"theirs",
        "film.mp4": b"theirs",
    }
    shutil.rmtree(simulated / "evaluation")
    main(["push", str(simulated), "jane/mugs", "--yes"])
    kept = {"README.md", "run.json", "weights.safetensors", ".gitattributes", "film.mp4"}
    assert set(hub.repositories["jane/mugs"]) == kept


def test_into_a_folder_without_what_is_private(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    main(["push", str(trained), "--to", str(out)])
    assert files(out) == OWN and "trust.html  shows pictures of your own data" in capsys.readouterr().out
    for name in ("run.json", "trust.html", "policy.onnx"):
        assert b"home of jane" in (trained / name).read_bytes()  # so that something is to be taken out
    for name in OWN:
        assert b"jane" not in (out / name).read_bytes(), name
    command = json.loads((out / "run.json").read_text())["provenance"]["command"]
    assert command == "gplac train --demos demos --weak=weak --seed 0"
    assert (out / "weights.safetensors").read_bytes() == (trained / "weights.safetensors").read_bytes()
    assert acts_alike(gplac.from_pretrained(out), trained) and acts_alike(
        gplac.from_pretrained(trained), trained
    )
    onnx.checker.check_model(str(out / "policy.onnx"))
    seen = np.zeros((1, 16, 20, 3), np.uint8), np.zeros((1, 3), np.float32)
    before, after = (RobotPolicy.load(folder / "policy.onnx").batch(*seen) for folder in (trained, out))
    assert np.array_equal(before["action"], after["action"])
    assert "has no revisions" in str(_error(lambda: gplac.from_pretrained(out, revision="main")))

    assert "exists already" in fails(capsys, "push", str(trained), "--to", str(out))
    main(["push", str(trained), "--to", str(tmp_path / "blind"), "--without-pictures"])
    assert files(tmp_path / "blind") == OWN - {"trust.html"}
    assert "trust.html" not in (tmp_path / "blind" / "README.md").read_text()


def test_what_was_shared_can_be_shared_again(trained: Path, tmp_path: Path) -> None:
    main(["push", str(trained), "--to", str(tmp_path / "once")])
    main(["push", str(tmp_path / "once"), "--to", str(tmp_path / "twice")])
    for name in OWN - {"README.md"}:  # the data, which the card tells of, are known to the first alone
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "twice" / name).read_bytes(), name


def test_nothing_leaves_before_it_was_agreed_to(
    hub: FakeHub, simulated: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(simulated)
    main(["push", str(simulated), "jane/mugs", "--dry-run"])
    told = capsys.readouterr().out
    assert all(name in told for name in SIMULATED) and "checkpoint" not in told
    assert "add --yes" in fails(capsys, "push", str(simulated), "jane/mugs")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "")
    assert "Nothing was uploaded" in fails(capsys, "push", str(simulated), "jane/mugs")
    assert not hub.requests and files(simulated) == before
    monkeypatch.setattr("builtins.input", lambda _: "y")
    main(["push", str(simulated), "jane/mugs", "--private"])
    assert hub.private["jane/mugs"]


def test_private_is_private_or_nothing(
    hub: FakeHub, simulated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.repositories["jane/mugs"] = {}
    assert "is public; nothing" in fails(capsys, "push", str(simulated), "jane/mugs", "--private", "--yes")
    assert hub.repositories["jane/mugs"] == {}


def test_hubs_errors_are_sentences(
    hub: FakeHub, simulated: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no repository jane/none" in str(_error(lambda: gplac.from_pretrained("jane/none")))
    hub.repositories["jane/empty"] = {"README.md": b"hello"}
    assert "no such revision" in str(_error(lambda: gplac.from_pretrained("jane/empty", revision="v9")))
    assert "No run" in str(_error(lambda: gplac.from_pretrained("jane/empty")))
    for name in ("runs/a/b", "nothing", "../x", "jane/..", "https://example.org/x"):
        _error(lambda name=name: gplac.from_pretrained(name))
    push = ("push", str(simulated), "jane/mugs", "--yes")
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    assert "may not write to jane/mugs" in fails(capsys, *push)
    monkeypatch.delenv("HF_TOKEN")
    assert "Nobody is logged in" in fails(capsys, *push)
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    hub.server.shutdown()
    hub.server.server_close()
    assert "Cannot write to jane/mugs" in fails(capsys, *push)
    assert "Cannot read jane/mugs" in str(_error(lambda: gplac.from_pretrained("jane/mugs")))


def test_without_the_extra_it_says_what_to_install(
    simulated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "pip install 'gplac[hub]'" in fails(capsys, "push", str(simulated), "jane/mugs", "--yes")
    assert "pip install 'gplac[hub]'" in str(_error(lambda: gplac.from_pretrained("jane/mugs")))
    main(["card", str(simulated)])
    main(["push", str(simulated), "--to", str(tmp_path / "out")])
    assert acts_alike(gplac.from_pretrained(tmp_path / "out"), simulated)


def test_the_first_thing_that_a_process_asks_of_the_hub_fails_in_a_sentence(tmp_path: Path) -> None:
    code = "from gplac.hub.repository import download; download('jane/mugs')"
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=offline, capture_output=True, text=True)
    assert "gplac.errors.UserError: Cannot read jane/mugs" in done.stderr


def test_names_where_to(simulated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Name where to" in fails(capsys, "push", str(simulated))
    assert "Name where to" in fails(capsys, "push", str(simulated), "jane/mugs", "--to", "out")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"training": {"finished": False}}, "is not finished"),
        ({"network": []}, "network"),
        ({"network": {"channels": [10**9]}}, "network"),
        ({"network": {"channels": [64, 64]}}, "is damaged"),
        ({"network": {"encoder": "os.system"}}, "no encoder is called 'os.system'"),
        ({"provenance": {}}, "provenance"),
        ({"seed": "0"}, "seed"),
    ],
)
def test_a_run_json_that_is_none(simulated: Path, change: dict[str, object], part: str) -> None:
    facts = json.loads((simulated / "run.json").read_text())
    for key, value in change.items():
        facts[key] = facts[key] | value if isinstance(value, dict) and value else value
    (simulated / "run.json").write_text(json.dumps(facts))
    assert part in str(_error(lambda: gplac.from_pretrained(simulated)))


def test_json_nested_without_end_is_damaged(simulated: Path, tmp_path: Path) -> None:
    """It costs a stranger nothing, and Python's reader answers it with an error that is no ValueError."""
    nested = "[" * 100_000
    (simulated / "trust.json").write_text(nested)
    assert "trust.json is damaged" in str(_error(lambda: shared_files(simulated)))
    (simulated / "trust.json").unlink()
    (simulated / "run.json").write_text(nested)
    assert "run.json cannot be read" in str(_error(lambda: gplac.from_pretrained(simulated)))
    (tmp_path / "manifest.json").write_text(nested)
    assert "manifest.json is damaged" in str(_error(lambda: Manifest.read(tmp_path)))
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/info.json").write_text(nested)
    assert "(in meta) is damaged" in str(_error(lambda: lerobot.read(tmp_path)))
    assert "does not understand" in str(_error(lambda: PolicyCard.from_json(nested, "policy.onnx")))


def test_damaged_files_are_refused_at_both_ends(
    hub: FakeHub, simulated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["push", str(simulated), "jane/mugs", "--yes"])
    weights = simulated / "weights.safetensors"
    whole = weights.read_bytes()
    tensors = load_file(weights)
    name = next(name for name, each in tensors.items() if each.dtype == np.float32 and each.size)
    tensors[name].flat[0] = np.nan
    save_file(tensors, simulated / "nan")
    for content in (whole[:1000], b"", b"\x80\x04pickle", (simulated / "nan").read_bytes()):
        write_atomically(weights, content)
        told = fails(capsys, "push", str(simulated), "jane/mugs", "--yes")
        assert "weights" in told and "is damaged" in told and "restore" in told
        hub.repositories["jane/mugs"]["weights.safetensors"] = content
        _error(lambda: gplac.from_pretrained("jane/mugs"))
    write_atomically(weights, whole)
    (simulated / "policy.onnx").write_bytes(b"no such thing")
    assert "policy.onnx" in fails(capsys, "push", str(simulated), "jane/mugs", "--yes")
    (simulated / "policy.onnx").unlink()
    (simulated / "evaluation/test/result.json").write_text("{")
    assert "result.json is damaged" in fails(capsys, "card", str(simulated))


def test_an_exported_policy_is_of_these_weights(trained: Path, simulated: Path) -> None:
    shutil.copy(trained / "policy.onnx", simulated)
    assert "other weights" in str(_error(lambda: shared_files(simulated)))


def test_which_files_are_ours_in_a_repository() -> None:
    for name in ("run.json", "evaluation/test-wild/result.json", "evaluation/gymnasium/a.json", "trust.html"):
        assert is_shared(name)
    for name in (
        "a/run.json",
        "evaluation/a/b/result.json",
        "checkpoint.safetensors",
        "film.mp4",
        ".gitattributes",
    ):
        assert not is_shared(name)


def test_of_photographs_the_folders_are_left_out(trained: Path, tmp_path: Path) -> None:
    """They are told from where all photographs lie together: the root of the disk, if one lies on another disk."""
    run = shutil.copytree(trained, tmp_path / "run")
    told, page = json.loads((run / "trust.json").read_text()), (run / "trust.html").read_text()
    wrong = {"photograph": 0, "scene": 0, "present": True, "probability": 0.1, "luminance": 99.0}
    names = ["home/zo.e/a&b/kitchen.jpg", "mnt/zo.e/clip.mp4, 3 s"]
    told["classifier"]["worst"] = [wrong | {"file": name} for name in names]
    tags = "".join(f'<div class="tag"><b>seen</b><br>{escape(name)}</div>' for name in names)
    (run / "trust.json").write_text(json.dumps(told))
    (run / "trust.html").write_text(page.replace("</main>", f"{tags}</main>"))
    files = shared_files(run)
    assert b"zo.e" not in files["trust.json"] + files["trust.html"]
    for name in (b"kitchen.jpg", b"clip.mp4, 3 s"):
        assert name in files["trust.json"] and b"<br>" + name + b"<" in files["trust.html"]


def test_paths_become_names() -> None:
    before = {
        "command": "gplac train --weak='/home/jane doe/weak' --demos ~/demos data/here /x/y=/z/w 'it''s",
        "provenance": [{"command": "gplac evaluate '/home/jane doe/run' --split test"}],
        "trained": {"command": shlex.join(["python", "-X", "dev", "-c", "train('/home/jane', token='s3')"])},
        "script": {"command": "python train.py ../../jane/demos --like=~jane/x file:///home/jane/y -m z"},
        "module": {"command": "python -m my_module /home/jane/z"},
        "folder": "/home/jane/pack",
        "sentence": "2 m / s, and/or",
        "number": 1.5,
        "none": None,
    }
    after = without_paths(before)
    assert "jane" not in json.dumps({**after, "command": ""})
    assert after["provenance"][0]["command"] == "gplac evaluate run --split test"
    assert after["trained"]["command"] == "python -c ..."
    assert after["script"]["command"] == "python train.py demos --like=x y -m z"
    assert after["module"]["command"] == "python -m my_module z"
    assert (after["folder"], after["sentence"]) == ("pack", before["sentence"])
    assert after["number"] == 1.5 and after["none"] is None


def _error(call: object) -> UserError:
    with pytest.raises(UserError) as caught:
        call()  # type: ignore[operator]
    return caught.value

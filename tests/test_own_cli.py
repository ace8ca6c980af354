"""Training on a user's own data, as a user would call it."""

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest
from own_data import demonstrations, photographs, write_demonstrations, write_weak
from synthetic_run import synthetic_run
from test_cli import fails

from gplac.cli import main
from gplac.evaluation.result import check

FEW = ("--set", "training.steps=8", "training.labelled_batch=8", "training.weak_batch=8")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """An empty folder to work in, beside imported data."""
    demos = write_demonstrations(tmp_path / "data" / "demos", demonstrations(), action_names=["x_m", "y_m"])
    places = [{"name": f"room {i}", "present": 5, "absent": 5} for i in range(6)]
    weak = write_weak(tmp_path / "data" / "weak", photographs(), scenes=places)
    monkeypatch.chdir(tmp_path)
    return "--demos", str(demos), "--weak", str(weak)


def test_a_folder_of_each_is_enough(folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", *folders, *FEW])
    assert "runs/own/own/gplac-seed0" in capsys.readouterr().out
    run = json.loads(Path("runs/own/own/gplac-seed0/run.json").read_text())
    assert (run["method"], run["task"], run["preset"]["name"]) == ("gplac", "own", "own-changed")
    assert {name: run["network"][name] for name in ("width", "height", "state_size", "action_size")} == {
        "width": 20,
        "height": 16,
        "state_size": 3,
        "action_size": 2,
    }
    assert len(run["data"]["held_out"]["episodes"]) == 1
    assert run["data"]["held_out"]["photographs"] == 10 * len(run["data"]["held_out"]["photograph_scenes"])
    assert set(run["data"]) == {"demonstrations", "weak", "held_out"}
    assert "already holds a run" in fails(capsys, "train", *folders, *FEW)
    page = Path("runs/own/own/gplac-seed0/trust.html")
    page.write_text("as it was")
    main(["train", *folders, *FEW, "--resume"])
    assert page.read_text() == "as it was"
    page.unlink()
    main(["train", *folders, *FEW, "--resume"])
    assert page.exists()


def test_a_run_is_not_strewn_among_data(folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    for out in ("data", "data/demos"):
        assert f"{out} holds data" in fails(capsys, "train", *folders, *FEW, "--out", out)
    assert not [*Path("data").rglob("run.json")]


def test_a_resumed_run_that_is_not_there_is_said_to_be_new(
    folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    said = "There is no training in mistyped to go on with: it starts with the first step."
    for again in (True, False):
        main(["train", *folders, *FEW, "--out", "mistyped", "--resume"])
        assert (said in capsys.readouterr().out) == again


def test_data_that_moved_are_asked_for(folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", *folders, *FEW, "--out", "run"])
    Path("data/weak").rename("data/photographs")
    assert "photographs that run was trained on are no longer at" in fails(capsys, "trust", "run")
    main(["trust", "run", "--weak", "data/photographs"])


def test_a_budget_takes_so_many_photographs_and_trust_knows(folders: tuple[str, ...]) -> None:
    settings = (*FEW, "training.weak_budget=12", "training.scene_budget=3")
    main(["train", *folders, *settings, "--out", "run"])
    run, trust = (json.loads(Path("run", name).read_text()) for name in ("run.json", "trust.json"))
    assert (run["weak_images"], run["weak_scenes"]) == (12, 3)
    counts = trust["data"]["photographs"]
    assert counts["trained"] == {"present": 6, "absent": 6, "scenes": 3} and counts["held_out"]["scenes"] == 1
    main(["trust", "run"])
    assert json.loads(Path("run/trust.json").read_text())["data"]["photographs"] == counts


def test_what_own_data_leave_no_choice_of_is_refused(
    folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "data.width is 10, and your own data" in fails(capsys, "train", *folders, *FEW, "data.width=10")
    said = fails(capsys, "train", *folders, *FEW, "--task", "pusher")
    assert "holds data of the task 'own', and so is the run" in said and "--task pusher" in said
    assert "with --demos" in fails(capsys, "train", *folders[2:])
    assert not Path("runs").exists()


def test_it_says_how_far_to_trust_it_and_says_it_again(
    folders: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main(["train", *folders, *FEW, "--out", "run"])
    page, numbers = Path("run/trust.html").read_text(), json.loads(Path("run/trust.json").read_text())
    check(numbers, "trust", "trust.json")
    assert 'src="data:image/jpeg' in page and "http" not in page.replace("http://www.w3.org", "")
    for advice in numbers["advice"]:
        assert html.escape(advice["sentence"]).replace(" %", "&nbsp;%") in page
    assert "the same answer to all would be about 50.0&nbsp;%" in page
    assert numbers["data"]["photographs"]["held_out"]["scenes"] == 1
    assert len(numbers["points"]["policy_use"]) == 16
    (place,) = numbers["classifier"]["per_scene"]
    assert place["photographs"] == 10 and place["name"] == f"room {place['scene']}"
    assert [each["name"] for each in numbers["action_error"]["per_dimension"]] == ["x_m", "y_m"]
    Path("run/trust.html").unlink()
    capsys.readouterr()
    main(["trust", "run"])
    told = capsys.readouterr().out
    assert (
        "few episodes" in {advice["rule"] for advice in numbers["advice"]}
        and "only 10 demonstrations" in told
    )
    again = json.loads(Path("run/trust.json").read_text())
    assert {**again, "provenance": None} == {**numbers, "provenance": None}

    assert f"on {numbers['data']['frames']['held_out']} frames of" in page
    monkeypatch.setattr("gplac.evaluation.trust.MOST", 4)
    main(["trust", "run"])
    assert (
        f"on 4 of the {numbers['data']['frames']['held_out']} frames of" in Path("run/trust.html").read_text()
    )

    Path(folders[1]).rename(tmp_path / "moved")
    assert "demonstrations that run was trained on are no longer at" in fails(capsys, "trust", "run")
    main(["trust", "run", "--demos", str(tmp_path / "moved")])
    other = write_demonstrations(tmp_path / "other", demonstrations(9))
    assert "not those that run was trained on" in fails(capsys, "trust", "run", "--demos", str(other))


@pytest.mark.parametrize("method", ["cnn-c", "att-1", "att-ft"])
def test_methods_without_points_or_classifier_have_a_page(method: str, folders: tuple[str, ...]) -> None:
    main(["train", method, *folders, *FEW, "--out", "run"])
    numbers = json.loads(Path("run/trust.json").read_text())
    assert (numbers["points"] is None, numbers["classifier"] is None) == (
        method == "cnn-c",
        method != "cnn-c",  # of ATT-FT's only how much was forgotten could be told
    )


def test_without_photographs_it_is_att_1(
    folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["train", *folders[:2], *FEW, "--out", "run"])
    assert "training ATT-1" in capsys.readouterr().out
    assert json.loads(Path("run/run.json").read_text())["method"] == "att-1"


def test_mistakes_are_answered_in_one_sentence(
    folders: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = write_weak(tmp_path / "wide", photographs(width=24))
    one = write_demonstrations(tmp_path / "one", demonstrations(1))
    assert "nowhere" in fails(capsys, "train", "--demos", "nowhere")
    assert "nowhere" in fails(capsys, "train", *folders[:2], "--weak", "nowhere")
    assert "20x16 pixels, photographs 24x16" in fails(capsys, "train", *folders[:2], "--weak", str(wide))
    assert "two episodes" in fails(capsys, "train", "--demos", str(one))
    assert "weakly labelled images: name a folder of them (--weak)" in fails(
        capsys, "train", "gplac", *folders[:2]
    )
    assert "demonstrations where weak images are needed" in fails(
        capsys, "train", *folders[:2], "--weak", folders[1]
    )


def test_data_that_were_given_names_go_with_their_like(
    folders: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bowls = str(write_demonstrations(tmp_path / "bowls", replace(demonstrations(), task="bowls")))
    cups = str(write_weak(tmp_path / "cups", photographs(), task="cups"))
    said = fails(capsys, "train", "--demos", bowls, "--weak", cups)
    assert "cups holds data of the task 'cups' where data of 'bowls' are needed" in said
    assert "import these again with --task bowls" in said
    assert "data of 'cups' are needed" in fails(capsys, "train", "--demos", bowls, "--task", "cups")
    main(["train", "--demos", bowls, "--weak", folders[3], *FEW, "--out", "run"])
    assert json.loads(Path("run/run.json").read_text())["task"] == "bowls"


def test_a_policy_is_evaluated_in_any_environment(
    folders: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    env = ("--env", "own_env:tests/Square-v0")
    main(["train", *folders, *FEW, "--out", "run"])
    main(["evaluate", "run", *env, "--episodes", "4", "--seed", "3", "--json", "out.json"])
    assert "of 4 episodes succeed" in capsys.readouterr().out
    found = json.loads(Path("out.json").read_text())
    check(found, "env_result", "out.json")
    (kept,) = Path("run/evaluation/gymnasium").iterdir()
    assert found == json.loads(kept.read_text()) and kept.name.startswith("own_env-tests-Square-v0-")
    assert (found["episodes"], found["seed"], found["method"]) == (4, 3, "gplac")

    main(["evaluate", "run", *env, "--env-arg", "tells=false", "--episodes", "2"])
    assert "Its info tells no success" in capsys.readouterr().out
    (other,) = {*Path("run/evaluation/gymnasium").iterdir()} - {kept}
    assert other.name.startswith("own_env-tests-Square-v0-tells=False-")
    assert "24x16 pixels" in fails(capsys, "evaluate", "run", *env, "--env-arg", "width=24")
    assert "NAME=VALUE" in fails(capsys, "evaluate", "run", *env, "--env-arg", "width")
    assert "cannot be made" in fails(capsys, "evaluate", "run", "--env", "Nowhere-v0")
    for verb in ("evaluate", "inspect"):
        assert "gplac trust run" in fails(capsys, verb, "run")


def test_simulated_runs_are_evaluated_there_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = synthetic_run(tmp_path / "run", "att-1", 0.5, 32, 28, 2, 2)
    size = ("--env-arg", "width=32", "height=28", "split=test", "index=1")
    main(["evaluate", str(run), "--env", "gplac/Pusher-v0", *size, "--episodes", "1"])
    assert "of 1 episodes succeed" in capsys.readouterr().out

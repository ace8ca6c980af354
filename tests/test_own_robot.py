"""A Sawyer of the user's own in the mug push, from demonstrations to report: nothing goes on with another arm."""

import json
from pathlib import Path

import pytest
from test_cli import fails

from gplac.cli import main
from gplac.data.shards import sha256
from gplac.evaluation import inspection
from gplac.evaluation.result import read_result
from gplac.reporting.entries import entries
from gplac.runs import Run
from gplac.worlds import sawyer

SMOKE = ("--preset", "smoke")


def write_sawyer(path: Path, green: float) -> Path:
    """Ours as MJCF, in another colour."""
    own = sawyer._built()
    for geom in own.geoms:
        geom.rgba = [0.1, green, 0.2, 1.0]
    own.compile()
    path.parent.mkdir(exist_ok=True)
    path.write_text(own.to_xml())
    return path


def test_a_run_keeps_the_robot_of_its_demonstrations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LABELLED_FRAMES", "UNSEEN_FRAMES", "WEAK_IMAGES"):
        monkeypatch.setattr(inspection, name, 8)
    own, run, small = write_sawyer(tmp_path / "own.xml", 0.9), Path("run"), ("--scenes", "1")
    digest = sha256(own)
    main(["collect", "demos", "mug_push", *SMOKE, "--robot-model", "own.xml", "--workers", "1"])
    demos = "data/smoke/mug_push/demos-1"
    main(["train", "att-1", *SMOKE, "--task", "mug_push", "--demos", demos, "--out", "run"])
    facts = json.loads((run / "run.json").read_text())
    assert facts["robot_model"] == {"path": str(own), "sha256": digest}

    capsys.readouterr()
    main(["evaluate", "run", *small, "--episodes", "1", "--workers", "1"])
    main(["inspect", "run", *small])
    assert capsys.readouterr().out.count(f"The robot is {own}, as in the run's demonstrations") == 2
    folder = run / "evaluation" / "validation-robot-own"
    for name in ("result.json", "inspection.json"):
        found = json.loads((folder / name).read_text())
        assert (found["robot_model"], found["robot_model_sha256"]) == ("own.xml", digest)
    assert entries([run], "validation")[0].folder == folder
    kept = (folder / "result.json").read_text()

    other = write_sawyer(tmp_path / "other" / "own.xml", 0.2)
    named = ("--robot-model", str(other))
    assert "is not the robot of" in fails(capsys, "report", "run", "--split", "validation", *named)
    main(["evaluate", "run", *small, "--episodes", "1", "--workers", "1", "--json", "other.json", *named])
    assert "The robot is" not in capsys.readouterr().out
    assert entries([run], "validation", robot_model=other)[0].folder == folder
    Path("own.json").write_text(kept)
    said = fails(capsys, "compare", "own.json", "other.json")
    assert "their own.xml are different files" in said
    old = read_result(Path("own.json"))
    del old["robot_model_sha256"]  # as older versions wrote it
    Path("old.json").write_text(json.dumps(old))
    main(["compare", "old.json", "other.json"])

    for verb in ("evaluate", "inspect"):
        own.write_text(other.read_text())
        assert f"{own} is not the robot of the run in run any more" in fails(capsys, verb, "run", *small)
        own.unlink()
        said = fails(capsys, verb, "run", *small)
        assert (
            f"{own}, the robot of the run in run, is not there any more" in said and "--robot-model" in said
        )

    # A run of an older version does not know its robot, its demonstrations do.
    del facts["robot_model"]
    (run / "run.json").write_text(json.dumps(facts))
    assert Run.open(run).view().robot_model is None
    assert f"name it with: --robot-model {own}" in fails(capsys, "inspect", "run", *small)
    facts["robot_model"] = {"path": "own.xml"}
    (run / "run.json").write_text(json.dumps(facts))
    assert "robot_model: 'sha256' is a required property" in fails(capsys, "evaluate", "run")

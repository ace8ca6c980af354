"""Every verb as a user would call it, at the smallest preset; and what a user's mistakes look like."""

import errno
import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from synthetic import synthetic_result
from synthetic_run import synthetic_run

from gplac import config
from gplac.cli import main, mistakes_told
from gplac.cli.options import Size
from gplac.cli.progress import bars
from gplac.demo import demo
from gplac.errors import UserError
from gplac.evaluation.percent import percent
from gplac.evaluation.result import read_result
from gplac.seeding import rng
from gplac.worlds.pusher import Pusher
from gplac.worlds.vector import VectorTask

SMOKE = ("--preset", "smoke")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with an expert that hardly moves, and a success that asks for nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pusher, "success_m", 10.0)
    size = VectorTask(Pusher(), 1).full_state().shape[1]
    weight = 0.1 * rng("an expert that hardly moves").normal(size=(7, size))
    arrays = {"mean": np.zeros(size), "std": np.ones(size), "weight0": weight, "bias0": np.zeros(7)}
    save_file(arrays, tmp_path / "expert.safetensors", {"task": "pusher", "limit": "2.0", "provenance": "{}"})
    return tmp_path


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence that a call ends with, after checking that it ends with status 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    sentence = capsys.readouterr().err
    assert sentence.startswith("gplac: ") and sentence.count("\n") == 1
    return sentence


def test_from_data_to_report(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["scenes", "pusher", "--split", "validation", "--count", "2"])
    assert (workplace / "scenes-pusher-validation.png").stat().st_size > 0

    weights = ("--weights", "expert.safetensors")
    main(["expert", "evaluate", "pusher", *weights, "--episodes", "3", "--json", "e.json"])
    assert "3 of 3 episodes succeed, 100.0 % (43.9 % to 100.0 %)" in capsys.readouterr().out
    expert = json.loads(Path("e.json").read_text())
    assert (expert["task"], expert["weights"], expert["successes"]) == ("pusher", "expert.safetensors", 3)

    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    main(["collect", "weak", "pusher", *SMOKE, "--workers", "1"])
    demos, weak = Path("data/smoke/pusher/demos-1"), Path("data/smoke/pusher/weak")
    assert "400 frames" in capsys.readouterr().out
    for folder in (demos, weak):
        main(["data", "check", str(folder)])
        main(["data", "show", str(folder)])
        assert folder.with_suffix(".png").is_file()

    runs = []
    for method in ("att-1", "gplac"):
        run = Path(f"runs/smoke/pusher/{method}-seed0")
        main(["train", method, *SMOKE, "--demos", str(demos)])
        assert json.loads((run / "run.json").read_text())["training"]["finished"]
        main(["evaluate", str(run), "--split", "validation", "--episodes", "1", "--json", f"{method}.json"])
        found = read_result(Path(f"{method}.json"))
        assert found["labelled_images"] == 400
        assert found["training"]["precision"] in {"bfloat16", "float32"}
        assert (found["method"], found["split"], found["scenes"], found["episodes"]) == (
            method,
            "validation",
            2,
            2,
        )
        main(["inspect", str(run), "--scenes", "2"])
        runs.append(run)
    told = capsys.readouterr().out
    assert (
        "control, blank" in told and "Points on the object" in told and "Classifier on unseen scenes" in told
    )

    ends = " to ".join(map(percent, found["interval95_scenes"]))
    assert f"(95 % over scenes: {ends})" in told and "control, labelled: " in told

    Path("file").touch()
    kept = sorted(runs[0].rglob("*"))
    assert "file/one.json" in fails(capsys, "evaluate", str(runs[0]), "--json", "file/one.json")
    assert sorted(runs[0].rglob("*")) == kept  # told before the first episode
    options = "--episodes 1 --vary each --workers 1 --json one.json"
    main(["evaluate", str(runs[0]), *options.split()])
    told = capsys.readouterr().out
    assert [told.count(f"only the {factor} of") for factor in ("mug", "table", "light")] == [1, 1, 1]
    assert "labelled scene, from the same starts as in validation scenes: 2 of 2" in told
    assert read_result(Path("one-only-camera.json"))["vary"] == "camera"

    main(["compare", "att-1.json", "gplac.json"])
    told = capsys.readouterr().out
    assert "A, att-1.json: att-1, preset smoke, seed 0, " in told
    assert "B, gplac.json: gplac, preset smoke, seed 0, 16 weak images, " in told
    assert "2 pairs of episodes" in told and "presets" not in told and "left out" not in told
    main(["compare", "att-1.json", "gplac.json", "gplac.json", "att-1.json"])
    told = capsys.readouterr().out
    assert "A att-1.json, B gplac.json" in told and "A gplac.json, B att-1.json" in told
    assert "4 pairs of episodes" in told
    main(["report", *map(str, runs), "--split", "validation"])
    assert "<html" in Path("report/index.html").read_text()


def test_compare_says_what_is_compared(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = synthetic_result("gplac", 0.5, scenes=3, count=2)
    few = synthetic_result("gplac", 0.5, scenes=2, count=2) | {"preset": "demo"}
    for name, found in (("many", many), ("few", few)):
        Path(f"{name}.json").write_text(json.dumps(found))
    main(["compare", "many.json", "few.json"])
    told = capsys.readouterr().out
    rate = f"{few['successes']} of 4, {percent(few['success_rate'])}"
    assert f"B, few.json: gplac, preset demo, seed 0, 16,000 weak images, 2 test scenes: {rate}\n" in told
    assert "They are of different presets: demo, lite." in told
    assert "Episodes that not all have are left out: 4 of 6 are compared." in told


def test_the_demo_tells_the_whole_story(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the expert that comes with gplac."""
    main(["demo", *SMOKE])
    told = capsys.readouterr().out
    assert "demo/report/index.html" in told and "GPLAC succeeds" in told
    main(["demo", *SMOKE])  # everything is there already


def test_the_demo_trains_each_method_with_what_the_preset_has_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found: list[Any] = []
    for name in ("collect_demonstrations", "collect_weak", "inspect_run", "write_report", "compare"):
        monkeypatch.setattr(f"gplac.demo.{name}", lambda *_, **__: None)
    result = {"successes": 1, "episodes": 2}
    monkeypatch.setattr("gplac.demo.evaluate_run", lambda *_, **__: result)
    monkeypatch.setattr(
        "gplac.demo.train", lambda method, settings, *_, **__: found.append((method, settings))
    )
    demo("lite", tmp_path, 0, lambda text: None, bars)
    assert found == [(method, config.preset("lite", "pusher", method)) for method in ("att-1", "gplac")]
    assert found[0][1].network != found[1][1].network


def test_data_are_of_one_task(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    demos = "data/smoke/pusher/demos-1"
    said = fails(capsys, "train", "gplac", *SMOKE, "--demos", demos)
    assert ": gplac collect weak pusher --preset smoke" in said
    main(["collect", "weak", "striker", *SMOKE, "--workers", "1"])
    weak = "data/smoke/striker/weak"
    said = fails(capsys, "train", "gplac", *SMOKE, "--demos", demos, "--weak", weak)
    assert f"{weak} holds data of the task 'striker' where data of 'pusher' are needed" in said
    said = fails(capsys, "train", "gplac", *SMOKE, "--task", "striker", "--demos", demos)
    assert f"{demos} holds data of the task 'pusher' where data of 'striker' are needed" in said
    assert not Path("runs").exists()

    run = synthetic_run(workplace / "run", "att-1", 0.5, 32, 28, 2, 2)
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(facts | {"task": "striker"}))
    said = fails(capsys, "inspect", "run", "--demos", demos)
    assert "holds data of the task 'pusher' where data of 'striker' are needed" in said
    assert ": gplac collect demos striker --preset lite" in fails(capsys, "inspect", "run")


def test_training_goes_on_where_it_was_and_refuses_to_overwrite(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    asked = ("train", "att-1", *SMOKE, "--demos", "data/smoke/pusher/demos-1", "--out", "run")
    main(asked)
    assert "resume" in fails(capsys, *asked)
    main([*asked, "--resume"])


def test_data_that_todays_preset_would_not_collect_have_to_be_named(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demos, weak = "data/smoke/pusher/demos-1", "data/smoke/pusher/weak"
    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    said = fails(capsys, "train", "att-1", *SMOKE)
    assert "started with other expert" in said and f"as it is, name it: --demos {demos}\n" in said
    main(["collect", "weak", "pusher", *SMOKE, "--seed", "1", "--workers", "1"])
    said = fails(capsys, "train", *SMOKE, "--demos", demos)
    assert "asked for is seed 0 instead of 1" in said and f"as it is, name it: --weak {weak}\n" in said
    assert not Path("runs").exists()
    main(["train", *SMOKE, "--demos", demos, "--weak", weak])
    Path(demos, "manifest.json").write_text("{")
    assert "name it" not in fails(capsys, "train", "att-1", *SMOKE)


def test_a_changed_preset_says_so_in_its_name_and_goes_before_what_the_method_has(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"att-1": {"smoke": {"training": {"steps": 5, "warmup_steps": 1}}}}
    monkeypatch.setattr(config, "METHOD_CHANGES", own)
    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    changes = ["training.steps=3", "network.hidden=10,20", "training.schedule=cosine"]
    changes += ["network.learn_temperature=true"]
    main(["train", "att-1", *SMOKE, "--demos", "data/smoke/pusher/demos-1", "--set", *changes])
    preset = json.loads(Path("runs/smoke-changed/pusher/att-1-seed0/run.json").read_text())["preset"]
    assert preset["name"] == "smoke-changed"
    assert preset["training"]["steps"] == 3 and preset["training"]["warmup_steps"] == 1
    assert preset["network"]["hidden"] == [10, 20]
    assert preset["network"]["learn_temperature"] is True


@pytest.mark.parametrize(
    ("change", "takes"),
    [
        ("training.steps=1e3", "training.steps takes a whole number, such as 3000"),
        ("training.steps=nan", "training.steps takes a whole number, such as 3000"),
        ("training.steps=", "training.steps takes a whole number, such as 3000"),
        ("training.steps=3,4", "training.steps takes a whole number, such as 3000"),
        ("training.warmup-steps=few", "training.warmup_steps takes a whole number, such as 3000"),
        ("classification_weight=much", "classification_weight takes a number, such as 0.5"),
        ("network.channels=a,b", "network.channels takes whole numbers with commas between, such as 400,400"),
        ("network.learn_temperature=1", "network.learn_temperature takes true or false"),
        ("network.first_layer=thawed", "network.first_layer takes frozen or trained"),
    ],
)
def test_a_setting_of_another_kind_is_told_what_it_takes(
    workplace: Path, capsys: pytest.CaptureFixture[str], change: str, takes: str
) -> None:
    assert fails(capsys, "train", *SMOKE, "--set", change) == f"gplac: --set {change}: {takes}.\n"


def test_settings_of_each_kind_are_taken() -> None:
    smoke = config.preset("smoke")
    changes = (
        "training.steps=3",
        "data.action-noise=-1e-3",
        "network.hidden=10",
        "network.channels=4,4,8,8,2",
    )
    changes += ("network.norm_last=true", "network.first_layer=trained")
    few = {"hidden": (10,), "channels": (4, 4, 8, 8, 2)}
    assert Size("smoke", changes).changed(smoke) == replace(
        smoke,
        name="smoke-changed",
        data=replace(smoke.data, action_noise=-1e-3),
        network=replace(smoke.network, norm_last=True, first_layer="trained", **few),
        training=replace(smoke.training, steps=3),
    )


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("collect", "demos", "juggle"), "juggle"),
        (("collect", "weak", "pusher", *SMOKE, "--set", "data.weak_scenes"), "FIELD=VALUE"),
        (("collect", "weak", "pusher", *SMOKE, "--set", "data.weak_scenes=41"), "has 40 scenes"),
        (
            ("train", *SMOKE, "--set", "training.stepz=3"),
            "no field training.stepz; choose one of: training.steps.\n",
        ),
        (("train", *SMOKE, "--set", "steps=3"), "choose one of: training.steps.\n"),
        (
            ("train", *SMOKE, "--set", "evaluation.what=3"),
            "choose one of: evaluation.scenes, evaluation.episodes.\n",
        ),
        (
            ("train", *SMOKE, "--set", "evaluation=3"),
            "choose one of: evaluation.scenes, evaluation.episodes.\n",
        ),
        (("train", *SMOKE, "--set", "what=3"), "training.steps"),
        (
            ("train", *SMOKE, "--set", "training.weak_batch=4", "training.weak-batch=8"),
            "--set training.weak-batch=8: training.weak_batch is set twice; leave one out.\n",
        ),
        (("collect", "demos", "pusher", *SMOKE, "--scenes", "41"), "has 40 scenes"),
        (("collect", "weak", "pusher", *SMOKE, "--assets", "nowhere"), "nowhere"),
        (("collect", "demos", "pusher", *SMOKE, "--expert", "nowhere"), "nowhere"),
        (("scenes", "juggle"), "juggle"),
        (("data", "show", "nowhere"), "nowhere"),
        (("train", "magic"), "magic"),
        (("train", "att-1", *SMOKE, "--set", "evaluation.scenes=0"), "evaluation.scenes is 0"),
        (
            ("train", "att-1", *SMOKE, "--set", "evaluation.scenes=60"),
            "but for confirmation has 40",
        ),
        (
            ("train", "att-1", *SMOKE, "--set", "classification_weight=1"),
            "classification_weight has no part in what att-1 learns; leave it out of --set.",
        ),
        (
            ("train", *SMOKE, "--set", "training.steps=7", "training.finetune_learning_rate=1e-4"),
            "training.finetune_learning_rate has no part in what gplac learns",
        ),
        (
            ("train", "att-ae", "--task", "mug_push"),
            "att-ae learns from 3 frames on end, and an episode of mug_push has 1",
        ),
        (("train", "att-1"), "data/lite/pusher/demos-1"),
        (("train", *SMOKE), ": gplac collect demos pusher --preset smoke\n"),
        (("train", "att-40", *SMOKE), ": gplac collect demos pusher --scenes 2 --preset smoke\n"),
        (
            ("train", *SMOKE, "--set", "training.steps=3", "data.width=40"),
            "data/smoke-changed/pusher/demos-1 yet; make it with: gplac collect demos pusher --preset smoke --set"
            " data.width=40\n",
        ),
        (
            ("train", "att-1", "--task", "foo"),
            "no task called 'foo'; choose one of: pusher, striker, mug_push",
        ),
        (("breadth", "striker"), ": gplac collect weak striker --preset lite\n"),
        (("breadth", "juggle"), "no task called 'juggle'"),
        (("evaluate", "nowhere"), "nowhere"),
        (
            ("evaluate", "run", "--seed", "0", "--success-return", "3", "--image-key", "foo"),
            "--image-key, --success-return, --seed: for a Gymnasium environment; name it with --env ID.",
        ),
        (
            (
                "evaluate",
                "run",
                "--env",
                "My-v0",
                "--split",
                "test",
                "--scenes",
                "3",
                "--vary",
                "mug",
                "--level",
                "wild",
            ),
            "--split, --scenes, --vary, --level: for gplac's own scenes, and --env My-v0 runs the policy elsewhere",
        ),
        (("train", "att-1", "--out", ""), "A path on the command line is empty"),
        (
            ("train", "--set", "training.steps=3", "--preset", "smoke", "--set", "data.width=40"),
            "--set is named twice, and only the last one would count: name it once",
        ),
        (("evaluate", "run", "--json=a.json", "--json", "b.json"), "--json is named twice"),
        (("report", "", "--split", "test"), "A path on the command line is empty"),
        (("inspect", "nowhere"), "nowhere"),
        (("compare", "a.json", "b.json"), "a.json"),
        (("compare", ".", "b.json"), "is a folder"),
        (("compare", "a.json"), "was given 1: A, B, A, B"),
        (("report", "nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(
    workplace: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], part: str
) -> None:
    assert part in fails(capsys, *arguments)


def test_a_package_that_is_missing_is_named_and_a_missing_part_of_gplac_is_no_users_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As where gplac was installed without its dependencies, for a robot."""
    with pytest.raises(SystemExit) as end, mistakes_told("gplac"):
        importlib.import_module("no_such_package.part")
    assert end.value.code == 2
    assert "needs the package no_such_package, which is not installed here: pip" in capsys.readouterr().err
    with pytest.raises(ModuleNotFoundError), mistakes_told("gplac"):
        importlib.import_module("gplac.no_such_module")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"gplac {version('gplac')}\n"


def test_what_is_no_verb_or_option_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["juggle"], ["train"], ["train", "att-1", "--preset", "huge"], ["doctor", "--loud"]):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2
        assert "Traceback" not in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").touch()
    assert "file" in fails(capsys, "collect", "weak", "pusher", *SMOKE, "--out", "file/weak")
    for verb in (("expert", "evaluate", "pusher"), ("data", "check", ".")):
        assert "Cannot write file/found.json" in fails(capsys, *verb, "--json", "file/found.json")
    assert "file" in fails(capsys, "scenes", "pusher", "--count", "1", "--out", "file/sheet.png")


@pytest.mark.parametrize("verb", [("expert", "evaluate", "pusher"), ("data", "check", ".")])
def test_a_file_of_something_else_is_not_written_over(
    workplace: Path, capsys: pytest.CaptureFixture[str], verb: tuple[str, ...]
) -> None:
    notes = Path("notes.json")
    notes.write_text('{"mine": true}')
    said = fails(capsys, *verb, "--json", "notes.json")
    assert "notes.json is there already and is not" in said and "name another file, or delete it" in said
    assert notes.read_text() == '{"mine": true}'


def test_a_run_that_cannot_keep_what_is_measured_says_so_first(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    run = synthetic_run(workplace / "run", "att-1", 0.5, 32, 28, 2, 2)
    (run / "evaluation" / "validation").touch()
    monkeypatch.setattr("gplac.runs.load_policy", None)  # nothing is computed
    demos = "data/smoke/pusher/demos-1"
    for arguments in (("evaluate", str(run)), ("inspect", str(run), "--demos", demos)):
        said = fails(capsys, *arguments)
        assert f"Cannot write {run}/evaluation/validation/" in said
        assert "make room there, or copy the run to where there is" in said


def test_a_run_is_looked_into_with_the_data_that_it_was_trained_on(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = ["data.width=40", "data.height=35"]
    main(["collect", "demos", "pusher", *SMOKE, "--expert", "expert.safetensors", "--workers", "1"])
    usual, changed = (Path("data", preset, "pusher", "demos-1") for preset in ("smoke", "smoke-changed"))
    main(["train", "att-1", *SMOKE, "--demos", str(usual), "--out", "run"])
    facts = json.loads(Path("run/run.json").read_text())
    looked_at: list[Path] = []
    monkeypatch.setattr("gplac.runs.Demonstrations.load", lambda folder, task: looked_at.append(folder))
    monkeypatch.setattr(
        "gplac.runs.inspect", lambda *_: (_ for _ in ()).throw(UserError("as far as it goes"))
    )

    def told(preset: dict[str, object], **other: object) -> str:
        described = facts | {"preset": facts["preset"] | preset} | other
        Path("run/run.json").write_text(json.dumps(described))
        return fails(capsys, "inspect", "run")

    of_size = {"name": "smoke-changed", "data": facts["preset"]["data"] | {"width": 40, "height": 35}}
    collect = f"gplac collect demos pusher --preset smoke --set {' '.join(sizes)}\n"
    assert f"There is no data set in {changed} yet; make it with: {collect}" in told(of_size)
    usual.rename("elsewhere")
    assert "name them with --demos FOLDER" in told({"name": "own-smoke"})
    assert "name them with --demos FOLDER" in told({"name": "own-smoke"}, folders={"demonstrations": "gone"})
    assert looked_at == []
    told({"name": "own-smoke"}, folders={"demonstrations": "elsewhere"})
    assert looked_at == [Path("elsewhere")]
    Path("elsewhere").rename(usual)
    told({"name": "smoke-changed"})  # steps alone are changed
    assert looked_at == [Path("elsewhere"), usual]
    other = told({}, data={"demonstrations": "of others"})
    assert f"was not trained on the demonstrations in {usual}: their checksums differ" in other
    assert looked_at == [Path("elsewhere"), usual]


def test_all_factors_are_known_before_the_first_is_measured(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = synthetic_run(workplace / "run", "att-1", 0.5, 32, 28, 2, 2)
    monkeypatch.setattr("gplac.runs.load_policy", None)  # nothing is computed
    said = fails(capsys, "evaluate", str(run), "--vary", "mug", "foo", "--json", "o.json")
    assert "The pusher's scenes have no factor 'foo'" in said
    assert not list(workplace.glob("o*.json")) and not list(run.glob("evaluation/*mug"))


def test_where_all_results_go_is_known_before_the_first_is_measured(
    workplace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = synthetic_run(workplace / "run", "att-1", 0.5, 32, 28, 2, 2)
    monkeypatch.setattr("gplac.runs.load_policy", None)  # nothing is computed
    asked = ("evaluate", str(run), "--vary", "mug", "table", "--json")
    Path("folder").mkdir()
    assert "Cannot write folder: Is a directory" in fails(capsys, *asked, "folder")
    Path("o-only-table.json").write_text("mine")
    assert "o-only-table.json is there already and is not a result" in fails(capsys, *asked, "o.json")
    assert not Path("o-only-mug.json").exists()


def test_damage_ends_with_status_1(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["collect", "weak", "pusher", *SMOKE, "--workers", "1"])
    folder = Path("data/smoke/pusher/weak")
    next(folder.glob("*.parquet")).write_bytes(b"damaged")
    with pytest.raises(SystemExit) as end:
        main(["data", "check", str(folder)])
    assert end.value.code == 1
    assert "truncated or altered" in capsys.readouterr().out


def test_ctrl_c_ends_with_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt("3 of 4 shards are new; the same command goes on.")

    monkeypatch.setattr("gplac.data.quality.survey.survey", interrupted)
    with pytest.raises(SystemExit) as end:
        main(["data", "check", "somewhere"])
    assert end.value.code == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_sigterm_interrupts_as_ctrl_c_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gplac.data.quality.survey.survey", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(SystemExit) as end:
        main(["data", "check", "somewhere"])
    assert end.value.code == 130 and "stopped" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_noise_of_an_expert_has_the_units_of_its_actions(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["expert", "evaluate", "--help"])
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "noise added to its actions, in their units: newton metres, for the mug push metres." in told


def test_help_does_not_wait_for_pytorch_or_mujoco() -> None:
    code = "import sys, gplac.cli; sys.exit(sum(name in sys.modules for name in ('torch', 'mujoco', 'gymnasium')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_demonstrations_of_more_scenes_than_one_are_of_those_of_weak_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    collected = SimpleNamespace(manifest=SimpleNamespace(rows=0))
    monkeypatch.setattr(
        "gplac.data.collect.collect_demonstrations", lambda *a, **_: asked.append(a[3]) or collected
    )
    main(["collect", "demos", "pusher", *SMOKE, "--scenes", "2"])
    assert asked == [[("weak", 0), ("weak", 1)]]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_cannot_be_written_to_is_no_traceback(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("results/lite").mkdir(parents=True)

    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("gplac.reporting.sheets.write_sheets", full)
    assert fails(capsys, "table", "1") == f"gplac: The disk: {os.strerror(number)}.\n"

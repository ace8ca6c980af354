"""The model card: what it says comes from the run's files, and what the user wrote stays."""

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from synthetic_run import synthetic_run

from gplac.cli import main
from gplac.errors import UserError
from gplac.evaluation.percent import percent
from gplac.evaluation.statistics import wilson
from gplac.hub.card import MARK, card
from gplac.hub.sections import lead
from gplac.worlds.registry import task


def test_its_header_is_what_the_hub_reads(simulated: Path) -> None:
    data = ModelCard.load(card(simulated, "apache-2.0")).data.to_dict()
    assert data["license"] == "apache-2.0" and data["library_name"] == "gplac"
    assert data["pipeline_tag"] == "robotics"
    assert {"gplac", "robotics", "pusher"} <= set(data["tags"]) and len(set(data["tags"])) == len(
        data["tags"]
    )


def test_results_come_with_n_and_their_interval(simulated: Path) -> None:
    assert "It has not been evaluated" not in (text := card(simulated).read_text())
    found = json.loads((simulated / "evaluation/test/result.json").read_text())
    interval = wilson(found["successes"], 6)
    row = f"| 6 | {found['successes']} | {percent(found['success_rate'])} | "
    assert f"unseen scenes (3 scenes) {row}{percent(interval.low)} to {percent(interval.high)} |" in text
    assert "control: grey pictures" in text and "mulated" not in text
    assert "16,000 pictures" in text and "simulation, drawn by gplac" in text and "8 cm" in text
    (simulated / "evaluation/test/result.json").unlink()
    assert "It has not been evaluated" in card(simulated).read_text()


def test_an_emulation_is_called_one(simulated: Path) -> None:
    for name in ("run.json", "evaluation/test/result.json"):
        path = simulated / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {"task": "mug_push"}))
    text = card(simulated).read_text()
    assert "**Emulated**" in text and "| emulated, unseen scenes (3 scenes) |" in text
    assert "the robot experiment, emulated" in text.split("\n# ")[1].splitlines()[0]


def test_own_data_are_told_by_count_origin_and_checksum_with_the_advice(
    trained: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "copy"))
    text = card(run).read_text()
    facts = json.loads((run / "run.json").read_text())
    trust = json.loads((run / "trust.json").read_text())
    assert facts["data"]["demonstrations"] in text and facts["data"]["weak"] in text
    assert f"{facts['labelled_images']:,} frames" in text and "imported from test, 10 Hz" in text
    assert all(advice["sentence"] in text for advice in trust["advice"]) and trust["advice"]
    judged = trust["classifier"]
    assert f"{judged['right']} of {judged['photographs']} held-out photographs" in text
    assert "policy.onnx" in text and "[trust.html]" in text and "jane" not in text
    Path(facts["folders"]["weak"]).rename(tmp_path / "weak")
    try:
        assert (
            "imported from test, 10 Hz" in (again := card(run).read_text()) and facts["data"]["weak"] in again
        )
        assert again.count("imported from") == 1
    finally:
        (tmp_path / "weak").rename(facts["folders"]["weak"])


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("gplac", "of which only this is known: is a mug in them?"),
        ("att-ft", "of which only this is known: is a mug in them?"),
        ("att-po", "of which it is known whether a mug is in them, and where."),
        ("att-da", "whose labels balanced its batches and told it nothing."),
        ("att-ae", "whose labels balanced its batches and told it nothing."),
        ("theirs", "of which only this is known: is a mug in them?"),
    ],
)
def test_a_card_says_what_was_known_of_the_photographs(method: str, told: str) -> None:
    assert f"and 1,600 pictures {told} The method is" in lead(
        {"weak_images": 1600, "method": method}, task("pusher")
    )


def test_license_and_own_words_stay(simulated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["card", str(simulated)])
    assert "names no license" in capsys.readouterr().out
    path = card(simulated, "mit")
    path.write_text(path.read_text() + "\n## Thanks\n\nTo the mug.\n")
    main(["card", str(simulated)])
    assert "names no license" not in capsys.readouterr().out
    text = path.read_text()
    assert text.startswith("---\nlicense: mit\n") and text.endswith("\n## Thanks\n\nTo the mug.\n")
    assert text.count(MARK) == 1


def test_a_text_of_the_users_is_not_replaced(simulated: Path) -> None:
    (simulated / "README.md").write_text("mine\n")
    with pytest.raises(UserError, match="move it elsewhere"):
        card(simulated)
    assert (simulated / "README.md").read_text() == "mine\n"


def test_names_from_outside_are_no_markup(simulated: Path) -> None:
    facts = json.loads((simulated / "run.json").read_text())
    facts |= {"task": "x | <script>\n# y", "method": 'a"b\n---\nlicense: mit', "data": {"held_out": {}}}
    (simulated / "run.json").write_text(json.dumps(facts))
    text = card(simulated).read_text()
    assert "<script>" not in text and "\n# y" not in text
    assert "license" not in ModelCard(text).data.to_dict()


@pytest.mark.parametrize("name", ["MIT License", "mit\ntags: []", ""])
def test_a_license_is_a_name(simulated: Path, name: str) -> None:
    with pytest.raises(UserError, match="--license"):
        card(simulated, name)


def test_methods_without_weak_images_and_attention(tmp_path: Path) -> None:
    text = card(synthetic_run(tmp_path / "run", "cnn-1", 0.3, 64, 56, 2, 2)).read_text()
    assert "without weakly labelled pictures" in text and "feature points" not in text

"""Verbs that reproduce more than a table, as a user calls them: an expert, the paper's figures, breadth, own looks."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gplac.cli import main
from gplac.evaluation import variety
from gplac.evaluation.result import read_result
from gplac.experts import train
from gplac.experts.trpo import ExpertConfig

SMOKE = ("--preset", "smoke")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_expert_is_trained_and_then_evaluated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = partial(ExpertConfig, steps=3_200, simulations=16, hidden=(8,), critic_updates=1)
    monkeypatch.setattr(train, "ExpertConfig", tiny)
    main(["expert", "train", "pusher", "--seed", "3"])
    weights = "runs/experts/pusher-seed3.safetensors"
    assert f"The expert is in {weights}." in capsys.readouterr().out
    main(["expert", "evaluate", "pusher", "--weights", weights, "--episodes", "2", "--json", "e.json"])
    found = json.loads(Path("e.json").read_text())
    assert (found["weights"], found["episodes"]) == (weights, 2)


def test_one_of_the_papers_figures_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    main(["figures", "figure_2_network", "--out", "drawn"])
    assert [path.name for path in Path("drawn").iterdir()] == ["figure_2_network.webp"]
    with Image.open("drawn/figure_2_network.webp") as picture:
        assert picture.width > 500 and len(np.unique(np.asarray(picture))) > 10
    assert "figure_2_network.webp" in capsys.readouterr().out


def test_breadth_is_told_and_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(variety, "split_size", lambda task, split: 2)
    main(["collect", "weak", "pusher", *SMOKE, "--workers", "1"])
    main(["breadth", "pusher", "--weak", "data/smoke/pusher/weak", "--folds", "2", "--steps", "2"])
    found = json.loads(Path("results/breadth/pusher.json").read_text())
    assert len(found["left_out"]["folds"]) == 2
    assert "results/breadth/pusher.json" in capsys.readouterr().out


def test_a_policy_is_evaluated_among_a_users_own_textures(capsys: pytest.CaptureFixture[str]) -> None:
    pack = Path("mine")
    (pack / "textures").mkdir(parents=True)
    (pack / "LICENSE.txt").write_text("CC0")
    Image.fromarray(np.full((20, 30, 3), (250, 0, 250), np.uint8)).save(pack / "textures" / "pink.png")
    main(["collect", "demos", "pusher", *SMOKE, "--workers", "1"])
    main(["train", "att-1", *SMOKE])
    run = ("evaluate", "runs/smoke/pusher/att-1-seed0", "--episodes", "1")
    for name, options in (("own", ("--assets", "mine")), ("wild", ("--level", "wild")), ("plain", ())):
        main([*run, *options, "--json", f"{name}.json"])
    own, wild, plain = (read_result(Path(f"{name}.json")) for name in ("own", "wild", "plain"))
    assert own["assets"] == "mine" and "assets" not in plain
    assert [each["level"] for each in (own, wild, plain)] == ["standard", "wild", "standard"]
    assert "validation" in capsys.readouterr().out

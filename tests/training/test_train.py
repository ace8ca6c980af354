"""`train`: the same loop on folders."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny import HEIGHT, WIDTH, Frames, Photographs

from gplac.config import DataConfig, Preset
from gplac.data.budget import chosen
from gplac.data.dataset import WeakImages
from gplac.data.manifest import Request
from gplac.errors import UserError
from gplac.training import loop
from gplac.training.collected import as_collected


@pytest.fixture
def sized(preset: Preset) -> Preset:
    return replace(preset, data=replace(preset.data, width=WIDTH, height=HEIGHT))


def request(folder: str, data: DataConfig) -> Request:
    """As `gplac collect` asks for the data of a preset."""
    if folder == "weak":
        places = tuple(range(data.weak_scenes))
        return Request("weak", "pusher", "weak", places, data.weak_per_scene, "standard", WIDTH, HEIGHT, 0)
    places = (0, 1) if folder == "two" else (0,)
    each = data.demonstrations_per_scene if folder == "two" else data.demonstrations
    noise = data.action_noise, data.noise_time_s
    return Request("demonstrations", "pusher", "weak", places, each, "standard", WIDTH, HEIGHT, 0, *noise)


@pytest.fixture(autouse=True)
def _folders(
    demonstrations: Frames, weak: Photographs, preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders called "one" and "two" hold demonstrations of so many scenes."""
    two = replace(demonstrations, scene=np.arange(40) % 2)
    frames = {"one": demonstrations, "two": two}
    monkeypatch.setattr(loop, "Demonstrations", SimpleNamespace(load=lambda folder, _: frames[folder.name]))
    monkeypatch.setattr(loop, "WeakImages", SimpleNamespace(load=lambda *_: weak))
    manifests = SimpleNamespace(
        read=lambda folder: SimpleNamespace(
            checksum=f"checksum of {folder.name}",
            robot_model=None,
            request=request(folder.name, preset.data),
        )
    )
    monkeypatch.setattr(loop, "Manifest", manifests)
    monkeypatch.setattr(loop, "require_memory", lambda *_: None)


def test_names_a_method_and_folders(sized: Preset, tmp_path: Path) -> None:
    loop.train("gplac", sized, Path("one"), Path("weak"), tmp_path / "gplac", "pusher", seed=1)
    loop.train("att-40", sized, Path("two"), None, tmp_path / "att-40", "pusher")
    assert (tmp_path / "gplac" / "weights.safetensors").exists()
    assert (tmp_path / "att-40" / "weights.safetensors").exists()


def test_a_run_knows_its_data(
    sized: Preset, tmp_path: Path, demonstrations: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.train("gplac", sized, Path("one"), Path("weak"), tmp_path, "pusher")
    data = json.loads((tmp_path / "run.json").read_text())["data"]
    assert data == {"demonstrations": "checksum of one", "weak": "checksum of weak"}
    monkeypatch.setattr(loop, "Demonstrations", SimpleNamespace(load=lambda *_: demonstrations))
    with pytest.raises(UserError, match="was trained with another data"):
        loop.train("gplac", sized, Path("other"), Path("weak"), tmp_path, "pusher", resume=True)


@pytest.mark.parametrize(
    ("folder", "change", "told"),
    [
        ("one", {"action_noise": 0.9}, {"action_noise": 0.9}),
        ("one", {"noise_time_s": 0.25}, {"noise_time_s": 0.25}),
        ("one", {"per_scene": 2}, {"demonstrations": 2}),
        ("two", {"per_scene": 7}, {"demonstrations_per_scene": 7}),
        ("weak", {"per_scene": 6}, {"weak_per_scene": 6}),
        ("weak", {"scenes": (0, 1, 2, 3, 4)}, {"weak_scenes": 5}),
        ("weak", {"level": "wild"}, {}),
        ("one", {"renderer": "filament"}, {}),
        ("weak", {"assets": "pack"}, {}),
        ("one", {}, None),
        ("weak", {"seed": 3}, None),
    ],
)
def test_data_that_are_not_the_presets_are_told_by_name_and_number(
    folder: str, change: dict[str, Any], told: dict[str, Any] | None, sized: Preset
) -> None:
    """Else a result of other demonstrations would pass for one of the preset."""
    asked = {
        "demonstrations": request("two" if folder == "two" else "one", sized.data),
        "weak": request("weak", sized.data),
    }
    kind = "weak" if folder == "weak" else "demonstrations"
    asked[kind] = replace(asked[kind], **change)
    found = as_collected(sized, asked)
    if told is None:
        assert found == sized
    else:
        name = f"{sized.name}-changed"
        assert found == replace(sized, name=name, data=replace(sized.data, **told))
        assert as_collected(found, asked).name == name


def test_a_run_of_other_data_is_called_changed(
    sized: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    louder = replace(sized, data=replace(sized.data, action_noise=0.9))
    loop.train("att-1", louder, Path("one"), None, tmp_path, "pusher")  # where 0.9 was not collected
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["preset"]["name"] == f"{sized.name}-changed"
    assert found["settings"]["data"]["action_noise"] == sized.data.action_noise


def test_budgets_say_which_weak_images_are_seen(
    sized: Preset, tmp_path: Path, weak: Photographs, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = WeakImages(weak.images, weak.labels, np.arange(30) // 6)
    monkeypatch.setattr(loop, "WeakImages", SimpleNamespace(load=lambda *_: places))

    def seen(run: Path, **budgets: int) -> dict[str, Any]:
        settings = replace(sized, training=replace(sized.training, **budgets))
        loop.train("gplac", settings, Path("one"), Path("weak"), run, "pusher", resume=run.exists())
        return json.loads((run / "run.json").read_text())

    whole = seen(tmp_path / "whole")
    assert whole["weak_images"] == 30 and "weak_scenes" not in whole
    assert not {"weak_budget", "scene_budget"} & set(whole["preset"]["training"])
    two = seen(tmp_path / "two", scene_budget=2)
    assert (two["weak_images"], two["weak_scenes"]) == (12, 2)
    both = seen(tmp_path / "both", scene_budget=2, weak_budget=4)
    assert (both["weak_images"], both["weak_scenes"]) == (4, 2)
    asked = []
    with monkeypatch.context() as patch:
        patch.setattr(loop, "chosen", lambda *a: asked.append(a[3]) or chosen(*a))
        few = replace(sized, training=replace(sized.training, weak_budget=4))
        loop.train("gplac", few, Path("one"), Path("weak"), tmp_path / "seed", "pusher", seed=2)
    assert asked == [2]  # each seed of a row of Table 3 sees images of its own
    with pytest.raises(UserError, match="another preset"):
        seen(tmp_path / "two", scene_budget=3)
    with pytest.raises(UserError, match="6 weak scenes cannot be had, there are 5"):
        seen(tmp_path / "many", scene_budget=6)
    assert not (tmp_path / "many").exists()


def test_refuses_what_does_not_fit(sized: Preset, preset: Preset, tmp_path: Path) -> None:
    for method, settings, folder, said in [
        ("gplaque", sized, "one", "no method is called 'gplaque': choose one of att-1"),
        ("att-1", preset, "one", "20x16 pixels, preset smoke wants 32x28 pixels"),
        ("att-1", sized, "two", "demonstrations of 1 scenes, two has 2"),
        ("att-40", sized, "one", "demonstrations of 2 scenes, one has 1"),
        ("gplac", sized, "one", "weakly labelled images"),
    ]:
        with pytest.raises(UserError, match=said):
            loop.train(method, settings, Path(folder), None, tmp_path, "pusher")
        assert not list(tmp_path.iterdir())

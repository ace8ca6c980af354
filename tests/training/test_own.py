"""What is held out of a user's data, and which settings suit them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cut import KilledError, killed_before, log
from hypothesis import given
from hypothesis import strategies as st
from own_data import demonstrations, photographs

from gplac import config
from gplac.config import Preset
from gplac.data.dataset import Demonstrations, WeakImages, rows
from gplac.errors import UserError
from gplac.training import own
from gplac.training.own import array_checksum, own_preset, train_own
from gplac.training.split import HELD_OUT, MOST_HELD_OUT, Part, held_out_photographs, split
from gplac.training.trainer import Trainer


def tiny(preset: Preset) -> Preset:
    return replace(preset, training=replace(preset.training, steps=6, labelled_batch=8, weak_batch=8))


@given(episodes=st.integers(2, 40), seed=st.integers(0, 9))
def test_whole_episodes_are_held_out_and_nothing_is_lost(episodes: int, seed: int) -> None:
    data = demonstrations(episodes, width=5, height=4)
    parts = split(data, None, seed)
    trained, tested = (set(part.demonstrations.episode) for part in (parts.trained, parts.held_out))
    assert not trained & tested and len(trained | tested) == episodes
    assert len(tested) == max(1, round(HELD_OUT * episodes)) and parts.facts["episodes"] == sorted(tested)
    both = np.concatenate([part.demonstrations.actions for part in (parts.trained, parts.held_out)])
    assert sorted(map(tuple, both)) == sorted(map(tuple, data.actions))
    assert parts.trained.weak is None


@given(
    labels=st.lists(st.booleans(), min_size=4, max_size=80),
    scenes=st.integers(1, 12),
    seed=st.integers(0, 9),
)
def test_photographs_of_both_kinds_are_on_both_sides(labels: list[bool], scenes: int, seed: int) -> None:
    kinds = np.array([True, True, False, False, *labels], dtype=np.uint8)
    scene = np.arange(len(kinds)) % scenes
    chosen, names = held_out_photographs(kinds, scene, seed)
    for part in (kinds[chosen], kinds[~chosen]):
        assert set(part) == {0, 1}
    if names:  # whole scenes, and not too many
        assert set(scene[chosen]) == set(names) and not set(scene[~chosen]) & set(names)
        assert HELD_OUT <= chosen.mean() <= MOST_HELD_OUT
    assert np.array_equal(chosen, held_out_photographs(kinds, scene, seed)[0])


def test_forty_scenes_give_four_and_few_scenes_a_tenth_of_each_label() -> None:
    many, few = photographs(40, 10, 5, 4), photographs(3, 20, 5, 4)
    chosen, names = held_out_photographs(many.labels, many.scene, 0)
    assert len(names) == 4 and chosen.sum() == 40
    chosen, names = held_out_photographs(few.labels, few.scene, 0)
    assert names == [] and sorted(few.labels[chosen]) == [0] * 3 + [1] * 3


def test_another_seed_holds_out_other_episodes_scenes_and_photographs() -> None:
    data, many, few = demonstrations(40, 5, 4), photographs(40, 10, 5, 4), photographs(3, 20, 5, 4)
    one, other = (split(data, many, seed).facts for seed in (0, 1))
    assert one["episodes"] != other["episodes"]
    assert one["photograph_scenes"] != other["photograph_scenes"]
    chosen, others = (held_out_photographs(few.labels, few.scene, seed)[0] for seed in (0, 1))
    for label in (0, 1):
        assert not np.array_equal(chosen[few.labels == label], others[few.labels == label])


def test_settings_follow_from_the_data() -> None:
    small = own_preset(Part(demonstrations(), photographs()))
    assert (small.name, small.data.width, small.data.height, small.data.weak_scenes) == ("own", 20, 16, 6)
    assert small.training.steps == config.demo().training.steps
    assert small.training.warmup_steps == small.training.steps // 10
    frames = demonstrations(2_000, 5, 4)  # 12,000 frames, 20 draws of each, 64 a step
    assert own_preset(Part(frames, None)).training.steps == 4_000
    lite = own_preset(Part(demonstrations(2, 64, 56), None))
    assert lite.network.temperature == config.lite().network.temperature
    large = own_preset(Part(demonstrations(2, 128, 112), None))
    # A peak has to stand out by temperature * log(cells) to hold half of the attention.
    assert large.network.temperature * np.log(64 * 56) == pytest.approx(0.25 * np.log(32 * 28), rel=0.01)
    assert own_preset(Part(demonstrations(), None), "smoke").training == config.smoke().training


def test_what_depends_on_the_steps_follows_them(tmp_path: Path) -> None:
    train_own(demonstrations(), photographs(), tmp_path, change=tiny)
    training = json.loads((tmp_path / "run.json").read_text())["preset"]["training"]
    assert training["warmup_steps"] == training["steps"] // 10
    assert training["average_decay"] <= max(0.0, 1 - 7 / training["steps"])


@pytest.mark.parametrize("own", [{"average_decay": 0.5}, {"checkpoint_every": 1}, {"warmup_steps": 1}])
def test_what_was_changed_by_itself_does_not_follow_the_steps(own: dict[str, Any], tmp_path: Path) -> None:
    def few(preset: config.Preset) -> config.Preset:
        return replace(preset, training=replace(preset.training, steps=20, **own))

    train_own(demonstrations(), photographs(), tmp_path, change=few)
    training = json.loads((tmp_path / "run.json").read_text())["preset"]["training"]
    follows = {"average_decay": 0.65, "checkpoint_every": 5, "warmup_steps": 2}
    assert {name: training[name] for name in follows} == follows | own


def test_it_trains_and_says_what_was_held_out(tmp_path: Path) -> None:
    said: list[str] = []
    parts = train_own(demonstrations(), photographs(), tmp_path, change=tiny, say=said.append)
    last = log(tmp_path)[-1]
    assert 0 <= last["held_out_accuracy"] <= 1 and last["held_out_action_error"] > 0
    assert "classification_loss" in last  # the warm-up is a tenth of the steps that were asked for
    assert len(parts.held_out.demonstrations.images) == 6 and said == []


def test_numbers_of_double_precision_are_trained_on_as_well(tmp_path: Path) -> None:
    single = demonstrations()
    double = replace(
        single, states=single.states.astype(np.float64), actions=single.actions.astype(np.float64)
    )
    for name, data in (("single", single), ("double", double)):
        train_own(data, photographs(), tmp_path / name, change=tiny)
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("single", "double")]
    assert weights[0] == weights[1]


def test_arrays_are_hashed_once_and_those_whose_checksum_is_known_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(own, "array_checksum", lambda data: hashed.append(type(data).__name__) or "of arrays")
    for known, rest in (({}, ["Demonstrations", "WeakImages"]), ({"weak": "known"}, ["Demonstrations"])):
        hashed.clear()
        run = tmp_path / str(len(known))
        train_own(demonstrations(), photographs(), run, base="smoke", change=tiny, checksums=known)
        assert hashed == rest
    data = json.loads((run / "run.json").read_text())["data"]
    assert (data["demonstrations"], data["weak"]) == ("of arrays", "known")


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (demonstrations, ["images", "states", "actions", "episode", "frame", "object_positions"]),
        (photographs, ["images", "labels", "scene", "object_positions"]),
    ],
)
def test_arrays_that_differ_in_anything_that_is_trained_on_have_other_checksums(
    make: Callable[[], Demonstrations | WeakImages], names: list[str]
) -> None:
    def told() -> Demonstrations | WeakImages:
        return replace(make(), object_positions=np.ones((60, 2)))

    known = array_checksum(told())
    assert array_checksum(told()) == known
    assert array_checksum(replace(told(), object_positions=None)) == array_checksum(make()) != known
    for name in names:
        changed = getattr(told(), name).copy()
        changed[-1] += 1
        assert array_checksum(replace(told(), **{name: changed})) != known, name


def test_without_photographs_it_says_that_it_trains_att_1(tmp_path: Path) -> None:
    said: list[str] = []
    train_own(demonstrations(), None, tmp_path, change=tiny, say=said.append)
    assert len(said) == 1 and "ATT-1" in said[0]


def test_large_pictures_are_announced(tmp_path: Path) -> None:
    said: list[str] = []
    train_own(demonstrations(2, 128, 8), photographs(2, 4, 128, 8), tmp_path, base="smoke", say=said.append)
    assert len(said) == 1 and "128x8" in said[0]


def test_the_same_seed_gives_the_same_weights_even_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, weak = demonstrations(), photographs()
    for run, seed in (("one", 1), ("other", 2)):
        train_own(data, weak, tmp_path / run, change=tiny, seed=seed)
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", killed_before(4))
        with pytest.raises(KilledError):
            train_own(data, weak, tmp_path / "cut", change=tiny, seed=1)
    train_own(data, weak, tmp_path / "cut", change=tiny, seed=1, resume=True)
    weights = {run: (tmp_path / run / "weights.safetensors").read_bytes() for run in ("one", "other", "cut")}
    assert weights["one"] == weights["cut"] != weights["other"]
    with pytest.raises(UserError, match="another .*data"):
        train_own(demonstrations(9), weak, tmp_path / "cut", change=tiny, seed=1, resume=True)


def test_data_that_cannot_be_trained_on_are_refused_in_one_sentence(tmp_path: Path) -> None:
    data, weak = demonstrations(), photographs()
    nan = data.actions.copy()
    nan[7, 1] = np.nan
    cases = [
        (demonstrations(1), weak, "1 episode, and at least two"),
        (replace(data, actions=nan), weak, "Number 2 of the action is nan in frame 1 of episode 1"),
        (replace(data, images=data.images / 255), weak, "images of the demonstrations are float64 of shape"),
        (
            replace(data, states=data.states[:-1]),
            weak,
            "states of the demonstrations are float32 of shape .* a row",
        ),
        (replace(data, frame=data.frame[:3]), weak, "frame of the demonstrations are int64 of shape"),
        (data, replace(weak, images=weak.images[..., :1]), "images of the photographs are uint8 of shape"),
        (data, replace(weak, labels=weak.labels[:5]), "labels of the photographs are uint8 of shape"),
        (data, photographs(width=24), "20x16 pixels, photographs 24x16"),
        (data, replace(weak, labels=np.ones_like(weak.labels)), "60 show the object and 0 do not"),
    ]
    for frames, pictures, part in cases:
        with pytest.raises(UserError, match=part):
            train_own(frames, pictures, tmp_path / "run")
        assert not (tmp_path / "run").exists()
    with pytest.raises(UserError, match="no method is called 'magic'"):
        train_own(data, weak, tmp_path / "run", method="magic")
    with pytest.raises(UserError, match="where in the picture the object stands"):
        train_own(data, weak, tmp_path / "run", method="att-po")


@pytest.mark.parametrize(("method", "count"), [("att-da", 1), ("att-ae", 2)])
def test_photographs_that_would_all_be_held_out_are_called_too_few(
    method: str, count: int, tmp_path: Path
) -> None:
    few = rows(photographs(), np.arange(count))
    with pytest.raises(UserError, match=f"There are {count} photographs, .* nothing is left to train on"):
        train_own(demonstrations(), few, tmp_path / "run", method=method)
    assert not (tmp_path / "run").exists()


def test_what_is_held_out_is_not_trained_on_and_is_what_is_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, checked = [], []
    monkeypatch.setattr(own, "fit", lambda *a, **_: given.append(a))
    monkeypatch.setattr(own, "held_out", lambda *a: checked.append(a))
    parts = train_own(demonstrations(), photographs(), tmp_path, change=tiny)
    ((_, _, frames, weak, _),) = given
    tested = parts.held_out
    assert len(frames.images) + len(tested.demonstrations.images) == len(demonstrations().images)
    assert not set(tested.demonstrations.episode) & set(frames.episode)
    assert not set(tested.weak.scene) & set(weak.scene)
    assert checked == [(tested.demonstrations, tested.weak)]

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import HEIGHT, WIDTH, Frames, Photographs

from gplac import runs
from gplac.config import Preset
from gplac.errors import UserError
from gplac.methods import METHODS
from gplac.runs import Run
from gplac.training.loop import fit
from gplac.training.policy import Policy, load_policy


@pytest.fixture
def run(demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path) -> Path:
    fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path / "run")
    return tmp_path / "run"


def test_it_is_the_network_that_fit_returned(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    network = fit(METHODS["gplac"](), preset, demonstrations, weak, tmp_path)
    policy = load_policy(tmp_path, half=False)
    images, states = demonstrations.images[:3], demonstrations.states[:3]
    with torch.no_grad():
        expected = network.act(torch.from_numpy(images), torch.from_numpy(states)).numpy()
    found = policy(images, states)
    assert found.dtype == np.float32 and found.shape == (3, 7)
    assert found == pytest.approx(expected, abs=1e-5)


def test_an_answer_does_not_depend_on_its_batch(demonstrations: Frames, run: Path) -> None:
    policy = load_policy(run, half=False)
    images, states = demonstrations.images, demonstrations.states
    alone = np.concatenate([policy(images[i : i + 1], states[i : i + 1]) for i in range(8)])
    assert alone == pytest.approx(policy(images, states)[:8], abs=1e-4)


def test_half_precision_moves_no_action_noticeably(demonstrations: Frames, run: Path) -> None:
    images, states = demonstrations.images, demonstrations.states
    exact, half = load_policy(run, half=False)(images, states), load_policy(run)(images, states)
    assert np.abs(half - exact).max() < 0.02 * exact.std()


def test_points_pixels_maps_and_probabilities_belong_together(weak: Photographs, run: Path) -> None:
    policy = load_policy(run)
    points, pixels, maps = policy.points(weak.images), policy.pixels(weak.images), policy.maps(weak.images)
    assert points.shape == pixels.shape == (30, 16, 2) and maps.shape == (30, 16, HEIGHT // 2, WIDTH // 2)
    assert np.abs(points).max() <= 0.5
    assert maps.sum(axis=(2, 3)) == pytest.approx(np.ones((30, 16)), abs=1e-4)
    columns = (maps.sum(axis=2) * np.arange(WIDTH // 2)).sum(axis=2) * 2
    rows = (maps.sum(axis=3) * np.arange(HEIGHT // 2)).sum(axis=2) * 2
    assert pixels == pytest.approx(np.stack((columns, rows), axis=2), abs=1e-3)
    probability = policy.classify(weak.images)
    assert probability.shape == (30,) and ((probability > 0) & (probability < 1)).all()


def test_points_stand_for_their_image(demonstrations: Frames, weak: Photographs, run: Path) -> None:
    policy = load_policy(run)
    acted = policy.act_from(policy.points(demonstrations.images), demonstrations.states)
    assert acted == pytest.approx(policy(demonstrations.images, demonstrations.states), abs=1e-4)
    assert policy.classify_from(policy.points(weak.images)) == pytest.approx(
        policy.classify(weak.images), abs=1e-4
    )


@pytest.mark.parametrize("fails", [False, True])
def test_an_evaluation_leaves_the_threads_of_the_next_training_alone(
    fails: bool, demonstrations: Frames, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, task="pusher")
    seen = []

    def measure(*_: object, **__: object) -> dict[str, str]:
        seen.append(torch.get_num_threads())
        if fails:
            raise UserError("no such scene")
        return {}

    monkeypatch.setattr(runs, "measure", measure)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(UserError) if fails else nullcontext():
            runs.evaluate_run(tmp_path, "validation")
        assert (seen, torch.get_num_threads()) == ([1], 3)
    finally:
        torch.set_num_threads(before)


def test_an_evaluation_tells_the_same_weights_on_another_device_from_these(
    demonstrations: Frames, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(METHODS["att-1"](), preset, demonstrations, None, tmp_path, task="pusher")
    seen = []
    monkeypatch.setattr(runs, "measure", lambda *_, policy_id, **__: seen.append(policy_id) or {})
    for device, half in (("cpu", True), ("cpu", False), ("meta", True)):
        policy = load_policy(tmp_path, torch.device("cpu"))
        policy.device, policy.half = torch.device(device), half
        monkeypatch.setattr(Run, "policy", lambda self, policy=policy: policy)
        runs.evaluate_run(tmp_path, "validation")
    weights = Run.open(tmp_path).weights_id()
    assert seen == [f"{weights}, {each}" for each in ("cpu, bfloat16", "cpu, float32", "meta, bfloat16")]


@pytest.mark.parametrize(
    ("images", "states", "said"),
    [
        (
            (2, HEIGHT + 1, WIDTH, 3),
            (2, 17),
            r"Images are uint8 of shape \(2, 17, 20, 3\), .* \(B, 16, 20, 3\), RGB",
        ),
        ((HEIGHT, WIDTH, 3), (2, 17), r"Images are .* this policy takes uint8 .* 20x16 pixels"),
        ((2, 3, HEIGHT, WIDTH), (2, 17), "Images are uint8"),
        ((2, HEIGHT, WIDTH, 3), (2, 16), r"States are float64 of shape \(2, 16\), .* \(B, 17\)"),
        ((2, HEIGHT, WIDTH, 3), (17,), r"States are float64 of shape \(17,\)"),
        ((2, HEIGHT, WIDTH, 3), (3, 17), "There are 2 images and 3 states"),
    ],
)
def test_what_a_policy_cannot_take_is_named(
    images: tuple[int, ...], states: tuple[int, ...], said: str, run: Path
) -> None:
    with pytest.raises(UserError, match=said):
        load_policy(run)(np.zeros(images, np.uint8), np.zeros(states))


def test_states_of_different_lengths_are_named(run: Path) -> None:
    with pytest.raises(UserError, match=r"States are rows of different lengths, .* shape \(B, 17\)"):
        load_policy(run)(np.zeros((2, HEIGHT, WIDTH, 3), np.uint8), [[1, 2, 3], [1]])  # type: ignore[arg-type]
    two = [np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.zeros((HEIGHT + 1, WIDTH, 3), np.uint8)]
    with pytest.raises(UserError, match=r"Images are of different sizes, and this policy takes 20x16 pixels"):
        load_policy(run)(two, np.zeros((2, 17), np.float32))  # type: ignore[arg-type]


def test_images_of_another_type_are_named_wherever_they_go(run: Path) -> None:
    policy, images = load_policy(run), np.zeros((1, HEIGHT, WIDTH, 3))
    assert policy.image_size == (WIDTH, HEIGHT)
    for call in (policy.points, policy.pixels, policy.maps, policy.classify):
        with pytest.raises(UserError, match=r"Images are float64 .* takes uint8"):
            call(images)


def test_every_method_loads(
    demonstrations: Frames, weak: Photographs, preset: Preset, tmp_path: Path
) -> None:
    for name in ("cnn-c", "att-1", "att-ft"):
        fit(METHODS[name](), replace(preset), demonstrations, weak, tmp_path / name)
    conv, att = load_policy(tmp_path / "cnn-c"), load_policy(tmp_path / "att-1")
    assert conv(demonstrations.images, demonstrations.states).shape == (40, 7)
    for call in (
        lambda: conv.points(weak.images),
        lambda: conv.maps(weak.images),
        lambda: att.classify(weak.images),
    ):
        with pytest.raises(TypeError):
            call()


def test_what_is_no_run_is_refused_in_one_sentence(run: Path, tmp_path: Path) -> None:
    def broken() -> Policy:
        return load_policy(run)

    with pytest.raises(UserError, match="holds no policy, for there is no run.json in it: name a folder"):
        load_policy(tmp_path)
    described = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(described | {"network": described["network"] | {"height": 99}}))
    broken()  # the attention network holds no number that depends on the height
    weights = (run / "weights.safetensors").read_bytes()
    (run / "weights.safetensors").write_bytes(b"")
    with pytest.raises(
        UserError, match="cannot be read.*weights.safetensors is damaged.*restore them, or train again"
    ):
        broken()
    (run / "weights.safetensors").write_bytes(weights)
    for text in (
        "{",
        "[1]",
        json.dumps(described | {"network": [1]}),
        json.dumps(described | {"network": None}),
    ):
        (run / "run.json").write_text(text)
        with pytest.raises(
            UserError, match="cannot be read.*weights.safetensors is damaged.*restore them, or train again"
        ):
            broken()


def test_weights_that_are_not_finite_are_no_policy(run: Path) -> None:
    weights = load_file(run / "weights.safetensors")
    weights["policy_head.layers.0.weight"][0, 0] = torch.nan
    save_file(weights, run / "weights.safetensors")
    with pytest.raises(
        UserError, match="cannot be read.*policy_head.layers.0.weight holds numbers that are not"
    ):
        load_policy(run)


@pytest.mark.parametrize("facts", ["[1]", "{}", '{"training": {"finished": true}}', "no json"])
def test_a_run_file_that_lacks_what_it_has_to_tell_is_named(facts: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(facts)
    with pytest.raises(UserError, match="run.json (cannot be read as a run|is no run file of gplac)"):
        Run.open(tmp_path)

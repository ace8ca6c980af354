"""The shipped experts do their task; training starts, stops and goes on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save

from gplac.errors import UserError
from gplac.evaluation.result import check
from gplac.experts.evaluate import evaluate_expert, measure_expert
from gplac.experts.expert import expert_path, load_expert
from gplac.experts.train import train_expert
from gplac.experts.trpo import ExpertConfig
from gplac.worlds.registry import task, task_names
from gplac.worlds.vector import VectorTask

TINY = ExpertConfig(steps=3200, simulations=16, hidden=(8,), critic_updates=1)


@pytest.mark.parametrize("name", [name for name in task_names() if expert_path(name).exists()])
def test_shipped_expert_does_its_task(name: str) -> None:
    score = evaluate_expert(task(name), load_expert(name), episodes=200, seed=3)
    assert score.success_rate >= 0.9
    # Torque changes by less than a quarter of its limit from step to step: smooth enough to imitate.
    assert score.mean_action_change < 0.25
    # Whoever imitates it from pictures will be a little wrong about where the object is.
    assert evaluate_expert(task(name), load_expert(name), 200, 3, seen_error_m=0.02).success_rate >= 0.75


def test_eyes_that_err_displace_the_object_and_nothing_else() -> None:
    vector = VectorTask(task("pusher"), 3)
    pusher = task("pusher")
    starts = [pusher.reset(np.random.default_rng(k)) for k in range(3)]
    vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
    error = np.array([[0.03, -0.02], [0.0, 0.0], [-0.01, 0.05]])
    true, seen = vector.full_state(), vector.full_state(error)
    np.testing.assert_array_equal(seen[:, :20], true[:, :20])  # the robot and its bar
    # Mug and coaster as seen from the fork, the coaster from the mug.
    np.testing.assert_allclose(
        seen[:, 23:29] - true[:, 23:29], np.hstack([error, 0 * error, -error]), atol=1e-6
    )
    np.testing.assert_array_equal(vector.full_state(), true)


def test_an_expert_with_bad_eyes_succeeds_less_often() -> None:
    good, bad = (
        evaluate_expert(task("pusher"), load_expert("pusher"), 100, seen_error_m=error)
        for error in (0.0, 0.2)
    )
    assert bad.successes < good.successes / 2


def test_what_is_measured_of_an_expert_is_a_document_that_is_written_as_well(tmp_path: Path) -> None:
    found = measure_expert("pusher", None, 20, seed=1, noise=0.1, copy=tmp_path / "expert.json")
    check(found, "expert", "the expert's")
    assert json.loads((tmp_path / "expert.json").read_text()) == found
    score = evaluate_expert(task("pusher"), load_expert("pusher"), 20, 1, action_noise=0.1)
    assert (found["successes"], found["episodes"], found["noise"]) == (score.successes, 20, 0.1)
    assert found["mean_final_distance_m"] == score.mean_distance_m and found["weights"] == "shipped"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"episodes": 0}, "for 0 episodes"),
        ({"action_noise": float("nan")}, "noise cannot be nan"),
        ({"seen_error_m": -0.01}, "error cannot be -0.01"),
    ],
)
def test_impossible_evaluations(changes: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=message):
        evaluate_expert(task("pusher"), load_expert("pusher"), **changes)  # type: ignore[arg-type]


def test_actions_do_not_depend_on_the_batch() -> None:
    expert = load_expert("pusher")
    states = np.random.default_rng(0).normal(size=(9, 33))
    np.testing.assert_array_equal(expert(states)[4], expert(states[4:5])[0])
    assert np.abs(expert(100 * states)).max() <= 2.0


def test_missing_and_damaged_experts_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gplac expert train"):
        load_expert("pusher", tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{garbage")
    with pytest.raises(UserError, match="cannot be read"):
        load_expert("pusher", tmp_path / "bad.safetensors")
    (tmp_path / "policy.safetensors").write_bytes(save({"weight0": np.zeros((2, 2))}, {}))
    with pytest.raises(
        UserError, match="holds no expert, but other numbers; name a file that `gplac expert train`"
    ):
        load_expert("pusher", tmp_path / "policy.safetensors")
    with pytest.raises(UserError, match="holds an expert for 'pusher', not for 'striker'"):
        load_expert("striker", expert_path("pusher"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": None}, "no whole expert for pusher"),
        ({"weight0": np.zeros((128, 5))}, "no whole expert for pusher"),
        ({"bias2": np.full(7, np.nan)}, "not finite"),
        ({"weight2": np.zeros((6, 128)), "bias2": np.zeros(6)}, "6 numbers where an action has 7"),
    ],
)
def test_an_expert_with_wrong_numbers_is_explained(
    change: dict[str, np.ndarray | None], message: str, tmp_path: Path
) -> None:
    with safe_open(expert_path("pusher"), framework="numpy") as file:
        metadata = file.metadata()
        arrays = {name: file.get_tensor(name) for name in file.keys()} | change  # noqa: SIM118 - not a dict
    kept = {name: array for name, array in arrays.items() if array is not None}
    (tmp_path / "bad.safetensors").write_bytes(save(kept, metadata))
    with pytest.raises(UserError, match=message):
        load_expert("pusher", tmp_path / "bad.safetensors")


def test_experts_of_other_numbers_have_other_fingerprints() -> None:
    pusher, again, striker = (load_expert(name) for name in ("pusher", "pusher", "striker"))
    assert pusher.fingerprint == again.fingerprint != striker.fingerprint


def test_an_expert_for_a_task_that_does_not_exist() -> None:
    with pytest.raises(UserError, match="no task called 'juggler'"):
        load_expert("juggler")


def test_training_writes_an_expert_that_loads_and_is_a_function_of_its_seed(tmp_path: Path) -> None:
    paths = [
        train_expert("pusher", tmp_path / f"{i}.safetensors", seed, TINY) for i, seed in enumerate((1, 1, 2))
    ]
    first, again, other = (load_expert("pusher", path) for path in paths)
    state = np.random.default_rng(1).normal(size=(3, 33))
    np.testing.assert_array_equal(first(state), again(state))
    assert not np.allclose(first(state), other(state))
    assert first.provenance["config"]["steps"] == 3200
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.safetensors", "1.safetensors", "2.safetensors"]


def test_training_leaves_the_threads_of_what_comes_next_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gplac.experts import train

    seen, build = [], train.build

    def watched(*asked: Any) -> Any:
        seen.append(torch.get_num_threads())
        return build(*asked)

    monkeypatch.setattr(train, "build", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        train_expert("pusher", tmp_path / "e.safetensors", 1, TINY)
        assert (seen, torch.get_num_threads()) == ([1], 3)
    finally:
        torch.set_num_threads(before)


def test_what_cannot_be_trained_or_written_is_said_before_training_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gplac.experts.train.build", lambda *_: pytest.fail("it trains"))
    (tmp_path / "file").touch()
    for name, out, message in [
        ("juggler", "experts/e.safetensors", "no task called 'juggler'"),
        ("mug_push", "experts/e.safetensors", "is scripted"),
        ("pusher", "file/e.safetensors", "Cannot write .*file/e.safetensors: "),
        ("pusher", ".", "Cannot write .*: Is a directory"),
    ]:
        with pytest.raises(UserError, match=message):
            train_expert(name, tmp_path / out, 1, TINY)
    with pytest.raises(UserError, match="Cannot write /proc/e.safetensors: .*; name another file"):
        train_expert("pusher", Path("/proc/e.safetensors"), 1, TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_damaged_checkpoint_is_explained(tmp_path: Path) -> None:
    (tmp_path / "e.checkpoint.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{garbage")
    with pytest.raises(UserError, match=r"e.checkpoint.safetensors is damaged .*; remove it"):
        train_expert("pusher", tmp_path / "e.safetensors", 1, TINY)


def test_stopped_training_goes_on_from_its_checkpoint_and_ends_as_if_it_had_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "expert.safetensors"
    monkeypatch.setattr("gplac.experts.train.SELECT_EVERY", 1)
    from gplac.experts import train

    config = replace(TINY, steps=6400)
    original, calls = train._Keeper._look, []

    def stop_at_third(self: train._Keeper) -> None:
        calls.append((self.num_timesteps, train.policy_arrays(self.model)))
        if len(calls) == 3:
            raise KeyboardInterrupt
        original(self)

    monkeypatch.setattr(train._Keeper, "_look", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        train_expert("pusher", out, 1, config)
    assert not out.exists()
    with pytest.raises(UserError, match="other settings"):
        train_expert("pusher", out, 2, config)
    train_expert("pusher", out, 1, config)
    assert [steps for steps, _ in calls] == [1600, 3200, 4800, 4800, 6400]
    assert out.exists()
    train_expert("pusher", tmp_path / "at once.safetensors", 1, config)
    for (_, stopped), (_, whole) in zip(calls[3:5], calls[7:], strict=True):
        for name, array in whole.items():
            np.testing.assert_array_equal(stopped[name], array)


def test_the_hand_touches_the_object_and_does_not_sink_into_it() -> None:
    pusher, expert = task("pusher"), load_expert("pusher")
    model = pusher.physics().compile()
    data = mujoco.MjData(model)
    mug, table = model.body("object").id, model.geom("table").id
    vector = VectorTask(pusher, 8)
    starts = [pusher.reset(np.random.default_rng(k)) for k in range(8)]
    vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
    depths = []
    for _ in range(pusher.episode_steps):
        vector.step(expert(vector.full_state()))
        for data.qpos in vector.qpos:
            mujoco.mj_forward(model, data)
            depths += [
                -contact.dist
                for contact in data.contact
                if mug in model.geom_bodyid[contact.geom] and table not in contact.geom
            ]
    assert (vector.distance() < 0.1).sum() >= 6  # it has pushed
    assert max(depths) < 0.005

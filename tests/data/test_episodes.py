"""Demonstrations are the expert's successes, and each depends on nothing but its own number."""

import numpy as np
import numpy.typing as npt
import pytest
from small_data import wave

from gplac.data.episodes import BLOCK, roll_out
from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.pusher import Pusher
from gplac.worlds.vector import VectorTask

pytestmark = pytest.mark.usefixtures("easy_pusher")


def test_an_episode_does_not_depend_on_how_many_are_asked_for() -> None:
    few, many = roll_out(Pusher(), wave, 2, 0.15, seed=3), roll_out(Pusher(), wave, BLOCK, 0.15, seed=3)
    for name in ("qpos", "states", "actions", "attempts"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:2])
    assert many.attempted > BLOCK  # so that there was more than one block
    assert few.fingerprint() != many.fingerprint()


def test_a_simulation_does_not_depend_on_its_neighbours() -> None:
    starts = [Pusher().reset(rng("neighbours", i)) for i in range(8)]
    together, alone = VectorTask(Pusher(), 8), VectorTask(Pusher(), 1)
    together.set_state(np.stack([qpos for qpos, _ in starts]), np.stack([qvel for _, qvel in starts]))
    alone.set_state(starts[5][0][None], starts[5][1][None])
    for _ in range(30):
        together.step(wave(together.full_state()))
        alone.step(wave(alone.full_state()))
    np.testing.assert_array_equal(together.qpos[5], alone.qpos[0])


def test_progress_is_told_by_what_came_since() -> None:
    told: list[int] = []
    roll_out(Pusher(), wave, BLOCK, 0.15, seed=3, progress=told.append)
    assert len(told) > 1 and sum(told) == BLOCK


def test_only_successes_are_kept_in_the_order_of_attempts() -> None:
    task = Pusher()
    episodes = roll_out(task, wave, 8, 0.0, seed=0)
    assert task.distance(episodes.qpos[:, -1]).max() <= task.success_m
    assert (np.diff(episodes.attempts) > 0).all()
    assert episodes.attempted > 8  # the waving expert fails half of the time
    for qpos, attempt in zip(episodes.qpos, episodes.attempts, strict=True):
        np.testing.assert_array_equal(
            qpos[0], task.reset(rng("demonstrations", "pusher", 0, int(attempt)))[0]
        )


def test_recorded_is_the_state_before_the_action_and_the_action_without_its_noise() -> None:
    seen: list[npt.NDArray[np.float32]] = []

    def watched(full_state: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        seen.append(full_state)
        return wave(full_state)

    noisy = roll_out(Pusher(), watched, 1, 0.3, seed=0)
    attempt = noisy.attempts[0]
    for step in (0, 1, 50):
        np.testing.assert_array_equal(noisy.actions[0, step], wave(seen[step])[attempt].astype(np.float32))
        np.testing.assert_array_equal(noisy.states[0, step], seen[step][attempt, :17])
    np.testing.assert_array_equal(noisy.states[..., :7], noisy.qpos[..., :7].astype(np.float32))
    exact = roll_out(Pusher(), wave, 1, 0.0, seed=0)
    np.testing.assert_array_equal(exact.qpos[0, 0], noisy.qpos[0, 0])
    assert np.abs(exact.qpos[0, -1, :7] - noisy.qpos[0, -1, :7]).max() > 0.01


def test_torques_are_within_the_limit() -> None:
    episodes = roll_out(Pusher(), lambda state: np.full((len(state), 7), 5.0), 1, 0.1, seed=0)
    assert (episodes.actions == Pusher.action_limit).all()


def test_an_unfit_expert_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="actions that are not finite"):
        roll_out(Pusher(), lambda state: np.full((len(state), 7), np.nan), 1, 0.1, seed=0)
    monkeypatch.setattr(Pusher, "success_m", 0.0)
    with pytest.raises(UserError, match="succeeded in only 0 of 64 attempts, where 3 episodes"):
        roll_out(Pusher(), wave, 3, 0.1, seed=0)

"""Episodes recorded from a Gymnasium environment are imported as they were acted."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest

from gplac.data.dataset import Demonstrations
from gplac.data.importers import recorder
from gplac.data.importers.demos import import_demonstrations
from gplac.data.importers.recorder import Recorder
from gplac.errors import UserError
from gplac.files import claimed


class _Counter(gymnasium.Env[Any, Any]):
    """Counts its steps, in its state and in the brightness of its picture; overwrites both in place, as some do."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 5}
    action_space = gymnasium.spaces.Box(-1, 1, (2,))
    observation_space = gymnasium.spaces.Box(0, 255, (3,))

    def __init__(self, render_mode: str | None = "rgb_array", as_dictionary: bool = False) -> None:
        self.render_mode, self.as_dictionary = render_mode, as_dictionary
        self.count, self.state = 0, np.zeros(3, np.float32)
        self.picture = np.zeros((8, 16, 3), np.uint8)

    def _observed(self) -> Any:
        self.state[:], self.picture[:] = self.count, 20 * self.count
        return {"arm": self.state, "eye": self.picture} if self.as_dictionary else self.state

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.count = 0
        return self._observed(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.count += 1
        return self._observed(), 0.0, False, self.count == 6, {"is_success": action[0] > 0.9}

    def render(self) -> npt.NDArray[np.uint8]:  # type: ignore[override]
        return self.picture


def _act(
    env: gymnasium.Env[Any, Any], seed: int, steps: int = 6, success: bool = False
) -> npt.NDArray[np.float32]:
    env.reset()
    actions = np.random.default_rng(seed).uniform(-0.5, 0.5, (steps, 2)).astype(np.float32)
    actions[2, 0] = 1.0 if success else 0.0
    for action in actions:
        env.step(action)
    return actions


@pytest.mark.parametrize("as_dictionary", [False, True])
def test_what_is_recorded_is_what_was_seen_and_done(as_dictionary: bool, tmp_path: Path) -> None:
    keys = {"image": "eye", "state": "arm"} if as_dictionary else {}
    env = Recorder(_Counter(as_dictionary=as_dictionary), tmp_path / "episodes", **keys)
    actions = [_act(env, 0), _act(env, 1)]
    _act(env, 2, steps=4)  # broken off
    env.reset()
    assert env.saved == 2
    again = Recorder(_Counter(as_dictionary=as_dictionary), tmp_path / "episodes", **keys)
    actions.append(_act(again, 3))
    manifest = import_demonstrations(tmp_path / "episodes", tmp_path / "demos")
    data = Demonstrations.load(tmp_path / "demos")
    assert manifest.counts["episodes"] == 3 and manifest.origin["control_hz"] == 5
    np.testing.assert_array_equal(data.actions, np.concatenate(actions))
    before = np.tile(np.arange(6), 3)
    np.testing.assert_array_equal(data.states, np.repeat(before[:, None], 3, axis=1))
    assert np.abs(data.images[:, 0, 0, 0].astype(int) - 20 * before).max() <= 2


def test_only_successes(tmp_path: Path) -> None:
    env = Recorder(_Counter(), tmp_path / "episodes", only_successes=True)
    _act(env, 0)
    won = _act(env, 1, success=True)
    (file,) = (tmp_path / "episodes").iterdir()
    with np.load(file, allow_pickle=False) as content:
        np.testing.assert_array_equal(content["actions"], won)
        assert content["success"]


def test_several_that_record_into_one_folder_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds the folder from when it chooses a number until the file is there, and leaves the others' halves."""
    (half := tmp_path / ".episode_000001.npz.1.tmp").touch()
    together, write = Barrier(2), recorder.write_atomically

    def held(path: Path, content: bytes) -> None:
        with (
            pytest.raises(UserError, match="Another process is recording into"),
            claimed(tmp_path, tmp_path, "recording into"),
        ):
            pass
        write(path, content)

    def record(first: int) -> list[npt.NDArray[np.float32]]:
        env = Recorder(_Counter(), tmp_path)
        together.wait()
        return [_act(env, first + number) for number in range(5)]

    monkeypatch.setattr(recorder, "write_atomically", held)
    with ThreadPoolExecutor(2) as pool:
        acted = [actions for each in pool.map(record, (0, 100)) for actions in each]
    files = sorted(tmp_path.glob("episode_*.npz"))
    kept = [np.load(file, allow_pickle=False)["actions"] for file in files]
    assert sorted(each.tobytes() for each in kept) == sorted(each.tobytes() for each in acted)
    assert len(files) == 10 and half.exists()


def test_environments_that_cannot_be_recorded(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='render_mode="rgb_array"'):
        Recorder(_Counter(render_mode=None), tmp_path)
    with pytest.raises(UserError, match="no key 'ear'"):
        Recorder(_Counter(as_dictionary=True), tmp_path, image="ear", state="arm").reset()
    with pytest.raises(UserError, match="is a dictionary of arm, eye; name the state's key"):
        Recorder(_Counter(as_dictionary=True), tmp_path, image="eye").reset()
    pale = _Counter()
    pale.picture = np.full((8, 16, 3), 0.5)  # would become black
    with pytest.raises(UserError, match="pictures are float64 where uint8"):
        Recorder(pale, tmp_path).reset()
    env = _Counter()
    env.metadata = {"render_modes": ["rgb_array"]}
    with pytest.raises(UserError, match="name them with hz="):
        Recorder(env, tmp_path)

"""The Gymnasium environments pass their users' own checkers."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import gplac.worlds  # noqa: F401 - registers the environments
from gplac.config import preset
from gplac.errors import UserError
from gplac.seeding import seed_of
from gplac.worlds import splits
from gplac.worlds.registry import ENV_IDS, task
from gplac.worlds.task import evaluation_state

SMALL = {"width": 40, "height": 35}


@pytest.mark.parametrize("env_id", ENV_IDS.values())
@pytest.mark.parametrize("observation", ["state", "image"])
def test_checkers_accept(env_id: str, observation: str) -> None:
    env = gymnasium.make(env_id, observation=observation, **SMALL)
    check_env(env.unwrapped, skip_render_check=True)
    sb3_check_env(env.unwrapped, warn=False)
    env.close()


@pytest.mark.parametrize(("name", "steps"), [("pusher", 100), ("striker", 100), ("mug_push", 1)])
def test_episode_has_its_length_and_says_at_the_end_whether_it_succeeded(name: str, steps: int) -> None:
    env = gymnasium.make(ENV_IDS[name], observation="state")
    env.reset(seed=1)
    for step in range(1, steps + 1):
        _, _, terminated, truncated, info = env.step(np.zeros(env.action_space.shape, np.float32))
        assert not terminated
        assert truncated == (step == steps)
        assert ("is_success" in info) == (step == steps)
    assert info["is_success"] is False and info["distance_m"] > 0.17


def test_same_seed_same_episode() -> None:
    env = gymnasium.make("gplac/Pusher-v0", render_mode="rgb_array", **SMALL)
    first, _ = env.reset(seed=5)
    again, _ = env.reset(seed=5)
    other, _ = env.reset(seed=6)
    np.testing.assert_array_equal(first["image"], again["image"])
    assert not np.array_equal(first["image"], other["image"])
    np.testing.assert_array_equal(env.render(), other["image"])
    env.close()


@pytest.mark.parametrize("name", ENV_IDS)
def test_an_action_that_is_not_finite_is_refused_and_moves_nothing(name: str) -> None:
    env, untouched = (gymnasium.make(ENV_IDS[name], observation="state").unwrapped for _ in range(2))
    for each in (env, untouched):
        each.reset(seed=1)
    still = np.zeros(env.action_space.shape, np.float32)
    for bad in (np.nan, np.inf):
        action = still.copy()
        action[-1] = bad
        with pytest.raises(ValueError, match="has to be finite"):
            env.step(action)
    for each, other in zip(env.step(still), untouched.step(still), strict=True):
        np.testing.assert_equal(each, other)


@pytest.mark.parametrize("name", ENV_IDS)
def test_an_action_of_another_shape_is_refused_and_a_list_is_one(name: str) -> None:
    env = gymnasium.make(ENV_IDS[name], observation="state").unwrapped
    env.reset(seed=1)
    size = env.action_space.shape[0]
    for bad in (np.ones(1, np.float32), np.float32(1.0), np.zeros(size + 1), np.zeros((1, size))):
        with pytest.raises(ValueError, match=rf"the shape \({size},\)"):
            env.step(bad)
    env.step([0.0] * size)


@pytest.mark.parametrize("name", ENV_IDS)
def test_pictures_are_the_papers_unless_asked_otherwise(name: str) -> None:
    sizes = preset("paper", name).data
    paper = (sizes.height, sizes.width, 3)
    env = gymnasium.make(ENV_IDS[name])
    assert env.observation_space["image"].shape == paper == env.reset(seed=0)[0]["image"].shape
    assert gymnasium.make(ENV_IDS[name], width=64).observation_space["image"].shape == (paper[0], 64, 3)
    env.close()


def test_bad_arguments_are_explained() -> None:
    with pytest.raises(UserError, match="sound"):
        gymnasium.make("gplac/Pusher-v0", observation="sound")
    with pytest.raises(UserError, match="20 scenes, 0 to 19; there is no scene 20"):
        gymnasium.make("gplac/Pusher-v0", split="validation", index=20)


@pytest.mark.parametrize("name", ENV_IDS)
def test_an_episode_of_the_evaluation_starts_where_that_does(name: str) -> None:
    env = gymnasium.make(ENV_IDS[name], observation="state", split="test", index=2)
    seen = [env.reset(options={"episode": k})[0] for k in (3, 3, 4, np.int64(3))]
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[3])
    assert not np.array_equal(seen[0], seen[2])
    qpos, _ = evaluation_state(task(name), "test", 2, 3)
    np.testing.assert_array_equal(env.unwrapped._vector.qpos[0], qpos)
    for options, told in (
        ({"episode": -1}, "-1 is no episode"),
        ({"episode": 1.0}, "1.0 is no episode"),
        ({"epsiode": 1}, "not 'epsiode'"),
    ):
        with pytest.raises(UserError, match=told):
            env.reset(options=options)


def test_a_scene_is_the_same_whichever_kind_of_integer_counts_it() -> None:
    """Also where NumPy's is asked for first."""
    splits._drawn.cache_clear()
    for index in (np.int64(2), np.uint8(2)):
        assert splits.scene("pusher", "test", index) == splits.scene("pusher", "test", 2)  # type: ignore[arg-type]
    splits._drawn.cache_clear()
    plain = splits.scene("pusher", "test", 2)
    splits._drawn.cache_clear()
    assert splits.scene("pusher", "test", np.int64(2)) == plain  # type: ignore[arg-type]
    for index in (1.5, 2.0, "2"):
        with pytest.raises(UserError, match=r"There is no scene .*whole numbers"):
            splits.scene("pusher", "test", index)  # type: ignore[arg-type]
        with pytest.raises(UserError, match="whole numbers"):
            gymnasium.make("gplac/Pusher-v0", split="test", index=index)


def test_draws_know_integers_and_strings_of_numpy_as_pythons_own() -> None:
    assert seed_of("a", 3) == seed_of(np.str_("a"), np.int32(3)) != seed_of("a", "3")
    assert seed_of("weak", "pusher", 0) == 5420782511997471233
    with pytest.raises(TypeError):
        seed_of(1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 is no side"), (-4, "-4 is no side"), ("32", "'32' is no side")]
)
def test_a_picture_without_a_size_is_refused_at_once(size: object, told: str) -> None:
    with pytest.raises(UserError, match=told):
        gymnasium.make("gplac/Pusher-v0", width=size)


def test_a_pickled_environment_is_made_anew() -> None:
    env = gymnasium.make("gplac/Striker-v0", split="test", index=1, render_mode="rgb_array", **SMALL)
    first, _ = env.reset(seed=5)
    for other in (pickle.loads(pickle.dumps(env.unwrapped)), copy.deepcopy(env.unwrapped)):
        again, _ = other.reset(seed=5)
        np.testing.assert_array_equal(first["image"], again["image"])
        other.close()
    env.close()

"""What every task owes to its users, and what pusher and striker owe to the published models."""

from typing import cast

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.registry import task, task_names
from gplac.worlds.task import Simulations, Task, TorqueTask, fingerprint
from gplac.worlds.vector import VectorTask


@pytest.fixture(params=task_names())
def any_task(request: pytest.FixtureRequest) -> Task:
    return task(request.param)


@pytest.fixture(params=["pusher", "striker"])
def torque_task(request: pytest.FixtureRequest) -> TorqueTask:
    return cast(TorqueTask, task(request.param))


def started(task: Task, n: int, seed: int = 0) -> Simulations:
    vector = task.simulations(n)
    starts = [task.reset(rng("test", seed, i)) for i in range(n)]
    vector.set_state(np.stack([q for q, _ in starts]), np.stack([v for _, v in starts]))
    return vector


def test_control_runs_at_its_rate_for_five_seconds(torque_task: TorqueTask) -> None:
    model = torque_task.physics().compile()
    assert model.opt.timestep * torque_task.substeps == pytest.approx(1 / torque_task.control_hz)
    assert torque_task.episode_steps / torque_task.control_hz == 5.0


def test_torque_limit_is_the_models(torque_task: TorqueTask) -> None:
    model, limit = torque_task.physics().compile(), torque_task.action_limit
    assert model.nu == torque_task.action_size
    np.testing.assert_allclose(model.actuator_ctrlrange, [[-limit, limit]] * model.nu)


def test_a_tasks_fingerprint_tells_its_code_besides_its_model(
    any_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def now(scenes: int = 2) -> str:
        return fingerprint(task(any_task.name), "test", scenes, 2)

    kind, known = type(any_task), now()
    assert now() == known != now(scenes=3)
    with monkeypatch.context() as patched:
        patched.setattr(kind, "distance", lambda self, qpos: np.zeros(qpos.shape[:-1]))
        assert now() != known
    with monkeypatch.context() as patched:
        patched.setattr(kind, "action_limit", 0.5 * any_task.action_limit)
        assert now() != known
    assert now() == known


def test_success_is_said_in_words(any_task: Task) -> None:
    assert "8 cm" in any_task.success_when.format(cm=100 * any_task.success_m)


def test_object_is_where_the_simulator_has_it(any_task: Task) -> None:
    model = any_task.physics().compile()
    data = mujoco.MjData(model)
    for i in range(5):
        data.qpos[:], data.qvel[:] = any_task.reset(rng("placed", i))
        mujoco.mj_forward(model, data)
        place = data.body(any_task.stage.object.body).xpos[:2]
        np.testing.assert_allclose(any_task.object_xy(data.qpos), place, atol=1e-9)
        goal = data.body("cup" if any_task.name == "striker" else "goal").xpos[:2]
        np.testing.assert_allclose(any_task.goal_xy(data.qpos), goal, atol=1e-9)
        moved = any_task.with_object(data.qpos, np.array([0.5, -0.2]))
        np.testing.assert_allclose(any_task.object_xy(moved), [0.5, -0.2])


def test_every_number_has_a_name_of_its_own_with_its_unit(any_task: Task) -> None:
    for names, size in (
        (any_task.state_names, any_task.state_size),
        (any_task.action_names, any_task.action_size),
    ):
        assert len(set(names)) == len(names) == size
        assert all(name.endswith(("(rad)", "(rad/s)", "(m)", "(N m)")) for name in names)


def test_the_named_joints_are_those_of_the_simulator(torque_task: TorqueTask) -> None:
    vector = started(torque_task, 1)
    qpos, qvel = vector.qpos, vector.qvel
    qpos[0, 3], qvel[0, 5] = 0.25, -0.5
    vector.set_state(qpos, qvel)
    named = dict(zip(torque_task.state_names, vector.robot_state()[0], strict=True))
    assert (named["joint 4 (rad)"], named["joint 6 (rad/s)"]) == (0.25, -0.5)
    fork = torque_task.physics().compile()
    data = mujoco.MjData(fork)
    data.qpos[:] = qpos[0]
    mujoco.mj_forward(fork, data)
    hand = [named[f"hand {axis} (m)"] for axis in "xyz"]
    np.testing.assert_allclose(hand, data.site("fork").xpos, atol=1e-6)


def test_robot_state_says_nothing_of_objects(any_task: Task) -> None:
    vector = started(any_task, 2)
    before = vector.robot_state()
    assert before.shape == (2, any_task.state_size)
    moved = any_task.with_object(vector.qpos, np.array([0.3, -0.3]))
    vector.set_state(moved, vector.qvel)
    np.testing.assert_array_equal(vector.robot_state(), before)


def test_full_state_tells_where_the_object_is(any_task: Task) -> None:
    vector = started(any_task, 1)
    before = vector.full_state()
    vector.set_state(any_task.with_object(vector.qpos, np.array([0.3, -0.3])), vector.qvel)
    assert not np.allclose(vector.full_state(), before)


def test_a_simulation_does_not_depend_on_the_others_nor_on_its_past(any_task: Task) -> None:
    steps, limit = min(20, any_task.episode_steps), any_task.action_limit
    actions = rng("actions").uniform(-limit, limit, (steps, any_task.action_size))
    alone, crowd = started(any_task, 1), started(any_task, 5)
    for _ in range(3):
        crowd.step(rng("other actions").uniform(-limit, limit, (5, any_task.action_size)))
    start = any_task.reset(rng("test", 0, 0))
    crowd.set_state(start[0][None], start[1][None], ids=[3])
    everyone = rng("more actions").uniform(-limit, limit, (steps, 5, any_task.action_size))
    everyone[:, 3] = actions
    for own, theirs in zip(actions, everyone, strict=True):
        alone.step(own[None])
        crowd.step(theirs)
    np.testing.assert_array_equal(alone.qpos[0], crowd.qpos[3])


def test_actions_are_clipped(any_task: Task) -> None:
    a, b = started(any_task, 1), started(any_task, 1)
    a.step(np.full((1, any_task.action_size), 1e3))
    b.step(np.full((1, any_task.action_size), any_task.action_limit))
    np.testing.assert_array_equal(a.qpos, b.qpos)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_pusher_starts_in_the_published_field(seed: int) -> None:
    pusher = task("pusher")
    qpos, qvel = pusher.reset(np.random.default_rng(seed))
    assert -0.3 <= qpos[7] <= 0 and -0.2 <= qpos[8] <= 0.2
    assert pusher.distance(qpos) > 0.17
    assert np.all(qpos[:7] == 0) and np.abs(qvel).max() <= 0.005


def test_pusher_moves_as_gymnasiums_does() -> None:
    """The batch stepping against a plain loop over the published model file."""
    from importlib.resources import files

    model = mujoco.MjModel.from_xml_path(str(files("gymnasium") / "envs/mujoco/assets/pusher_v5.xml"))
    data = mujoco.MjData(model)
    vector = started(task("pusher"), 1)
    data.qpos[:], data.qvel[:] = vector.qpos[0], vector.qvel[0]
    for action in rng("gym").uniform(-2, 2, (30, 7)):
        data.ctrl[:] = action
        mujoco.mj_step(model, data, nstep=5)
        vector.step(action[None])
    np.testing.assert_allclose(vector.qpos[0], data.qpos, atol=1e-6)


def test_pusher_succeeds_by_its_last_step_alone() -> None:
    pusher = task("pusher")
    distances = np.array([[0.01, 0.2], [0.081, 0.08]])
    np.testing.assert_array_equal(pusher.success(distances), [False, True])
    np.testing.assert_array_equal(pusher.success(distances, threshold_m=0.1), [True, True])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_striker_starts_in_the_published_field(seed: int) -> None:
    striker = task("striker")
    qpos, qvel = striker.reset(np.random.default_rng(seed))
    x, y = striker.object_xy(qpos)
    assert 0.15 <= x <= 0.7 and 0.1 <= y <= 1.0
    np.testing.assert_array_equal(striker.ball_xy(qpos), [0.5, -0.175])
    assert striker.distance(qpos) > 0.17
    assert np.all(qpos[:7] == 0) and np.abs(qvel).max() <= 0.1


def test_striker_succeeds_by_the_nearest_step() -> None:
    distances = np.array([[0.3, 0.2], [0.08, 0.081], [0.5, 0.2]])
    np.testing.assert_array_equal(task("striker").success(distances), [True, False])


def rolled(aside_m: float, speed: float, seed: int) -> tuple[np.ndarray, VectorTask]:
    """Distances ``(100,)`` of a ball that starts to roll past the cup's middle, and the simulation at the end."""
    striker = task("striker")
    vector = started(striker, 1, seed)
    way = (striker.goal_xy(vector.qpos) - striker.ball_xy(vector.qpos))[0]
    across = np.array([-way[1], way[0]]) / np.linalg.norm(way)
    aim = way + aside_m * across
    qvel = np.zeros((1, 12))
    qvel[0, 7:9] = speed * aim / np.linalg.norm(aim)
    vector.set_state(vector.qpos, qvel)
    distances = []
    for _ in range(100):
        vector.step(np.zeros((1, 7)))
        distances.append(vector.distance()[0])
    return np.array(distances), vector


@pytest.mark.parametrize("seed", range(5))
def test_a_ball_that_rolls_into_the_cup_stays_there_and_the_cup_where_it_is(seed: int) -> None:
    before = task("striker").goal_xy(started(task("striker"), 1, seed).qpos)
    distances, vector = rolled(0.0, 2.2, seed)
    assert distances.min() < 0.05
    assert distances[-1] <= 0.08
    np.testing.assert_allclose(task("striker").goal_xy(vector.qpos), before, atol=1e-3)


def test_a_ball_that_is_not_aimed_well_misses() -> None:
    assert rolled(0.2, 2.6, 0)[0].min() > 0.08
    assert rolled(0.0, 0.4, 0)[0].min() > 0.08


def test_a_ball_slows_down_as_the_published_one() -> None:
    from gplac.worlds.striker import ROLL_S

    _, vector = rolled(3.0, 0.5, 0)
    assert np.linalg.norm(vector.qpos[0, 7:9]) == pytest.approx(0.5 * ROLL_S, rel=0.01)
    # 0.157 kg and 0.1 kg of armature, 0.5 N s/m.
    assert abs(ROLL_S - 0.514) < 0.001


def test_only_the_end_effector_touches_the_ball() -> None:
    model = task("striker").physics().compile()
    ball = model.geom_bodyid == model.body("ball").id
    can = (model.geom_contype & model.geom_conaffinity[ball]) | (
        model.geom_contype[ball] & model.geom_conaffinity
    )
    touching = {model.body(model.geom_bodyid[i]).name for i in np.flatnonzero(can) if not ball[i]}
    assert touching == {"r_wrist_roll_link", "cup", "world"}


def test_hand_is_between_the_tips_of_the_fork() -> None:
    vector = started(task("pusher"), 1)
    # Stretched out along x: base 0 + 0.1 + upper arm 0.4 + forearm 0.321 + fork 0.1.
    np.testing.assert_allclose(vector.hand.fork[0], [0.921, -0.6, 0.0], atol=1e-9)


def test_unknown_task_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="juggle.*pusher"):
        task("juggle")

"""The robot experiment, emulated: the arm is Sawyer's, its inverse kinematics is right, and a push pushes."""

from functools import partial
from pathlib import Path

import mujoco
import numpy as np
import pytest
from policies import ZeroPolicy

from gplac.cli import main
from gplac.data.collect import collect_demonstrations
from gplac.errors import UserError
from gplac.evaluation.drawing import View
from gplac.evaluation.measure import evaluation_folder
from gplac.evaluation.rollout import evaluate
from gplac.evaluation.store import load_episodes
from gplac.experts.expert import load_expert
from gplac.seeding import rng
from gplac.trial import trials
from gplac.worlds import push, sawyer
from gplac.worlds.mug_push import (
    GOAL_XY,
    HOME,
    MIDDLE_XY,
    TIPPED_M,
    MugPush,
    PushSimulations,
    SimulatedRobot,
)
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.sawyer import Kinematics
from gplac.worlds.splits import scene
from gplac.worlds.task import evaluation_state

NEUTRAL = np.array([0.0, -1.18, 0.0, 2.18, 0.0, 0.57, 3.3161])
"""Rethink Robotics' neutral pose of the arm, in which the hand points straight down."""


@pytest.fixture(scope="module")
def model() -> mujoco.MjModel:
    return MugPush().physics().compile()


@pytest.fixture(scope="module")
def kinematics(model: mujoco.MjModel) -> Kinematics:
    return Kinematics(model)


def pushed(start: np.ndarray, mug: np.ndarray) -> tuple[PushSimulations, float]:
    """A simulation after a push from ``start`` with the mug at ``mug``, and where the mug is from the goal."""
    task = MugPush()
    simulations = task.simulations(1)
    qpos, qvel = task.reset(np.random.default_rng(0))
    simulations.set_state(task.with_object(qpos, mug)[None], qvel[None])
    simulations.step((start - MIDDLE_XY)[None])
    return simulations, float(simulations.distance()[0])


def chain(angles: np.ndarray) -> np.ndarray:
    """Place and turn of the hand in the base, (4, 4), by multiplying the published transforms one by one."""

    def turn(axis: int, angle: float) -> np.ndarray:
        a, b = [i for i in range(3) if i != axis]
        sign = -1.0 if axis == 1 else 1.0
        matrix = np.eye(4)
        matrix[a, a] = matrix[b, b] = np.cos(angle)
        matrix[a, b], matrix[b, a] = -sign * np.sin(angle), sign * np.sin(angle)
        return matrix

    def frame(pos: tuple[float, float, float], rpy: tuple[float, float, float]) -> np.ndarray:
        matrix = turn(2, rpy[2]) @ turn(1, rpy[1]) @ turn(0, rpy[0])
        matrix[:3, 3] = pos
        return matrix

    place = np.eye(4)
    for link, angle in zip(sawyer.LINKS, angles, strict=True):
        place = place @ frame(link.pos, link.rpy) @ turn(2, angle)
    return place @ frame(sawyer.HAND_POS, sawyer.HAND_RPY)


def test_the_arm_is_where_the_published_transforms_put_it(model: mujoco.MjModel) -> None:
    data = mujoco.MjData(model)
    base, hand = data.body("sawyer/right_arm_base_link"), data.body("sawyer/right_hand")
    for i in range(5):
        angles = rng("angles", i).uniform(-1.5, 1.5, 7)
        data.qpos[:7] = angles
        mujoco.mj_kinematics(model, data)
        expected = chain(angles)
        turn = base.xmat.reshape(3, 3)
        np.testing.assert_allclose(turn.T @ (hand.xpos - base.xpos), expected[:3, 3], atol=1e-6)
        np.testing.assert_allclose(turn.T @ hand.xmat.reshape(3, 3), expected[:3, :3], atol=1e-5)


def test_the_tool_is_upright_in_the_neutral_pose(kinematics: Kinematics) -> None:
    np.testing.assert_allclose(kinematics.tool(NEUTRAL)[1][:, 2], [0, 0, 1], atol=1e-3)


@pytest.mark.parametrize("x", [0.1, 0.45, 0.8])
@pytest.mark.parametrize("y", [-0.4, -0.1, 0.08])
@pytest.mark.parametrize("yaw", [-2.5, 0.0, 1.0])
def test_every_push_is_within_reach(kinematics: Kinematics, x: float, y: float, yaw: float) -> None:
    wanted = np.array([x, y, -0.3])
    place, turn = kinematics.tool(kinematics.reach(wanted, yaw, HOME, HOME))
    np.testing.assert_allclose(place, wanted, atol=3e-4)
    along = turn[:, 0] * np.sign(turn[:2, 0] @ [np.cos(yaw), np.sin(yaw)])
    np.testing.assert_allclose(along, [np.cos(yaw), np.sin(yaw), 0], atol=3e-3)


def test_what_is_out_of_reach_is_said(kinematics: Kinematics) -> None:
    with pytest.raises(UserError, match=r"cannot bring its tool to x 3\.00"):
        kinematics.reach(np.array([3.0, 0.0, 0.0]), 0.0, HOME, HOME)


def test_a_push_moves_smoothly_and_ends_short_of_the_goal(kinematics: Kinematics) -> None:
    path = push.plan(kinematics, HOME, HOME, np.array([0.2, -0.3]), GOAL_XY, -0.325)
    assert np.abs(np.diff(path, axis=0, prepend=HOME[None])).max() < 0.25  # rad in 1/20 s
    place, _ = kinematics.tool(path[-1])
    way = (GOAL_XY - [0.2, -0.3]) / np.linalg.norm(GOAL_XY - [0.2, -0.3])
    np.testing.assert_allclose(place[:2], GOAL_XY - push.STOP_M * way, atol=1e-3)


def test_a_push_from_behind_brings_the_mug_to_the_goal_and_one_from_beside_does_not() -> None:
    mug = np.array([0.35, -0.2])
    ahead = (GOAL_XY - mug) / np.linalg.norm(GOAL_XY - mug)
    aside = np.array([-ahead[1], ahead[0]])
    assert pushed(mug - 0.1 * ahead, mug)[1] < 0.02
    assert pushed(mug - 0.1 * ahead + 0.12 * aside, mug)[1] > 0.08


def test_a_film_of_a_push_is_the_push() -> None:
    task = MugPush()
    one, other = task.simulations(2), task.simulations(1)
    qpos, qvel = task.reset(rng("film"))
    one.set_state(np.stack([task.reset(rng("another"))[0], qpos]), np.stack([qvel, qvel]))
    other.set_state(qpos[None], qvel[None])
    action = np.array([-0.2, -0.1])
    film = one.film(1, action)
    other.step(action[None])
    np.testing.assert_array_equal(film[0], qpos)
    np.testing.assert_array_equal(film[-1], other.qpos[0])
    np.testing.assert_array_equal(one.qpos[0], task.reset(rng("another"))[0])
    assert np.abs(np.diff(film[:, :7], axis=0)).max() < 0.3  # rad in 1/20 s


def test_a_mug_that_lies_down_is_no_success() -> None:
    task = MugPush()
    qpos, _ = task.reset(np.random.default_rng(0))
    qpos = task.with_object(qpos, GOAL_XY)
    assert task.success(task.distance(qpos)[None])
    qpos[10:14] = [np.sqrt(0.5), np.sqrt(0.5), 0, 0]
    assert task.distance(qpos) >= 1.0 and not task.success(task.distance(qpos)[None])


def test_what_comes_down_on_a_mug_knocks_it_over_or_leaves_it_behind() -> None:
    mug = np.array([0.4, -0.15])
    assert pushed(mug + np.array([0.035, 0.0]), mug)[1] > 0.08


def looking(images: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Points that depend on every pixel and on the joints, and on nothing else; whole numbers add up exactly."""
    light = images.astype(np.int64).sum(axis=(1, 2)) % 1000 / 1000 - 0.5
    return ([-0.15, -0.08] + 0.3 * light[:, :2] + 0.1 * (states[:, :2] - HOME[:2])).astype(np.float32)


def test_trials_with_a_robot_are_what_evaluation_does() -> None:
    """Robots that look and push one after the other end exactly where evaluation's simulations do, side by side."""
    task, scenes, episodes = MugPush(), 3, 8
    found = evaluate(looking, View("mug_push", 32, 24), "validation", scenes, episodes, workers=1)
    points, ends = [], []
    for index in range(scenes):
        with SceneRenderer(task, scene("mug_push", "validation", index), 32, 24) as renderer:
            for episode in range(episodes):
                simulations = task.simulations(1)
                qpos, qvel = evaluation_state(task, "validation", index, episode)
                simulations.set_state(qpos[None], qvel[None])
                robot = SimulatedRobot(simulations, 0, partial(renderer.frame, qpos))
                points.append(trials([robot], looking)[0])
                ends.append(simulations.qpos[0])
    assert len(np.unique(points, axis=0)) == scenes * episodes
    final = np.reshape(ends, (scenes, episodes, -1))
    np.testing.assert_array_equal(final, found.qpos[:, :, -1])
    np.testing.assert_array_equal(task.distance(final), found.distances[:, :, -1])
    moved = np.linalg.norm(final[..., 7:9] - found.qpos[:, :, 0, 7:9], axis=-1)
    # Some pushes meet the mug, and some of those tip it over.
    assert (moved > 0.01).sum() >= 3 and (found.distances > TIPPED_M).sum() >= 1


def test_no_robot_moves_from_a_point_that_is_none() -> None:
    simulations = MugPush().simulations(2)
    robots = [SimulatedRobot(simulations, i, lambda: np.zeros((4, 5, 3), np.uint8)) for i in range(2)]
    before = simulations.qpos
    for answer in (np.zeros((2, 7)), np.array([[0.0, 0.1], [np.nan, 0.1]])):
        with pytest.raises(UserError, match="2 finite numbers"):
            trials(robots, lambda images, states, answer=answer: answer.astype(np.float32))
    np.testing.assert_array_equal(simulations.qpos, before)


def test_a_model_of_ones_own_stands_in_and_a_wrong_one_is_explained(tmp_path: Path) -> None:
    own = sawyer._built()
    own.compile()
    (tmp_path / "sawyer.xml").write_text(own.to_xml())
    theirs = MugPush(tmp_path / "sawyer.xml").physics().compile()
    ours = MugPush().physics().compile()
    places = [Kinematics(model).tool(NEUTRAL)[0] for model in (ours, theirs)]
    np.testing.assert_allclose(places[0], places[1], atol=1e-4)
    (tmp_path / "other.xml").write_text("<mujoco><worldbody><body name='a'/></worldbody></mujoco>")
    with pytest.raises(UserError, match="has no right_j0"):
        MugPush(tmp_path / "other.xml").physics()
    with pytest.raises(UserError, match="cannot be read"):
        MugPush(tmp_path / "none.xml").physics()


def test_weak_scenes_share_mugs_and_backgrounds_as_the_papers_do() -> None:
    scenes = [scene("mug_push", "weak", i) for i in range(50)]
    assert len({look.object for look in scenes}) == 17
    assert len({look.table for look in scenes}) == 4
    assert len({look.room for look in scenes}) == 4
    assert len({look.distractors for look in scenes}) == 50
    tests = [scene("mug_push", "test", i) for i in range(11)]
    assert len({look.object for look in tests}) == 11 == len({look.table for look in tests})


def test_the_emulation_says_that_it_is_one() -> None:
    assert "emulated" in MugPush.title


@pytest.fixture
def own_sawyer(tmp_path: Path) -> Path:
    """A user's model: ours as MJCF, with a green arm."""
    own = sawyer._built()
    for geom in own.geoms:
        geom.rgba = [0.1, 0.9, 0.2, 1.0]
    own.compile()
    path = tmp_path / "green.xml"
    path.write_text(own.to_xml())
    return path


def test_a_robot_of_ones_own_is_seen_collected_and_evaluated(own_sawyer: Path, tmp_path: Path) -> None:
    theirs = task_named("mug_push", own_sawyer)
    look, qpos = scene("mug_push", "test", 0), theirs.reset(rng("own"))[0]
    qpos[:7] = NEUTRAL
    with SceneRenderer(theirs, look, 64, 48) as one, SceneRenderer(MugPush(), look, 64, 48) as other:
        green = one.frame(qpos).astype(int) - other.frame(qpos)
    assert (green[..., 1] > 60).sum() > 20
    collected = collect_demonstrations(
        tmp_path / "demos", "mug_push", load_expert("mug_push"), [("labelled", 0)], 2, 32, 24,
        workers=1, robot_model=own_sawyer,
    )  # fmt: skip
    # Nothing that comes after a push could recover from noise.
    assert collected.manifest.request.action_noise == 0.0
    assert collected.manifest.request.robot_model == str(own_sawyer.resolve())
    assert "robot" in collected.manifest.fingerprints
    with pytest.raises(UserError, match="robot_model"):
        collect_demonstrations(
            tmp_path / "demos", "mug_push", load_expert("mug_push"), [("labelled", 0)], 2, 32, 24,
            workers=1,
        )  # fmt: skip
    view, cache = View("mug_push", 32, 24, robot_model=own_sawyer), tmp_path / "cache"
    found = evaluate(ZeroPolicy(2), view, "validation", 1, 2, workers=1, cache=cache)
    seen, kept = load_episodes(cache, 1, 2)
    assert seen == view
    np.testing.assert_array_equal(kept.qpos, found.qpos)
    assert evaluation_folder(tmp_path, view, "test").name == "test-robot-green"
    own_sawyer.write_text(own_sawyer.read_text() + "\n")  # films of these episodes would show another robot
    with pytest.raises(UserError, match="is not the robot of the evaluation"):
        load_episodes(cache, 1, 2)


@pytest.mark.parametrize("verb", [["scenes", "mug_push"], ["collect", "weak", "mug_push"]])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("not XML", "cannot be read"),
        ("<mujoco><worldbody><body name='a'/></worldbody></mujoco>", "has no right_j0"),
    ],
)
def test_a_bad_robot_is_one_sentence(
    tmp_path: Path, verb: list[str], content: str | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.xml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit) as stop:
        main([*verb, "--robot-model", str(path), "--out", str(tmp_path / "out.png")])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line and "bad.xml" in line


def like_menagerie() -> mujoco.MjSpec:
    """Ours as MuJoCo Menagerie has Sawyer: no hand, collision shells in group 3, options and servos of its own."""
    own = sawyer._built()
    own.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICIT
    own.option.timestep, own.memory = 0.01, 1 << 20
    own.delete(own.body("right_hand"))
    for geom in own.geoms:
        geom.group = 2
    for body in own.bodies[1:]:
        body.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.2, 0, 0], group=3, rgba=[0, 1, 0, 1], mass=0)
    own.bodies[3].add_geom(
        name="paddle", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.01, 0, 0], group=3, mass=0
    )
    servo = own.add_actuator(name="a0", target="right_j0", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    own.add_sensor(
        name="torque",
        type=mujoco.mjtSensor.mjSENS_ACTUATORFRC,
        objtype=mujoco.mjtObj.mjOBJ_ACTUATOR,
        objname=servo.name,
    )
    own.add_key(name="home", qpos=NEUTRAL, ctrl=[0.1])
    return own


def test_a_sawyer_as_menagerie_has_it_stands_in_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """No hand, shells, options, an actuator with a sensor, a keyframe, and a name that one of our parts has as well."""
    monkeypatch.chdir(tmp_path)
    own = like_menagerie()
    own.compile()
    (tmp_path / "menagerie.xml").write_text(own.to_xml())
    theirs, ours = task_named("mug_push", tmp_path / "menagerie.xml"), MugPush()
    model = theirs.physics().compile()
    assert model.opt.integrator == mujoco.mjtIntegrator.mjINT_IMPLICITFAST and model.opt.timestep == 0.002
    assert model.nu == 7 and model.nsensor == model.nkey == 0
    for one, other in zip(
        Kinematics(model).tool(NEUTRAL), Kinematics(ours.physics().compile()).tool(NEUTRAL), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)
    look, qpos = scene("mug_push", "test", 0), ours.reset(rng("own"))[0]
    qpos[:7] = NEUTRAL
    with SceneRenderer(theirs, look, 64, 48) as one, SceneRenderer(ours, look, 64, 48) as other:
        differs = np.abs(one.frame(qpos).astype(int) - other.frame(qpos)).max(axis=-1) >= 8
    assert 0 < differs.mean() < 0.02  # our hand, which theirs lacks; no shells
    assert not recwarn.list and [path.name for path in tmp_path.iterdir()] == ["menagerie.xml"]


def test_a_sawyer_of_shells_alone_is_drawn(tmp_path: Path) -> None:
    own = sawyer._built()
    for geom in own.geoms:
        geom.group, geom.rgba = 3, [0.1, 0.9, 0.2, 1.0]
    own.compile()
    (tmp_path / "shells.xml").write_text(own.to_xml())
    qpos = MugPush().reset(rng("own"))[0]
    qpos[:7] = NEUTRAL
    with SceneRenderer(MugPush(tmp_path / "shells.xml"), scene("mug_push", "test", 0), 64, 48) as renderer:
        frame = renderer.frame(qpos).astype(int)
    assert (frame[..., 1] - frame[..., 0] > 60).sum() > 20


def test_joints_that_cannot_be_sawyers_are_named(tmp_path: Path) -> None:
    for change, said in (("type", "right_j3"), ("limited", "right_j5")):
        own = sawyer._built()
        if change == "type":
            own.joint("right_j3").type = mujoco.mjtJoint.mjJNT_SLIDE
        else:
            own.joint("right_j5").limited = mujoco.mjtLimited.mjLIMITED_FALSE
        own.compile()
        (tmp_path / "own.xml").write_text(own.to_xml())
        with pytest.raises(UserError, match=f"{said} .* no hinge with limits"):
            task_named("mug_push", tmp_path / "own.xml")
    with pytest.raises(UserError, match="is a folder"):
        task_named("mug_push", tmp_path)


def test_only_the_mug_push_takes_a_robot(own_sawyer: Path) -> None:
    with pytest.raises(UserError, match="only mug_push"):
        task_named("pusher", own_sawyer)

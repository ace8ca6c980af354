import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from looking import LookingPolicy
from PIL import Image
from policies import RandomPolicy, ZeroPolicy

from gplac.errors import UserError
from gplac.evaluation.drawing import DrawingPool, View
from gplac.evaluation.measure import evaluation_folder
from gplac.evaluation.policies import Float32, Images
from gplac.evaluation.rollout import evaluate
from gplac.evaluation.store import Episodes, load_episodes
from gplac.seeding import rng
from gplac.worlds.looks.breadth import breadth
from gplac.worlds.pusher import Pusher
from gplac.worlds.registry import task

VIEW = View("pusher", 32, 28)

KILLED = """
from pathlib import Path
from looking import LookingPolicy
from gplac.evaluation.drawing import View
from gplac.evaluation.rollout import evaluate
if __name__ == "__main__":
    evaluate(LookingPolicy(), View("pusher", 32, 28), "validation", 3, 2, workers=1, cache=Path("cache"))
"""


@pytest.fixture(scope="module")
def undisturbed() -> Episodes:
    return evaluate(LookingPolicy(), VIEW, "validation", 3, 2, workers=2)


def same(a: Episodes, b: Episodes) -> bool:
    return np.array_equal(a.qpos, b.qpos) and np.array_equal(a.distances, b.distances)


def test_episodes_start_where_every_other_policy_starts(undisturbed: Episodes) -> None:
    pusher = task("pusher")
    for scene in range(3):
        for episode in range(2):
            start = pusher.reset(rng("evaluation", "pusher", "validation", scene, episode))[0]
            assert np.array_equal(undisturbed.qpos[scene, episode, 0], start)
    assert undisturbed.qpos.shape == (3, 2, 101, 11)
    assert np.allclose(undisturbed.distances, pusher.distance(undisturbed.qpos[:, :, 1:]))


def test_the_policy_sees_each_scene(undisturbed: Episodes) -> None:
    """The same initial state under another look goes another way, for a policy that looks."""
    assert not np.array_equal(undisturbed.qpos[0, 0, -1, :7], undisturbed.qpos[1, 0, -1, :7])


def test_number_of_workers_does_not_matter(undisturbed: Episodes) -> None:
    assert same(evaluate(LookingPolicy(), VIEW, "validation", 3, 2, workers=1), undisturbed)


def test_killed_evaluation_resumes_to_the_same_numbers(undisturbed: Episodes, tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED)
    source = Path(__file__).parents[2] / "src"
    paths = os.pathsep.join([str(source), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, "killed.py"], cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}
    )
    cache = tmp_path / "cache"
    deadline = time.monotonic() + 60
    while not list(cache.glob("scene-*.npz")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in cache.glob("scene-*.npz")}
    assert 0 < len(before) < 3
    told = []
    resumed = evaluate(
        LookingPolicy(),
        VIEW,
        "validation",
        3,
        2,
        workers=1,
        cache=cache,
        progress=lambda *done: told.append(done),
    )
    assert same(resumed, undisturbed)
    assert {name: (cache / name).stat().st_mtime_ns for name in before} == before, (
        "what was done was done again"
    )
    assert told[-1] == (6, 6)
    view, kept = load_episodes(cache, 3, 2)
    assert view == VIEW
    assert same(kept, undisturbed)


def test_what_evaluations_of_other_sizes_left_is_not_taken_for_more_episodes(tmp_path: Path) -> None:
    for scenes, episodes in ((3, 2), (2, 4), (2, 3)):
        found = evaluate(RandomPolicy(), VIEW, "test", scenes, episodes, blank=True, cache=tmp_path)
        assert same(load_episodes(tmp_path, scenes, episodes)[1], found)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_run_again(content: bytes, tmp_path: Path) -> None:
    whole = evaluate(RandomPolicy(), VIEW, "test", 1, 2, blank=True, cache=tmp_path)
    (path,) = tmp_path.glob("scene-*.npz")
    path.write_bytes(content)
    with pytest.raises(UserError, match="no whole evaluation"):
        load_episodes(tmp_path, 1, 2)
    assert same(evaluate(RandomPolicy(), VIEW, "test", 1, 2, blank=True, cache=tmp_path), whole)
    assert same(load_episodes(tmp_path, 1, 2)[1], whole)


@pytest.mark.parametrize(
    "damage",
    [
        lambda distances, qpos: (np.where(distances == distances[0, 5], np.nan, distances), qpos),
        lambda distances, qpos: (distances.astype(np.float32), qpos),
        lambda distances, qpos: (distances, qpos.astype(str)),
        lambda distances, qpos: (distances[:, :-1], qpos[:, :-1]),
        lambda distances, qpos: (distances, qpos[:, :, :-1]),
    ],
    ids=["not finite", "other numbers", "no numbers", "too few steps", "too few positions"],
)
def test_a_file_of_what_no_episodes_are_is_run_again(
    damage: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]], tmp_path: Path
) -> None:
    whole = evaluate(RandomPolicy(), VIEW, "test", 1, 2, blank=True, cache=tmp_path)
    (path,) = tmp_path.glob("scene-*.npz")
    distances, qpos = damage(whole.distances[0], whole.qpos[0])
    np.savez(path, distances=distances, qpos=qpos)
    with pytest.raises(
        UserError, match=f"no whole evaluation .{path.name} holds other numbers than 2 episodes"
    ):
        load_episodes(tmp_path, 1, 2)
    assert same(evaluate(RandomPolicy(), VIEW, "test", 1, 2, blank=True, cache=tmp_path), whole)


def test_an_evaluation_that_fails_at_once_leaves_the_episodes_of_the_one_before(tmp_path: Path) -> None:
    def broken(images: Images, states: Float32) -> Float32:
        return np.full((len(images), 7), np.nan, np.float32)

    kept = evaluate(RandomPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path, policy_id="random")
    with pytest.raises(UserError, match="not finite"):
        evaluate(broken, VIEW, "test", 1, 1, blank=True, cache=tmp_path, policy_id="broken")
    assert same(load_episodes(tmp_path, 1, 1)[1], kept)


@pytest.mark.parametrize("blank", [True, False])
def test_a_blanked_picture_is_grey_all_over(blank: bool) -> None:
    seen: list[Images] = []

    class Noting:
        def __call__(self, images: Images, states: Float32) -> Float32:
            seen.append(images.copy())
            return np.zeros((len(images), 7), np.float32)

    evaluate(Noting(), VIEW, "test", 1, 1, blank=blank, workers=1)
    assert len(seen) == task("pusher").episode_steps
    assert {images.shape[1:] for images in seen} == {(VIEW.height, VIEW.width, 3)}
    assert all((images == 127).all() for images in seen) == blank


def test_a_file_with_any_byte_altered_is_run_again_or_was_not_harmed(tmp_path: Path) -> None:
    evaluate(RandomPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path)
    (path,) = tmp_path.glob("scene-*.npz")
    whole, generator = path.read_bytes(), np.random.default_rng(0)
    told = []
    for _ in range(300):
        altered = bytearray(whole)
        altered[generator.integers(len(altered))] ^= 1 << generator.integers(8)
        path.write_bytes(altered)
        try:
            load_episodes(tmp_path, 1, 1)
        except UserError as error:
            told.append(str(error))
    assert len(told) > 100 and all("no whole evaluation" in sentence for sentence in told)


def test_another_policy_does_not_inherit_the_cache(tmp_path: Path) -> None:
    still = evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path, policy_id="zero")
    moved = evaluate(RandomPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path, policy_id="random")
    assert not same(still, moved)
    assert same(moved, evaluate(RandomPolicy(), VIEW, "test", 1, 1, blank=True))


def test_scenes_that_look_otherwise_since_do_not_inherit_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path)
    (kept,) = tmp_path.glob("scene-*.npz")
    before = kept.stat().st_mtime_ns
    evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path)
    assert kept.stat().st_mtime_ns == before  # read, not run again
    darker = replace(breadth("standard"), mug_colours=(("dark", 1.0),))
    monkeypatch.setattr("gplac.worlds.splits.breadth", lambda level: darker)
    again = evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path)
    assert kept.stat().st_mtime_ns > before
    assert same(first, again)  # blind, and started from the same states


def test_a_pack_whose_pictures_changed_does_not_inherit_the_cache(tmp_path: Path) -> None:
    picture, kept = tmp_path / "pack/textures/one.png", tmp_path / "kept"
    picture.parent.mkdir(parents=True)
    (tmp_path / "pack/LICENSE").write_text("ours")
    view = replace(VIEW, assets=tmp_path / "pack")

    def written(colour: str) -> int:
        Image.new("RGB", (8, 8), colour).save(picture)
        evaluate(ZeroPolicy(), view, "test", 1, 1, blank=True, cache=kept)
        (chunk,) = kept.glob("scene-*.npz")
        return chunk.stat().st_mtime_ns

    first = written("red")
    assert written("red") == first < written("blue")


@pytest.mark.parametrize("changed", ["friction", "substeps", "starts"])
def test_a_task_that_moves_or_starts_otherwise_since_does_not_inherit_the_cache(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path)
    (kept,) = tmp_path.glob("scene-*.npz")
    before = kept.stat().st_mtime_ns
    pusher = task("pusher")
    spec, start = pusher.physics(), pusher.reset(rng("start"))
    if changed == "friction":
        spec.geoms[-1].friction = [0.9, 0.1, 0.1]
        monkeypatch.setattr(Pusher, "physics", lambda self: spec)
    elif changed == "substeps":
        spec.option.timestep *= 2.5
        monkeypatch.setattr(Pusher, "physics", lambda self: spec)
        monkeypatch.setattr(Pusher, "substeps", 2)
    else:
        monkeypatch.setattr(Pusher, "reset", lambda self, rng: start)
    again = evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True, cache=tmp_path)
    assert kept.stat().st_mtime_ns > before
    assert same(again, evaluate(ZeroPolicy(), VIEW, "test", 1, 1, blank=True))


def test_a_blind_policy_does_the_same_in_every_picture() -> None:
    seen = evaluate(RandomPolicy(), VIEW, "labelled", 1, 2, workers=1)
    assert same(seen, evaluate(RandomPolicy(), VIEW, "labelled", 1, 2, blank=True))


@pytest.mark.parametrize(("episodes", "size"), [(3, 3), (12, 10)])
def test_all_batches_of_an_evaluation_have_one_size_and_few_episodes_a_small_one(
    episodes: int, size: int
) -> None:
    """So that no number depends on what is in flight, and no picture is computed with in vain."""
    sizes = []

    def policy(images: Images, states: Float32) -> Float32:
        sizes.append((len(images), len(states)))
        return ZeroPolicy()(images, states)

    evaluate(policy, VIEW, "validation", 1, episodes, blank=True)
    assert set(sizes) == {(size, size)}


def test_episodes_do_not_depend_on_how_many_there_are() -> None:
    few = evaluate(LookingPolicy(), VIEW, "test", 1, 3, blank=True)
    many = evaluate(LookingPolicy(), VIEW, "test", 2, 12, blank=True)
    assert np.array_equal(few.qpos[0], many.qpos[0, :3])


def test_scenes_that_there_are_not_leave_no_folder(tmp_path: Path) -> None:
    for changes, said in (({"vary": "fog"}, "fog"), ({"assets": tmp_path / "nope"}, "nope")):
        with pytest.raises(UserError, match=said):
            evaluate(
                ZeroPolicy(), replace(VIEW, **changes), "test", 1, 1, blank=True, cache=tmp_path / "kept"
            )
    assert not list(tmp_path.iterdir())


def test_a_pack_of_ones_own_is_called_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kitchen").mkdir()
    monkeypatch.chdir(tmp_path / "kitchen")
    view = View("pusher", 64, 56, assets=Path())
    assert evaluation_folder(Path("run"), view, "test") == Path("run/evaluation/test-assets-kitchen")


def test_bad_requests_are_explained() -> None:
    with pytest.raises(UserError, match="no split called 'tests'"):
        evaluate(ZeroPolicy(), VIEW, "tests", 1, 1)
    with pytest.raises(UserError, match="has 20 scenes, not 21"):
        evaluate(ZeroPolicy(), VIEW, "validation", 21, 1)
    with pytest.raises(UserError, match="one episode"):
        evaluate(ZeroPolicy(), VIEW, "validation", 1, 0)
    with pytest.raises(UserError, match="-2 processes"):
        evaluate(ZeroPolicy(), VIEW, "validation", 1, 1, workers=-2)
    with pytest.raises(UserError, match="no task called"):
        evaluate(ZeroPolicy(), View("juggler", 32, 28), "validation", 1, 1)


def test_a_dead_worker_ends_the_evaluation_in_a_sentence() -> None:
    with DrawingPool(VIEW, 1) as pool:
        (child,) = multiprocessing.active_children()

        def draw() -> None:
            pool.ask(pool.workers[0], "test", 0, np.zeros((1, 11)))
            pool.ready(pool.workers)

        child.kill()
        with pytest.raises(UserError, match="died"):
            draw()
    assert not multiprocessing.active_children()


def test_a_scene_that_cannot_be_drawn_is_explained() -> None:
    with DrawingPool(VIEW, 1) as pool:
        pool.ask(pool.workers[0], "labelled", 7, np.zeros((1, 11)))
        with pytest.raises(UserError, match="no scene 7"):
            pool.ready(pool.workers)


def test_torques_that_are_no_numbers_stop_the_evaluation() -> None:
    def broken(images: np.ndarray, states: np.ndarray) -> np.ndarray:
        return np.full((len(images), 7), np.nan, np.float32)

    with pytest.raises(UserError, match="not finite"):
        evaluate(broken, VIEW, "test", 1, 1, blank=True)

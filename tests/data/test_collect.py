"""Collected data are what was asked for, whoever draws them and whatever comes between."""

import fcntl
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_data import HEIGHT, WIDTH, collect, content, wave

from gplac.data import collection, schema
from gplac.data.check import check
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.manifest import Manifest
from gplac.data.shards import read_shard, to_numpy
from gplac.errors import UserError
from gplac.seeding import rng
from gplac.worlds.looks.breadth import LEVELS
from gplac.worlds.pusher import Pusher
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene

pytestmark = pytest.mark.usefixtures("easy_pusher")
KINDS = pytest.mark.parametrize("kind", ["demonstrations", "weak"])


def test_demonstrations_pair_each_picture_with_the_action_that_follows(tmp_path: Path) -> None:
    collected = collect(
        "demonstrations", tmp_path / "d", episodes_per_scene=2, scenes=[("weak", 7), ("weak", 3)]
    )
    assert check(tmp_path / "d") == []
    assert collected.drawn == 400
    counts = dict(collected.manifest.counts)
    assert counts.pop("attempts") > 4
    assert counts == {"rows": 400, "scenes": 2, "episodes": 4}
    noise = collected.manifest.request.action_noise, collected.manifest.request.noise_time_s
    assert noise == (0.4, 0.5)  # N m and seconds, unless told otherwise
    data = Demonstrations.load(tmp_path / "d")
    np.testing.assert_array_equal(data.scene, np.repeat([7, 3], 200))
    np.testing.assert_array_equal(data.episode, np.repeat(np.arange(4), 100))
    np.testing.assert_array_equal(data.states[:, :7], data.qpos[:, :7].astype(np.float32))
    with SceneRenderer(Pusher(), scene("pusher", "weak", 3), WIDTH, HEIGHT) as renderer:
        for row in (200, 250, 399):
            error = np.abs(data.images[row].astype(int) - renderer.frame(data.qpos[row]))
            np.testing.assert_array_equal(data.object_positions[row], renderer.seen_at(data.qpos[row]))
            assert error.mean() < 5.0
            assert (
                error.mean()
                < np.abs(data.images[row].astype(int) - renderer.frame(data.qpos[row - 200])).mean()
            )
    table = read_shard(tmp_path / "d" / collected.manifest.shards[1].name)
    np.testing.assert_array_equal(to_numpy(table, schema.INDEX), np.arange(200, 400))
    np.testing.assert_allclose(
        to_numpy(table, schema.TIMESTAMP)[:101], [*np.arange(100) / 20, 0.0], rtol=1e-6
    )


def test_weak_images_are_half_with_and_half_without(tmp_path: Path) -> None:
    collected = collect(
        "weak", tmp_path / "w", per_scene=4, scenes=[("validation", 0), ("validation", 1)], seed=5
    )
    assert check(tmp_path / "w") == []
    assert collected.manifest.counts == {"rows": 8, "scenes": 2, "present": 4, "absent": 4}
    data = WeakImages.load(tmp_path / "w")
    np.testing.assert_array_equal(data.labels, [1, 0] * 4)
    with SceneRenderer(Pusher(), scene("pusher", "validation", 1), WIDTH, HEIGHT) as renderer:
        for number in (2, 3):
            keys = "weak", "pusher", 5, "validation", 1, number
            expected, qpos = renderer.weak_with_qpos(rng(*keys), present=number == 2)
            assert np.abs(data.images[4 + number].astype(int) - expected).mean() < 5.0
            np.testing.assert_array_equal(data.object_positions[4 + number], renderer.seen_at(qpos))


def test_the_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gplac.data.collect.WEAK_PER_SHARD", 4)
    one = collect("weak", tmp_path / "1", workers=1, per_scene=8, scenes=[("weak", 0), ("weak", 1)])
    two = collect("weak", tmp_path / "2", workers=2, per_scene=8, scenes=[("weak", 0), ("weak", 1)])
    assert content(tmp_path / "1") == content(tmp_path / "2")
    assert len(content(tmp_path / "1")) == 4
    assert replace(one.manifest, provenance={}) == replace(two.manifest, provenance={})


@KINDS
def test_asking_again_draws_only_what_is_missing(kind: str, copied: Callable[[str], Path]) -> None:
    folder = copied(kind)
    manifest, before = Manifest.read(folder), content(folder)
    assert collect(kind, folder).drawn == 0
    (folder / manifest.shards[0].name).unlink()
    damaged = folder / manifest.shards[1].name
    damaged.write_bytes(damaged.read_bytes()[:-9])
    (folder / f".{damaged.name}.1.tmp").write_bytes(b"half")
    assert collect(kind, folder).drawn == manifest.shards[0].rows + manifest.shards[1].rows
    assert content(folder) == before
    assert check(folder) == []


def test_a_folder_belongs_to_one_request(collected: dict[str, Path]) -> None:
    folder = collected["weak"]
    for changes, difference in [
        ({"per_scene": 26}, "per_scene 26 instead of 24"),
        ({"seed": 1}, "seed 1 instead of 0"),
        ({"width": 64}, "width 64 instead of 32"),
        ({"level": "wild"}, "level wild instead of standard"),
    ]:
        with pytest.raises(UserError, match=f"holds another collection: asked for is {difference}"):
            collect("weak", folder, **changes)
    with pytest.raises(UserError, match="kind demonstrations instead of weak"):
        collect("demonstrations", folder)
    assert check(folder) == []


def test_other_peoples_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "home.txt").write_text("Dear")
    with pytest.raises(UserError, match=r"holds other things \(home.txt, ...\)"):
        collect("weak", tmp_path / "letters")
    for impossible in (tmp_path / "letters" / "home.txt", tmp_path / "letters" / "home.txt" / "w"):
        with pytest.raises(UserError, match="Cannot make the folder"):
            collect("weak", impossible)


def test_two_collections_do_not_mix(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(UserError, match="Another process is collecting"):
        collect("weak", tmp_path)
    os.close(handle)
    collect("weak", tmp_path, per_scene=2)


def test_what_was_started_with_other_software_is_not_gone_on_with(
    copied: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied("demonstrations")
    manifest = Manifest.read(folder)
    monkeypatch.setattr(collection, "_versions", lambda: {**manifest.versions, "numpy": "9.9"})
    collect("demonstrations", folder)  # complete: nothing would be mixed
    (folder / manifest.shards[0].name).unlink()
    with pytest.raises(UserError, match=r"other software \(numpy 9.9 instead of"):
        collect("demonstrations", folder)
    monkeypatch.setattr(collection, "_versions", lambda: manifest.versions)
    for what in ("scenes", "episodes", "renderer"):
        odd = replace(manifest, fingerprints={**manifest.fingerprints, what: "another"})
        odd.write(folder)
        with pytest.raises(UserError, match=f"started with other {what}"):
            collect("demonstrations", folder)


class _Named:
    """The waving expert, with a fingerprint."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint

    def __call__(self, full_state: np.ndarray) -> np.ndarray:
        return wave(full_state)


def test_another_experts_demonstrations_do_not_pass_for_this_ones(tmp_path: Path) -> None:
    once = {"scenes": [("labelled", 0)], "width": 8, "height": 7}
    collect("demonstrations", tmp_path / "d", expert=_Named("one"), **once)
    assert collect("demonstrations", tmp_path / "d", expert=_Named("one"), **once).drawn == 0
    with pytest.raises(UserError, match=r"started with other expert \(one, now two\)"):
        collect("demonstrations", tmp_path / "d", expert=_Named("two"), **once)


def test_a_pack_whose_files_have_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    pack, folder = tmp_path / "pack", tmp_path / "w"
    (pack / "textures").mkdir(parents=True)
    (pack / "LICENSE").write_text("CC0")
    Image.new("RGB", (8, 8), (200, 30, 30)).save(pack / "textures" / "cloth.png")
    collect("weak", folder, per_scene=2, assets=pack)
    assert collect("weak", folder, per_scene=2, assets=pack).drawn == 0
    Image.new("RGB", (8, 8), (30, 30, 200)).save(pack / "textures" / "cloth.png")
    with pytest.raises(UserError, match="started with other assets"):
        collect("weak", folder, per_scene=2, assets=pack)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"per_scene": 3}, "make it even"),
        ({"per_scene": 0}, "per_scene cannot be 0"),
        ({"width": -1}, "width cannot be -1"),
        ({"scenes": []}, "at least one scene"),
        ({"scenes": [("weak", 0), ("test", 0)]}, "of one split, not of test, weak"),
        ({"scenes": [("weak", 1), ("weak", 1)]}, "each of its scenes once"),
        ({"scenes": [("weak", index) for index in range(41)]}, "40 scenes, 0 to 39; there is no scene 40"),
        ({"scenes": [("strong", 0)]}, "no split called 'strong'"),
        ({"task": "juggler"}, "no task called 'juggler'"),
        ({"workers": -2}, "-2 workers"),
    ],
)
def test_impossible_requests(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        collect("weak", tmp_path / "w", **changes)
    assert not (tmp_path / "w" / "manifest.json").exists()


def test_interrupting_says_how_to_go_on(
    tmp_path: Path, collected: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def twice(job: collection.Job) -> tuple[int, str]:
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(job)
        return draw(job)

    draw = collection.draw
    monkeypatch.setattr(collection, "draw", twice)
    with pytest.raises(KeyboardInterrupt, match="2 of 4 shards are new; the same command goes on"):
        collect("weak", tmp_path / "part")
    assert not Manifest.read(tmp_path / "part").complete
    monkeypatch.setattr(collection, "draw", draw)
    assert collect("weak", tmp_path / "part").drawn == 48
    whole = Manifest.read(collected["weak"])
    assert replace(Manifest.read(tmp_path / "part"), provenance={}) == replace(whole, provenance={})


def test_nothing_is_printed_where_there_is_no_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    collect("demonstrations", tmp_path / "d", scenes=[("labelled", 0)])
    assert capfd.readouterr() == ("", "")


@KINDS
def test_a_data_set_of_other_looks_does_not_pass_for_todays(
    kind: str, copied: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(kind)
    assert collect(kind, folder).drawn == 0
    darker = replace(LEVELS["standard"], lightness=(0.1, 0.2))
    monkeypatch.setitem(LEVELS, "standard", darker)
    with pytest.raises(UserError, match="started with other scenes"):
        collect(kind, folder)

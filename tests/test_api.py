"""The Python interface: a policy in one call."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from own_data import demonstrations, photographs, write_demonstrations, write_weak
from synthetic_run import synthetic_run

import gplac
from gplac.errors import UserError

Arrays = tuple[np.ndarray, ...]


@pytest.fixture
def arrays() -> tuple[Arrays, Arrays]:
    data, weak = demonstrations(), photographs()
    return (data.images, data.states, data.actions, data.episode), (weak.images, weak.labels, weak.scene)


def test_from_arrays_to_a_policy(arrays: tuple[Arrays, Arrays], tmp_path: Path) -> None:
    demos, weak = arrays
    policy = gplac.train(demos, weak, out=tmp_path / "run", steps=6, preset="smoke")
    actions = policy(demos[0][:5], demos[1][:5])
    assert actions.shape == (5, 2) and actions.dtype == np.float32 and np.isfinite(actions).all()
    assert policy.run == tmp_path / "run"
    for strange in (np.nan, np.inf, 1e39):
        states = demos[1][:5].astype(np.float64)
        states[3, 1] = strange
        with pytest.raises(UserError, match="Number 2 of state 4 is"):
            policy(demos[0][:5], states)
    assert np.array_equal(gplac.load(tmp_path / "run")(demos[0][:5], demos[1][:5]), actions)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["method"] == "gplac" and run["training"]["steps"] == 6
    before = json.loads((tmp_path / "run" / "trust.json").read_text())
    counts = before["data"]
    assert counts["episodes"]["trained"] > counts["episodes"]["held_out"] >= 1
    assert counts["frames"]["trained"] > counts["frames"]["held_out"] >= 1
    with pytest.raises(UserError, match="trained on arrays"):
        gplac.trust(tmp_path / "run")
    page = gplac.trust(tmp_path / "run", demos, weak)
    assert page == tmp_path / "run" / "trust.html"
    assert json.loads(page.with_suffix(".json").read_text())["action_error"] == before["action_error"]
    with pytest.raises(UserError, match="not those"):
        gplac.trust(tmp_path / "run", demos, (weak[0], 1 - weak[1], weak[2]))


@pytest.mark.parametrize("method", ["att-da", "att-ae"])
def test_methods_that_read_no_labels_bear_photographs_of_one_kind(
    arrays: tuple[Arrays, Arrays], tmp_path: Path, method: str
) -> None:
    demonstrations, (images, labels, scene) = arrays
    same = images, np.ones_like(labels), scene
    policy = gplac.train(demonstrations, same, out=tmp_path, method=method, steps=2, preset="smoke")
    assert policy.run == tmp_path and "no photographs" not in (tmp_path / "trust.json").read_text()
    with pytest.raises(UserError, match="needs both kinds"):
        gplac.train(demonstrations, same, out=tmp_path / "ft", method="att-ft", steps=2, preset="smoke")


def test_data_sets_arrays_and_folders_are_the_same_data(tmp_path: Path) -> None:
    """Folders hold JPEG: what was decoded from them is handed over as arrays."""
    folders = (
        write_demonstrations(tmp_path / "demos", demonstrations()),
        write_weak(tmp_path / "weak", photographs()),
    )
    from gplac.data.dataset import Demonstrations, WeakImages

    loaded = Demonstrations.load(folders[0]), WeakImages.load(folders[1])
    kinds = {"folders": folders, "data": loaded, "arrays": (_demos(loaded[0]), _weak(loaded[1]))}
    weights = {}
    for name, (demos, weak) in kinds.items():
        gplac.train(demos, weak, out=str(tmp_path / name), steps=6, preset="smoke")
        weights[name] = (tmp_path / name / "weights.safetensors").read_bytes()
    assert weights["folders"] == weights["data"] == weights["arrays"]


def test_each_kind_of_data_is_known_again_however_it_was_handed_over(
    arrays: tuple[Arrays, Arrays], tmp_path: Path
) -> None:
    """ATT-1 uses no photographs: that they were arrays says nothing of the demonstrations in a folder."""
    _, weak = arrays
    folder = write_demonstrations(tmp_path / "demos", demonstrations())
    for method in ("att-1", "gplac"):
        gplac.train(folder, weak, out=tmp_path / method, method=method, steps=2, preset="smoke")
        assert gplac.trust(tmp_path / method, weak=weak) == tmp_path / method / "trust.html"
    assert gplac.trust(tmp_path / "att-1") == tmp_path / "att-1" / "trust.html"
    with pytest.raises(UserError, match="The weak data are not those"):
        gplac.trust(tmp_path / "gplac", folder, (weak[0], 1 - weak[1], weak[2]))


def _demos(data: object) -> Arrays:
    return tuple(getattr(data, name) for name in ("images", "states", "actions", "episode"))


def _weak(data: object) -> Arrays:
    return tuple(getattr(data, name) for name in ("images", "labels", "scene"))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda demos, weak: (demos[:3], weak), r"a tuple \(images, states, actions, episode\)"),
        (lambda demos, weak: ((demos[0], demos[1][:-1], *demos[2:]), weak), "as many rows are expected"),
        (lambda demos, weak: ((demos[0] / 255, *demos[1:]), weak), "float64"),
        (lambda demos, weak: (demos, (weak[0], weak[1] + 3)), "1 where the object"),
        (lambda demos, weak: ((*demos[:3], demos[3] + 0.5), weak), r"episode .* is 0.5 in row 0"),
        (lambda demos, weak: ((*demos[:3], demos[3] * np.nan), weak), "episode .* is nan in row 0"),
        (lambda demos, weak: (demos, (*weak[:2], weak[2] + 0.5)), "scene of the photographs is 0.5"),
        (lambda demos, weak: (demos, (weak[0][..., 0], weak[1])), "4 axes"),
        (lambda demos, weak: (demos, weak[0]), "a tuple"),
        (lambda demos, weak: (demos, weak[:1]), r"a tuple \(images, labels\)"),
        (lambda demos, weak: (demos, 3), r"a tuple \(images, labels\)"),
        (
            lambda demos, weak: ((None, *demos[1:]), weak),
            "images of the demonstrations are object, not numbers",
        ),
        (lambda demos, weak: ((demos[0], demos[1].astype(str), *demos[2:]), weak), "states .* not numbers"),
        (lambda demos, weak: ("nowhere", weak), "nowhere"),
        (
            lambda demos, weak: ((demos[0], [[1.0], [2.0, 3.0]], *demos[2:]), weak),
            "no arrays .*inhomogeneous",
        ),
        (lambda demos, weak: ((*demos[:3], demos[3] % 5), weak), "Row 30 .* goes back to episode 0"),
        (lambda demos, weak: ((demos[0][:, :7], *demos[1:]), None), "20x7 pixels are too small"),
        (lambda demos, weak: ((demos[0][:, :0], *demos[1:]), None), "20x0 pixels are too small"),
        (lambda demos, weak: ((*demos[:2], demos[2][:, :0], demos[3]), weak), "actions have no numbers"),
        (
            lambda demos, weak: ((demos[0], demos[1].astype(float) * 1e39, *demos[2:]), weak),
            "Number 1 of the state is -?inf",
        ),
    ],
)
def test_what_is_no_data_is_refused_in_one_sentence(
    change: object, part: str, arrays: tuple[Arrays, Arrays], tmp_path: Path
) -> None:
    demos, weak = change(*arrays)  # type: ignore[operator]
    with pytest.raises(UserError, match=part):
        gplac.train(demos, weak, out=tmp_path / "run", steps=6)


@pytest.mark.filterwarnings("error")
def test_whole_numbers_are_any_librarys_and_others_are_refused_before_training(
    arrays: tuple[Arrays, Arrays], tmp_path: Path
) -> None:
    gplac.train(arrays[0], out=tmp_path / "numpy", steps=np.int64(2), seed=np.uint8(3), preset="smoke")
    assert json.loads((tmp_path / "numpy/trust.json").read_text())["seed"] == 3
    for wrong, part in (({"seed": 1.5}, "seed is 1.5"), ({"steps": "3"}, "steps is '3'")):
        with pytest.raises(UserError, match=part):
            gplac.train(*arrays, out=tmp_path / "run", preset="smoke", **wrong)
    assert not (tmp_path / "run").exists()


def test_simulated_runs_have_no_such_page(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path / "run", "gplac", 0.5, 32, 28, scenes=1, count=1)
    with pytest.raises(UserError, match="gplac inspect"):
        gplac.trust(run)


def test_importing_gplac_is_quick_and_says_what_it_has() -> None:
    code = (
        "import sys, gplac; assert 'torch' not in sys.modules;"
        "assert {'train', 'load', 'trust', 'from_pretrained'} <= set(dir(gplac));"
        "import gplac.seeding; assert 'torch' not in sys.modules; gplac.train; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="magic"):
        _ = gplac.magic  # type: ignore[attr-defined]

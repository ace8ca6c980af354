"""Cells from data to results: killed and resumed, failing, shared between processes."""

import errno
import fcntl
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from synthetic import synthetic_result

from gplac.cli import main
from gplac.config import preset
from gplac.data import draw
from gplac.errors import UserError
from gplac.evaluation.result import read_result, write_json
from gplac.grid import data, work
from gplac.grid.cell import Cell, Grid
from gplac.grid.data import collect, require_same
from gplac.grid.locks import locked
from gplac.grid.run import Finished, collect_shared, run_grid, set_aside_outdated
from gplac.grid.status import state_of
from gplac.grid.work import Job, measure_cell, one_thread
from gplac.methods import METHODS
from gplac.reporting.committed import Committed, Key
from gplac.scale.executor import Executor, Failure, InProcess, executor
from gplac.training.described import described
from gplac.training.trainer import Trainer

CELLS = [Cell("mug_push", "gplac"), Cell("mug_push", "gplac", weak_budget=4, scene_budget=1)]
RECIPE = """
from gplac.grid.cell import Cell

def cells(preset):
    return [Cell("mug_push", "gplac"), Cell("mug_push", "gplac", weak_budget={budget}, scene_budget=1)]
"""
# Workers import this file too, and so what they call is what stands here.
KILLED = """
import os, signal, time
from gplac.cli import main
from gplac.evaluation.store import Store
from gplac.training.trainer import Trainer

step, save, saved = Trainer.step, Store.save, []

def die():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)

def fatal_step(trainer, number):
    if number == 4:
        die()
    return step(trainer, number)

def fatal_save(store, chunk, record):
    saved.append(save(store, chunk, record))
    if len(saved) == 2:
        die()

if {blow!r} == "training":
    Trainer.step = fatal_step
else:
    Store.save = fatal_save

if __name__ == "__main__":
    main(["grid", "run", "recipe.py", "--preset", "smoke", "--workers", "2"])
"""


def measure(grid: Grid, cells: list[Cell], pool: Executor) -> list[Finished]:
    """Data, then cells."""
    return list(run_grid(grid, cells, collect_shared(grid, cells, 1), pool))


def content(grid: Grid, cell: Cell) -> dict[str, Any]:
    """A cell's result and inspection, without what differs between any two runs: times."""
    found = {path.parent.name: json.loads(path.read_text()) for path in _files(grid, cell)}
    for document in found.values():
        del document["provenance"]
    for name in ("wall_s", "images_per_s", "provenance"):
        del found[cell.task]["training"][name]
    return found


def _files(grid: Grid, cell: Cell) -> list[Path]:
    return [*grid.results(cell), grid.inspection(cell)]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    """Both cells, measured in one process without interruption."""
    grid = Grid("smoke", tmp_path_factory.mktemp("measured"))
    threads, write = torch.get_num_threads(), draw.write_shard

    def noted(path: Path, *content: Any) -> tuple[int, str]:
        with (grid.root / "drawn").open("a") as file:
            file.write(f"{path.relative_to(grid.root)}\n")
        return write(path, *content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draw, "write_shard", noted)
        finished = measure(grid, CELLS, InProcess(one_thread))
    torch.set_num_threads(threads)
    assert [(each.cell, each.state) for each in finished] == [(cell, "done") for cell in CELLS]
    return grid


@pytest.fixture
def fresh(measured: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grid:
    """Another folder, to be worked in, with the same data."""
    shutil.copytree(measured.root / "data", tmp_path / "data")
    (tmp_path / "recipe.py").write_text(RECIPE.format(budget=4))
    monkeypatch.chdir(tmp_path)
    return Grid("smoke", tmp_path)


def test_each_cell_leaves_a_result_that_says_what_it_was_trained_on(measured: Grid) -> None:
    whole, part = (read_result(measured.results(cell)[0]) for cell in CELLS)
    assert (whole["weak_images"], part["weak_images"]) == (16, 4)
    assert part["weak_scenes"] == 1 and "weak_scenes" not in whole
    assert json.loads(measured.inspection(CELLS[1]).read_text())["weak_scenes"] == 1
    assert (whole["preset"], whole["split"], whole["scenes"]) == ("smoke", "test", 2)
    assert measured.results(CELLS[1])[0].name == "gplac-scenes1-weak4-seed0.json"
    runs = [json.loads((measured.run(cell) / "run.json").read_text()) for cell in CELLS]
    trained = [run["preset"]["training"] for run in runs]
    assert not {"weak_budget", "scene_budget"} & set(trained[0]) and "weak_scenes" not in runs[0]
    assert (trained[1]["weak_budget"], trained[1]["scene_budget"], runs[1]["weak_scenes"]) == (4, 1, 1)
    assert [state_of(measured, cell).state for cell in CELLS] == ["done", "done"]
    assert part["training"]["settings"] == runs[1]["settings"]
    assert [measured.other_settings(cell) for cell in CELLS] == ["", ""]


def test_a_cell_of_changed_settings_is_measured_beside_the_others_and_in_no_table(
    measured: Grid, fresh: Grid
) -> None:
    shutil.copytree(measured.root / "results", fresh.root / "results")
    cell = Cell("mug_push", "gplac", changes=("training.steps=7", "classification-weight=0.5"))
    threads = torch.get_num_threads()
    finished = measure(fresh, [cell, CELLS[0]], InProcess(one_thread))
    torch.set_num_threads(threads)
    assert [each.state for each in finished] == ["done", "done"]
    result = read_result(fresh.root / f"results/smoke/mug_push/{cell.name}.json")
    assert cell.name == "gplac-classification_weight=0.5-training.steps=7-seed0"
    settings = result["training"]["settings"]
    assert (result["preset"], result["training"]["steps"]) == ("smoke-changed", 7)
    assert settings["objectives"]["classification"] == 0.5
    assert fresh.done(cell) and fresh.inspected(cell) and fresh.other_settings(cell) == ""
    assert content(fresh, CELLS[0]) == content(measured, CELLS[0])
    other = replace(cell, changes=("training.steps=7",))
    shutil.copy(fresh.results(cell)[0], fresh.results(other)[0])
    assert "classification" in fresh.other_settings(other)
    shutil.copy(fresh.results(CELLS[0])[0], fresh.results(other)[0])
    assert "is a result of preset smoke, where its name and folder say smoke-changed" in fresh.damage(other)

    fresh.results(other)[0].unlink()
    aside = fresh.set_aside(cell)
    assert aside.name == f"{cell.name}-before1" and not fresh.done(cell)
    shutil.copy(aside / "result.json", fresh.results(cell)[0])
    shutil.copy(aside / "inspection.json", fresh.inspection(cell))

    tables = Committed(fresh.root / "results/smoke/mug_push")
    assert {key: len(found) for key, found in tables.results.items()} == {
        Key("gplac"): 1,
        Key("gplac", 4, 1): 1,
    }
    assert list(tables.inspections) == list(tables.results)


def test_data_that_cells_share_are_drawn_once(measured: Grid) -> None:
    drawn = (measured.root / "drawn").read_text().splitlines()
    shards = [str(path.relative_to(measured.root)) for path in (measured.root / "data").rglob("*.parquet")]
    assert sorted(drawn) == sorted(shards) != []


@pytest.mark.parametrize(("blow", "workers"), [("training", 1), ("testing", 2)])
def test_kill_9_in_the_middle(
    measured: Grid, fresh: Grid, blow: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = fresh.root / "killed.py"
    script.write_text(KILLED.format(blow=blow))
    killed = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not all(fresh.done(cell) for cell in CELLS)
    steps = []
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda trainer, n: steps.append(n) or step(trainer, n))
    with executor(workers, one_thread, nesting=True) as pool:
        finished = measure(fresh, CELLS, pool)
    assert {(each.cell, each.state) for each in finished} == {(cell, "done") for cell in CELLS}
    if blow == "training":
        assert 4 in steps and len(steps) < 2 * 6, "training has started again"
    for cell in CELLS:
        assert content(fresh, cell) == content(measured, cell)
        weights = [(grid.run(cell) / "weights.safetensors").read_bytes() for grid in (fresh, measured)]
        assert weights[0] == weights[1]


def test_a_failing_cell_is_told_and_does_not_stop_the_others(
    measured: Grid, fresh: Grid, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(measured.root / "results", fresh.root / "results")
    fresh.results(CELLS[0])[0].unlink()
    shutil.copytree(measured.run(CELLS[0]), fresh.run(CELLS[0]))
    (fresh.root / "recipe.py").write_text(RECIPE.format(budget=999))
    wrong = Cell("mug_push", "gplac", weak_budget=999, scene_budget=1)
    with pytest.raises(SystemExit) as end:
        main(["grid", "recipe.py", "--preset", "smoke", "--workers", "1"])  # in short
    assert end.value.code == 1
    told = capsys.readouterr()
    assert "1 of 2 cells have their results" in told.out
    assert "999 weak images" in told.err and "error.json" in told.err
    assert "999 weak images" in json.loads(fresh.error(wrong).read_text())["message"]
    assert content(fresh, CELLS[0]) == content(measured, CELLS[0])
    main(["grid", "status", "recipe.py", "--preset", "smoke"])
    assert "1 done, 1 failed" in capsys.readouterr().out


def test_missing_data_fails_the_cells_that_need_it_alone(measured: Grid, fresh: Grid) -> None:
    """A data folder that holds something else."""
    weak = fresh.data("mug_push") / "weak"
    shutil.rmtree(weak)
    weak.mkdir()
    (weak / "note.txt").write_text("mine")
    cells = [CELLS[0], Cell("mug_push", "att-1")]
    shutil.copytree(measured.root / "results", fresh.root / "results")
    fresh.results(CELLS[0])[0].unlink()
    write_json(
        synthetic_result("att-1", 0.1, scenes=2, count=2) | {"task": "mug_push", "preset": "smoke"},
        "result",
        fresh.results(cells[1])[0],
    )
    finished = measure(fresh, cells, InProcess())
    assert {each.cell.method: each.state for each in finished} == {"gplac": "failed", "att-1": "done"}
    (failed,) = [each for each in finished if each.state == "failed"]
    assert "holds other things" in failed.reason


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("demos-1", {"demonstrations": 3}, "per_scene 3 instead of 4"),
        ("demos-1", {"action_noise": 0.01}, "action_noise 0.01 instead of 0.0"),
        ("weak", {"weak_per_scene": 10}, "per_scene 10 instead of 8"),
    ],
)
def test_data_of_other_settings_do_not_pass_for_the_cells(
    name: str, changes: dict[str, Any], said: str, fresh: Grid
) -> None:
    settings = fresh.settings(CELLS[0])
    assert collect(name, "mug_push", fresh.data("mug_push"), settings) == fresh.data("mug_push") / name
    other = replace(settings, data=replace(settings.data, **changes))
    with pytest.raises(UserError, match=said):
        collect(name, "mug_push", fresh.data("mug_push"), other)
    require_same(name, "mug_push", fresh.data("mug_push"), settings)
    with pytest.raises(UserError, match=said):
        require_same(name, "mug_push", fresh.data("mug_push"), other)


def test_data_that_can_only_be_read_are_taken_as_they_are_if_they_are_whole(
    fresh: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, settings, access = fresh.data("mug_push"), fresh.settings(CELLS[0]), os.access
    monkeypatch.setattr(
        "os.access", lambda path, mode: (path, mode) != (folder, os.W_OK) and access(path, mode)
    )
    monkeypatch.setattr(data, "locked", lambda path: pytest.fail(f"made {path}"))
    for name in ("demos-1", "weak"):
        assert collect(name, "mug_push", folder, settings) == folder / name
    other = replace(settings, data=replace(settings.data, weak_per_scene=10))
    with pytest.raises(UserError, match="per_scene 10 instead of 8"):
        collect("weak", "mug_push", folder, other)
    manifest = json.loads((folder / "weak" / "manifest.json").read_text())
    manifest["shards"][0]["sha256"] = None
    (folder / "weak" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="is not complete: 1 of"):
        collect("weak", "mug_push", folder, settings)


def only_readable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can be made in there; tests may run as root, to whom modes of folders mean nothing."""

    def refused(dir: Path) -> Any:
        if dir == folder:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return nullcontext()

    monkeypatch.setattr("gplac.files.tempfile.TemporaryFile", refused)


@pytest.mark.parametrize("place", [lambda grid, cell: grid.results(cell)[0], Grid.inspection])
def test_what_cannot_be_written_in_the_end_is_told_before_training(
    place: Callable[[Grid, Cell], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = Grid("smoke", tmp_path)
    path = place(grid, CELLS[0])
    only_readable(path.parent, monkeypatch)
    monkeypatch.setattr(work, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(UserError, match=f"Cannot write {path}: .*mend that, and run the same command again"):
        measure_cell(Job(grid, CELLS[0], 1))


def test_where_results_is_a_file_nothing_is_told_of_one_that_is_not_there(tmp_path: Path) -> None:
    grid = Grid("smoke", tmp_path)
    (tmp_path / "results").touch()
    assert grid.damage(CELLS[0]) == "" and not grid.done(CELLS[0])
    with pytest.raises(UserError, match="Cannot write .*mend that, and run the same command again"):
        measure_cell(Job(grid, CELLS[0], 1))


def test_a_cell_whose_result_cannot_be_moved_is_not_set_aside_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, cell = Grid("smoke", tmp_path), CELLS[0]
    for path in (grid.run(cell) / "run.json", grid.inspection(cell), *grid.results(cell)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    before = sorted(tmp_path.rglob("*"))
    only_readable(grid.results(cell)[0].parent, monkeypatch)
    with pytest.raises(
        UserError, match=f"Cannot write {grid.results(cell)[0]}: .*run the same command again"
    ):
        grid.set_aside(cell)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_result_of_other_settings_is_told_and_measured_anew_only_if_asked_for(
    measured: Grid, fresh: Grid, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("results", "runs"):
        shutil.copytree(measured.root / folder, fresh.root / folder)
    other, old = (fresh.results(cell)[0] for cell in CELLS)
    result = read_result(other)
    result["training"]["settings"]["training"]["steps"] = 5
    result["training"]["settings"]["hash"] = "of before"
    other.write_text(json.dumps(result))
    result = read_result(old)
    del result["training"]["settings"]  # of an older version: done
    old.write_text(json.dumps(result))
    command = ["grid", "run", "recipe.py", "--preset", "smoke", "--workers", "1"]
    main(command)
    assert capsys.readouterr().out.count("other settings: training (steps 5, not 6)") == 1
    assert read_result(other)["training"]["settings"]["hash"] == "of before"
    main([*command, "--outdated"])
    assert "other settings:" not in (told := capsys.readouterr().out)
    aside = fresh.run(CELLS[0]).with_name("gplac-seed0-before1")
    assert "runs/smoke/mug_push/gplac-seed0-before1" in told
    assert read_result(aside / "result.json")["training"]["settings"]["hash"] == "of before"
    assert (aside / "weights.safetensors").exists() and (aside / "inspection.json").exists()
    assert content(fresh, CELLS[0]) == content(measured, CELLS[0])
    assert "settings" not in read_result(old)["training"]


def test_a_run_begun_with_other_settings_is_told_and_set_aside(measured: Grid, fresh: Grid) -> None:
    """It would refuse to go on."""
    shutil.copytree(measured.root / "runs", fresh.root / "runs")
    cell = CELLS[0]
    assert fresh.other_settings(cell) == ""
    run_json = fresh.run(cell) / "run.json"
    told = json.loads(run_json.read_text())
    told["settings"]["training"]["steps"] = 5
    run_json.write_text(json.dumps(told))
    assert fresh.other_settings(cell) == "training (steps 5, not 6)"
    assert state_of(fresh, cell).text.endswith("begun with other settings: training (steps 5, not 6)")
    (aside,) = set_aside_outdated(fresh, CELLS)
    assert (aside / "run.json").exists() and not fresh.run(cell).exists()
    run_json.parent.mkdir()
    run_json.write_text("{")
    assert fresh.other_settings(cell) == ""


def test_who_merely_looks_at_a_lock_keeps_no_cell_from_being_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid, cell = Grid("smoke", tmp_path), CELLS[0]
    settings = described(METHODS[cell.method](), grid.settings(cell))
    settings["training"]["steps"] = 5
    grid.run(cell).mkdir(parents=True)
    (grid.run(cell) / "run.json").write_text(json.dumps({"settings": settings}))
    with grid.lock(cell).open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        monkeypatch.setattr("gplac.grid.locks.time.sleep", lambda _: fcntl.flock(looking, fcntl.LOCK_UN))
        (aside,) = set_aside_outdated(grid, [cell])
    assert (aside / "run.json").exists() and not grid.run(cell).exists()


def test_a_cell_whose_error_cannot_be_written_does_not_stop_the_others(measured: Grid, fresh: Grid) -> None:
    shutil.copytree(measured.root / "results", fresh.root / "results")
    fresh.results(CELLS[0])[0].unlink()
    fresh.run(CELLS[0]).parent.mkdir(parents=True)
    fresh.run(CELLS[0]).write_text("a file of mine")
    lost = Failure("Nothing there.")
    first, second = run_grid(fresh, CELLS, {CELLS[0]: lost}, InProcess())
    assert (first.state, first.reason, first.details) == ("failed", "Nothing there.", None)
    assert second.state == "done"


def test_what_is_no_result_of_the_cell_fails_it_and_is_kept(
    measured: Grid, fresh: Grid, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(measured.root / "results", fresh.root / "results")
    first, second = (fresh.results(cell)[0] for cell in CELLS)
    first.write_text("")
    second.write_bytes(measured.results(CELLS[0])[0].read_bytes())
    left = [path.read_bytes() for path in (first, second)]
    for options in ([], ["--outdated"]):
        with pytest.raises(SystemExit) as end:
            main(["grid", "run", "recipe.py", "--preset", "smoke", "--workers", "1", *options])
        assert end.value.code == 1
        told = capsys.readouterr()
        assert "0 of 2 cells have their results" in told.out
        assert f"{first.relative_to(fresh.root)} is not JSON" in told.err and "delete it" in told.err
        assert f"{second.relative_to(fresh.root)} is a result of weak scenes None, where" in told.err
        assert "error.json" not in told.err
    with pytest.raises(UserError, match="is not JSON"):  # also if it came while others were measured
        measure_cell(Job(fresh, CELLS[0], 1))
    assert [path.read_bytes() for path in (first, second)] == left
    assert [state_of(fresh, cell).state for cell in CELLS] == ["failed", "failed"]
    first.unlink()
    assert state_of(fresh, CELLS[0]).state == "waiting"


def test_an_inspection_that_got_lost_is_made_again_and_the_result_stays(
    measured: Grid, fresh: Grid, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("results", "runs"):
        shutil.copytree(measured.root / folder, fresh.root / folder)
    for cell, of_run in zip(CELLS, (True, False), strict=True):
        fresh.inspection(cell).unlink()
        if not of_run:
            fresh.inspection_of_run(cell).unlink()
        assert state_of(fresh, cell).state == "done" and "which the grid makes" in state_of(fresh, cell).text
    results = [fresh.results(cell)[0].read_bytes() for cell in CELLS]
    main(["grid", "run", "recipe.py", "--preset", "smoke", "--workers", "1"])
    assert "2 of 2 cells have their results" in capsys.readouterr().out
    assert [content(fresh, cell) for cell in CELLS] == [content(measured, cell) for cell in CELLS]
    assert [fresh.results(cell)[0].read_bytes() for cell in CELLS] == results

    cell = CELLS[0]
    fresh.inspection(cell).write_text("{")
    assert "is not JSON" in (damage := fresh.damage(cell)) and "the cell's run is inspected" in damage
    assert state_of(fresh, cell).state == "failed"
    fresh.inspection(cell).unlink()
    shutil.rmtree(fresh.run(cell))
    assert fresh.complete(cell) and "no run to inspect" in state_of(fresh, cell).text


@pytest.mark.parametrize("change", [{"scenes": 1}, {"seed": 1}, {"weak_scenes": 1}, {"frames": {}}, "{"])
def test_what_is_no_inspection_of_the_cell_is_made_anew(
    measured: Grid, fresh: Grid, change: dict[str, Any] | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as the user's own look at one scene, or a damaged file."""
    cell = CELLS[0]
    shutil.copytree(measured.run(cell), fresh.run(cell))
    sound = json.loads(measured.inspection(cell).read_text())
    looked: list[Any] = []

    def look(run: Path, demonstrations: Path, split: str, scenes: int) -> None:
        looked.append((run, split, scenes))
        write_json(sound, "inspection", fresh.inspection_of_run(cell))

    monkeypatch.setattr(work, "inspect_run", look)
    assert measure_cell(Job(fresh, cell, 1)) == "done"
    assert not looked
    fresh.results(cell)[0].unlink()
    other = change if isinstance(change, str) else json.dumps(sound | change)
    fresh.inspection_of_run(cell).write_text(other)
    assert measure_cell(Job(fresh, cell, 1)) == "done"
    assert looked == [(fresh.run(cell), "validation", 2)]
    assert json.loads(fresh.inspection(cell).read_text()) == sound


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--workers", "-1"], "There cannot be -1 workers"),
        (["--on", "ray"], "Ray is not installed"),
        (["--seeds", "-1"], "seed is a whole number (int) and cannot be negative"),
    ],
)
def test_options_that_cannot_be_are_refused_before_data_are_collected(
    options: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    monkeypatch.chdir(tmp_path)
    Path("recipe.py").write_text(RECIPE.format(budget=4))
    with pytest.raises(SystemExit) as end:
        main(["grid", "run", "recipe.py", "--preset", "smoke", "--outdated", *options])
    assert end.value.code == 2
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.py"]


def test_a_cell_in_other_hands_is_left_alone(fresh: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PATIENCE_S", 0.0)
    with locked(fresh.lock(CELLS[0])):
        assert measure_cell(Job(fresh, CELLS[0], 1)) == "taken"
        finished = measure(fresh, CELLS[:1], InProcess())
    assert [each.state for each in finished] == ["taken"]


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_a_grid_on_a_real_ray_measures_the_same(measured: Grid, fresh: Grid) -> None:
    main(["grid", "run", "recipe.py", "--preset", "smoke", "--on", "ray", "--workers", "2"])
    for cell in CELLS:
        assert content(fresh, cell) == content(measured, cell)


def test_demonstrations_of_many_scenes_are_of_those_that_weak_images_are_of() -> None:
    request = data._request("demos-40", "pusher", preset("lite", "pusher").data)
    assert (request.kind, request.split, request.scenes) == ("demonstrations", "weak", tuple(range(40)))
    assert (request.per_scene, request.action_noise, request.noise_time_s) == (20, 0.4, 0.5)


def test_a_method_that_learns_from_moving_pictures_needs_episodes_that_move() -> None:
    Cell("pusher", "att-ae").check()
    Cell("mug_push", "gplac").check()
    with pytest.raises(
        UserError, match=r"att-ae learns from 3 frames on end, and an episode of mug_push has 1"
    ):
        Cell("mug_push", "att-ae").check()

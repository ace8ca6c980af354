"""What a grid's status says, from the files that workers leave."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from synthetic import synthetic_result

from gplac.evaluation.result import Result, write_json
from gplac.grid import found, work
from gplac.grid.cell import BOUNDS, TOLERANCE, Cell, Grid
from gplac.grid.locks import locked
from gplac.grid.status import state_of, table

CELL = Cell("pusher", "att-1")


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    found = Grid("lite", tmp_path)
    found.run(CELL).mkdir(parents=True)
    return found


def older(steps: int, **changes: Any) -> Result:
    """ATT-1's result, of a version that did not tell its settings."""
    result = synthetic_result("att-1", 0.5) | {"image": [64, 56], **changes}
    result["training"]["steps"] = steps
    return result


def test_nothing_yet_stopped_and_failed(grid: Grid) -> None:
    assert state_of(grid, CELL).state == "waiting"
    (grid.run(CELL) / "checkpoint.json").write_text('{"step": 3000}')
    assert state_of(grid, CELL).text == "stopped at step 3,000 of 12,000"
    (grid.run(CELL) / "checkpoint.json").write_text('{"step": 12000}')
    assert state_of(grid, CELL).text == "trained; 0 of 400 test episodes"
    grid.error(CELL).write_text('{"message": "No space."}')
    found = state_of(grid, CELL)
    assert (found.state, found.text) == ("failed", "No space.")


@pytest.mark.parametrize("text", ['{"step": "6"}', "[6]"])
def test_a_checkpoint_json_that_is_damaged_tells_no_step(grid: Grid, text: str) -> None:
    (grid.run(CELL) / "checkpoint.json").write_text(text)
    found = state_of(grid, CELL)
    assert (found.state, found.text) == ("waiting", "")


def test_an_error_json_that_is_damaged_says_so(grid: Grid) -> None:
    grid.error(CELL).touch()
    found = state_of(grid, CELL)
    assert found.state == "failed"
    assert found.text == f"{grid.error(CELL)} is damaged: run the grid again"


def test_training_tells_step_rate_and_time_left(grid: Grid) -> None:
    # Resumed at 2,000, 1,000 steps in 100 s since: the other 9,000 of lite's 12,000 take 900 s.
    lines = [{"step": step, "images_per_s": 250.4} for step in (2980, 3000)]
    half = '{"step": 3020, "ima'
    (grid.run(CELL) / "metrics.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines) + half)
    with locked(grid.lock(CELL)) as lock:
        lock.note(phase="training", first=2000, since=time.time() - 100)
        found = state_of(grid, CELL)
        assert (found.state, found.text, found.done, found.total) == ("running", "training", 3000, 12_000)
        assert found.rate == "250 images/s"
        assert found.left_s == pytest.approx(900, rel=0.2)
        lock.note(phase="training", first=3000)
        assert state_of(grid, CELL).left_s is None  # nothing new yet: no rate
    assert state_of(grid, CELL).state == "waiting"


@pytest.mark.parametrize(("cell", "total"), [(CELL, 400), (Cell("mug_push", "att-1"), 110)])
def test_testing_counts_episodes_of_the_store(cell: Cell, total: int, grid: Grid) -> None:
    store = grid.run(cell) / "evaluation" / "test" / "episodes"
    store.mkdir(parents=True)
    for scene in range(3):
        (store / f"scene-{scene:03d}-episodes-0000-0009.npz").touch()
    with locked(grid.lock(cell)) as lock:
        lock.note(phase="testing", first=0)
        found = state_of(grid, cell)
    assert (found.text, found.done, found.total) == ("testing", 30, total)


@pytest.mark.parametrize(("task", "scenes"), [("pusher", 40), ("mug_push", 11)])
def test_ceiling_and_floor_are_measured_in_scenes_that_there_are(
    task: str, scenes: int, grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(work, "measure_bounds", lambda *arguments: asked.append(arguments))
    work.measure_cell(work.Job(grid, Cell(task, BOUNDS), 1))
    assert [each[2:5] for each in asked] == [("test", scenes, 10)]


def test_a_result_is_the_end_and_references_have_two(grid: Grid) -> None:
    write_json(older(12_000), "result", grid.results(CELL)[0])
    rate = json.loads(grid.results(CELL)[0].read_text())["success_rate"]
    assert state_of(grid, CELL).text == f"{100 * rate:.1f} %, no inspection, and no run to inspect"
    bounds = Cell("pusher", BOUNDS)
    assert [path.name for path in grid.results(bounds)] == ["ceiling-seed0.json", "floor-seed0.json"]
    write_json(synthetic_result("ceiling", 0.9), "result", grid.results(bounds)[0])
    assert state_of(grid, bounds).state == "waiting"


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (older(6_000), "other settings: steps (6000, not 12000)"),
        (older(12_000, image=[100, 88]), "other settings: image ([100, 88], not [64, 56])"),
    ],
)
def test_an_older_result_is_compared_by_what_it_tells(grid: Grid, result: Result, told: str) -> None:
    write_json(result, "result", grid.results(CELL)[0])
    found = state_of(grid, CELL)
    assert found.state == "done" and told in found.text


def test_steps_of_a_first_stage_count(grid: Grid) -> None:
    cell = Cell("pusher", "att-ft")
    write_json(older(14_000, method="att-ft"), "result", grid.results(cell)[0])
    assert "other settings" not in state_of(grid, cell).text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"task": "striker"}, "a result of task striker, where its name and folder say pusher"),
        ({"preset": "smoke"}, "preset smoke"),
        ({"method": "gplac"}, "method gplac"),
        ({"seed": 1}, "seed 1, where its name and folder say 0"),
        ({"weak_scenes": 3}, "weak scenes 3, where its name and folder say all"),
        ({"episodes": 3}, "contradicts itself: it says 3 episodes"),
        ({"split": "validation"}, "a result of validation scenes, where the cell's is of test scenes"),
        ({"level": "easy"}, "a result of level easy, where the cell's is of level standard"),
        ({"vary": "lighting"}, "a result of vary lighting, where the cell's is of vary none"),
        ({"assets": "mine"}, "a result of assets mine"),
        ({"robot_model": "mine.xml"}, "a result of robot model mine.xml"),
        ({"weak_images": 16}, "a result of 16 weak images, where the cell's is of 0 weak images"),
    ],
)
def test_a_result_of_something_else_does_not_count(grid: Grid, change: dict[str, Any], told: str) -> None:
    path = grid.results(CELL)[0]
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(synthetic_result("att-1", 0.5) | change))
    found = state_of(grid, CELL)
    assert found.state == "failed" and told in found.text and "att-1-seed0.json" in found.text
    assert not grid.done(CELL)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"scenes": 1}, "a result of 1 scenes, where the cell's is of 40 scenes"),
        ({"count": 2}, "a result of 80 episodes, where the cell's is of 400 episodes"),
    ],
)
def test_a_result_of_fewer_episodes_does_not_count(grid: Grid, sizes: dict[str, int], told: str) -> None:
    write_json(synthetic_result("att-1", 0.5, **sizes), "result", grid.results(CELL)[0])
    found = state_of(grid, CELL)
    assert found.state == "failed" and told in found.text


@pytest.mark.parametrize(
    ("cell", "images", "state"),
    [
        (Cell("pusher", "gplac"), 16_000, "done"),
        (Cell("pusher", "gplac"), 160, "failed"),
        (Cell("pusher", "gplac", scene_budget=10), 4_000, "done"),
        (Cell("pusher", "gplac", scene_budget=10), 16_000, "failed"),
        (Cell("pusher", "gplac", weak_budget=160), 160, "done"),
        (Cell("pusher", "gplac", weak_budget=160), 16_000, "failed"),
    ],
)
def test_a_result_of_another_weak_budget_does_not_count(
    grid: Grid, cell: Cell, images: int, state: str
) -> None:
    scenes = {"weak_scenes": cell.scene_budget} if cell.scene_budget else {}
    result = synthetic_result("gplac", 0.5) | {"weak_images": images} | scenes
    write_json(result, "result", grid.results(cell)[0])
    assert state_of(grid, cell).state == state


def test_a_result_of_before_a_preset_had_more_weak_images_is_of_other_settings(grid: Grid) -> None:
    cell = Cell("pusher", "gplac")
    result = synthetic_result("gplac", 0.5) | {"weak_images": 4_000}
    result["training"]["settings"] = {"hash": "of before", "data": {"weak_per_scene": 100}}
    write_json(result, "result", grid.results(cell)[0])
    found = state_of(grid, cell)
    assert found.state == "done" and "other settings: " in found.text


def test_a_tolerance_is_no_result_and_a_result_no_tolerance(grid: Grid) -> None:
    cell = Cell("pusher", TOLERANCE)
    tolerance = {
        "task": "pusher", "preset": "lite", "seed": 0, "episodes": 4, "errors_m": [0.0], "expert": [4], "clone": [3],
        "provenance": {},
    }  # fmt: skip
    write_json(tolerance, "tolerance", grid.results(cell)[0])
    assert state_of(grid, cell).state == "done"
    write_json(tolerance, "tolerance", grid.results(CELL)[0])
    assert "is no result: it is a tolerance" in state_of(grid, CELL).text
    write_json(tolerance | {"task": "striker"}, "tolerance", grid.results(cell)[0])
    assert "is a result of task striker" in state_of(grid, cell).text


def test_a_listing_reads_each_file_once(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(synthetic_result("att-1", 0.5), "result", grid.results(CELL)[0])
    checked: list[str] = []
    monkeypatch.setattr(found, "fault", lambda _, schema: checked.append(schema))
    assert [state_of(grid, CELL).state for _ in range(3)] == ["done"] * 3
    assert checked == ["result"]


def test_the_table_shows_every_cell_and_sums_up(grid: Grid) -> None:
    grid.error(CELL).write_text('{"message": "No space."}')
    cells = [CELL, Cell("pusher", "gplac"), Cell("striker", "gplac", 1, 160)]
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(table([state_of(grid, cell) for cell in cells]))
    told = captured.get()
    assert all(cell.id in told for cell in cells)
    assert "No space." in told and "1 failed, 2 waiting" in told


@pytest.mark.parametrize("reason", ["No space in /tmp/x[/y].", "b[old] x/results is a file."])
def test_brackets_of_an_error_are_shown_as_they_are(grid: Grid, reason: str) -> None:
    grid.error(CELL).write_text(json.dumps({"message": reason}))
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table([state_of(grid, CELL)]))
    assert reason in captured.get()


def test_a_narrow_table_cuts_no_name_of_a_file_short(grid: Grid) -> None:
    grid.results(CELL)[0].parent.mkdir(parents=True)
    grid.results(CELL)[0].touch()
    console = Console(width=60)
    with console.capture() as captured:
        console.print(table([state_of(grid, CELL)]))
    assert "results/lite/pusher/att-1-seed0.json" in "".join(captured.get().split())


def test_the_tolerance_is_measured_on_the_scenes_that_settings_are_chosen_on(
    grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(work, "measure_tolerance", lambda *arguments: asked.append(arguments))
    work.measure_cell(work.Job(grid, Cell("pusher", TOLERANCE, 3), 1))
    assert (asked[0][2], asked[0][-1]) == ("validation", 3)

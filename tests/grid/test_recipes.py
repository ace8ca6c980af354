"""Recipes: those of the paper's tables, a choice among their cells, and what is none."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gplac.cli import main
from gplac.config import preset as preset_of
from gplac.errors import UserError
from gplac.grid.cell import BOUNDS, Cell, Grid, changes_in
from gplac.grid.recipe import choose, read_recipe
from gplac.methods import BEYOND
from gplac.reporting.committed import Key
from gplac.reporting.photographs import by_photographs, by_places
from gplac.reporting.published import METHODS, TABLE_3

RECIPES = Path(__file__).parents[2] / "recipes"


def test_table_1_measures_every_method_and_the_main_ones_three_times() -> None:
    cells = read_recipe(RECIPES / "table1.py", "lite")
    assert len(cells) == len(set(cells))
    for task in ("pusher", "striker"):
        seeds = Counter(cell.method for cell in cells if cell.task == task and cell.trained)
        assert set(seeds) == set(METHODS)
        assert {method for method, count in seeds.items() if count == 3} == {
            "att-1",
            "att-da",
            "gplac",
            "att-40",
            "cnn-1",
            "cnn-c",
            "cnn-40",
        }
        assert set(seeds.values()) == {1, 3}
        assert {cell.method for cell in cells if cell.task == task and not cell.trained} == {
            "bounds",
            "tolerance",
        }


def test_what_goes_beyond_the_paper_is_measured_where_the_paper_has_its_parent() -> None:
    cells = read_recipe(RECIPES / "beyond.py", "lite")
    tasks = {name: [cell.task for cell in cells if cell.method == name] for name in BEYOND}
    assert tasks["gplac-colours"] == tasks["att-1-colours"] == ["pusher", "striker", "mug_push"]
    assert tasks["att-40-colours"] == ["pusher", "striker"]  # Table 2 has no ATT-40


def test_table_2_is_the_mug_push() -> None:
    cells = read_recipe(RECIPES / "table2.py", "lite")
    assert {(cell.task, cell.method) for cell in cells} == {
        ("mug_push", method) for method in ("att-1", "att-da", "gplac", BOUNDS)
    }


@pytest.mark.parametrize(
    ("preset", "budgets"), [("paper", [8000, 800, 80]), ("lite", [1600, 160, 16]), ("smoke", [])]
)
def test_table_3_keeps_the_papers_shares_and_does_not_train_all_images_twice(
    preset: str, budgets: list[int]
) -> None:
    cells = read_recipe(RECIPES / "table3.py", preset)
    for task in TABLE_3:
        of_task = [cell for cell in cells if cell.task == task]
        assert [cell.weak_budget for cell in of_task] == [0, *budgets]
        assert of_task[0] in read_recipe(RECIPES / "table1.py", preset)
    if preset == "paper":
        assert [80_000, *budgets] == list(TABLE_3["pusher"])


@pytest.mark.parametrize("preset", ["lite", "paper", "smoke"])
def test_photographs_measures_the_rows_of_its_table(preset: str) -> None:
    cells = read_recipe(RECIPES / "photographs.py", preset)
    assert {(cell.task, cell.seed) for cell in cells} == {("mug_push", 0)}
    rows = {*by_photographs(preset), *by_places(preset), Key("att-1")}
    assert {Key(cell.method, cell.weak_budget, cell.scene_budget) for cell in cells} == rows
    assert len(cells) == len(rows)
    # What Table 2 measures too comes first.
    assert set(cells[:2]) <= set(read_recipe(RECIPES / "table2.py", preset))


def test_photographs_varies_one_number_at_a_time() -> None:
    assert [(key.weak_budget, key.scene_budget) for key in by_photographs("lite")] == [
        (0, 0), (400, 0), (100, 0), (40, 0), (20, 0)
    ]  # fmt: skip
    assert [(key.weak_budget, key.scene_budget) for key in by_places("lite")] == [
        (100, 0), (100, 25), (100, 12), (100, 6), (100, 3)
    ]  # fmt: skip
    assert 3 * preset_of("lite", "mug_push").data.weak_per_scene >= 100


def test_cells_are_chosen_by_task_method_pattern_and_seed() -> None:
    cells = [
        Cell("pusher", "gplac"),
        Cell("pusher", "gplac-da"),
        Cell("striker", "gplac", 0, 16),
        Cell("pusher", "bounds"),
    ]
    assert choose(cells) == cells
    assert choose(cells, ["striker"]) == [cells[2]]
    assert choose(cells, ["gplac"]) == [cells[0], cells[2]]
    assert choose(cells, ["pusher/gplac"]) == [cells[0]]
    assert choose(cells, ["pusher/gplac*", "bounds"]) == [cells[0], cells[1], cells[3]]
    fewer = [Cell("pusher", "gplac", seed, budget) for budget in (16, 160) for seed in (0, 1)]
    assert choose(fewer, ["pusher/gplac-weak16"]) == fewer[:2]
    assert choose(fewer, ["*/gplac-weak160-seed1"]) == fewer[3:]
    again = choose(cells, ["gplac", "bounds"], seeds=[3, 4])
    assert [cell.id for cell in again] == [
        "pusher/bounds-seed0",
        "pusher/gplac-seed3",
        "striker/gplac-weak16-seed3",
        "pusher/gplac-seed4",
        "striker/gplac-weak16-seed4",
    ]
    with pytest.raises(UserError, match=r"matches juggle; there are, for instance, pusher/gplac-seed0"):
        choose(cells, ["juggle"])
    with pytest.raises(UserError, match="No cell matches pusher/gplca; there are"):
        choose(cells, ["pusher/gplca", "striker/gplac"])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("def cells(preset:", "SyntaxError"),
        ("x = 1", "list of gplac.grid.cell.Cell"),
        ("def cells(preset): return ['gplac']", "declares 'gplac'"),
        ("def cells(preset): return [Cell('juggle', 'gplac')]", "juggle"),
        ("def cells(preset): return [Cell('pusher', 'magic')]", "magic"),
        ("def cells(preset): return [Cell('pusher', 'att-1', weak_budget=4)]", "no weak images"),
        ("def cells(preset): return [Cell('pusher', 'att-1', scene_budget=4)]", "leave its scene_budget out"),
        ("def cells(preset): return [Cell('pusher', 'bounds', scene_budget=4)]", "no weak images"),
        ("def cells(preset): return [Cell('pusher', 'gplac', 0, 16, 10)]", "are of 8 scenes at most"),
        ("def cells(preset): return [Cell('pusher', 'gplac', -1)]", "negative"),
        ("def cells(preset): return [Cell('pusher', 'gplac', scene_budget=-3)]", "negative"),
        ("def cells(preset): return [Cell('pusher', 'gplac', '0')]", "seed is a whole number"),
        ("def cells(preset): return [Cell('pusher', 'gplac', 1.5)]", "seed is a whole number"),
        ("def cells(preset): return [Cell('pusher', 'gplac', True)]", "seed is a whole number"),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', weak_budget=4.0)]",
            "weak_budget is a whole number",
        ),
        ("def cells(preset): return [Cell('pusher', ['gplac'])]", "task and method are names"),
        ("def cells(preset): return [Cell(1, 'gplac')]", "task and method are names"),
        ("def cells(preset): return [Cell('pusher', 'gplac', changes='a=1')]", "changes are a tuple of str"),
        ("def cells(preset): return [Cell('pusher', 'gplac', changes=(1,))]", "changes are a tuple of str"),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('training.stepz=3',))]",
            "changes training.stepz=3: there is no field training.stepz",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('data.width=48',))]",
            "leave data.width out of its changes",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('evaluation.scenes=3',))]",
            "leave evaluation.scenes out of its changes",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('data.=3',))]",
            "pusher/gplac: changes data.=3: there is no field data.",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('',))]",
            "pusher/gplac: changes : write FIELD=VALUE, for instance training.steps=3000",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('domain_weight=2',))]",
            "domain_weight has no part in what gplac learns",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('training.steps=-5',))]",
            "gplac-training.steps=-5-seed0: training.steps is -5: choose 1 or more",
        ),
        *(
            (
                f"def cells(preset): return [Cell('pusher', 'gplac', changes=({value!r},))]",
                "classification_weight takes a number",
            )
            for value in (
                "classification_weight=1,--data.width,48",
                "classification_weight=1\\n",
                "classification_weight= 1",
            )
        ),
        (
            "def cells(preset): return [Cell('pusher', 'gplac', changes=('training.weak-budget=4',))]",
            "give weak_budget by itself",
        ),
        (
            "def cells(preset): return [Cell('pusher', 'bounds', changes=('training.steps=3',))]",
            "bounds is not trained; leave its changes out",
        ),
        ("def cells(preset): return 1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit('enough')", "SystemExit: enough"),
        ("import sys\ndef cells(preset): sys.exit()", "SystemExit"),
    ],
)
def test_what_is_no_recipe_is_told_in_a_sentence(
    tmp_path: Path, text: str, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.py"
    recipe.write_text(f"from gplac.grid.cell import Cell\n{text}\n")
    with pytest.raises(SystemExit) as end:
        main(["grid", "status", str(recipe), "--preset", "smoke"])
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert part in told and told.count("\n") == 1


def test_the_status_of_table_1_need_not_name_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(RECIPES.parent)
    main(["grid", "status", "--preset", "smoke", "--only", "pusher/att-1-seed0"])
    assert "pusher/att-1-seed0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere.py", "does not exist"),
        ("folder", "is a folder"),
        ("recipe", "is no Python file by its name; let that end in .py"),
    ],
)
def test_what_is_named_as_a_recipe_and_is_none_is_told_for_what_it_is(
    name: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "recipe").write_text("def cells(preset): return []\n")
    with pytest.raises(UserError, match=f"The recipe {tmp_path / name} {told}"):
        read_recipe(tmp_path / name, "smoke")


def test_a_cell_is_trained_with_the_presets_settings_and_its_own_budget() -> None:
    grid = Grid("lite", Path())
    assert grid.settings(Cell("mug_push", "gplac")).data.weak_scenes == 50
    training = grid.settings(Cell("pusher", "gplac", 0, 160, 10)).training
    assert (training.weak_budget, training.scene_budget) == (160, 10)
    assert Cell("pusher", "gplac", 0, 160, 10).id == "pusher/gplac-scenes10-weak160-seed0"
    assert Cell("pusher", "gplac", 2, scene_budget=10).id == "pusher/gplac-scenes10-seed2"


def test_changes_are_read_off_a_cells_name_in_whatever_order_they_were_given(tmp_path: Path) -> None:
    typed = "training.learning_rate=1e-3", "network.policy-dropout=0", "network.hidden=400,400"
    cell = Cell("pusher", "gplac", 1, weak_budget=16, changes=typed)
    named = "network.hidden=400,400", "network.policy_dropout=0", "training.learning_rate=1e-3"
    assert cell.name == f"gplac-weak16-{'-'.join(named)}-seed1"
    assert changes_in(cell.name) == named
    assert [changes_in(name) for name in ("gplac-weak16-seed1", "att-1-seed0", "policy")] == [(), (), ()]
    settings = Grid("lite", Path()).settings(cell)
    assert (settings.name, settings.network.hidden) == ("lite-changed", (400, 400))
    (tmp_path / "recipe.py").write_text(
        "from gplac.grid.cell import Cell\n\ndef cells(preset):\n    return [\n"
        "        Cell('pusher', 'gplac', changes=('training.steps=7', 'classification_weight=1')),\n"
        "        Cell('pusher', 'gplac', changes=('classification-weight=1', 'training.steps=7')),\n"
        "        Cell('pusher', 'gplac', weak_budget=16, changes=('training.steps=7',)),\n    ]\n"
    )
    cells = read_recipe(tmp_path / "recipe.py", "lite")
    ids = [
        "pusher/gplac-classification_weight=1-training.steps=7-seed0",
        "pusher/gplac-weak16-training.steps=7-seed0",
    ]
    assert [each.id for each in cells] == ids
    assert [each.id for each in choose(cells, ["pusher/gplac-weak16*", "pusher/*weight=1*"])] == ids
    assert [each.seed for each in choose(cells, seeds=[3, 4])] == [3, 3, 4, 4]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("gplac2", "no method is called 'gplac2'"),
        ("gplac --set training.stepz=3", "there is no field training.stepz"),
        ("gplac --alike --confirm", "leave --set and --confirm out"),
        ("gplac --table --task nope", "no task called 'nope'"),
        ("gplac --table --task striker", "no result in results/sweep/striker yet"),
    ],
)
def test_a_sweep_tells_a_mistake_in_a_sentence(tmp_path: Path, arguments: str, told: str) -> None:
    command = [sys.executable, str(RECIPES / "sweep.py"), *arguments.split()]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("sweep: ") and told in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_passes_over_no_result_of_other_settings_in_silence(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "sweep" / "pusher"
    shutil.copytree(RECIPES.parent / "results" / "sweep" / "pusher", folder)
    path = folder / "att-1-lite-network.policy_dropout=0-seed0.json"
    result = json.loads(path.read_text())
    result["training"]["settings"]["training"]["learning_rate"] = 0.5
    path.write_text(json.dumps(result))
    command = [sys.executable, str(RECIPES / "sweep.py"), "att-1", "--alike"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0 and [each.name for each in tmp_path.iterdir()] == ["results"]
    (told,) = ended.stdout.splitlines()
    assert f"{path.name} is of a training with other training (learning_rate 0.5, not 0.006)" in told


def test_a_setting_typed_with_hyphens_is_named_as_tables_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(RECIPES))
    import sweep

    typed = "training.steps=300", "network.policy-dropout=0"
    name = "gplac-lite-network.policy_dropout=0-training.steps=300-seed2"
    assert sweep.named("gplac", "lite", typed, 2) == name


def test_a_sweep_that_cannot_write_or_is_stopped_says_so_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    command = [sys.executable, str(RECIPES / "sweep.py"), "att-1", "--preset", "smoke"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("sweep: Cannot write data") and ended.stderr.count("\n") == 1
    # Ctrl-C in the middle of the work, as a training passes it on.
    code = (
        "import runpy, sys; from gplac.grid import data; sys.argv = sys.argv[1:];"
        "data.collect = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt('with --resume, x goes on.'));"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *command[1:]], cwd=tmp_path, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (130, "sweep: stopped. The same command goes on.\n")

"""What README says of many result files at once is true of each of them."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
from pages import ROOT

from gplac.evaluation.percent import rounded
from gplac.grid.recipe import read_recipe
from gplac.reporting.settings import MISSED
from gplac.worlds import pusher, striker


def test_how_often_policies_succeed_where_they_were_trained() -> None:
    text = (ROOT / "README.md").read_text().replace("\n", " ")
    told = re.search(r"succeed in (\d+) of 100 episodes or more", text)
    assert told is not None
    found = {}
    for task in ("pusher", "striker"):
        for path in (ROOT / "results/lite" / task).glob("*.json"):
            control = json.loads(path.read_text()).get("controls", {}).get("labelled")
            if control:
                assert control["episodes"] == 100
                found[path] = control["successes"]
    assert min(found.values()) == int(told.group(1))


def test_what_is_said_of_test_scenes_is_what_the_tables_say() -> None:
    """Every interval that is told beside the paper's numbers, single or of a difference, stands in a table."""
    interval = re.compile(r"\+?(\d+\.\d) to \+?(\d+\.\d)")
    section = (ROOT / "docs/paper_map.md").read_text().split("## Test scenes at `lite`")[1]
    told = {match.groups(): match[0] for match in interval.finditer(section.replace("\n", " "))}
    assert len(told) > 10
    tables = (ROOT / "results/tables/lite").glob("*.md")
    known = {match.groups() for path in tables for match in interval.finditer(path.read_text())}
    assert [text for ends, text in told.items() if ends not in known] == []


def test_what_readme_says_beside_its_tables_is_what_the_tables_say() -> None:
    """Its summary, and its table of what does not come out as in the paper."""
    text = (ROOT / "README.md").read_text()
    interval = re.compile(r"(\d+\.\d) to (\d+\.\d)")
    summary = re.search(r"^In short: .*?\n\n", text, re.MULTILINE | re.DOTALL)
    differences = text.split("### What does not come out as in the paper")[1].split("What is known of why")[0]
    assert summary is not None
    told = {match.groups() for match in interval.finditer(summary[0] + differences)}
    assert len(told) > 15
    known = set()
    for path in (ROOT / "results/tables/lite").glob("*.md"):
        known |= {match.groups() for match in interval.finditer(path.read_text().replace("+", ""))}
        # Of fewer points: the tables have the difference the other way round.
        known |= {ends[::-1] for ends in re.findall(r"−(\d+\.\d) to −(\d+\.\d)", path.read_text())}
    assert told - known == set()
    tau = re.search(r"Kendall's τ (\d\.\d\d) and (\d\.\d\d)", summary[0])
    assert tau is not None
    all_methods = r"order of 11 of 11 methods on the \w+: Kendall's τ with the paper's order is (\d\.\d\d)"
    assert tuple(re.findall(all_methods, text)) == tau.groups()


def wanted(preset: str, tables: tuple[str, ...]) -> dict[tuple[str, str], tuple[str, float]]:
    """Of each task and row that the tables want explained: the interval as it is printed, and the paper's rate."""
    found = {}
    for table in tables:
        text = (ROOT / "results/tables" / preset / f"{table}.md").read_text()
        for part in text.split("\n## Table "):
            task = re.search(r"(pusher|striker|mug push)", part)
            listed = re.search(r"To be explained .*?: (.*)", part)
            assert task and listed
            for name, interval, paper in re.findall(
                r"([^:;]+): [\d.]+ % \(([\d. to]+)\), the paper ([\d.]+) %", listed[1]
            ):
                found[task[1], name.strip()] = interval, float(paper)
    return found


def section(preset: str) -> str:
    return (
        (ROOT / "docs/paper_map.md").read_text().split(f"## Test scenes at `{preset}`")[1].split("\n## ")[0]
    )


def explained(text: str) -> dict[tuple[str, str], tuple[str, float]]:
    """The rows of the table of what is known of why, as of `wanted`."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and (figures := re.fullmatch(r"[\d.]+ % \(([\d. to]+)\)", cells[2])):
            assert cells[4]
            rows[cells[0].split(",")[0], cells[1].removeprefix("GPLAC, ")] = (
                figures[1],
                float(cells[3].removesuffix(" %")),
            )
    return rows


def test_every_number_that_lites_tables_want_explained_has_its_row_and_its_words() -> None:
    asked, told = wanted("lite", ("table1", "table2", "table3")), section("lite")
    assert len(asked) >= 6
    assert explained(told) == asked
    words = {part.split("\n")[0].split(",")[0].lower(): part for part in told.split("\n### ")[1:]}
    for task, name in asked:
        assert name in words[task]


def test_every_number_that_papers_table_wants_explained_is_spoken_of_with_its_task() -> None:
    asked = wanted("paper", ("table1",))
    assert len(asked) >= 4
    assert explained(section("paper")) == asked
    words = re.split(
        r"\n\n|\n- ", "\n".join(line for line in section("paper").splitlines() if line[:1] != "|")
    )
    for task, name in asked:
        assert any(re.search(rf"\b{name}\b(?!-)", part) and task in part.lower() for part in words), (
            task,
            name,
        )


def test_what_is_said_of_preset_paper_is_what_its_results_say() -> None:
    section = (ROOT / "docs/paper_map.md").read_text().split("## Test scenes at `paper`")[1].split("\n## ")[0]
    row = re.compile(
        r"\| ([A-Z]+-?[0-9A-Z]*) \| [\d.]+ % \((\d+) of (\d+)\) \| ([\d.]+) to ([\d.]+) \| .* \| ([\d.]+) % \|"
    )
    told = {}
    for task in ("pusher", "striker"):
        table = section.split(f"| {task.capitalize()} |")[1].split("\n\n")[0]
        told |= {(task, method.lower()): figures for method, *figures in row.findall(table)}
    found = {}
    for path in (ROOT / "results/paper").glob("*/*.json"):
        if path.name.startswith(("ceiling-", "floor-", "tolerance-")):
            continue  # they see no pictures, so that they are `lite`'s, told there
        result = json.loads(path.read_text())
        curve = result["threshold_curve"]
        wide = curve["success_rates"][curve["thresholds_m"].index(0.17)]
        counted = result["successes"], result["episodes"]
        rates = [rounded(rate) for rate in (*result["interval95_scenes"], wide)]
        found[result["task"], result["method"]] = [str(figure) for figure in (*counted, *rates)]
    assert told == found


def test_what_a_run_of_preset_paper_takes_is_what_was_measured() -> None:
    page = (ROOT / "docs/benchmarks.md").read_text()
    table = page.split("| hours of a run |\n")[1].split("\n\n")[0].splitlines()[1:]
    told = {
        name.split(";")[0].lower(): rest
        for name, *rest in ([cell.strip() for cell in line.strip("|").split("|")] for line in table)
    }
    path = ROOT / "results/paper/projection-of-all-methods-amd-epyc-2-cores.json"
    measured = json.loads(path.read_text())["measured"]
    assert told == {
        name: [
            ", ".join(f"{each:.2f}" for each in found["seconds_per_step"].values()),
            f"{found['images_per_s']['train']:.0f}",
            f"{found['projected_hours']:.1f}",
        ]
        for name, found in measured.items()
    }


def test_numbers_of_the_mug_push_are_called_emulated() -> None:
    """They are no measurements of what the paper's are of, a real robot."""
    number = re.compile(r"\d %|\d of \d|\d points")
    bare = []
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for part in re.split(r"\n\n|\n- |\n\| ", page.read_text()):
            if "mug push" in part.lower() and number.search(part) and "emulated" not in part.lower():
                bare.append((page.name, part[:80]))
    assert bare == []


def test_how_far_a_turned_camera_seems_to_move_the_object() -> None:
    """Of places all over the field: where the turned camera sees one, and where on the table the camera as it was put
    up would say that is."""
    told = re.search(
        r"by 3 degrees up or down makes the pusher's mug seem (\d+) cm and the striker's cup (\d+) cm .*?"
        r" sideways (\d+) and (\d+) cm",
        (ROOT / "docs/methods/att-po.md").read_text(),
    )
    assert told is not None
    found = []
    for axis in (0, 1):
        for stage in (pusher.STAGE, striker.STAGE):
            camera, table_z = stage.camera, stage.camera.target[2]
            x, y = np.meshgrid(np.linspace(*stage.field.x, 50), np.linspace(*stage.field.y, 50))
            places = np.stack([x.ravel(), y.ravel(), np.full(x.size, table_z)], axis=1)
            moved = []
            for turn in (-3.0, 3.0):
                turned = replace(camera, turn_deg=tuple(turn * (axis == each) for each in range(3)))
                right, down = turned.project(places, width=2, height=2).T - 1.0
                slope = np.tan(np.deg2rad(camera.fovy_deg) / 2)
                rays = (
                    np.stack([right * slope, -down * slope, -np.ones(x.size)], axis=1) @ camera.rotation().T
                )
                reach = (table_z - camera.position[2]) / rays[:, 2]
                seen = np.array(camera.position) + reach[:, None] * rays
                moved.append(np.linalg.norm(seen - places, axis=1).mean())
            found.append(round(100 * float(np.mean(moved))))
    assert found == [int(each) for each in told.groups()]


def test_what_grids_cost_at_lite_is_what_their_results_say() -> None:
    """Hours of `docs/grid.md`, and the minutes that `docs/quickstart.md` names for GPLAC on AMD's processor."""
    rows = re.findall(
        r"^\| `(\w+\.py)` \| (\d+)\D[^|]*\| (\d+\.\d) \|$", (ROOT / "docs/grid.md").read_text(), re.M
    )
    assert [name for name, *_ in rows] == [
        "table1.py",
        "table2.py",
        "table3.py",
        "beyond.py",
        "photographs.py",
    ]
    for name, cells, hours in rows:
        trained = [cell for cell in read_recipe(ROOT / "recipes" / name, "lite") if cell.trained]
        seconds = [measured(cell.task, cell.name)["training"]["wall_s"] for cell in trained]
        assert (name, len(trained), f"{sum(seconds) / 3600:.1f}") == (name, int(cells), hours)

    text = (ROOT / "docs/quickstart.md").read_text()
    told = re.search(
        r"(\d+) to (\d+) minutes on one such core \(striker (\d+) to (\d+), emulated mug push (\d+) to (\d+)\)",
        text,
    )
    assert told is not None
    ends: list[int] = []
    for task in ("pusher", "striker", "mug_push"):
        found = [measured(task, f"gplac-seed{seed}")["training"] for seed in range(3)]
        assert all(training["provenance"]["hardware"]["cpu"] == "AMD EPYC" for training in found)
        minutes = [round(training["wall_s"] / 60) for training in found]
        ends += [min(minutes), max(minutes)]
    assert ends == [int(one) for one in told.groups()]


def measured(task: str, name: str) -> Any:
    """The committed result of a policy at preset `lite`."""
    return json.loads((ROOT / "results/lite" / task / f"{name}.json").read_text())


def test_how_often_intervals_miss_is_told_as_it_was_measured() -> None:
    """In `docs/grid.md`, README and below the table of settings."""
    found = json.loads((ROOT / "results/coverage/pusher-confirmation.json").read_text())["intervals"]

    def share(what: str, scenes: int, which: str = "missed") -> str:
        return str(rounded(found[f"{what} of {scenes} scenes"][which]))

    page = " ".join((ROOT / "docs/grid.md").read_text().split())
    for scenes in (40, 20, 11):
        told = rf"in {share('differences', scenes)} % of (samples of )?{scenes}( scenes)? "
        ends = rf"\({share('differences', scenes, 'least')} to {share('differences', scenes, 'most')}[,)]"
        assert re.search(told + ends, page)
    assert f"in {', '.join(share('rates', scenes) for scenes in (40, 20))} and {share('rates', 11)} %" in page
    hard = [
        each["above"] + each["below"]
        for name, each in found["rates of 40 scenes"]["by_result"].items()
        if name.startswith("att-40-")
    ]
    assert f"in {rounded(min(hard))} to {rounded(max(hard))} % of samples of 40" in page
    readme = " ".join((ROOT / "README.md").read_text().split())
    told = f"in {share('differences', 40)} % of samples of 40 scenes and {share('differences', 11)} % of 11"
    assert told in readme
    assert str(rounded(MISSED)) == share("differences", 20)

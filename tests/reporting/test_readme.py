"""Tables of README and of the methods' pages: written from results, where they belong, and up to date."""

import json
from pathlib import Path

import pytest
from synthetic import synthetic_result

from gplac import config
from gplac.cli import main
from gplac.errors import UserError
from gplac.evaluation.percent import rounded
from gplac.evaluation.result import write_json
from gplac.methods import METHODS
from gplac.reporting.every_table import TABLES
from gplac.reporting.pages import BEGIN, END, tables_of_pages, write_pages
from gplac.reporting.readme import readme_tables
from gplac.reporting.sheets import comma_separated, latex, markdown
from gplac.reporting.speeds import speeds

ROOT = Path(__file__).parents[2]
AROUND = f"# Mine\n\n{BEGIN}old\n{END}\nbelow\n"


def put(
    results: Path,
    method: str,
    rate: float,
    *,
    task: str = "pusher",
    seed: int = 0,
    stem: str = "",
    preset: str = "lite",
) -> float:
    found = synthetic_result(method, rate, seed=seed, scenes=4, count=4) | {"task": task, "preset": preset}
    if "weak" in stem:
        found["weak_images"] = int(stem.partition("weak")[2])
    elif preset == "paper":
        found["weak_images"] = 80_000
    write_json(found, "result", results / preset / task / f"{stem or method}-seed{seed}.json")
    return float(found["success_rate"])


def row(text: str, start: str) -> list[str]:
    (found,) = [line for line in text.splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


COMMITTED = sorted((ROOT / "results/tables").glob("*/*.md"))
PAGES = tables_of_pages(ROOT / "results")


@pytest.mark.parametrize("page", PAGES)
def test_what_is_committed_is_what_pages_say(page: str) -> None:
    text = (ROOT / page).read_text()
    assert text.split(BEGIN)[1].split(END)[0] == PAGES[page](), "run: make tables"


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_committed_tables_are_what_results_say(path: Path) -> None:
    """Pages include these files, and other tests look figures up in them."""
    sheets = TABLES[path.stem](ROOT / "results", path.parent.name)
    for suffix, written in (("md", markdown), ("tex", latex), ("csv", comma_separated)):
        assert path.with_suffix(f".{suffix}").read_bytes() == written(sheets).encode(), "run: make tables"
    charts = {chart.name for sheet in sheets for chart in sheet.charts}
    drawn = {file.stem.removesuffix("-dark") for file in path.parent.glob(f"{path.stem}*.png")}
    assert drawn == charts


def test_every_table_of_lite_is_committed() -> None:
    assert {path.stem for path in COMMITTED if path.parent.name == "lite"} == set(TABLES)


def test_no_page_of_a_method_needs_the_built_documentation() -> None:
    """GitHub shows the file as it is."""
    paths = list((ROOT / "docs/methods").glob("*.md"))
    assert len(paths) == len(METHODS) + 1
    assert [path.name for path in paths if "{include}" in path.read_text()] == []


def test_what_methods_have_for_their_own_is_told_above_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: dict[str, config.Differences] = {
        "steps": {name: {"lite": {"training": {"steps": 5_000}}} for name in ("cnn-c", "att-po")},
        "else": {"cnn-40": {"lite": {"network": {"first_layer": "trained"}}}},
        "elsewhere": {"att-1": {"demo": {"training": {"steps": 7}}}},
    }
    monkeypatch.setattr(config, "METHOD_CHANGES", own["steps"] | own["else"] | own["elsewhere"])
    told = "CNN-40 with a first layer that is trained on; CNN-C and ATT-PO with 5,000 steps. A policy in random colours"
    assert f"(docs/paper_map.md#the-rule): {told} has its parent's." in readme_tables(tmp_path)


def test_every_setting_that_a_method_has_for_its_own_is_said_in_words() -> None:
    above = readme_tables(ROOT / "results").split("| policy |")[0]
    assert "settings of their own" in above and "=" not in above


def test_numbers_stand_beside_the_papers_and_what_is_missing_is_said(tmp_path: Path) -> None:
    rate = put(tmp_path, "gplac", 0.9)
    low = put(tmp_path, "att-1", 0.1)
    put(tmp_path, "gplac", 0.8, stem="gplac-weak160")
    emulated = put(tmp_path, "gplac", 0.6, task="mug_push")
    text = readme_tables(tmp_path)
    first, second, third = text.split("\n### ")
    _, ours, paper, striker, striker_paper = row(first, "GPLAC: ")
    assert ours.startswith(f"**{100 * rate:.2f} %** (") and paper == "79.75 %"
    assert (striker, striker_paper) == ("not yet", "59.25 %")
    assert row(first, "ceiling")[1:] == ["not yet", "", "not yet", ""]
    names = [
        row(first, start)[0]
        for start in ("ATT-40: ", "ATT-1: ", "ceiling", "floor", "GPLAC, random", "ATT-1, random")
    ]
    places = [first.index(each) for each in names]
    assert places == sorted(places)
    assert f"GPLAC beyond ATT-1 on the pusher: {100 * (rate - low):+.1f} points (" in first
    assert "on the striker" not in first
    assert second.startswith("Table 2, emulated") and row(second, "GPLAC |")[1].startswith(
        f"**{100 * emulated:.2f} %**"
    )
    assert row(third, "160: a hundredth")[1] != "not yet" and row(third, "1,600")[1] == "not yet"
    other = put(tmp_path, "gplac", 0.9, seed=1)
    assert "alone" not in third
    text = readme_tables(tmp_path)
    assert row(text, "GPLAC: ")[1].endswith(f", seeds 0, 1: {rounded(rate)}, {rounded(other)})")
    alone = f"by seed 0 alone, 16,000 weak images {ours}."
    assert f"equal terms: on the pusher, {alone}" in text and "terms: on the striker" not in text


def test_speeds_stand_beside_their_peers_and_what_has_none_has_an_empty_cell(tmp_path: Path) -> None:
    one = {
        "name": "steps",
        "ours": 35387.3,
        "peer": 27804.6,
        "peer_name": "theirs",
        "unit": "steps/s",
        "n": 7,
    }
    alone = one | {"name": "alone", "ours": 4.56, "peer": None, "peer_name": None, "ratio": None}
    one |= {"ratio": 1.2727, "ratio_min": 1.26, "ratio_max": 1.3}
    hardware = {"provenance": {"hardware": {"cpu": "Some Processor", "cores": 2}}}
    (tmp_path / "one.json").write_text(json.dumps([one | hardware, alone]))
    text = speeds(tmp_path)
    assert "Some Processor, 2 cores (`results/bench/one.json`)" in text
    assert row(text, "steps |") == ["steps", "1.27 (1.26 to 1.30)", "35,387 steps/s", "27,805 steps/s"]
    assert row(text, "alone") == ["alone", "", "4.6 steps/s", ""]
    (tmp_path / "one.json").write_text("[]")
    with pytest.raises(UserError, match=r"one\.json"):
        speeds(tmp_path)


def test_a_methods_page_has_its_number_beside_the_papers(tmp_path: Path) -> None:
    rate = put(tmp_path, "gplac", 0.9)
    table = tables_of_pages(tmp_path)["docs/methods/gplac.md"]()
    pusher = row(table, "pusher")
    assert pusher[1].startswith(f"**{100 * rate:.1f} %** (") and pusher[1].endswith("of 16, seed 0)")
    assert pusher[3] == "79.75 %" and row(table, "striker")[1] == "not yet measured"
    assert row(table, "mug push (emulated")[3] == "56.36 %"
    assert row(tables_of_pages(tmp_path)["docs/methods/gplac-colours.md"](), "pusher")[3] == "not in it"
    assert "`paper`" not in table
    large = put(tmp_path, "gplac", 0.6, preset="paper")
    cells = row(tables_of_pages(tmp_path)["docs/methods/gplac.md"](), "pusher, preset `paper`")
    assert cells[1].startswith(f"**{100 * large:.1f} %** (") and cells[3] == "79.75 %"


def test_of_the_papers_size_what_is_measured_is_shown(tmp_path: Path) -> None:
    put(tmp_path, "gplac", 0.9)
    heading = "### Table 1 at the paper's own size"
    assert heading not in readme_tables(tmp_path)
    rate = put(tmp_path, "gplac", 0.6, preset="paper")
    before, table = readme_tables(tmp_path).split(heading)
    assert "200x175 pixels, 80,000 weak images, 50,000 steps" in table
    name, pusher, theirs, striker, _ = row(table, "GPLAC |")
    assert (name, theirs, striker) == ("GPLAC", "79.75 %", "not yet")
    assert pusher.startswith(f"**{100 * rate:.2f} %** (")
    assert row(table, "ATT-1 |")[1:4:2] == ["not yet", "not yet"]  # every row of the paper's
    assert "random colours" not in table and before.endswith("\n\n")
    assert "of seed 0. Trained without a GPU." in table


def test_what_was_trained_without_a_gpu_is_named_beside_what_was_not(tmp_path: Path) -> None:
    for method, gpu, earlier in (
        ("gplac", "NVIDIA H200", []),
        ("att-1", None, []),
        ("cnn-1", "NVIDIA H200", [None]),
    ):
        put(tmp_path, method, 0.6, preset="paper")
        path = tmp_path / "paper/pusher" / f"{method}-seed0.json"
        found = json.loads(path.read_text())
        parts = [{"hardware": {"cpu": "AMD", "gpu": each}} for each in (*earlier, gpu)]
        found["training"]["provenance"] = {**parts.pop(), "earlier": parts}
        path.write_text(json.dumps(found))
    told = readme_tables(tmp_path).split("### Table 1 at the paper's own size")[1]
    assert "Trained on a GPU, but for ATT-1 on the pusher, CNN-1 on the pusher." in told


def test_only_a_readme_that_has_a_place_for_them_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("results"), "gplac", 0.9)
    readme = tmp_path / "README.md"
    main(["table", "all"])
    assert not readme.exists()
    readme.write_text("# Somebody else's\n")
    main(["table", "all"])
    assert readme.read_text() == "# Somebody else's\n"
    readme.write_text(AROUND)
    main(["table", "1"])
    put(tmp_path / "others", "gplac", 0.4)
    main(["table", "all", "--results", "others", "--out", "out"])
    assert readme.read_text() == AROUND
    main(["table", "all"])
    text = readme.read_text()
    assert text == AROUND.replace("old\n", readme_tables(tmp_path / "results"))
    page = tmp_path / "docs/methods/index.md"
    page.parent.mkdir(parents=True)
    page.write_text(AROUND)
    main(["table", "all"])
    assert readme.read_text() == text
    assert "| [ATT-40](att-40.md) | ATT-1 | labelled_scenes: 1 → 40 |  |\n" in page.read_text()
    assert "conv | `network.first_layer=trained` |\n" in page.read_text()  # CNN-1
    readme.write_text(AROUND.replace(END, ""))
    with pytest.raises(UserError, match="put that back"):
        write_pages(tmp_path / "results", "lite", tmp_path)


@pytest.mark.parametrize(
    "name", ["table1", "table2", "table3", "photographs", "fair", "figure5", "thresholds"]
)
def test_every_table_is_on_the_documentations_page(name: str) -> None:
    assert f"```{{include}} ../results/tables/lite/{name}.md\n" in (ROOT / "docs/tables.md").read_text()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "results/tables/paper").glob("*.md")), ids=lambda path: path.name
)
def test_so_is_what_there_is_at_the_papers_size(path: Path) -> None:
    assert f"```{{include}} ../results/tables/paper/{path.name}\n" in (ROOT / "docs/tables.md").read_text()

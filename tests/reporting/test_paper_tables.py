"""The paper's tables from hand-made results, against numbers counted by hand."""

import csv
import json
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from synthetic import PROVENANCE, result_with, synthetic_inspection, synthetic_result

from gplac.cli import main
from gplac.config import preset
from gplac.errors import UserError
from gplac.evaluation.percent import percent
from gplac.evaluation.result import write_json
from gplac.reporting.fairness import fair
from gplac.reporting.figure_5 import figure_5
from gplac.reporting.paper_tables import table_1, table_2, table_3
from gplac.reporting.sheets import Sheet, comma_separated, latex, markdown
from gplac.reporting.themes import LIGHT

COUNT = 4
"""Episodes in each scene."""


def put(
    results: Path,
    method: str,
    won: list[int],
    *,
    task: str = "pusher",
    seed: int = 0,
    weak_images: int = 0,
    labelled_images: int | None = None,
    stem: str = "",
) -> dict[str, Any]:
    """Write a result in which so many of each scene's episodes succeed."""
    result = result_with(method, won, COUNT, seed=seed) | {"task": task, "weak_images": weak_images}
    result |= {} if labelled_images is None else {"labelled_images": labelled_images}
    path = results / "lite" / task / f"{stem or f'{method}-seed{seed}'}.json"
    write_json(result, "result", path)
    return result


def inspection(
    results: Path,
    method: str,
    unseen: float,
    classifier: float | None = None,
    seed: int = 0,
    best_fixed: float | None = None,
    task: str = "pusher",
    chance: float = 0.04,
) -> None:
    found = synthetic_inspection(
        method,
        task=task,
        seed=seed,
        points_on_object={
            "labelled": {"mean": 0.9, "by_channel": [], "chance": 0.05},
            "unseen": {"mean": unseen, "by_channel": [], "chance": chance},
        },
        map_entropy={
            name: {"mean": mean, "by_channel": []} for name, mean in (("labelled", 0.15), ("unseen", 0.25))
        },
    )
    if best_fixed is not None:
        found["points_on_object"]["unseen"]["best_fixed"] = best_fixed
    if classifier is not None:
        of_scene = {"scene": 0, "images": 8, "accuracy": classifier}
        found["classifier"] = {"accuracy": classifier, "per_scene": [of_scene]}
    write_json(found, "inspection", results / "lite" / task / "validation" / f"{method}-seed{seed}.json")


def row(sheet: Sheet, name: str) -> tuple[str, ...]:
    (found,) = [cells for cells in sheet.rows if cells[0] == name]
    return found


def said(sheet: Sheet) -> str:
    return " ".join(sheet.notes)


def test_table_1_pools_seeds_and_shows_what_is_missing_as_missing(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 4, 4, 2])
    put(tmp_path, "gplac", [4, 2, 4, 4], seed=1)
    put(tmp_path, "att-1", [2, 2, 2, 2])
    pusher, striker = table_1(tmp_path, "lite")
    assert row(pusher, "GPLAC")[1:3] == ("79.75 %", "**87.50 %**")
    assert row(pusher, "GPLAC")[4:] == ("+37.5 (+25.0 to +50.0)", "32", "0, 1 (87.5, 87.5)")
    assert row(pusher, "ATT-1") == ("ATT-1", "37.50 %", "**50.00 %**", "15.0 to 85.0", "", "16", "0")
    assert row(pusher, "CNN-C") == ("CNN-C", "2.25 %", "missing", "", "", "", "")
    assert len(pusher.rows) == 11 + 2
    assert all(cells[2] == "missing" for cells in striker.rows) and striker.charts == ()
    assert "Nothing of the striker is measured at preset" in said(striker)


def test_the_order_is_compared_with_the_papers(tmp_path: Path) -> None:
    # The paper: ATT-40 over GPLAC over ATT-1.
    put(tmp_path, "gplac", [4, 4, 4, 4])
    put(tmp_path, "att-40", [3, 4, 4, 4])
    put(tmp_path, "att-1", [0, 0, 1, 0])
    put(tmp_path, "ceiling", [0, 0, 0, 0])  # no method: no part of any order
    text = said(table_1(tmp_path, "lite")[0])
    assert "3 of 11 are measured" in text
    assert "is 0.33 (" in text and "2 of 3 pairs come in the paper's order, 2 of them clearly" in text
    assert "Against the paper's order, but within the interval: GPLAC and ATT-40." in text


def test_a_clear_reversal_is_told_with_its_numbers(tmp_path: Path) -> None:
    put(tmp_path, "att-1", [4, 4, 4, 4])
    put(tmp_path, "gplac", [2, 2, 2, 3])
    text = said(table_1(tmp_path, "lite")[0])
    assert (
        "Clearly against the paper's order: ATT-1 over GPLAC by +43.8 points (+31.3 to +50.0; the paper: −42.3)"
        in text
    )


def test_pairs_in_the_papers_order_are_named_with_the_better_one_first(tmp_path: Path) -> None:
    for method, won in (("att-1", [0, 0, 1, 0]), ("gplac", [2, 3, 3, 2]), ("att-40", [4, 4, 4, 3])):
        put(tmp_path, method, won)
    text = said(table_1(tmp_path, "lite")[0])
    assert "Clearly in the paper's order: ATT-40 over ATT-1, GPLAC; GPLAC over ATT-1." in text


def test_two_that_succeed_equally_often_are_neither_for_nor_against_the_paper(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 2, 0, 2])
    put(tmp_path, "att-1", [2, 4, 2, 0])
    text = said(table_1(tmp_path, "lite")[0])
    assert "0 of 1 pairs come in the paper's order" in text and "not corrected" in text
    assert "Equal here, which counts neither way: ATT-1 and GPLAC." in text
    assert "gainst the paper's order" not in text


def test_what_is_far_from_the_paper_is_listed(tmp_path: Path) -> None:
    put(tmp_path, "att-1", [4] * 8)  # 37.5 in the paper
    put(tmp_path, "cnn-1", [2] * 8)  # 40.25: within 15 points of 50
    text = said(table_1(tmp_path, "lite")[0])
    assert "To be explained" in text and "ATT-1: 100.00 % (67.6 to 100.0), the paper 37.50 %." in text
    assert "CNN-1: " not in text


def drawn(sheet: Sheet) -> str:
    """All that is written on a sheet's chart."""
    (chart,) = sheet.charts
    figure = chart.figure(LIGHT)
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return " | ".join([figure.get_suptitle(), *legends])


def test_charts_say_what_they_show_of_which_task(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 2])
    put(tmp_path, "att-1", [4, 2, 2])
    put(tmp_path, "gplac", [4, 2], task="striker")
    pusher, striker = (drawn(sheet) for sheet in table_1(tmp_path, "lite"))
    assert pusher.startswith(
        "Table 1: success in unseen scenes (2 of 11 methods)\nPusher, preset lite, n = 8 to 12 |"
    )
    assert striker.startswith(
        "Table 1: success in unseen scenes (1 of 11 methods)\nStriker, preset lite, n = 8 |"
    )
    assert striker.endswith("| the paper")
    inspection(tmp_path, "gplac", 0.7)
    assert "Pusher, preset lite, pictures = 4 |" in drawn(figure_5(tmp_path, "lite")[0])


def test_what_is_read_of_the_mug_push_says_emulated_and_its_task_by_title(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 2], task="mug_push")
    inspection(tmp_path, "gplac", 0.7, task="mug_push")
    (points,) = figure_5(tmp_path, "lite")
    (had,) = fair(tmp_path, "lite")
    for text in (points.title, points.charts[0].about, drawn(points), had.title, said(had)):
        assert "emulated" in text.lower() and "mug_push" not in text


def test_table_2_says_emulated_wherever_it_is_read(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 2], task="mug_push")
    (sheet,) = table_2(tmp_path, "lite")
    assert row(sheet, "GPLAC")[:3] == ("GPLAC", "56.36 %", "**75.00 %**")
    for text in (sheet.title, sheet.head[2], said(sheet), sheet.charts[0].about, sheet.records[0]["table"]):
        assert "emulated" in text.lower()
    assert "emulated), preset lite, n = 8" in drawn(sheet) and "the paper, real robot" in drawn(sheet)
    (tex,) = re.findall(r"\\caption\{.*\}", latex([sheet]))
    assert "emulated" in tex
    assert [cells[0] for cells in sheet.rows[3:]] == ["Ceiling (told where)", "Floor (blind)"]


def test_gains_are_over_all_seeds_of_att_1_scene_by_scene(tmp_path: Path) -> None:
    put(tmp_path, "att-1", [1, 0])
    put(tmp_path, "att-1", [3, 2], seed=1)
    put(tmp_path, "gplac", [4, 3])
    put(tmp_path, "floor", [1, 0])
    sheet = table_1(tmp_path, "lite")[0]
    place = sheet.head.index("Over ATT-1")
    # In the two scenes ATT-1 has 4 and 2 of 8: GPLAC is half of the episodes better in either.
    assert row(sheet, "GPLAC")[place].startswith("+50.0 (")
    assert row(sheet, "Floor (blind)")[place].startswith("−25.0 (")
    assert row(sheet, "ATT-1")[place] == row(sheet, "CNN-1")[place] == ""
    records = {record["method"]: record for record in sheet.records}
    assert records["gplac"]["over_att_1"] == 0.5 and records["att-1"]["over_att_1"] is None
    assert records["gplac"]["over_att_1_low95"] <= 0.5 <= records["gplac"]["over_att_1_high95"]


def test_without_att_1_there_is_nothing_to_gain_over(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 3])
    sheet = table_1(tmp_path, "lite")[0]
    assert {cells[sheet.head.index("Over ATT-1")] for cells in sheet.rows} == {""}


def test_settings_of_a_methods_own_stand_below_the_table(tmp_path: Path) -> None:
    put(tmp_path, "cnn-1", [1, 0])
    assert "CNN-1 `network.first_layer=trained`" in said(table_1(tmp_path, "lite")[0])
    assert "own" not in said(table_1(tmp_path, "smoke")[0])


def test_table_3_compares_equal_shares(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 4], weak_images=16_000)
    put(tmp_path, "gplac", [1, 0], weak_images=160, stem="gplac-weak160-seed0")
    sheet, striker = table_3(tmp_path, "lite")
    assert [cells[:4] for cells in sheet.rows] == [
        ("80,000", "16,000", "79.75 %", "**100.00 %**"),
        ("8,000", "1,600", "79.50 %", "missing"),
        ("800", "160", "78.50 %", "**12.50 %**"),
        ("80", "16", "56.00 %", "missing"),
    ]
    assert "160 weak images: 12.50 % (0.0 to 25.0), the paper 78.50 %" in said(sheet)
    assert striker.charts == ()
    assert "Rows are compared" not in said(sheet)
    # Neither is the smaller budget a seed of Table 1's cell.
    assert row(table_1(tmp_path, "lite")[0], "GPLAC")[2] == "**100.00 %**"


def test_table_3s_chart_has_our_rates_and_the_papers_over_the_share_of_the_images(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 4], weak_images=16_000)
    put(tmp_path, "gplac", [1, 0], weak_images=160, stem="gplac-weak160-seed0")
    (chart,) = table_3(tmp_path, "lite")[0].charts
    axes: Any = chart.figure(LIGHT).axes[0]
    drawn = {line.get_label(): list(zip(*line.get_data(), strict=True)) for line in axes.lines}
    assert drawn["ours, 95 %"] == [(1, 1.0), (0.01, 0.125)]
    assert drawn["the paper"] == [(1, 0.7975), (0.1, 0.795), (0.01, 0.785), (0.001, 0.56)]


def test_table_3_compares_rows_by_the_seeds_that_all_have_and_says_so(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [3, 2], weak_images=16_000)
    put(tmp_path, "gplac", [0, 0], weak_images=16_000, seed=1)
    put(tmp_path, "gplac", [2, 1], weak_images=160, stem="gplac-weak160-seed0")
    sheet, _ = table_3(tmp_path, "lite")
    assert sheet.rows[0][3] == "**31.25 %**"  # all that is known of it
    text = said(sheet)
    assert "by what all of them have, seed 0, which gives 16,000 weak images 62.50 % (50.0 to 75.0)." in text
    assert "1 of 1 pairs come in the paper's order" in text  # by both seeds, 160 images would be better


def test_fair_comparison_tells_data_cost_and_controls(tmp_path: Path) -> None:
    one, two = (put(tmp_path, "gplac", [4, 4], seed=seed, weak_images=16_000) for seed in (0, 1))
    put(tmp_path, "att-po", [1, 1])
    put(tmp_path, "att-da", [1, 1], weak_images=16_000)
    put(tmp_path, "att-40", [1, 1])
    put(tmp_path, "att-1", [1, 1], labelled_images=123)
    inspection(tmp_path, "gplac", 0.7, classifier=0.9)
    inspection(tmp_path, "gplac", 0.5, classifier=0.8, seed=1)
    (sheet,) = fair(tmp_path, "lite")
    records = {record["method"]: record for record in sheet.records}
    assert [records[name]["labelled_frames"] for name in ("gplac", "att-40")] == [400 * 100, 40 * 20 * 100]
    assert (
        records["att-1"]["labelled_frames"] == 123
    )  # what the file tells, before what the preset would have
    assert [records[name]["labelled_scenes"] for name in ("gplac", "att-40")] == [1, 40]
    assert records["att-po"]["also_told"] == "yes/no labels, positions of the object"
    told = {name: record["also_told"] for name, record in records.items()}
    assert (told["gplac"], told["att-1"], told["att-da"]) == ("yes/no labels", "", "")
    assert "ATT-DA and ATT-AE have nothing else of the labels" in said(sheet)
    assert records["gplac"]["classifier"] == pytest.approx(0.85)
    labelled = [each["controls"]["labelled"] for each in (one, two)]
    expected = sum(each["successes"] for each in labelled) / sum(each["episodes"] for each in labelled)
    assert records["gplac"]["labelled"] == pytest.approx(expected, abs=1e-6)
    blank = [each["controls"]["blank"] for each in (one, two)]
    expected = sum(each["successes"] for each in blank) / sum(each["episodes"] for each in blank)
    assert records["gplac"]["blank"] == pytest.approx(expected, abs=1e-6) != records["gplac"]["labelled"]
    cells = dict(zip(sheet.head, row(sheet, "GPLAC"), strict=True))
    assert (cells["Weak images"], cells["Classifier"]) == ("16,000", "85.0 %")
    assert (cells["Labelled scene"], cells["Grey pictures"]) == tuple(
        percent(records["gplac"][name]) for name in ("labelled", "blank")
    )
    assert cells["Time"] == f"{one['training']['wall_s'] / 60:.0f} min" != "0 min"
    images = {name: record["images_a_step"] for name, record in records.items()}
    assert images == {"gplac": "64 + 32", "att-1": "64", "att-40": "64", "att-po": "64", "att-da": "64 + 32"}


def test_fair_comparison_counts_what_is_trained_and_what_runs(tmp_path: Path) -> None:
    for method in ("att-1", "gplac", "gplac-da", "cnn-40", "cnn-c", "att-da", "ceiling"):
        put(tmp_path, method, [1, 1])
    records = {record["method"]: record for record in fair(tmp_path, "lite")[0].records}
    trained, running = (
        {method: record[f"{what}_numbers"] for method, record in records.items()}
        for what in ("trained", "policy")
    )
    head = (2 * 16 * 400 + 400) + (400 * 400 + 400) + (400 + 1)  # sixteen points in, one number out
    assert trained["gplac"] - trained["att-1"] == trained["gplac-da"] - trained["gplac"] == head
    assert trained["att-da"] == trained["gplac"]  # its head tells domains apart
    assert running["att-1"] == running["gplac"] == running["gplac-da"] == running["att-da"]
    frozen = 64 * 3 * 3 * 3 + 64
    assert running["cnn-40"] - trained["cnn-40"] == frozen
    assert running["cnn-c"] == running["cnn-40"] < trained["cnn-c"]
    assert trained["ceiling"] == running["ceiling"] == 71_000  # its file tells


def test_fair_comparison_is_of_what_results_tell_and_not_of_todays_preset(tmp_path: Path) -> None:
    put(tmp_path, "att-1", [1, 1])
    now = {record["method"]: record for record in fair(tmp_path, "lite")[0].records}["att-1"]
    result = put(tmp_path, "att-1", [1, 1], seed=1)
    told = {"training": {"labelled_batch": 16, "gone": 1}, "network": {"channels": [64, 8], "hidden": [5]}}
    (tmp_path / "lite/pusher/att-1-seed0.json").unlink()
    result["training"] |= {"settings": told | {"data": {"width": 32, "height": 28}, "hash": "0" * 16}}
    write_json(result, "result", tmp_path / "lite/pusher/att-1-seed1.json")
    (sheet,) = fair(tmp_path, "lite")
    (then,) = sheet.records
    assert (now["images_a_step"], then["images_a_step"]) == ("64", "16")
    steps = preset("lite").training.steps
    assert then["multiply_adds"] == 16 * 14 * 9 * (3 * 64 + 64 * 8) * 16 * steps
    inputs = 2 * 8 + 17
    assert then["trained_numbers"] == 9 * 64 * 8 + 2 * 8 + (inputs * 5 + 5) + (5 * 7 + 7)
    assert "older version, which" not in said(sheet)


def test_fair_comparison_says_what_is_not_equal(tmp_path: Path) -> None:
    for method, weak, stem in (
        ("att-ft", 16_000, ""),
        ("gplac", 16_000, ""),
        ("gplac", 16, "gplac-weak16-seed0"),
        ("ceiling", 0, ""),
    ):
        put(tmp_path, method, [1, 1], weak_images=weak, stem=stem)
    (sheet,) = fair(tmp_path, "lite")
    places = {cells[0]: cells[sheet.head.index("of weak scenes")] for cells in sheet.rows}
    told = {"ATT-FT": "40", "GPLAC": "40", "GPLAC, 16 weak images": "8", "Ceiling (told where)": ""}
    missing = {cells[0] for cells in sheet.rows if cells[1] == "missing"}
    assert {name: place for name, place in places.items() if name not in missing} == told
    assert len(missing) == 9 and "CNN-40" in missing and "GPLAC, random colours" not in missing
    assert "Settings of their own: ATT-FT `network.policy_dropout=0`." in said(sheet)
    assert "The classifier of ATT-FT is judged after the second stage" in said(sheet)
    assert "older version, which do not tell" in said(sheet) and "GPLAC, 16 weak images (seed 0)." in said(
        sheet
    )


def test_fair_comparison_names_the_processor_that_trained(tmp_path: Path) -> None:
    machines: list[dict[str, Any]] = [{"cpu": "one", "gpu": None}, {"cpu": "two", "gpu": "three"}]
    for seed, hardware in enumerate(machines):
        result = put(tmp_path, "gplac", [1, 1], seed=seed)
        result["training"] |= {"provenance": {"hardware": hardware}}
        result["provenance"] = PROVENANCE | {"hardware": {"cpu": "evaluated it"}}
        write_json(result, "result", tmp_path / f"lite/pusher/gplac-seed{seed}.json")
    result = put(tmp_path, "att-1", [1, 1])  # of a version that did not tell
    result["provenance"] = PROVENANCE | {"hardware": {"cpu": "evaluated it"}}
    write_json(result, "result", tmp_path / "lite/pusher/att-1-seed0.json")
    records = {record["method"]: record for record in fair(tmp_path, "lite")[0].records}
    assert records["gplac"]["processor"] == "one, three"
    assert records["att-1"]["processor"] == "evaluated it"


def test_fair_comparison_names_the_processors_of_a_trainings_parts_in_order(tmp_path: Path) -> None:
    result = put(tmp_path, "gplac", [1, 1])
    earlier = [{"hardware": {"cpu": "first"}}, {"hardware": {"cpu": "second", "gpu": "its card"}}]
    result["training"] |= {"provenance": {"hardware": {"cpu": "last"}, "earlier": earlier}}
    write_json(result, "result", tmp_path / "lite/pusher/gplac-seed0.json")
    (sheet,) = fair(tmp_path, "lite")
    assert row(sheet, "GPLAC")[sheet.head.index("on")] == "first, its card, last"


def test_work_is_the_convolutions_multiply_adds_on_all_pictures(tmp_path: Path) -> None:
    for method in ("att-1", "cnn-1", "gplac", "att-ft", "att-ae"):
        put(tmp_path, method, [1, 1])
    work = {each["method"]: each["multiply_adds"] for each in fair(tmp_path, "lite")[0].records}
    channels = (3, 64, 64, 32, 32, 16)
    kernels = sum(9 * one * two for one, two in pairwise(channels))
    training = preset("lite").training
    demonstrated = training.steps * training.labelled_batch
    assert work["att-1"] == 32 * 28 * kernels * demonstrated
    assert work["cnn-1"] == 16 * 14 * kernels * demonstrated
    weak = (training.steps - training.warmup_steps) * training.weak_batch
    assert work["gplac"] == 32 * 28 * kernels * (demonstrated + weak)
    first = training.pretrain_steps * training.weak_batch
    assert work["att-ft"] == 32 * 28 * kernels * (demonstrated + first)


def test_figure_5s_bars_are_of_unseen_scenes_and_its_rings_of_the_labelled_one(tmp_path: Path) -> None:
    inspection(tmp_path, "gplac", 0.6)
    inspection(tmp_path, "att-1", 0.1)
    axes = figure_5(tmp_path, "lite")[0].charts[0].figure(LIGHT).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.1, 0.6]
    rings = [x for line in axes.lines if line.get_marker() == "o" for x in line.get_xdata()]
    assert rings == [0.9, 0.9]


def test_figure_5_is_the_mean_share_of_points_on_the_object(tmp_path: Path) -> None:
    inspection(tmp_path, "gplac", 0.7, chance=0.05)
    inspection(tmp_path, "gplac", 0.5, seed=1, chance=0.05)
    inspection(tmp_path, "att-1", 0.1, best_fixed=0.44)
    (sheet,) = figure_5(tmp_path, "lite")
    unknown = "not measured"
    assert row(sheet, "GPLAC") == ("GPLAC", "60.0 %", "90.0 %", "5.0 %", unknown, "25.0 %", unknown, "0, 1")
    assert row(sheet, "ATT-1")[3:5] == ("4.0 %", "44.0 %")
    assert "Best fixed point:" in said(sheet)
    assert [record["best_fixed"] for record in sheet.records] == [0.44, None]
    assert [cells[0] for cells in sheet.rows if cells[1] != "missing"] == ["ATT-1", "GPLAC"]


def test_figure_5_has_a_row_for_methods_without_points_and_how_well_domains_are_told_apart(
    tmp_path: Path,
) -> None:
    for seed, apart in enumerate((0.9, 0.7)):
        inspection(tmp_path, "att-da", 0.3, seed=seed)
        path = tmp_path / f"lite/pusher/validation/att-da-seed{seed}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"domains_told_apart": apart}))
    inspection(tmp_path, "cnn-1", 0.0)
    path = tmp_path / "lite/pusher/validation/cnn-1-seed0.json"
    found = json.loads(path.read_text())
    del found["points_on_object"], found["map_entropy"]
    path.write_text(json.dumps(found))
    (sheet,) = figure_5(tmp_path, "lite")
    assert row(sheet, "ATT-DA")[6] == "80.0 %"
    inspection(tmp_path, "att-da", 0.3, seed=2)  # of an older version
    assert row(figure_5(tmp_path, "lite")[0], "ATT-DA")[6] == "80.0 % (seeds 0, 1)"
    inspection(tmp_path, "att-1", 0.3)
    assert row(figure_5(tmp_path, "lite")[0], "ATT-1")[6] == "not measured"
    assert row(sheet, "CNN-1")[1] == "no points"
    assert [record["method"] for record in sheet.records] == ["att-da"]


def test_the_best_fixed_point_is_that_of_the_pictures_whichever_inspection_measured_it(
    tmp_path: Path,
) -> None:
    inspection(tmp_path, "att-1", 0.1)
    inspection(tmp_path, "gplac", 0.7, best_fixed=0.44)
    inspection(tmp_path, "att-40", 0.5, chance=0.05)  # the object is larger: these are other pictures
    (sheet,) = figure_5(tmp_path, "lite")
    assert {cells[0]: cells[4] for cells in sheet.rows if cells[1] != "missing"} == {
        "ATT-1": "44.0 %",
        "GPLAC": "44.0 %",
        "ATT-40": "not measured",
    }


def test_figure_5_says_what_has_no_inspection(tmp_path: Path) -> None:
    for seed in (0, 1, 2):
        put(tmp_path, "gplac", [4, 4], seed=seed)
    inspection(tmp_path, "gplac", 0.7, seed=1)
    (sheet,) = figure_5(tmp_path, "lite")
    assert row(sheet, "GPLAC")[-1] == "1 (no inspection of 0, 2)"
    assert row(sheet, "ATT-FT")[1] == "missing"
    assert {cells[1] for cells in sheet.rows if cells[0] != "GPLAC"} == {"missing"} and len(sheet.rows) == 11
    assert sheet.charts[0].title.startswith(
        "Figure 5: share of feature points on the object (1 of 8 methods)"
    )


def assert_nested(tex: str) -> None:
    """Environments and braces are closed in the order in which they were opened, and every row has all its cells."""
    open_ = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", tex):
        if kind == "begin":
            open_.append(name)
        else:
            assert open_.pop() == name
    assert open_ == []
    depth = 0
    for brace in re.findall(r"\\\\|\\[{}]|[{}]", tex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        assert depth >= 0
    assert depth == 0
    for columns, body in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", tex, re.DOTALL):
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"method": "att-1"},
            "is an inspection of method att-1, where its name and folder say gplac: move it",
        ),
        ({"seed": 1}, "is an inspection of seed 1"),
        ({"task": "striker"}, "is an inspection of task striker"),
        ({"preset": "paper"}, "is an inspection of preset paper"),
        ({"weak_scenes": 3}, "is an inspection of weak scenes 3"),
        ({"split": "test"}, "is an inspection of test scenes, and lies among those of validation scenes"),
        ({"preset": "lite-changed"}, ""),  # the preset may have taken over its settings since
    ],
)
@pytest.mark.parametrize("table", [figure_5, fair])
def test_an_inspection_under_anothers_name_is_refused(
    tmp_path: Path, table: Callable[[Path, str], list[Sheet]], change: dict[str, Any], told: str
) -> None:
    put(tmp_path, "gplac", [1, 1])
    inspection(tmp_path, "gplac", 0.7)
    path = tmp_path / "lite/pusher/validation/gplac-seed0.json"
    write_json(json.loads(path.read_text()) | change, "inspection", path)
    if not told:
        assert table(tmp_path, "lite")
        return
    with pytest.raises(UserError, match=f"gplac-seed0.json {told}"):
        table(tmp_path, "lite")


@pytest.mark.parametrize("text", ["[]", "null", "{}", "{"])
def test_a_damaged_inspection_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lite/pusher/validation/gplac-seed0.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UserError, match=r"gplac-seed0.json (is no inspection file|cannot be read as JSON)"):
        figure_5(tmp_path, "lite")


def test_the_same_numbers_in_markdown_latex_and_csv(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 3, 2, 1], weak_images=16_000)
    put(tmp_path, "att-1", [0, 1, 0, 0])
    sheets = table_1(tmp_path, "lite")
    text = markdown(sheets)
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {8}
    assert text.count("## Table 1, ") == 2
    tex = latex(sheets)
    assert tex.count(r"\begin{tabular}{lrrrrrr}") == 2 == tex.count(r"\end{table}")
    assert r"GPLAC & 79.75 \% & 62.50 \% &" in tex
    assert r"$\tau$" in tex and "**" not in tex and "τ" not in tex
    captions, labels = (re.findall(rf"\\{name}{{(.*)}}", tex) for name in ("caption", "label"))
    assert captions == ["Table 1, pusher (preset lite)", "Table 1, striker (preset lite)"]
    assert labels == ["tab:table-1-pusher-preset-lite", "tab:table-1-striker-preset-lite"]
    assert_nested(tex)
    records = list(csv.DictReader(comma_separated(sheets).splitlines()))
    assert len(records) == 2 * 13
    gplac = next(each for each in records if (each["task"], each["method"]) == ("pusher", "gplac"))
    assert (gplac["successes"], gplac["episodes"], float(gplac["success_rate"])) == ("10", "16", 0.625)
    assert math.isclose(float(gplac["paper"]), 0.7975)
    assert float(gplac["low95"]) < 0.625 < float(gplac["high95"])
    missing = next(each for each in records if each["method"] == "cnn-c")
    assert missing["success_rate"] == missing["low95"] == missing["seeds"] == ""


def test_the_verb_writes_every_table_from_the_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    put(Path("results"), "gplac", [4, 3], weak_images=16_000)
    put(Path("results"), "gplac", [4, 3], task="mug_push")
    inspection(Path("results"), "gplac", 0.7)
    main(["table", "all"])
    folder = tmp_path / "results/tables/lite"
    written = {path.name for path in folder.iterdir()}
    names = ("table1", "table2", "table3", "photographs", "fair", "figure5", "thresholds")
    assert {f"{name}.{suffix}" for name in names for suffix in ("md", "tex", "csv")} <= written
    pictures = {name for name in written if name.endswith(".png")}
    charts = [
        *("table1-pusher", "table2-mug-push", "table3-pusher", "photographs", "figure5-pusher"),
        *("thresholds-pusher", "thresholds-mug-push"),
    ]
    assert pictures == {f"{name}{theme}.png" for name in charts for theme in ("", "-dark")}
    for name in pictures:
        with Image.open(folder / name) as image:
            assert image.width == 1000
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert "Table 2, emulated" in capsys.readouterr().out
    main(["table", "2"])
    told = capsys.readouterr().out
    assert "Table 2, emulated" in told and str(Path("results/tables/lite/table2.md")) in told
    lines = [line.split() for line in told.splitlines()]
    assert ["GPLAC", "56.36", "%", "87.50", "%", "75.0", "to", "100.0", "8", "0"] in lines
    assert ["ATT-1", "33.22", "%", "missing"] in lines
    main(["table", "1"])
    assert "Kendall" not in capsys.readouterr().out  # of one method
    monkeypatch.setenv("COLUMNS", "40")
    main(["table", "fair"])
    assert any("40,000 1 16,000" in " ".join(line.split()) for line in capsys.readouterr().out.splitlines())
    put(Path("results"), "att-1", [0, 0])
    main(["table", "1"])
    assert "Kendall's τ with the paper's order is 1.00" in " ".join(capsys.readouterr().out.split())
    put(Path("results"), "gplac", [4, 3], task="striker", weak_images=16_000)
    (folder / "table1-mine.png").write_bytes(b"mine")
    main(["table", "all"])
    striker = {f"{name}-striker{theme}.png" for name in ("table1", "table3") for theme in ("", "-dark")}
    assert striker < {path.name for path in folder.iterdir()}
    for withdrawn in ("pusher/att-1", "striker/gplac"):
        Path(f"results/lite/{withdrawn}-seed0.json").unlink()
    main(["table", "all"])
    assert (folder / "table1-mine.png").read_bytes() == b"mine"
    (folder / "table1-mine.png").unlink()
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_results_that_cannot_be_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "gplac", [4, 4], stem="att-1-seed0")
    with pytest.raises(UserError, match="is a result of method gplac"):
        table_1(tmp_path, "lite")
    (tmp_path / "lite/pusher/att-1-seed0.json").write_text(json.dumps({"task": "pusher"}))
    with pytest.raises(UserError, match="no result file"):
        table_1(tmp_path, "lite")
    with pytest.raises(SystemExit) as end:
        main(["table", "1", "--results", str(tmp_path / "nowhere")])
    assert end.value.code == 2
    assert "gplac grid run" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["table", "settings", "--results", str(tmp_path)])
    assert "recipes/sweep.py" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "stem", "told"),
    [
        ({"task": "striker"}, "gplac-seed0", "task striker"),
        ({"preset": "demo"}, "gplac-seed0", "preset demo"),
        ({}, "gplac-seed1", "seed 0"),
        ({}, "gplac-weak160-seed0", "weak images 16000"),
        ({"weak_images": 160}, "gplac-seed0", "is of 160 weak images, where its name says all 16000"),
        ({"weak_images": 160}, "gplac-scenes4-weak160-seed0", "weak scenes None"),
        ({"weak_images": 160, "weak_scenes": 4}, "gplac-weak160-seed0", "weak scenes 4"),
    ],
)
def test_a_result_under_the_name_of_another_is_refused(
    change: dict[str, Any], stem: str, told: str, tmp_path: Path
) -> None:
    result = synthetic_result("gplac", 0.5, scenes=2, count=COUNT) | change
    write_json(result, "result", tmp_path / "lite" / "pusher" / f"{stem}.json")
    with pytest.raises(UserError, match=told):
        table_3(tmp_path, "lite")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"robot_model": "own.xml"}, "a result of the robot own.xml, and lies among those of test scenes"),
        ({"split": "validation"}, "a result of validation scenes"),
        ({"level": "wild", "vary": "mug"}, "a result of level wild, of which mug alone varies"),
    ],
)
def test_a_result_of_other_scenes_is_refused(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    result = synthetic_result("gplac", 0.5, scenes=2, count=COUNT) | change
    write_json(result, "result", tmp_path / "lite" / "pusher" / "gplac-seed0.json")
    with pytest.raises(UserError, match=told):
        table_3(tmp_path, "lite")


def test_an_inspection_of_other_weights_than_the_result_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 4])
    inspection(tmp_path, "gplac", 0.7)
    folder = tmp_path / "lite" / "pusher"
    result, looked = (
        json.loads((folder / each / "gplac-seed0.json").read_text()) for each in ("", "validation")
    )
    for of_result, of_inspection in ((None, "b"), ("a", None), ("a", "a"), ("a", "b")):
        for document, told in ((result["training"], of_result), (looked, of_inspection)):
            document.pop("weights_sha256", None)
            document |= {} if told is None else {"weights_sha256": told}
        write_json(result, "result", folder / "gplac-seed0.json")
        write_json(looked, "inspection", folder / "validation" / "gplac-seed0.json")
        if (of_result, of_inspection) == ("a", "b"):
            with pytest.raises(UserError, match="is an inspection of other weights than"):
                figure_5(tmp_path, "lite")
        else:
            assert figure_5(tmp_path, "lite")[0].rows


def test_what_is_measured_and_has_no_row_is_named(tmp_path: Path) -> None:
    put(tmp_path, "gplac", [4, 4])
    assert "without a row" not in said(table_1(tmp_path, "lite")[0]) + said(table_3(tmp_path, "lite")[0])
    put(tmp_path, "theirs", [4, 2])
    few = synthetic_result("gplac", 0.5, scenes=2, count=COUNT) | {"weak_images": 60}
    write_json(few, "result", tmp_path / "lite" / "pusher" / "gplac-weak60-seed0.json")
    assert "Measured besides, without a row here: theirs." in said(table_1(tmp_path, "lite")[0])
    assert "Measured besides, without a row here: GPLAC, 60 weak images." in said(
        table_3(tmp_path, "lite")[0]
    )


def test_a_share_too_small_for_both_kinds_has_no_row(tmp_path: Path) -> None:
    result = synthetic_result("gplac", 0.5, scenes=2, count=COUNT) | {"preset": "smoke", "weak_images": 16}
    write_json(result, "result", tmp_path / "smoke" / "pusher" / "gplac-seed0.json")
    sheet, _ = table_3(tmp_path, "smoke")
    assert [(row[1], "missing" in row) for row in sheet.rows] == [("16", False)]

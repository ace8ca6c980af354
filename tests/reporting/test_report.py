import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from synthetic import synthetic_inspection, synthetic_result
from synthetic_run import synthetic_run

from gplac.errors import UserError
from gplac.evaluation.drawing import View
from gplac.evaluation.percent import span
from gplac.evaluation.store import Episodes
from gplac.reporting import html
from gplac.reporting.entries import Entry, entries
from gplac.reporting.gallery import write_gallery
from gplac.reporting.pictures import draw_positions
from gplac.reporting.report import lead, write_report
from gplac.reporting.tables import rows
from gplac.worlds.registry import task

WIDTH, HEIGHT = 32, 28


class Page(HTMLParser):
    """Collects addresses and checks that tags are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attributes if name in ("src", "href", "srcset")]
        if tag not in ("img", "meta", "source", "link", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    rates = {"att-1": 0.3, "gplac": 0.8, "cnn-1": 0.2}
    return [
        synthetic_run(folder / method, method, rate, WIDTH, HEIGHT, 2, 3) for method, rate in rates.items()
    ]


@pytest.fixture(scope="module")
def page(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(runs, tmp_path_factory.mktemp("report"))


def test_the_page_holds_everything_it_shows(page: Path) -> None:
    found = Page(page.read_text())
    assert found.addresses
    assert all(address.startswith("data:image/") for address in found.addresses)
    assert "script" not in found.tags and "link" not in found.tags
    assert "http" not in re.sub(r"data:image/[^\"]*", "", page.read_text())


def test_the_first_paragraph_says_what_came_out(page: Path) -> None:
    words = " ".join(Page(page.read_text()).words.split())
    assert re.search(
        r"GPLAC, trained on demonstrations of one scene and 16,000 weakly labelled images, succeeds in \d of 6 episodes"
        r" in 2 scenes it has never seen: [\d.]+ % \(95 % interval over scenes [\d.]+ to [\d.]+ %\)\."
        r" ATT-1, the same network",
        words,
    )
    assert re.search(
        r"points (more|less) often \(95 % interval over scenes [+−][\d.]+ to [+−][\d.]+\)", words
    )
    for heading in ("Episodes", "Feature points", "The scenes", "Where the numbers come from"):
        assert heading in words


@pytest.mark.parametrize("scenes", [4, 1])
def test_a_rate_has_the_interval_over_scenes_where_there_are_several(scenes: int, tmp_path: Path) -> None:
    result = synthetic_result("gplac", 0.7, scenes=scenes, count=4)
    (tmp_path / "gplac.json").write_text(json.dumps(result))
    found = entries([tmp_path])
    ends = span(*result["interval95_scenes" if scenes > 1 else "interval95"])
    assert f"(95 % interval{' over scenes' if scenes > 1 else ''} {ends} %)" in lead(found)
    assert f"<small>{ends.replace(' to ', '–&#8288;')}</small>" in html.results(rows(found), "ATT-1")


def test_the_first_paragraph_tells_weak_images_once_and_other_budgets_apart(tmp_path: Path) -> None:
    found = synthetic_result("gplac", 0.7, scenes=4, count=4)
    for images in (16_000, 160):
        (tmp_path / f"{images}.json").write_text(json.dumps(found | {"weak_images": images}))
    words = " ".join(Page(write_report([tmp_path], tmp_path / "out").read_text()).words.split())
    assert (
        "GPLAC, trained on demonstrations of one scene and 16,000 weakly labelled images, succeeds" in words
    )
    assert "GPLAC, 160 weak images" in words
    assert "tables 1 and 3, with the same share" in words


def test_policies_that_never_differ_have_no_interval_of_no_width(tmp_path: Path) -> None:
    found = synthetic_result("gplac", 0.7, scenes=2, count=4)
    for method in ("gplac", "att-1"):
        (tmp_path / f"{method}.json").write_text(json.dumps(found | {"method": method}))
    page = write_report([tmp_path], tmp_path / "out")
    assert "On the same episodes the two never differ" in " ".join(Page(page.read_text()).words.split())
    assert "+0.0 (never differ)" in (page.parent / "table.md").read_text()


@pytest.mark.parametrize("measured", [True, False])
def test_points_stand_beside_the_best_fixed_point_where_it_was_measured(
    measured: bool, tmp_path: Path
) -> None:
    found = synthetic_result("gplac", 0.7, scenes=2, count=4)
    share = {"mean": 0.6, "by_channel": [], "chance": 0.04} | ({"best_fixed": 0.44} if measured else {})
    inspection = synthetic_inspection(
        "gplac", points_on_object={"labelled": share | {"mean": 0.9}, "unseen": share}
    )
    (tmp_path / "result.json").write_text(json.dumps(found))
    (tmp_path / "inspection.json").write_text(json.dumps(inspection))
    words = " ".join(Page(write_report([tmp_path], tmp_path / "out").read_text()).words.split())
    assert "90.0 % / 60.0 %" in words
    assert "by chance 4.0 %" in words and "By chance: the share" in words
    assert ("best fixed point 44.0 %" in words, "Best fixed point: the largest" in words) == (
        measured,
        measured,
    )


@pytest.mark.parametrize(("scenes", "told"), [(20, "20 unseen validation scenes"), (1, "1 or 20 unseen")])
def test_instruments_tell_how_many_scenes_they_saw(scenes: int, told: str, tmp_path: Path) -> None:
    for method, count in (("gplac", 20), ("att-1", scenes)):
        found = synthetic_result(method, 0.7, scenes=2, count=4)
        (tmp_path / f"{method}.json").write_text(json.dumps(found))
        inspection = synthetic_inspection(method, scenes=count)
        (tmp_path / f"{method}-inspection.json").write_text(json.dumps(inspection))
    assert told in " ".join(Page(write_report([tmp_path], tmp_path / "out").read_text()).words.split())


def test_pictures_lie_beside_the_page(page: Path) -> None:
    pictures = page.parent / "pictures"
    for chart in ("success", "thresholds", "positions", "scenes", "learning"):
        assert (
            Image.open(page.parent / f"{chart}.png").size
            == Image.open(page.parent / f"{chart}-dark.png").size
        )
    with Image.open(pictures / "film-gplac-seed0-scene0.webp") as film:
        assert film.n_frames > 10
        assert film.size == (200, 175)
    # One row a scene, one column for each of GPLAC and ATT-1.
    assert Image.open(pictures / "points.png").size == (2 * 400 + 4, 2 * 350 + 4)
    assert (page.parent / "table.md").read_text().startswith("| Method |")


def test_pictures_show_neither_more_nor_less_than_the_policy_saw(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path / "run", "gplac", 0.8, 40, 28, 1, 1)
    pictures = write_report([run], tmp_path / "report").parent / "pictures"
    sizes = {path.stem.split("-")[0]: Image.open(path).size for path in pictures.iterdir()}
    assert {size[0] / size[1] for name, size in sizes.items() if name != "failure"} == {40 / 28}
    assert sizes["film"] == (200, 140) and sizes["points"] == (400, 280)


def test_the_film_of_a_single_decision_shows_its_start_and_its_end(tmp_path: Path) -> None:
    what = task("mug_push")
    start, _ = what.reset(np.random.default_rng(0))
    end = what.with_object(start, what.goal_xy(start))
    found = Episodes("test", (0,), np.zeros((1, 1, 1)), np.stack([start, end])[None, None])
    view, name = View("mug_push", 80, 60), "film-gplac-seed0-scene0.webp"

    class Pushed(Entry):
        episodes = (view, found)  # type: ignore[assignment]

    told = synthetic_result("gplac", 0.9, scenes=1, count=1) | {"task": "mug_push"}
    told["per_scene"][0]["outcomes"] = [False]
    page = "".join(write_gallery([Pushed(told, "GPLAC", "GPLAC")], tmp_path))
    assert "its start and its end" in page and "as fast as" not in page
    for half in ("first", "last"):  # one picture each
        assert Image.open(tmp_path / f"failure-gplac-seed0-scene0-episode0-{half}.jpg").size == (200, 150)
    with Image.open(tmp_path / name) as film:
        assert film.n_frames == 2 and film.size == (200, 150)
        shown = []
        for frame in range(2):
            film.seek(frame)
            shown.append(np.asarray(film.convert("RGB"), float))
            assert film.info["duration"] == 1500
    drawn = draw_positions(view, "test", 0, np.stack([start, end]), 200, 150)
    for place in range(2):
        near, far = (np.abs(shown[place] - drawn[each]).mean() for each in (place, 1 - place))
        assert near < far


def test_results_alone_make_a_report_without_films(runs: list[Path], tmp_path: Path) -> None:
    results = [run / "evaluation" / "test" / "result.json" for run in runs]
    page = write_report(results, tmp_path)
    words = Page(page.read_text()).words
    assert "Results" in words and "Episodes" not in words
    assert not (tmp_path / "pictures").exists() and not (tmp_path / "learning.png").exists()


def test_the_lead_says_if_more_than_weak_images_differs(tmp_path: Path) -> None:
    paths = {"gplac": 0.3, "att-1": 0.0}
    for method, dropout in paths.items():
        found = synthetic_result(method, 0.5, scenes=2, count=3)
        found["training"]["settings"] = {
            "hash": method,
            "network": {"policy_dropout": dropout, "hidden": [4]},
        }
        (tmp_path / f"{method}.json").write_text(json.dumps(found))
    said = lead(entries([tmp_path / f"{method}.json" for method in paths]))
    assert (
        "ATT-1, the same network without weak images and with other settings of network (policy_dropout 0.0, not 0.3),"
        " succeeds in" in said
    )


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("robot_model", "<my arm>.xml", "The robot is your own, of <my arm>.xml."),
        ("assets", "kitchen", "Textures and meshes are of your own asset pack kitchen."),
        ("vary", "mug", "The scenes differ from the labelled one in mug alone."),
    ],
)
def test_the_setting_tells_what_is_not_as_usual(field: str, value: str, told: str, tmp_path: Path) -> None:
    for name in ("gplac", "att-1"):
        own = synthetic_result(name, 0.5, scenes=2, count=3) | {field: value}
        (tmp_path / f"{name}.json").write_text(json.dumps(own))
    page = write_report([tmp_path / "gplac.json", tmp_path / "att-1.json"], tmp_path / "report")
    assert told in " ".join(Page(page.read_text()).words.split())
    (tmp_path / "usual.json").write_text(json.dumps(synthetic_result("cnn-1", 0.5, scenes=2, count=3)))
    with pytest.raises(UserError, match=rf"One report is about one .*, not {value} and none"):
        write_report([tmp_path / "gplac.json", tmp_path / "usual.json"], tmp_path / "other")


@pytest.mark.parametrize(
    ("changes", "where", "new"),
    [
        ({}, "2 unseen scenes", True),
        ({"split": "validation"}, "2 unseen scenes", True),
        ({"level": "wild"}, "2 unseen scenes", True),
        ({"split": "labelled"}, "the labelled scene", False),
        ({"split": "weak"}, "2 scenes of the weak images", False),
        ({"split": "validation", "vary": "nothing"}, "the labelled scene", False),
        (
            {"split": "validation", "vary": "mug"},
            "2 scenes that differ from the labelled one in their mug alone",
            False,
        ),
    ],
)
def test_scenes_are_called_unseen_and_set_beside_the_papers_only_where_they_are(
    changes: dict[str, str], where: str, new: bool, tmp_path: Path
) -> None:
    (tmp_path / "r.json").write_text(json.dumps(synthetic_result("gplac", 0.5, scenes=2, count=3) | changes))
    text = write_report([tmp_path / "r.json"], tmp_path / "report").read_text()
    words = " ".join(Page(text).words.split())
    assert f"Success in {where}" in words
    assert (f"in {where}:" in words) is not new and ("it has never seen" in words) is new
    assert ("in scenes never seen" in words) is ("Unseen scenes" in words) is new
    assert ("79.8" in words) is ("The paper:" in words) is (changes == {})


def test_a_policy_is_said_to_have_seen_the_scenes_that_its_method_has(tmp_path: Path) -> None:
    for method, preset, scenes in (
        ("att-40-colours", "lite", "40 scenes"),
        ("att-40", "smoke", "2 scenes"),
        ("cnn-1", "lite", "one scene"),
    ):
        result = synthetic_result(method, 0.5, scenes=2, count=3) | {"preset": preset, "weak_images": 0}
        (tmp_path / "r.json").write_text(json.dumps(result))
        assert f"trained on demonstrations of {scenes}, succeeds" in lead(entries([tmp_path / "r.json"]))


@pytest.mark.parametrize("first", ["gplac", "att-1"])
def test_results_of_several_sizes_say_how_many_episodes_each_number_is_of(first: str, tmp_path: Path) -> None:
    for method in ("gplac", "att-1"):
        scenes, count = (4, 5) if method == first else (2, 3)
        (tmp_path / f"{method}.json").write_text(
            json.dumps(synthetic_result(method, 0.5, scenes=scenes, count=count))
        )
    words = " ".join(Page(write_report([tmp_path], tmp_path / "out").read_text()).words.split())
    assert (
        "3 or 5 episodes in each of 2 or 4 test scenes" in words
        and "Success in 2 or 4 unseen scenes" in words
    )
    assert "On the 6 episodes that both were run on GPLAC succeeds" in words
    for told in ("20 episodes", "6 episodes", "of 6 episodes"):
        assert told in words


def test_results_of_several_lengths_are_all_named(runs: list[Path], tmp_path: Path) -> None:
    for steps, run in ((1_234, runs[0]), (5_678, runs[1])):
        result = json.loads((run / "evaluation" / "test" / "result.json").read_text())
        result["training"]["steps"] = steps
        (tmp_path / f"{steps}.json").write_text(json.dumps(result))
    page = write_report([tmp_path / "1234.json", tmp_path / "5678.json"], tmp_path / "out")
    assert "1,234 or 5,678 training steps" in Page(page.read_text()).words.replace("\n", " ")


def test_one_run_without_attention_makes_a_report(runs: list[Path], tmp_path: Path) -> None:
    words = Page(write_report(runs[2:], tmp_path).read_text()).words
    assert "CNN-1, trained on demonstrations of one scene, succeeds" in " ".join(words.split())
    assert "Feature points" not in words


def test_charts_are_dark_in_the_dark(page: Path) -> None:
    light, dark = (
        np.asarray(Image.open(page.parent / name).convert("L"))
        for name in ("success.png", "success-dark.png")
    )
    assert np.median(light) > 240 and np.median(dark) < 40


def test_a_baseline_in_fewer_scenes_leaves_the_others_without_its_bar(tmp_path: Path) -> None:
    runs = [
        synthetic_run(tmp_path / method, method, 0.5, WIDTH, HEIGHT, scenes, 2)
        for method, scenes in (("gplac", 2), ("att-1", 1))
    ]
    page = Page(write_report(runs, tmp_path / "report").read_text())
    assert "first 1 scenes" in page.words and page.words.count("/2") == 3

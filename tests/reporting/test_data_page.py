"""`gplac data check` as a whole command: what it prints, its exit status, its page and its JSON file."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from quality_data import Frames, Photos

from gplac.cli import main
from gplac.evaluation.result import check as fits


class Page(HTMLParser):
    """Which tags are open at the end, and where pictures come from."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "rect"):
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def run(*arguments: object) -> int:
    """The command's exit status."""
    try:
        main(["data", "check", *map(str, arguments)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def spoiled(folder: Path) -> tuple[Path, Path]:
    """Demonstrations with a problem, and weak images with a warning."""
    frames, photos = Frames(), Photos()
    frames.images[45:57] = [frames.images[44]] * 12
    frames.origin["state_names"] = ["<b>", "1", "2", "3", "4"]
    photos.change([30], lambda image: image // 12)
    return frames.write(folder / "d"), photos.write(folder / "w")


def test_good_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demos, weak = Frames().write(tmp_path / "d"), Photos().write(tmp_path / "w")
    assert run(demos, weak, "--strict") == 0
    out = capsys.readouterr().out
    assert f"{demos} and {weak} are what their manifests say." in out
    assert "No problems, no warnings and no notes." in out


def test_page_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demos, weak = spoiled(tmp_path)
    page, file = tmp_path / "new" / "page.html", tmp_path / "new" / "check.json"
    assert run(weak, demos, "--out", page, "--json", file) == 1  # in any order
    assert "1 problem, 1 warning and no notes." in capsys.readouterr().out
    text = page.read_text()
    parser = Page()
    parser.feed(text)
    assert parser.open == []
    assert parser.sources and all(source.startswith("data:image/jpeg;base64,") for source in parser.sources)
    assert re.search(r"The camera stands still 1 time .*episode 2, frame 4 to 16", text, re.DOTALL)
    assert "image 6 of scene 1, labelled 0" in text
    assert "state &lt;b&gt;" in text and "<b><" not in text
    document = json.loads(file.read_text())
    fits(document, "data_check", str(file))
    assert document["verdict"] == "problem"
    assert [finding["code"] for finding in document["findings"]] == ["frozen", "dark"]
    assert document["findings"][1]["examples"] == [[{"row": 30, "place": "image 6 of scene 1, labelled 0"}]]
    assert {data["kind"]: data["rows"] for data in document["data"]} == {"demonstrations": 160, "weak": 96}
    assert document["provenance"]["command"]


def test_warnings_end_well_unless_strict(tmp_path: Path) -> None:
    weak = spoiled(tmp_path)[1]
    assert run(weak) == 0
    assert run(weak, "--strict") == 1


def test_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weak = Photos().write(tmp_path / "w")
    (weak / "weak-1.parquet").unlink()
    file = tmp_path / "check.json"
    assert run(weak, "--out", tmp_path / "page.html", "--json", file) == 1
    out = capsys.readouterr().out
    assert out.startswith("weak-1.parquet is missing; run the command that collects it again.\n")
    fits(json.loads(file.read_text()), "data_check", str(file))
    (weak / "weak-0.parquet").unlink()
    (weak / "manifest.json").write_text("{")
    assert run(weak, "--out", tmp_path / "page.html", "--json", file) == 1
    fits(json.loads(file.read_text()), "data_check", str(file))
    assert run(tmp_path / "nowhere") == 2


def test_episodes_of_one_length_and_of_many(tmp_path: Path) -> None:
    frames = Frames()
    frames.keep(range(len(frames.episode) - 7))
    page = tmp_path / "page.html"
    assert run(frames.write(tmp_path / "d"), "--out", page) == 0
    assert "13 to 20 frames" in page.read_text()

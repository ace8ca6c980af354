"""``gplac label`` as a user calls it: Ctrl-C, kill -9 and the same command again, and the folders at the end."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from photographs import film, take_photographs

import gplac
from gplac.cli import main


class Call:
    """A running ``gplac label`` in ``folder``, once its page can be asked."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gplac.cli", "label", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(gplac.__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.told = ""
        while not (found := re.search(r"Open (http://127\.0\.0\.1:\d+/\S+/)\n", self.told)):
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.told += line
        self.url = found[1]

    def post(self, what: str, **body: Any) -> None:
        with urllib.request.urlopen(self.url + what, json.dumps(body).encode(), timeout=60) as reply:
            assert reply.status == 200

    def end(self, by: signal.Signals | None = None) -> str:
        """All that was printed, after checking that nothing went wrong."""
        if by:
            self.process.send_signal(by)
        out, err = self.process.communicate(timeout=60)
        assert err == "" and self.process.returncode == (-by if by == signal.SIGKILL else 0)
        return self.told + out


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Call]]:
    """Starts calls in tmp_path; none of them outlives its test."""
    calls: list[Call] = []

    def begin(*arguments: str) -> Call:
        calls.append(Call(tmp_path, *arguments))
        return calls[-1]

    yield begin
    for call in calls:
        call.process.kill()
        call.process.wait()


def test_killed_stopped_and_finished(tmp_path: Path, start: Callable[..., Call]) -> None:
    take_photographs(tmp_path / "my photos", ["a.jpg", "b.jpg", "c.jpg"])
    (tmp_path / "my photos" / "torn.jpg").write_text("no picture")
    asked = ("my photos", "--question", "Is there a mug?", "--sort", "link")

    first = start(*asked)
    first.post("answer", picture=1, answer="no")
    assert "torn.jpg: not a picture" in first.end(signal.SIGKILL)

    second = start(*asked)
    second.post("answer", picture=0, answer="yes")
    told = second.end(signal.SIGINT)
    assert "my photos: 3 pictures. 0 yes, 1 no, 0 skipped, 2 left." in told
    assert "1 yes, 1 no, 0 skipped, 1 left. my photos-labels/labels.csv" in told
    command = "gplac label 'my photos' --question 'Is there a mug?' --sort link"
    assert told.endswith(f"To go on: {command}\n")
    assert not (tmp_path / "my photos-labels" / "positive").exists()

    third = start(*asked)
    third.post("answer", picture=2, answer="yes")
    third.post("finish")
    told = third.end()
    assert "positive: 2 pictures" in told and "negative: 1 pictures" in told and "To go on" not in told
    out = tmp_path / "my photos-labels"
    assert [path.name for path in sorted((out / "positive").iterdir())] == ["a.jpg", "c.jpg"]
    assert (out / "labels.csv").read_text().splitlines() == [
        "path,label",
        "../my photos/a.jpg,1",
        "../my photos/b.jpg,0",
        "../my photos/c.jpg,1",
    ]


def test_a_video(tmp_path: Path, start: Callable[..., Call]) -> None:
    film(tmp_path / "clip.mp4", frames=12)
    call = start("clip.mp4", "--every", "0.5", "--out", "labels")
    call.post("answer", picture=2, answer="yes")
    told = call.end(signal.SIGINT)
    assert "clip.mp4: 3 pictures." in told
    assert told.endswith("To go on: gplac label clip.mp4 --out labels --every 0.5\n")
    assert (tmp_path / "labels" / "labels.csv").read_text() == "path,label\nframes/clip-000001000.jpg,1\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "does not exist"),
        (["empty"], "holds no pictures"),
        (["photos", "--port", "99999"], "Cannot listen on port 99999"),
        (["photos", "--out", "photos/a.jpg"], "Cannot make the folder"),
    ],
)
def test_mistakes_end_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    take_photographs(tmp_path / "photos", ["a.jpg"])
    with pytest.raises(SystemExit) as end:
        main(["label", *arguments])
    told = capsys.readouterr().err
    assert end.value.code == 2 and told.startswith("gplac: ") and told.count("\n") == 1
    assert sentence in told
    assert not (tmp_path / "nowhere-labels").exists()

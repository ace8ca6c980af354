"""Answers on disk: any sequence of them, killed anywhere, is what a plain list of them says."""

import csv
import errno
import os
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photographs import no_bars, take_photographs

from gplac.data.labelling import store
from gplac.data.labelling.session import Session, open_session
from gplac.data.labelling.store import LABELS, SKIPPED, Answer, Labels, count
from gplac.errors import UserError
from gplac.files import claimed, write_atomically

NAMES = ("a.jpg", "room, 2/b \"c\".jpg", "ü/d.jpg", "bad\udcff.jpg")  # fmt: skip
"""As files are named: also with commas, quotes, and bytes that are not UTF-8."""

State = dict[str, Answer]
Steps = list[tuple[str, Answer] | None]
steps = st.lists(st.none() | st.tuples(st.sampled_from(NAMES), st.sampled_from(store.ANSWERS)), max_size=12)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk: these tests ask for the order of writes."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


class KilledError(BaseException):
    """Stands for kill -9: nothing handles it."""


def oracle(before: State, done: Steps) -> State:
    """What the answers are after some steps since the last start; None is an undo, which reaches back to that start."""
    states = [before]
    for step in done:
        if step is not None:
            states.append(states[-1] | {step[0]: step[1]})
        elif len(states) > 1:
            states.pop()
    return states[-1]


def apply(labels: Labels, photos: Path, step: tuple[str, Answer] | None) -> None:
    if step is None:
        labels.undo()
    else:
        labels.answer(photos / step[0], step[1])


def read(labels: Labels, photos: Path) -> State:
    found = {name: labels.get(photos / name) for name in NAMES}
    return {name: answer for name, answer in found.items() if answer is not None}


def on_disk(folder: Path) -> State:
    """The files as somebody else reads them."""
    found: State = {}
    for name, bits in ((SKIPPED, {None: "skip"}), (LABELS, {"1": "yes", "0": "no"})):
        if (folder / name).exists():
            with (folder / name).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                for row in csv.DictReader(file):
                    path = (folder / row["path"]).resolve()
                    key = str(path.relative_to(folder.parent / "photos"))
                    assert key not in found
                    found[key] = bits[row.get("label")]  # type: ignore[index]
    return found


@settings(max_examples=40, deadline=None)
@given(done=steps, restarts=st.sets(st.integers(0, 11)))
def test_any_sequence_of_answers_and_undos_is_what_a_list_of_them_says(
    done: Steps, restarts: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        folder, photos = root / "out", root / "photos"
        folder.mkdir()
        labels, since, before = Labels(folder), 0, State()
        for number, step in enumerate(done):
            if number in restarts:
                before, since = read(labels, photos), number
                labels = Labels(folder)
            apply(labels, photos, step)
            expected = oracle(before, done[since : number + 1])
            assert read(labels, photos) == expected == on_disk(folder)
        assert read(Labels(folder), photos) == read(labels, photos)


@settings(max_examples=60, deadline=None)
@given(done=steps, writes=st.integers(0, 12))
def test_a_kill_between_two_writes_loses_nothing_that_was_acknowledged(done: Steps, writes: int) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        root = Path(name).resolve()
        folder, photos = root / "out", root / "photos"
        folder.mkdir()
        left = iter(range(writes))

        def write(path: Path, content: bytes) -> None:
            if next(left, None) is None:
                raise KilledError
            write_atomically(path, content)

        patch.setattr(store, "write_atomically", write)
        labels, acknowledged = Labels(folder), 0
        try:
            for step in done:
                apply(labels, photos, step)
                acknowledged += 1
        except KilledError:
            pass
        found = read(Labels(folder), photos)
        # What was under way may have arrived or not; nothing else is possible.
        assert found in (oracle({}, done[:acknowledged]), oracle({}, done[: acknowledged + 1]))


def test_an_answer_that_cannot_be_written_is_told_and_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, picture = Labels(tmp_path), tmp_path / "a.jpg"
    labels.answer(picture, "no")

    def full(path: Path, content: bytes) -> None:
        raise UserError("Cannot write: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_atomically", full)
        with pytest.raises(UserError, match="No space"):
            labels.answer(picture, "yes")
        with pytest.raises(UserError, match="No space"):
            labels.undo()
    assert labels.get(picture) == "no" and Labels(tmp_path).get(picture) == "no"
    assert labels.undo() == picture and labels.get(picture) is None and labels.undo() is None


def test_rows_of_other_pictures_stay_and_paths_lead_to_the_pictures(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / LABELS).write_bytes(b"\xef\xbb\xbfpath,label\r\n/elsewhere/x.jpg,1\r\n../photos/old.jpg,0\r\n")
    Labels(out).answer(tmp_path / "photos" / "new.jpg", "yes")
    Labels(out).answer(Path("/far/away.jpg"), "no")
    Labels(out).answer(out / "frames" / "f.jpg", "no")
    assert (out / LABELS).read_text().splitlines() == [
        "path,label",
        "/elsewhere/x.jpg,1",
        "/far/away.jpg,0",
        *("frames/f.jpg,0", "../photos/new.jpg,1", "../photos/old.jpg,0"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        (LABELS, b"", "begins with 'nothing', not with 'path,label'"),
        (LABELS, b"path,label,scene\na.jpg,1,2\n", "begins with 'path,label,scene'"),
        (LABELS, b"path,label\na.jpg,maybe\n", "line 2: 'a.jpg,maybe' is not a path and a label, 1 or 0"),
        (LABELS, b"path,label\na.jpg,1\na.jpg\n", "line 3: 'a.jpg'"),
        (LABELS, b'path,label\n"a.jpg,1\n', "line 2: unexpected end"),
        (LABELS, b"\x89PNG\r\n\x1a\n\0\0", "begins with"),
        (SKIPPED, b"path\na.jpg,1\n", "line 2: 'a.jpg,1' is not a path"),
    ],
)
def test_a_file_that_is_something_else_is_told_and_left_alone(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=complaint) as told:
        Labels(tmp_path)
    assert str(tmp_path / name) in str(told.value) and "--out" in str(told.value)
    assert (tmp_path / name).read_bytes() == content


def test_a_folder_is_for_one_at_a_time(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    photos = tmp_path / "photos"
    take_photographs(photos, ["a.jpg"])

    def opened(out: Path) -> AbstractContextManager[Session]:
        return open_session(photos, out, 1.0, "?", no_bars)

    with opened(out), pytest.raises(UserError, match="Another process is labelling in"), opened(out):
        pass
    with opened(out):
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match="Cannot make the folder .*file: .* name another"),
        opened(tmp_path / "file"),
    ):
        pass


def test_a_disk_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", unknown)
    told = "cannot be locked: No locks available; name one on another disk"
    with pytest.raises(UserError, match=told), claimed(tmp_path, tmp_path, "writing"):
        pass


def test_counts() -> None:
    assert count(["yes", None, "skip", "yes", "no"]) == {"yes": 2, "no": 1, "skip": 1, "left": 1}

"""positive/ and negative/ are what the labels say, and no original is ever touched."""

import errno
import os
from pathlib import Path

import pytest
from photographs import take_photographs

from gplac.data.labelling.folders import Way, fill_folders
from gplac.data.labelling.store import Labels
from gplac.errors import UserError

NAMES = ["a--b.jpg", "a/b.jpg", "c.jpg", "d.jpg", "e.jpg"]


@pytest.fixture
def labelled(tmp_path: Path) -> tuple[Labels, list[Path]]:
    """Four answers about five pictures, two of whose names meet once folders are part of them."""
    pictures = take_photographs(tmp_path / "photos", NAMES)
    (tmp_path / "out").mkdir()
    labels = Labels(tmp_path / "out")
    for picture, answer in zip(pictures, ("yes", "yes", "no", "skip"), strict=False):
        labels.answer(picture, answer)  # type: ignore[arg-type]
    return labels, pictures


def fill(labelled: tuple[Labels, list[Path]], way: Way) -> dict[str, int]:
    labels, pictures = labelled
    return fill_folders(labels, pictures, labels.folder.parent / "photos", way, lambda done, total: None)


def sorted_files(labels: Labels) -> dict[str, bytes]:
    folders = (labels.folder / "positive", labels.folder / "negative")
    return {str(p.relative_to(labels.folder)): p.read_bytes() for f in folders for p in sorted(f.iterdir())}


@pytest.mark.parametrize("way", ["link", "copy"])
def test_folders_follow_the_labels_and_their_corrections(
    labelled: tuple[Labels, list[Path]], way: Way
) -> None:
    labels, pictures = labelled
    originals = {path: path.read_bytes() for path in pictures}
    assert fill(labelled, way) == {"positive": 2, "negative": 1}
    assert sorted_files(labels) == {
        "positive/a--b.jpg": originals[pictures[0]],
        "positive/a--b-2.jpg": originals[pictures[1]],
        "negative/c.jpg": originals[pictures[2]],
    }
    assert (labels.folder / "negative" / "c.jpg").samefile(pictures[2]) is (way == "link")
    labels.answer(pictures[0], "no")
    labels.answer(pictures[2], "skip")
    assert fill(labelled, way) == fill(labelled, way) == {"positive": 1, "negative": 1}
    assert list(sorted_files(labels)) == ["positive/a--b-2.jpg", "negative/a--b.jpg"]
    assert {path: path.read_bytes() for path in pictures} == originals


def test_links_become_copies_when_copies_are_asked_for(labelled: tuple[Labels, list[Path]]) -> None:
    labels, pictures = labelled
    fill(labelled, "link")
    before = sorted_files(labels)
    fill(labelled, "copy")
    assert sorted_files(labels) == before
    assert not (labels.folder / "negative" / "c.jpg").samefile(pictures[2])


def test_where_no_hard_link_is_possible_there_is_a_copy(
    labelled: tuple[Labels, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", other_disk)
    assert fill(labelled, "link") == {"positive": 2, "negative": 1}


@pytest.mark.parametrize("folder", ["positive", "negative"])
def test_a_file_of_somebody_else_is_neither_replaced_nor_removed(
    labelled: tuple[Labels, list[Path]], folder: str
) -> None:
    labels, _ = labelled
    place = labels.folder / folder / "c.jpg"
    place.parent.mkdir()
    place.write_bytes(b"another picture")
    with pytest.raises(UserError, match="is not a copy of .*c.jpg; move it away"):
        fill(labelled, "link")
    assert place.read_bytes() == b"another picture"


def test_an_original_that_is_gone_is_told(labelled: tuple[Labels, list[Path]]) -> None:
    labelled[1][2].unlink()
    with pytest.raises(UserError, match="Cannot put .*c.jpg into .*negative: No such file"):
        fill(labelled, "copy")

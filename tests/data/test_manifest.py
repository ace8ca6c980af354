"""The manifest survives its file, and says so when the file is none of its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_data import write_weak

from gplac.data.manifest import MANIFEST, Manifest
from gplac.errors import UserError


def test_read_gives_what_was_written(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w")
    assert Manifest.read(tmp_path / "w") == manifest
    assert manifest.complete
    assert manifest.rows == 16
    assert not manifest.with_shard(0, None, None).complete


def test_what_a_person_reads(tmp_path: Path) -> None:
    write_weak(tmp_path / "w")
    content = json.loads((tmp_path / "w" / MANIFEST).read_text())
    assert content["complete"] is True
    assert content["request"]["scenes"] == [0, 1]
    assert content["counts"] == {"rows": 16, "scenes": 2, "present": 8, "absent": 8}
    assert len(content["shards"][0]["sha256"]) == 64


def test_differences_name_the_field_and_both_values(tmp_path: Path) -> None:
    request = write_weak(tmp_path / "w").request
    assert request.differences(request) == []
    assert replace(request, width=64).differences(request) == ["width 64 instead of 32"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is no manifest of gplac"),
        ("{}", "is no manifest of gplac"),
        ('{"format": 99}', "its format is 99"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(UserError, match=message):
        Manifest.read(tmp_path)


@pytest.mark.parametrize("change", ["kind", "shards", "request"])
def test_a_mutilated_manifest_is_refused(tmp_path: Path, change: str) -> None:
    write_weak(tmp_path / "w")
    content = json.loads((tmp_path / "w" / MANIFEST).read_text())
    if change == "kind":
        content["request"]["kind"] = "strong"
    else:
        content[change] = "nothing"
    (tmp_path / "w" / MANIFEST).write_text(json.dumps(content))
    with pytest.raises(UserError, match="is no manifest of gplac"):
        Manifest.read(tmp_path / "w")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda file: file.pop("request"), "its field 'request' is missing"),
        (lambda file: file["request"].pop("seed"), "its field 'request.seed' is missing"),
        (lambda file: file["request"].update(colour="red"), "its field request.colour is not known"),
        (lambda file: file["request"].update(width="32"), "its field request.width is '32'"),
        (lambda file: file["shards"][1].pop("rows"), r"its field 'shards\[1\].rows' is missing"),
        (lambda file: file.update(counts=[1]), r"its counts is '\[1\]' and has no fields"),
    ],
)
def test_the_field_that_is_wrong_is_named(
    tmp_path: Path, content: Callable[[dict[str, Any]], object], message: str
) -> None:
    write_weak(tmp_path / "w")
    file = json.loads((tmp_path / "w" / MANIFEST).read_text())
    content(file)
    (tmp_path / "w" / MANIFEST).write_text(json.dumps(file))
    with pytest.raises(UserError, match=f"is no manifest of gplac: {message}; restore it"):
        Manifest.read(tmp_path / "w")


def test_data_are_of_the_task_that_is_asked_for(tmp_path: Path) -> None:
    manifest = write_weak(tmp_path / "w")
    manifest.require_task(tmp_path, "pusher")
    with pytest.raises(
        UserError, match="task 'pusher' where data of 'own' are needed.*train with --task pusher"
    ):
        manifest.require_task(tmp_path, "own")

    def imported(name: str) -> Manifest:
        return replace(manifest, request=replace(manifest.request, task=name, split="imported"))

    # Whoever gave their data no name did not say what they are of.
    imported("own").require_task(tmp_path, "cups")
    imported("cups").require_task(tmp_path, "own")
    with pytest.raises(UserError, match="import these again with --task bowls"):
        imported("cups").require_task(tmp_path, "bowls")


def test_a_folder_without_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no manifest\.json"):
        Manifest.read(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        Manifest.read(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is no folder"):
        Manifest.read(tmp_path / "file")

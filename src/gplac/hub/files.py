"""Which files of a run are handed on, and what is taken out of them first: where things lay on the user's machine."""

import json
import re
import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import onnx

from gplac.errors import UserError
from gplac.files import whole_folder, write_atomically
from gplac.hub.card import CARD, card_text
from gplac.hub.opening import SCHEMAS, documents, open_run
from gplac.reporting.html import escape
from gplac.robot.card import CARD_KEY
from gplac.robot.card import Card as PolicyCard
from gplac.runs import Run
from gplac.training.checkpoint import RUN_JSON, WEIGHTS

PAGE = "trust.html"
"""The page about trust, which shows pictures of what was held out of the user's own data."""
ONNX_FILES = ("policy.onnx", "policy-int8.onnx")
NEEDED = (RUN_JSON, WEIGHTS, CARD, *SCHEMAS)
"""Patterns of what loading a policy, and reading what was measured of it, needs."""

_ELSEWHERE = re.compile(r"(file:/*)?(/|~[^/\s]*/|(\./)*\.\./)")
"""How a path begins that does not lie in the folder that was worked in."""

Files = dict[str, bytes]
"""The content of each file, by its path within the folder."""


def shared_files(folder: Path, repo_id: str | None = None, pictures: bool = True) -> Files:
    """What others need of a run: `NEEDED`, an exported ``policy.onnx``, and the page about trust.

    Paths of the machine that it was made on become the last of their names.

    Args:
        folder: of the run.
        repo_id: where it will be, for the card.
        pictures: include the page about trust, which holds pictures of the user's data.

    Raises:
        UserError: no finished run, or a damaged file.
    """
    run, policy = open_run(folder)
    measured = documents(run)
    extra = [PAGE] if pictures else []
    extra = [name for name in (*extra, *ONNX_FILES) if (folder / name).is_file()]
    files = {
        RUN_JSON: _json(without_paths({key: value for key, value in run.facts.items() if key != "folders"})),
        WEIGHTS: (folder / WEIGHTS).read_bytes(),
    }
    files |= {name: _json(without_paths(document)) for name, document in measured.items()}
    for name in extra:
        content = (folder / name).read_bytes()
        files[name] = _page(content, measured) if name == PAGE else _onnx(content, run, name)
    files[CARD] = card_text(run, policy, measured, list(files), repo_id).encode()
    return dict(sorted(files.items()))


def is_shared(name: str) -> bool:
    """Whether a file of that path within a repository is one of those that `shared_files` may name."""
    depth = len(PurePosixPath(name).parts)
    patterns = (*NEEDED, PAGE, *ONNX_FILES)
    return any(fnmatchcase(name, pattern) and depth == pattern.count("/") + 1 for pattern in patterns)


def write_folder(files: Files, out: Path) -> None:
    """Write them into a new folder, whole or not at all.

    Raises:
        UserError: there is something in ``out``, or it cannot be written to.
    """
    with whole_folder(out) as folder:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)


def without_paths(value: Any) -> Any:
    """A JSON document in which every path out of the folder that was worked in, also within a ``command``, is the last
    of its names alone, as is every ``file``; of a command with a program in it (``python -c``) no more is left than
    that."""
    if isinstance(value, Mapping):
        told = {"command": _command, "file": _name}
        return {
            key: told[key](each) if key in told and isinstance(each, str) else without_paths(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [without_paths(each) for each in value]
    return _last(value) if isinstance(value, str) else value


def _command(line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    if words[:1] == ["python"] and words[1:] and words[1].startswith("-") and words[1] != "-m":
        return "python -c ..."  # a program in the place of a name: it may say anything
    return shlex.join("=".join(_last(part) for part in word.split("=")) for word in words)


def _last(text: str) -> str:
    return PurePosixPath(text).name or text if _ELSEWHERE.match(text) else text


def _name(file: str) -> str:
    """Of a photograph, whose folders are told from wherever all photographs lie together, which may be far above."""
    return PurePosixPath(file).name


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _page(content: bytes, measured: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The page tells the command and the files as trust.json does."""
    page = content.decode()
    trust = measured.get("trust.json", {})
    told = trust.get("provenance", {}).get("command", "")
    page = page.replace(escape(json.dumps(told)), escape(json.dumps(_command(told))))
    for wrong in (trust.get("classifier") or {}).get("worst", ()):
        if "file" in wrong:
            page = page.replace(f"<br>{escape(wrong['file'])}<", f"<br>{escape(_name(wrong['file']))}<")
    return page.encode()


def _onnx(content: bytes, run: Run, name: str) -> bytes:
    """An exported policy, checked to be this run's."""
    path = run.folder / name
    try:
        model = onnx.load_from_string(content)
    except Exception as error:  # protobuf's own class of error depends on its implementation
        raise UserError(f"{path} is damaged; export it again with `gplac robot export`.") from error
    entry = next((each for each in model.metadata_props if each.key == CARD_KEY), None)
    if entry is None:
        raise UserError(f"{path} was not exported by gplac; move it elsewhere.")
    if PolicyCard.from_json(entry.value, str(path)).run_sha256 != run.weights_id():
        raise UserError(
            f"{path} was exported from other weights than this run's; export it again with `gplac robot export`."
        )
    entry.value = json.dumps(without_paths(json.loads(entry.value)))
    return bytes(model.SerializeToString())

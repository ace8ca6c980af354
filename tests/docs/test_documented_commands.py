"""Every command that the documentation shows can be typed: its verb, options and their values are understood."""

import functools
import io
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import tyro
from pages import ROOT, Page, pages
from tyro.extras import SubcommandApp

from gplac.cli import app, main

FLAG = re.compile(r"^\W*(?:-\w, )?(--[\w-]+)", re.MULTILINE)


def verbs(
    of: SubcommandApp, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Callable[..., Any]]]:
    """Each verb and what it calls."""
    for name, command in of._subcommands.items():
        if isinstance(command.target, SubcommandApp):
            yield from verbs(command.target, (*prefix, name))
        else:
            yield (*prefix, name), command.target


VERBS = dict(verbs(app))
GROUPS = {verb[:1] for verb in VERBS if len(verb) > 1}


def split(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Verb and the rest; an empty verb where there is none."""
    known = next((verb for n in (2, 1) if (verb := tuple(words[:n])) in VERBS), ())
    return known, words[len(known) :]


def understood(words: list[str]) -> bool:
    """Whether a whole command could be run."""
    verb, rest = split(words)
    if not verb:
        return False
    stub = functools.wraps(VERBS[verb])(lambda *_, **__: None)
    try:
        tyro.cli(stub, args=rest, config=(tyro.conf.FlagCreatePairsOff,))
    except SystemExit:
        return False
    return True


@functools.cache
def options(verb: tuple[str, ...]) -> list[str]:
    """Options in a verb's help."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as told:
        patch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit):
            main([*verb, "--help"])
    return FLAG.findall(told.getvalue())


def unknown(words: list[str]) -> list[str]:
    """Words of a part of a command that are neither a verb nor one of its options."""
    verb, rest = split(words)
    if not verb:
        return [] if tuple(words) in GROUPS else words
    return [word for word in rest if word.startswith("--") and word not in options(verb)]


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_of_a_page_can_be_typed(path: Path) -> None:
    page = Page(path.read_text())
    assert [" ".join(words) for words in page.commands if not understood(words)] == []
    assert [" ".join(words) for words in page.mentions if unknown(words)] == []


@pytest.mark.parametrize(
    ("words", "fine"),
    [
        ("train gplac --set training.steps=3", True),
        ("robot run policy.onnx --robot mock --seconds 10", True),
        ("juggle", False),
        ("train gplac --loud", False),
        ("train gplac --preset huge", False),
        ("robot run policy.onnx --robot mock --seconds long", False),
        ("robot run --robot mock", False),
    ],
)
def test_what_cannot_be_typed_would_be_noticed(words: str, fine: bool) -> None:
    assert understood(words.split()) is fine


def test_commands_are_found_and_end_where_the_shell_ends_them() -> None:
    page = Page(
        "Say `gplac data`, `gplac train --loud`.\n```bash\nA=1 gplac doctor && gplac data show x  # gplac no\n"
        "cd gplac\n```\n```text\ngplac is silent\n```\n"
    )
    assert list(page.commands) == [["doctor"], ["data", "show", "x"]]
    assert [unknown(words) for words in page.mentions] == [[], ["--loud"]]

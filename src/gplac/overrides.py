"""Changes to a preset as they are typed, ``FIELD=VALUE``."""

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin, get_type_hints

import tyro

from gplac import config
from gplac.errors import UserError


def field_of(change: str) -> str:
    """The field that a change is of, such as ``training.steps``; it may be typed with hyphens."""
    return change.partition("=")[0].replace("-", "_")


def spelt(change: str) -> str:
    """A change as files are named after it."""
    return f"{field_of(change)}={change.partition('=')[2]}"


def apart(joined: str) -> tuple[str, ...]:
    """The changes, each as `spelt` has it, in the part of a file's name that hyphens join them in."""
    return tuple(re.split(r"-(?=[a-z_.]+=)", joined)) if joined else ()


def changed(chosen: config.Preset, changes: Sequence[str], option: str = "--set") -> config.Preset:
    """A preset with some fields changed; it says so in its name.

    Args:
        chosen: the preset.
        changes: each ``FIELD=VALUE``, such as ``training.steps=3000`` or ``network.temperature=4``.
        option: where they were given, for the message.

    Raises:
        UserError: a change that cannot be read, of a field that there is not, or of one field twice.
    """
    if not changes:
        return chosen
    found, known = chosen, list(_fields(chosen))
    names = list[str]()
    for change in changes:
        field, equals, value = change.partition("=")
        name = field_of(change)
        if not equals or field == "name":
            raise UserError(f"{option} {change}: write FIELD=VALUE, for instance training.steps=3000.")
        if name not in known:
            raise UserError(
                f"{option} {change}: there is no field {field}; choose one of: {', '.join(_near(field, known))}."
            )
        if name in names:
            raise UserError(f"{option} {change}: {name} is set twice; leave one out.")
        names.append(name)
        if value in ("true", "false"):  # as JSON and YAML write them
            value = value.capitalize()
        takes = f"{option} {change}: {name} takes {_takes(chosen, name)}."
        if any(part.startswith("--") for part in value.split(",")) or value != "".join(value.split()):
            raise UserError(takes)  # it would be read as another option, or break the name of a file
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # where it draws a box of what went wrong
                found = tyro.cli(
                    config.Preset,
                    default=found,
                    args=[f"--{field}", *value.split(",")],
                    config=(tyro.conf.FlagConversionOff,),
                    console_outputs=False,
                )
        except SystemExit as error:
            raise UserError(takes) from error
    return replace(found, name=chosen.name + config.CHANGED)


def _fields(settings: Any, prefix: str = "") -> Iterator[str]:
    """Names of all fields, those of sections as ``section.field``; not what a preset is called."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from _fields(value, f"{field.name}.")
        elif prefix or field.name != "name":
            yield f"{prefix}{field.name}"


def _takes(settings: Any, field: str) -> str:
    """What values a field such as ``training.steps`` takes."""
    *sections, last = field.split(".")
    for section in sections:
        settings = getattr(settings, section)
    hint = get_type_hints(type(settings))[last]
    if get_origin(hint) is Literal:
        return " or ".join(get_args(hint))
    return _KINDS[get_origin(hint) or hint]


_KINDS = {
    bool: "true or false",
    int: "a whole number, such as 3000",
    float: "a number, such as 0.5",
    tuple: "whole numbers with commas between, such as 400,400",
}


def _near(field: str, known: Sequence[str]) -> list[str]:
    """Fields that may be meant by a wrong name: those called almost so, else those of its section, else all."""
    section, _, last = field.replace("-", "_").rpartition(".")
    close = get_close_matches(last, [name.rpartition(".")[2] for name in known])
    called = [name for name in known if name.rpartition(".")[2] in close]
    return called or [name for name in known if name.startswith(f"{section or last}.")] or list(known)

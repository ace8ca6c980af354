"""What a run that is resumed has otherwise than when it started, named with both values."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

MOST = 4
"""Changes that are named of each part of a run; more are counted."""
LONG = 24
"""Letters of a value that are shown: more than a method's name has, fewer than a checksum."""


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Where two descriptions of a run differ, such as ``seed (0, not 1), preset (training.steps 12000, not 3000)``:
    what it was before comes first. Empty if nowhere."""
    parts = []
    for key in dict.fromkeys([*now, *before]):
        found = [
            f"{' '.join([path, _short(was)]).strip()}, not {_short(becomes)}"
            for path, was, becomes in _differences(before.get(key), now.get(key))
        ]
        if found:
            more = [f"{len(found) - MOST} more"] if len(found) > MOST else []
            parts.append(f"{key} ({'; '.join([*islice(found, MOST), *more])})")
    return ", ".join(parts)


def _differences(before: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Dotted paths within two JSON documents, and what is there in either."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*now, *before]):
            yield from _differences(before.get(key), now.get(key), f"{path}.{key}".lstrip("."))
    elif before != now:
        yield path, before, now


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."

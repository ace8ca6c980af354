"""Visuomotor policies that work in new places, from demonstrations of one place and weakly labelled photographs.

``gplac.train(demonstrations, weak, out=...)`` trains on your own data, ``gplac.load(run)`` gives a trained policy,
``gplac.from_pretrained(name)`` one that somebody shared, and ``gplac.trust(run)`` writes how far to trust it: see
`gplac.api`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gplac.api import from_pretrained, load, train, trust

__all__ = ["from_pretrained", "load", "train", "trust"]


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import: whoever imports one room of gplac need not wait for it.
    if name in __all__:
        from gplac import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

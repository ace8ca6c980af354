"""The reference's own Sphinx extension: what happens to docstrings and types on their way from the code to a page."""

import builtins
import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PyAttribute, PyProperty, PyVariable
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.util.typing import stringify_annotation

from gplac import api
from gplac.objectives import objective

PAPER_MAP = {
    "3": "Losses and training",
    "4": "Losses and training",
    "5": "Network (section 5, appendix 8.3)",
    "6": "Tasks and data",
    "8.2": "Tasks and data",
    "8.3": "Losses and training",
}
"""Sections of the paper -> where the map of the paper speaks of them."""
ALIASES = {
    f"~{module.__name__}.{name}": stringify_annotation(getattr(module, name), "smart")
    for module, name in ((api, "WeakArrays"), (api, "DemonstrationArrays"), (objective, "Source"))
}
"""Names of types -> what Sphinx writes for them."""
ARRAY_LIKE = re.compile(
    r"~?numpy\._typing\._array_like\._Buffer \| [^,)]*?_NestedSequence\[complex \| bytes \| str\]"
)
ND_ARRAY = re.compile(r"~?numpy\.ndarray\[tuple\[[^]]*\], ~?numpy\.dtype\[([^]]*)\]\]")


class Sections(GoogleDocstring):
    """Args, Returns and Raises. Types are in signatures, so that a colon in a text is nothing but a colon."""

    def _consume_returns_section(self, preprocess_types: bool = False) -> list[tuple[str, str, list[str]]]:
        return [("", "", self._dedent(self._consume_to_next_section()))]


def docstring(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Sections become lists of fields, mentions of the paper's sections links into the map of the paper."""

    def link(found: re.Match[str]) -> str:
        heading = next((PAPER_MAP[key] for key in PAPER_MAP if found[2].startswith(key)), None)
        return found[0] if heading is None else f":ref:`{found[0]} <paper_map:{heading}>`"

    kind = (
        "" if what in ("attribute", "data", "property") else what
    )  # of these it would take a colon for a type
    parsed = Sections(lines, Config(napoleon_use_rtype=False), app, kind, name, obj, options).lines()
    lines[:] = [re.sub(r"\b([Ss]ection|[Aa]ppendix) (\d(?:\.\d)*)", link, line) for line in parsed]


def shorter(types: str) -> str:
    """Types as the source has them, not what they stand for."""
    for alias, spelt in ALIASES.items():
        types = types.replace(spelt, alias)
    types = ND_ARRAY.sub(r"~numpy.typing.NDArray[\1]", types)
    return ARRAY_LIKE.sub("~numpy.typing.ArrayLike", types).replace("~typing.Self", "Self")


def signature(
    app: Sphinx, what: str, name: str, obj: Any, options: object, arguments: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """A signature to be read: short types, no private fields; none for an interface, which nobody calls."""
    if getattr(obj, "_is_protocol", False):
        return "", None
    if arguments is not None:
        arguments = re.sub(r", _\w+: [^=]* = <factory>", "", arguments).replace("<factory>", "...")
    return arguments and shorter(arguments), returns and shorter(returns)


def builtin_types(app: Sphinx, doctree: nodes.document) -> None:
    """`bytes` in a signature is Python's; Sphinx would take it for any attribute of that name."""
    for reference in list(doctree.findall(pending_xref)):
        if reference.get("reftype") == "class" and hasattr(builtins, reference["reftarget"]):
            reference.replace_self(reference.children)


class ShortTypes:
    """A directive with a type, and without the line that spells an alias of arrays out."""

    def run(self: Any) -> Any:
        """See `sphinx.directives.ObjectDescription.run`."""
        if "type" in self.options:
            self.options["type"] = shorter(self.options["type"])
        for i in reversed(range(len(self.content))):
            if self.content[i].startswith("alias of") and "ndarray" in self.content[i]:
                del self.content[i]
        return super().run()  # type: ignore[misc]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-process-signature", signature)
    app.connect("doctree-read", builtin_types)
    for kind, directive in (("attribute", PyAttribute), ("property", PyProperty), ("data", PyVariable)):
        app.add_directive_to_domain(
            "py", kind, type(directive.__name__, (ShortTypes, directive), {}), override=True
        )
    return {"parallel_read_safe": True}

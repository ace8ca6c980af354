"""The documentation's pages, read as a reader's program reads them: links, pictures, headings, commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"(?:^|[;&|]\s*|\bin )(?:[A-Z_]+=\S+ )*(?:\S*/)?gplac (?=[a-z])")
SHELLS = ("bash", "console", "sh")


def pages() -> list[Path]:
    """README, CONTRIBUTING, and everything in Markdown under docs and examples that is not generated."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    for folder in ("docs", "examples"):
        found += sorted(
            path for path in (ROOT / folder).rglob("*.md") if not {"_build", "_generated"} & set(path.parts)
        )
    return found


@dataclass(frozen=True)
class Page:
    """One file of Markdown."""

    text: str
    """Its content."""

    @cached_property
    def tokens(self) -> list[Token]:
        """Blocks and what is in them, in order."""
        blocks = MarkdownIt("commonmark").enable("table").parse(self.text)
        return [token for block in blocks for token in (block, *(block.children or ()))]

    @property
    def targets(self) -> Iterator[str]:
        """Where links and pictures lead."""
        for token in self.tokens:
            target = token.attrGet("href") or token.attrGet("src")
            if target is not None:
                yield str(target)

    @property
    def anchors(self) -> set[str]:
        """What headings are called in links: as GitHub and MyST make them."""
        found: set[str] = set()
        for heading, text in zip(self.tokens, self.tokens[1:], strict=False):
            if heading.type != "heading_open":
                continue
            words = "".join(
                part.content for part in text.children or () if part.type in ("text", "code_inline")
            )
            slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
            number = sum(
                each == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", each) is not None for each in found
            )
            found.add(f"{slug}-{number}" if number else slug)
        return found

    @property
    def commands(self) -> Iterator[list[str]]:
        """What follows ``gplac`` in each command of the blocks for a shell."""
        for token in self.tokens:
            if token.type == "fence" and token.info.split(" ")[0] in SHELLS:
                for line in token.content.replace("\\\n", " ").splitlines():
                    for found in COMMAND.finditer(line):
                        yield words(line[found.end() :])

    @property
    def mentions(self) -> Iterator[list[str]]:
        """The same of commands within a sentence, which may be parts of one: `gplac evaluate RUN --vary each`."""
        for token in self.tokens:
            if token.type == "code_inline" and re.match(r"gplac [a-z]", token.content):
                yield words(token.content.removeprefix("gplac "))


def words(text: str) -> list[str]:
    """Words of a command up to its end: a comment, or what joins it to the next one."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, "#"
    found = []
    for word in lexer:
        if set(word) <= set(";&|"):
            break
        found.append(word)
    return found

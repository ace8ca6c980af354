"""Keep README's map of files true: each file of the package with the first sentence of its docstring.

Usage: file_map.py [--check]: rewrite the map between its two marks in README.md, or only say whether it is up to date.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BEGIN, END = "<!-- map of files: written by `make format` -->\n", "<!-- end of the map -->\n"
ROOMS = (
    "", "worlds", "experts", "data", "models", "objectives", "training", "evaluation", "robot", "grid", "reporting",
    "hub", "scale", "cli",
)  # fmt: skip
"""In the order of a reader; others follow by name."""


def purpose(path: Path) -> str:
    """The first sentence of a file's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    sentence = paragraph.split(". ")[0].rstrip(".:")
    if not sentence:
        raise SystemExit(f"{path} has no docstring; say in a sentence what it is for.")
    return sentence.replace("|", "\\|")


def file_map() -> str:
    """The map, as Markdown."""
    package = ROOT / "src" / "gplac"
    rooms = {path.parent.relative_to(package).as_posix() for path in package.rglob("*.py")}
    order = [room or "." for room in ROOMS]
    lines = ["| file | what it is for |", "|---|---|"]
    rank = {room: place for place, room in enumerate(order)}
    for room in sorted(rooms, key=lambda room: (rank.get(room.split("/")[0], len(rank)), room)):
        files = sorted(path for path in (package / room).glob("*.py") if not path.name.startswith("__"))
        prefix = "" if room == "." else f"{room}/"
        if prefix:
            lines.append(f"| **{prefix}** | {purpose(package / room / '__init__.py')} |")
        lines += [f"| `{prefix}{path.name}` | {purpose(path)} |" for path in files]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Rewrite or check."""
    text = README.read_text()
    if not text.count(BEGIN) == text.count(END) == 1 or text.index(END) < text.index(BEGIN):
        raise SystemExit(
            f"README.md needs {BEGIN.strip()} and, below it, {END.strip()}, once each and on lines of their own."
        )
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}{file_map()}{END}{after}"
    if "--check" in sys.argv[1:]:
        if wanted != text:
            raise SystemExit("README's map of files is out of date; run: make format")
    else:
        README.write_text(wanted)


if __name__ == "__main__":
    main()

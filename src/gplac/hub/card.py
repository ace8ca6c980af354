"""The model card of a run: ``README.md`` with the header that the Hugging Face Hub reads."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.hub import sections
from gplac.hub.opening import documents, open_run
from gplac.hub.sections import Document
from gplac.reporting.themes import label
from gplac.runs import Run
from gplac.training.policy import Policy
from gplac.worlds.registry import TASKS

CARD = "README.md"
MARK = "<!-- Everything above is written by `gplac card`. What you write below this line stays. -->"
LICENSE = re.compile(r"[a-z0-9][a-z0-9.-]*")


def card(folder: Path, license_id: str | None = None) -> Path:
    """Write the card of a run into its folder; what the user wrote below `MARK` stays, and so does the license.

    Args:
        folder: of the run.
        license_id: as the Hub names licenses, such as ``apache-2.0``; by default that of the card there.

    Raises:
        UserError: no finished run, a damaged file, no name of a license, or a ``README.md`` that is not of this making.
    """
    run, policy = open_run(folder)
    present = [path.name for path in folder.iterdir()]
    text = card_text(run, policy, documents(run), present, license_id=license_id)
    write_atomically(folder / CARD, text.encode())
    return folder / CARD


def card_text(
    run: Run,
    policy: Policy,
    measured: Mapping[str, Document],
    files: Sequence[str],
    repo_id: str | None = None,
    license_id: str | None = None,
) -> str:
    """The text of a card.

    Args:
        run: a finished run.
        policy: its policy.
        measured: see `gplac.hub.opening.documents`.
        files: what lies beside the card.
        repo_id: where it will be.
        license_id: see `card`.

    Raises:
        UserError: see `card`.
    """
    if license_id is not None and not LICENSE.fullmatch(license_id):
        raise UserError(
            f"--license {license_id}: write a license as the Hub names it, such as apache-2.0, mit or cc-by-4.0."
        )
    kept_license, own_words = _kept(run.folder / CARD)
    facts = run.facts
    name = facts["task"] or "an unnamed task"
    task = TASKS[name]() if name in TASKS and not sections.own(facts) else None
    parts = [
        _header(facts, license_id or kept_license),
        f"# {sections.plain(label(facts['method']))}, {sections.plain(task.title if task else name)}",
        sections.lead(facts, task),
        sections.what(run, policy, task),
        sections.data(facts),
        sections.results(facts, measured, task),
        sections.trust(measured.get("trust.json"), files),
        sections.use(run, files, repo_id),
        sections.limits(facts, task),
        sections.provenance(run),
        MARK,
    ]
    return "\n\n".join(part for part in parts if part) + "\n" + own_words


def has_license(text: str) -> bool:
    """Whether a card names a license."""
    return _license(text) is not None


def _license(text: str) -> str | None:
    header = text.split("\n---\n", 1)[0]
    found = re.search(r"^license: *(\S+)$", header, re.MULTILINE)
    return found.group(1) if found else None


def _kept(path: Path) -> tuple[str | None, str]:
    """Of the card that is there: its license, and what the user wrote below the mark."""
    if not path.exists():
        return None, ""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}); move it elsewhere.") from error
    _, mark, own = text.partition(MARK + "\n")
    if not mark:
        raise UserError(
            f"{path} was not written by `gplac card`, which would replace it: move it elsewhere, and add its words"
            " below the last line of the new one."
        )
    return _license(text), own


def _header(facts: Document, license_id: str | None) -> str:
    tags = ["gplac", "robotics", "imitation-learning", "visuomotor-policy", facts["method"]]
    tags += [facts["task"]] if facts["task"] in TASKS and not sections.own(facts) else []
    lines = [f"license: {license_id}"] if license_id else []
    lines += ["library_name: gplac", "pipeline_tag: robotics", "tags:"]
    # In JSON's quotes, whatever a method is called: YAML reads them alike.
    lines += [f'- "{re.sub(r"[^A-Za-z0-9._-]+", "-", tag)}"' for tag in dict.fromkeys(tags)]
    return "\n".join(["---", *lines, "---"])

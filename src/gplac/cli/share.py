"""Verbs about handing a trained run on."""

import sys
from typing import Annotated

from tyro.conf import Positional, arg

from gplac.cli.options import OptionalPath, Run
from gplac.errors import UserError

License = Annotated[str | None, arg(name="license", metavar="ID")]
RepoId = Annotated[Positional[str | None], arg(metavar="REPO_ID")]


def card(run: Run, /, *, license_id: License = None) -> None:
    """Write RUN/README.md: a model card with what a run is, what it was trained on, and how good it is.

    Writing it again keeps the license, and what you wrote below its last line.

    Args:
        run: Folder of the run.
        license_id: License of the weights, as the Hugging Face Hub names it: apache-2.0, mit, cc-by-4.0, ...
    """
    from gplac.hub.card import card, has_license

    path = card(run, license_id)
    print(f"The card is {path}.")
    if not has_license(path.read_text()):
        print("It names no license, so that nobody may use the weights; --license ID does.")


def push(
    run: Run,
    repo_id: RepoId = None,
    /,
    *,
    to: OptionalPath = None,
    private: bool = False,
    without_pictures: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Upload what others need of a run to a repository on the Hugging Face Hub, after showing what that is.

    Never checkpoints, data or logs. Paths of this machine are taken out. docs/share.md explains.

    Args:
        run: Folder of the run.
        repo_id: USER/NAME, made if there is none.
        to: Write the same files into this new folder instead.
        private: Only you can see the repository.
        without_pictures: Leave out trust.html, which shows pictures of your own data.
        dry_run: Only show what would be uploaded.
        yes: Do not ask before uploading.
    """
    from gplac.hub.card import CARD, has_license
    from gplac.hub.files import PAGE, shared_files, write_folder
    from gplac.hub.repository import upload

    if (repo_id is None) == (to is None):
        raise UserError(
            "Name where to: a repository, as in `gplac push RUN USER/NAME`, or a folder with --to."
        )
    files = shared_files(run, repo_id, pictures=not without_pictures)
    for name, content in files.items():
        note = "  shows pictures of your own data" * (name == PAGE)
        print(f"{len(content) / 1e3:10,.1f} kB  {name}{note}")
    print(f"{sum(map(len, files.values())) / 1e3:10,.1f} kB  in {len(files)} files")
    if not has_license(files[CARD].decode()):
        print("The card names no license, so that nobody may use the weights: gplac card RUN --license ID")
    if dry_run:
        return
    if to is not None:
        write_folder(files, to)
        print(f"They are in {to}.")
        return
    assert repo_id is not None
    if not yes:
        _ask(f"Upload them to {repo_id}{' (private)' * private}? [y/N] ")
    print(f"They are at {upload(files, repo_id, private)}")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise UserError(
            "Nobody can be asked here; add --yes to upload these files, or --dry-run to look at them."
        )
    if input(question).strip().lower() not in ("y", "yes"):
        raise UserError("Nothing was uploaded.")

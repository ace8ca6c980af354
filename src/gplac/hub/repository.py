"""Runs in repositories on the Hugging Face Hub, through its own client, an optional extra: up, and down again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from gplac.errors import UserError
from gplac.hub.files import NEEDED, Files, is_shared

REPO_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def upload(files: Files, repo_id: str, private: bool = False) -> str:
    """Put files into a repository, which is made if there is none, as one commit; returns its address.

    Of what an earlier upload left there, files of gplac's that are not among these are removed; others stay.

    Args:
        files: see `gplac.hub.files.shared_files`.
        repo_id: ``USER/NAME``.
        private: only the owner can see it.

    Raises:
        UserError: the extra is not installed, nobody is logged in, no right to write there, no connection, or a public
            repository where a private one is wanted.
    """
    hub = _hub()
    _check(repo_id)
    if hub.get_token() is None:
        raise UserError(
            "Nobody is logged in: run `hf auth login`, or set HF_TOKEN to a token that may write; then push again."
        )
    with _told(hub, repo_id, "write to"):
        api = hub.HfApi(library_name="gplac")
        address = str(api.create_repo(repo_id, private=True if private else None, exist_ok=True))
        if private and not api.repo_info(repo_id).private:
            raise UserError(
                f"{repo_id} exists and is public; nothing was uploaded. Make it private in its settings, or name"
                " another repository."
            )
        stale = [name for name in api.list_repo_files(repo_id) if is_shared(name) and name not in files]
        operations = [hub.CommitOperationAdd(name, content) for name, content in files.items()]
        operations += [hub.CommitOperationDelete(name) for name in stale]
        api.create_commit(repo_id, operations, commit_message="Upload a policy with gplac")
    return address


def download(repo_id: str, revision: str | None = None, cache_dir: Path | None = None) -> Path:
    """The files of a run in a repository, in the client's cache, or read from it; no others are fetched.

    Args:
        repo_id: ``USER/NAME``.
        revision: branch, tag or commit; by default the newest.
        cache_dir: folder of the cache; by default the client's own.

    Returns:
        The folder that they are in.

    Raises:
        UserError: the extra is not installed, no such repository or revision, or no connection and nothing cached.
    """
    hub = _hub()
    _check(repo_id)
    with _told(hub, repo_id, "read"):
        patterns = list(NEEDED)
        folder = hub.snapshot_download(
            repo_id, revision=revision, cache_dir=cache_dir, allow_patterns=patterns, library_name="gplac"
        )
    return Path(folder)


def _hub() -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.errors  # no attribute of the package before it is imported
    except ImportError as error:
        raise UserError(
            "Sharing through the Hugging Face Hub needs its client: pip install 'gplac[hub]'."
        ) from error
    return huggingface_hub


def _check(repo_id: str) -> None:
    if not REPO_ID.fullmatch(repo_id):
        raise UserError(f"{repo_id} is no folder, and no repository: those are called USER/NAME.")


@contextmanager
def _told(hub: ModuleType, repo_id: str, what: str) -> Iterator[None]:
    """The client's errors as one sentence each."""
    errors = hub.errors
    try:
        yield
    except errors.GatedRepoError as error:
        raise UserError(
            f"{repo_id} is gated: ask for access on its page, then log in with `hf auth login`."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"There is no repository {repo_id}, or it is private: check the name, or log in with `hf auth login`."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UserError(f"{repo_id} has no such revision; name a branch, a tag or a commit of it.") from error
    except errors.HFValidationError as error:
        raise UserError(f"{repo_id} cannot be the name of a repository: {error}") from error
    # Its base classes are those of whichever library the client speaks HTTP with.
    except (OSError, ValueError, *errors.HfHubHTTPError.__bases__) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403):
            raise UserError(
                f"Your token may not {what} {repo_id}: log in with `hf auth login` and one that may."
            ) from error
        raise UserError(f"Cannot {what} {repo_id}: {error}") from error

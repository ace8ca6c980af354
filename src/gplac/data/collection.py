"""A folder that is being filled with shards, and can be gone on with after any interruption."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from gplac.data.draw import Job, close_renderer, draw, renderer_name
from gplac.data.manifest import MANIFEST, Manifest, Request, Shard
from gplac.data.progress import progress
from gplac.data.shards import sha256
from gplac.errors import UserError
from gplac.files import claimed, remove_temporaries
from gplac.provenance import provenance
from gplac.scale.executor import executor

DECIDING_PACKAGES = ("gplac", "mujoco-core", "numpy", "pyarrow", "simplejpeg")
"""Distributions whose version decides the bytes of a shard; the renderer does, too."""


@dataclass(frozen=True)
class Collected:
    """What a collection did."""

    manifest: Manifest
    """Of the complete data set."""
    drawn: int
    """Images drawn by this call; the others were there already."""


class Collection:
    """One data set on its way to completeness; made by `open_collection`."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @property
    def missing(self) -> list[int]:
        """Numbers of the shards that are not finished."""
        return [number for number, shard in enumerate(self.manifest.shards) if shard.sha256 is None]

    def require(self, request: Request) -> None:
        """Refuse a collection of something else than is asked for.

        Raises:
            UserError: it was started with another request.
        """
        if differences := request.differences(self.manifest.request):
            raise UserError(
                f"{self.folder} holds another collection: asked for is {'; '.join(differences)}."
                " Name another folder, or delete this one."
            )

    def pin(self, what: str, fingerprint: str) -> None:
        """Make sure that shards to come belong to the finished ones.

        Args:
            what: "scenes", "episodes", "renderer", "expert", "assets" or "robot".
            fingerprint: of what this process would draw.

        Raises:
            UserError: the collection was started with another one.
        """
        known = self.manifest.fingerprints.get(what, fingerprint)
        if known != fingerprint:
            raise UserError(
                f"The collection in {self.folder} was started with other {what} ({known[:40]}, now {fingerprint[:40]}):"
                " gplac or its surroundings have changed since; collect into another folder, or delete this one."
            )
        self.manifest = replace(self.manifest, fingerprints={**self.manifest.fingerprints, what: fingerprint})

    def draw(self, jobs: Sequence[Job], counts: dict[str, int], workers: int) -> Collected:
        """Draw what is missing, with a job for each missing shard, and note in the manifest what is done.

        Raises:
            UserError: a shard cannot be written. What is finished stays.
            KeyboardInterrupt: with the advice to go on later.
        """
        missing = self.missing
        self.manifest = replace(self.manifest, counts=counts)
        rows = sum(self.manifest.shards[number].rows for number in missing)
        try:
            with executor(workers) as pool, progress("images", rows) as advance:
                for _, name in pool.map(renderer_name, [self.manifest.request.renderer]):
                    self.pin("renderer", name)
                self.manifest.write(self.folder)
                for i, (size, digest) in pool.map(draw, jobs):
                    self.manifest = self.manifest.with_shard(missing[i], size, digest)
                    self.manifest.write(self.folder)
                    advance(self.manifest.shards[missing[i]].rows)
        except KeyboardInterrupt:
            done = len(missing) - len(self.missing)
            raise KeyboardInterrupt(
                f"{done} of {len(missing)} shards are new; the same command goes on."
            ) from None
        finally:
            close_renderer()
        return Collected(self.manifest, rows)


@contextmanager
def open_collection(folder: Path, request: Request, shards: Sequence[Shard]) -> Iterator[Collection]:
    """Start a collection in ``folder``, or go on with the one there; no other process can until this is left.

    Finished shards are verified; a damaged one counts as missing.

    Raises:
        UserError: the folder holds something else, is in use, or cannot be written to.
    """
    with claimed(folder, folder, "collecting into"):
        remove_temporaries(folder)
        if (folder / MANIFEST).exists():
            manifest = Manifest.read(folder)
            Collection(folder, manifest).require(request)
            manifest = _verified(folder, manifest, shards)
        elif left := sorted(path.name for path in folder.iterdir()):
            raise UserError(
                f"{folder} holds other things ({left[0]}, ...); name a new folder, or an empty one."
            )
        else:
            manifest = Manifest(request, tuple(shards), _versions(), provenance=provenance())
        yield Collection(folder, manifest)


def _verified(folder: Path, manifest: Manifest, shards: Sequence[Shard]) -> Manifest:
    """The manifest found, after a look at whether its shards are what it says."""
    for number, shard in enumerate(manifest.shards):
        path = folder / shard.name
        if shard.sha256 is not None and not (path.is_file() and sha256(path) == shard.sha256):
            manifest = manifest.with_shard(number, None, None)
    if manifest.complete:
        return manifest
    versions = _versions()
    changed = [f"{name} {versions[name]} instead of {manifest.versions.get(name)}"
               for name in versions if versions[name] != manifest.versions.get(name)]  # fmt: skip
    if changed or [(shard.name, shard.rows) for shard in shards] != [
        (each.name, each.rows) for each in manifest.shards
    ]:
        raise UserError(
            f"The collection in {folder} was started with other software ({'; '.join(changed) or 'other shards'});"
            " install what it was started with, or collect into another folder."
        )
    return manifest


def _versions() -> dict[str, str]:
    return {package: version(package) for package in DECIDING_PACKAGES}

"""``manifest.json``: what a data set is, how it was made, and the checksums of its shards."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from gplac.errors import UserError
from gplac.files import write_atomically

MANIFEST = "manifest.json"
FORMAT = 1
IMPORTED = "imported"
"""The split of data that were not drawn here but came from a user's own robot, photographs or files."""
OWN = "own"
"""Name of the task of imported data, unless the user gives it one."""
Kind = Literal["demonstrations", "weak"]
CALLED: dict[Kind, str] = {"demonstrations": "demonstrations", "weak": "weak images"}
T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What was asked for. Together with the versions of the software it decides every byte of the shards."""

    kind: Kind
    task: str
    split: str
    scenes: tuple[int, ...]
    """Indices within the split."""
    per_scene: int
    """Episodes (demonstrations) or images (weak) of each scene."""
    level: str
    """Difficulty of the looks."""
    width: int
    height: int
    seed: int
    action_noise: float = 0.0
    """Standard deviation of the noise on the executed action, torque units; demonstrations only."""
    noise_time_s: float = 0.0
    """Correlation time of that noise, seconds."""
    assets: str | None = None
    """Folder of the user's own textures and meshes."""
    robot_model: str | None = None
    """File of the user's own robot."""
    renderer: str = "classic"
    """What draws: "classic" or "filament", MuJoCo's two."""

    def differences(self, other: "Request") -> list[str]:
        """The fields in which another request differs, each with both values."""
        pairs = [(each.name, getattr(self, each.name), getattr(other, each.name)) for each in fields(self)]
        return [f"{name} {_short(mine)} instead of {_short(its)}" for name, mine, its in pairs if mine != its]


@dataclass(frozen=True)
class Shard:
    """One file of a data set."""

    name: str
    rows: int
    bytes: int | None = None
    """Size of the file; None while it is not finished."""
    sha256: str | None = None
    """Checksum of the file; None while it is not finished."""


@dataclass(frozen=True)
class Manifest:
    """All that is known of a data set besides its shards."""

    request: Request
    shards: tuple[Shard, ...]
    versions: dict[str, str]
    """Of what decides the bytes: gplac, mujoco, the renderer, the encoders."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Of what decides the bytes besides the request: SHA-256 of the descriptions of the scenes, of the episodes, the
    expert, an asset pack's files and a robot's model; and the renderer's name."""
    counts: dict[str, int] = field(default_factory=dict)
    """Rows, scenes, episodes and the expert's attempts at them, images with and without the object of interest."""
    origin: dict[str, Any] = field(default_factory=dict)
    """Of imported data: format, path, camera, names of state and action, control rate (``control_hz``), and what else
    the importer knows. Empty for data drawn here."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Command, revision, versions, hardware and date of the first start of the collection."""

    @property
    def complete(self) -> bool:
        """Whether there are shards, and every one is finished."""
        return bool(self.shards) and all(shard.sha256 for shard in self.shards)

    @property
    def rows(self) -> int:
        """Frames or images of the whole data set."""
        return sum(shard.rows for shard in self.shards)

    @property
    def checksum(self) -> str:
        """SHA-256 over the checksums of the shards: tells the data from all other."""
        return hashlib.sha256("".join(shard.sha256 or "-" for shard in self.shards).encode()).hexdigest()

    @property
    def robot_model(self) -> dict[str, str] | None:
        """File of the user's own robot (``path``) and its checksum (``sha256``), as ``run.json`` has them; None:
        gplac's."""
        if self.request.robot_model is None:
            return None
        return {"path": self.request.robot_model, "sha256": self.fingerprints.get("robot", "")}

    def with_shard(self, index: int, size: int | None, digest: str | None) -> Self:
        """A manifest that knows that shard ``index`` is finished, or, with None, that it is not."""
        shards = list(self.shards)
        shards[index] = replace(shards[index], bytes=size, sha256=digest)
        return replace(self, shards=tuple(shards))

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into ``folder``, whole or not at all.

        Raises:
            UserError: it cannot be written.
        """
        content = {"format": FORMAT, "complete": self.complete, **asdict(self)}
        write_atomically(folder / MANIFEST, (json.dumps(content, indent=1) + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest of the data set in ``folder``.

        Raises:
            UserError: there is none, or it is not one of gplac's.
        """
        path = folder / MANIFEST
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            what = "has no manifest.json" if folder.is_dir() else "does not exist"
            raise UserError(
                f"No data set: {folder} {what}; name the folder that `gplac collect` or `gplac import` wrote."
            ) from error
        except NotADirectoryError as error:
            raise UserError(
                f"No data set: {folder} is no folder; name the one that `gplac collect` or `gplac import` wrote."
            ) from error
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path} is damaged (no JSON); restore it, or collect the data again.") from error
        try:
            return cls._parse(content)
        except (KeyError, TypeError, ValueError) as error:
            said = f"its field {error} is missing" if isinstance(error, KeyError) else error
            raise UserError(
                f"{path} is no manifest of gplac: {said}; restore it, or collect again."
            ) from error

    @classmethod
    def read_complete(cls, folder: Path, kind: Kind, task: str | None = None) -> Self:
        """The manifest of a complete data set, to be trained on or looked at with a policy.

        Args:
            folder: of the data set.
            kind: what it has to hold.
            task: name of the task that the data have to be of; None: of any.

        Raises:
            UserError: there is no such data set, it is not complete, or of another kind or task.
        """
        manifest = cls.read(folder)
        if manifest.request.kind != kind:
            raise UserError(
                f"{folder} holds {CALLED[manifest.request.kind]} where {CALLED[kind]} are needed; name another one."
            )
        if task is not None:
            manifest.require_task(folder, task)
        if not manifest.complete:
            missing = sum(shard.sha256 is None for shard in manifest.shards)
            raise UserError(
                f"The collection in {folder} is not complete: {missing} of {len(manifest.shards)} shards are missing;"
                " run the command that collects it again, and it goes on where it was stopped."
                if manifest.shards
                else f"The data set in {folder} is empty: its manifest names no shard; collect or import it again."
            )
        return manifest

    def is_of(self, task: str) -> bool:
        """Whether the data are of ``task``. Imported data without a name of their own go with every task."""
        return self.request.task == task or (
            self.request.split == IMPORTED and OWN in (self.request.task, task)
        )

    def require_task(self, folder: Path, task: str) -> None:
        """Refuse data of another task than ``task``; see `is_of`.

        Raises:
            UserError: they are of another one.
        """
        if self.is_of(task):
            return
        theirs, imported = self.request.task, self.request.split == IMPORTED
        mend = f"import these again with --task {task}" if imported else f"train with --task {theirs}"
        raise UserError(
            f"{folder} holds data of the task {theirs!r} where data of {task!r} are needed; name data of that task, or"
            f" {mend}."
        )

    @classmethod
    def _parse(cls, content: Any) -> Self:
        _mapping("it", content)
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r} where {FORMAT} is known")
        request = _mapping("its request", content["request"])
        if request["kind"] not in ("demonstrations", "weak"):
            raise ValueError(f"its kind is {request['kind']!r}")
        scenes = tuple(int(index) for index in request["scenes"])
        return cls(
            request=_made(Request, {**request, "scenes": scenes}, "request"),
            shards=tuple(_made(Shard, shard, f"shards[{i}]") for i, shard in enumerate(content["shards"])),
            versions=dict(_mapping("its versions", content["versions"])),
            fingerprints=dict(_mapping("its fingerprints", content["fingerprints"])),
            counts=dict(_mapping("its counts", content["counts"])),
            origin=dict(
                _mapping("its origin", content.get("origin", {}))
            ),  # files of before it existed have none
            provenance=dict(_mapping("its provenance", content["provenance"])),
        )


def require_collected(folder: Path, command: str) -> None:
    """Refuse a ``folder``, chosen for the user, that holds no data set yet.

    Args:
        folder: where the data would be.
        command: what puts them there.

    Raises:
        UserError: there is none; the message is the command.
    """
    if not (folder / MANIFEST).exists():
        raise UserError(f"There is no data set in {folder} yet; make it with: {command}")


def _mapping(what: str, content: Any) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise ValueError(f"{what} is {_short(content)!r} and has no fields")
    return content


def _made(kind: type[T], content: Any, where: str) -> T:
    """A dataclass of the fields in ``content``; ``where`` they stand in the file.

    Raises:
        KeyError: one is missing.
        ValueError: one is not known, or a name or a whole number is something else.
    """
    given = dict(_mapping(where, content))
    for each in fields(kind):  # type: ignore[arg-type]
        if each.name not in given:
            if each.default is MISSING:
                raise KeyError(f"{where}.{each.name}")
        elif each.type in (int, str) and not isinstance(value := given[each.name], each.type):
            raise ValueError(f"its field {where}.{each.name} is {value!r}")
    for name in given.keys() - {each.name for each in fields(kind)}:  # type: ignore[arg-type]
        raise ValueError(f"its field {where}.{name} is not known")
    return kind(**given)


def _short(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."

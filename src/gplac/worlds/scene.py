"""What the world looks like: a frozen, JSON-able description. Physics lives apart, in the task."""

import dataclasses
import json
import types
import typing
from dataclasses import dataclass
from typing import Any

from gplac.worlds.camera import Camera
from gplac.worlds.looks.balls import Ball
from gplac.worlds.looks.coasters import Coaster
from gplac.worlds.looks.cups import Cup
from gplac.worlds.looks.distractors import Distractor
from gplac.worlds.looks.lights import Lighting
from gplac.worlds.looks.mugs import Mug
from gplac.worlds.looks.palettes import Colour
from gplac.worlds.looks.textures import Texture


@dataclass(frozen=True)
class Table:
    """The table's top; its front edge is behind the camera."""

    texture: Texture
    far_edge_y: float
    """World metres, where the robot stands."""
    yaw_deg: float
    gloss: float


@dataclass(frozen=True)
class Room:
    """Wall and floor behind the table."""

    wall: Texture
    floor: Texture
    wall_y: float
    """World metres."""
    skirting: Colour
    skirting_m: float
    """Height of the skirting board."""


@dataclass(frozen=True)
class Scene:
    """One look of a task's world: the paper's "environment" (section 6.1)."""

    task: str
    stream: str
    """Which assets it is drawn from: ``weak`` (with the labelled scene), ``validation`` or ``test``."""
    index: int
    level: str
    camera: Camera
    object: Mug | Cup
    """The object of interest."""
    companion: Coaster | Ball
    """The other thing that the task needs."""
    table: Table
    room: Room
    lighting: Lighting
    distractors: tuple[Distractor, ...]
    pack: str = ""
    """Folder of the asset pack that files are relative to; empty: everything is made by procedure."""

    def assets(self) -> frozenset[str]:
        """Names of all designs, shapes and textures in it; scenes of different splits share none."""
        textures = (self.table.texture, self.room.wall, self.room.floor)
        names = [self.object.asset(), self.companion.asset()]
        names += [texture.asset() for texture in textures] + [thing.asset() for thing in self.distractors]
        return frozenset(names)

    def to_json(self) -> str:
        """As JSON text; `from_json` gives an equal scene back."""
        return json.dumps(dataclasses.asdict(self))

    @staticmethod
    def from_json(text: str) -> "Scene":
        """The scene that `to_json` wrote."""
        scene: Scene = _read(Scene, json.loads(text))
        return scene


def _read(kind: Any, value: Any) -> Any:
    """Build dataclasses and tuples of the annotated types from parsed JSON."""
    if isinstance(kind, types.UnionType):
        # No two looks have the same fields.
        kind = next(
            each for each in kind.__args__ if {f.name for f in dataclasses.fields(each)} == set(value)
        )
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _read(hints[name], item) for name, item in value.items()})
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(each, item) for each, item in zip(kinds, value, strict=True))
    return value

"""What all scenes of a task share: which things stand in them, where, and from where they are seen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from gplac.worlds.camera import Camera
from gplac.worlds.layout import Field
from gplac.worlds.looks.breadth import Breadth
from gplac.worlds.looks.shapes import Part


@dataclass(frozen=True)
class Role:
    """A body of the physics, and how its looks are drawn.

    A look is a frozen dataclass that `gplac.worlds.scene.Scene` can hold.
    """

    name: str
    """What it is called; the key of its random draws."""
    body: str
    """Body of the physics that wears the look."""
    draw: Callable[[np.random.Generator, int, Breadth], Any]
    """A look of the given breadth, from a generator and the number of a design."""
    parts: Callable[[Any, Path], list[Part]]
    """Pieces of a look, standing on the origin; the path is the asset pack's folder."""
    category: str = ""
    """Folder of an asset pack whose meshes stand in for it; empty: none do."""


@dataclass(frozen=True)
class RobotLook:
    """How the robot is drawn, alike in every scene."""

    root: str
    """Body that it begins with."""
    paint: Callable[[mujoco.MjSpec], None]
    """Colours its geoms, and adds what it stands on."""


@dataclass(frozen=True)
class Stage:
    """What a task's scenes are made of, besides table, room and light."""

    object: Role
    """The object of interest."""
    companion: Role
    """The other thing that the task needs."""
    robot: RobotLook
    camera: Camera
    """Where the policy sees from, before a scene moves it a little: the far side of the table from the robot, so that
    the arm comes from behind what it pushes or strikes."""
    field: Field
    """Where distractors would be in the way."""
    view_x: tuple[float, float]
    """A rectangle around all of the table that a camera can see, world metres."""
    view_y: tuple[float, float]
    table_front_y: float
    """The table's edge behind or below the camera."""
    lit: tuple[float, float, float]
    """Middle (x, y) and radius, metres, of what shadows have to be sharp in."""
    distractors: tuple[str, ...]
    """Kinds that are drawn as distractors: names in `gplac.worlds.looks.distractors.KINDS`."""
    lookalikes: tuple[str, ...]
    """Those among them that resemble the object of interest."""
    scenes: tuple[tuple[str, int], ...] = ()
    """How many scenes splits have, where it is not the usual number of `gplac.worlds.splits.SPLITS`."""
    weak_objects: int | None = None
    """How many objects of interest the weak scenes share among them; none: each has its own."""
    weak_backgrounds: int | None = None
    """How many tables and rooms they share."""
    camera_turn: float = 1.0
    """Factor on the angle by which scenes turn the camera; a narrow view bears less."""
    picture: tuple[int, int] = (200, 175)
    """Width and height of the paper's pictures, pixels; what shows scenes shows them so unless told otherwise."""
    kept_free: tuple[tuple[float, float, float], ...] = ()
    """Discs (x, y, radius) in metres that weak images put nothing on."""

    def size(self, width: int | None = None, height: int | None = None) -> tuple[int, int]:
        """Width and height of a picture, pixels: what is asked for, or else the paper's."""
        usual = self.picture
        return usual[0] if width is None else width, usual[1] if height is None else height

"""Which scene is which: splits whose assets are disjoint (section 6.1)."""

import hashlib
import operator
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gplac.errors import UserError
from gplac.seeding import rng, seed_of
from gplac.worlds import layout
from gplac.worlds.camera import Camera
from gplac.worlds.looks import distractors, lights, packs, shapes
from gplac.worlds.looks.breadth import Breadth, Weights, breadth
from gplac.worlds.looks.distractors import Distractor
from gplac.worlds.looks.packs import Pack
from gplac.worlds.looks.palettes import hsv, pick, surface_colours, uniform
from gplac.worlds.looks.textures import TILE_M, Texture
from gplac.worlds.registry import task as task_named
from gplac.worlds.scene import Room, Scene, Table
from gplac.worlds.stage import Role, Stage

SPLITS = {"labelled": 1, "weak": 40, "validation": 20, "confirmation": 100, "test": 40}
"""Scenes of each split, unless a task's stage says otherwise. Scene 0 of ``weak`` is the labelled one;
``confirmation`` goes on where ``validation`` ends, with scenes that no setting was chosen on."""
STREAMS = {
    "labelled": "weak",
    "weak": "weak",
    "validation": "validation",
    "confirmation": "validation",
    "test": "test",
}
FIRST_DRAW = {"weak": 1, "validation": 0, "test": 0}
"""Draw that scene 0 is. The labelled scene is an ordinary one, a light mug on wood; draw 0 has a dark mug on dark
stone, and what is learned there alone transfers nowhere."""
NOTHING = "nothing"
"""In place of a factor: the labelled scene itself, as often as there are scenes."""
_STREAM_NUMBERS = {"weak": 0, "validation": 1, "test": 2}


def split_size(task: str, split: str) -> int:
    """How many scenes a split of a task has.

    Raises:
        UserError: unknown task or split.
    """
    if split not in SPLITS:
        raise UserError(f"There is no split called {split!r}; choose one of: {', '.join(SPLITS)}.")
    return dict(task_named(task).stage.scenes).get(split, SPLITS[split])


def require_scene(task: str, split: str, index: int) -> None:
    """Refuse a scene that its split does not have. `scene` can draw such, but nothing measured ever looks at them.

    Raises:
        UserError: unknown task or split, or no scene of that index.
    """
    size = split_size(task, split)
    index = _whole(index)
    if not 0 <= index < size:
        has = "one scene, 0" if size == 1 else f"{size} scenes, 0 to {size - 1}"
        raise UserError(f"The {split} split has {has}; there is no scene {index}.")


def factors(task: str) -> dict[str, str]:
    """What tells one scene of a task from another: name of the factor -> field of `Scene`.

    Raises:
        UserError: unknown task.
    """
    stage = task_named(task).stage
    return {
        stage.object.name: "object",
        stage.companion.name: "companion",
        "table": "table",
        "background": "room",
        "light": "lighting",
        "distractors": "distractors",
        "camera": "camera",
    }


def require_factor(task: str, vary: str | None) -> None:
    """Refuse what is none of `factors`, nor `NOTHING`; None is none that varies.

    Raises:
        UserError: unknown task or factor.
    """
    if vary is not None and vary != NOTHING and vary not in factors(task):
        raise UserError(
            f"The {task}'s scenes have no factor {vary!r}; choose one of: {', '.join([*factors(task), NOTHING])}"
            " (or, for gplac evaluate, each)."
        )


def scene(
    task: str,
    split: str,
    index: int,
    level: str = "standard",
    assets: Path | None = None,
    vary: str | None = None,
) -> Scene:
    """The look of one scene; a function of its arguments alone.

    Args:
        task: name of the task.
        split: one of `SPLITS`.
        index: of the scene within the split, from 0.
        level: how varied the looks are: standard or wild.
        assets: folder of an asset pack whose textures and meshes replace the procedural ones.
        vary: one of `factors`: the labelled scene (standard, without assets) in which that alone is this scene's; or
            `NOTHING`. A table lends its top alone, so that what stands on it stays on it, and distractors are placed
            anew where the labelled table and camera have room for them.

    Raises:
        UserError: unknown task, split, level or factor, an index that is negative or no whole number, or a bad asset
            pack.
    """
    split_size(task, split)
    index = _whole(index)
    if index < 0 or (split == "labelled" and index > 0):
        raise UserError(f"The split {split!r} has no scene {index}; scenes are counted from 0.")
    stream = STREAMS[split]
    index += split_size(task, "validation") if split == "confirmation" else 0
    made_from = task_named(task).stage, breadth(level)
    draw = _Draw(*made_from, task, stream, index, level, packs.open_pack(assets) if assets else None)
    require_factor(task, vary)
    # What files are in a user's folder may change; the rest is the same every time.
    drawn = draw.scene() if assets else _drawn(*made_from, task, stream, index, level)
    return drawn if vary is None else _one_factor(scene(task, "labelled", 0), drawn, draw, vary)


def _whole(index: int) -> int:
    """An index as Python's own integer, whichever kind it is."""
    try:
        return operator.index(index)
    except TypeError as error:
        raise UserError(
            f"There is no scene {index!r}: scenes are counted in whole numbers, from 0."
        ) from error


@lru_cache(maxsize=1024)
def _drawn(stage: Stage, limits: Breadth, task: str, stream: str, index: int, level: str) -> Scene:
    """A scene without assets: every part of an evaluation asks for the same ones."""
    return _Draw(stage, limits, task, stream, index, level, None).scene()


def _one_factor(labelled: Scene, drawn: Scene, draw: "_Draw", vary: str) -> Scene:
    """The labelled scene with one factor of the scene ``drawn``, of ``draw``."""
    here = replace(labelled, stream=drawn.stream, index=drawn.index, level=drawn.level, pack=drawn.pack)
    if vary == NOTHING:
        return here
    field = factors(drawn.task)[vary]
    lent = getattr(drawn, field)
    if field == "table":
        lent = replace(labelled.table, texture=lent.texture, gloss=lent.gloss)
    if field == "distractors":
        lent = draw.distractors(labelled.camera, labelled.table)
    return replace(here, **{field: lent})


def digest(
    task: str,
    split: str,
    indices: Iterable[int],
    level: str = "standard",
    assets: Path | None = None,
    vary: str | None = None,
) -> str:
    """SHA-256 of what these scenes look like now: what was drawn of them earlier is theirs only if this is the same.
    Arguments and errors are those of `scene`."""
    described = hashlib.sha256()
    for index in indices:
        described.update(scene(task, split, index, level, assets, vary).to_json().encode())
    return described.hexdigest()


class _Draw:
    """Draws the pieces of one scene, each from a generator of its own, so that changing the ranges of one piece
    leaves the others as they were."""

    def __init__(
        self, stage: Stage, limits: Breadth, task: str, stream: str, index: int, level: str, pack: Pack | None
    ) -> None:
        self.keys = (task, stream, index, level)
        self.stage = stage
        self.draw = index + FIRST_DRAW[stream]
        self.breadth = limits
        self.shared: dict[str | int, int] = {}
        if stream == "weak":
            backgrounds = dict.fromkeys(
                ("table", "table top", "wall", "floor", "room"), self.stage.weak_backgrounds
            )
            shared = {self.stage.object.name: self.stage.weak_objects, **backgrounds}
            self.shared = {piece: count for piece, count in shared.items() if count}
        self.pack = pack or Pack(Path(), (), ())

    def number(self, piece: str | int) -> int:
        """The scene that a piece was first drawn for; others may share it."""
        index = self.keys[2]
        return index % self.shared.get(piece, index + 1)

    def generator(self, *piece: str | int) -> np.random.Generator:
        task, stream, index, level = self.keys
        draw = self.draw - index + self.number(piece[0])
        return rng("scene", task, stream, draw, level, *piece)

    def instance(self, *piece: str | int) -> int:
        """A number for a design that belongs to this stream only."""
        task, stream, _, level = self.keys
        keys = (task, stream, self.number(piece[0]), level)
        return 3 * (seed_of("instance", *keys, *piece) % 2**28) + _STREAM_NUMBERS[self.keys[1]]

    def scene(self) -> Scene:
        task, stream, index, level = self.keys
        limits, stage = self.breadth, self.stage
        degrees = stage.camera_turn * limits.camera_jitter_deg
        camera = stage.camera.jittered(self.generator("camera"), limits.camera_jitter_m, degrees)
        table = self.table()
        return Scene(
            task=task,
            stream=stream,
            index=index,
            level=level,
            camera=camera,
            object=self.prop(stage.object),
            companion=self.prop(stage.companion),
            table=table,
            room=self.room(),
            lighting=lights.draw(self.generator("lights"), limits),
            distractors=self.distractors(camera, table),
            pack=str(self.pack.folder) if self.pack.textures or self.pack.meshes else "",
        )

    def file(self, piece: str, files: tuple[str, ...]) -> str:
        """One of a pack's files; empty where it has none."""
        return str(self.generator("file", piece).choice(files)) if files else ""

    def prop(self, role: Role) -> Any:
        look = role.draw(self.generator(role.name), self.instance(role.name), self.breadth)
        file = self.file(role.name, self.pack.objects(role.category))
        return replace(look, file=file) if file else look

    def texture(self, piece: str, families: Weights) -> Texture:
        generator = self.generator(piece)
        family = pick(generator, families)
        ground, pattern = surface_colours(generator, family, self.breadth)
        turns = (0.0, 90.0) if family in ("wood", "stripes") else (0.0,)
        angle = 0.0 if piece != "table" else float(generator.choice(turns)) + uniform(generator, (-8.0, 8.0))
        return Texture(
            family=family,
            instance=self.instance(piece),
            ground=ground,
            pattern=pattern,
            contrast=uniform(generator, self.breadth.contrast),
            tile_m=round(TILE_M.get(family, 0.6) * uniform(generator, self.breadth.pattern_scale), 4),
            angle_deg=angle,
            file=self.file(piece, self.pack.textures),
        )

    def table(self) -> Table:
        generator = self.generator("table top")
        return Table(
            texture=self.texture("table", self.breadth.table_families),
            far_edge_y=uniform(generator, (-0.56, -0.47)),
            yaw_deg=uniform(generator, (-5.0, 5.0)),
            gloss=uniform(generator, (0.0, 0.3)),
        )

    def room(self) -> Room:
        generator = self.generator("room")
        return Room(
            wall=self.texture("wall", self.breadth.wall_families),
            floor=self.texture("floor", self.breadth.floor_families),
            wall_y=uniform(generator, (-1.95, -1.72)),
            skirting=hsv(0.1, float(generator.uniform(0.0, 0.3)), float(generator.choice([0.9, 0.75, 0.35]))),
            skirting_m=uniform(generator, (0.0, 0.09)),
        )

    def distractors(self, camera: Camera, table: Table) -> tuple[Distractor, ...]:
        """Things beside the field; one that finds no room after many tries is left out."""
        low, high = self.breadth.distractors
        stage, files = self.stage, self.pack.things(self.stage.object.category)
        generator = self.generator("distractors")
        placed: list[Distractor] = []
        taken: list[tuple[float, float, float]] = []
        for i in range(int(generator.integers(low, high + 1))):
            thing = distractors.draw(
                self.generator("distractor", i),
                self.instance("distractor", i),
                self.breadth,
                stage.distractors,
                stage.lookalikes,
            )
            thing = replace(thing, file=self.file(f"distractor {i}", files))
            radius, height = shapes.extent(packs.distractor_parts(thing, self.pack.folder))
            for _ in range(200):
                x, y = (uniform(generator, limits) for limits in (stage.view_x, stage.view_y))
                if not (
                    layout.on_table(x, y, radius, table)
                    and layout.clear_of_field(x, y, radius, stage.field)
                    and layout.apart(x, y, radius, taken)
                ):
                    continue
                points = layout.outline(x, y, radius, height)
                if layout.in_view(camera, points.mean(0)[None]) and (
                    layout.hides(camera, points, stage.field) < 0.05
                ):
                    placed.append(replace(thing, x=x, y=y))
                    taken.append((x, y, radius))
                    break
        return tuple(placed)

"""Contact sheets: many scenes at a glance, with a caption under each."""

import io
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from gplac.errors import UserError
from gplac.files import require_writable, write_atomically
from gplac.seeding import rng
from gplac.worlds import registry
from gplac.worlds.picture_file import picture_kind
from gplac.worlds.render import SceneRenderer
from gplac.worlds.scene import Scene
from gplac.worlds.splits import scene, split_size
from gplac.worlds.task import Task

Kind = Literal["view", "positive", "negative"]
"""What to show of a scene: the policy's view at the start of an episode, or a weak image with or without the object."""

Image8 = npt.NDArray[np.uint8]
_GAP, _CAPTION = 4, 14
_PAPER, _INK = (250, 250, 248), (40, 40, 40)


def contact_sheet(
    task: str,
    split: str,
    out: Path,
    kind: Kind = "view",
    columns: int = 8,
    width: int | None = None,
    height: int | None = None,
    level: str = "standard",
    assets: Path | None = None,
    scenes: int | None = None,
    robot_model: Path | None = None,
    renderer: str = "classic",
) -> Path:
    """Draw the scenes of a split side by side into the file ``out``, and return its path.

    Args:
        out: file to write, of the kind that its name says: PNG, WebP or JPEG.
        width, height: of each picture, pixels; by default the paper's of the task.
        assets: folder of an asset pack.
        scenes: how many, from the first; by default all of the split.
        robot_model: see `gplac.worlds.registry.task`.
        renderer: "classic" or "filament".

    Raises:
        UserError: unknown task, split, level or kind, more scenes than the split has, a bad asset pack, a machine that
            cannot draw, or a file of another kind.
    """
    how = picture_kind(out)
    if kind not in get_args(Kind):
        raise UserError(f"There is no picture of kind {kind!r}; choose one of: {', '.join(get_args(Kind))}.")
    what, size = registry.task(task, robot_model), split_size(task, split)
    count = size if scenes is None else scenes
    if not 1 <= count <= size:
        raise UserError(
            f"The {split} split has {size} scenes, of which {count} cannot be drawn; ask for 1 to {size}."
        )
    require_writable(out)
    width, height = what.stage.size(width, height)
    pictures, captions = [], []
    for index in range(count):
        look = scene(task, split, index, level, assets)
        pictures.append(_picture(what, look, kind, width, height, renderer))
        table = look.table.texture
        thing = f"no {what.object_of_interest}" if kind == "negative" else look.object.caption
        captions.append(f"{split} {index}: {Path(table.file).stem or table.family}, {thing}")
    content = io.BytesIO()
    tiled(pictures, captions, min(columns, count)).save(content, **how)
    write_atomically(out, content.getvalue())
    return out


def tiled(pictures: list[Image8], captions: list[str], columns: int) -> Image.Image:
    """Pictures ``(H, W, 3)`` of one size in rows, each above its caption."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    size = (columns * (width + _GAP) + _GAP, rows * (height + _CAPTION + _GAP) + _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=10)
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x, y = _GAP + i % columns * (width + _GAP), _GAP + i // columns * (height + _CAPTION + _GAP)
        while caption and draw.textlength(caption, font) > width:
            caption = caption[:-1]
        sheet.paste(Image.fromarray(picture), (x, y))
        draw.text((x, y + height + 1), caption, _INK, font)
    return sheet


def _picture(task: Task, look: Scene, kind: Kind, width: int, height: int, drawn_by: str) -> Image8:
    generator = rng("sheet", look.task, look.stream, look.index)
    with SceneRenderer(task, look, width, height, renderer=drawn_by) as renderer:
        if kind == "view":
            return renderer.frame(task.reset(generator)[0])
        return renderer.weak(generator, present=kind == "positive")

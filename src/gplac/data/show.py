"""A contact sheet: one look at what is in a data set (the paper's figures 3 and 9 to 12)."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from gplac.data import schema
from gplac.data.files import write_atomically
from gplac.data.manifest import Manifest
from gplac.data.shards import Images, decode_jpeg_into, read_shard, to_numpy
from gplac.errors import UserError

THUMBNAIL_PX = 160
MARGIN_PX = 4
CAPTION_PX = 16
BACKGROUND, INK = (250, 250, 250), (40, 40, 40)

Row = tuple[str, list[Images]]
"""A caption and the pictures beside each other."""


def contact_sheet(folder: Path, out: Path, rows: int = 8, columns: int = 8) -> None:
    """Write a PNG of pictures from all over the data set in ``folder``, also of one that is not complete yet.

    Demonstrations: an episode in each row, its first frame at the left and its last at the right. Weak images: a
    scene in each row, with the object of interest in the left half and without it in the right one.

    Raises:
        UserError: ``folder`` holds no data set or nothing yet, a shard is damaged, ``out`` cannot be written, or there
            is nothing to show in so few rows or columns.
    """
    for name, number in (("rows", rows), ("columns", columns)):
        if number < 1:
            raise UserError(f"A contact sheet cannot have {number} {name}; ask for 1 or more.")
    manifest = Manifest.read(folder)
    shards = [folder / shard.name for shard in manifest.shards if shard.sha256 is not None]
    if not shards:
        raise UserError(f"{folder} holds no finished shard yet; collect first.")
    size = manifest.request.height, manifest.request.width
    make = _weak_row if manifest.request.kind == "weak" else _episode_row
    sheet = _paint([make(shard, turn, columns, size) for shard, turn in _spread(shards, rows)])
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write_atomically(out, buffer.getvalue())


def _spread(shards: list[Path], rows: int) -> list[tuple[Path, int]]:
    """Shards from first to last, and for a repeated one, which of its rows' turn it is."""
    chosen = [shards[i] for i in np.linspace(0, len(shards) - 1, max(rows, 1)).round().astype(int)]
    return [(shard, chosen[:i].count(shard)) for i, shard in enumerate(chosen)]


def _episode_row(shard: Path, turn: int, columns: int, size: tuple[int, int]) -> Row:
    table = read_shard(shard, [schema.IMAGE, schema.EPISODE, schema.SCENE, schema.FRAME])
    episodes, starts = np.unique(to_numpy(table, schema.EPISODE), return_index=True)
    which = turn % len(episodes)
    ends = [*starts[1:], len(table)]
    chosen = np.linspace(starts[which], ends[which] - 1, columns).round().astype(int)
    scene = to_numpy(table, schema.SCENE)[starts[which]]
    frames = to_numpy(table, schema.FRAME)[chosen]
    caption = f"scene {scene}, episode {episodes[which]}, frames {', '.join(map(str, frames))}"
    return caption, _decode(table.column(schema.IMAGE), chosen, size)


def _weak_row(shard: Path, turn: int, columns: int, size: tuple[int, int]) -> Row:
    table = read_shard(shard, [schema.WEAK_IMAGE, schema.LABEL, schema.SCENE])
    labels = to_numpy(table, schema.LABEL)
    half = max(columns // 2, 1)
    start = turn * half
    there = {label: np.flatnonzero(labels == label) for label in (1, 0)}
    # Of a user's own photographs, a place may have only one kind.
    chosen = [np.resize(np.roll(rows, -start), half) for rows in there.values() if len(rows)]
    scene = to_numpy(table, schema.SCENE)[0]
    shown = {label: half if len(rows) else 0 for label, rows in there.items()}
    caption = f"scene {scene}: {shown[1]} with the object of interest, {shown[0]} without"
    return caption, _decode(table.column(schema.WEAK_IMAGE), np.concatenate(chosen), size)


def _decode(column: object, chosen: npt.NDArray[np.integer], size: tuple[int, int]) -> list[Images]:
    images = []
    for row in chosen:
        image = np.empty((*size, 3), np.uint8)
        decode_jpeg_into(column[int(row)].as_py(), image)  # type: ignore[index]
        images.append(image)
    return images


def _paint(rows: list[Row]) -> Image.Image:
    height, width = rows[0][1][0].shape[:2]
    scale = max(1, round(THUMBNAIL_PX / width))  # small pictures are shown pixel by pixel
    across, down = width * scale + MARGIN_PX, height * scale + MARGIN_PX + CAPTION_PX
    columns = max(len(images) for _, images in rows)
    sheet = Image.new("RGB", (MARGIN_PX + columns * across, MARGIN_PX + len(rows) * down), BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for i, (caption, images) in enumerate(rows):
        top = MARGIN_PX + i * down
        pen.text((MARGIN_PX, top), caption, fill=INK)
        for j, image in enumerate(images):
            thumbnail = Image.fromarray(image).resize(
                (width * scale, height * scale), Image.Resampling.NEAREST
            )
            sheet.paste(thumbnail, (MARGIN_PX + j * across, top + CAPTION_PX))
    return sheet

"""A contact sheet: one look at what is in a data set (the paper's figures 3 and 9 to 12)."""

import io
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image, ImageDraw, ImageFont

from gplac.data import schema
from gplac.data.manifest import Manifest, Shard
from gplac.data.shards import Images, to_numpy
from gplac.data.soundness import decode, open_shard
from gplac.errors import UserError
from gplac.files import write_atomically
from gplac.worlds.picture_file import picture_kind

THUMBNAIL_PX = 160
MARGIN_PX = 4
CAPTION_PX = 16
BACKGROUND, INK = (250, 250, 250), (40, 40, 40)

Indices = npt.NDArray[np.int64]


def contact_sheet(folder: Path, out: Path, rows: int = 8, columns: int = 8) -> None:
    """Write pictures from all over the data set in ``folder``, also of one that is not complete yet, into the file
    ``out``: a PNG, WebP or JPEG, as its name says.

    Demonstrations: an episode in each row, its first frame at the left and its last at the right. Weak images: a
    scene in each row, with the object of interest in the left half and without it in the right one. No picture is
    shown twice: where there are fewer, the sheet is smaller.

    Raises:
        UserError: ``folder`` holds no data set or nothing yet, a shard is damaged, ``out`` cannot be written or is of
            another kind, or there is nothing to show in so few rows or columns.
    """
    how = picture_kind(out)
    for name, number in (("rows", rows), ("columns", columns)):
        if number < 1:
            raise UserError(f"A contact sheet cannot have {number} {name}; ask for 1 or more.")
    manifest = Manifest.read(folder)
    finished = [shard for shard in manifest.shards if shard.sha256 is not None]
    if not finished:
        raise UserError(f"{folder} holds no finished shard yet; collect first.")
    everywhere = np.linspace(0, len(finished) - 1, min(rows, len(finished))).round().astype(int)
    shards = [finished[number] for number in everywhere]
    offer = _weak_rows if manifest.request.kind == "weak" else _episode_rows
    offered = [offer(open_shard(folder, manifest, shard), columns) for shard in shards]
    # Turn by turn each shard shows something more, until the sheet is full or everything is shown.
    turns = sorted((turn, number) for number, each in enumerate(offered) for turn in range(len(each)))[:rows]
    painted = []
    for number, turn in sorted((number, turn) for turn, number in turns):
        caption, chosen = offered[number][turn]
        painted.append((caption, _pictures(folder, manifest, shards[number], chosen)))
    buffer = io.BytesIO()
    _paint(painted).save(buffer, **how)
    write_atomically(out, buffer.getvalue())


def _episode_rows(table: pa.Table, columns: int) -> list[tuple[str, Indices]]:
    """Of each episode a caption and the frames to show, none twice."""
    episode, scene, frame = (to_numpy(table, name) for name in (schema.EPISODE, schema.SCENE, schema.FRAME))
    starts = np.flatnonzero(np.diff(episode, prepend=episode[0] - 1))
    rows = []
    for start, end in pairwise([*starts, len(table)]):
        chosen = np.unique(np.linspace(start, end - 1, columns).round().astype(np.int64))
        frames = ", ".join(map(str, frame[chosen]))
        rows.append((f"scene {scene[start]}, episode {episode[start]}, frames {frames}", chosen))
    return rows


def _weak_rows(table: pa.Table, columns: int) -> list[tuple[str, Indices]]:
    """Captions and images to show, half of them with the object of interest while there are such, none twice."""
    labels, scene = to_numpy(table, schema.LABEL), to_numpy(table, schema.SCENE)[0]
    present, absent = np.flatnonzero(labels), np.flatnonzero(labels == 0)
    half = max(columns // 2, 1)
    rows = []
    for start in range(0, max(len(present), len(absent)), half):
        yes, no = present[start : start + half], absent[start : start + half]
        caption = f"scene {scene}: {len(yes)} with the object of interest, {len(no)} without"
        rows.append((caption, np.concatenate([yes, no])))
    return rows


def _pictures(folder: Path, manifest: Manifest, shard: Shard, chosen: Indices) -> Images:
    request = manifest.request
    images = np.empty((len(chosen), request.height, request.width, 3), np.uint8)
    decode(open_shard(folder, manifest, shard), chosen, images, folder / shard.name, request)
    return images


def _paint(rows: list[tuple[str, Images]]) -> Image.Image:
    """Captions, and under each its pictures ``(n, H, W, 3)`` beside each other."""
    height, width = rows[0][1].shape[1:3]
    scale = max(1, round(THUMBNAIL_PX / width))  # small pictures are shown pixel by pixel
    across, down = width * scale + MARGIN_PX, height * scale + MARGIN_PX + CAPTION_PX
    columns = max(len(images) for _, images in rows)
    font = ImageFont.load_default()
    widest = max(math.ceil(font.getlength(caption)) + MARGIN_PX for caption, _ in rows)
    size = MARGIN_PX + max(columns * across, widest), MARGIN_PX + len(rows) * down
    sheet = Image.new("RGB", size, BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    for i, (caption, images) in enumerate(rows):
        top = MARGIN_PX + i * down
        pen.text((MARGIN_PX, top), caption, fill=INK, font=font)
        for j, image in enumerate(images):
            thumbnail = Image.fromarray(image).resize(
                (width * scale, height * scale), Image.Resampling.NEAREST
            )
            sheet.paste(thumbnail, (MARGIN_PX + j * across, top + CAPTION_PX))
    return sheet

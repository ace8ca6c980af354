"""How well `gplac data check` tells whether weak images were taken from the robot's viewpoint (finding `view`).

    python benchmarks/view.py pusher data/lite/pusher/demos-1 data/lite/pusher/weak ...

A set is three words: a name, demonstrations, weak images from the same viewpoint. Every scene of the demonstrations is
held against all weak images on its own, as they are and spoiled in ways that users spoil them, and all of it again with
a robot arm painted into every frame. Writes results/view/distances.json.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tyro
from PIL import Image, ImageDraw

from gplac.cli import mistakes_told
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.quality.likeness import FAR, TURNED, better_turn, layout_distances
from gplac.data.quality.pictures import GREY, LAYOUT, area_means, layout
from gplac.files import require_writable, write_atomically
from gplac.provenance import provenance
from gplac.seeding import rng

Images = npt.NDArray[np.uint8]
Layouts = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
KINDS = (
    "as they are",
    "mirrored",
    "upside down",
    "quarter left",
    "quarter right",
    "middle half",
    "upper left half",
)
FRAMES, PHOTOS = 60, 1500
"""How many frames of a scene, and how many weak images, are taken: evenly spread."""


def spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """Rows, at most so many."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def scaled(images: Images, width: int, height: int) -> Images:
    """To another size."""
    return np.stack([np.asarray(Image.fromarray(each).resize((width, height))) for each in images])


def changes(images: Images) -> Iterator[tuple[str, Images]]:
    """The same pictures as they are, and as a user might have got them wrong."""
    height, width = images.shape[1:3]
    yield "as they are", images
    yield "mirrored", images[:, :, ::-1]
    for quarters, name in ((1, "quarter left"), (2, "upside down"), (3, "quarter right")):
        yield name, scaled(np.rot90(images, quarters, (1, 2)), width, height)
    top, left = height // 4, width // 4
    yield "middle half", scaled(images[:, top : top + height // 2, left : left + width // 2], width, height)
    yield "upper left half", scaled(images[:, : height // 2, : width // 2], width, height)


def with_an_arm(images: Images, *keys: str | int) -> Images:
    """An arm of two links and a hand, from the upper border to the middle, swinging; the keys decide its colours."""
    draw = rng("view", "arm", *keys)
    height, width = images.shape[1:3]
    arm, hand = (tuple(map(int, draw.integers(0, 256, 3))) for _ in range(2))
    base, phases, radius = draw.uniform(0.3, 0.7) * width, draw.uniform(0, 6, 3), width / 14
    painted = []
    for time, image in enumerate(images):
        canvas = Image.fromarray(image)
        pencil = ImageDraw.Draw(canvas)
        swing = np.sin(time / np.array([5.0, 7.0, 9.0]) + phases)
        elbow = base + 0.15 * width * swing[0], height * (0.2 + 0.05 * swing[1])
        tip = width * (0.5 + 0.25 * swing[2]), height * (0.45 + 0.12 * swing[1])
        pencil.line([(base, -3), elbow], arm, width // 8)
        pencil.line([elbow, tip], arm, width // 10)
        pencil.ellipse([tip[0] - radius, tip[1] - radius, tip[0] + radius, tip[1] + radius], hand)
        painted.append(np.asarray(canvas))
    return np.stack(painted)


def layouts(images: Images) -> Layouts:
    """Mean layouts: of edges in both directions apart, as the check has them, and of both together, as it once had."""
    grey = images @ GREY
    across, down = np.diff(grey, axis=2)[:, :-1], np.diff(grey, axis=1)[:, :, :-1]
    together = np.log1p(area_means(np.hypot(across, down), LAYOUT, LAYOUT)).reshape(len(grey), -1)
    return layout(grey).mean(0), together.mean(0)


def compared(weak: Layouts, frames: list[Layouts]) -> dict[str, object]:
    """Weak images beside each scene's demonstrations."""
    distances = [layout_distances(weak[0], mine[0]) for mine in frames]
    before = [float(1 - np.corrcoef(weak[1], mine[1])[0, 1]) for mine in frames]
    return {
        "scenes": len(frames),
        "warned": sum(each[0] > FAR or better_turn(each) != 0 for each in distances),
        "warned_together": sum(each > FAR for each in before),
        "distance": [round(each[0], 3) for each in distances],
        "nearer_if_turned": [round(each[0] - min(each[1:]), 3) for each in distances],
        "distance_together": [round(each, 3) for each in before],
    }


def main(sets: tyro.conf.Positional[tuple[tuple[str, Path, Path], ...]], /, out: Path | None = None) -> None:
    """Measure and write.

    Args:
        sets: NAME DEMONSTRATIONS WEAK, of each set.
        out: File to write.
    """
    if not sets:
        raise SystemExit("Name one set or more: NAME DEMONSTRATIONS WEAK.")
    out = out or Path("results/view/distances.json")
    require_writable(out)
    photos: dict[Path, Images] = {}
    rows = []
    for _, _, folder in sets:
        if folder not in photos:
            images = WeakImages.load(folder).images
            photos[folder] = images[spread(len(images), PHOTOS)]
    for name, folder, weak in sets:
        data = Demonstrations.load(folder)
        members = [np.flatnonzero(data.scene == scene) for scene in np.unique(data.scene)]
        scenes = [data.images[each[spread(len(each), FRAMES)]] for each in members]
        height, width = data.images.shape[1:3]
        others = {
            f"of {other}": scaled(photos[path], width, height)
            for path, other in {path: other for other, _, path in reversed(sets)}.items()
            if path != weak
        }
        held = {what: layouts(images) for what, images in (*changes(photos[weak]), *others.items())}
        for arm in (False, True):
            frames = [
                layouts(with_an_arm(images, name, i) if arm else images) for i, images in enumerate(scenes)
            ]
            for what, theirs in held.items():
                rows.append({"set": name, "arm_painted": arm, "weak": what, **compared(theirs, frames)})
                counts = "{warned:2} of {scenes:2}, directions together {warned_together:2}".format(
                    **rows[-1]
                )
                print(f"{name:12} {'arm' if arm else '   '} {what:16} warned: {counts}", flush=True)
    found = {
        "far": FAR,
        "turned": TURNED,
        "totals": totals(rows),
        "rows": rows,
        "provenance": provenance(),
    }
    write_atomically(out, (json.dumps(found) + "\n").encode())
    print(json.dumps(found["totals"], indent=1))


def totals(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Over all sets: of how many scenes of demonstrations a warning comes."""
    found = []
    for arm in (False, True):
        for what in KINDS:
            mine = [row for row in rows if row["arm_painted"] is arm and row["weak"] == what]
            sums = {
                key: sum(int(str(row[key])) for row in mine)
                for key in ("scenes", "warned", "warned_together")
            }
            found.append({"arm_painted": arm, "weak": what, **sums})
    return found


if __name__ == "__main__":
    with mistakes_told("view"):
        tyro.cli(main)

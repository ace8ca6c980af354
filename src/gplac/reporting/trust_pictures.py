"""The pictures of the page about trust: a user's own photographs and frames, with the policy's feature points."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from gplac.evaluation.inspection import calls
from gplac.evaluation.percent import percent
from gplac.evaluation.policies import Attentive
from gplac.evaluation.trust import Data, Names
from gplac.reporting import html
from gplac.reporting.pictures import with_points
from gplac.reporting.themes import save_image

WIDTH_PX = 256
"""Width of a picture on the page; the policy's own may be smaller, and are drawn larger."""
WORST, EXAMPLES, STRIP = 12, 6, 6
"""Wrong photographs, examples of each kind, and frames of a strip that are shown."""
JPEG = {"quality": 86, "optimize": True}

Found = dict[str, Any]
Images = npt.NDArray[np.uint8]


def worst(
    found: Found, data: Data, names: Names, policy: Attentive | None, main: list[int], folder: Path
) -> list[str]:
    """The section of the photographs that the classifier is wrong about; empty if there are none."""
    judged = found["classifier"]
    if judged is None or data.weak_tested is None or not judged["worst"]:
        return []
    wrong = judged["worst"][:WORST]
    pictures = _drawn(data.weak_tested.images[[each["photograph"] for each in wrong]], policy, main)
    tags = []
    for each in wrong:
        sure = percent(each["probability"] if not each["present"] else 1 - each["probability"])
        said = "not seen" if each["present"] else "seen where it is not"
        place = each.get("file") or names.scenes.get(each["scene"], f"place {each['scene']}")
        tags.append(f'<b class="lost">{said}</b>, {sure} sure<br>{html.escape(place)}')
    more = f"The {len(wrong)} surest errors" if len(judged["worst"]) > WORST else "All errors"
    return [
        "<h2>Photographs it is wrong about</h2>",
        f"<p>{more} on held-out photographs, the surest first. What do they have in common?</p>",
        _grid(_save(pictures, folder, "wrong"), tags),
    ]


def _grid(paths: Sequence[Path], tags: Sequence[str]) -> str:
    cells = [
        f'<div>{html.image(path, "A held-out picture")}<div class="tag">{tag}</div></div>'
        for path, tag in zip(paths, tags, strict=True)
    ]
    return f'<div class="scenes large">{"".join(cells)}</div>'


def where_it_looks(
    found: Found, data: Data, policy: Attentive | None, main: list[int], folder: Path
) -> list[str]:
    """The section of the feature points over photographs and frames; empty for a policy without any.

    Args:
        found: the numbers of ``trust.json``.
        data: whose held-out part is drawn.
        policy: with feature points.
        main: channels whose points are blue.
        folder: where the pictures are written.
    """
    points = found["points"]
    if points is None:
        return []
    count = len(points["policy_use"])
    parts = [
        "<h2>Where it looks</h2>",
        f'<p><span class="key"></span>points that the policy reads most ({len(main)} of {count} make up four fifths of'
        ' what its action depends on), <span class="key other"></span>the others. Do the blue ones lie on the object,'
        " or go with it at a steady distance?</p>",
    ]
    weak = data.weak_tested
    if weak is not None:
        for kind, label_ in (("with", 1), ("without", 0)):
            rows = _even(np.flatnonzero((weak.labels > 0) == label_), EXAMPLES)
            if not len(rows):
                continue
            paths = _save(_drawn(weak.images[rows], policy, main), folder, f"{kind}-object")
            parts += [f"<p>Held-out photographs {kind} the object:</p>", _grid(paths, [""] * len(paths))]
    episode = data.tested.episode
    rows = _even(np.flatnonzero(episode == episode[0]), STRIP)
    paths = _save(_drawn(data.tested.images[rows], policy, main), folder, "episode")
    parts += [
        f"<p>A held-out demonstration (episode {episode[0]}), from start to end:</p>",
        _grid(paths, [f"step {step}" for step in data.tested.frame[rows]]),
        *_channels(points),
    ]
    return parts


def _channels(points: Found) -> list[str]:
    order = np.argsort(-np.array(points["policy_use"]), kind="stable")
    columns = {
        "policy_use": ("Share of the policy", "{:.0%}"),
        "classifier_use": ("Share of the classifier", "{:.0%}"),
        "reaction": ("Reacts to the object", "{:.2f}"),
        "spread_px": ("Moves in frames, pixels", "{:.1f}"),
        "spread_present_px": ("with the object", "{:.1f}"),
        "spread_absent_px": ("without it", "{:.1f}"),
        "entropy": ("Entropy", "{:.2f}"),
    }
    kept = {name: column for name, column in columns.items() if name in points}
    rows = [
        [
            f"{channel}",
            *(form.format(points[name][channel]).replace("%", " %") for name, (_, form) in kept.items()),
        ]
        for channel in order
    ]
    return [
        "<details><summary>Channel by channel</summary>",
        "<p>A point reacts by 1 if its place always tells whether the object is there, by 0 if it never does."
        " Entropy is 0 for attention to one spot and 1 for a haze.</p>",
        html.table(["Channel", *(title for title, _ in kept.values())], rows),
        "</details>",
    ]


def _drawn(images: Images, policy: Attentive | None, main: Sequence[int]) -> list[Image.Image]:
    """Pictures ``(N, H, W, 3)`` at the page's size.

    Args:
        images: as the policy sees them.
        policy: whose feature points are drawn on them, if it has any.
        main: channels whose points are blue; the others are orange.
    """
    _, height, width, _ = images.shape
    size = WIDTH_PX, round(WIDTH_PX * height / width)
    larger = [np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BICUBIC)) for each in images]
    if policy is None or not len(images):
        return [Image.fromarray(each) for each in larger]
    pixels = calls(policy.pixels, images)
    blue = np.isin(np.arange(pixels.shape[1]), main)
    where = (pixels + 0.5) / (width, height)
    return [with_points(picture, points, blue) for picture, points in zip(larger, where, strict=True)]


def _save(images: Sequence[Image.Image], folder: Path, stem: str) -> list[Path]:
    """Write pictures as ``stem-0.jpg``, ``stem-1.jpg``, ... into ``folder``."""
    return [save_image(image, folder / f"{stem}-{i}.jpg", **JPEG) for i, image in enumerate(images)]


def _even(rows: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """At most ``count`` of some rows, evenly spaced, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))
    return np.asarray(rows[chosen])

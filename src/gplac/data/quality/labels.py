"""Labels of weak images: how many of each, in all and in each scene."""

from collections.abc import Iterator

import numpy as np

from gplac.data import schema
from gplac.data.quality.finding import Finding, listed, share
from gplac.data.quality.read import Measured

BALANCED, SKEWED = 0.3, 0.1
"""A smaller share of the rarer label is warned about, or a problem."""
LOPSIDED, ENOUGH = 0.15, 20
"""The same for one scene, of which so many images are needed to tell it from chance."""
ONE_SIDED = 8
"""Images of a scene, all with one label, that are no chance any more."""


def per_scene(data: Measured) -> list[tuple[int, int, int]]:
    """Scene, images with the object of interest, and without, for each scene."""
    scene, label = data.columns[schema.SCENE], data.columns[schema.LABEL]
    return [
        (int(each), int((label[scene == each] == 1).sum()), int((label[scene == each] != 1).sum()))
        for each in np.unique(scene)
    ]


def check_labels(data: Measured) -> Iterator[Finding]:
    """Findings about the balance of labels."""
    scenes = per_scene(data)
    present, images = sum(scene[1] for scene in scenes), len(data)
    fewer = min(present, images - present)
    rarer = fewer / images
    if rarer < BALANCED:
        missing = "with" if present < images - present else "without"
        yield Finding(
            "problem" if rarer < SKEWED else "warning",
            "label-balance",
            "weak",
            f"{share(present, images)} images show the object of interest: a classifier does well without looking.",
            f"Add photographs {missing} the object of interest, best of the same scenes, until about half are.",
            fewer,
        )
    yield from _scenes(data, scenes)


def _scenes(data: Measured, scenes: list[tuple[int, int, int]]) -> Iterator[Finding]:
    one_sided = [each for each in scenes if min(each[1:]) == 0 and sum(each[1:]) >= ONE_SIDED]
    lopsided = [
        each
        for each in scenes
        if each not in one_sided and sum(each[1:]) >= ENOUGH and min(each[1:]) < LOPSIDED * sum(each[1:])
    ]
    if len(scenes) < 2:
        return
    for found, what in (
        (one_sided, "have one label only"),
        (lopsided, f"have less than {100 * LOPSIDED:.0f} % of one label"),
    ):
        if found:
            found.sort(key=lambda each: -sum(each[1:]))
            firsts = [int(np.flatnonzero(data.columns[schema.SCENE] == scene)[0]) for scene, *_ in found[:6]]
            yield Finding(
                "warning",
                "scene-labels",
                "weak",
                f"{share(len(found), len(scenes))} scenes {what}: a network can tell the label by the scene instead of"
                " by the object.",
                "Photograph each scene both with and without the object of interest.",
                len(found),
                listed([f"{data.scene_name(scene)}: {yes} with, {no} without" for scene, yes, no in found]),
                tuple((first,) for first in firsts),
            )

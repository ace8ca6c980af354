"""Photographs of the button in other places, with and without it, by another program: PyBullet's software renderer.

No robot is in them, colours and lights are others, and the camera stands only roughly where the robot's stands.
"""

import argparse
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pybullet
from options import count, new_folder, size
from PIL import Image

MESHES = Path(find_spec("metaworld").origin).parent / "assets/objects/meshes/buttonbox"
PARTS = (
    # mesh, height of its centre above the box's in metres, whether its y axis points down, colour
    ("stopbot", 0.06, True, (0.15, 0.15, 0.15)),
    ("stoptop", 0.06, True, (0.75, 0.55, 0.03)),
    ("stopbuttonrim", 0.089, False, (0.8, 0.8, 0.8)),
    ("stopbuttonrod", 0.126, False, (0.15, 0.15, 0.15)),
    ("stopbutton", 0.158, False, (0.65, 0.03, 0.03)),
)
BOX_HEIGHT_M = 0.115
EYE, TARGET, FOVY_DEG = (0.0, 1.75, 0.95), (0.0, 0.68, 0.2), 36.0
JITTER_M = 0.06
"""How far, in each direction, a photograph's camera is from where the robot's camera stands."""


def cloth(rng) -> np.ndarray:
    """A table top: plain, striped, chequered, blotched or grained, in two colours."""
    size = 128
    first, second = rng.uniform(0.05, 0.95, (2, 3))
    row, column = np.indices((size, size)) / size
    kind, cells = rng.integers(5), rng.integers(4, 20)
    if kind == 1:
        mix = np.floor(cells * (column if rng.random() < 0.5 else row)) % 2
    elif kind == 2:
        mix = (np.floor(cells * column) + np.floor(cells * row)) % 2
    elif kind == 3:
        coarse = Image.fromarray((255 * rng.random((cells, cells))).astype(np.uint8))
        mix = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC)) / 255
    elif kind == 4:
        grain = np.cumsum(rng.normal(size=size))
        mix = np.tile((grain - grain.min()) / np.ptp(grain), (size, 1))
    else:
        mix = np.zeros((size, size))
    if rng.random() < 0.5:  # most table tops have quiet patterns
        second = first + 0.25 * (second - first)
    return np.round(255 * (first + mix[..., None] * (second - first))).astype(np.uint8)


def thing(shape, position, colour, turn=0.0, texture=None, **size) -> None:
    """Something to be seen, of PyBullet's shapes."""
    visual = pybullet.createVisualShape(shape, rgbaColor=[*colour, 1], **size)
    body = pybullet.createMultiBody(0, -1, visual, position, pybullet.getQuaternionFromEuler([0, 0, turn]))
    if texture is not None:
        pybullet.changeVisualShape(body, -1, textureUniqueId=texture)


def table(rng, folder: Path) -> None:
    """Table, rails, floor and wall of one place; ``folder`` is the place's own."""

    def texture(name):  # PyBullet keeps textures by their path
        folder.mkdir(exist_ok=True)
        Image.fromarray(cloth(rng)).save(folder / name)
        return pybullet.loadTexture(str(folder / name))

    box, white = pybullet.GEOM_BOX, (1, 1, 1)
    thing(box, (0, 0.6, -0.027), white, texture=texture("table.png"), halfExtents=(0.7, 0.4, 0.027))
    thing(box, (0, 0.6, -0.9), white, texture=texture("floor.png"), halfExtents=(3, 3, 0.01))
    if rng.random() < 0.7:
        colour, high = rng.uniform(0.1, 0.9, 3), rng.uniform(0.02, 0.07)
        for y in (0.21, 0.99):
            thing(box, (0, y, high), colour, halfExtents=(0.7, 0.01, high))
        for x in (-0.69, 0.69):
            thing(box, (x, 0.6, high), colour, halfExtents=(0.01, 0.38, high))
    if rng.random() < 0.6:
        thing(box, (0, -rng.uniform(0.2, 1.5), 0), rng.uniform(0.1, 0.9, 3), halfExtents=(3, 0.02, 2))


def clutter(rng) -> None:
    """Up to three things, with or without the button; some stand where the robot would be."""
    for _ in range(rng.integers(4)):
        size, colour = rng.uniform(0.02, 0.07), rng.uniform(0, 1, 3)
        spot = (rng.uniform(-0.5, 0.5), rng.uniform(0.25, 0.9), size)
        kind = rng.integers(3)
        if kind == 0:
            thing(pybullet.GEOM_SPHERE, spot, colour, radius=size)
        elif kind == 1:
            wide = rng.uniform(0.02, 0.09, 2)
            thing(pybullet.GEOM_BOX, spot, colour, rng.uniform(0, 3), halfExtents=(*wide, size))
        else:
            thing(pybullet.GEOM_CYLINDER, spot, colour, radius=rng.uniform(0.02, 0.06), length=2 * size)


def button(rng) -> None:
    spot, turn = (rng.uniform(-0.28, 0.28), rng.uniform(0.58, 0.9)), rng.uniform(-0.3, 0.3)
    tint = rng.uniform(0.85, 1.15)
    for mesh, height, down, colour in PARTS:
        pose = pybullet.getQuaternionFromEuler([-np.pi / 2 if down else 0, 0, 0])
        thing(
            pybullet.GEOM_MESH,
            (*spot, BOX_HEIGHT_M + height),
            np.clip(np.multiply(colour, tint), 0, 1),
            turn,
            fileName=str(MESHES / f"{mesh}.stl"),
            visualFrameOrientation=pose,
        )


def photograph(rng, width: int, height: int, light) -> Image.Image:
    eye, target = np.array(EYE) + rng.uniform(-JITTER_M, JITTER_M, 3), np.array(TARGET)
    target = target + rng.uniform(-JITTER_M, JITTER_M, 3) / 2
    view = pybullet.computeViewMatrix(eye, target, (0, 0, 1))
    lens = pybullet.computeProjectionMatrixFOV(FOVY_DEG, width / height, 0.05, 10)
    direction, ambient, diffuse = light
    seen = pybullet.getCameraImage(
        width,
        height,
        view,
        lens,
        lightDirection=direction,
        lightAmbientCoeff=ambient,
        lightDiffuseCoeff=diffuse,
        lightSpecularCoeff=0.1,
        shadow=1,
        renderer=pybullet.ER_TINY_RENDERER,
    )[2]
    return Image.fromarray(np.reshape(seen, (height, width, 4))[..., :3].astype(np.uint8))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=new_folder, default="photos")
    parser.add_argument("--places", type=count, default=20)
    parser.add_argument(
        "--each", type=count, default=20, help="photographs of each place with it, and without"
    )
    parser.add_argument("--size", type=size, default="128x112")
    parser.add_argument("--quality", type=int, default=90, help="of the JPEG files")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    pybullet.connect(pybullet.DIRECT)
    with tempfile.TemporaryDirectory() as folder:
        for place in range(asked.places):
            # One generator for what belongs to the place, another for what changes between its photographs.
            known, new = (np.random.default_rng([asked.seed, place, part]) for part in range(2))
            light = (
                known.normal(0, 1, 3) * (1, 1, 0) + (0, 0.5, 2),
                known.uniform(0.3, 0.7),
                known.uniform(0.2, 0.7),
            )
            for number in range(2 * asked.each):
                pybullet.resetSimulation()
                table(np.random.default_rng([asked.seed, place, 2]), Path(folder, str(place)))
                clutter(new)
                if number < asked.each:
                    button(new)
                kind = "positive" if number < asked.each else "negative"
                path = asked.out / kind / f"place{place:02d}" / f"{number % asked.each:03d}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                photograph(new, *asked.size, light).save(path, quality=asked.quality)
            print(f"\r{place + 1} of {asked.places} places", end="", flush=True)
    print()

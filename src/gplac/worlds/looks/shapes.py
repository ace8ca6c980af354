"""Triangle meshes of turned, bent and flat things, with normals and texture coordinates."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Profile = list[tuple[float, float]]


@dataclass(frozen=True)
class Mesh:
    """Vertices with one normal and one texture coordinate each."""

    vertices: Floats
    """(n, 3) metres."""
    normals: Floats
    """(n, 3) unit vectors."""
    uv: Floats
    """(n, 2)."""
    faces: npt.NDArray[np.int32]
    """(m, 3) counter-clockwise seen from outside."""


def _sheet(points: Floats, normals: Floats, uv: Floats) -> Mesh:
    """Triangles of a (rows, columns, ...) sheet of vertices."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], 2).reshape(-1, 3)
    return Mesh(points.reshape(-1, 3), normals.reshape(-1, 3), uv.reshape(-1, 2), faces.astype(np.int32))


def joined(*meshes: Mesh) -> Mesh:
    """One mesh of several."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.uv for mesh in meshes]),
        np.concatenate([mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)]).astype(
            np.int32
        ),
    )


def lathe(profile: Profile, segments: int = 28) -> Mesh:
    """Turn a profile of (radius, height) points about the vertical axis.

    The profile runs upwards on the outside; a point given twice is a sharp edge. Texture: u once around, v 0 to 1
    along the profile's height.
    """
    points = np.array(profile)
    lowest, highest = points[:, 1].min(), points[:, 1].max()
    breaks = [0, *(np.flatnonzero((np.diff(points, axis=0) == 0).all(1)) + 1), len(points)]
    return joined(*(_turn(points[a:b], lowest, highest, segments) for a, b in pairwise(breaks) if b - a > 1))


def _turn(points: Floats, lowest: float, highest: float, segments: int) -> Mesh:
    angle = np.linspace(0.0, 2 * np.pi, segments + 1)
    tangent = np.gradient(points, axis=0)
    length = np.maximum(np.linalg.norm(tangent, axis=1), 1e-9)
    out, up = tangent[:, 1] / length, -tangent[:, 0] / length
    cos, sin = np.cos(angle), np.sin(angle)
    position = np.stack(
        [points[:, :1] * cos, points[:, :1] * sin, np.repeat(points[:, 1:], segments + 1, 1)], axis=-1
    )
    normal = np.stack(
        [out[:, None] * cos, out[:, None] * sin, np.repeat(up[:, None], segments + 1, 1)], axis=-1
    )
    v = (points[:, 1] - lowest) / max(highest - lowest, 1e-9)
    uv = np.stack(np.broadcast_arrays(angle[None] / (2 * np.pi), v[:, None]), axis=-1)
    return _sheet(position, normal, uv)


def ruled(low: Floats, low_z: float, high: Floats, high_z: float) -> Mesh:
    """A wall between two lines ``(n, 2)`` seen from above, at two heights.

    Seen from outside, the lines run to the right; a point given twice is a sharp edge. Texture: u 0 to 1 along the
    lines, v 0 to 1 upwards.
    """
    points = np.stack(
        [
            np.pad(low, ((0, 0), (0, 1)), constant_values=low_z),
            np.pad(high, ((0, 0), (0, 1)), constant_values=high_z),
        ]
    )
    up = points[1] - points[0]
    breaks = [0, *(np.flatnonzero((np.diff(low, axis=0) == 0).all(1)) + 1), len(low)]
    along = np.concatenate([np.gradient((points[0] + points[1])[a:b], axis=0) for a, b in pairwise(breaks)])
    normal = np.cross(along, up)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    step = np.linalg.norm(np.diff(low, axis=0), axis=1)
    u = np.concatenate([[0.0], np.cumsum(step)]) / step.sum()
    uv = np.stack([np.stack([u, np.full_like(u, v)], axis=-1) for v in (0.0, 1.0)])
    return _sheet(points, np.stack([normal, normal]), uv)


def tube(path: Floats, width: float, thickness: float, segments: int = 8) -> Mesh:
    """A bar of elliptic section along a ``(k, 3)`` path in the x-z plane; ``width`` is its half-extent along y."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.array([0.0, 1.0, 0.0])
    outward = np.cross(side, tangent)
    angle = np.linspace(0.0, 2 * np.pi, segments + 1)
    cos, sin = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    position = path[:, None] + thickness * cos * outward[:, None] + width * sin * side
    normal = cos * outward[:, None] / thickness + sin * side / width
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    uv = np.zeros((*position.shape[:2], 2))
    return _sheet(position, normal, uv)


def sheet(
    width: float, depth: float, tile: float, angle_rad: float, cells: tuple[int, int] = (10, 8)
) -> Mesh:
    """A flat rectangle about the origin, facing up; its texture repeats every ``tile`` metres, turned by the angle.

    It is cut into cells because light is computed at vertices.
    """
    x, y = np.meshgrid(
        np.linspace(-width / 2, width / 2, cells[0] + 1), np.linspace(-depth / 2, depth / 2, cells[1] + 1)
    )
    points = np.stack([x, y, np.zeros_like(x)], axis=-1)
    cos, sin = np.cos(angle_rad) / tile, np.sin(angle_rad) / tile
    uv = np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)
    return _sheet(points, np.broadcast_to(np.array([0.0, 0.0, 1.0]), points.shape), uv)


def dome(radius: float, height: float, rows: int = 7) -> Profile:
    """Profile of a half ellipsoid that sits on its flat side."""
    angle = np.linspace(0.0, np.pi / 2, rows)
    return [(float(radius * np.cos(a)), float(height * np.sin(a))) for a in angle]


def ball(radius: float, height: float, rows: int = 11) -> Profile:
    """Profile of an ellipsoid that rests on the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rows)
    return [(float(radius * np.cos(a)), float(height / 2 * (1 + np.sin(a)))) for a in angle]


def box(width: float, depth: float, height: float) -> Mesh:
    """A box that stands on the origin. Every face shows the whole texture."""
    half = np.array([width / 2, depth / 2, height / 2])
    faces = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u, v = np.roll(np.eye(3), -axis, 0)[1:]
            normal = sign * np.eye(3)[axis]
            # The order of the corners makes the face look outwards.
            first, second = (u, v) if sign > 0 else (v, u)
            corners = np.array([[normal + a * first + b * second for a in (-1, 1)] for b in (-1, 1)])
            uv = np.array([[[0.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]]])
            faces.append(_sheet(corners * half, np.broadcast_to(normal, corners.shape), uv))
    return moved(joined(*faces), z=height / 2)


def gable(width: float, depth: float, height: float) -> Mesh:
    """A roof that stands on the origin, its ridge along y."""
    x, y = width / 2, depth / 2
    front, back = [0.0, -y, height], [0.0, y, height]
    sides = [
        [[[x, -y, 0.0], [x, y, 0.0]], [front, back]],
        [[[-x, y, 0.0], [-x, -y, 0.0]], [back, front]],
        [[[-x, -y, 0.0], [x, -y, 0.0]], [front, front]],
        [[[x, y, 0.0], [-x, y, 0.0]], [back, back]],
    ]
    meshes = []
    for side in sides:
        corners = np.array(side)
        normal = np.cross(corners[0, 1] - corners[0, 0], corners[1, 0] - corners[0, 0])
        normals = np.broadcast_to(normal / np.linalg.norm(normal), corners.shape)
        meshes.append(_sheet(corners, normals, np.zeros((2, 2, 2))))
    return joined(*meshes)


def moved(
    mesh: Mesh, x: float = 0.0, y: float = 0.0, z: float = 0.0, yaw: float = 0.0, pitch: float = 0.0
) -> Mesh:
    """``mesh`` turned by ``pitch`` about y, then by ``yaw`` about z (radians), then shifted (metres)."""
    cp, sp, cy, sy = np.cos(pitch), np.sin(pitch), np.cos(yaw), np.sin(yaw)
    turn = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]]) @ np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    return Mesh(mesh.vertices @ turn.T + np.array([x, y, z]), mesh.normals @ turn.T, mesh.uv, mesh.faces)


def scaled(mesh: Mesh, factor: float) -> Mesh:
    """``mesh`` made larger about the origin."""
    return Mesh(mesh.vertices * factor, mesh.normals, mesh.uv, mesh.faces)


@dataclass(frozen=True)
class Part:
    """One piece of a thing, of one material."""

    mesh: Mesh
    colour: tuple[float, float, float]
    paint: npt.NDArray[np.uint8] | None = None
    """(h, w, 3) picture wrapped around it instead of the colour; row 0 is v = 0."""
    gloss: float = 0.3
    """0 matte to 1 polished."""
    alpha: float = 1.0
    """1 opaque."""


def extent(parts: list[Part]) -> tuple[float, float]:
    """Largest radius about the vertical axis, and height, of a thing, metres."""
    vertices = np.concatenate([part.mesh.vertices for part in parts])
    return float(np.hypot(vertices[:, 0], vertices[:, 1]).max()), float(vertices[:, 2].max())

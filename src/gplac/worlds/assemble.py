"""From a scene's description to a MuJoCo model that looks like it. Looks weigh nothing and touch nothing."""

from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np

from gplac.worlds.arm import ARM_GROUP, FLOOR_HEIGHT_M, LAST_VISIBLE_GROUP, TABLE_HEIGHT_M
from gplac.worlds.layout import TABLE_MIDDLE_X
from gplac.worlds.looks import packs, shapes
from gplac.worlds.looks.shapes import Part
from gplac.worlds.looks.textures import Texture
from gplac.worlds.scene import Scene
from gplac.worlds.stage import Stage
from gplac.worlds.task import Task

CAMERA, OBJECT, COMPANION = "policy", "look of the object", "look of the companion"
SEEN, ARM, HIDDEN = 0, ARM_GROUP, 3
"""Groups of geoms: what stands around, the robot, and what is never drawn."""
ROOM_HALF_M = (2, 8)
"""How far the room goes on to either side of the table's middle: usually, and at most."""


@dataclass(frozen=True)
class Look:
    """A compiled model and where its pieces are."""

    model: mujoco.MjModel
    object_body: int
    companion_body: int
    distractor_bodies: tuple[int, ...]
    object_geoms: tuple[int, ...]
    distractor_geoms: tuple[tuple[int, ...], ...]
    """Geoms of each distractor."""
    distractor_radii: tuple[float, ...]
    object_extent: tuple[float, float]
    """Largest radius (of a mug: with its handle), and height, metres."""


def assemble(task: Task, scene: Scene, width: int, height: int, shadow_size: int = 512) -> Look:
    """Compile the task's physics with the scene's look, for pictures of ``width`` x ``height``."""
    spec, stage = task.physics(), task.stage
    folder = Path(scene.pack)
    builder = _Builder(spec, folder)
    _quality(spec, stage, width, height, shadow_size)
    _dress_physics(spec, stage)
    _lights(spec, stage, scene)
    _room(builder, stage, scene, _room_half_m(scene, width / height))
    object_parts = stage.object.parts(scene.object, folder)
    things = [packs.distractor_parts(thing, folder) for thing in scene.distractors]
    for name, role, parts, yaw in (
        (OBJECT, stage.object, object_parts, scene.object.yaw_deg),
        (COMPANION, stage.companion, stage.companion.parts(scene.companion, folder), 0.0),
    ):
        builder.thing(name, spec.body(role.body), parts, (0, 0, _below(spec, role.body)), yaw)
    for i, (thing, parts) in enumerate(zip(scene.distractors, things, strict=True)):
        builder.thing(f"thing{i}", spec.worldbody, parts, (thing.x, thing.y, TABLE_HEIGHT_M), thing.yaw_deg)
    camera = spec.worldbody.add_camera(name=CAMERA, pos=scene.camera.position, fovy=scene.camera.fovy_deg)
    camera.quat = quaternion(scene.camera.rotation())
    model = spec.compile()

    def geoms(name: str) -> tuple[int, ...]:
        return tuple(int(i) for i in np.flatnonzero(model.geom_bodyid == model.body(name).id))

    names = [f"thing{i}" for i in range(len(things))]
    return Look(
        model=model,
        object_body=model.body(OBJECT).id,
        companion_body=model.body(COMPANION).id,
        distractor_bodies=tuple(model.body(name).id for name in names),
        object_geoms=geoms(OBJECT),
        distractor_geoms=tuple(geoms(name) for name in names),
        distractor_radii=tuple(shapes.extent(parts)[0] for parts in things),
        object_extent=shapes.extent(object_parts),
    )


def quaternion(rotation: np.ndarray) -> np.ndarray:
    """The unit quaternion (w, x, y, z) of a rotation matrix."""
    quat = np.empty(4)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(rotation).reshape(9))
    return quat


def yaw_quaternion(degrees: float) -> np.ndarray:
    """The unit quaternion of a turn about the vertical axis."""
    half = np.deg2rad(degrees) / 2
    return np.array([np.cos(half), 0.0, 0.0, np.sin(half)])


class _Builder:
    """Adds meshes and materials under names of its own."""

    def __init__(self, spec: mujoco.MjSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder
        self.count = 0

    def thing(
        self,
        name: str,
        parent: mujoco.MjsBody,
        parts: list[Part],
        pos: tuple[float, float, float],
        yaw_deg: float,
    ) -> None:
        """A body of its own, so that a renderer can move it."""
        body = parent.add_body(name=name, pos=pos, quat=yaw_quaternion(yaw_deg))
        for part in parts:
            self.part(body, part)

    def surface(self, mesh: shapes.Mesh, texture: Texture, gloss: float = 0.0) -> None:
        """A sheet of the room."""
        self.part(
            self.spec.worldbody,
            Part(mesh, (1.0, 1.0, 1.0), packs.texture_pixels(texture, self.folder), gloss),
        )

    def part(self, body: mujoco.MjsBody, part: Part) -> None:
        """One geom without mass or contact.

        What belongs to the world itself casts no shadow: large sheets fill the shadow map, slowly and with speckles.
        """
        self.count += 1
        name = f"look{self.count}"
        mesh = self.spec.add_mesh(name=name, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
        mesh.uservert = part.mesh.vertices.ravel().astype(np.float32)
        mesh.usernormal = part.mesh.normals.ravel().astype(np.float32)
        mesh.usertexcoord = part.mesh.uv.ravel().astype(np.float32)
        faces = part.mesh.faces.ravel()
        mesh.userface, mesh.userfacenormal, mesh.userfacetexcoord = faces, faces, faces
        colour = part.colour if part.paint is None else (1.0, 1.0, 1.0)
        material = self.spec.add_material(
            name=name, rgba=[*colour, part.alpha], specular=0.6 * part.gloss, shininess=0.3 + 0.5 * part.gloss
        )
        if part.paint is not None:
            rows, columns = part.paint.shape[:2]
            texture = self.spec.add_texture(
                name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=columns, height=rows, nchannel=3
            )
            texture.data = np.ascontiguousarray(part.paint).tobytes()
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=name,
            material=name,
            contype=0,
            conaffinity=0,
            mass=0.0,
            group=SEEN,
            castshadow=body.name != "world",
        )


def _quality(spec: mujoco.MjSpec, stage: Stage, width: int, height: int, shadow_size: int) -> None:
    visual = spec.visual
    visual.global_.offwidth, visual.global_.offheight = width, height
    quality = visual.quality
    quality.offsamples, quality.shadowsize = 0, shadow_size
    quality.numslices, quality.numstacks, quality.numquads = 14, 4, 1
    # The shadow map covers a square about the centre, so keep it to what the camera sees.
    x, y, radius = stage.lit
    spec.stat.center, spec.stat.extent = [x, y, TABLE_HEIGHT_M], radius
    visual.map.shadowclip, visual.map.znear, visual.map.zfar = 1.0, 0.1, 8.0
    visual.headlight.diffuse, visual.headlight.specular = [0, 0, 0], [0, 0, 0]


def _dress_physics(spec: mujoco.MjSpec, stage: Stage) -> None:
    """The robot looks the same in every scene; its collision shells, and bodies that are replaced by looks, are not
    drawn."""
    robot = spec.body(stage.robot.root).find_all(mujoco.mjtObj.mjOBJ_GEOM)
    shown = [geom for geom in robot if geom.group <= LAST_VISIBLE_GROUP]
    for geom in spec.geoms:
        geom.group = HIDDEN
    for geom in shown:
        geom.group = ARM
    stage.robot.paint(spec)


def _lights(spec: mujoco.MjSpec, stage: Stage, scene: Scene) -> None:
    for light in list(spec.lights):
        spec.delete(light)
    spec.visual.headlight.ambient = scene.lighting.ambient
    for i, light in enumerate(scene.lighting.lights):
        towards = -np.array(light.direction)
        spec.worldbody.add_light(
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=np.array([*stage.lit[:2], TABLE_HEIGHT_M]) + 1.2 * towards,
            dir=light.direction,
            diffuse=light.colour,
            specular=[0.35 * value for value in light.colour],
            ambient=[0, 0, 0],
            castshadow=i == 0,
        )


def _room_half_m(scene: Scene, aspect: float) -> int:
    """How far wall and floor go on to either side, metres: farther than usual where the camera sees more of them."""
    camera = scene.camera
    y = np.tan(np.deg2rad(camera.fovy_deg) / 2)
    corners = np.array([[sx * y * aspect, sy * y, -1.0] for sx in (-1, 1) for sy in (-1, 1)])
    rays = corners @ camera.rotation().T
    # A ray that does not go to the wall sees it to its end.
    to_wall = (scene.room.wall_y - camera.position[1]) / np.minimum(rays[:, 1], -1e-3)
    aside = np.abs(camera.position[0] + to_wall * rays[:, 0] - TABLE_MIDDLE_X).max()
    return int(np.clip(np.ceil(aside), *ROOM_HALF_M))


def _room(builder: _Builder, stage: Stage, scene: Scene, half: int) -> None:
    table, room = scene.table, scene.room
    depth = stage.table_front_y - table.far_edge_y
    top = shapes.sheet(2.4, depth, table.texture.tile_m, np.deg2rad(table.texture.angle_deg))
    # Turned about the middle of its far edge.
    top = shapes.moved(top, y=depth / 2)
    builder.surface(
        shapes.moved(
            top, x=TABLE_MIDDLE_X, y=table.far_edge_y, z=TABLE_HEIGHT_M, yaw=np.deg2rad(table.yaw_deg)
        ),
        table.texture,
        table.gloss,
    )
    floor_depth = -0.4 - room.wall_y
    floor = shapes.sheet(2.0 * half, floor_depth, room.floor.tile_m, 0.0, (2 * half, 2))
    builder.surface(
        shapes.moved(floor, x=0.45, y=room.wall_y + floor_depth / 2, z=FLOOR_HEIGHT_M), room.floor
    )
    wall = shapes.sheet(2.0 * half, 2.0, room.wall.tile_m, 0.0, (2 * half, 2))
    upright = shapes.Mesh(
        wall.vertices @ np.array([[-1.0, 0, 0], [0, 0, 1], [0, 1, 0]]),
        np.broadcast_to(np.array([0.0, 1.0, 0.0]), wall.normals.shape),
        wall.uv,
        wall.faces,
    )
    builder.surface(shapes.moved(upright, x=0.45, y=room.wall_y, z=FLOOR_HEIGHT_M + 1.0), room.wall)
    if room.skirting_m > 0.02:
        board = shapes.moved(
            shapes.box(2.0 * half, 0.02, room.skirting_m), x=0.45, y=room.wall_y + 0.01, z=FLOOR_HEIGHT_M
        )
        builder.part(builder.spec.worldbody, Part(board, room.skirting, gloss=0.1))


def _below(spec: mujoco.MjSpec, body: str) -> float:
    """Height of the table's top in the frame of a body that stands upright in the world."""
    return TABLE_HEIGHT_M - float(spec.body(body).pos[2])

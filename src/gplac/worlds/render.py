"""Pictures of a scene: the policy's view with the arm, and weak images without it."""

import importlib
from types import TracebackType

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.errors import UserError
from gplac.worlds import filament, gl, layout
from gplac.worlds.arm import TABLE_HEIGHT_M
from gplac.worlds.assemble import ARM, CAMERA, HIDDEN, SEEN, assemble, quaternion, yaw_quaternion
from gplac.worlds.camera import Camera
from gplac.worlds.scene import Scene
from gplac.worlds.task import Task

Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

WEAK_JITTER_M, WEAK_JITTER_DEG = 0.03, 3.0
WEAK_COMPANION_M = 0.04
WEAK_SHOWN = 0.8
"""Probability that a distractor is in a weak image."""
WEAK_SEEN_SHARE = 120 / (200 * 175)
"""Share of a weak image that the object of interest at least fills."""
ARRANGEMENTS, PLACES = 2_000, 20_000
"""Tries at either, before a picture counts as too small, or the object of interest as too large; a few do usually."""


class SceneRenderer:
    """Draws one scene; a context manager.

    Args:
        width, height: of the pictures, pixels.
        supersample: each pixel is the mean of this many pixels squared. By default 2 for pictures at most 128 wide,
            where it costs little, else 1.
        renderer: "classic", or "filament" for the pictures; masks are always the classic one's.

    Raises:
        UserError: this machine cannot draw, or no pictures of this size.
    """

    def __init__(
        self,
        task: Task,
        scene: Scene,
        width: int,
        height: int,
        supersample: int | None = None,
        renderer: str = "classic",
    ) -> None:
        gl.context()
        self._task, self._scene = task, scene
        self._fine = supersample or (2 if width <= 128 else 1)
        self._size, self._view = (width, height), scene.camera
        self._look = assemble(task, scene, width * self._fine, height * self._fine)
        model = self._model = self._look.model
        self._data = mujoco.MjData(model)
        self._rest = self._data.qpos.copy()
        self._mjv = mujoco.MjvScene(model, maxgeom=model.ngeom + 16)
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:], self._option.sitegroup[:] = 0, 0
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = model.camera(CAMERA).id
        self._perturb = mujoco.MjvPerturb()
        self._rect = mujoco.MjrRect(0, 0, width * self._fine, height * self._fine)
        self._pixels = np.empty((height * self._fine, width * self._fine, 3), np.uint8)
        try:
            self._mjr: mujoco.MjrContext | None = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
        except mujoco.FatalError as error:
            # Else the next context finds the mistake of this one.
            importlib.import_module("OpenGL.GL").glGetError()
            raise UserError(
                f"Pictures of {width}x{height} pixels cannot be drawn here ({error}); make them smaller."
            ) from error
        flags = self._mjv.flags
        for flag in (
            mujoco.mjtRndFlag.mjRND_REFLECTION,
            mujoco.mjtRndFlag.mjRND_SKYBOX,
            mujoco.mjtRndFlag.mjRND_HAZE,
        ):
            flags[flag] = False
        painter = filament.Painter(model, width, height, self._fine) if renderer == "filament" else None
        self._painter: filament.Painter | None = painter
        self._places = (
            model.body_pos.copy(),
            model.body_quat.copy(),
            model.cam_pos.copy(),
            model.cam_quat.copy(),
        )

    def __enter__(self) -> "SceneRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free what the scene holds in the graphics library; the renderer draws no more."""
        if self._mjr is not None:
            gl.context()
            self._mjr.free()
            self._mjr = self._painter = None

    def frame(self, qpos: Floats) -> Image:
        """The policy's view ``(height, width, 3)`` of positions ``(nq,)``."""
        self._put_back()
        return self._draw(qpos, arm=True)

    def mask(self, qpos: Floats) -> Mask:
        """Where the object of interest is seen in `frame`: ``(height, width)``."""
        self._put_back()
        return self._seen(qpos, arm=True)

    def weak(self, rng: np.random.Generator, present: bool) -> Image:
        """A picture ``(height, width, 3)`` without the robot, everything moved (section 6.1).

        The same generator state gives the same picture with and without the object of interest, so nothing else
        tells the two labels apart.

        Raises:
            UserError: the object of interest cannot be seen well enough, or finds no place in view.
        """
        return self.weak_with_qpos(rng, present)[0]

    def weak_with_qpos(self, rng: np.random.Generator, present: bool) -> tuple[Image, Floats]:
        """The picture of `weak`, and the positions ``(nq,)`` in it; of an object left out, where it would be."""
        qpos = self._shuffle(rng)
        self._show_object(present)
        return self._draw(qpos, arm=False), qpos

    def weak_mask(self, rng: np.random.Generator, present: bool) -> Mask:
        """Where the object of interest is seen in the picture that `weak` makes of the same generator state."""
        qpos = self._shuffle(rng)
        self._show_object(present)
        return self._seen(qpos, arm=False)

    def seen_at(self, qpos: Floats) -> Floats:
        """Where the object of interest stands in the last picture, of ``qpos (nq,)``: the middle of its foot ``(2,)``,
        right and down from the middle of the picture, in shares of width and height.

        Weak images are taken from somewhere else each time (section 6.1), and no picture tells from where: its place on
        the table cannot be read off them, its place in the picture can.
        """
        width, height = self._size
        foot = np.array([*self._task.object_xy(qpos), TABLE_HEIGHT_M])
        return self._view.project(foot, width, height) / self._size - 0.5

    def _put_back(self) -> None:
        """Everything to where the scene has it."""
        model = self._model
        self._view = self._scene.camera
        model.body_pos[:], model.body_quat[:], model.cam_pos[:], model.cam_quat[:] = self._places
        self._show_object(True)
        for geoms in self._look.distractor_geoms:
            model.geom_group[list(geoms)] = SEEN

    def _show_object(self, shown: bool) -> None:
        self._model.geom_group[list(self._look.object_geoms)] = SEEN if shown else HIDDEN

    def _shuffle(self, rng: np.random.Generator) -> Floats:
        """Move everything at random until enough of the object of interest is seen; returns the positions."""
        width, height = self._size
        needed = WEAK_SEEN_SHARE * width * height
        for _ in range(ARRANGEMENTS):
            qpos = self._arrange(rng)
            self._show_object(True)
            if self._seen(qpos, arm=False).sum() >= needed:
                return qpos
        raise UserError(
            f"The {self._task.object_of_interest} of {self._scene.stream} scene {self._scene.index} cannot be made out"
            f" in pictures of {width}x{height} pixels; make them larger, or a mesh of yours thicker."
        )

    def _arrange(self, rng: np.random.Generator) -> Floats:
        self._put_back()
        model, look = self._model, self._look
        camera = self._view = self._scene.camera.jittered(rng, WEAK_JITTER_M, WEAK_JITTER_DEG)
        model.cam_pos[self._camera.fixedcamid] = camera.position
        model.cam_quat[self._camera.fixedcamid] = quaternion(camera.rotation())
        x, y = self._place_object(rng, camera)
        model.body_quat[look.object_body] = yaw_quaternion(rng.uniform(-180.0, 180.0))
        model.body_pos[look.companion_body][:2] += rng.uniform(-WEAK_COMPANION_M, WEAK_COMPANION_M, 2)
        taken = [*self._task.stage.kept_free, (x, y, look.object_extent[0])]
        things = zip(look.distractor_bodies, look.distractor_geoms, look.distractor_radii, strict=True)
        for body, geoms, radius in things:
            spot = self._place_distractor(rng, camera, radius, taken) if rng.random() < WEAK_SHOWN else None
            if spot is None:
                model.geom_group[list(geoms)] = HIDDEN
                continue
            taken.append((*spot, radius))
            model.body_pos[body][:2] = spot
            model.body_quat[body] = yaw_quaternion(rng.uniform(-180.0, 180.0))
        return self._task.with_object(self._rest, np.array([x, y]))

    def _place_object(self, rng: np.random.Generator, camera: Camera) -> tuple[float, float]:
        radius, height = self._look.object_extent
        for _ in range(PLACES):
            x, y = rng.uniform(*self._task.stage.view_x), rng.uniform(*self._task.stage.view_y)
            inside = layout.in_view(camera, layout.outline(x, y, radius, height), 0.01)
            free = layout.apart(x, y, radius, self._task.stage.kept_free)
            if inside and free and layout.on_table(x, y, radius, self._scene.table):
                return float(x), float(y)
        raise UserError(
            f"The {self._task.object_of_interest} of {self._scene.stream} scene {self._scene.index}, {2 * radius:.2f} m"
            f" wide and {height:.2f} m high, finds no place in view; if it is a mesh of yours, make it more compact."
        )

    def _place_distractor(
        self, rng: np.random.Generator, camera: Camera, radius: float, taken: list[tuple[float, float, float]]
    ) -> tuple[float, float] | None:
        for _ in range(30):
            x, y = float(rng.uniform(*self._task.stage.view_x)), float(rng.uniform(*self._task.stage.view_y))
            free = layout.apart(x, y, radius, taken) and layout.on_table(x, y, radius, self._scene.table)
            if free and layout.in_view(camera, np.array([[x, y, TABLE_HEIGHT_M]])):
                return x, y
        return None

    def _pose(self, qpos: Floats, arm: bool) -> None:
        data = self._data
        data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, data)
        mujoco.mj_camlight(self._model, data)
        self._option.geomgroup[SEEN], self._option.geomgroup[ARM] = 1, int(arm)

    def _update(self, qpos: Floats, arm: bool) -> mujoco.MjrContext:
        if self._mjr is None:
            raise RuntimeError("This renderer is closed.")
        gl.context()
        self._pose(qpos, arm)
        everything = mujoco.mjtCatBit.mjCAT_ALL.value
        mujoco.mjv_updateScene(
            self._model, self._data, self._option, self._perturb, self._camera, everything, self._mjv
        )
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._mjr)
        return self._mjr

    def _read(self, context: mujoco.MjrContext) -> Image:
        mujoco.mjr_render(self._rect, self._mjv, context)
        mujoco.mjr_readPixels(self._pixels, None, self._rect, context)
        return self._pixels

    def _draw(self, qpos: Floats, arm: bool) -> Image:
        if self._painter is not None:
            self._pose(qpos, arm)
            return self._painter.draw(self._data, self._option, self._camera)
        pixels = self._read(self._update(qpos, arm))
        if self._fine == 1:
            return pixels[::-1].copy()
        # Strided sums are several times quicker than a reduction over two axes.
        n = self._fine
        rows = sum((pixels[i::n] for i in range(1, n)), start=pixels[::n].astype(np.uint16))
        total = sum((rows[:, i::n] for i in range(1, n)), start=rows[:, ::n])
        mean: Image = ((total[::-1] + n**2 // 2) // n**2).astype(np.uint8)
        return mean

    def _seen(self, qpos: Floats, arm: bool) -> Mask:
        context = self._update(qpos, arm)
        flags = self._mjv.flags
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = True
        pixels = self._read(context)
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = False
        # Each pixel's colour is one more than the number of a geom, red being the lowest byte.
        number = pixels[..., 0] + 256 * pixels[..., 1].astype(np.uint16)
        mine = set(self._look.object_geoms)
        wanted = np.zeros(1 << 16, np.bool_)
        wanted[[geom.segid + 1 for geom in self._mjv.geoms[: self._mjv.ngeom] if geom.objid in mine]] = True
        seen = wanted[number][::-1]
        if self._fine == 1:
            return np.asarray(seen)
        width, height = self._size
        return np.asarray(seen.reshape(height, self._fine, width, self._fine).mean(axis=(1, 3)) >= 0.5)

"""MuJoCo's Filament renderer, physically based: whether it can draw here, and drawing with it."""

import ctypes.util
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from gplac.errors import UserError

PYTHON = (3, 12)
"""From here on MuJoCo's Python side of it works; older ones have no `collections.abc.Buffer`."""
TRIED = "4.0.0"
"""Version of both of its packages that it was tried with. gplac asks for a newer mujoco-core, for a solver bug that its
own tasks do not meet, and of that there was no mujoco-studio."""
VULKAN_PACKAGES = "libvulkan1 mesa-vulkan-drivers"

LIGHT_LUX = 45_000.0
"""Of a light whose colour is white: table tops get about the brightness that the classic renderer gives them."""
HEADLIGHT_LUX = 30_000.0
"""Of a light at the camera, in place of the ambient light, which Filament's directional lights do not have."""

_PROBE = "from gplac.worlds.filament import name; print(name())"


def missing() -> str:
    """The first thing that it needs and this machine does not have, with what to do about it; empty: it has all."""
    if sys.version_info[:2] < PYTHON:
        needed = f"it needs Python {PYTHON[0]}.{PYTHON[1]} or newer, and this is {sys.version.split()[0]}"
        return f"{needed}; and {_pair()}"
    try:
        # Where the versions of mujoco-studio and mujoco-core differ, its import refuses; it also brings the materials.
        importlib.import_module("mujoco.studio")
        importlib.import_module("mujoco.mjrf")
    except ImportError:
        return f"its module does not load; {_pair()}"
    if ctypes.util.find_library("vulkan") is None:
        return f"it draws with Vulkan, which is missing: on Debian, apt-get install {VULKAN_PACKAGES}"
    return ""


def _pair() -> str:
    """Which packages it needs, which versions are here, and how to get them."""
    found = []
    for package in ("mujoco-core", "mujoco-studio"):
        try:
            found.append(version(package))
        except PackageNotFoundError:
            found.append("none")
    return (
        f"it needs mujoco-core and mujoco-studio of one version, here {' and '.join(found)}: in a .venv of its own,"
        f" after gplac, pip install mujoco-studio=={TRIED} mujoco-core=={TRIED} (docs/scenes.md)"
    )


def require() -> None:
    """Make sure that it starts here. Tried in a process of its own, which a driver that fails would end.

    Raises:
        UserError: it does not.
    """
    why = missing()
    if not why:
        try:
            done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, timeout=120)
            why = (
                ""
                if done.returncode == 0
                else "it has all that it needs, but does not start: see gplac doctor"
            )
        except subprocess.TimeoutExpired:
            why = "it does not start within two minutes"
    if why:
        raise UserError(
            f"MuJoCo's Filament renderer cannot be used here: {why}; "
            "or draw with --renderer classic, which is the default."
        )


def name() -> str:
    """What draws, for instance "filament (mujoco-studio 4.0.0, vulkan)"; Filament does not tell the device."""
    info = mujoco.MjrRendererInfo()
    _context().get_renderer_info(info)
    return f"{info.renderer} (mujoco-studio {version('mujoco-studio')}, {info.backend})"


def _context() -> Any:
    """A fresh `mjrf.Context`. Each model has its own: with two models in one, the second's first picture fails."""
    # Programs draw in several processes, one a core; Mesa's own threads would only get into their way.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    importlib.import_module("mujoco.studio")
    mjrf = importlib.import_module("mujoco.mjrf")
    with _quiet():
        return mjrf.Context(mjrf.ContextConfig(graphics_api=mjrf.GraphicsApi.GRAPHICS_API_VULKAN))


class Painter:
    """Pictures of one model. What it is told to hide is taken out of the scene, so that it casts no shadow either.

    Args:
        model: whose geoms, lights and materials are drawn; its poses, read from the data, may change.
        width, height: of the pictures, pixels.
        fine: each pixel is the mean light of this many pixels squared.
    """

    def __init__(self, model: mujoco.MjModel, width: int, height: int, fine: int) -> None:
        self._context = _context()
        mjrf = self._mjrf = importlib.import_module("mujoco.mjrf")
        self._model, self._fine = model, fine
        # Else Filament takes their bytes for linear light, and they look pale.
        model.tex_colorspace[:] = mujoco.mjtColorSpace.mjCOLORSPACE_SRGB.value
        # Kept, because the library does not hold on to what its objects use.
        resources = self._resources = mjrf.ModelResources(self._context, model)
        self._scene = self._context.create_scene(mjrf.SceneParams())
        self._scene.configure_from_model(model)
        self._lights = mjrf.ModelLights(self._scene, resources)
        self._renderables = mjrf.ModelRenderables(self._scene, resources)
        every = mujoco.MjvOption()
        every.geomgroup[:], every.sitegroup[:] = 1, 0
        self._renderables.set_options(every)
        geoms = (self._renderables.get_renderable(mujoco.mjtObj.mjOBJ_GEOM, i) for i in range(model.ngeom))
        self._geoms = list(geoms)
        self._shown = np.ones(model.ngeom, np.bool_)
        target = self._target = self._context.create_render_target(
            mjrf.RenderTargetConfig(color_format=mjrf.PixelFormat.PIXEL_FORMAT_RGB8)
        )
        target.resize(width * fine, height * fine)
        self._pixels = np.zeros((height * fine, width * fine, 3), np.uint8)
        self._read = mjrf.ReadRequest(target=target)
        self._read.set_buffer(self._pixels)
        # Filament's own tone mapping comes with dithering that depends on what was drawn before, and pictures have to
        # repeat exactly. So linear light is read, and made sRGB here.
        self._request = mjrf.RenderRequest(
            scene=self._scene,
            target=target,
            viewport=mjrf.Rect(0, 0, width * fine, height * fine),
            post_processing=False,
            reflections=False,
            skybox=False,
            haze=False,
            headlight=True,
            headlight_color=np.asarray(model.vis.headlight.ambient, np.float32),
            headlight_intensity=HEADLIGHT_LUX,
        )
        self._encoded = _srgb(np.linspace(0.0, 1.0, 255 * fine**2 + 1))

    def draw(
        self, data: mujoco.MjData, option: mujoco.MjvOption, camera: mujoco.MjvCamera
    ) -> npt.NDArray[np.uint8]:
        """What ``camera`` sees of the geoms in the groups that ``option`` shows: ``(height, width, 3)``."""
        self._show(np.asarray(option.geomgroup)[self._model.geom_group] != 0)
        self._lights.update(data)
        for i in range(self._model.nlight):
            self._lights.get_light(i).set_intensity(LIGHT_LUX)
        self._renderables.update(data)
        seen = mujoco.mjv_camera2GLCamera(self._model, data, camera)
        fields = ("pos", "forward", "up", "frustum_bottom", "frustum_top", "frustum_near", "frustum_far")
        self._request.camera = self._mjrf.Camera(**{field: getattr(seen, field) for field in fields})
        self._context.wait_for_frame(self._context.render([self._request], [self._read]))
        n = self._fine
        rows = sum((self._pixels[i::n] for i in range(1, n)), start=self._pixels[::n].astype(np.uint16))
        total = sum((rows[:, i::n] for i in range(1, n)), start=rows[:, ::n])
        return np.asarray(self._encoded[total])

    def _show(self, wanted: npt.NDArray[np.bool_]) -> None:
        """Put geoms into the scene and take them out: Filament does not follow changes of their groups."""
        for i in np.flatnonzero(wanted != self._shown):
            if self._geoms[i] is not None:
                change = self._scene.add_renderable if wanted[i] else self._scene.remove_renderable
                change(self._geoms[i])
        self._shown = wanted


def _srgb(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Linear light in [0, 1] as the bytes of sRGB (IEC 61966-2-1)."""
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * curve), np.uint8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from standard output what Filament tells about itself when it starts."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)

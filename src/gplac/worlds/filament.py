"""Whether MuJoCo's Filament renderer could draw here, and why not."""

import ctypes.util
import importlib
import sys

from gplac.errors import UserError

PYTHON = (3, 12)
"""From here on MuJoCo's Python side of it works; older ones have no `collections.abc.Buffer`."""
VULKAN_PACKAGES = "libvulkan1 mesa-vulkan-drivers"


def missing() -> str:
    """The first thing that it needs and this machine does not have, with what to do about it; empty: it has all."""
    if sys.version_info[:2] < PYTHON:
        here = sys.version.split()[0]
        return f"it needs Python {PYTHON[0]}.{PYTHON[1]}, and this is {here}: make .venv with a newer one"
    try:
        importlib.import_module("mujoco.mjrf")
    except ImportError:
        return "its module is not installed: pip install mujoco-studio, of the version that mujoco-core has"
    if ctypes.util.find_library("vulkan") is None:
        return f"it draws with Vulkan, which is missing: on Debian, apt-get install {VULKAN_PACKAGES}"
    return ""


def refuse() -> None:
    """Say why nothing is drawn with it.

    Raises:
        UserError: always. Where nothing is missing, because gplac has never been tried with it: whether it hides what
            has to be hidden decides whether a weak label is true.
    """
    why = (
        missing()
        or "all that it needs is here, but gplac has not been tried with it and does not draw with it yet"
    )
    raise UserError(
        f"MuJoCo's Filament renderer cannot be used here: {why}; or draw with --renderer classic, which is the default."
    )

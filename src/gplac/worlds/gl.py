"""Drawing without a screen: finds EGL or OSMesa by itself. One context serves a whole process."""

import atexit
import importlib
import os
import sys
from typing import Any

from gplac.errors import UserError

GL_PACKAGES = "libegl1 libopengl0 libgl1-mesa-dri libosmesa6"
_WAYS = ("egl", "osmesa")
_current: tuple[str, Any] | None = None


def check_choice() -> None:
    """Make sure that MuJoCo can be imported with the ``MUJOCO_GL`` that is set: it loads that library at once.

    Raises:
        UserError: it cannot.
    """
    asked = os.environ.get("MUJOCO_GL", "")
    try:
        importlib.import_module("mujoco")
    except ImportError:
        raise  # not for want of a library that draws: MuJoCo puts up with that
    except Exception as error:  # PyOpenGL fails in many ways where a library is missing
        if not asked:
            raise
        raise UserError(_refused(asked, error)) from error


def context() -> str:
    """Make a GL context of this process current, and say by which way: ``egl`` or ``osmesa``.

    ``MUJOCO_GL`` decides where it names one of the two; else the first that works is taken.

    Raises:
        UserError: neither works on this machine, or not the one that was chosen.
    """
    global _current
    if _current is None:
        _current = _open()
    _current[1].make_current()
    return _current[0]


def renderer_name() -> str:
    """What draws here, for instance "llvmpipe (LLVM 15.0.6, 256 bits)": another one gives other pixels.

    Raises:
        UserError: this machine cannot draw.
    """
    context()
    # PyOpenGL may be imported only after the context has chosen its platform.
    functions = importlib.import_module("OpenGL.GL")
    return str(functions.glGetString(functions.GL_RENDERER).decode())


def _open() -> tuple[str, Any]:
    # Programs draw in several processes, one a core; Mesa's own threads would only get into their way.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    asked = os.environ.get("MUJOCO_GL", "").lower()
    problems = []
    for way in (asked,) if asked in _WAYS else _WAYS:
        # PyOpenGL binds to one platform when it is first imported; a failed try must leave nothing behind.
        os.environ["PYOPENGL_PLATFORM"] = way
        try:
            made = importlib.import_module(f"mujoco.{way}").GLContext(16, 16)
            made.make_current()
        except Exception as error:  # drivers and ctypes fail in many ways, all of which mean "not this one"
            if way == asked:
                raise UserError(_refused(asked, error)) from error
            problems.append(f"{way}: {_short(error)}")
            for name in [name for name in sys.modules if name.split(".")[0] == "OpenGL"]:
                del sys.modules[name]
        else:
            # OSMesa frees a context that is still there at the interpreter's end too late, and complains.
            atexit.register(made.free)
            return way, made
    raise UserError(
        f"No way to draw without a screen works here ({'; '.join(problems)}); install one, on Debian with: "
        f"apt-get install {GL_PACKAGES}"
    )


def _refused(asked: str, error: Exception) -> str:
    return (
        f"MUJOCO_GL={asked} is set, and drawing that way does not work here ({_short(error)}): unset MUJOCO_GL, and a"
        f" way that works is found, or install what it needs, on Debian with: apt-get install {GL_PACKAGES}"
    )


def _short(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__

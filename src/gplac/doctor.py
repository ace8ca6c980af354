"""What this machine offers to gplac, and what to do about what is missing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gplac.provenance import hardware

PACKAGES = ("gplac", "torch", "mujoco-core", "gymnasium", "stable-baselines3", "sb3-contrib", "numpy", "pyarrow")
GL_PACKAGES = "libegl1 libgl1-mesa-dri libosmesa6"
"""Debian packages that make either of MuJoCo's two ways to draw without a screen work."""
MIN_FREE_GB = 2.0

# Each probe runs in a process of its own: a broken driver may end the process, and MuJoCo chooses its way to draw
# once, when it is first imported.
_GL_PROBE = """
import mujoco
context = mujoco.GLContext(16, 16)
context.make_current()
from OpenGL import GL
print(GL.glGetString(GL.GL_RENDERER).decode())
"""
_TORCH_PROBE = """
import json, torch
from gplac.training.device import has_bf16
gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
build = "CUDA " + torch.version.cuda if torch.version.cuda else "CPU"
print(json.dumps({"gpu": gpu, "build": build, "bf16": has_bf16(torch.device("cpu"))}))
"""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    subject: str
    value: str
    ok: bool = True
    """Whether gplac can work with it."""
    advice: str = ""
    """What to do about it; may be given for what works, too."""


def examine(folder: Path = Path()) -> list[Finding]:
    """Everything there is to say about this machine; ``folder`` is where data would be written."""
    return [*_versions(), _processor(), *_torch(), _gl(), _disk(folder)]


def working_gl() -> dict[str, str]:
    """Ways to draw without a screen that work here: their ``MUJOCO_GL`` names, and what draws."""
    found = {name: _probe(_GL_PROBE, MUJOCO_GL=name, PYOPENGL_PLATFORM=name) for name in ("egl", "osmesa")}
    return {name: renderer for name, renderer in found.items() if renderer}


def _versions() -> Iterator[Finding]:
    yield Finding("Python", sys.version.split()[0])
    for package in PACKAGES:
        try:
            yield Finding(package, version(package))
        except PackageNotFoundError:
            yield Finding(package, "missing", ok=False, advice="Install gplac with its dependencies: make venv")
    try:
        clash = version("mujoco")
    except PackageNotFoundError:
        return
    yield Finding(
        "mujoco",
        f"{clash}, beside mujoco-core",
        ok=False,
        advice="Both install the same module, and mujoco's has a solver bug: "
        "pip uninstall mujoco mujoco-core, then make venv",
    )


def _processor() -> Finding:
    found = hardware()
    return Finding("processor", f"{found['cpu']}, {found['cores']} cores, {found['memory_gib']} GiB of memory")


def _torch() -> Iterator[Finding]:
    answer = _probe(_TORCH_PROBE)
    if not answer:
        yield Finding("PyTorch", "does not start", ok=False, advice="Install it again: rm -rf .venv, then make venv")
        return
    found = json.loads(answer)
    value = found["gpu"] or "none that PyTorch can use"
    yield Finding("GPU", f"{value} (PyTorch built for {found['build']})")
    if found["bf16"]:
        yield Finding("bfloat16", "in hardware: training on the processor uses it")
    else:
        yield Finding("bfloat16", "not in hardware", advice="Training on this processor uses 32-bit numbers: slower.")


def _gl() -> Finding:
    ways = working_gl()
    wanted = os.environ.get("MUJOCO_GL", "")
    if wanted and wanted not in ways:
        advice = f"MUJOCO_GL={wanted} is set and does not work without a screen; unset it"
        advice += f", or set it to {next(iter(ways))}." if ways else f", and: {_install()}"
        return Finding("drawing", f"MUJOCO_GL={wanted} fails", ok=bool(ways), advice=advice)
    if not ways:
        return Finding("drawing", "neither EGL nor OSMesa works", ok=False, advice=_install())
    return Finding("drawing", ", ".join(f"{name} ({renderer})" for name, renderer in ways.items()))


def _install() -> str:
    return f"sudo apt-get update && sudo apt-get install -y {GL_PACKAGES}"


def _disk(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / 1e9
    few = free_gb < MIN_FREE_GB
    return Finding(
        "disk",
        f"{free_gb:.1f} GB free in {folder.resolve()}",
        ok=not few,
        advice=f"Data and runs need room: free {MIN_FREE_GB:g} GB or more, or work elsewhere." if few else "",
    )


def _probe(code: str, **environment: str) -> str:
    """What ``code`` prints in a fresh interpreter, or nothing if it fails."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

"""What this machine offers to gplac, and what to do about what is missing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gplac.provenance import hardware

PACKAGES = (
    "gplac",
    "torch",
    "mujoco-core",
    "gymnasium",
    "stable-baselines3",
    "sb3-contrib",
    "numpy",
    "pyarrow",
)
MIN_FREE_GB = 2.0

# Each probe runs in a process of its own: a broken driver may end the process, and MuJoCo and PyOpenGL choose their
# way to draw once, when they are first imported.
_GL_PROBE = """
from gplac.worlds import gl
way = gl.context()
from OpenGL import GL
print(f"{way}, {GL.glGetString(GL.GL_RENDERER).decode()}")
"""
_FILAMENT_PROBE = "from gplac.worlds.filament import missing, name; print(missing() or 'works: ' + name())"
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
    return [*_versions(), _processor(), *_torch(), _gl(), _filament(), _disk(folder)]


def _versions() -> Iterator[Finding]:
    yield Finding("Python", sys.version.split()[0])
    for package in PACKAGES:
        try:
            yield Finding(package, version(package))
        except PackageNotFoundError:
            yield Finding(
                package, "missing", ok=False, advice="Install gplac with its dependencies: make venv"
            )
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
    return Finding(
        "processor", f"{found['cpu']}, {found['cores']} cores, {found['memory_gib']} GiB of memory"
    )


def _torch() -> Iterator[Finding]:
    works, answer = probe(_TORCH_PROBE)
    if not works:
        advice = f"It says: {answer}. Install it again: rm -rf .venv, then make venv"
        yield Finding("PyTorch", "does not start", ok=False, advice=advice)
        return
    found = json.loads(answer)
    value = found["gpu"] or "none that PyTorch can use"
    yield Finding("GPU", f"{value} (PyTorch built for {found['build']})")
    if found["bf16"]:
        yield Finding("bfloat16", "in hardware: training on the processor uses it")
    else:
        yield Finding(
            "bfloat16", "not in hardware", advice="Training on this processor uses 32-bit numbers: slower."
        )


def _gl() -> Finding:
    works, answer = probe(_GL_PROBE)
    if works:
        return Finding("drawing", answer)
    asked = os.environ.get("MUJOCO_GL")
    if asked:
        works, answer = probe(_GL_PROBE, MUJOCO_GL="")
        if works:
            advice = f"MUJOCO_GL={asked} is set; without it gplac finds a way that works: unset MUJOCO_GL"
            return Finding("drawing", f"fails with MUJOCO_GL={asked}", ok=False, advice=advice)
    return Finding("drawing", "fails", ok=False, advice=answer)


def _filament() -> Finding:
    starts, answer = probe(_FILAMENT_PROBE)
    if not starts:
        return Finding("drawing with Filament", f"does not start: {answer}")
    return Finding("drawing with Filament", answer if answer.startswith("works: ") else f"not here: {answer}")


def _disk(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / 1e9
    few = free_gb < MIN_FREE_GB
    return Finding(
        "disk",
        f"{free_gb:.1f} GB free in {folder.resolve()}",
        ok=not few,
        advice=f"Data and runs need room: free {MIN_FREE_GB:g} GB or more, or work elsewhere." if few else "",
    )


def probe(code: str, **environment: str) -> tuple[bool, str]:
    """Run ``code`` in a fresh interpreter: whether it ends well, and what it prints, or its last complaint."""
    command = [sys.executable, "-c", code]
    try:
        done = subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
        )
    except subprocess.TimeoutExpired:
        return False, "no answer within two minutes"
    if done.returncode == 0:
        return True, done.stdout.strip()
    complaint = done.stderr.strip().splitlines()[-1:] or [f"it ended with status {done.returncode}"]
    # "module.SomeError: what went wrong" without the class, which tells a user nothing.
    return False, re.sub(r"^[\w.]+: ", "", complaint[0])

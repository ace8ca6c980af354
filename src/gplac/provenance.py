"""Where a result comes from: command, revision, versions, hardware, date."""

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

COMMAND_VARIABLE = "GPLAC_COMMAND"
"""Environment variable that tells worker processes which command they work for."""
PACKAGES = ("gplac", "torch", "numpy", "mujoco-core", "gymnasium", "pyarrow", "safetensors")


def provenance() -> dict[str, Any]:
    """JSON-able description of this process: `command, revision, versions, hardware, date`.

    `revision` is None outside a git checkout and ends in "+" where files were changed since.
    """
    return {
        "command": command(),
        "revision": revision(),
        "versions": versions(),
        "hardware": hardware(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def command() -> str:
    """What was typed to start this process, or the one that it works for, so that it can be typed again: ``gplac ...``
    for gplac however it was called, ``python recipes/sweep.py ...`` for a script, which is named from the working
    folder, or from the source's. Of a notebook, only that it is one."""
    if told := os.environ.get(COMMAND_VARIABLE):
        return told
    script, *words = sys.argv or [""]
    if script == "-c":  # its text is not among the words
        return shlex.join(["python", *sys.orig_argv[1:]])
    if script == "-":
        return shlex.join(["python", "-", *words])
    if not script.endswith(".py"):
        return shlex.join([Path(script).name or "python", *words])
    module = getattr(sys.modules["__main__"], "__spec__", None)  # of `python -m MODULE`
    if script.endswith("kernel_launcher.py") or (module is not None and module.name.startswith("ipykernel")):
        return "a notebook"  # what started its kernel names files of this machine
    if module is not None:
        name = module.name.removesuffix(".__main__")
        return shlex.join([*(["gplac"] if name == "gplac.cli" else ["python", "-m", name]), *words])
    return shlex.join(["python", _from_here(Path(script)), *words])


def _from_here(script: Path) -> str:
    """A script's path without what only this machine knows."""
    for folder in (Path.cwd(), Path(__file__).parents[2]):
        if script.resolve().is_relative_to(folder.resolve()):
            return script.resolve().relative_to(folder.resolve()).as_posix()
    return script.name


def revision() -> str | None:
    """The git commit that the package's source is at, or None."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        # An installed copy may sit inside somebody else's checkout: only a tracked file has a revision.
        git("ls-files", "--error-unmatch", Path(__file__).name)
        return git("rev-parse", "HEAD") + (
            "+" if git("status", "--porcelain", "--untracked-files=no", ".") else ""
        )
    except (OSError, subprocess.SubprocessError):
        return None


def versions() -> dict[str, str]:
    """Python's version and those of the packages that results depend on, where installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """`cpu, cores, memory_gib, gpu`; the GPU is looked for only if torch is already imported."""
    torch = sys.modules.get("torch")
    gpu = torch.cuda.get_device_name(0) if torch is not None and torch.cuda.is_available() else None
    return {"cpu": _cpu(), "cores": os.cpu_count(), "memory_gib": memory_gib(), "gpu": gpu}


def _cpu() -> str:
    """The processor's model name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # no such file outside Linux
    return platform.processor() or platform.machine()


def memory_gib() -> float | None:
    """Installed memory, where the system tells."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None

"""The data sets that cells share: each collected once, whoever needs it first."""

import os
from pathlib import Path

from gplac.config import DataConfig, Preset
from gplac.data.collect import collect_demonstrations, collect_weak, require_as_asked
from gplac.data.manifest import Manifest, Request
from gplac.experts.expert import load_expert
from gplac.grid.cell import Cell
from gplac.grid.locks import locked
from gplac.methods import method_named

LABELLED, WEAK = "demos-1", "weak"


def data_sets(cell: Cell, settings: Preset) -> list[str]:
    """Names of the data sets that a cell needs; the first is its demonstrations."""
    if not cell.trained:
        return [LABELLED]
    method = method_named(cell.method)
    demonstrations = f"demos-{min(method.labelled_scenes, settings.data.weak_scenes)}"
    # Instruments look at frames of the labelled scene, whatever a method was trained on.
    return list(dict.fromkeys([demonstrations, LABELLED, *([WEAK] if method.weak_scenes else [])]))


def collect(name: str, task: str, data: Path, settings: Preset, workers: int = 0) -> Path:
    """Collect what is missing of a data set, or wait for another process that does. A complete one in a folder that
    can only be read is taken as it is.

    Args:
        name: ``weak``, or ``demos-N``: demonstrations of the labelled scene, or of the first N weak ones.
        task: name of the task.
        data: folder of the task's data sets.
        settings: sizes.
        workers: processes that draw; 0: one for each core.

    Returns:
        Its folder.

    Raises:
        UserError: the folder holds something else, was collected with other sizes, noise or expert or of other scenes,
            or cannot be written to.
    """
    folder, request = data / name, _request(name, task, settings.data)
    if folder.exists() and not os.access(data, os.W_OK):  # of others, who let it be read
        require_same(name, task, data, settings)
        Manifest.read_complete(folder, request.kind, task)
        return folder
    scenes, size = [(request.split, index) for index in request.scenes], (request.width, request.height)
    # Asked for even where it is complete: what was collected with other settings must not pass for these.
    with locked(data / f".{name}.lock"):
        if name == WEAK:
            collect_weak(folder, task, scenes, request.per_scene, *size, workers=workers)
        else:
            collect_demonstrations(
                folder,
                task,
                load_expert(task),
                scenes,
                request.per_scene,
                *size,
                action_noise=request.action_noise,
                noise_time_s=request.noise_time_s,
                workers=workers,
            )
    return folder


def require_same(name: str, task: str, data: Path, settings: Preset) -> None:
    """Refuse a data set that `collect` would not take for the one that it is asked for; it is only read.

    Raises:
        UserError: there is none, or it was collected with other sizes, noise or expert or of other scenes.
    """
    expert = None if name == WEAK else load_expert(task)
    require_as_asked(data / name, _request(name, task, settings.data), expert)


def _request(name: str, task: str, sizes: DataConfig) -> Request:
    """What a data set of that name is."""
    looks, noise = ("standard", sizes.width, sizes.height), (sizes.action_noise, sizes.noise_time_s)
    if name == WEAK:
        scenes = tuple(range(sizes.weak_scenes))
        return Request("weak", task, "weak", scenes, sizes.weak_per_scene, *looks, seed=0)
    if name == LABELLED:
        return Request("demonstrations", task, "labelled", (0,), sizes.demonstrations, *looks, 0, *noise)
    scenes = tuple(range(int(name.removeprefix("demos-"))))
    return Request("demonstrations", task, "weak", scenes, sizes.demonstrations_per_scene, *looks, 0, *noise)

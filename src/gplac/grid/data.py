"""The data sets that cells share: each collected once, whoever needs it first."""

from pathlib import Path

from gplac.config import Preset
from gplac.data.collect import collect_demonstrations, collect_weak
from gplac.experts.expert import load_expert
from gplac.grid.cell import Cell
from gplac.grid.locks import locked
from gplac.methods import METHODS

LABELLED, WEAK = "demos-1", "weak"


def data_sets(cell: Cell, settings: Preset) -> list[str]:
    """Names of the data sets that a cell needs; the first is its demonstrations."""
    if not cell.trained:
        return [LABELLED]
    method = METHODS[cell.method]()
    demonstrations = f"demos-{min(method.labelled_scenes, settings.data.weak_scenes)}"
    # Instruments look at frames of the labelled scene, whatever a method was trained on.
    return list(dict.fromkeys([demonstrations, LABELLED, *([WEAK] if method.weak_scenes else [])]))


def collect(name: str, task: str, data: Path, settings: Preset, workers: int = 0) -> Path:
    """Collect what is missing of a data set, or wait for another process that does.

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
    folder, sizes = data / name, settings.data
    # Asked for even where it is complete: what was collected with other settings must not pass for these.
    with locked(data / f".{name}.lock"):
        if name == WEAK:
            weak = [("weak", index) for index in range(sizes.weak_scenes)]
            collect_weak(folder, task, weak, sizes.weak_per_scene, sizes.width, sizes.height, workers=workers)
            return folder
        if name == LABELLED:
            scenes, each = [("labelled", 0)], sizes.demonstrations
        else:
            count = int(name.removeprefix("demos-"))
            scenes, each = [("weak", index) for index in range(count)], sizes.demonstrations_per_scene
        collect_demonstrations(
            folder,
            task,
            load_expert(task),
            scenes,
            each,
            sizes.width,
            sizes.height,
            action_noise=sizes.action_noise,
            noise_time_s=sizes.noise_time_s,
            workers=workers,
        )
    return folder

"""Verbs about a user's own data: into gplac, and out of it."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

Source = Annotated[Positional[Path], arg(metavar="SOURCE")]
OptionalKey = Annotated[str | None, arg(metavar="KEY")]
Keys = Annotated[tuple[str, ...], arg(metavar="KEY ...")]
OptionalRate = Annotated[float | None, arg(metavar="HZ")]
OptionalSize = Annotated[str | None, arg(metavar="WxH")]


def import_demos(
    source: Source,
    /,
    *,
    out: Annotated[Path, arg(metavar="PATH")],
    format: str = "auto",
    camera: OptionalKey = None,
    state: Keys = (),
    action: OptionalKey = None,
    hz: OptionalRate = None,
    size: OptionalSize = None,
    task: str = "own",
    flip: bool = False,
) -> None:
    """Import demonstrations of your own: a LeRobot data set (2.0, 2.1, 3.0), an HDF5 file of robomimic, or a folder of
    episodes. What is not named is found out where there is no doubt; otherwise the candidates are listed.

    Args:
        source: File or folder of the demonstrations.
        out: Folder to write.
        format: lerobot, hdf5, folder, or auto to find out.
        camera: Which pictures.
        state: Which numbers are the robot's state; several are joined in their order.
        action: Which numbers are the action.
        hz: Control steps a second.
        size: Of the pictures, pixels; cropped around the centre where the proportions differ. By default the source's
            proportions, at most 200 pixels wide.
        task: What to call the task.
        flip: Turn the pictures upside down, as those of robosuite have to be.
    """
    from gplac.data.importers.demos import import_demonstrations
    from gplac.data.importers.pictures import parse_size

    manifest = import_demonstrations(
        source,
        out,
        format=format,
        camera=camera,
        state=state,
        action=action,
        hz=hz,
        size=None if size is None else parse_size(size),
        task=task,
        flip=flip,
    )
    origin, request = manifest.origin, manifest.request
    print(
        f"{manifest.counts['episodes']} episodes ({manifest.rows} frames of {request.width}x{request.height} pixels,"
        f" {origin['control_hz']:g} a second) are in {out}."
    )
    print(
        f"Camera {origin['camera']}; state {' + '.join(origin['state_keys'])} ({len(origin['state_names'])} numbers);"
        f" action {origin['action_key']} ({len(origin['action_names'])} numbers)."
    )

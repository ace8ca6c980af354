"""Verbs about a user's own data: into gplac, and out of it."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from gplac.cli.options import OptionalPath
from gplac.data.manifest import OWN

Source = Annotated[Positional[Path], arg(metavar="SOURCE")]
Demos = Annotated[Positional[Path], arg(metavar="DEMOS")]
Sources = Annotated[Positional[tuple[Path, ...]], arg(metavar="SOURCE ...")]
Stretches = Annotated[tuple[str, ...], arg(metavar="FROM-TO ...")]
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
    task: str = OWN,
    flip: bool = False,
) -> None:
    """Import demonstrations of your own: a LeRobot data set (2.0, 2.1, 3.0), an HDF5 file of robomimic, or a folder of
    episodes. What is not named is found out where there is no doubt; otherwise the candidates are listed.

    Args:
        source: File or folder of the demonstrations.
        out: Folder to write.
        format: lerobot, hdf5, folder, one that another package registers, or auto to find out.
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
    from gplac.data.quality.finding import plural

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
        f"{plural(manifest.counts['episodes'], 'episode')} ({plural(manifest.rows, 'frame')} of"
        f" {request.width}x{request.height} pixels, {origin['control_hz']:g} a second)"
        f" {'is' if manifest.counts['episodes'] == 1 else 'are'} in {out}."
    )
    print(
        f"Camera {origin['camera']}; state {' + '.join(origin['state_keys'])} ({len(origin['state_names'])} numbers);"
        f" action {origin['action_key']} ({len(origin['action_names'])} numbers)."
    )


def import_weak(
    sources: Sources,
    /,
    *,
    out: Annotated[Path, arg(metavar="PATH")],
    like: OptionalPath = None,
    size: OptionalSize = None,
    task: str = OWN,
    present: Stretches = (),
    absent: Stretches = (),
    every: float = 0.5,
    skip_unreadable: bool = False,
) -> None:
    """Import photographs that only say whether the object of interest is in them: folders with `positive` and
    `negative` in them (their sub-folders are places), CSV files (path,label,scene; for videos start,end), or a video.

    Args:
        sources: Folders, CSV files, or one video.
        out: Folder to write.
        like: Folder of the demonstrations that the photographs go with: they get the same size, cropped around the
            centre where the proportions differ.
        size: Of the pictures, pixels, instead. By default the first photograph's proportions, at most 200 pixels wide.
        task: What to call the task.
        present: When the object is to be seen in the video, such as 0:10-0:35.
        absent: When it is not.
        every: Seconds between two frames that are taken of a video.
        skip_unreadable: Leave out photographs that cannot be read, instead of giving up.
    """
    from gplac.data.importers import shots, weak
    from gplac.data.importers.pictures import parse_size

    manifest = weak.import_weak(
        sources,
        out,
        like=like,
        size=None if size is None else parse_size(size),
        task=task,
        stretches=shots.Stretches(
            tuple(map(shots.parse_stretch, present)), tuple(map(shots.parse_stretch, absent)), every
        ),
        skip_unreadable=skip_unreadable,
    )
    counts, request = manifest.counts, manifest.request
    for left in manifest.origin["skipped"]:
        print(f"Left out: {left}.")
    for scene in manifest.origin["scenes"]:
        alone = (
            ""
            if scene["present"] and scene["absent"]
            else ": only one kind, which tells the place, not the object"
        )
        print(f"{scene['name']}: {scene['present']} with the object, {scene['absent']} without{alone}")
    print(
        f"{manifest.rows} images of {request.width}x{request.height} pixels ({counts['present']} with the object,"
        f" {counts['absent']} without) are in {out}."
    )


def export(demos: Demos, /, *, out: Annotated[Path, arg(metavar="PATH")]) -> None:
    """Write demonstrations as a LeRobot data set (version 3.0), to train other people's policies with them.

    Args:
        demos: Folder of the demonstrations.
        out: Folder to write.
    """
    from gplac.data.export import export_lerobot
    from gplac.data.quality.finding import plural

    manifest = export_lerobot(demos, out)
    print(
        f"{plural(manifest.counts['episodes'], 'episode')} ({plural(manifest.rows, 'frame')})"
        f" {'is' if manifest.counts['episodes'] == 1 else 'are'} in {out}, as a LeRobot data set."
    )

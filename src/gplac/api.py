"""The Python interface: a policy from demonstrations and photographs in one call, and how far to trust it."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gplac.config import Preset
from gplac.data.dataset import Demonstrations, WeakImages
from gplac.data.manifest import OWN, Manifest
from gplac.errors import UserError
from gplac.evaluation.trust import Data, Names
from gplac.hub.opening import open_run
from gplac.hub.repository import download
from gplac.reporting.trust import PAGE, write_trust
from gplac.runs import Run
from gplac.training.checkpoint import RUN_JSON
from gplac.training.own import checksums_of, limited, train_own
from gplac.training.policy import Policy, load_policy
from gplac.training.split import Split, split

Array: TypeAlias = npt.NDArray[Any]
DemonstrationArrays: TypeAlias = tuple[Array, Array, Array, Array]
"""Images ``(N, H, W, 3)`` uint8, states ``(N, S)``, actions ``(N, A)``, and the episode ``(N,)`` of each frame; the
frames of an episode follow each other in time."""
WeakArrays: TypeAlias = tuple[Array, Array] | tuple[Array, Array, Array]
"""Photographs ``(N, H, W, 3)`` uint8, labels ``(N,)`` (is the object in it?), and, if known, the place ``(N,)`` of each
as a number."""


def train(
    demonstrations: str | Path | Demonstrations | DemonstrationArrays,
    weak: str | Path | WeakImages | WeakArrays | None = None,
    *,
    out: str | Path,
    method: str | None = None,
    steps: int | None = None,
    preset: str = "lite",
    seed: int = 0,
    resume: bool = False,
) -> Policy:
    """Train a policy on your own demonstrations and photographs, and write how far to trust it.

    Args:
        demonstrations: a folder that `gplac import demos` wrote, or arrays; see `gplac.api.DemonstrationArrays`.
        weak: photographs that show the object of interest or do not: a folder that `gplac import weak` wrote, or
            arrays; see `gplac.api.WeakArrays`. Without them ATT-1 is trained.
        out: folder of the run, ``policy.run`` afterwards.
        method: one of `gplac.methods.METHODS`; by default GPLAC with photographs and ATT-1 without.
        steps: optimiser steps; by default as many as suit the amount of data.
        preset: where the settings come from; see `gplac.training.own.own_preset`.
        seed: of what is held out, weights, batches and dropout.
        resume: go on with a run in ``out`` that was stopped.

    Returns:
        The policy: images ``(B, H, W, 3)`` uint8 and states ``(B, S)`` in, actions ``(B, A)`` in the robot's units out.

    Raises:
        UserError: the data cannot be trained on, ``steps`` or ``seed`` is no whole number, or ``out`` holds a run
            already.
    """
    many = None if steps is None else _integer("steps", steps)

    def change(settings: Preset) -> Preset:
        return (
            settings if many is None else replace(settings, training=replace(settings.training, steps=many))
        )

    train_run(
        demonstrations,
        weak,
        Path(out),
        method=method,
        base=preset,
        change=change,
        seed=_integer("seed", seed),
        resume=resume,
    )
    return load(out)


def load(run: str | Path) -> Policy:
    """The policy of a run that `train` or ``gplac train`` left in a folder.

    Raises:
        UserError: there is none, or its files are damaged.
    """
    return load_policy(Path(run))


def from_pretrained(
    name_or_folder: str | Path, revision: str | None = None, cache_dir: str | Path | None = None
) -> Policy:
    """The policy of a run that somebody shared; only JSON and safetensors are read, which can execute nothing.

    Args:
        name_or_folder: a repository ``USER/NAME`` on the Hugging Face Hub, or a folder that ``gplac push --to``, or
            training, left.
        revision: branch, tag or commit of the repository; by default the newest.
        cache_dir: folder to keep downloads in; by default that of the Hub's client.

    Raises:
        UserError: no such folder, repository or revision; no connection; the extra ``hub`` is not installed; or the
            files are damaged, or not a run's.
    """
    folder = Path(name_or_folder)
    if not folder.is_dir():
        folder = download(str(name_or_folder), revision, None if cache_dir is None else Path(cache_dir))
    elif revision is not None:
        raise UserError(f"{folder} is a folder, which has no revisions; leave the revision out.")
    return open_run(folder)[1]


def trust(
    run: str | Path,
    demonstrations: str | Path | Demonstrations | DemonstrationArrays | None = None,
    weak: str | Path | WeakImages | WeakArrays | None = None,
) -> Path:
    """Write again how far to trust a policy: ``trust.html`` and ``trust.json`` in the run's folder.

    Args:
        run: folder of a finished run on your own data.
        demonstrations: the data that it was trained on, all of them; by default from where they lay then.
        weak: the same of the photographs.

    Returns:
        The page.

    Raises:
        UserError: no such run, or these are not the data that it was trained on.
    """
    opened = Run.open(Path(run))
    facts = opened.facts
    known: Mapping[str, Any] = facts.get("data", {})
    if "held_out" not in known:
        raise UserError(
            f"The run in {run} was not trained on your own data: `gplac evaluate` and `gplac inspect` tell how"
            " good it is."
        )
    folders = facts.get("folders", {})
    demonstrations = folders.get("demonstrations") if demonstrations is None else demonstrations
    weak = None if "weak" not in known else folders.get("weak") if weak is None else weak
    given = {"demonstrations": demonstrations} | ({"weak": weak} if "weak" in known else {})
    if demonstrations is None or (weak is None and "weak" in known):
        raise UserError(
            f"The run in {run} was trained on arrays, which are not kept: hand the same ones over, as in"
            " gplac.trust(run, demonstrations, weak)."
        )
    for kind, folder in folders.items():
        if given.get(kind) == folder and not Path(folder).exists():
            what, option = {"weak": ("photographs", "--weak")}.get(kind, ("demonstrations", "--demos"))
            raise UserError(
                f"The {what} that {run} was trained on are no longer at {folder}: name them with {option} FOLDER, or as"
                " an argument of gplac.trust."
            )
    loaded = _demonstrations(demonstrations), None if weak is None else _weak(weak)
    for kind, checksum in checksums_of(*loaded, _checksums(given)).items():
        if checksum != known[kind]:
            raise UserError(
                f"The {kind} data are not those that {run} was trained on; name those, or train again on these."
            )
    settings, seed = facts["preset"]["training"], facts["seed"]
    budgets = settings.get("weak_budget", 0), settings.get("scene_budget", 0)
    return _write_trust(opened, limited(split(*loaded, seed), *budgets, seed), given)


def train_run(
    demonstrations: str | Path | Demonstrations | DemonstrationArrays,
    weak: str | Path | WeakImages | WeakArrays | None,
    run: Path,
    *,
    method: str | None,
    base: str,
    change: Callable[[Preset], Preset],
    seed: int,
    resume: bool,
) -> Path:
    """`train` for whoever has more to change than the number of steps; returns the page about trust."""
    given = {"demonstrations": demonstrations} | ({} if weak is None else {"weak": weak})
    shown = _demonstrations(demonstrations)
    named = None if isinstance(demonstrations, tuple) else shown.task
    before = _described(run)
    folders = _folders(given)
    notes: dict[str, Any] = {"folders": {kind: str(folder.absolute()) for kind, folder in folders.items()}}
    if "demonstrations" in folders and (robot := Manifest.read(folders["demonstrations"]).robot_model):
        notes["robot_model"] = robot
    parts = train_own(
        shown,
        None if weak is None else _weak(weak, named),
        run,
        method=method,
        base=base,
        change=change,
        seed=seed,
        resume=resume,
        checksums=_checksums(given),
        notes=notes,
    )
    if _described(run) == before and (run / PAGE).exists():  # it was finished, and nothing was trained
        return run / PAGE
    return _write_trust(Run.open(run), parts, given)


def _described(run: Path) -> bytes | None:
    """Its run.json, which every training writes anew."""
    path = run / RUN_JSON
    return path.read_bytes() if path.is_file() else None


def _write_trust(run: Run, parts: Split, given: Mapping[str, Any]) -> Path:
    trained, tested = parts.trained, parts.held_out
    whole = "photograph_scenes" in parts.facts
    data = Data(trained.demonstrations, tested.demonstrations, trained.weak, tested.weak, whole)
    origins = {kind: Manifest.read(folder).origin for kind, folder in _folders(given).items()}
    size = trained.demonstrations.actions.shape[1]
    actions = origins.get("demonstrations", {}).get("action_names") or []
    scenes = origins.get("weak", {}).get("scenes") or []
    return write_trust(
        run,
        data,
        Names(
            [str(name) for name in actions] if len(actions) == size else [str(i + 1) for i in range(size)],
            {i: str(each["name"]) for i, each in enumerate(scenes)},
        ),
    )


def _folders(given: Mapping[str, Any]) -> dict[str, Path]:
    return {kind: Path(data) for kind, data in given.items() if isinstance(data, str | Path)}


def _checksums(given: Mapping[str, Any]) -> dict[str, str]:
    """Of those data that lie in folders."""
    return {kind: Manifest.read(folder).checksum for kind, folder in _folders(given).items()}


def _demonstrations(given: str | Path | Demonstrations | DemonstrationArrays) -> Demonstrations:
    if isinstance(given, str | Path):
        return Demonstrations.load(Path(given))
    if isinstance(given, Demonstrations):
        return given
    names = "images", "states", "actions", "episode"
    images, states, actions, episode = _arrays("demonstrations", names, given, (4, 2, 2, 1))
    episode = _whole("episode of the demonstrations", episode)
    starts = np.flatnonzero(np.diff(episode, prepend=episode[:1] - 1))
    known, first = np.unique(episode[starts], return_index=True)
    if len(known) < len(starts):
        again = starts[np.setdiff1d(np.arange(len(starts)), first)[0]]
        raise UserError(
            f"Row {again} of the demonstrations goes back to episode {episode[again]}, which had ended: keep the frames"
            " of an episode together, and give no two episodes one number."
        )
    frame = np.arange(len(episode)) - np.repeat(starts, np.diff([*starts, len(episode)]))
    with np.errstate(over="ignore"):  # what becomes infinite is refused by its place
        states, actions = states.astype(np.float32), actions.astype(np.float32)
    return Demonstrations(
        images,
        states,
        actions,
        episode,
        frame,
        np.zeros(len(images), np.int64),
        None,
        OWN,
    )


def _weak(given: str | Path | WeakImages | WeakArrays, task: str | None = None) -> WeakImages:
    if isinstance(given, str | Path):
        return WeakImages.load(Path(given), task)
    if isinstance(given, WeakImages):
        return given
    three = isinstance(given, tuple) and len(given) == 3
    names = ("images", "labels", "scene") if three else ("images", "labels")
    images, labels, *scene = _arrays("photographs", names, given, (4, 1, 1))
    if not np.isin(labels, (0, 1)).all():
        raise UserError(
            "Labels of photographs are 1 where the object is in the picture and 0 where it is not."
        )
    place = _whole("scene of the photographs", scene[0]) if scene else np.zeros(len(images), np.int64)
    return WeakImages(images, labels.astype(np.uint8), place)


def _integer(name: str, value: Any) -> int:
    """A number as Python's own, which JSON can tell, whatever library it is of.

    Raises:
        UserError: it is not whole.
    """
    try:
        return int(operator.index(value))
    except TypeError as error:
        raise UserError(f"{name} is {value!r}: give a whole number.") from error


def _whole(what: str, numbers: Array) -> npt.NDArray[np.int64]:
    """Numbers ``(N,)`` that name something.

    Raises:
        UserError: one is not whole.
    """
    with np.errstate(invalid="ignore"):  # what becomes of NaN differs from it
        whole = numbers.astype(np.int64)
    if (wrong := np.flatnonzero(whole != numbers)).size:
        raise UserError(f"{what} is {numbers[wrong[0]]} in row {wrong[0]}: give a whole number for each row.")
    return whole


def _arrays(
    what: str, names: tuple[str, ...], given: tuple[Array, ...], ndims: tuple[int, ...]
) -> list[Array]:
    """The arrays of a tuple, checked: as many rows in each, the images RGB.

    Raises:
        UserError: they are not what ``names`` says.
    """
    if not isinstance(given, tuple) or len(given) != len(names):
        raise UserError(f"As arrays, {what} are a tuple ({', '.join(names)}).")
    try:
        arrays = [np.asarray(each) for each in given]
    except ValueError as error:  # rows of different lengths
        raise UserError(f"The {what} are no arrays ({error}): give NumPy arrays of numbers.") from error
    for name, array, ndim in zip(names, arrays, ndims, strict=False):
        if array.dtype.kind not in "biuf":
            raise UserError(
                f"{name} of the {what} are {array.dtype}, not numbers: give a NumPy array of them."
            )
        if array.ndim != ndim:
            raise UserError(f"{name} of the {what} have shape {array.shape}: {ndim} axes are expected.")
        if len(array) != len(arrays[0]):
            raise UserError(
                f"{name} of the {what} have shape {array.shape}: as many rows are expected as images have"
                f" ({len(arrays[0])})."
            )
    images = arrays[0]
    if images.dtype != np.uint8 or images.shape[-1] != 3:
        raise UserError(
            f"images of the {what} are {images.dtype} of shape {images.shape}: give uint8 of shape (N, H, W, 3),"
            " RGB."
        )
    return arrays

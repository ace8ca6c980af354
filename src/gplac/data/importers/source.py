"""What a source of demonstrations is, and which of its cameras, states and actions are taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gplac.data.importers.pictures import Picture
from gplac.errors import UserError

Array = npt.NDArray[Any]

SLOWEST_HZ, FASTEST_HZ = 0.5, 1000.0
"""Rates at which robots are controlled; others come of another unit of time."""
UNITS = {"milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
USUAL_STATES = ("observation.state", "states", "state")
USUAL_ACTIONS = ("action", "actions")
"""Keys that are taken without asking where there are others beside them."""


class Source(Protocol):
    """Somebody's demonstrations. Keys are the source's own names; episodes are counted from 0."""

    @property
    def format(self) -> str:
        """Name of the format."""

    @property
    def cameras(self) -> Sequence[str]:
        """What may be the pictures."""

    @property
    def state_keys(self) -> Sequence[str]:
        """What may be the robot's state."""

    @property
    def action_keys(self) -> Sequence[str]:
        """What may be the action."""

    @property
    def episodes(self) -> int:
        """How many there are."""

    @property
    def hz(self) -> float | None:
        """Control steps a second, None where the source does not say."""

    @property
    def details(self) -> dict[str, Any]:
        """What else the source knows of itself, for the manifest; JSON-able."""

    def label(self, episode: int) -> str:
        """What to call an episode in a message."""

    def scene(self, episode: int) -> int:
        """Which place an episode was recorded in; 0 where the source does not say."""

    def names(self, key: str) -> list[str] | None:
        """Names of a key's numbers, None where the source has none."""

    def vector(self, episode: int, key: str) -> Array:
        """A key's numbers, ``(T,)`` or ``(T, n)``."""

    def timestamps_s(self, episode: int) -> Array | None:
        """When each frame was taken, ``(T,)`` in seconds, None where the source does not say."""

    def pictures(self, episode: int, camera: str) -> Iterator[Picture]:
        """The frames of a camera, from the first to the last."""


@dataclass(frozen=True)
class Choice:
    """What is taken of a source."""

    camera: str
    state: tuple[str, ...]
    """Keys whose numbers, one after the other, are the state."""
    action: str


@dataclass(frozen=True)
class Motion:
    """An episode without its pictures."""

    states: npt.NDArray[np.float32]
    """``(T, S)``"""
    actions: npt.NDArray[np.float32]
    """``(T, A)``"""
    timestamps_s: npt.NDArray[np.float64] | None
    """``(T,)``, from 0."""


def choose(source: Source, camera: str | None, state: Sequence[str], action: str | None) -> Choice:
    """Which keys to take: the named ones, or, where nothing is named, those that leave no doubt.

    Raises:
        UserError: a named key is not there, or there is doubt; the message lists what there is.
    """
    states = tuple(_known(key, source.state_keys, "state", "--state") for key in state)
    return Choice(
        _known(camera, source.cameras, "camera", "--camera"),
        states or (_known(None, source.state_keys, "state", "--state", USUAL_STATES),),
        _known(action, source.action_keys, "action", "--action", USUAL_ACTIONS),
    )


def _known(
    wanted: str | None, there: Sequence[str], what: str, option: str, usual: Sequence[str] = ()
) -> str:
    listed = ", ".join(there)
    if wanted is not None:
        if wanted in there:
            return wanted
        has = f"there is {listed}" if there else "there is none at all"
        raise UserError(f"There is no {what} {wanted!r}; {has}.")
    found = [key for key in usual if key in there] or list(there)
    if len(found) == 1:
        return found[0]
    if not there:
        raise UserError(f"The source has no {what}; `--format` names another way to read it.")
    more = " (several are joined in their order)" if what == "state" else ""
    raise UserError(
        f"The source has several candidates for the {what}: {listed}; name one with {option}{more}."
    )


def are_pictures(shape: Sequence[int], kind: np.dtype[Any]) -> bool:
    """Whether an array holds an episode's frames, ``(T, H, W, 3)`` uint8."""
    return len(shape) == 4 and shape[3] == 3 and kind == np.uint8


def require_pictures(where: str, arrays: Mapping[str, tuple[Sequence[int], np.dtype[Any]]]) -> None:
    """Refuse an episode whose only pictures are of another kind: floating point, grey, transparent, channels first.

    Args:
        where: what to call the episode in a message.
        arrays: shape and type of each array by its name.

    Raises:
        UserError: there is an array that may well hold pictures, and none that does so as is needed.
    """
    numbers = (*USUAL_STATES, *USUAL_ACTIONS)
    may_be = {key: known for key, known in arrays.items() if len(known[0]) >= 3 and key not in numbers}
    if may_be and not any(are_pictures(*known) for known in may_be.values()):
        key, (shape, kind) = next(iter(may_be.items()))
        raise UserError(
            f"{where}: {key} holds {kind} of shape {tuple(shape)} where pictures are uint8, 0 to 255, of shape"
            " (frames, height, width, 3), RGB; convert it."
        )


def motion(source: Source, episode: int, choice: Choice) -> Motion:
    """States and actions of an episode.

    Raises:
        UserError: they have different lengths, there are none, some are no finite numbers, or the timestamps are no
            seconds.
    """
    where = source.label(episode)
    parts = {key: _finite(source.vector(episode, key), where, key) for key in (*choice.state, choice.action)}
    times = source.timestamps_s(episode)
    if times is not None:
        times = _finite(times, where, "the timestamps", np.float64)[:, 0]
    lengths = {key: len(part) for key, part in parts.items()} | (
        {} if times is None else {"the timestamps": len(times)}
    )
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{length} rows of {key}" for key, length in lengths.items())
        raise UserError(f"{where} has {listed}; they must be as many. Repair or remove it.")
    if not lengths[choice.action]:
        raise UserError(f"{where} is empty; remove it.")
    if times is not None and (np.diff(times) <= 0).any():
        row = int(np.argmax(np.diff(times) <= 0)) + 1
        raise UserError(f"{where}: its timestamps do not grow in row {row}; repair or remove it.")
    if times is not None and len(times) > 1:
        _require_seconds(times, where)
    states = np.concatenate([parts[key] for key in choice.state], axis=1)
    return Motion(states, parts[choice.action], None if times is None else times - times[0])


def _require_seconds(times: Array, where: str) -> None:
    step = float(np.median(np.diff(times)))
    if _possible(1.0 / step):
        return
    unit = next((name for name, many in UNITS.items() if _possible(many / step)), None)
    mend = f"they seem to be {unit}; divide them by {UNITS[unit]:.0f}" if unit else "write them in seconds"
    raise UserError(
        f"{where}: its timestamps, which have to be seconds, are {step:g} apart, where a robot's are"
        f" {1 / FASTEST_HZ:g} to {1 / SLOWEST_HZ:g}: {mend}."
    )


def _possible(hz: float) -> bool:
    return SLOWEST_HZ <= hz <= FASTEST_HZ


def _finite(values: Array, where: str, key: str, dtype: type = np.float32) -> Array:
    """As ``(T, n)``."""
    if values.ndim not in (1, 2) or values.dtype.kind not in "fiub" or 0 in values.shape[1:]:
        raise UserError(
            f"{where}: {key} holds {values.dtype} of shape {values.shape} where a row of numbers for each frame"
            " is needed; convert it, or name another key."
        )
    with np.errstate(over="ignore"):
        numbers: Array = (values[:, None] if values.ndim == 1 else values).astype(dtype)
    bad = ~np.isfinite(numbers).all(axis=1)
    if bad.any():
        raise UserError(
            f"{where}: {key} is not finite in {bad.sum()} rows, first in row {np.argmax(bad)}; repair or remove it."
        )
    return numbers


def control_hz(source: Source, motions: Sequence[Motion], named: float | None) -> float:
    """Control steps a second: as named, as the source says, or as its timestamps tell.

    Raises:
        UserError: nobody knows, or the one named or said is impossible.
    """
    if named is not None:
        if not _possible(named):
            raise UserError(
                f"--hz cannot be {named:g}; name the control steps a second, {SLOWEST_HZ:g} to {FASTEST_HZ:g}."
            )
        return float(named)
    if source.hz:
        if not _possible(source.hz):
            raise UserError(
                f"The source says that it has {source.hz:g} frames a second, where a robot's has {SLOWEST_HZ:g} to"
                f" {FASTEST_HZ:g}; repair it, or name them with --hz."
            )
        return float(source.hz)
    steps = [np.diff(each.timestamps_s) for each in motions if each.timestamps_s is not None]
    found = np.concatenate(steps) if steps else np.empty(0)
    if not len(found):
        raise UserError("The source does not say how many frames a second it has; name them with --hz.")
    return round(float(1.0 / np.median(found)), 3)

"""What a policy's ONNX file says of itself: sizes, names, units, statistics, where it comes from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import onnx

from gplac.errors import UserError

CARD_KEY = "gplac.policy"
"""The entry of the file's metadata that holds the card, as JSON."""
FORMAT = 1


@dataclass(frozen=True)
class Familiar:
    """How the policy's own eyes saw its demonstrations: what the alarm compares a robot's pictures with."""

    frames: int
    """Frames that were looked at."""
    points_mean: tuple[tuple[float, float], ...] | None
    """Mean place of each feature point, pixels; None without attention."""
    points_std: tuple[tuple[float, float], ...] | None
    """Standard deviation of the same, pixels."""
    strangeness: float | None
    """A thousandth of the frames are stranger than this; see `gplac.robot.alarm.strangeness`."""
    present: float | None
    """For a hundredth of the frames the classifier's probability is lower than this; None without classifier."""
    action_low: tuple[float, ...]
    """Smallest demonstrated value of each number of an action, in the robot's units."""
    action_high: tuple[float, ...]
    """Largest of the same."""


@dataclass(frozen=True)
class Card:
    """All that a robot has to know of a policy besides its weights."""

    height: int
    """Rows of an image."""
    width: int
    """Columns of an image."""
    state_size: int
    action_size: int
    points: int
    """Feature points; 0 without attention."""
    classifier: bool
    """Whether the policy tells the probability that the object of interest is in the picture."""
    task: str
    method: str
    control_hz: float | None
    """Actions a second that it was trained for; None if its data do not say."""
    action_std: tuple[float, ...]
    """Standard deviation of the demonstrated actions: errors are told in units of it."""
    weights_sha256: str
    """Checksum of the tensors in this file; see `weights_checksum`."""
    object_of_interest: str | None = None
    state_names: tuple[str, ...] | None = None
    action_names: tuple[str, ...] | None = None
    familiar: Familiar | None = None
    """None if the policy was exported without its demonstrations."""
    precision: str = "float32"
    """float32, or int8 for a quantised network."""
    error: dict[str, float] = field(default_factory=dict)
    """Largest and mean difference of the action from PyTorch's float32, in standard deviations of the action."""
    run_sha256: str | None = None
    """Checksum of the run's file of weights."""
    gplac: str = ""
    """Version of gplac that wrote the file."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Of the export: command, revision, versions, hardware, date; under ``run`` the same of the training."""

    def to_json(self) -> str:
        """As JSON, to be read by `from_json`."""
        return json.dumps({"format": FORMAT, **asdict(self)})

    @classmethod
    def from_json(cls, text: str, where: str) -> Self:
        """The card that `to_json` wrote.

        Raises:
            UserError: it is none, or of another format; ``where`` names the file in the message.
        """
        try:
            content = json.loads(text)
            if content.pop("format") != FORMAT:
                raise ValueError("it has another format")
            card = cls(**{key: _frozen(value) for key, value in content.items()})
            card._check()
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
            raise UserError(
                f"{where} says of itself what this version of gplac does not understand ({error}): export the policy "
                "again with `gplac robot export`."
            ) from error
        return card

    def _check(self) -> None:
        for name in ("height", "width", "state_size", "action_size", "points"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < (0 if name in ("points", "state_size") else 1):
                raise ValueError(f"{name} is {value!r}")
        if self.control_hz is not None and not 0 < float(self.control_hz) < 1e6:
            raise ValueError(f"control_hz is {self.control_hz!r}")
        if len(self.action_std) != self.action_size:
            raise ValueError("action_std has another length than an action")
        for name, size in (("state_names", self.state_size), ("action_names", self.action_size)):
            if (names := getattr(self, name)) is not None and len(names) != size:
                raise ValueError(f"{name} are {len(names)}, of {size} numbers")


def _frozen(value: Any) -> Any:
    """What JSON made of a card's values, as they were: lists are tuples, and a dictionary of statistics is one."""
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    if isinstance(value, Mapping) and "points_mean" in value:
        return Familiar(**{key: _frozen(each) for key, each in value.items()})
    return value


def weights_checksum(model: onnx.ModelProto) -> str:
    """SHA-256 over names, types, shapes and bytes of all tensors of a model, in the order of their names."""
    digest = hashlib.sha256()
    for tensor in sorted(model.graph.initializer, key=lambda each: str(each.name)):
        digest.update(f"{tensor.name} {tensor.data_type} {list(tensor.dims)}\n".encode())
        digest.update(onnx.numpy_helper.to_array(tensor).tobytes())
    return digest.hexdigest()


def write_card(model: onnx.ModelProto, card: Card) -> None:
    """Put a card into a model's metadata, in place of one that it may have."""
    kept = [(entry.key, entry.value) for entry in model.metadata_props if entry.key != CARD_KEY]
    onnx.helper.set_model_props(model, {**dict(kept), CARD_KEY: card.to_json()})

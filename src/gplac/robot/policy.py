"""A policy from one ONNX file: numpy in, numpy out, with ONNX Runtime."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from PIL import Image

from gplac.data.fitting import cut_off, fitted
from gplac.errors import UserError
from gplac.robot.card import CARD_KEY, Card, weights_checksum

Floats = npt.NDArray[np.float32]
WARM_UP_CALLS = 3
"""The first calls of a session allocate memory and choose kernels; a robot should not wait for that."""


@dataclass(frozen=True)
class Look:
    """What a policy answers to one picture."""

    action: Floats
    """``(A,)`` in the robot's units."""
    points: Floats | None
    """``(K, 2)`` feature points in pixels of the policy's picture: column, row; None without attention."""
    present: float | None
    """Probability that the object of interest is in the picture; None without a classifier."""


class Acting(Protocol):
    """What the control loop needs of a policy: a local one, or one on another machine."""

    @property
    def card(self) -> Card:
        """Sizes, names and statistics."""
        ...

    def look(self, image: npt.NDArray[Any], state: npt.ArrayLike) -> Look:
        """See `Policy.look`."""
        ...


class Policy:
    """A file of `gplac robot export`, ready to run.

    Args:
        model: content of the file.
        where: what messages call it.
        threads: of ONNX Runtime. A small network on one thread leaves the other cores to camera and robot, and its
            time varies little.
        resize: whether images of another size are brought to the policy's as import does it: cropped around the centre
            to its proportions, then scaled.

    Raises:
        UserError: this is no such file, or it is damaged.
    """

    def __init__(
        self, model: bytes, where: str = "The policy", threads: int = 1, resize: bool = False
    ) -> None:
        if threads < 1:
            raise UserError(f"A policy needs at least one thread, not {threads}.")
        self.card = _card(model, where)
        self.resize = resize
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # errors; they come as exceptions as well
        # Threads that spin between calls would take a core from the robot's other programs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no base class but this
            raise UserError(
                f"{where} cannot be run by ONNX Runtime ({error}): export the policy again with `gplac robot export`."
            ) from error
        self._outputs = [output.name for output in self._session.get_outputs()]
        black = np.zeros((self.card.height, self.card.width, 3), np.uint8)
        for _ in range(WARM_UP_CALLS):
            self.look(black, np.zeros(self.card.state_size, np.float32))

    @classmethod
    def load(cls, path: Path | str, threads: int = 1, resize: bool = False) -> Self:
        """The policy in a file.

        Raises:
            UserError: there is no such file, or it is not one of `gplac robot export`, or it is damaged.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise UserError(
                f"Cannot read the policy {path}: {error.strerror}; write one with `gplac robot export RUN`."
            ) from error
        # From bytes, so that no file beside it can be drawn in.
        return cls(content, str(path), threads, resize)

    def act(self, image: npt.NDArray[Any], state: npt.ArrayLike) -> Floats:
        """The action ``(A,)`` in the robot's units; see `look`."""
        return self.look(image, state).action

    def look(self, image: npt.NDArray[Any], state: npt.ArrayLike) -> Look:
        """Action, feature points and probability of the object's presence together.

        Args:
            image: ``(H, W, 3)`` uint8, RGB.
            state: ``(S,)`` numbers in the robot's units.

        Raises:
            UserError: wrong type, shape, size, or a number that is not finite.
        """
        image_HW3 = checked_image(image, self.card, self.resize)
        state_S = checked_state(state, self.card)
        found = self.batch(image_HW3[None], state_S[None])
        points, present = found.get("points"), found.get("present")
        return Look(
            action=found["action"][0],
            points=None if points is None else points[0],
            present=None if present is None else float(present[0]),
        )

    def batch(self, images: npt.NDArray[np.uint8], states: Floats) -> dict[str, Floats]:
        """Images (B, H, W, 3) uint8 and states (B, S) float32, unchecked, to the file's outputs by name: ``action``
        (B, A), ``points`` (B, K, 2), ``present`` (B,), as far as it has them."""
        answers = self._session.run(self._outputs, {"image": images, "state": states})
        return dict(zip(self._outputs, answers, strict=True))


def checked_image(image: npt.NDArray[Any], card: Card, resize: bool = False) -> npt.NDArray[np.uint8]:
    """The image as the policy takes it: ``(H, W, 3)`` uint8, contiguous; with ``resize`` cropped and scaled to it.

    Raises:
        UserError: it is no such image.
    """
    if not isinstance(image, np.ndarray):
        raise UserError(f"An image has to be a numpy array (H, W, 3) of uint8, not {type(image).__name__}.")
    if image.dtype != np.uint8:
        raise UserError(
            f"An image has to be uint8, 0 to 255, not {image.dtype}; numbers from 0 to 1 have to be multiplied by 255."
        )
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise UserError(
            f"An image has to have the shape (H, W, 3), RGB, not {image.shape}; a batch is passed picture by picture."
        )
    if image.shape[:2] != (card.height, card.width):
        if not resize:
            raise UserError(
                f"The policy takes images of {card.width}x{card.height} pixels and was given one of "
                f"{image.shape[1]}x{image.shape[0]}: crop and scale the camera's picture as for the demonstrations, or "
                "ask for scaling (resize=True, --resize)."
            )
        image = np.asarray(fitted(Image.fromarray(image), (card.width, card.height)))
    return np.ascontiguousarray(image)


def cropped(image: npt.NDArray[np.uint8], card: Card) -> str | None:
    """That `resize` cuts something off an image ``(H, W, 3)``, in a sentence; None if it only scales it."""
    height, width = image.shape[:2]
    sides = cut_off((width, height), (card.width, card.height))
    return sides and (
        f"The camera's pictures ({width}x{height}) have other proportions than the policy's ({card.width}x"
        f"{card.height}): their {sides} are cut off, as at import."
    )


def checked_state(state: npt.ArrayLike, card: Card) -> Floats:
    """The robot's state as the policy takes it: ``(S,)`` float32.

    Raises:
        UserError: it is no such state, or a number in it is not finite.
    """
    try:
        array = np.asarray(state)
    except ValueError as error:
        raise UserError(
            f"A state has to be {card.state_size} numbers in a row, as in the demonstrations, not rows of different "
            "lengths."
        ) from error
    if array.dtype.kind not in "fiu":
        raise UserError(f"A state has to hold numbers, not {array.dtype}.")
    if array.shape != (card.state_size,):
        raise UserError(
            f"A state has to be {card.state_size} numbers in a row, as in the demonstrations, not an array of shape "
            f"{array.shape}."
        )
    with np.errstate(over="ignore"):  # what becomes infinite is refused below
        state_S = array.astype(np.float32)
    if not np.isfinite(state_S).all():
        index = int(np.flatnonzero(~np.isfinite(state_S))[0])
        name = f" ({card.state_names[index]})" if card.state_names else ""
        raise UserError(f"Number {index + 1}{name} of the state is {state_S[index]}: a sensor has failed.")
    return state_S


def _card(content: bytes, where: str) -> Card:
    """The card of a model, whose sizes are those of the model and whose checksum is right."""
    try:
        model = onnx.load_model_from_string(content)
        text = {entry.key: entry.value for entry in model.metadata_props}.get(CARD_KEY)
        external = any(
            tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer
        )
        checksum = "" if external or text is None else weights_checksum(model)
    except (DecodeError, ValueError, TypeError) as error:
        raise UserError(
            f"{where} is no ONNX file, or a damaged one: write it again with `gplac robot export`."
        ) from error
    if text is None:
        raise UserError(
            f"{where} is an ONNX file, but not one of gplac's: write one with `gplac robot export RUN`."
        )
    card = Card.from_json(text, where)
    if checksum != card.weights_sha256:
        raise UserError(
            f"{where} is damaged: its weights are not those that were written; copy or export it again."
        )
    shapes = {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim)[1:]
        for value in (*model.graph.input, *model.graph.output)
    }
    expected: dict[str, tuple[int, ...]] = {
        "image": (card.height, card.width, 3),
        "state": (card.state_size,),
        "action": (card.action_size,),
    }
    expected |= {"points": (card.points, 2)} if card.points else {}
    expected |= {"present": ()} if card.classifier else {}
    if shapes != expected:
        raise UserError(
            f"{where} has inputs and outputs {shapes} where its description promises {expected}: export it again."
        )
    return card

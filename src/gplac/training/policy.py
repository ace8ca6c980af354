"""A trained run as a callable on numpy arrays."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from gplac.config import NetworkConfig
from gplac.errors import UserError
from gplac.models.encoders import AttentionEncoder
from gplac.models.network import Network
from gplac.objectives.classification import Classification
from gplac.training.checkpoint import RUN_JSON, WEIGHTS, require_finite
from gplac.training.device import best_device, has_bf16


class Policy:
    """Figure 2 after training: ``policy(images, states) -> actions``, all NumPy, a batch at a time.

    Args:
        network: trained.
        device: where it computes.
        half: convolutions in bfloat16, as in training, where the hardware has it: twice as fast on a CPU.
        run: the folder it comes from, which is also how it is saved.
    """

    def __init__(
        self, network: Network, device: torch.device, half: bool = True, run: Path | None = None
    ) -> None:
        self.run = run
        self.network = network.to(device).eval()
        self.device = device
        self.half = half and has_bf16(device)

    def __call__(self, images: npt.NDArray[np.uint8], states: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Images (B, H, W, 3) uint8 and robot states (B, S) float32 to actions (B, A) float32 in the robot's units.

        Raises:
            UserError: images or states of another shape or type, or a state that is not finite.
        """
        wanted = self.network.state_mean_S.shape
        try:
            states = np.asarray(states)
        except ValueError as error:
            raise UserError(
                f"States are rows of different lengths, and this policy takes numbers of shape (B, {wanted[0]}), one"
                " row for each image."
            ) from error
        if states.ndim != 2 or states.shape[1:] != wanted or states.dtype.kind not in "biuf":
            raise UserError(
                f"States are {states.dtype} of shape {states.shape}, and this policy takes numbers of shape"
                f" (B, {wanted[0]}), one row for each image."
            )
        with np.errstate(over="ignore"):  # what becomes infinite is refused below
            states = states.astype(np.float32, copy=False)
        if (wrong := np.argwhere(~np.isfinite(states))).size:
            row, column = wrong[0]
            raise UserError(
                f"Number {column + 1} of state {row + 1} is {states[row, column]}: give finite numbers."
            )
        with self._inference():
            image_BHW3, state_BS = self._images(images), self._tensor(states)
            if len(image_BHW3) != len(state_BS):
                raise UserError(
                    f"There are {len(image_BHW3)} images and {len(state_BS)} states: give one state for each image."
                )
            return _numpy(self.network.act(image_BHW3, state_BS))

    @property
    def arithmetic(self) -> str:
        """What computes and in which numbers, such as "cpu, bfloat16": the same weights answer otherwise on another."""
        return f"{self.device.type}, {'bfloat16' if self.half else 'float32'}"

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height of the images that it takes, pixels."""
        return self.network.encoder.width, self.network.encoder.height

    def points(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Images (B, H, W, 3) uint8 to feature points (B, K, 2): x right, y down, in [-0.5, 0.5].

        Raises:
            TypeError: a policy without attention.
            UserError: images of another shape or type.
        """
        with self._inference():
            return _numpy(self.network.points(self._images(images)))

    def pixels(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Images (B, H, W, 3) uint8 to feature points (B, K, 2) in pixels: column, row; (0, 0) is a centre.

        Raises:
            TypeError: a policy without attention.
            UserError: images of another shape or type.
        """
        points_BK2 = self.points(images)
        encoder = self.network.encoder
        cells = np.array([encoder.map_width - 1, encoder.map_height - 1], dtype=np.float32)
        # A cell of the map looks at the pixels around `stride` times its index.
        return (points_BK2 + 0.5) * cells * encoder.stride

    def classify(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Images (B, H, W, 3) uint8 to the probability (B,) that the object of interest is there.

        Raises:
            TypeError: a policy without a classifier.
            UserError: images of another shape or type.
        """
        with self._inference():
            return _numpy(torch.sigmoid(self.network.classify(self.network.encode(self._images(images)))))

    def act_from(self, points: npt.NDArray[Any], states: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Feature points (B, K, 2) in place of images, and robot states (B, S), to actions (B, A), both in the robot's
        units."""
        with self._inference():
            network = self.network
            normalised_BA = network.policy(self._tensor(points).flatten(1), self._tensor(states)).float()
            return _numpy(network.in_own_units(normalised_BA))

    def classify_from(self, points: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Feature points (B, K, 2) in place of an image to the probability (B,) that the object is there."""
        with self._inference():
            return _numpy(torch.sigmoid(self.network.classify(self._tensor(points).flatten(1))))

    def maps(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Images (B, H, W, 3) uint8 to the softmax of each channel (B, K, H', W'), each of sum 1.

        Raises:
            TypeError: a policy without attention.
            UserError: images of another shape or type.
        """
        with self._inference():
            encoder = self.network.encoder
            if not isinstance(encoder, AttentionEncoder):
                raise TypeError("a network without attention has no attention maps")
            map_BCHW = encoder.map(self._images(images))
            return _numpy(encoder.attention.weights(map_BCHW).reshape(map_BCHW.shape))

    @contextmanager
    def _inference(self) -> Iterator[None]:
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            yield

    def _images(self, images: npt.NDArray[Any]) -> Tensor:
        """Images on the device, checked: another size would reach the heads as other features, or as an error there."""
        width, height = self.image_size
        try:
            images = np.asarray(images)
        except ValueError as error:
            raise UserError(
                f"Images are of different sizes, and this policy takes {width}x{height} pixels, as it was trained on."
            ) from error
        if images.ndim != 4 or images.shape[1:] != (height, width, 3) or images.dtype != np.uint8:
            raise UserError(
                f"Images are {images.dtype} of shape {images.shape}, and this policy takes uint8 of shape"
                f" (B, {height}, {width}, 3), RGB: {width}x{height} pixels, as it was trained on."
            )
        return self._tensor(images)

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)


def _numpy(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.asarray(tensor.float().cpu().numpy())


def forgotten(run: Mapping[str, Any]) -> bool:
    """Whether the classifier of a run was trained in a first stage alone (ATT-FT). The main one trains the points on
    without it, so that it tells how much was forgotten, and no more whether the object is there.

    Args:
        run: what run.json says.
    """
    name = Classification.name
    return name in run.get("pretrain_objectives", {}) and name not in run.get("objectives", {})


def load_policy(run_dir: Path, device: torch.device | None = None, half: bool = True) -> Policy:
    """The policy of a run, trained here or downloaded, finished or at its last checkpoint.

    Args:
        run_dir: the folder.
        device: where it computes; by default the first GPU, else the CPU.
        half: see `Policy`.

    Raises:
        UserError: there is none, or its files are damaged.
    """
    for name in (RUN_JSON, WEIGHTS):
        if not (run_dir / name).exists():
            raise UserError(
                f"{run_dir} holds no policy, for there is no {name} in it: name a folder that `gplac train` wrote, or"
                " one that was downloaded or copied whole."
            )
    try:
        described: dict[str, Any] = json.loads((run_dir / RUN_JSON).read_text())["network"]
        weights = load_file(run_dir / WEIGHTS)
        settings: dict[str, Any] = {
            key: tuple(v) if isinstance(v, list) else v for key, v in described.items()
        }
        config = {field.name: settings.pop(field.name) for field in fields(NetworkConfig)}
        network = Network(NetworkConfig(**config), **settings)
        network.load_state_dict(weights)
        require_finite(weights)
    except UserError as error:  # settings that no network is made of, such as an encoder of another package
        raise UserError(
            f"The policy in {run_dir} cannot be read: {error}; or restore {RUN_JSON}, or train again."
        ) from error
    except (
        OSError, SafetensorError, AttributeError, KeyError, TypeError, ValueError, RuntimeError
    ) as error:  # fmt: skip
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error).partition("\n")[0]
        raise UserError(
            f"The policy in {run_dir} cannot be read, for its {RUN_JSON} or {WEIGHTS} is damaged ({said}): restore"
            " them, or train again."
        ) from error
    return Policy(network, device or best_device(), half, run_dir)

"""The network as an ONNX model, with everything around it that a robot would need, and how exactly it computes."""

import logging
import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import torch
from PIL import Image
from torch import Tensor, nn

from gplac.models.encoders import AttentionEncoder
from gplac.models.network import Network
from gplac.robot.policy import Policy
from gplac.seeding import rng

PICTURES = 16
"""Made-up pictures that a file is tried on."""


class Deployed(nn.Module):
    """The network with everything around it: raw pixels and state in; action in the robot's units, points in pixels,
    probability out, as far as the network has them."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        encoder = network.encoder
        cells = torch.tensor([encoder.map_width - 1.0, encoder.map_height - 1.0])
        self.pixels_2: Tensor
        self.register_buffer("pixels_2", cells * encoder.stride)

    @property
    def outputs(self) -> list[str]:
        """Names of what `forward` returns."""
        attention = isinstance(self.network.encoder, AttentionEncoder)
        classifier = self.network.classifier_head is not None
        return ["action", *(["points"] if attention else []), *(["present"] if classifier else [])]

    def forward(self, image: Tensor, state: Tensor) -> tuple[Tensor, ...]:
        """(B, H, W, 3) uint8 and (B, S) float32 to the tensors that `outputs` names."""
        network, outputs = self.network, self.outputs
        features_BF = network.encode(image)
        found = [network.in_own_units(network.policy(features_BF, state))]
        if "points" in outputs:
            found.append((features_BF.reshape(features_BF.shape[0], -1, 2) + 0.5) * self.pixels_2)
        if "present" in outputs:
            found.append(torch.sigmoid(network.classify(features_BF)))
        return tuple(found)


def to_onnx(network: Network, height: int, width: int) -> onnx.ModelProto:
    """The network in float32 as an ONNX model for any number of images at once, without a card."""
    module = Deployed(network.float()).eval()
    example = made_up(network, height, width, pictures=2)
    batch = torch.export.Dim("batch", min=1)
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns of packages that nothing here needs
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                (torch.from_numpy(example.images), torch.from_numpy(example.states)),
                input_names=["image", "state"],
                output_names=module.outputs,
                dynamic_shapes=({0: batch}, {0: batch}),
                external_data=False,
                verbose=False,
            )
    finally:
        log.setLevel(level)
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    # The exporter writes down where in the source each node comes from; a robot has no use for it.
    del model.metadata_props[:], model.graph.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    return model


class Sample(NamedTuple):
    """What an export is tried on."""

    images: npt.NDArray[np.uint8]
    """``(N, H, W, 3)``."""
    states: npt.NDArray[np.float32]
    """``(N, S)``."""


def made_up(network: Network, height: int, width: int, pictures: int = PICTURES) -> Sample:
    """Noise, and as many pictures with large smooth shapes, as photographs have; states as in the demonstrations."""
    generator = rng("export", height, width)
    images = generator.integers(0, 256, (pictures, height, width, 3), dtype=np.uint8)
    for image in images[::2]:
        coarse = generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        image[:] = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    mean, std = network.state_mean_S.numpy(), network.state_std_S.numpy()
    states = mean + std * generator.standard_normal((pictures, len(mean)), dtype=np.float32)
    return Sample(images, states.astype(np.float32))


class Error(NamedTuple):
    """Difference of actions from PyTorch's in float32, in standard deviations of the action."""

    largest: float
    """Of all numbers of all actions."""
    mean: float
    """Mean over the same."""


def difference(policy: Policy, network: Network, sample: Sample) -> Error:
    """How far a policy's actions are from PyTorch's in float32."""
    errors = []
    with torch.inference_mode():
        for i in range(len(sample.images)):  # one at a time, as on a robot
            images, states = sample.images[i : i + 1], sample.states[i : i + 1]
            exact = network.act(torch.from_numpy(images), torch.from_numpy(states)).numpy()
            errors.append(np.abs(policy.batch(images, states)["action"] - exact))
    normalised = np.concatenate(errors) / network.action_std_A.numpy()
    return Error(float(normalised.max()), float(normalised.mean()))

"""A trained run as one ONNX file for `gplac.robot`, checked against PyTorch before it is written."""

import hashlib
import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import torch

from gplac.config import CHANGED, PRESETS
from gplac.data.dataset import Demonstrations, rows
from gplac.data.manifest import Manifest
from gplac.errors import UserError
from gplac.files import require_writable, write_atomically
from gplac.models.encoders import AttentionEncoder
from gplac.models.network import Network
from gplac.provenance import provenance
from gplac.robot.alarm import familiar
from gplac.robot.card import Card, weights_checksum, write_card
from gplac.robot.policy import Policy
from gplac.training.checkpoint import RUN_JSON, WEIGHTS
from gplac.training.onnx_model import Error, Sample, difference, made_up, to_onnx
from gplac.training.policy import forgotten, load_policy

TOLERANCE = 1e-4
"""Largest difference from PyTorch, in standard deviations of the action, at which a float32 file is written."""
FAMILIAR_FRAMES = 2000
"""Demonstrated frames that the alarm's statistics, and a quantised network's ranges, are taken from."""
DEMONSTRATED_EVERY = 5
"""Of the demonstrated frames taken, every so-manieth is one that a file is tried on as well."""


class Exported(NamedTuple):
    """What an export wrote."""

    path: Path
    """The file."""
    card: Card
    """What the file says of itself."""
    error: Error
    """The file's difference from PyTorch: on demonstrated frames, where they are known, else on made-up ones."""


def export_run(run_dir: Path, out: Path, demos: Path | None = None, int8: bool = False) -> Exported:
    """Write the policy of a run as one ONNX file that needs nothing else; see `gplac.robot.Policy`.

    Args:
        run_dir: the run.
        out: file to write.
        demos: folder of its demonstrations, for the alarm's statistics, and to try the file on.
        int8: quantise the convolutions to 8 bits, with ranges from the demonstrations.

    Raises:
        UserError: no run, or one that is not finished; demonstrations of another size; no demonstrations to quantise
            with; a file that cannot be written, which is told first; or one that does not compute what PyTorch does,
            which is then not written.
    """
    if int8 and demos is None:
        raise UserError(
            "Quantising needs pictures to take the ranges from: name the run's demonstrations with --demos FOLDER."
        )
    require_writable(out)
    network = load_policy(run_dir, torch.device("cpu"), half=False).network
    described = json.loads((run_dir / RUN_JSON).read_text())
    if forgotten(described):
        network.classifier_head = None  # an alarm would ask it
    if not described.get("training", {}).get("finished", True):
        raise UserError(f"The run in {run_dir} is not finished: go on with it (--resume), then export it.")
    height, width = described["network"]["height"], described["network"]["width"]
    card = _card(network, height, width)
    card = replace(card, **_origin(described, run_dir, card))
    frames = None
    if demos is not None:
        frames, facts = _demonstrations(demos, card)
        card = replace(card, **facts)
    model = to_onnx(network, height, width)
    policy = _policy(model, card)
    samples = [made_up(network, height, width)]
    if frames is not None:
        samples.append(Sample(frames.images[::DEMONSTRATED_EVERY], frames.states[::DEMONSTRATED_EVERY]))
    errors = [difference(policy, network, sample) for sample in samples]
    largest = max(error.largest for error in errors)
    # Not `>`: what is not a number is no small error.
    if not largest <= TOLERANCE:
        raise UserError(
            f"{out} is not written: its actions would differ from PyTorch's by up to {largest:.2g} standard "
            f"deviations, and {TOLERANCE:g} is allowed; please report it, with the versions that `gplac doctor` tells."
        )
    error = errors[-1]
    if int8:
        from gplac.training.quantise import quantised

        assert frames is not None
        model = quantised(model, frames.images)
        card = replace(card, precision="int8")
        policy = _policy(model, card)
        # Eight bits are ranges of demonstrated pictures: what becomes of noise is of no interest.
        error = difference(policy, network, samples[-1])
    if frames is not None:
        found = _seen(policy, frames)
        card = replace(card, familiar=familiar(found.get("points"), found.get("present"), frames.actions))
    card = replace(card, error=error._asdict(), provenance=provenance() | card.provenance)
    content, card = _content(model, card)
    write_atomically(out, content)
    return Exported(out, card, error)


def file_of(
    network: Network, height: int, width: int, int8_images: npt.NDArray[np.uint8] | None = None
) -> bytes:
    """A network that belongs to no run, for images of this size, as the content of a file; unchecked.

    ``int8_images (N, H, W, 3)``: pictures to quantise it with; None leaves it in float32.
    """
    model, card = to_onnx(network, height, width), _card(network, height, width)
    if int8_images is not None:
        from gplac.training.quantise import quantised

        model, card = quantised(model, int8_images), replace(card, precision="int8")
    return _content(model, card)[0]


def _card(network: Network, height: int, width: int) -> Card:
    """What the network alone says."""
    encoder = network.encoder
    return Card(
        height=height,
        width=width,
        state_size=len(network.state_mean_S),
        action_size=len(network.action_mean_A),
        points=encoder.feature_size // 2 if isinstance(encoder, AttentionEncoder) else 0,
        classifier=network.classifier_head is not None,
        task="",
        method="",
        control_hz=None,
        action_std=tuple(network.action_std_A.tolist()),
        weights_sha256="",
        gplac=version("gplac"),
    )


def _origin(described: dict[str, Any], run_dir: Path, card: Card) -> dict[str, Any]:
    """What the run says, as fields of a card that has the network's sizes."""
    from gplac.worlds.registry import TASKS  # not before a run is exported: it brings the simulator
    from gplac.worlds.task import names_of

    task = TASKS[described["task"]]() if described["task"] in TASKS else None
    names = {}
    # Data of one's own may be called like one of gplac's tasks, and be of another robot.
    if task is not None and described["preset"]["name"].removesuffix(CHANGED) in PRESETS:
        names = {
            "state_names": names_of(task, "state", card.state_size),
            "action_names": names_of(task, "action", card.action_size),
        }
    return {
        **names,
        "task": described["task"],
        "method": described["method"],
        # A task of one action, a whole push, has no rate of actions.
        "control_hz": task.control_hz if task is not None and task.episode_steps > 1 else None,
        "object_of_interest": None if task is None else task.object_of_interest,
        "run_sha256": hashlib.sha256((run_dir / WEIGHTS).read_bytes()).hexdigest(),
        "provenance": {"run": described.get("provenance"), "data": described.get("data")},
    }


def _demonstrations(folder: Path, card: Card) -> tuple[Demonstrations, dict[str, Any]]:
    """Some of the frames, spread over all of them, and what their manifest says, as fields of a card."""
    manifest = Manifest.read(folder)
    trained_on = (card.provenance.get("data") or {}).get("demonstrations")
    if trained_on not in (None, manifest.checksum):
        raise UserError(
            f"The run was not trained on the demonstrations in {folder}: their checksums differ; name its own."
        )
    all_frames = Demonstrations.load(folder, card.task)
    step = -(-len(all_frames.images) // FAMILIAR_FRAMES)
    frames = rows(all_frames, np.arange(0, len(all_frames.images), step))
    sizes = frames.images.shape[1:3], frames.states.shape[1], frames.actions.shape[1]
    if sizes != ((card.height, card.width), card.state_size, card.action_size):
        raise UserError(f"The demonstrations in {folder} have other sizes than the run's: name its own.")
    origin = manifest.origin
    facts: dict[str, Any] = {}
    if origin.get("control_hz"):
        facts["control_hz"] = float(origin["control_hz"])
    for name, size in (("state_names", card.state_size), ("action_names", card.action_size)):
        if len(origin.get(name) or ()) == size:
            facts[name] = tuple(map(str, origin[name]))
    return frames, facts


def _seen(policy: Policy, frames: Demonstrations) -> dict[str, npt.NDArray[np.float32]]:
    """The policy's outputs on demonstrated frames."""
    parts = [
        policy.batch(frames.images[i : i + 100], frames.states[i : i + 100])
        for i in range(0, len(frames.images), 100)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _policy(model: onnx.ModelProto, card: Card) -> Policy:
    return Policy(_content(model, card)[0])


def _content(model: onnx.ModelProto, card: Card) -> tuple[bytes, Card]:
    """The content of a file, and its card with the checksum."""
    card = replace(card, weights_sha256=weights_checksum(model))
    write_card(model, card)
    return model.SerializeToString(), card

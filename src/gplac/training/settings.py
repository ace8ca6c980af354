"""Which settings can be trained with: what is wrong with one is said before anything is written."""

import math

import torch

from gplac.config import Preset
from gplac.errors import UserError
from gplac.methods import Method, method_named
from gplac.models.network import Network
from gplac.objectives.objective import sources
from gplac.training.batches import LENGTH
from gplac.training.device import has_bf16, memory_gib
from gplac.training.stages import stages
from gplac.worlds.registry import task as task_named

COPIES = 3.5
"""How many numbers a step keeps for each one that a convolution answers: that, what batch norm and ReLU make of it, and
gradients (peaks of memory measured at 32x28 and 100x88 pixels: 3.1 to 3.5)."""


def check_settings(preset: Preset, weak: bool = True) -> None:
    """Whether numbers of ``preset`` make sense; those of weak images count only where ``weak`` ones are read, and there
    is no budget of such where they are not.

    Raises:
        UserError: one does not; the message names it.
    """
    training, network, evaluation = preset.training, preset.network, preset.evaluation
    # A batch of weak images holds both kinds.
    least = {"steps": 1, "labelled_batch": 1, "checkpoint_every": 1, "warmup_steps": 0}
    least |= {"weak_batch": 2} if weak else {}
    for name, smallest in least.items():
        if getattr(training, name) < smallest:
            raise UserError(f"training.{name} is {getattr(training, name)}: choose {smallest} or more.")
    for name in ("weak_budget", "scene_budget"):
        if (budget := getattr(training, name)) and not weak:
            raise UserError(
                f"training.{name} is {budget}, and no weak images are learned from here: leave it out."
            )
    for name in ("scenes", "episodes"):
        if getattr(evaluation, name) < 1:
            raise UserError(f"evaluation.{name} is {getattr(evaluation, name)}: choose 1 or more.")
    for name in ("classification_weight", "domain_weight"):
        if not 0 <= getattr(preset, name) < math.inf:
            raise UserError(f"{name} is {getattr(preset, name):g}: choose 0 or more.")
    if not 0 < training.learning_rate < math.inf:
        raise UserError(f"training.learning_rate is {training.learning_rate:g}: choose a number above 0.")
    rate = training.finetune_learning_rate
    if not 0 <= rate < math.inf:
        raise UserError(
            f"training.finetune_learning_rate is {rate:g}: choose 0 (as training.learning_rate) or more."
        )
    if not 0 <= training.weight_decay < math.inf:
        raise UserError(f"training.weight_decay is {training.weight_decay:g}: choose 0 or more.")
    if not 0 <= training.average_decay < 1:
        raise UserError(
            f"training.average_decay is {training.average_decay:g}: choose 0 or more, and less than 1."
        )
    if not 0 <= training.colour_jitter <= 1:
        raise UserError(f"training.colour_jitter is {training.colour_jitter:g}: choose 0 (none) to 1.")
    if not 0 < network.temperature < math.inf:
        raise UserError(f"network.temperature is {network.temperature:g}: choose a number above 0.")
    for name in ("policy_dropout", "classifier_dropout"):
        if not 0 <= getattr(network, name) <= 1:
            raise UserError(f"network.{name} is {getattr(network, name):g}: choose 0 to 1.")
    if not network.channels:
        raise UserError("network.channels is empty: an encoder has one layer or more.")
    for name in ("channels", "hidden"):
        if min(getattr(network, name), default=1) < 1:
            raise UserError(f"network.{name} holds {min(getattr(network, name))}: a layer has 1 or more.")


def check_task(name: str, task: str) -> None:
    """Whether a method can learn a task of gplac's own.

    Args:
        name: of the method.
        task: name of the task.

    Raises:
        UserError: there is no such method or task, or the method learns from more frames on end than an episode has.
    """
    method, steps = method_named(name), task_named(task).episode_steps
    if "video" in method.reads and steps < LENGTH:
        raise UserError(
            f"{name} learns from {LENGTH} frames on end, and an episode of {task} has {steps}: choose another method or"
            " task."
        )


def check_memory(
    preset: Preset, method: Method, network: Network, device: torch.device, pictures: int = 0
) -> None:
    """Whether a step on batches of this size can fit into the memory there is, beside all that is trained on.

    Args:
        preset: the settings.
        method: what is trained.
        network: its network.
        device: where.
        pictures: bytes of all pictures, which stay on the device.

    Raises:
        UserError: it needs more than all of it.
    """
    config, encoder, have = preset.training, network.encoder, memory_gib(device)
    batches = {"labelled": config.labelled_batch, "weak": config.weak_batch, "video": config.labelled_batch}
    parts = [sources(stage.objectives) for stage in stages(method, config)]
    images = max(sum(size for name, size in batches.items() if name in part) for part in parts)
    answers = sum(preset.network.channels) * encoder.map_height * encoder.map_width
    need = images * answers * COPIES * (2 if has_bf16(device) else 4) / 2**30
    beside = pictures / 2**30
    if have is not None and beside > have:
        raise UserError(
            f"The pictures that are trained on take {beside:.0f} GiB of memory, where there are {have:.0f} on the"
            f" {device.type}: train on fewer (training.weak_budget), on smaller ones, or on a machine with more."
        )
    if have is not None and need + beside > have:
        named = f"training.labelled_batch is {config.labelled_batch}"
        if "weak" in method.reads:
            named += f" and training.weak_batch {config.weak_batch}"
        raise UserError(
            f"{named}: a step takes about {need:.0f} GiB of memory, and there are {have:.0f}"
            + (f", {beside:.0f} of them for the pictures" if beside >= 1 else "")
            + "; choose smaller batches."
        )

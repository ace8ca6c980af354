"""Which settings can be trained with: what is wrong with one is said before anything is written."""

import math

from gplac.config import Preset
from gplac.errors import UserError


def check_settings(preset: Preset, weak: bool = True) -> None:
    """Whether numbers of ``preset`` make sense; those of weak images count only where ``weak`` ones are read.

    Raises:
        UserError: one does not; the message names it.
    """
    training, network = preset.training, preset.network
    # A batch of weak images holds both kinds.
    least = {"steps": 1, "labelled_batch": 1, "checkpoint_every": 1, "warmup_steps": 0}
    least |= {"weak_batch": 2} if weak else {}
    for name, smallest in least.items():
        if getattr(training, name) < smallest:
            raise UserError(f"training.{name} is {getattr(training, name)}: choose {smallest} or more.")
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
    for name in ("channels", "hidden"):
        if min(getattr(network, name), default=1) < 1:
            raise UserError(f"network.{name} holds {min(getattr(network, name))}: a layer has 1 or more.")

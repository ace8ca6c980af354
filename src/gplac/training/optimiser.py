"""Adam, its learning rate over the steps, and the moving average of the weights (appendix 8.3)."""

import math

import torch
from torch import Tensor, nn

from gplac.config import TrainConfig


def learning_rate(step: int, config: TrainConfig) -> float:
    """Learning rate of optimiser step `step` (from 0). "cosine" climbs linearly over the first 2 % of the steps, at
    most 500, and falls to zero along half a cosine."""
    if config.schedule == "constant":
        return config.learning_rate
    ramp = min(500, config.steps // 50)
    if step < ramp:
        return config.learning_rate * (step + 1) / (ramp + 1)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, config.steps - ramp)))


def policy_dropout(step: int, rate: float, config: TrainConfig) -> float:
    """Rate of the policy's dropout in optimiser step `step` (from 0), of which `rate` is the largest. "bump" is nought
    up to a fifth of the steps, climbs linearly to half of them, stays until 0.7 and falls linearly to nought."""
    if config.dropout_schedule == "constant":
        return rate
    progress = step / config.steps
    return rate * max(0.0, min(1.0, (progress - 0.2) / 0.3, (1.0 - progress) / 0.3))


def adam(model: nn.Module, config: TrainConfig) -> torch.optim.Adam:
    """Adam over the trainable parameters; decoupled decay, if any, acts on matrices and filters alone."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
    ]
    kind = torch.optim.AdamW if config.weight_decay else torch.optim.Adam
    return kind([group for group in groups if group["params"]], lr=config.learning_rate, fused=True)


class Average:
    """Exponential moving average of parameters and of batch-norm statistics, so that the two belong together.

    The first steps count more (decay (1 + n) / (10 + n) until that exceeds the one asked for): else the average
    would remember the random initial weights.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.source = _moving(model)
        self.values = {name: value.detach().clone() for name, value in self.source.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after optimiser step `step` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(
            list(self.values.values()), [v.detach() for v in self.source.values()], 1 - decay
        )


def _moving(model: nn.Module) -> dict[str, Tensor]:
    """Everything in a model's state that training changes, by name; integer counters excepted."""
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    state = model.state_dict(keep_vars=True)
    return {name: value for name, value in state.items() if name not in frozen and value.is_floating_point()}

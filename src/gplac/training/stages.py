"""The stages of a training: pretraining, for the methods that have it, then the main stage with its warm-up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gplac.config import TrainConfig
from gplac.errors import UserError
from gplac.methods import Method
from gplac.objectives.objective import Objective, sources


@dataclass(frozen=True)
class TrainingStage:
    """Consecutive optimiser steps with one loss and one run of the learning rate's schedule."""

    name: str
    """As it appears in the logs."""
    objectives: tuple[Objective, ...]
    """Terms of the loss."""
    first: int
    """Step of the training that it starts with, counted from 0 over all stages."""
    config: TrainConfig
    """Steps, warm-up and the rest, as this stage has them."""

    @property
    def end(self) -> int:
        """Step of the training that follows its last one."""
        return self.first + self.config.steps

    def active(self, step: int) -> tuple[Objective, ...]:
        """Terms at the stage's own step (from 0): during the warm-up only those that take part in it."""
        return tuple(o for o in self.objectives if o.warmup or step >= self.config.warmup_steps)


def stages(method: Method, config: TrainConfig) -> tuple[TrainingStage, ...]:
    """The stages of a method, in order. The warm-up (appendix 8.3) belongs to the main one.

    Raises:
        UserError: the settings leave no step for pretraining, or none for a term that waits for the warm-up to end.
    """
    waiting = [objective.name for objective in method.objectives if not objective.warmup]
    if waiting and config.warmup_steps >= config.steps:
        raise UserError(
            f"training.warmup_steps is {config.warmup_steps} of {config.steps} steps (training.steps), so that nothing"
            f" would be learned from {' and '.join(waiting)}: choose fewer, such as {config.steps // 10}"
        )
    if not method.pretrain:
        return (TrainingStage("train", method.objectives, 0, config),)
    if config.pretrain_steps < 1:
        raise UserError(
            f"this method pretrains, and training.pretrain_steps is {config.pretrain_steps}: set it above 0"
        )
    pretraining = replace(config, steps=config.pretrain_steps, warmup_steps=0)
    finetuning = replace(config, learning_rate=config.finetune_learning_rate or config.learning_rate)
    return (
        TrainingStage("pretrain", method.pretrain, 0, pretraining),
        TrainingStage("train", method.objectives, config.pretrain_steps, finetuning),
    )


def pictures(stages: Iterable[TrainingStage], sizes: Mapping[str, int], done: int = 0) -> int:
    """Pictures that pass the network in the steps after the first ``done``.

    Args:
        stages: of the training.
        sizes: pictures of a batch, by the source that it is of.
        done: steps.
    """
    left = 0
    for stage in stages:
        warm = stage.first + min(stage.config.warmup_steps, stage.config.steps)
        for start, end in ((stage.first, warm), (warm, stage.end)):
            needs = sources(stage.active(start - stage.first)) if start < end else frozenset()
            each = sum(size for name, size in sizes.items() if name in needs)
            left += each * max(0, end - max(start, done))
    return left

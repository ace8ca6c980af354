"""One step's loss: which objectives are active, which batches they need, and their weighted sum (section 4)."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from gplac.config import Preset, TrainConfig
from gplac.methods import Method
from gplac.models.network import Network
from gplac.objectives.objective import Context, Labelled, Objective, Source, Weak


class Learner(nn.Module):
    """The network, and the modules that its objectives bring along."""

    def __init__(self, network: Network, objectives: Iterable[Objective]) -> None:
        super().__init__()
        self.network = network
        heads = {objective.name: objective.head(network) for objective in objectives}
        self.heads = nn.ModuleDict({name: head for name, head in heads.items() if head is not None})

    def loss(
        self,
        objectives: Iterable[Objective],
        labelled: tuple[Tensor, Tensor, Tensor] | None,
        weak: tuple[Tensor, Tensor] | None,
        progress: float,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the objectives on one step's batches, and each term by name.

        Both batches pass the encoder together, so that they share batch-norm statistics.
        """
        images = [batch[0] for batch in (labelled, weak) if batch is not None]
        features = torch.split(self.network.encode(torch.cat(images)), [len(part) for part in images])
        context = Context(
            network=self.network,
            progress=progress,
            labelled=None if labelled is None else Labelled(*labelled, features_BF=features[0]),
            weak=None if weak is None else Weak(*weak, features_BF=features[-1]),
            head=None,
            metrics={},
        )
        heads = dict(self.heads.items())
        total = features[0].new_zeros((), dtype=torch.float32)
        for objective in objectives:
            term = objective.loss(replace(context, head=heads.get(objective.name)))
            context.metrics[f"{objective.name}_loss"] = term.detach()
            assert objective.weight is not None
            total = total + objective.weight * term
        return total, context.metrics


def resolved(method: Method, preset: Preset) -> Method:
    """The method with the preset's `classification_weight` where an objective leaves its weight open."""
    weighted = tuple(
        replace(objective, weight=preset.classification_weight) if objective.weight is None else objective  # type: ignore[type-var]
        for objective in method.objectives
    )
    return method.but(objectives=weighted)


def active(method: Method, step: int, config: TrainConfig) -> tuple[Objective, ...]:
    """The objectives of optimiser step `step` (from 0): during the warm-up only those that take part in it."""
    return tuple(o for o in method.objectives if o.warmup or step >= config.warmup_steps)


def sources(objectives: Iterable[Objective]) -> frozenset[Source]:
    """The batches that some objectives need."""
    return frozenset[Source]().union(*(objective.reads for objective in objectives))

"""One step's loss: the weighted sum of its objectives on one step's batches (section 4)."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from gplac.config import Preset
from gplac.errors import UserError
from gplac.methods import Method
from gplac.models.network import Network
from gplac.objectives.classification import Classification
from gplac.objectives.domain_confusion import DomainConfusion
from gplac.objectives.objective import Context, Labelled, Objective, Positions, Video, Weak


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
        video_BTHW3: Tensor | None = None,
        positions: Positions | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the objectives on one step's batches, and each term by name.

        All images pass the encoder together, so that they share batch-norm statistics.
        """
        images = {}
        if labelled is not None:
            images["labelled"] = labelled[0]
        if weak is not None:
            images["weak"] = weak[0]
        if video_BTHW3 is not None:
            images["video"] = video_BTHW3.flatten(0, 1)
        parts = torch.split(self.network.encode(torch.cat([*images.values()])), [*map(len, images.values())])
        features = dict(zip(images, parts, strict=True))
        context = Context(
            network=self.network,
            progress=progress,
            labelled=None if labelled is None else Labelled(*labelled, features_BF=features["labelled"]),
            weak=None if weak is None else Weak(*weak, features_BF=features["weak"]),
            video=None
            if video_BTHW3 is None
            else Video(video_BTHW3, features["video"].reshape(*video_BTHW3.shape[:2], -1)),
            positions=None,
            head=None,
            metrics={},
        )
        heads = dict(self.heads.items())
        total = parts[0].new_zeros((), dtype=torch.float32)
        for objective in objectives:
            told = positions if "positions" in objective.reads else None
            seen = context.weak
            if seen is not None and "labels" not in objective.reads:
                seen = replace(seen, present_B=None)
            term = objective.loss(replace(context, head=heads.get(objective.name), weak=seen, positions=told))
            context.metrics[f"{objective.name}_loss"] = term.detach()
            assert objective.weight is not None
            total = total + objective.weight * term
        return total, {name: value.detach() for name, value in context.metrics.items()}


def resolved(method: Method, preset: Preset) -> Method:
    """The method with the preset's weights where an objective leaves its own open.

    Raises:
        UserError: the preset has none for it.
    """
    weights = {Classification.name: preset.classification_weight, DomainConfusion.name: preset.domain_weight}

    def weighted(objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
        for objective in objectives:
            if objective.weight is None and objective.name not in weights:
                raise UserError(
                    f"The term {objective.name} has no weight, and presets have one for {' and '.join(weights)} alone:"
                    " give it a number."
                )
        return tuple(
            replace(objective, weight=weights[objective.name]) if objective.weight is None else objective  # type: ignore[type-var]
            for objective in objectives
        )

    return method.but(objectives=weighted(method.objectives), pretrain=weighted(method.pretrain))

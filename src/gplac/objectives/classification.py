"""L_CE: is the object of interest in the picture? (section 4)."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from gplac.models.network import Network
from gplac.objectives.objective import Context, Source


@dataclass(frozen=True)
class Classification:
    """``L_CE = -1/N sum_j [y_j log c(o_j) + (1 - y_j) log(1 - c(o_j))]`` over weakly labelled images (section 4)."""

    weight: float | None = None
    """Lambda of section 4; None: the preset's `classification_weight`."""
    name: str = "classification"
    reads: frozenset[Source] = frozenset({"weak", "labels"})
    warmup: bool = False

    def head(self, network: Network) -> None:
        """The classifier head is part of the network (figure 2)."""

    def loss(self, context: Context) -> Tensor:
        """Binary cross-entropy of the logits; leaves the accuracy in the metrics."""
        batch = context.weak
        assert batch is not None and batch.present_B is not None
        logit_B = context.network.classify(batch.features_BF).to(batch.present_B.dtype)
        context.metrics["classification_accuracy"] = ((logit_B > 0) == (batch.present_B > 0.5)).float().mean()
        return binary_cross_entropy_with_logits(logit_B, batch.present_B)

"""Where is the object of interest? For ATT-PO alone (section 6.1, after Levine and others 2016)."""

from dataclasses import dataclass

from torch import Tensor, nn

from gplac.models.network import Network
from gplac.objectives.objective import Context, Source


@dataclass(frozen=True)
class PoseRegression:
    """``L_P = 1/N sum_i d(p_i, r(f_i))``, with d the squared error of the normalised position (x, y), averaged over its
    numbers: always predicting the mean position costs 1."""

    weight: float = 1.0
    name: str = "pose"
    reads: frozenset[Source] = frozenset({"labelled", "positions"})
    warmup: bool = False

    def head(self, network: Network) -> nn.Module:
        """The regressor r: a head like the classifier's, with two outputs."""
        return network.new_head(2)

    def loss(self, context: Context) -> Tensor:
        """Mean squared error of the normalised position."""
        batch, wanted_B2 = context.labelled, context.position_B2
        assert batch is not None and wanted_B2 is not None and context.head is not None
        predicted_B2: Tensor = context.head(batch.features_BF)
        return (predicted_B2.to(wanted_B2.dtype) - wanted_B2).square().mean()

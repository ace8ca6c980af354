"""Where is the object of interest? For ATT-PO alone (section 6.1, after Levine and others 2016)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gplac.models.network import Network
from gplac.objectives.objective import Context, Source


@dataclass(frozen=True)
class PoseRegression:
    """``L_P = 1/2 [1/N sum_i d(p_i, r(f_i)) + 1/M sum_j d(p_j, r(f_j))]`` over the N demonstrated frames and the M weak
    images that show the object, with d the squared error of where in the picture it stands (x, y), normalised and
    averaged over its numbers: always predicting the mean of the demonstrations costs 1 in these."""

    weight: float = 1.0
    name: str = "pose"
    reads: frozenset[Source] = frozenset({"labelled", "weak", "labels", "positions"})
    warmup: bool = False

    def head(self, network: Network) -> nn.Module:
        """The regressor r: a head like the classifier's, with two outputs."""
        return network.new_head(2)

    def loss(self, context: Context) -> Tensor:
        """Mean squared error of the normalised position, each kind of picture counting half."""
        labelled, weak, wanted = context.labelled, context.weak, context.positions
        assert labelled is not None and weak is not None and context.head is not None
        assert wanted is not None and wanted.weak_B2 is not None and weak.present_B is not None
        predicted_B2: Tensor = context.head(torch.cat((labelled.features_BF, weak.features_BF)))
        wanted_B2 = torch.cat((wanted.labelled_B2, wanted.weak_B2))
        error_B = (predicted_B2.to(wanted_B2.dtype) - wanted_B2).square().mean(dim=1)
        many, shown_B = len(labelled.features_BF), weak.present_B
        weak_mean: Tensor = (error_B[many:] * shown_B).sum() / shown_B.sum().clamp(min=1.0)
        return 0.5 * (error_B[:many].mean() + weak_mean)

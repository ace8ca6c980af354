"""L_task: imitate the demonstrated action (section 3)."""

from dataclasses import dataclass

from torch import Tensor

from gplac.models.network import Network
from gplac.objectives.objective import Context, Source


@dataclass(frozen=True)
class Action:
    """``L_task = 1/N sum_i d(a_i, pi(o_i))`` (section 3), with d the squared error of the normalised action, averaged
    over its numbers: always predicting the mean action costs 1."""

    weight: float = 1.0
    name: str = "action"
    reads: frozenset[Source] = frozenset({"labelled"})
    warmup: bool = True

    def head(self, network: Network) -> None:
        """The policy head is part of the network."""

    def loss(self, context: Context) -> Tensor:
        """Mean squared error of the normalised action."""
        batch = context.labelled
        assert batch is not None
        predicted_BA = context.network.policy(batch.features_BF, batch.state_BS)
        wanted_BA = context.network.normalise_action(batch.action_BA)
        return (predicted_BA.to(wanted_BA.dtype) - wanted_BA).square().mean()

"""Slowness: feature points move steadily from frame to frame (section 6.1, after Finn and others 2016)."""

from dataclasses import dataclass

from torch import Tensor

from gplac.models.network import Network
from gplac.objectives.objective import Context, Source


@dataclass(frozen=True)
class Slowness:
    """``L_S = 1/N sum_t ||(f_{t+1} - f_t) - (f_t - f_{t-1})||^2`` over three consecutive frames each: a point that
    moves at one velocity costs nothing, one that jumps to and fro does."""

    weight: float = 1.0
    name: str = "slowness"
    reads: frozenset[Source] = frozenset({"video"})
    warmup: bool = False

    def head(self, network: Network) -> None:
        """It needs none."""

    def loss(self, context: Context) -> Tensor:
        """Squared change of velocity, summed over coordinates, averaged over the threes of frames."""
        assert context.video is not None
        before_BF, now_BF, after_BF = context.video.features_BTF.unbind(dim=1)
        return ((after_BF - now_BF) - (now_BF - before_BF)).square().sum(dim=1).mean()

"""Batches as a function of (seed, step): a resumed run needs no loader state."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gplac.errors import UserError
from gplac.seeding import rng

LENGTH = 3
"""Consecutive frames that slowness looks at together."""
AHEAD = 128
"""Steps whose batches are chosen at once, so that on a GPU the host has nothing to do or to send in the others."""


class LabelledFrames(Protocol):
    """What training reads of demonstrations (`gplac.data.dataset.Demonstrations`)."""

    @property
    def images(self) -> npt.NDArray[np.uint8]:
        """(N, H, W, 3)"""

    @property
    def states(self) -> npt.NDArray[np.float32]:
        """(N, S)"""

    @property
    def actions(self) -> npt.NDArray[np.float32]:
        """(N, A)"""

    @property
    def episode(self) -> npt.NDArray[np.int64]:
        """(N,): which episode a frame belongs to; read for methods that see consecutive frames"""

    @property
    def frame(self) -> npt.NDArray[np.int64]:
        """(N,): step within the episode; read for methods that see consecutive frames"""

    @property
    def object_positions(self) -> npt.NDArray[np.floating] | None:
        """(N, 2): where in the picture the object of interest stands, or None if nobody noted it; read for ATT-PO
        alone"""


class WeakFrames(Protocol):
    """What training reads of weakly labelled images (`gplac.data.dataset.WeakImages`)."""

    @property
    def images(self) -> npt.NDArray[np.uint8]:
        """(N, H, W, 3)"""

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """(N,): 1 where the object of interest is in the picture, else 0"""

    @property
    def scene(self) -> npt.NDArray[np.int64]:
        """(N,): which scene it is of; read where a scene budget is set"""

    @property
    def object_positions(self) -> npt.NDArray[np.floating] | None:
        """(N, 2): where in the picture the object of interest stands in those that show it, or None if nobody noted
        it; read for ATT-PO alone"""


def resident(array: npt.NDArray[Any], device: torch.device) -> Tensor:
    """The whole array on the device. On the CPU the memory is shared, not copied."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)


class Ahead:
    """What a function of the step chooses, on the device for `AHEAD` steps at a time.

    Args:
        indices: step -> indices of its batch, of the same shape for all steps.
        device: where.
    """

    def __init__(self, indices: Callable[[int], npt.NDArray[np.int64]], device: torch.device) -> None:
        self.indices, self.device = indices, device
        self.first: int | None = None
        self.table: Tensor

    def __call__(self, step: int) -> Tensor:
        """Indices of the batch of `step`, int64 on the device."""
        first = step - step % AHEAD
        if first != self.first:
            table = np.stack([self.indices(each) for each in range(first, first + AHEAD)])
            self.first, self.table = first, torch.from_numpy(table).to(self.device)
        return self.table[step - first]


class LabelledBatches:
    """Demonstrated frames, each equally likely; with object positions (N, 2) only where the caller names them."""

    def __init__(
        self,
        frames: LabelledFrames,
        size: int,
        seed: int,
        device: torch.device,
        positions: npt.NDArray[np.float32] | None = None,
    ) -> None:
        if len(frames.images) == 0:
            raise UserError("the demonstrations hold no frame: collect some with `gplac collect demos`")
        self.size, self.seed = size, seed
        self.chosen = Ahead(self.indices, device)
        self.images_NHW3 = resident(frames.images, device)
        self.states_NS = resident(frames.states.astype(np.float32, copy=False), device)
        self.actions_NA = resident(frames.actions.astype(np.float32, copy=False), device)
        self.positions_N2 = None if positions is None else resident(positions, device)

    def indices(self, step: int) -> npt.NDArray[np.int64]:
        """(size,) frames of the batch of `step`."""
        return rng("labelled batch", self.seed, step).integers(len(self.images_NHW3), size=self.size)

    def __call__(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Images (B, H, W, 3) uint8, states (B, S), actions (B, A)."""
        chosen = self.chosen(step)
        return self.images_NHW3[chosen], self.states_NS[chosen], self.actions_NA[chosen]

    def positions(self, step: int) -> Tensor:
        """Object positions (B, 2) in the same frames; `TypeError` if the batches were made without any."""
        return _told(self.positions_N2, self.chosen(step))


class VideoBatches:
    """Three consecutive frames of an episode, each three equally likely."""

    def __init__(
        self,
        images_NHW3: Tensor,
        episode: npt.NDArray[np.int64],
        frame: npt.NDArray[np.int64],
        size: int,
        seed: int,
    ) -> None:
        self.images_NHW3, self.seed = images_NHW3, seed
        self.size = max(1, size // LENGTH)
        self.chosen = Ahead(self.indices, images_NHW3.device)
        follows = (np.diff(episode) == 0) & (np.diff(frame) == 1)
        self.starts = np.flatnonzero(follows[:-1] & follows[1:])
        if not len(self.starts):
            raise UserError(
                f"no episode of the demonstrations has {LENGTH} consecutive frames, which slowness needs: collect "
                "longer episodes, or train a method without slowness"
            )

    def indices(self, step: int) -> npt.NDArray[np.int64]:
        """(B, T) frames of the batch of `step`: as many images as fit into the batch size, at least three."""
        starts = rng("video batch", self.seed, step).choice(self.starts, size=self.size)
        return np.asarray(starts[:, None] + np.arange(LENGTH))

    def __call__(self, step: int) -> Tensor:
        """Images (B, T, H, W, 3) uint8."""
        return self.images_NHW3[self.chosen(step)]


class WeakBatches:
    """Weakly labelled images: the first half of a batch shows the object of interest, the other does not. Where all are
    of one kind, which suits methods that do not read labels, so are the batches. Positions as of `LabelledBatches`."""

    def __init__(
        self,
        frames: WeakFrames,
        size: int,
        seed: int,
        device: torch.device,
        positions: npt.NDArray[np.float32] | None = None,
        *,
        classified: bool = True,
    ) -> None:
        self.size, self.seed = size, seed
        self.chosen = Ahead(self.indices, device)
        self.images_NHW3 = resident(frames.images, device)
        self.positions_N2 = None if positions is None else resident(positions, device)
        self.present = np.flatnonzero(frames.labels)
        self.absent = np.flatnonzero(frames.labels == 0)
        if not len(frames.images) or (classified and not (len(self.present) and len(self.absent))):
            raise UserError(
                f"of the weak images {len(self.present)} show the object of interest and {len(self.absent)} do not: "
                "a classifier needs both, collect them with `gplac collect weak`"
            )
        half = (size + 1) // 2 if len(self.absent) else size
        self.shown = half if len(self.present) else 0
        self.labels_B = torch.tensor([1.0] * self.shown + [0.0] * (size - self.shown), device=device)

    def indices(self, step: int) -> npt.NDArray[np.int64]:
        """(size,) images of the batch of `step`."""
        generator = rng("weak batch", self.seed, step)
        kinds = ((self.present, self.shown), (self.absent, self.size - self.shown))
        return np.concatenate([generator.choice(images, size=count) for images, count in kinds if count])

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (B, H, W, 3) uint8, labels (B,) float32."""
        return self.images_NHW3[self.chosen(step)], self.labels_B

    def positions(self, step: int) -> Tensor:
        """Object positions (B, 2) in the same images; `TypeError` if the batches were made without any."""
        return _told(self.positions_N2, self.chosen(step))


def _told(positions_N2: Tensor | None, chosen: Tensor) -> Tensor:
    if positions_N2 is None:
        raise TypeError("these batches were made without object positions")
    return positions_N2[chosen]


def normalised_positions(
    frames: LabelledFrames, weak: WeakFrames | None, name: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
    """Where in the picture the object of interest stands, in demonstrated frames (N, 2) and in weak images (M, 2), if
    there are any, by the mean and standard deviation of the former; called for methods that may know it, and no others.

    Raises:
        UserError: nobody noted it, or no finite numbers of that shape; ``name`` is the method's.
    """
    known = []
    for what, command, source in (("demonstrations", "demos", frames), ("weak images", "weak", weak)):
        if source is None:
            continue
        positions = source.object_positions
        if positions is None:
            raise UserError(
                f"{name} learns from where in the picture the object stands, and these {what} do not tell it: collect "
                f"them in simulation (gplac collect {command}); such as were collected before it was kept have to be "
                "deleted first. Or train another method"
            )
        wanted = (len(source.images), 2)
        if positions.shape != wanted or not np.isfinite(positions).all():
            raise UserError(
                f"object positions of {what} have to be finite numbers of shape {wanted}, one (x, y) for each picture; "
                f"these have shape {positions.shape}, or hold what is not finite"
            )
        known.append(positions)
    std, mean = known[0].std(axis=0), known[0].mean(axis=0)
    labelled_N2, *weak_M2 = (
        ((each - mean) / np.where(std > 1e-6, std, 1.0)).astype(np.float32) for each in known
    )
    return labelled_N2, weak_M2[0] if weak_M2 else None

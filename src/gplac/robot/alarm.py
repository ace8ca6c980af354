"""Is the policy looking at something it knows? Its points and classifier, beside what they said of demonstrations."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gplac.robot.card import Familiar
from gplac.robot.policy import Floats, Look

ABSENT = 0.5
"""A lower probability says that the object of interest is rather not there."""
MIN_STD_PX = 0.25
"""A point that hardly moved in the demonstrations is not strange for a step of less than a pixel."""


def familiar(points: Floats | None, present: Floats | None, actions: Floats) -> Familiar:
    """Statistics over demonstrations.

    Args:
        points: feature points ``(N, K, 2)`` in pixels, or None.
        present: probabilities ``(N,)``, or None.
        actions: demonstrated actions ``(N, A)``.
    """
    mean = std = limit = None
    if points is not None:
        mean = points.mean(axis=0, dtype=np.float64)
        std = np.maximum(points.std(axis=0, dtype=np.float64), MIN_STD_PX)
        limit = float(np.quantile(strangeness(points, mean, std), 0.999))
    return Familiar(
        frames=len(actions),
        points_mean=None if mean is None else tuple((float(x), float(y)) for x, y in mean),
        points_std=None if std is None else tuple((float(x), float(y)) for x, y in std),
        strangeness=limit,
        present=None if present is None else float(np.quantile(present, 0.01)),
        action_low=tuple(actions.min(axis=0).tolist()),
        action_high=tuple(actions.max(axis=0).tolist()),
    )


def strangeness(points: npt.ArrayLike, mean: npt.ArrayLike, std: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """How far feature points ``(..., K, 2)`` are from where demonstrations had them: the root mean square, over points
    and coordinates, of the distance from the mean in standard deviations ``(...)``; about 1 for demonstrations."""
    z = (np.asarray(points, np.float64) - np.asarray(mean)) / np.asarray(std)
    return np.asarray(np.sqrt(np.mean(z**2, axis=(-2, -1))))


@dataclass
class Alarm:
    """Tells when a policy has seen strange pictures for some ticks on end.

    A picture is strange if its points are farther from their usual places than in all but a thousandth of the
    demonstrations' frames, or if the classifier calls the object absent and was not that unsure there.
    """

    familiar: Familiar
    patience: int = 10
    """So many strange pictures on end raise it: for a few the arm may hide the object, in demonstrations as well."""
    run: int = field(default=0, init=False)
    """Strange pictures on end, up to now."""

    def check(self, look: Look) -> str | None:
        """Why the picture just looked at is strange, or None. Keeps count in `run`."""
        reason = self._reason(look)
        self.run = 0 if reason is None else self.run + 1
        return reason

    def _reason(self, look: Look) -> str | None:
        known = self.familiar
        if (
            look.present is not None
            and known.present is not None
            and look.present < min(known.present, ABSENT)
        ):
            return f"the object of interest is not in the picture (probability {look.present:.2f})"
        if look.points is not None and known.strangeness is not None:
            assert known.points_mean is not None and known.points_std is not None
            found = float(strangeness(look.points, known.points_mean, known.points_std))
            if found > known.strangeness:
                limit = known.strangeness
                return f"feature points are where no demonstration had them ({found:.1f}, limit {limit:.1f})"
        return None

"""A straight push towards a goal (section 6.2): the joint angles of the arm, simulated or not."""

import numpy as np

from gplac.worlds.sawyer import Floats, Kinematics

RATE_HZ = 20
"""Joint angles a second of a planned push."""
HOVER_M, LOW_M = 0.16, 0.015
"""Height of the paddle's lower edge above the table on its way to the push, and during it."""
APPROACH_S, LOWER_S, SETTLE_S = 1.5, 0.6, 0.5
SPEED_M_S = 0.15
STOP_M = 0.06
"""The paddle stops this far short of the goal: half its thickness and a mug's radius."""


def plan(
    kinematics: Kinematics, angles: Floats, rest: Floats, start: Floats, goal: Floats, table_m: float
) -> Floats:
    """Joint angles ``(T, 7)``, one row each 1/20 s, that push from ``start`` straight towards ``goal``.

    Args:
        kinematics: of the arm.
        angles: where its joints are now, ``(7,)``.
        rest: the posture it prefers, ``(7,)``.
        start: where the paddle comes down, world metres ``(2,)``.
        goal: towards which it pushes, world metres ``(2,)``.
        table_m: height of the table.

    Raises:
        UserError: a point of the way is out of reach.
    """
    way = goal - start
    length = float(np.linalg.norm(way))
    yaw = float(np.arctan2(way[1], way[0]))
    stop = start + way * max(0.0, 1.0 - STOP_M / max(length, 1e-9))
    above, down, end = (
        np.array([*xy, table_m + z]) for xy, z in ((start, HOVER_M), (start, LOW_M), (stop, LOW_M))
    )
    over = kinematics.reach(above, yaw, rest, rest)
    rows = [_eased(angles, over, APPROACH_S)]
    now = over
    for first, last, seconds in (
        (above, down, LOWER_S),
        (down, end, float(np.linalg.norm(end - down)) / SPEED_M_S),
    ):
        places = _eased(first, last, seconds)
        reached = []
        for place in places:
            now = kinematics.reach(place, yaw, now, now)
            reached.append(now)
        rows.append(np.stack(reached))
    rows.append(np.repeat(now[None], round(SETTLE_S * RATE_HZ), axis=0))
    return np.concatenate(rows)


def _eased(first: Floats, last: Floats, seconds: float) -> Floats:
    """From ``first`` to ``last``, each ``(k,)``, beginning and ending at rest: ``(T, k)``, T at least 1."""
    share = np.linspace(0.0, 1.0, max(1, round(seconds * RATE_HZ)) + 1)[1:, None]
    return np.asarray(first + (last - first) * (0.5 - 0.5 * np.cos(np.pi * share)))

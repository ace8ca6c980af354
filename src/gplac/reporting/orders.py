"""What a table says about the order of its rows, beside the paper's."""

from collections.abc import Mapping, Sequence

from gplac.evaluation.percent import point_span, points, tau
from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import Pair, agreement
from gplac.reporting.published import METHODS
from gplac.reporting.themes import label


def order(ours: Mapping[str, Pooled], theirs: Mapping[str, float]) -> list[str]:
    """Paragraphs: how far two orders agree, and which pairs come the other way round; none of fewer than two rows.

    Args:
        ours: what is measured, by method or by the row's own name.
        theirs: the paper's success rates, at least of those.
    """
    if len(ours) < 2:
        return []
    found = agreement(theirs, ours)
    low, high = found.interval95.low, found.interval95.high
    same = [pair for pair in found.pairs if pair.agrees]
    told = [
        f"Order: {len(ours)} of {len(theirs)} are measured. Kendall's τ with the paper's order is {tau(found.tau)}"
        f" (95 % over scenes {tau(low)} to {tau(high)}): {len(same)} of {len(found.pairs)} pairs come in the paper's"
        f" order, {sum(pair.clear for pair in same)} of them clearly (the interval of the difference excludes 0; of"
        " each pair alone, not corrected for how many there are)."
    ]
    if once := [_name(name) for name, each in ours.items() if len(each.by_seed) == 1]:
        told.append(
            f"Of one seed: {', '.join(once)}. The intervals are over scenes, and do not say what another seed would"
            " give."
        )
    if clear := [pair for pair in same if pair.clear]:
        told.append(f"Clearly in the paper's order: {_agreed(clear)}.")
    against = [pair for pair in found.pairs if not pair.agrees and not pair.tied]
    if clear := [pair for pair in against if pair.clear]:
        told.append(f"Clearly against the paper's order: {'; '.join(map(_reversal, clear))}.")
    if unclear := [pair for pair in against if not pair.clear]:
        told.append(f"Against the paper's order, but within the interval: {_names(unclear)}.")
    if tied := [pair for pair in found.pairs if pair.tied]:
        told.append(f"Equal here, which counts neither way: {_names(tied)}.")
    return told


def _agreed(pairs: Sequence[Pair]) -> str:
    worse: dict[str, list[str]] = {}
    for pair in pairs:
        worse.setdefault(_name(pair.better), []).append(_name(pair.worse))
    return "; ".join(f"{better} over {', '.join(others)}" for better, others in worse.items())


def _reversal(pair: Pair) -> str:
    low, high = -pair.interval95.high, -pair.interval95.low
    return (
        f"{_name(pair.worse)} over {_name(pair.better)} by {points(-pair.ours)} points ({point_span(low, high)}; the"
        f" paper: {points(-pair.theirs)})"
    )


def _names(pairs: Sequence[Pair]) -> str:
    return ", ".join(f"{_name(pair.worse)} and {_name(pair.better)}" for pair in pairs)


def _name(name: str) -> str:
    return label(name) if name in METHODS else name

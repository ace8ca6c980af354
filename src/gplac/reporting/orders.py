"""What a table says about the order of its rows, beside the paper's."""

from collections.abc import Mapping, Sequence

from gplac.evaluation.percent import percent, point_span, points, tau
from gplac.evaluation.pooling import Pooled
from gplac.evaluation.ranks import Agreement, Pair, agreement
from gplac.reporting.committed import named_seeds
from gplac.reporting.published import METHODS
from gplac.reporting.themes import label

CLEARLY = (
    "Clearly: the interval of the difference excludes 0; of each pair alone, not corrected for how many there are. The"
    " paper's episodes tell two rates apart if Newcombe's interval of their difference excludes 0, episodes taken as"
    " independent."
)


def order(
    ours: Mapping[str, Pooled],
    theirs: Mapping[str, float],
    episodes: int,
    alike: Mapping[str, Pooled] | None = None,
) -> list[str]:
    """Paragraphs: how far two orders agree, and which pairs come the other way round; none of fewer than two rows.

    Args:
        ours: what is measured, by method or by the row's own name.
        theirs: the paper's success rates, at least of those.
        episodes: how many each of these is of.
        alike: the same as ``ours`` with those seeds alone that all have, if some have more.
    """
    if len(ours) < 2:
        return []
    found = agreement(theirs, ours, episodes)
    told = [f"Order: {len(ours)} of {len(theirs)} are measured. {agreed(found, episodes)}", CLEARLY]
    if once := [_name(name) for name, each in ours.items() if len(each.by_seed) == 1]:
        told.append(
            f"Of one seed: {', '.join(once)}. The intervals are over scenes, and do not say what another seed would"
            " give."
        )
    sure = [pair for pair in found.pairs if pair.told_apart]
    if clear := [pair for pair in sure if pair.agrees and pair.clear]:
        told.append(f"Clearly in the paper's order: {_agreed(clear)}.")
    against = [pair for pair in sure if not pair.agrees and not pair.tied]
    if clear := [pair for pair in against if pair.clear]:
        told.append(f"Clearly against the paper's order: {'; '.join(map(_difference, clear))}.")
    if unclear := [pair for pair in against if not pair.clear]:
        told.append(f"Against the paper's order, but within the interval: {_names(unclear)}.")
    if clear := [pair for pair in found.pairs if pair.clear and not pair.told_apart]:
        told.append(
            f"Not told apart by the paper's episodes, clear here: {'; '.join(map(_difference, clear))}."
        )
    if tied := [pair for pair in found.pairs if pair.tied]:
        told.append(f"Equal here, which counts neither way: {_names(tied)}.")
    if alike and (unsure := _once(found, agreement(theirs, alike, episodes))):
        told.append(
            f"Clear with all seeds that each has, but not by {named_seeds(next(iter(alike.values())))} alone, which"
            f" all have: {_names(unsure)}."
        )
    return told


def agreed(found: Agreement, episodes: int) -> str:
    """How far the order of methods is the paper's, in sentences.

    Args:
        found: what was compared.
        episodes: how many each of the paper's rates is of.
    """
    assert found.redrawn95 is not None
    (low, high), (lower, higher) = ((each.low, each.high) for each in (found.interval95, found.redrawn95))
    same = [pair for pair in found.pairs if pair.agrees]
    # Of few methods it has few values, and an interval of no width would claim the same of all scenes.
    over = f"95 % over scenes {tau(low)} to {tau(high)}"
    if tau(low) == tau(high):
        over = f"{tau(low)} in nearly all samples of these scenes, too"
    said = (
        f"Kendall's τ with the paper's order is {tau(found.tau)} ({over};"
        f" {tau(lower)} to {tau(higher)} with the paper's {episodes} episodes drawn anew as well), and as much or more"
        f" in {percent(found.by_chance)} of random orders: {len(same)} of {len(found.pairs)} pairs come in the paper's"
        f" order, {sum(pair.clear for pair in same)} of them clearly."
    )
    sure = [pair for pair in found.pairs if pair.told_apart]
    if len(sure) == len(found.pairs):
        return said
    same = [pair for pair in sure if pair.agrees]
    against = [pair for pair in sure if pair.clear and not pair.agrees]
    left = len(found.pairs) - len(sure)
    said += f" {left} pair{'s' * (left > 1)} the paper's own episodes do not tell apart"
    if not sure:
        return f"{said}."
    if len(sure) == 1:
        which = "its" if same else "the other"
        return f"{said}; the other one comes in {which} order, {'' if sure[0].clear else 'not '}clearly."
    return (
        f"{said}; of the other {len(sure)}, {len(same)} come in its order, {sum(pair.clear for pair in same)} of them"
        f" clearly, and {len(against)} clearly in the other."
    )


def _once(every: Agreement, alike: Agreement) -> list[Pair]:
    """Pairs that are clear with every seed and not with those that all have."""
    clear = {(pair.better, pair.worse): pair.clear for pair in alike.pairs}
    return [pair for pair in every.pairs if pair.clear and not clear[pair.better, pair.worse]]


def _agreed(pairs: Sequence[Pair]) -> str:
    worse: dict[str, list[str]] = {}
    for pair in pairs:
        worse.setdefault(_name(pair.better), []).append(_name(pair.worse))
    return "; ".join(f"{better} over {', '.join(others)}" for better, others in worse.items())


def _difference(pair: Pair) -> str:
    """The one that is better here first."""
    low, high, more, theirs = pair.interval95.low, pair.interval95.high, pair.ours, pair.theirs
    one, other = pair.better, pair.worse
    if not pair.agrees:
        low, high, more, theirs, one, other = -high, -low, -more, -theirs, other, one
    return (
        f"{_name(one)} over {_name(other)} by {points(more)} points ({point_span(low, high)}; the"
        f" paper: {points(theirs)})"
    )


def _names(pairs: Sequence[Pair]) -> str:
    return ", ".join(f"{_name(pair.worse)} and {_name(pair.better)}" for pair in pairs)


def _name(name: str) -> str:
    return label(name) if name in METHODS else name

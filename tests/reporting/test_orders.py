"""What is said of an order of methods beside the paper's, from hand-made outcomes."""

import numpy as np

from gplac.evaluation.pooling import Pooled
from gplac.reporting.orders import order

EVER, NEVER = [1] * 10, [0] * 10
HALF = [1] * 5 + [0] * 5


def of(*scenes: list[int], seeds: tuple[int, ...] = (0,)) -> Pooled:
    return Pooled(
        {index: np.array(scene, bool) for index, scene in enumerate(scenes)}, dict.fromkeys(seeds, 0.0)
    )


def starting(told: list[str], words: str) -> str:
    (found,) = [each for each in told if each.startswith(words)]
    return found


def test_what_the_papers_own_episodes_do_not_tell_apart_counts_for_neither_order() -> None:
    theirs = {"gplac": 0.80, "att-da": 0.70, "att-ft": 0.69, "att-1": 0.40}
    ours = {
        "gplac": of(*[EVER] * 20),
        "att-da": of(*[NEVER] * 20),
        "att-ft": of(*[EVER] * 20),
        "att-1": of(*[HALF] * 20),
    }
    told = order(ours, theirs, 400)
    first = starting(told, "Order: 4 of 4 are measured.")
    assert "with the paper's 400 episodes drawn anew as well)" in first
    assert (
        "drawn anew as well), and as much or more in 37.5 % of random orders: 3 of 6 pairs come in" in first
    )
    assert "1 pair the paper's own episodes do not tell apart" in first
    assert "of the other 5, 3 come in its order, 3 of them clearly, and 1 clearly in the other" in first
    assert starting(told, "Clearly against") == (
        "Clearly against the paper's order: ATT-1 over ATT-DA by +50.0 points (+6.3 to +77.6; the paper: −30.0)."
    )
    assert starting(told, "Not told apart") == (
        "Not told apart by the paper's episodes, clear here: ATT-FT over ATT-DA by +100.0 points (+67.8 to +100.0; the"
        " paper: −1.0)."
    )
    assert "ATT-FT over ATT-DA" not in starting(told, "Clearly in the paper's order")


def test_an_order_that_nearly_all_samples_of_scenes_share_has_no_interval_without_a_width() -> None:
    theirs = {"gplac": 0.8, "att-1": 0.4}
    sure = starting(order({"gplac": of(*[EVER] * 9), "att-1": of(*[HALF] * 9)}, theirs, 400), "Order:")
    assert "is 1.00 (1.00 in nearly all samples of these scenes, too; 1.00 to 1.00 with" in sure
    open_ = starting(order({"gplac": of(EVER, NEVER), "att-1": of(HALF, HALF)}, theirs, 400), "Order:")
    assert "(95 % over scenes −1.00 to 1.00;" in open_


def test_what_is_said_where_the_papers_episodes_tell_one_pair_apart_or_none() -> None:
    theirs = {"gplac": 0.8, "att-da": 0.6, "att-1": 0.4}
    ours = {"gplac": of(*[EVER] * 20), "att-da": of(*[HALF] * 20), "att-1": of(*[NEVER] * 20)}
    some = starting(order(ours, theirs, 30), "Order:")
    assert (
        "2 pairs the paper's own episodes do not tell apart; the other one comes in its order, clearly."
        in some
    )
    other = ours | {"gplac": of(*[HALF, NEVER] * 10), "att-1": of(*[NEVER, HALF] * 9, NEVER, EVER)}
    unclear = starting(order(other, theirs, 30), "Order:")
    assert "; the other one comes in the other order, not clearly." in unclear
    assert starting(order(ours, theirs, 5), "Order:").endswith(
        "3 pairs the paper's own episodes do not tell apart."
    )


def test_where_everything_is_told_apart_nothing_is_said_of_it() -> None:
    told = order({"gplac": of(EVER, HALF), "att-1": of(NEVER, HALF)}, {"gplac": 0.8, "att-1": 0.4}, 400)
    assert "tell apart" not in " ".join(told) and "Not told apart" not in " ".join(told)


def test_what_is_clear_with_more_seeds_alone_is_named() -> None:
    theirs = {"gplac": 0.8, "att-1": 0.3}
    some = [EVER, HALF, HALF, EVER, HALF, NEVER, HALF, HALF]
    one = of(*some)
    more = of(*[[*scene, *EVER, *EVER] for scene in some], seeds=(0, 1, 2))
    other = of(*[HALF] * 8)
    told = order({"gplac": more, "att-1": other}, theirs, 400, {"gplac": one, "att-1": other})
    assert starting(told, "Clear with all seeds") == (
        "Clear with all seeds that each has, but not by seed 0 alone, which all have: ATT-1 and GPLAC."
    )
    same = order({"gplac": more, "att-1": other}, theirs, 400, {"gplac": more, "att-1": other})
    assert not [each for each in same if each.startswith("Clear with all seeds")]

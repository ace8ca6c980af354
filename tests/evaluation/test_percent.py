"""Rates in percent: one digit, exact halves rounded away from zero, whatever binary fractions make of them."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gplac.evaluation.percent import how_often, percent, point_span, points, span, tau


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    episodes = draw(st.sampled_from([7, 110, 400, 1200, 2000]) | st.integers(1, 5000))
    return draw(st.integers(0, episodes)), episodes


@given(counts())
def test_percent_rounds_the_exact_ratio(counted: tuple[int, int]) -> None:
    successes, episodes = counted
    tenths = floor(Fraction(1000 * successes, episodes) + Fraction(1, 2))
    assert percent(successes / episodes) == f"{tenths // 10}.{tenths % 10} %"


@pytest.mark.parametrize(
    ("successes", "text"), [(385, "96.3 %"), (383, "95.8 %"), (0, "0.0 %"), (400, "100.0 %")]
)
def test_of_four_hundred_episodes(successes: int, text: str) -> None:
    assert percent(successes / 400) == text


def test_differences_have_a_sign_and_round_alike() -> None:
    assert points(0.6525) == "+65.3"
    assert points(-0.6525) == "−65.3"
    assert points(0.3 - 0.0975) == "+20.3"
    assert point_span(-0.00125, 0.0) == "−0.1 to +0.0"
    assert span(0.9425, 0.98) == "94.3 to 98.0"


def test_a_sentence_says_more_or_less_and_no_sign() -> None:
    assert how_often(0.555) == "55.5 points more often"
    assert how_often(-0.555) == "55.5 points less often"


@pytest.mark.parametrize("nought", [-0.00049, -0.0001, -0.0, 0.0, 0.0001])
def test_what_rounds_to_nought_is_not_negative(nought: float) -> None:
    assert points(nought) == "+0.0"
    assert point_span(nought, 0.0025) == "+0.0 to +0.3"
    assert how_often(nought) == "0.0 points more often"


def test_a_rank_correlation_has_two_digits_and_a_minus() -> None:
    assert [tau(value) for value in (1.0, -0.333, -0.001)] == ["1.00", "−0.33", "0.00"]

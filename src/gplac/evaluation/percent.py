"""Rates and their differences as people read them: in percent with one digit, halves rounded away from zero."""

from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")


def rounded(rate: float) -> Decimal:
    """A rate in percent, or a difference of rates in points, with one digit."""
    # Of a count over a number of episodes, a half of the last digit has few digits itself: nine decimals show it
    # exactly, and drop what binary fractions add to it. A format such as .1f makes 96.2 of 96.25, and 95.8 of 95.75.
    # A nought that is added takes the sign from a negative one.
    return Decimal(f"{100 * rate:.9f}").quantize(_TENTH, ROUND_HALF_UP) + 0


def percent(rate: float) -> str:
    """A rate as the paper prints it, with one digit: 79.8 %."""
    return f"{rounded(rate)} %"


def points(difference: float) -> str:
    """A difference of rates in points, with its sign: +42.3."""
    return f"{rounded(difference):+}".replace("-", "−")


def tau(value: float) -> str:
    """A rank correlation: −0.33."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def span(low: float, high: float) -> str:
    """An interval of rates in percent: 75.6 to 83.4."""
    return f"{rounded(low)} to {rounded(high)}"


def point_span(low: float, high: float) -> str:
    """An interval of a difference in points: +35.1 to +49.5."""
    return f"{points(low)} to {points(high)}"


def how_often(difference: float) -> str:
    """How much more often something succeeds, as a sentence has it: 55.5 points less often."""
    return f"{abs(rounded(difference))} points {'more' if rounded(difference) >= 0 else 'less'} often"

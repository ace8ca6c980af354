"""Dropout on feature points leaves the other points where they are."""

import torch

from gplac.models.dropout import CORNER, PointDropout


def test_a_coordinate_is_kept_exactly_or_put_into_the_corner() -> None:
    points = torch.linspace(-0.4, 0.5, 32).repeat(200, 1)
    dropped = PointDropout(0.3).train()(points)
    kept = dropped == points
    assert bool((dropped[~kept] == CORNER).all())
    # Mean of 6,400 draws; its standard deviation is 0.006.
    assert abs(float((~kept).float().mean()) - 0.3) < 0.03


def test_nothing_is_dropped_in_evaluation() -> None:
    points = torch.rand(4, 32) - 0.5
    assert torch.equal(PointDropout(0.9).eval()(points), points)

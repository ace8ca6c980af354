import numpy as np
import pytest
from scipy import stats

from gplac.evaluation import instruments
from gplac.evaluation.samples import Frames


def points_and_positions(key: int, noise: float, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(key)
    positions = generator.uniform(0.2, 0.8, (count, 2))
    points = generator.normal(0, 0.2, (count, 16, 2)).astype(np.float32)
    points[:, 3] = positions - 0.5 + generator.normal(0, noise, (count, 2))
    return points, positions


def test_probe_finds_the_position_that_one_channel_holds() -> None:
    found = instruments.probe(
        points_and_positions(0, 0.0), points_and_positions(1, 0.0), np.arange(200) // 20
    )
    # But for what the ridge takes from the slope.
    assert found.labelled == pytest.approx(0, abs=1e-3)
    assert found.unseen == pytest.approx(0, abs=1e-3)
    assert found.mean == pytest.approx(0.23, abs=0.03)


def test_probe_tells_that_unseen_points_lie_elsewhere() -> None:
    points, positions = points_and_positions(1, 0.01)
    swapped = points[:, ::-1].copy()
    found = instruments.probe(points_and_positions(0, 0.01), (swapped, positions), np.arange(200) // 20)
    assert found.labelled < 0.03
    assert found.unseen > 0.15
    assert found.refitted < 0.03


def test_probe_fits_as_scipy_does() -> None:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(40, 1, 2)).astype(np.float32)
    x[:, 0, 1] = 0
    y = 0.7 * x[:, 0] + generator.normal(0, 0.1, (40, 2))
    found = instruments.probe((x, y), (x, y), np.arange(40) % 4)
    # One coordinate of two moves: the ridge adds half of its variance's thousandth to the slope's denominator.
    shrink = 1 / (1 + instruments.RIDGE / 2)
    error_x, error_y = (
        y[::2, axis].mean()
        + shrink * stats.linregress(x[::2, 0, 0], y[::2, axis]).slope * (x[:, 0, 0] - x[::2, 0, 0].mean())
        - y[:, axis]
        for axis in (0, 1)
    )
    assert found.unseen == pytest.approx(np.hypot(error_x, error_y).mean(), rel=1e-4)


def test_probe_solves_the_ridges_normal_equations() -> None:
    (points, positions), (elsewhere, there) = points_and_positions(0, 0.05), points_and_positions(1, 0.05)
    found = instruments.probe((points, positions), (elsewhere, there), np.arange(200) // 20)
    x = points[::2].reshape(100, 32).astype(float)
    centred, middle = x - x.mean(axis=0), positions[::2].mean(axis=0)
    penalty = instruments.RIDGE * 100 * x.var(axis=0).mean() * np.eye(32)
    slope = np.linalg.solve(centred.T @ centred + penalty, centred.T @ (positions[::2] - middle))
    answers = (elsewhere.reshape(200, 32) - x.mean(axis=0)) @ slope + middle
    assert found.unseen == pytest.approx(np.linalg.norm(answers - there, axis=1).mean(), rel=1e-6)


@pytest.mark.parametrize("tremble", [1e-3, 1e-5, 1e-6, 0.0])
def test_points_that_stood_still_in_the_labelled_scene_do_not_carry_the_answer_out_of_the_picture(
    tremble: float,
) -> None:
    generator = np.random.default_rng(2)
    (points, positions), (elsewhere, there) = points_and_positions(0, 0.01), points_and_positions(1, 0.01)
    points[:, 8:] = tremble * generator.normal(size=(200, 8, 2))
    found = instruments.probe((points, positions), (elsewhere, there), np.arange(200) // 20)
    assert found.labelled < 0.03
    assert found.unseen < found.mean
    still = np.zeros_like(points)
    assert instruments.probe((still, positions), (still, there), np.arange(200) // 20).unseen < 0.3


def test_share_on_object_looks_under_each_point() -> None:
    masks = np.zeros((2, 10, 20), bool)
    masks[:, 2:4, 5:8] = True
    pixels = np.array([[[5, 2], [7.4, 3.4], [7.6, 3], [-3, 99]]] * 2, np.float32)
    assert instruments.share_on_object(pixels, masks).tolist() == [1, 1, 0, 0]


def test_the_best_fixed_point_is_where_the_object_is_most_often() -> None:
    masks = np.zeros((4, 10, 20), bool)
    masks[:3, 2:4, 5:8] = True
    masks[3, 8, 1] = True
    assert instruments.best_fixed(masks) == 0.75
    assert masks.mean() < 0.05


def test_entropy_is_none_for_a_spot_and_whole_for_a_haze() -> None:
    maps = np.zeros((3, 2, 4, 5), np.float32)
    maps[:, 0, 1, 1] = 1
    maps[:, 1] = 1 / 20
    assert instruments.relative_entropy(maps) == pytest.approx([0, 1])
    assert instruments.relative_entropy(maps * np.float32(1.000001)).max() <= 1


def test_channels_used_and_shared() -> None:
    one, two = np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 0, 0])
    assert instruments.channels_used(one) == pytest.approx(1)
    assert instruments.channels_used(two) == pytest.approx(2)
    assert instruments.channels_used(np.zeros(4)) == pytest.approx(4)
    assert instruments.overlap(one, two) == pytest.approx(0.5)
    assert instruments.overlap(two, 7 * two) == pytest.approx(1)


def test_action_error_is_one_for_the_mean() -> None:
    actions = np.random.default_rng(0).normal(3, [1, 5], (2000, 2)).astype(np.float32)
    variance = actions.astype(np.float64).var(axis=0)
    mean = np.broadcast_to(actions.mean(axis=0), actions.shape)
    assert instruments.action_error(mean, actions, variance).mean() == pytest.approx(1, abs=1e-3)
    assert instruments.by_step(np.arange(4.0), np.array([0, 9, 10, 99]), 100) == [0.5, 2.0, *[None] * 7, 3.0]


def test_accuracy_is_told_scene_by_scene() -> None:
    rows = instruments.accuracy_by_scene(
        np.array([0.9, 0.2, 0.9, 0.9], np.float32),
        np.array([True, False, False, True]),
        np.array([0, 0, 4, 4]),
    )
    assert rows == [(0, 2, 1.0), (4, 2, 0.5)]


def test_object_position_is_the_centre_of_what_is_seen() -> None:
    masks = np.zeros((2, 10, 20), bool)
    masks[0, 2:5, 6:9] = True
    nothing = np.zeros((2, 1), np.float32)
    frames = Frames(
        np.zeros((2, 10, 20, 3), np.uint8), masks, nothing, nothing, np.zeros(2, int), np.zeros(2, int)
    )
    assert frames.object_position[0] == pytest.approx([0.7, 0.3])
    assert frames.visible.tolist() == [True, False]
    assert np.isnan(frames.object_position[1]).all()


def test_kinds_are_told_apart_by_nearest_neighbours() -> None:
    generator = np.random.default_rng(0)
    a = generator.normal(0, 1, (40, 3, 2)).astype(np.float32)
    b = generator.normal(0.7, 1, (40, 3, 2)).astype(np.float32)
    points = np.concatenate([a, b]).reshape(80, 6)
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(80, np.inf))
    same = (distance.argmin(axis=1) < 40) == (np.arange(80) < 40)
    assert instruments.told_apart(a, b) == pytest.approx(same.mean())
    assert 0.5 < same.mean() < 0.9


def test_kinds_that_are_alike_are_not_told_apart_and_far_ones_always_whatever_their_numbers() -> None:
    points = np.random.default_rng(0).normal(0, 1, (1500, 2, 2)).astype(np.float32)
    assert instruments.told_apart(points[:500], points[500:]) == pytest.approx(0.5, abs=0.06)
    assert instruments.told_apart(points[:500], points[500:] + 100) == 1
    assert instruments.told_apart(np.zeros((50, 2, 2), np.float32), np.zeros((90, 2, 2), np.float32)) == 0.5


def test_a_probe_is_tested_on_frames_that_it_was_not_fitted_on() -> None:
    generator = np.random.default_rng(0)
    one, other = (
        (generator.normal(size=(80, 16, 2)).astype(np.float32), generator.uniform(0.2, 0.8, (80, 2)))
        for _ in range(2)
    )
    found = instruments.probe(one, other, np.arange(80) // 8)
    assert min(found.labelled, found.refitted) > found.mean  # of points that tell nothing

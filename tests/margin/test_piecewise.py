"""Piecewise cubics against direct evaluation, cell by cell and spot by spot."""

import numpy as np
import pytest

from margin.piecewise import PiecewiseCubic, combine, from_hermite, line
from tests import naive

pytestmark = pytest.mark.kernels

EPSILON = np.finfo(float).eps
SEEDS = range(8)


def random_curve(seed, *, cells=20, lowest=1.0, highest=3.0, error=1e-3):
    rng = np.random.default_rng(seed)
    inner = rng.uniform(lowest, highest, cells - 1)
    knots = np.concatenate([[lowest], np.sort(inner), [highest]])
    return PiecewiseCubic(knots, rng.normal(size=(cells, 4)), np.full(cells, error))


def spots_within(*curves, count=50):
    lowest = max(curve.lowest for curve in curves)
    highest = min(curve.highest for curve in curves)
    return np.random.default_rng(99).uniform(lowest, highest, count)


@pytest.mark.parametrize("seed", SEEDS)
def test_values_and_derivatives_agree_with_powers(seed):
    curve = random_curve(seed)
    spots = spots_within(curve)
    values, slopes = naive.evaluate(curve, spots)
    np.testing.assert_allclose(curve(spots), values, atol=100 * EPSILON)
    scale = 100 * EPSILON / np.diff(curve.knots).min()
    np.testing.assert_allclose(curve.derivative(spots), slopes, atol=scale)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_the_answer_has_the_shape_of_the_question(shape):
    curve = random_curve(0)
    assert curve(np.full(shape, 2.0)).shape == shape
    assert curve.derivative(np.full(shape, 2.0)).shape == shape


def test_at_a_jump_the_value_is_that_on_the_right():
    curve = PiecewiseCubic([0.0, 1.0, 2.0], [[1.0] * 4, [5.0] * 4], [0.0, 0.0])
    np.testing.assert_array_equal(curve([0.0, 1.0, 2.0]), [1.0, 5.0, 5.0])


@pytest.mark.parametrize("spot", [0.999, 3.001, np.nan, np.inf])
def test_a_spot_outside_the_knots_is_refused(spot):
    with pytest.raises(ValueError, match=rf"spots must lie in \[1\.0, 3\.0\], got {spot}"):
        random_curve(0)([2.0, spot])


@pytest.mark.parametrize("factor", [0.5, 0.85, 1.0, 1.15, 6.0])
def test_a_stretched_curve_is_the_curve_at_the_moved_spot(factor):
    curve = random_curve(1)
    moved = curve.stretched(factor)
    spots = spots_within(moved)
    scale = 100 * EPSILON / np.diff(curve.knots).min()
    np.testing.assert_allclose(moved(spots), naive.evaluate(curve, factor * spots)[0], atol=scale)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sum_is_the_sum_at_every_spot(seed):
    curves = [random_curve(seed), random_curve(seed + 50, lowest=1.3), random_curve(7, highest=2.8)]
    weights = np.random.default_rng(seed).normal(size=3)
    total = combine(weights, curves)
    spots = spots_within(*curves)
    expected = sum(w * curve(spots) for w, curve in zip(weights, curves, strict=True))
    scale = 1000 * EPSILON / min(np.diff(curve.knots).min() for curve in curves)
    np.testing.assert_allclose(total(spots), expected, atol=scale)
    assert (total.lowest, total.highest) == (1.3, 2.8)


def test_a_sum_has_the_knots_of_all_within_the_shared_range():
    first, second = random_curve(0), random_curve(1, lowest=1.5)
    union = np.union1d(first.knots, second.knots)
    np.testing.assert_array_equal(combine([1, 1], [first, second]).knots, union[union >= 1.5])


def test_errors_add_with_the_sizes_of_the_weights():
    curves = [random_curve(0, error=0.01), random_curve(1, error=0.1)]
    total = combine([-2.0, 0.5], curves)
    np.testing.assert_allclose(total.error, 2.0 * 0.01 + 0.5 * 0.1, rtol=1e-12)


def test_what_cancels_does_not_look_exact():
    million = line(1e6, 0.0, lowest=1.0, highest=9.0)
    nothing = combine([1.0, -1.0], [million, million])
    np.testing.assert_array_equal(nothing(5.0), 0.0)
    assert 1e6 * EPSILON < nothing.error.item() < 1e6 * 20 * EPSILON


@pytest.mark.parametrize("seed", SEEDS)
def test_more_knots_leave_a_curve_as_it_is(seed):
    curve = random_curve(seed)
    level = from_hermite(np.linspace(1, 3, 40), np.zeros(40), 0.0, right_slopes=0.0, error=0.0)
    finer = combine([1.0, 1.0], [curve, level])
    spots = spots_within(curve)
    scale = 100 * EPSILON / np.diff(curve.knots).min()
    np.testing.assert_allclose(finer(spots), curve(spots), atol=scale)


def test_one_curve_alone_is_only_scaled():
    curve = random_curve(3)
    np.testing.assert_array_equal(combine([2.0], [curve]).bernstein, 2.0 * curve.bernstein)


@pytest.mark.parametrize("seed", SEEDS)
def test_hermite_data_are_met_at_both_ends_of_every_cell(seed):
    rng = np.random.default_rng(seed)
    knots, values = np.cumsum(rng.uniform(0.1, 1.0, 6)), rng.normal(size=6)
    left, right = rng.normal(size=(2, 5))
    curve = from_hermite(knots, values, left, right_slopes=right, error=0.0)
    np.testing.assert_allclose(curve(knots), values, atol=20 * EPSILON)
    np.testing.assert_allclose(curve.derivative(knots[:-1]), left, atol=1e-13)
    before = curve.knots[1:] - 1e-9
    np.testing.assert_allclose(curve.derivative(before), right, atol=1e-5)


def test_a_line_is_straight_and_without_error():
    holding = line(-40.0, 0.5, lowest=20.0, highest=200.0)
    np.testing.assert_allclose(holding([20.0, 80.0, 200.0]), [-30.0, 0.0, 60.0], atol=1e-13)
    np.testing.assert_allclose(holding.derivative([20.0, 200.0]), 0.5, rtol=1e-13)
    assert holding.error.item() == 0.0


@pytest.mark.parametrize(
    ("knots", "bernstein", "error", "message"),
    [
        ([1.0], np.empty((0, 4)), [], "knots must be a row of at least two"),
        ([1.0, 1.0], [[0.0] * 4], [0.0], r"knots must ascend strictly, got 1\.0 before 1\.0"),
        ([1.0, np.nan], [[0.0] * 4], [0.0], "knots must be finite, got nan"),
        ([1.0, 2.0], [[0.0] * 3], [0.0], r"must have shapes \(1, 4\) and \(1,\)"),
        ([1.0, 2.0], [[0.0] * 4], [0.0, 0.0], r"must have shapes \(1, 4\) and \(1,\)"),
        ([1.0, 2.0], [[0.0, 0.0, 0.0, np.inf]], [0.0], "bernstein must be finite, got inf"),
        ([1.0, 2.0], [[0.0] * 4], [-1.0], r"error must not be negative, got -1\.0"),
    ],
)
def test_what_is_no_curve_is_refused(knots, bernstein, error, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseCubic(knots, bernstein, error)


@pytest.mark.parametrize("factor", [0.0, -1.0, np.inf, np.nan])
def test_a_spot_cannot_be_moved_to_nothing(factor):
    with pytest.raises(ValueError, match=f"factor must be positive and finite, got {factor}"):
        random_curve(0).stretched(factor)


@pytest.mark.parametrize(
    ("weights", "curves", "message"),
    [
        ([], [], "one at least, got 0 and 0"),
        ([1.0], [random_curve(0), random_curve(1)], "equally many, .* got 1 and 2"),
        ([np.nan], [random_curve(0)], "weights must be finite, got nan"),
        (
            [1.0, 1.0],
            [random_curve(0), random_curve(0).stretched(0.3)],
            "curves must share a range",
        ),
    ],
)
def test_what_cannot_be_summed_is_refused(weights, curves, message):
    with pytest.raises(ValueError, match=message):
        combine(weights, curves)

"""Sets of spots, against dense points, against formulas, and where they cannot be decided."""

from itertools import pairwise

import numpy as np
import pytest

from margin.danger import State, danger_set
from margin.piecewise import PiecewiseCubic, combine, from_hermite, line
from tests import naive

LOWEST, HIGHEST = 1.0, 100.0
# |f| below this is rounding of the reference itself.
ROUNDING = 1e-12


def straight(intercept, slope, *, error=0.0):
    ends = np.array([LOWEST, HIGHEST])
    return from_hermite(ends, intercept + slope * ends, slope, right_slopes=slope, error=error)


def parabola(centre, height, *, error=0.0, curvature=1.0):
    """``height + curvature (S - centre)^2``."""
    knots = np.linspace(LOWEST, HIGHEST, 8)
    slopes = 2.0 * curvature * (knots - centre)
    values = height + curvature * (knots - centre) ** 2
    return from_hermite(knots, values, slopes[:-1], right_slopes=slopes[1:], error=error)


def random_curve(rng):
    """Smooth, kinked or jumping; exact or with an error."""
    cells = rng.integers(1, 40)
    inner = rng.uniform(LOWEST, HIGHEST, cells - 1)
    knots = np.concatenate([[LOWEST], np.sort(inner), [HIGHEST]])
    error = rng.choice([0.0, 1e-6, 1e-3])
    if rng.random() < 0.3:
        return PiecewiseCubic(knots, rng.normal(1.0, 1.0, (cells, 4)), np.full(cells, error))
    values = rng.normal(size=cells + 1) + rng.uniform(-0.5, 1.5)
    slopes = rng.normal(size=cells + 1) * rng.choice([0.0, 0.1, 3.0])
    kinks = rng.normal(size=cells) * rng.integers(2)
    return from_hermite(knots, values, slopes[:-1], right_slopes=slopes[1:] + kinks, error=error)


def random_curves(seed):
    rng = np.random.default_rng(seed)
    return [random_curve(rng) for _ in range(rng.integers(1, 5))]


def search(curves):
    return danger_set(curves, lowest=LOWEST, highest=HIGHEST)


def ends(found):
    return [(interval.lower, interval.upper) for interval in found.intervals]


@pytest.mark.parametrize("seed", range(0, 1000, 50))
def test_the_sets_are_those_of_dense_points(seed):
    spots = np.linspace(LOWEST, HIGHEST, 5001)[1:-1]
    for curves in map(random_curves, range(seed, seed + 50)):
        found = search(curves)
        undecided = naive.members(found.certificate.undecided, spots)
        for side, intervals in ((1, found.certain), (0, ends(found)), (-1, found.possible)):
            moved = naive.least(curves, spots, side=side)
            wrong = naive.members(intervals, spots) != (moved < 0.0)
            assert not np.any(wrong & (np.abs(moved) > ROUNDING) & ~(undecided & (side == 0)))


@pytest.mark.parametrize("seed", range(20))
def test_the_three_sets_lie_inside_one_another(seed):
    found = search(random_curves(seed))
    for inner, outer in pairwise((found.certain, ends(found), found.possible)):
        assert all(any(a <= c and d <= b for a, b in outer) for c, d in inner)


@pytest.mark.parametrize("seed", range(20))
def test_more_knots_change_no_end(seed):
    curves = random_curves(seed)
    knots = np.linspace(LOWEST, HIGHEST, 300)
    level = from_hermite(knots, np.zeros(300), 0.0, right_slopes=0.0, error=0.0)
    finer = [combine([1.0, 1.0], [curve, level]) for curve in curves]
    np.testing.assert_allclose(ends(search(finer)), ends(search(curves)), rtol=0.0, atol=1e-9)


def test_the_order_of_the_curves_does_not_matter():
    curves = random_curves(3)
    assert search(curves) == search(curves[::-1])


@pytest.mark.parametrize("error", [0.0, 1e-6, 0.01])
def test_an_error_bar_is_the_error_over_the_slope(error):
    found = search([straight(-50.0, 0.85, error=error)]).intervals[0]
    assert found.upper == pytest.approx(50.0 / 0.85, rel=1e-14)
    assert found.upper_error == pytest.approx(error / 0.85, abs=1e-12)
    assert (found.lower_open, found.upper_open) == (True, False)


def test_an_interval_that_fills_the_range_is_open_on_both_sides():
    found = search([straight(-1.0, 0.0)])
    assert ends(found) == [(LOWEST, HIGHEST)]
    assert found.intervals[0].lower_open
    assert found.intervals[0].upper_open
    assert found.certificate.lower_open
    assert found.certificate.upper_open


def test_nothing_is_found_where_nothing_is():
    found = search([straight(1.0, 0.0, error=0.5)])
    assert found.intervals == ()
    assert found.certificate.complete
    assert found.certificate.proven == found.certificate.cells == 1


def test_overlapping_sets_of_two_curves_are_one_interval():
    found = search([parabola(30.0, -25.0), parabola(38.0, -25.0)])
    np.testing.assert_allclose(ends(found), [(25.0, 43.0)], rtol=1e-12)


def test_sets_that_touch_within_the_error_are_one_interval():
    found = search([parabola(30.0, -25.0, error=1e-6), parabola(40.0 + 1e-8, -25.0, error=1e-6)])
    np.testing.assert_allclose(ends(found), [(25.0, 45.0)], rtol=1e-9)
    (gap,) = found.certificate.undecided
    assert gap[0] < 35.0 < gap[1]


def test_sets_with_a_safe_spot_between_them_are_two_intervals():
    found = search([parabola(30.0, -25.0, error=1e-6), parabola(40.1, -25.0, error=1e-6)])
    np.testing.assert_allclose(ends(found), [(25.0, 35.0), (35.1, 45.1)], rtol=1e-12)
    assert found.certificate.complete


@pytest.mark.parametrize("height", [-5e-4, 0.0, 5e-4])
def test_a_dip_within_the_error_is_undecided(height):
    found = search([parabola(40.0, height, error=1e-3)])
    (zone,) = found.certificate.undecided
    np.testing.assert_allclose(zone, 40.0 + np.sqrt(1e-3 - height) * np.array([-1.0, 1.0]))
    assert len(found.intervals) == (height < 0.0)
    assert found.certain == ()
    assert found.state(40.0) is State.UNDECIDED


def test_a_dip_beyond_the_error_is_decided():
    found = search([parabola(40.0, -2e-3, error=1e-3)])
    assert found.certificate.complete
    assert found.state(40.0) is State.LIQUIDATED


@pytest.mark.parametrize("height", [0.0, 1e-17])
def test_a_tangency_of_an_exact_curve_is_flagged(height):
    found = search([parabola(40.0, height)])
    (zone,) = found.certificate.undecided
    assert 39.99 < zone[0] < 40.0 < zone[1] < 40.01


@pytest.mark.parametrize(
    ("spot", "state"),
    [
        (20.0, State.LIQUIDATED),
        (58.7, State.LIQUIDATED),
        (50.0 / 0.85, State.UNDECIDED),
        (58.9, State.SAFE),
        (100.0, State.SAFE),
    ],
)
def test_the_state_follows_the_sign_and_the_error(spot, state):
    assert search([straight(-50.0, 0.85, error=0.05)]).state(spot) is state


def test_a_state_outside_the_range_is_refused():
    with pytest.raises(ValueError, match=r"spot must lie in \[1\.0, 100\.0\], got 0\.5"):
        search([straight(1.0, 0.0)]).state(0.5)


@pytest.mark.parametrize(
    ("curves", "lowest", "highest", "message"),
    [
        ([], 1.0, 2.0, "curves must be at least one, got none"),
        ([straight(1.0, 0.0)], 2.0, 2.0, r"need lowest < highest.* got 2\.0 and 2\.0"),
        ([straight(1.0, 0.0)], 1.0, np.inf, "need lowest < highest, both finite"),
        ([straight(1.0, 0.0)] * 2, 0.5, 9.0, r"curves\[0\] must cover the range from 0\.5"),
        ([line(1.0, 0.0, lowest=1.0, highest=5.0)], 1.0, 9.0, r"got one from 1\.0 to 5\.0"),
    ],
)
def test_a_range_that_cannot_be_searched_is_refused(curves, lowest, highest, message):
    with pytest.raises(ValueError, match=message):
        danger_set(curves, lowest=lowest, highest=highest)

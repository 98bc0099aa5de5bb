"""Many weighted sums at once against sums made one by one, and knots and cells in kernels."""

import numpy as np
import pytest

from margin.cells import bernstein_cells, interpolation_error
from margin.kernels.cells import option_cells
from margin.kernels.unions import unite
from margin.knots import FINEST, spot_knots
from margin.piecewise import PiecewiseCubic, combine, line
from margin.sums import Term, weighted_sums


def random_curve(rng, lowest, highest, cells):
    inside = rng.uniform(lowest, highest, cells - 1)
    knots = np.sort(np.concatenate([[lowest, highest], inside]))
    return PiecewiseCubic(knots, rng.normal(size=(cells, 4)), rng.uniform(0.0, 1e-6, cells))


@pytest.mark.parametrize("seed", range(5))
def test_sums_in_one_pass_are_those_made_one_by_one(seed):
    rng = np.random.default_rng(seed)
    curves = [random_curve(rng, 10.0, 90.0, 40), line(3.0, 0.5, lowest=9.0, highest=95.0)]
    curves.append(random_curve(rng, 12.0, 80.0, 7))
    shape = (6, 3)
    weights, factors = rng.normal(size=shape), rng.uniform(0.8, 1.2, shape)
    terms = [
        [Term(*part) for part in zip(range(3), w, f, strict=True)]
        for w, f in zip(weights.tolist(), factors.tolist(), strict=True)
    ]
    for found, w, f in zip(weighted_sums(curves, terms), weights, factors, strict=True):
        moved = [curve.stretched(factor) for curve, factor in zip(curves, f.tolist(), strict=True)]
        wanted = combine(w.tolist(), moved)
        np.testing.assert_allclose(found.knots, wanted.knots, rtol=1e-15)
        np.testing.assert_allclose(found.bernstein, wanted.bernstein, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(found.error, wanted.error, rtol=1e-6)


def test_a_sum_of_curves_that_share_no_range_is_refused():
    low, high = line(0.0, 1.0, lowest=1, highest=2), line(0.0, 1.0, lowest=3, highest=4)
    with pytest.raises(ValueError, match="share a range, got none for sum 1"):
        weighted_sums([low, high], [[Term(0)], [Term(0), Term(1)]])


@pytest.mark.parametrize("seed", range(5))
def test_knots_resolve_living_options_and_hold_every_strike(seed):
    rng = np.random.default_rng(seed)
    strikes = rng.uniform(60.0, 150.0, 12)
    deviations = np.where(rng.uniform(size=12) < 0.3, 0.0, rng.uniform(0.02, 0.4, 12))
    knots = spot_knots(strikes, deviations, 40.0, 250.0)
    assert knots[0] == 40.0
    assert knots[-1] == 250.0
    assert np.isin(strikes, knots).all()
    steps, middle = np.diff(np.log(knots)), 0.5 * np.log(knots[1:] * knots[:-1])
    assert steps.min() > 0.0
    alive = deviations > 0.0
    away = np.abs(middle[:, None] - np.log(strikes[alive]))
    widest = np.hypot(deviations[alive], away + steps[:, None]).min(axis=1)
    # A knot that is left out beside a strike lengthens a cell by a quarter of its neighbour.
    assert np.all(steps <= 1.5 * FINEST * widest)


def test_cells_of_options_are_hermite_cubics_with_their_bound_and_chords_at_expiry():
    rng = np.random.default_rng(3)
    knots = np.sort(rng.uniform(50.0, 90.0, 12))
    values, slopes, errors = rng.normal(size=(3, 2, 12))
    errors = np.abs(errors)
    cells, bound = np.empty((2, 11, 4)), np.empty((2, 11))
    option_cells(knots, (values, slopes, errors), np.array([True, False]), cells, bound)
    ends = (values[:, :-1], slopes[:, :-1]), (values[:, 1:], slopes[:, 1:])
    wanted = bernstein_cells(knots, *ends)[0]
    np.testing.assert_allclose(cells[0], wanted, rtol=1e-12, atol=1e-14)
    worst = np.maximum(errors[:, :-1], errors[:, 1:])
    strays = interpolation_error(wanted, np.diff(knots))
    np.testing.assert_allclose(bound, [worst[0] + strays, worst[1]], rtol=1e-9)
    straight = np.linspace(values[1, :-1], values[1, 1:], 4).T
    np.testing.assert_allclose(cells[1], straight, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("seed", range(10))
def test_a_union_holds_what_one_of_its_intervals_holds(seed):
    rng = np.random.default_rng(seed)
    pieces = np.sort(rng.integers(0, 60, (8, 2)).astype(float), axis=1)
    united = pieces.copy()
    count = unite(united, len(united))
    at = np.arange(0.25, 60.0, 0.5)
    held = ((pieces[:, :1] <= at) & (at <= pieces[:, 1:])).any(axis=0)
    rows = united[:count]
    np.testing.assert_array_equal(((rows[:, :1] <= at) & (at <= rows[:, 1:])).any(axis=0), held)
    assert np.all(rows[1:, 0] > rows[:-1, 1])

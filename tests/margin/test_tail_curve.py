"""Order statistics of moved readings of a curve, against sorting at every spot."""

import numpy as np
import pytest

from margin.kernels.tail import reach, select
from margin.piecewise import from_hermite, line
from margin.rules.tail.curve import lowest_values, mean_of_lowest, ranked_value
from tests import naive

interpreted_too = pytest.mark.kernels

SPOTS = np.exp(np.linspace(np.log(30.0), np.log(300.0), 701))


def wave(seed, cells=60):
    """A smooth random function of spot with several hills, exact to its stated error of 0."""
    rng = np.random.default_rng(seed)
    knots = np.exp(np.linspace(np.log(10.0), np.log(900.0), cells + 1))
    heights, slopes = rng.normal(0.0, 50.0, cells + 1), rng.normal(0.0, 2.0, cells + 1)
    return from_hermite(knots, heights, slopes[:-1], right_slopes=slopes[1:], error=0.0)


def readings(curve, factors, weights=1.0):
    return np.sort(weights * curve(SPOTS[:, None] * factors), axis=1)


def bound(curve):
    cell = np.searchsorted(curve.knots, SPOTS, side="right") - 1
    return curve.error[np.minimum(cell, curve.error.size - 1)]


@interpreted_too
@pytest.mark.parametrize("seed", range(20))
def test_selection_puts_the_lowest_first_and_the_largest_of_them_last(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 30, 50).astype(float)  # with ties
    rank, order = int(rng.integers(1, 51)), rng.permutation(50)
    select(values, rank, order)
    assert sorted(order) == list(range(50))
    assert values[order[rank - 1]] == np.sort(values)[rank - 1]
    assert values[order[:rank]].max() <= values[order[rank - 1 :]].min()


@interpreted_too
@pytest.mark.parametrize("seed", range(20))
def test_a_cubic_is_negative_as_far_as_is_proven(seed):
    rng = np.random.default_rng(seed)
    cubic = naive.polynomial(rng.normal(size=4))
    cubic = cubic - cubic(0.5) - 0.1
    end = float(rng.choice([0.0, 1.0]))
    proven = reach(tuple(naive.bernstein(cubic)), 0.5, end)
    assert cubic(np.linspace(0.5, proven, 200)).max() <= 1e-12
    assert proven == end or abs(proven - 0.5) > 0.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("count", "rank"), [(1, 1), (7, 1), (7, 7), (40, 3), (40, 20)])
def test_the_ranked_value_and_the_mean_are_those_of_sorting_within_their_errors(seed, count, rank):
    curve, rng = wave(seed), np.random.default_rng(seed)
    factors = np.exp(rng.normal(0.0, 0.15, count)).clip(0.5, 2.0)
    weights = rng.uniform(0.5, 1.5, count)
    sorted_values = readings(curve, factors, weights)
    ranked = ranked_value(curve, factors, rank, weights=weights)
    assert np.all(np.abs(ranked(SPOTS) - sorted_values[:, rank - 1]) <= bound(ranked) + 1e-12)
    mean = mean_of_lowest(curve, factors, rank, weights=weights)
    expected = sorted_values[:, :rank].mean(axis=1)
    assert np.all(np.abs(mean(SPOTS) - expected) <= bound(mean) + 1e-12)


@interpreted_too
def test_two_hills_and_three_readings_are_sorted_within_their_errors():
    curve, factors = wave(1, cells=3), np.array([0.8, 1.1, 1.3])
    found = ranked_value(curve, factors, 2)
    expected = readings(curve, factors)[:, 1]
    assert np.all(np.abs(found(SPOTS) - expected) <= bound(found) + 1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_error_is_small_against_the_spread_of_the_readings(seed):
    factors = np.exp(np.random.default_rng(seed).normal(0.0, 0.05, 30))
    curve = wave(seed, cells=12)
    error = bound(ranked_value(curve, factors, 4))
    assert np.median(error / np.ptp(readings(curve, factors), axis=1)) < 2e-7


@interpreted_too
def test_readings_that_cross_at_one_spot_are_parted_there():
    curve = from_hermite([10, 100, 1000], [0, 0, 900], [0, 1], right_slopes=[0, 1], error=0.0)
    lowest = ranked_value(curve, [0.5, 2.0], 1, weights=[1.0, 1.0])
    assert float(lowest(150.0)) == pytest.approx(0.0, abs=float(bound(lowest).max()))
    assert float(lowest(400.0)) == pytest.approx(100.0, abs=1e-4)


def test_equal_factors_tie_without_harm():
    shares = line(0.0, 1.0, lowest=1.0, highest=1_000.0)
    assert ranked_value(shares, [0.9] * 50, 7)(SPOTS) == pytest.approx(0.9 * SPOTS)


@pytest.mark.parametrize(
    ("factors", "rank", "message"),
    [
        ([1.0], 2, "rank must lie from 1 to the number of factors, 1, got 2"),
        ([1.0, -0.5], 1, "factors must be positive and finite, got -0.5"),
        ([0.001, 1_000.0], 1, "factors must leave a range of spots"),
    ],
)
def test_what_cannot_be_ranked_is_refused(factors, rank, message):
    with pytest.raises(ValueError, match=message):
        ranked_value(line(0.0, 1.0, lowest=1.0, highest=100.0), factors, rank)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("power", [0, 1])
@pytest.mark.parametrize("count", [1, 7, 40])
def test_the_lowest_readings_are_those_of_sorting(seed, power, count):
    rng = np.random.default_rng(seed)
    knots = np.linspace(10.0, 300.0, 15)
    values, slopes = rng.normal(size=15), rng.normal(scale=0.1, size=15)
    curve = from_hermite(knots, values, slopes[:-1], right_slopes=slopes[1:], error=0.0)
    factors, spots = rng.uniform(0.5, 1.8, 40), np.linspace(40.0, 120.0, 33)
    readings = curve(spots[:, None] * factors) / factors**power
    found = lowest_values(curve, factors, count, spots=spots, power=power)
    assert found == pytest.approx(np.sort(readings, axis=1)[:, :count], abs=1e-12)


def test_the_lowest_readings_of_a_level_curve_are_all_the_same():
    level = line(3.0, 0.0, lowest=10.0, highest=300.0)
    found = lowest_values(level, (0.8, 1.0, 1.2), 3, spots=np.array([50.0, 100.0]))
    assert found == pytest.approx(3.0, rel=1e-15)


def test_readings_outside_the_curve_are_refused():
    level = line(3.0, 0.0, lowest=10.0, highest=100.0)
    with pytest.raises(ValueError, match=r"spots must lie in \[12\.5, 83\.3+4\], got 90\.0"):
        lowest_values(level, (0.8, 1.2), 1, spots=np.array([50.0, 90.0]))

"""Curves that change at their sign, against numpy on many spots."""

import numpy as np
import pytest

from margin.piecewise import PiecewiseCubic, combine, line
from margin.rules.kinked import broken_line, by_sign, greater, lesser
from margin.rules.slopes import slope_curve, times_spot

SPOTS = np.linspace(10.0, 90.0, 1001)
ROUNDING = 1e-12  # of coefficients of order one


def wave(seed, cells=12):
    """A continuous random piecewise cubic from 10 to 90 that crosses zero often."""
    rng = np.random.default_rng(seed)
    knots = np.linspace(10.0, 90.0, cells + 1)
    rows = rng.uniform(-1.0, 1.0, (cells, 4))
    rows[1:, 0] = rows[:-1, 3]
    return PiecewiseCubic(knots, rows, np.full(cells, 1e-9))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("factors", [(1.0, -1.0), (0.95, 1.04), (1.0, 0.0), (-2.0, 1.0)])
def test_each_sign_has_its_factor(seed, factors):
    curve = wave(seed)
    values = curve(SPOTS)
    expected = np.where(values > 0.0, factors[0], factors[1]) * values
    assert by_sign(curve, *factors)(SPOTS) == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("seed", range(8))
def test_the_larger_and_the_lesser_are_those_of_numpy(seed):
    first, second = wave(seed), wave(seed + 100, cells=7)
    values = first(SPOTS), second(SPOTS)
    assert greater(first, second)(SPOTS) == pytest.approx(np.maximum(*values), abs=ROUNDING)
    assert lesser(first, second)(SPOTS) == pytest.approx(np.minimum(*values), abs=ROUNDING)


def test_errors_do_not_shrink():
    bent = by_sign(wave(3), 1.0, -1.0)
    assert bent.error.min() >= 1e-9


def test_nothing_keeps_being_nothing():
    nothing = combine([0.0], [line(0.0, 1.0, lowest=10.0, highest=90.0)])
    assert np.all(by_sign(nothing, 3.0, -2.0)(SPOTS) == 0.0)


def test_a_broken_line_is_exact_off_its_kinks():
    def formula(spot):
        return np.maximum(0.15 * spot - np.maximum(50.0 - spot, 0.0), 0.1 * spot)

    curve = broken_line(formula, (50.0, 50.0 / 1.05, 500.0), lowest=10.0, highest=90.0)
    assert curve(SPOTS) == pytest.approx(formula(SPOTS), abs=1e-13)
    assert curve.knots.size == 4


def test_the_delta_of_a_cubic_is_its_derivative_times_the_spot():
    curve = wave(5)
    inside = SPOTS[1:-1]
    delta = times_spot(slope_curve(curve))(inside)
    assert delta == pytest.approx(inside * curve.derivative(inside), abs=1e-11)

"""Marches and reading on a plane against dense algebra, exact polynomials and complementarity."""

import numpy as np
import pytest
from numpy.polynomial import polynomial

from pdesolve.grid import time_grid
from pdesolve.kernels import plane
from pdesolve.kernels.adi import THETA, adi_march
from pdesolve.kernels.stencil import first_derivative, second_derivative
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.operator import across_rows, rate_rows, spot_weights, variance_bands

pytestmark = pytest.mark.kernels

M, W = 11, 9
SPOTS, VARIANCES = np.geomspace(50.0, 200.0, M), np.linspace(0.0, 0.5, W) ** 2
FREE = np.full((M, W), -np.inf)
STILL = np.zeros((2, 2))


def stencil(make, x):
    weights = np.zeros((3, x.size))
    make(x, weights)
    return weights


@pytest.fixture
def rows():
    bands, third = variance_bands(VARIANCES, 1.5, 0.06, 0.8)
    rates = rate_rows(0.5 * VARIANCES, 0.03, -0.6 * 0.8 * VARIANCES, 0.05)
    across = across_rows(stencil(first_derivative, VARIANCES), bands, third)
    return spot_weights(SPOTS), rates, across


@pytest.fixture
def start():
    return np.random.default_rng(0).uniform(0.0, 10.0, (M, W))


def banded(bands):
    return np.diag(bands[0, 1:], -1) + np.diag(bands[1]) + np.diag(bands[2, :-1], 1)


def dense(rows):
    """The three parts of the generator as matrices; nothing happens in the end rows."""
    along, rates, across = rows
    first, second = banded(along[:, :3].T), banded(along[:, 3:].T)
    inside = np.diag(np.r_[0.0, np.ones(M - 2), 0.0])
    derivative, side = banded(across[:3]), banded(across[3:6])
    side[0, 2] = across[6, 0]
    half, drift, mixed, decay = (np.diag(row) for row in rates)
    lines = np.kron(second, half) + np.kron(first, drift) - np.kron(inside, decay)
    return np.kron(first, mixed @ derivative), lines, np.kron(inside, side)


def dense_step(parts, dt, before, *, damped=False):
    """A step of the modified Craig-Sneyd scheme as it is written in the literature."""
    mixed, lines, side = parts
    total, one, theta = mixed + lines + side, np.eye(before.size), 1.0 if damped else THETA

    def corrected(guess, old):
        for part in (lines, side):
            right = guess - theta * dt * part @ old
            guess = np.linalg.solve(one - theta * dt * part, right)
        return guess

    explicit = before + dt * total @ before
    first = corrected(explicit, before)
    if damped:
        return first
    again = explicit + theta * dt * mixed @ (first - before)
    again += (0.5 - theta) * dt * total @ (first - before)
    return corrected(again, before)


def marched(rows, start, times, *, damping=0, floor=FREE, edges=None):
    levels = np.empty((times.size, *start.shape))
    levels[0] = start
    edges = np.zeros((times.size, 2)) if edges is None else edges
    adi_march(rows, floor, times, edges, damping, levels)
    return levels


def test_a_step_is_that_of_the_literature(rows, start):
    found = marched(rows, start, np.array([0.0, 0.1]))[1]
    expected = dense_step(dense(rows), 0.1, start.ravel()).reshape(M, W)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_damped_step_is_two_implicit_half_steps(rows, start):
    found = marched(rows, start, np.array([0.0, 0.1]), damping=1)[1]
    half = dense_step(dense(rows), 0.05, start.ravel(), damped=True)
    expected = dense_step(dense(rows), 0.05, half, damped=True).reshape(M, W)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_what_grows_at_a_rate_is_held_by_its_ends(rows):
    # Cash and asset obey the equation: a - b S discounted; a step is off by its cube.
    times, (rate, drift) = np.linspace(0.0, 1.0, 41), (0.05, 0.03)
    cash = np.exp(-rate * times)[:, None] * 20.0
    asset = np.exp((drift - rate) * times)[:, None] * SPOTS
    edges = (cash + asset)[:, [0, -1]]
    start = np.repeat((cash + asset)[0][:, None], W, axis=1)
    found = marched(rows, start, times, edges=edges)[-1]
    expected = np.repeat((cash + asset)[-1][:, None], W, axis=1)
    np.testing.assert_allclose(found, expected, rtol=1.0 * (rate / 40.0) ** 2)


def test_values_stay_above_the_floor(rows):
    floor = np.repeat(np.maximum(100.0 - SPOTS, 0.0)[:, None], W, axis=1)
    held = marched(rows, floor, time_grid(1.0, 40), damping=2, floor=floor)
    assert np.all(held >= floor)


def test_a_floor_far_below_changes_nothing(rows, start):
    times = time_grid(1.0, 8)
    held = marched(rows, start, times, damping=2, floor=np.full((M, W), -1e6))
    np.testing.assert_allclose(held, marched(rows, start, times, damping=2), rtol=1e-12)


def test_steps_from_a_level_go_on_as_the_march_did(rows, start):
    floor = np.repeat(np.maximum(100.0 - SPOTS, 0.0)[:, None], W, axis=1)
    levels = marched(rows, floor, np.array([0.0, 0.02, 0.06, 0.1]), floor=floor)
    again = marched(rows, levels[2], np.array([0.06, 0.1]), floor=floor)
    np.testing.assert_array_equal(again[1], levels[3])


@pytest.mark.parametrize("count", [4, 6])
def test_polynomials_are_read_exactly(count):
    coefficients = np.random.default_rng(1).uniform(-1.0, 1.0, (count, count))
    x, y = np.linspace(0.5, 2.0, M) ** 1.5, np.linspace(0.0, 1.0, W) ** 2
    values = polynomial.polygrid2d(x, y, coefficients)
    at = np.random.default_rng(2).uniform([[x[0]], [y[0]]], [[x[-1]], [y[-1]]], (2, 40))
    out = np.empty((7, 40))
    plane.read_plane(x, y, values.T.copy(), np.ones((W, M)), count, at, out)
    by = [(0, 0), (1, 0), (2, 0), (0, 1), (0, 2), (1, 1)]
    for row, (i, j) in enumerate(by):
        derived = polynomial.polyder(polynomial.polyder(coefficients, i, axis=0), j, axis=1)
        expected = polynomial.polyval2d(*at, derived)
        np.testing.assert_allclose(out[row], expected, rtol=0.0, atol=1e-9)
    np.testing.assert_array_equal(out[plane.ERROR], 1.0)


def test_the_error_at_a_point_is_the_largest_of_its_cell():
    x, errors, out = np.arange(7.0), np.zeros((7, 7)), np.empty((7, 2))
    errors[3, 2] = 5.0
    at = np.array([[2.5, 4.5], [3.5, 3.5]])
    plane.read_plane(x, x, np.zeros((7, 7)), errors, 4, at, out)
    np.testing.assert_array_equal(out[plane.ERROR], [5.0, 0.0])


def test_weights_are_exact_for_cash_and_the_asset():
    first, second = spot_weights(SPOTS)[1:-1].reshape(-1, 2, 3).transpose(1, 0, 2)
    windows = np.lib.stride_tricks.sliding_window_view(SPOTS, 3)
    np.testing.assert_allclose((first * windows).sum(axis=1), SPOTS[1:-1], rtol=1e-13)
    np.testing.assert_allclose((second * windows).sum(axis=1), 0.0, atol=1e-10)
    np.testing.assert_allclose(first.sum(axis=1), 0.0, atol=1e-13)


def test_the_row_at_zero_variance_takes_the_drift_from_three_nodes():
    bands, third = variance_bands(VARIANCES, 1.5, 0.06, 0.8)
    parabola = 2.0 + 3.0 * VARIANCES - 5.0 * VARIANCES**2
    found = bands[1:, 0] @ parabola[:2] + third * parabola[2]
    assert found == pytest.approx(0.06 * 3.0, rel=1e-12)


def test_second_derivatives_across_vanish_at_zero_variance():
    bands, _ = variance_bands(VARIANCES, 0.0, 0.0, 0.8)
    expected = 0.32 * VARIANCES * stencil(second_derivative, VARIANCES)
    np.testing.assert_allclose(bands, expected, atol=1e-15)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"spots": SPOTS[::-1]}, "spots must ascend"),
        ({"others": VARIANCES[:5]}, "others must be a row of 7 or more that ascends"),
        ({"others": np.full(9, np.nan)}, "others must be finite"),
        ({"times": np.array([0.1, 0.2, 0.3])}, "times must start at expiry, at 0, got 0.1"),
    ],
)
def test_a_grid_in_disorder_is_refused(changed, message):
    parts = {"spots": SPOTS, "others": VARIANCES, "times": time_grid(1.0, 2)}
    with pytest.raises(ValueError, match=message):
        PlaneGrid(**parts | changed)


def test_a_grid_even_in_number_has_no_coarser_one():
    with pytest.raises(ValueError, match=r"must be odd in number .* got 11, 8 and 3"):
        PlaneGrid(SPOTS, VARIANCES[:8], time_grid(1.0, 2)).coarser()

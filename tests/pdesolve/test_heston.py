"""Values under Heston's model against the integral, limits and inequalities."""

import dataclasses

import numpy as np
import pytest

from pdesolve import (
    Claim,
    Dividend,
    Heston,
    Option,
    Payoff,
    Right,
    Scheme,
    SquareRootVariance,
    black_scholes,
    solve,
    solve_heston,
)
from pdesolve.formulas.heston_integral import heston
from pdesolve.heston.grid import heston_grid
from pdesolve.heston.operator import heston_operator
from pdesolve.plane.marching import march_plane
from tests.pdesolve import benchop
from tests.pdesolve.heston_cases import (
    CALM,
    MODEL,
    SPOTS,
    STRIKE,
    knock_out,
    random_model,
    still,
)

FIELDS = [field.name for field in dataclasses.fields(SquareRootVariance)]
# 2 kappa theta is a twentieth of the squared vol-of-vol and less.
WILD = [
    SquareRootVariance(0.04, 0.5, 0.04, vol_of_vol=1.0, correlation=-0.9),
    SquareRootVariance(0.09, 1.0, 0.09, vol_of_vol=1.5, correlation=-0.3),
    SquareRootVariance(0.114, 2.58, 0.043, vol_of_vol=2.0, correlation=0.4),
]


def exact(model, spots, expiry, right=Right.CALL, *, variance=None):
    moves = model.variance
    if variance is not None:
        moves = dataclasses.replace(moves, initial=variance)
    rates = {"rate": model.rate, "div_yield": model.dividend_yield}
    return heston(spots, STRIKE, expiry, variance=moves, right=right, **rates)


@pytest.mark.parametrize("row", benchop.rows("heston"))
def test_benchop_is_met_to_its_bar(row):
    model = Heston(SquareRootVariance(**benchop.taken(row, *FIELDS)), rate=row["rate"])
    surface = solve_heston(Option(Right.CALL, row["strike"], row["expiry"]), model)
    assert surface.value(row["spot"]) == pytest.approx(row["value"], rel=1e-4)
    assert abs(surface.value(row["spot"]) - row["value"]) <= surface.error(row["spot"])


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(6))
def test_the_estimated_error_holds(seed, right):
    model = random_model(seed)
    surface = solve_heston(Option(right, STRIKE, 1.0), model)
    found = np.abs(surface.value(SPOTS) - exact(model, SPOTS, 1.0, right).price)
    assert np.all(found <= surface.error(SPOTS))
    assert np.all(surface.error(SPOTS) <= 0.02)


@pytest.mark.parametrize("variance", WILD)
def test_variances_that_reach_zero_are_met(variance):
    model = Heston(variance, rate=0.02)
    surface = solve_heston(Option(Right.PUT, STRIKE, 1.0), model)
    found = np.abs(surface.value(SPOTS) - exact(model, SPOTS, 1.0, Right.PUT).price)
    assert np.all(found <= surface.error(SPOTS))


def test_values_are_of_second_order_before_extrapolation():
    option, refinements, errors = Claim(Payoff.vanilla(Right.CALL, STRIKE), 1.0), [2, 4, 8], []
    spot = STRIKE * np.exp(-0.02)  # its forward is a node
    for refinement in refinements:
        grid = heston_grid(option, MODEL, refinement)
        values = march_plane(heston_operator(option, MODEL, grid), grid.times).values(1.0)
        at = np.arange(2, 7) * refinement  # variances that all grids share
        truth = [exact(MODEL, spot, 1.0, variance=each).price for each in grid.others[at]]
        strike = np.flatnonzero(grid.spots == STRIKE)[0]
        errors.append(np.abs(np.exp(-0.03) * values[strike, at] - truth).max())
    order = -np.polyfit(np.log(refinements), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "tolerance"), [("delta", 1e-5), ("gamma", 1e-5), ("theta", 1e-3), ("vega", 1e-2)]
)
@pytest.mark.parametrize("right", Right)
def test_greeks_are_those_of_the_integral(name, tolerance, right):
    surface = solve_heston(Option(right, STRIKE, 1.0), MODEL)
    found, expected = getattr(surface, name)(SPOTS), getattr(exact(MODEL, SPOTS, 1.0, right), name)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=tolerance)


def test_the_cross_derivative_is_that_of_delta_by_the_variance():
    surface, bump = solve_heston(Option(Right.CALL, STRIKE, 1.0), MODEL), 1e-4
    up, down = (exact(MODEL, SPOTS, 1.0, variance=0.04 + sign * bump).delta for sign in (1, -1))
    np.testing.assert_allclose(surface.cross(SPOTS), (up - down) / (2.0 * bump), atol=2e-3)
    vegas = surface.vega(SPOTS), 0.4 * surface.variance_vega(SPOTS)
    np.testing.assert_allclose(*vegas, rtol=1e-14)


@pytest.mark.parametrize("time", [0.3, 0.9])
def test_any_date_and_variance_is_read_off_one_surface(time):
    surface = solve_heston(Option(Right.CALL, STRIKE, 1.0), MODEL)
    for variance in (0.01, 0.04, 0.12):
        truth = exact(MODEL, SPOTS, 1.0 - time, variance=variance).price
        found = np.abs(surface.value(SPOTS, time, variance) - truth)
        assert np.all(found <= np.maximum(surface.error(SPOTS, time, variance), 1e-9))


def test_parity_holds():
    # The forward is exact but for its average over the one cell of the strike, of the order h^2.
    call, put = (solve_heston(Option(right, STRIKE, 1.0), MODEL) for right in Right)
    forward = SPOTS * np.exp(-0.01) - STRIKE * np.exp(-0.03)
    np.testing.assert_allclose(call.value(SPOTS) - put.value(SPOTS), forward, atol=2e-6)


@pytest.mark.parametrize("right", Right)
def test_a_variance_that_stays_gives_black_and_scholes(right):
    surface = solve_heston(Option(right, STRIKE, 1.0), still(0.2, 0.03, 0.01))
    truth = black_scholes(SPOTS, STRIKE, 1.0, vol=0.2, rate=0.03, div_yield=0.01, right=right)
    assert np.all(np.abs(surface.value(SPOTS) - truth.price) <= surface.error(SPOTS))
    np.testing.assert_allclose(surface.delta(SPOTS), truth.delta, atol=1e-5)


@pytest.mark.parametrize("vol_of_vol", [1e-2, 1e-4])
def test_a_small_vol_of_vol_comes_near_black_and_scholes(vol_of_vol):
    # The first change of the value is rho eta v T^2 / 4 times S d/dS of S^2 V_SS, below 10 eta.
    variance = SquareRootVariance(0.04, 2.0, 0.04, vol_of_vol, -0.7)
    surface = solve_heston(Option(Right.CALL, STRIKE, 1.0), Heston(variance, rate=0.03))
    truth = black_scholes(SPOTS, STRIKE, 1.0, vol=0.2, rate=0.03).price
    found = np.abs(surface.value(SPOTS) - truth)
    assert np.all(found <= surface.error(SPOTS) + 10.0 * vol_of_vol)


@pytest.mark.parametrize("seed", range(4))
def test_values_rise_with_the_variance(seed):
    surface = solve_heston(Option(Right.PUT, STRIKE, 1.0), random_model(seed))
    variances = np.linspace(0.0, surface.window[1][1], 25)
    values = surface.value(SPOTS[:, None], 0.0, variances)
    assert np.all(np.diff(values, axis=1) >= -surface.error(SPOTS[:, None], 0.0, variances[1:]))


def test_a_tolerance_is_met_or_missed_out_loud():
    option = Option(Right.CALL, STRIKE, 1.0)
    rough, fine = (solve_heston(option, MODEL, tolerance=each) for each in (0.1, 1e-12))
    assert rough.converged
    assert rough.largest_error() <= 0.1
    assert not fine.converged
    assert "misses the tolerance" in repr(fine)
    assert rough.grid.spots.size < fine.grid.spots.size


@pytest.mark.parametrize("expiry", [0.0, 1e-6, 1.0 / 365.0])
def test_short_lives_end_in_the_payoff(expiry):
    option = Option(Right.PUT, STRIKE, expiry)
    surface = solve_heston(option, MODEL)
    slack = 1e-9 + 10.0 * np.sqrt(expiry) * np.exp(-0.5 * (0.1 / 0.2) ** 2 / max(expiry, 1e-9))
    carry = 4.0 * expiry + slack
    np.testing.assert_allclose(surface.value(SPOTS[[0, 1, 3]]), [20.0, 10.0, 0.0], atol=carry)


def test_at_expiry_greeks_are_those_of_the_payoff():
    surface = solve_heston(Option(Right.CALL, STRIKE, 1.0), MODEL)
    np.testing.assert_array_equal(surface.delta([90.0, 100.0, 110.0], 1.0), [0.0, np.nan, 1.0])
    np.testing.assert_array_equal(surface.vega([90.0, 110.0], 1.0), 0.0)
    assert surface.value(110.0, 1.0) == 10.0


def test_a_variance_of_zero_today_is_a_limit():
    variance = dataclasses.replace(CALM, initial=0.0)
    surface = solve_heston(Option(Right.CALL, STRIKE, 1.0), Heston(variance, rate=0.03))
    exact = heston(SPOTS, STRIKE, 1.0, variance=variance, rate=0.03)
    near = heston(SPOTS, STRIKE, 1.0, variance=dataclasses.replace(CALM, initial=1e-9), rate=0.03)
    assert np.all(np.abs(surface.value(SPOTS) - exact.price) <= surface.error(SPOTS))
    np.testing.assert_allclose(exact.price, near.price, rtol=1e-5)
    np.testing.assert_array_equal(exact.vega, 0.0)


def test_nothing_is_read_outside_the_surface():
    surface = solve_heston(knock_out(Right.CALL, upper=120.0), MODEL)
    with pytest.raises(ValueError, match=r"spots must lie on the surface, .* to 120.0, got 121.0"):
        surface.value(121.0)
    with pytest.raises(ValueError, match="variance must lie on the surface"):
        surface.value(100.0, 0.0, 5.0)
    with pytest.raises(ValueError, match=r"time must lie between today, 0, and expiry, 1.0"):
        surface.value(100.0, 1.5)


@pytest.mark.parametrize("tolerance", [0.0, -1.0, np.nan])
def test_tolerances_must_be_positive(tolerance):
    with pytest.raises(ValueError, match="tolerance must be positive and finite"):
        solve_heston(Option(Right.CALL, STRIKE, 1.0), MODEL, tolerance=tolerance)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"rate": np.inf}, "rate must be finite, got inf"),
        ({"variance": dataclasses.replace(CALM, level=[0.1, 0.2])}, "level must be a single"),
        ({"variance": SquareRootVariance(0.0, 1.0, 0.0, 0.5, 0.0)}, "must not both be zero"),
    ],
)
def test_models_that_make_no_sense_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        Heston(**{"variance": CALM} | terms)


def test_the_front_door_finds_the_model():
    option = Option(Right.CALL, STRIKE, 1.0)
    surface = solve(option, MODEL, tolerance=0.1)
    expected = solve_heston(option, MODEL, tolerance=0.1)
    np.testing.assert_array_equal(surface.value(SPOTS), expected.value(SPOTS))


@pytest.mark.parametrize(
    "terms",
    [{"scheme": Scheme.CRANK_NICOLSON}, {"dividends": (Dividend(0.5, cash=1.0),)}],
    ids=["scheme", "dividends"],
)
def test_what_belongs_to_one_dimension_is_refused(terms):
    with pytest.raises(ValueError, match="must be left out under Heston's model"):
        solve(Option(Right.CALL, STRIKE, 1.0), MODEL, **terms)

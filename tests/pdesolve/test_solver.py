"""`solve` against the closed form and fine solves, inequalities that always hold, and its edges."""

import numpy as np
import pytest

from pdesolve import (
    BlackScholes,
    Contracts,
    Exercise,
    Grid,
    Option,
    Resolution,
    Right,
    Scheme,
    black_scholes,
    solve,
    solve_many,
    spot_grid,
    time_grid,
)
from pdesolve.march.marching import march
from pdesolve.march.problem import pose
from pdesolve.march.reading import read_column

MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.02)
SPOTS = np.linspace(60.0, 150.0, 37)
CELLS = np.array([320, 640, 1280, 2560])
HOUR = 1.0 / 8760.0
AMERICAN, EUROPEAN = Exercise.AMERICAN, Exercise.EUROPEAN


def exact(option, model, spots, left=None):
    return black_scholes(
        spots,
        option.strike,
        option.expiry if left is None else left,
        vol=model.volatility,
        rate=model.rate,
        div_yield=model.dividend_yield,
        right=option.right,
    )


def random_model(seed):
    """A model with one exercise boundary for puts and for calls."""
    draw = np.random.default_rng(seed).uniform
    return BlackScholes(draw(0.05, 1.0), rate=draw(0.0, 0.12), dividend_yield=draw(0.0, 0.12))


def unextrapolated(option, n_cells, scheme):
    """Value, delta and gamma at `SPOTS` of one march alone."""
    spots = spot_grid(option.strike, 0.3, n_cells=n_cells)
    grid = Grid(spots, time_grid(option.expiry, int(0.175 * n_cells)))
    marched = march(pose(option, MODEL, ()), grid, scheme)
    column = marched.column(option.expiry)
    return read_column(marched, column, 0.0 * spots, option.expiry, SPOTS)


def fitted_orders(option, reference, scheme, greeks):
    errors = []
    for n_cells in CELLS:
        found = unextrapolated(option, n_cells, scheme)
        errors.append([np.abs(getattr(found, g) - e).max() for g, e in zip(*greeks, strict=True)])
    return -np.polyfit(np.log(CELLS), np.log(errors), 1)[0]


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("right", Right)
def test_errors_of_a_european_option_fall_with_the_square_of_the_step(right, scheme):
    option = Option(right, 100.0, 1.0)
    greeks = exact(option, MODEL, SPOTS)
    names = ("value", "delta", "gamma")
    orders = fitted_orders(
        option, greeks, scheme, (names, (greeks.price, greeks.delta, greeks.gamma))
    )
    assert orders.min() >= 1.95


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("right", Right)
def test_errors_of_an_american_price_fall_with_the_square_of_the_step(right, scheme):
    option = Option(right, 100.0, 1.0, AMERICAN)
    contract = Contracts(right, 100.0, 1.0, 0.3, 0.05, 0.02, True)
    fine = solve_many(contract, spots=SPOTS, resolution=Resolution(1024, 192)).values[0, 0]
    assert fitted_orders(option, fine, scheme, (("value",), (fine,)))[0] >= 1.9


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(10))
def test_european_values_match_the_closed_form(right, seed):
    option, model = Option(right, 100.0, 0.75), random_model(seed)
    surface = solve(option, model)
    greeks = exact(option, model, SPOTS)
    np.testing.assert_allclose(surface.value(SPOTS), greeks.price, rtol=0.0, atol=2e-5)
    np.testing.assert_allclose(surface.delta(SPOTS), greeks.delta, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(10))
def test_american_values_match_the_batch_on_a_finer_grid(right, seed):
    model = random_model(seed)
    surface = solve(Option(right, 100.0, 0.75, AMERICAN), model)
    columns = (model.volatility, model.rate, model.dividend_yield)
    fine = solve_many(
        Contracts(right, 100.0, 0.75, *columns, True), spots=SPOTS, resolution=Resolution(512, 96)
    )
    np.testing.assert_allclose(surface.value(SPOTS), fine.values[0, 0], rtol=0.0, atol=1e-4)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(10))
def test_early_exercise_is_never_worth_less(right, seed):
    model = random_model(seed)
    european, american = (solve(Option(right, 100.0, 0.5, x), model) for x in (EUROPEAN, AMERICAN))
    spots = american.grid.spots[(american.grid.spots > 30.0) & (american.grid.spots < 300.0)]
    slack = american.error(spots) + european.error(spots) + 1e-12
    assert np.all(american.value(spots) >= european.value(spots) - slack)
    assert np.all(american.value(spots) >= right * (spots - 100.0))
    assert np.all(american.value(spots) >= -1e-12)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(5))
def test_values_are_monotone_and_convex_in_spot(seed, right, exercise):
    surface = solve(Option(right, 100.0, 0.5, exercise), random_model(seed))
    spots = np.linspace(25.0, 400.0, 500)
    slopes = right * np.diff(surface.value(spots)) / np.diff(spots)
    assert np.all(slopes >= -1e-9)
    assert np.all(slopes <= 1.0 + 1e-9)
    assert np.all(right * np.diff(slopes) >= -1e-6)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("expiry", [HOUR, 1.0 / 365.0, 10.0])
def test_an_hour_and_ten_years_are_solved_as_well(right, expiry):
    option = Option(right, 100.0, expiry)
    spots = 100.0 * np.exp(np.linspace(-3.0, 3.0, 25) * MODEL.volatility * np.sqrt(expiry))
    surface, greeks = solve(option, MODEL), exact(option, MODEL, spots)
    np.testing.assert_allclose(surface.value(spots), greeks.price, rtol=0.0, atol=1e-5)
    np.testing.assert_allclose(surface.delta(spots), greeks.delta, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_deep_in_and_out_of_the_money_the_outcome_is_certain(right, exercise):
    surface = solve(Option(right, 100.0, 0.1, exercise), BlackScholes(0.2, rate=0.05))
    deep, out = (450.0, 25.0) if right is Right.CALL else (25.0, 450.0)
    growth = exercise is EUROPEAN or right is Right.CALL
    worth = right * (deep - 100.0 * (np.exp(-0.005) if growth else 1.0))
    assert surface.value(deep) == pytest.approx(worth, rel=1e-8)
    assert surface.value(out) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("strike", [1e-4, 1e6])
def test_values_scale_with_the_strike(right, exercise, strike):
    unit = solve(Option(right, 1.0, 0.5, exercise), MODEL)
    scaled = solve(Option(right, strike, 0.5, exercise), MODEL)
    moneyness = np.array([0.8, 1.0, 1.2])
    np.testing.assert_allclose(
        scaled.value(strike * moneyness), strike * unit.value(moneyness), rtol=1e-9
    )


@pytest.mark.parametrize(("rate", "dividend_yield"), [(-0.02, 0.01), (-0.02, -0.01), (0.0, 0.0)])
def test_a_put_that_is_never_exercised_early_is_worth_the_european_one(rate, dividend_yield):
    model = BlackScholes(0.2, rate, dividend_yield)
    american, european = (solve(Option(Right.PUT, 100.0, 1.0, x), model) for x in Exercise)
    np.testing.assert_array_equal(american.value(SPOTS), european.value(SPOTS))
    assert np.isnan(american.exercise_boundary())


@pytest.mark.parametrize(
    ("right", "rate", "dividend_yield"), [(Right.PUT, -0.01, -0.02), (Right.CALL, -0.02, -0.01)]
)
def test_between_two_exercise_boundaries_the_batch_is_matched(right, rate, dividend_yield):
    option, model = Option(right, 100.0, 1.0, AMERICAN), BlackScholes(0.2, rate, dividend_yield)
    surface = solve(option, model)
    columns = (0.2, rate, dividend_yield)
    fine = solve_many(
        Contracts(right, 100.0, 1.0, *columns, True), spots=SPOTS, resolution=Resolution(512, 96)
    )
    np.testing.assert_allclose(surface.value(SPOTS), fine.values[0, 0], rtol=0.0, atol=1e-4)
    inner, outer = sorted(surface.exercise_boundaries(), key=lambda spot: abs(spot - 100.0))
    assert surface.exercise_boundary() == inner
    assert right * (outer - inner) > 0.0
    between = np.linspace(inner, outer, 7)[1:-1]
    np.testing.assert_array_equal(surface.value(between), option.payoff(between))


@pytest.mark.parametrize("volatility", [0.05, 0.1, 0.2])
def test_a_boundary_far_below_the_strike_is_on_the_grid(volatility):
    # Exercise pays below K r / q = 50 only, seven to twenty-seven deviations below the strike.
    model = BlackScholes(volatility, rate=0.1, dividend_yield=0.2)
    surface = solve(Option(Right.PUT, 100.0, 1.0, AMERICAN), model)
    assert 45.0 < surface.exercise_boundary() < 50.0
    spots = np.linspace(30.0, 60.0, 61)
    assert np.all(surface.value(spots) >= 100.0 - spots)


def test_a_drift_of_ten_deviations_is_followed():
    # BENCHOP, problem 1 a II: volatility 1 %, rate 10 %.
    option, model = Option(Right.CALL, 100.0, 1.0), BlackScholes(0.01, rate=0.1)
    spots = np.linspace(85.0, 105.0, 41)
    surface, greeks = solve(option, model), exact(option, model, spots)
    errors = np.abs(surface.value(spots) - greeks.price)
    assert errors.max() <= 5e-4
    assert np.all(errors <= surface.error(spots))


@pytest.mark.parametrize("right", Right)
def test_at_a_vast_drift_exercise_stays_on_its_side_of_the_strike(right):
    # The drift of 150 deviations leads away from exercise; what is left is to exercise at once.
    rates = (0.15, 0.0) if right is Right.PUT else (0.0, 0.15)
    surface = solve(Option(right, 100.0, 1.0, AMERICAN), BlackScholes(0.001, *rates))
    assert surface.exercise_boundary() == pytest.approx(100.0, rel=1e-4)
    spots = np.linspace(30.0, 300.0, 100)
    payoff = np.maximum(right * (spots - 100.0), 0.0)
    np.testing.assert_allclose(surface.value(spots), payoff, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_at_expiry_the_surface_is_the_payoff(right, exercise):
    option = Option(right, 100.0, 0.0, exercise)
    surface = solve(option, MODEL)
    np.testing.assert_array_equal(surface.value(SPOTS), option.payoff(SPOTS))
    assert surface.error(SPOTS).max() == 0.0
    assert np.isnan(surface.delta(100.0))


@pytest.mark.parametrize("right", Right)
def test_as_the_volatility_goes_to_zero_values_approach_those_without(right):
    certain = solve(Option(right, 100.0, 0.5, AMERICAN), BlackScholes(0.0, 0.05, 0.02))
    spots = np.array([90.0, 97.0, 103.0, 110.0])
    gaps = [
        np.abs(
            solve(Option(right, 100.0, 0.5, AMERICAN), BlackScholes(v, 0.05, 0.02)).value(spots)
            - certain.value(spots)
        ).max()
        for v in (0.1, 0.03, 0.01)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] <= 110.0 * 0.01 * np.sqrt(0.5 / (2.0 * np.pi))  # time value at the money


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-4])
def test_a_tolerance_is_met_by_estimate_and_by_error(exercise, tolerance):
    surface = solve(Option(Right.PUT, 100.0, 1.0, exercise), MODEL, tolerance=tolerance)
    fine = solve(Option(Right.PUT, 100.0, 1.0, exercise), MODEL, tolerance=1e-5)
    assert surface.converged
    assert surface.error(surface.grid.spots).max() <= tolerance
    assert np.abs(surface.value(SPOTS) - fine.value(SPOTS)).max() <= tolerance


def test_a_tolerance_out_of_reach_is_said_to_be_missed():
    surface = solve(Option(Right.PUT, 100.0, 1.0), MODEL, tolerance=1e-13)
    assert not surface.converged
    assert "misses the tolerance" in repr(surface)


def test_refinement_starts_from_the_grid_given():
    grid = Grid(np.linspace(20.0, 300.0, 81), time_grid(1.0, 20))
    surface = solve(Option(Right.PUT, 100.0, 1.0), MODEL, grid=grid, tolerance=1e-2)
    assert surface.grid.spots.size > 81
    assert set(grid.spots) <= set(surface.grid.spots)


def test_one_grid_serves_contracts_of_several_strikes():
    strikes = [85.0, 100.0, 110.0]
    grid = Grid(spot_grid(strikes, 0.3), time_grid(1.0, dates=[0.1, 0.5]))
    for strike in strikes:
        option = Option(Right.CALL, strike, 1.0)
        surface, greeks = solve(option, MODEL, grid=grid), exact(option, MODEL, SPOTS)
        np.testing.assert_allclose(surface.value(SPOTS), greeks.price, rtol=0.0, atol=1e-5)


def test_with_the_strike_between_nodes_nothing_is_extrapolated_and_the_error_says_so():
    grid = Grid(np.geomspace(20.0, 501.0, 321), time_grid(1.0, 56))
    option = Option(Right.PUT, 100.0, 1.0)
    surface, greeks = solve(option, MODEL, grid=grid), exact(option, MODEL, SPOTS)
    errors = np.abs(surface.value(SPOTS) - greeks.price)
    assert np.all(errors <= surface.error(SPOTS))


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (Grid(np.linspace(10.0, 90.0, 41), time_grid(1.0, 20)), "strike must lie between the ends"),
        (Grid(np.linspace(10.0, 190.0, 41), time_grid(0.5, 20)), "must end at the expiry, 1.0"),
    ],
)
def test_a_grid_that_does_not_fit_the_contract_is_refused(grid, message):
    with pytest.raises(ValueError, match=message):
        solve(Option(Right.PUT, 100.0, 1.0), MODEL, grid=grid)


@pytest.mark.parametrize("tolerance", [0.0, -1.0, np.inf, np.nan])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be positive and finite, got"):
        solve(Option(Right.PUT, 100.0, 1.0), MODEL, tolerance=tolerance)

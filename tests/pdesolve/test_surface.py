"""What a surface reads: Greeks at any spot and time, shapes, errors, boundary, residual."""

import numpy as np
import pytest

from pdesolve import (
    BlackScholes,
    Exercise,
    Grid,
    Option,
    Right,
    Scheme,
    black_scholes,
    solve,
    spot_grid,
    time_grid,
)

MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.02)
SPOTS = np.linspace(70.0, 140.0, 29)
HOUR = 1.0 / 8760.0
AMERICAN = Exercise.AMERICAN
# Largest errors of the default grid with a strike of 100: what two solves leave of a difference
# quotient for vega and rho, a hundredth of a second-order error for the rest.
GREEKS = {
    "value": ("price", 1e-5),
    "delta": ("delta", 1e-6),
    "gamma": ("gamma", 1e-7),
    "theta": ("theta", 1e-4),
    "vega": ("vega", 1e-3),
    "rho": ("rho", 1e-3),
    "dividend_rho": ("dividend_rho", 1e-3),
}


@pytest.fixture(scope="module")
def put():
    return solve(Option(Right.PUT, 100.0, 1.0, AMERICAN), MODEL)


def closed_form(right, spots, left):
    return black_scholes(spots, 100.0, left, vol=0.3, rate=0.05, div_yield=0.02, right=right)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("greek", GREEKS)
@pytest.mark.parametrize("time", [0.0, 0.37, 0.9])
def test_greeks_match_the_closed_form_at_any_time(right, greek, time):
    surface = solve(Option(right, 100.0, 1.0), MODEL)
    name, tolerance = GREEKS[greek]
    found, exact = getattr(surface, greek)(SPOTS, time), closed_form(right, SPOTS, 1.0 - time)
    # With less life the same grid is coarser, by the square of what a deviation has shrunk by.
    atol = tolerance / (1.0 - time) ** 2
    np.testing.assert_allclose(found, getattr(exact, name), rtol=0.0, atol=atol)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("hours", [6.0, 24.0, 72.0])
def test_hours_before_expiry_the_closed_form_is_met(right, hours):
    # A month on a grid that has the hours for levels.
    expiry, left = 30.0 / 365.0, hours * HOUR
    grid = Grid(spot_grid(100.0, 0.086), time_grid(expiry, dates=[expiry - left]))
    surface = solve(Option(right, 100.0, expiry), MODEL, grid=grid)
    spots = 100.0 * np.exp(np.linspace(-4.0, 4.0, 41) * 0.3 * np.sqrt(left))
    exact = closed_form(right, spots, left)
    error = np.abs(surface.value(spots, expiry - left) - exact.price)
    assert error.max() <= 5e-5
    assert np.all(error <= surface.error(spots, expiry - left) + 1e-7)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("time", [0.111, 0.5, 0.8731])
def test_between_levels_an_american_option_is_worth_what_a_fresh_solve_says(right, time):
    surface = solve(Option(right, 100.0, 1.0, AMERICAN), MODEL)
    fresh = solve(Option(right, 100.0, 1.0 - time, AMERICAN), MODEL)
    spots = np.linspace(60.0, 200.0, 281)
    np.testing.assert_allclose(surface.value(spots, time), fresh.value(spots), rtol=0.0, atol=1e-4)
    np.testing.assert_allclose(surface.delta(spots, time), fresh.delta(spots), rtol=0.0, atol=5e-4)
    np.testing.assert_allclose(surface.gamma(spots, time), fresh.gamma(spots), rtol=0.0, atol=2e-3)


@pytest.mark.parametrize("scheme", Scheme)
def test_the_value_is_continuous_across_levels(scheme):
    surface = solve(Option(Right.PUT, 100.0, 1.0, AMERICAN), MODEL, scheme=scheme)
    level = 1.0 - surface.grid.times[60]
    around = level + 1e-9 * np.array([-1.0, 0.0, 1.0])
    values = surface.value(np.full(3, 90.0), around)
    np.testing.assert_allclose(values, values[1], rtol=0.0, atol=1e-7)


@pytest.mark.parametrize(
    ("spots", "time", "shape"),
    [
        (100.0, 0.5, ()),
        ([90, 100], 0.5, (2,)),
        (100.0, [0.0, 0.5, 1.0], (3,)),
        ([[90.0], [110.0]], [0.0, 0.5, 1.0], (2, 3)),
        (np.float32(100.0), 0.0, ()),
        ([], 0.0, (0,)),
    ],
)
def test_answers_have_the_shape_to_which_spots_and_times_broadcast(put, spots, time, shape):
    found = put.value(spots, time)
    assert np.shape(found) == shape
    assert shape or isinstance(found, float)


def test_a_table_of_spots_and_times_holds_the_single_values(put):
    spots, times = np.array([[80.0], [90.0], [120.0]]), np.array([0.0, 0.3, 1.0])
    single = [[put.value(s, t) for t in times] for s in spots[:, 0]]
    np.testing.assert_array_equal(put.value(spots, times), single)


@pytest.mark.parametrize("method", ["value", "delta", "vega", "error"])
@pytest.mark.parametrize("spot", [10.0, 1e4])
def test_nothing_is_read_outside_the_nodes(put, method, spot):
    low, high = put.grid.spots[[0, -1]]
    message = f"spots must lie on the grid, from {low} to {high}, got {spot}"
    with pytest.raises(ValueError, match=message):
        getattr(put, method)([100.0, spot])


@pytest.mark.parametrize("method", ["value", "exercise_boundary"])
def test_nothing_is_read_after_expiry(put, method):
    arguments = ([100.0], 1.5) if method == "value" else (1.5,)
    with pytest.raises(ValueError, match=r"between today, 0, and expiry, 1.0, got 1.5"):
        getattr(put, method)(*arguments)


@pytest.mark.parametrize("spot", [np.nan, -1.0, "ninety"])
def test_spots_that_are_none_are_refused(put, spot):
    with pytest.raises(ValueError, match="spots must be"):
        put.value(spot)


@pytest.mark.parametrize("right", Right)
def test_alive_at_expiry_the_payoff_is_read(right):
    surface = solve(Option(right, 100.0, 1.0, AMERICAN), MODEL)
    np.testing.assert_array_equal(surface.value(SPOTS, 1.0), surface.contract.payoff(SPOTS))
    away = SPOTS[SPOTS != 100.0]
    np.testing.assert_array_equal(
        surface.delta(away, 1.0), np.where(right * (away - 100.0) > 0.0, float(right), 0.0)
    )


@pytest.mark.parametrize("right", Right)
def test_without_volatility_the_best_certain_exercise_is_read(right):
    # The put waits while S exp((r - q) t) falls faster than it is discounted, until r K = q S.
    surface = solve(Option(right, 100.0, 1.0, AMERICAN), BlackScholes(0.0, 0.02, 0.05))
    t = np.arange(0.0, 1.0001, 0.0001)
    worth = right * (80.0 * np.exp(-0.05 * t) - 100.0 * np.exp(-0.02 * t))
    assert surface.value(80.0) == pytest.approx(max(worth.max(), 0.0), abs=1e-7)
    assert surface.vega(80.0) == 0.0
    assert surface.error(80.0) == 0.0


@pytest.mark.parametrize("time", [0.0, 0.4, 0.95])
def test_beyond_its_exercise_boundary_a_put_is_worth_its_payoff(put, time):
    boundary = put.exercise_boundary(time)
    below = boundary * np.array([0.6, 0.9, 0.99])
    np.testing.assert_array_equal(put.value(below, time), 100.0 - below)
    np.testing.assert_array_equal(put.delta(below, time), -1.0)
    np.testing.assert_array_equal(put.theta(below, time), 0.0)
    assert put.value(boundary * 1.02, time) > 100.0 - boundary * 1.02


def test_value_and_delta_are_continuous_at_the_exercise_boundary(put):
    around = put.exercise_boundary() * (1.0 + np.linspace(-0.02, 0.02, 401))
    step = around[1] - around[0]
    gap = put.value(around) - (100.0 - around)
    assert gap.max() < 0.05  # a parabola that touches: gamma 0.03 times the square of 1.3, halved
    assert np.abs(np.diff(put.delta(around))).max() <= 5.0 * put.gamma(around).max() * step


@pytest.mark.parametrize("right", Right)
def test_the_exercise_boundary_settles_as_the_grid_is_refined(right):
    option = Option(right, 100.0, 1.0, AMERICAN)
    times, fine = np.linspace(0.0, 0.9, 10), solve(option, MODEL, tolerance=2e-5)
    apart = solve(option, MODEL).exercise_boundary(times) - fine.exercise_boundary(times)
    assert np.abs(apart).max() <= 5e-4 * fine.exercise_boundary()


@pytest.mark.parametrize("right", Right)
def test_the_exercise_boundary_recedes_with_life_left_to_where_waiting_earns_nothing(right):
    model = BlackScholes(0.3, *((0.03, 0.05) if right is Right.PUT else (0.05, 0.03)))
    surface = solve(Option(right, 100.0, 1.0, AMERICAN), model)
    boundary = surface.exercise_boundary(np.linspace(0.0, 1.0, 21))
    assert np.all(right * np.diff(boundary) <= 1e-3)
    assert boundary[-1] == pytest.approx(60.0 if right is Right.PUT else 100.0 / 0.6)


def test_a_perpetual_put_is_exercised_where_merton_says():
    # S* = K b / (1 + b) with b = 2 r / sigma^2 without yield (Merton 1973); thirty years come
    # within exp(-r T) of forever.
    model = BlackScholes(0.3, rate=0.2)
    surface = solve(Option(Right.PUT, 100.0, 30.0, AMERICAN), model)
    ratio = 2.0 * 0.2 / 0.3**2
    boundary = 100.0 * ratio / (1.0 + ratio)
    assert surface.exercise_boundary() == pytest.approx(boundary, rel=1e-3)
    value = (100.0 - boundary) * (100.0 / boundary) ** -ratio
    assert surface.value(100.0) == pytest.approx(value, abs=1e-3)


def test_a_european_option_has_no_exercise_boundary():
    surface = solve(Option(Right.PUT, 100.0, 1.0), MODEL)
    assert np.isnan(surface.exercise_boundary([0.0, 0.5, 1.0])).all()


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("time", [0.0, 0.43])
def test_the_equation_holds_at_the_nodes(right, exercise, time):
    # Its terms are of the size of theta, some 5; a cell next to the boundary keeps less.
    surface = solve(Option(right, 100.0, 1.0, exercise), MODEL)
    residual = surface.residual(time)
    assert residual.shape == surface.grid.spots.shape
    assert np.median(np.abs(residual)) <= 1e-4
    assert np.abs(residual).max() <= 0.1


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("greek", ["vega", "rho", "dividend_rho"])
def test_sensitivities_are_those_of_neighbouring_models(right, greek):
    option = Option(right, 100.0, 0.5, AMERICAN)
    field = {"vega": "volatility", "rho": "rate", "dividend_rho": "dividend_yield"}[greek]
    numbers = {"volatility": 0.3, "rate": 0.05, "dividend_yield": 0.02}
    up, down = (
        solve(option, BlackScholes(**{**numbers, field: numbers[field] + move}), tolerance=2e-5)
        for move in (1e-3, -1e-3)
    )
    slope = (up.value(SPOTS) - down.value(SPOTS)) / 2e-3
    found = getattr(solve(option, MODEL), greek)(SPOTS)
    # Next to the exercise boundary, where the derivative starts from 0, a cell decides.
    np.testing.assert_allclose(found, slope, rtol=0.0, atol=5e-2)
    np.testing.assert_allclose(found[4:-4], slope[4:-4], rtol=0.0, atol=5e-3)


def test_neighbouring_models_are_solved_once(put, monkeypatch):
    put.vega(100.0)
    monkeypatch.setattr("pdesolve.surface.march", None)
    assert put.vega(90.0, 0.2) > 0.0


def test_the_error_bounds_what_a_coarse_grid_misses():
    option = Option(Right.PUT, 100.0, 1.0, AMERICAN)
    grid = Grid(spot_grid(100.0, 0.3, n_cells=80), time_grid(1.0, 14))
    coarse, fine = solve(option, MODEL, grid=grid), solve(option, MODEL)
    spots = np.linspace(75.0, 150.0, 76)
    missed = np.abs(coarse.value(spots) - fine.value(spots))
    assert np.all(missed <= coarse.error(spots) + fine.error(spots))
    assert coarse.error(100.0) <= 1e-2


def test_a_surface_says_in_words_what_it_is(put):
    text = repr(put)
    assert text.startswith("American put, strike 100, 1 years to expiry: values on 641 spots from")
    assert "113 times, estimated error today at most" in text


def test_a_surface_becomes_a_frame_of_its_nodes(put):
    frame = put.to_dataframe(0.5)
    assert list(frame.columns) == [
        "spot", "value", "delta", "gamma", "theta", "vega", "rho", "error"
    ]  # fmt: skip
    np.testing.assert_array_equal(frame["value"], put.value(put.grid.spots, 0.5))

"""Every kind of contract under every kind of model: tolerance, error estimate, and hard inputs."""

import numpy as np
import pytest

from benchmarks._benchop import problems
from pdesolve import (
    Barrier,
    BlackScholes,
    BlackScholesCurves,
    Claim,
    Dividend,
    EscrowedDividends,
    Exercise,
    ExponentialJumps,
    JumpDiffusion,
    Knock,
    LocalVolatility,
    NormalJumps,
    Option,
    Paid,
    Payoff,
    PiecewiseConstant,
    Right,
    no_touch,
    one_touch,
    price,
    solve,
)
from pdesolve.march.problem import pose

SPOTS = np.array([88.0, 100.0, 112.0])
RANGE = 88.0, 112.0
LIFE = 0.6
CALL, PUT = (Payoff.vanilla(right, 100.0) for right in Right)
AMERICAN = Exercise.AMERICAN
DIFFUSION = BlackScholes(0.25, rate=0.05, dividend_yield=0.02)
MODELS = {
    "constant": DIFFUSION,
    "curves": BlackScholesCurves(
        PiecewiseConstant([0.3], [0.2, 0.3]), rate=PiecewiseConstant([0.4], [0.02, 0.07])
    ),
    "local": LocalVolatility(lambda spots, times: 0.25 * (spots / 100.0) ** -0.3, rate=0.05),
    "merton": JumpDiffusion(DIFFUSION, NormalJumps(0.8, -0.2, 0.2)),
    "kou": JumpDiffusion(DIFFUSION, ExponentialJumps(1.0, 0.4, 10.0, 5.0)),
}
CONTRACTS = {
    "american": Option(Right.PUT, 100.0, LIFE, AMERICAN),
    "bermudan": Claim(PUT, LIFE, exercise_dates=(0.2, 0.4)),
    "strategy": Claim(CALL - 2.0 * Payoff.vanilla(Right.CALL, 110.0) + PUT, LIFE),
    "american strategy": Claim(CALL + PUT, LIFE, AMERICAN),
    "digital": Claim(Payoff.cash_digital(Right.PUT, 100.0, 10.0), LIFE),
    "out": Claim(CALL, LIFE, barrier=Barrier(upper=125.0, rebate=2.0)),
    "out late": Claim(CALL, LIFE, barrier=Barrier(upper=125.0, rebate=2.0, paid=Paid.AT_EXPIRY)),
    "out on dates": Claim(CALL, LIFE, barrier=Barrier(80.0, 125.0, dates=(0.2, 0.4, LIFE))),
    "in": Claim(PUT, LIFE, barrier=Barrier(lower=80.0, knock=Knock.IN)),
    "in on dates": Claim(PUT, LIFE, barrier=Barrier(80.0, knock=Knock.IN, dates=(0.2, 0.4))),
    "american in": Claim(PUT, LIFE, AMERICAN, barrier=Barrier(lower=80.0, knock=Knock.IN)),
    "american out": Claim(CALL, LIFE, AMERICAN, barrier=Barrier(upper=125.0)),
    "one touch": one_touch(LIFE, lower=80.0, upper=125.0, cash=10.0),
    "no touch": no_touch(LIFE, upper=125.0, cash=10.0),
}
CASH = (Dividend(0.2, cash=1.5), Dividend(0.4, cash=2.0, share=0.01))
DIVIDENDS = {"drops": CASH, "escrow": EscrowedDividends((Dividend(0.2, cash=1.5),))}
TOLERANCE = 2e-3


def named(table):
    return [pytest.param(each, id=name) for name, each in table.items()]


def met(contract, model, dividends=()):
    """Whether a tolerance is met, by the estimate and by a solve ten times as close."""
    near, closer = (
        solve(contract, model, dividends=dividends, between=RANGE, tolerance=share * TOLERANCE)
        for share in (1.0, 0.1)
    )
    moved = np.abs(near.value(SPOTS) - closer.value(SPOTS))
    return near.converged and np.all(moved <= np.minimum(near.error(SPOTS) + 1e-6, TOLERANCE))


@pytest.mark.parametrize("model", named(MODELS))
@pytest.mark.parametrize("contract", named(CONTRACTS))
def test_a_tolerance_is_met_by_estimate_and_by_error(contract, model):
    assert met(contract, model)


@pytest.mark.parametrize("dividends", named(DIVIDENDS))
@pytest.mark.parametrize("model", named(MODELS))
@pytest.mark.parametrize("name", ["american", "bermudan", "american strategy", "digital"])
def test_a_tolerance_is_met_under_dividends(name, model, dividends):
    assert met(CONTRACTS[name], model, dividends)


@pytest.mark.parametrize("model", named(MODELS))
@pytest.mark.parametrize("contract", named(CONTRACTS))
def test_a_grid_for_some_spots_gives_what_the_whole_one_does(contract, model):
    whole, part = solve(contract, model), solve(contract, model, between=RANGE)
    assert part.grid.spots[0] >= whole.grid.spots[0] * (1.0 - 1e-12)
    slack = whole.error(SPOTS) + part.error(SPOTS) + 1e-6
    assert np.all(np.abs(whole.value(SPOTS) - part.value(SPOTS)) <= slack)


def test_a_grid_for_some_spots_leaves_out_a_barrier_that_none_comes_near():
    problem = problems()["1c II", "price"]
    claim = Claim(CALL, problem["expiry"], barrier=Barrier(upper=problem["barrier"]))
    model = BlackScholes(problem["vol"], problem["rate"])
    surface = solve(claim, model, between=(97.0, 99.0))
    assert surface.grid.spots[-1] < 105.0
    assert problem.relative_error(surface.value(problem.spots)) <= 1e-5


@pytest.mark.parametrize("between", [(0.0, 100.0), (110.0, 90.0), (90.0, np.inf)])
def test_a_range_that_is_none_is_refused(between):
    with pytest.raises(ValueError, match="between must be two spots, positive, finite"):
        solve(CONTRACTS["american"], DIFFUSION, between=between)


def test_a_range_beside_a_grid_is_refused():
    grid = solve(CONTRACTS["american"], DIFFUSION).grid
    with pytest.raises(ValueError, match="between must be left out where a grid is given"):
        solve(CONTRACTS["american"], DIFFUSION, grid=grid, between=(90.0, 110.0))


@pytest.mark.parametrize("quantity", ["delta", "gamma", "vega"])
@pytest.mark.parametrize("name", ["1a I", "1a II"])
def test_greeks_of_benchop_are_met(name, quantity):
    problem = problems()[name, quantity]
    terms = {"strike": 100.0, "expiry": problem["expiry"], "style": "european"}
    quote = price(spot=problem.spots, vol=problem["vol"], rate=problem["rate"], **terms)
    call, model = Option(Right.CALL, 100.0, problem["expiry"]), BlackScholes(problem["vol"])
    surface = solve(call, model.moved("rate", problem["rate"]))
    assert problem.relative_error(getattr(quote, quantity)) <= 1e-4
    assert problem.relative_error(getattr(surface, quantity)(problem.spots)) <= 1e-3


@pytest.mark.parametrize("model", named(MODELS))
def test_at_the_barrier_a_knock_out_is_its_rebate_and_a_knock_in_alive(model):
    out = solve(CONTRACTS["out"], model)
    np.testing.assert_allclose(out.value([125.0, 140.0]), 2.0, rtol=1e-12)
    into, put = solve(CONTRACTS["in"], model), solve(Claim(PUT, LIFE), model)
    np.testing.assert_allclose(into.value([80.0, 70.0]), put.value([80.0, 70.0]), atol=1e-4)


@pytest.mark.parametrize("model", named(MODELS))
def test_a_rebate_larger_than_the_option_is_paid_like_any_other(model):
    barrier = Barrier(upper=125.0, rebate=500.0)
    rich, plain, touch = (
        np.asarray(solve(each, model).value(SPOTS))
        for each in (
            Claim(CALL, LIFE, barrier=barrier),
            Claim(CALL, LIFE, barrier=Barrier(upper=125.0)),
            one_touch(LIFE, upper=125.0, cash=500.0),
        )
    )
    np.testing.assert_allclose(rich, plain + touch, rtol=1e-4)


@pytest.mark.parametrize("gap", [1e-12, 1e-9, 1e-4])
@pytest.mark.parametrize("model", named(MODELS))
def test_hardly_any_time_between_two_events_is_as_good_as_none(model, gap):
    close, one = (0.3, 0.3 + gap), (0.3,)
    paid = (Dividend(0.3, cash=1.0), Dividend(0.3 + gap, cash=1.0))
    twice = solve(Claim(PUT, LIFE, exercise_dates=close), model, dividends=paid)
    once = solve(Claim(PUT, LIFE, exercise_dates=one), model, dividends=(Dividend(0.3, cash=2.0),))
    slack = twice.error(SPOTS) + once.error(SPOTS)
    apart = solve(Claim(PUT, LIFE, exercise_dates=(0.3 + gap,)), model, dividends=paid)
    assert np.all(np.isfinite(twice.value(SPOTS)))
    # Exercise after both is worth more than before both.
    assert np.all(twice.value(SPOTS) >= once.value(SPOTS) - slack)
    assert np.all(twice.value(SPOTS) >= apart.value(SPOTS) - slack)


@pytest.mark.parametrize("model", named(MODELS))
def test_prices_between_barriers_keep_their_bounds_and_order(model):
    nearer, farther = (
        np.asarray(solve(Claim(PUT, LIFE, barrier=Barrier(lower=low)), model).value(SPOTS))
        for low in (82.0, 72.0)
    )
    whole = np.asarray(solve(Claim(PUT, LIFE), model).value(SPOTS))
    assert np.all((nearer >= 0.0) & (nearer <= farther) & (farther <= whole))
    assert np.all(whole <= 100.0)


def test_what_every_march_asks_of_a_problem_is_found_once():
    problem = pose(CONTRACTS["bermudan"], MODELS["kou"], CASH)
    assert problem.jumps is problem.jumps
    assert problem.events is problem.events

"""Early exercise, barriers and other payoffs under Heston's model."""

import dataclasses

import numpy as np
import pytest
import QuantLib as ql

from pdesolve import (
    Barrier,
    BlackScholes,
    Claim,
    Exercise,
    Heston,
    Knock,
    Option,
    Paid,
    Payoff,
    PlaneGrid,
    Right,
    SquareRootVariance,
    solve,
    solve_heston,
)
from pdesolve.formulas.barriers import BarrierTerms, barrier_price, double_knock_out_price
from pdesolve.formulas.heston_integral import heston
from pdesolve.heston.grid import heston_grid
from tests.pdesolve import quantlib
from tests.pdesolve.heston_cases import (
    CALM,
    MODEL,
    SPOTS,
    STRIKE,
    knock_out,
    random_model,
    still,
)

# Ikonen and Toivanen, "Efficient numerical methods for pricing American options under stochastic
# volatility", *Numer. Methods Partial Differ. Equ.* 24 (2008), as QuantLib's test-suite
# (fdheston.cpp) holds them; strike 10, spot 8 to 12.  The scatter of published values is 1e-5.
AMERICAN = Heston(SquareRootVariance(0.0625, 5.0, 0.16, 0.9, 0.1), rate=0.1)
AMERICAN_SPOTS = np.array([8.0, 9.0, 10.0, 11.0, 12.0])
AMERICAN_VALUES = np.array([2.00000, 1.10763, 0.520038, 0.213681, 0.082046])


def test_published_american_values_are_met():
    put = Option(Right.PUT, 10.0, 0.25, Exercise.AMERICAN)
    surface = solve_heston(put, AMERICAN)
    found = np.abs(surface.value(AMERICAN_SPOTS) - AMERICAN_VALUES)
    assert np.all(found <= surface.error(AMERICAN_SPOTS) + 1e-5)
    assert found.max() <= 5e-5


def test_american_values_approach_the_published_ones():
    put = Claim(Payoff.vanilla(Right.PUT, 10.0), 0.25, Exercise.AMERICAN)
    surface = solve_heston(put, AMERICAN, grid=heston_grid(put, AMERICAN, 8))
    np.testing.assert_allclose(surface.value(AMERICAN_SPOTS), AMERICAN_VALUES, atol=2e-5)


def quantlib_process(model, spot):
    numbers = model.numbers
    order = numbers.initial, numbers.speed, numbers.level, numbers.vol_of_vol, numbers.correlation
    curves = quantlib.curve(model.rate), quantlib.curve(model.dividend_yield)
    return ql.HestonModel(ql.HestonProcess(*curves, quantlib.quote(spot), *order))


@pytest.mark.parametrize("right", ["call", "put"])
def test_american_values_are_near_those_of_quantlib(right):
    quantlib.today()
    model = Heston(CALM, rate=0.05, dividend_yield=0.06)
    surface = solve_heston(Option(Right.parse(right), STRIKE, 1.0, Exercise.AMERICAN), model)
    payoff = ql.PlainVanillaPayoff(quantlib.right(right), STRIKE)
    option = ql.VanillaOption(payoff, ql.AmericanExercise(quantlib.TODAY, quantlib.date(1.0)))
    option.setPricingEngine(ql.FdHestonVanillaEngine(quantlib_process(model, 100.0), 100, 200, 50))
    # QuantLib projects after each step, of first order in time: 0.01 at this size.
    assert surface.value(100.0) == pytest.approx(option.NPV(), abs=0.01)


def quantlib_barrier(kind, level, n_times, n_spots):
    """A call that a barrier knocks out, by QuantLib."""
    payoff = ql.PlainVanillaPayoff(ql.Option.Call, STRIKE)
    option = ql.BarrierOption(kind, level, 0.0, payoff, ql.EuropeanExercise(quantlib.date(1.0)))
    process = quantlib_process(MODEL, 100.0)
    option.setPricingEngine(ql.FdHestonBarrierEngine(process, n_times, n_spots, 50))
    return option.NPV()


@pytest.mark.parametrize(
    ("kind", "side", "level"),
    [(ql.Barrier.DownOut, "lower", 85.0), (ql.Barrier.UpOut, "upper", 130.0)],
)
def test_barrier_values_are_where_those_of_quantlib_go(kind, side, level):
    quantlib.today()
    surface = solve_heston(knock_out(Right.CALL, **{side: level}), MODEL)
    found = [quantlib_barrier(kind, level, *size) for size in ((50, 100), (100, 200))]
    rough, fine = np.abs(np.array(found) - surface.value(100.0))
    # QuantLib's error is of first order at an upper barrier: 0.05 on the first, 0.03 on the second.
    assert fine <= 0.035
    assert fine < rough


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize(
    ("kind", "side", "rebate"),
    [("down_out", "lower", 0.0), ("up_out", "upper", 0.0), ("up_out", "upper", 3.0)],
)
def test_barriers_with_a_variance_that_stays_are_the_closed_form(right, kind, side, rebate):
    level = {"lower": 85.0, "upper": 130.0}[side]
    claim, rates = knock_out(right, rebate=rebate, **{side: level}), {"rate": 0.03}
    surface, at = solve_heston(claim, still(0.2, 0.03, 0.0)), np.array([90.0, 100.0, 120.0])
    terms = BarrierTerms(level, kind, rebate)
    truth = barrier_price(at, STRIKE, 1.0, barrier=terms, vol=0.2, right=right, **rates)
    assert np.all(np.abs(surface.value(at) - truth) <= surface.error(at))


def test_a_rebate_at_expiry_is_worth_less_than_one_at_the_touch():
    paid = [knock_out(Right.CALL, upper=120.0, rebate=5.0, paid=each) for each in Paid]
    at_hit, at_expiry = (solve_heston(claim, MODEL).value(SPOTS[:4]) for claim in paid)
    assert np.all(at_hit > at_expiry)
    assert np.all(at_hit * np.exp(-0.03) < at_expiry)


@pytest.mark.parametrize("right", Right)
def test_double_barriers_with_a_variance_that_stays_are_the_closed_form(right):
    surface = solve_heston(knock_out(right, lower=80.0, upper=130.0), still(0.2, 0.03, 0.0))
    terms = {"vol": 0.2, "rate": 0.03, "right": right}
    truth = double_knock_out_price(SPOTS[1:], STRIKE, 1.0, barriers=(80.0, 130.0), **terms)
    assert np.all(np.abs(surface.value(SPOTS[1:]) - truth) <= surface.error(SPOTS[1:]))


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(4))
def test_american_is_above_european_is_above_what_knocks_out(right, seed):
    model = random_model(seed)
    claims = [
        Option(right, STRIKE, 1.0, Exercise.AMERICAN),
        Option(right, STRIKE, 1.0),
        knock_out(right, lower=75.0, upper=140.0),
    ]
    surfaces = [solve_heston(claim, model) for claim in claims]
    american, european, dies = (surface.value(SPOTS) for surface in surfaces)
    slack = sum(surface.error(SPOTS) for surface in surfaces)
    assert np.all(american >= european - slack)
    assert np.all(european >= dies - slack)
    assert np.all(american >= Option(right, STRIKE, 1.0).payoff(SPOTS))


def test_a_strategy_is_the_sum_of_its_legs():
    legs = [Payoff.vanilla(Right.CALL, strike) for strike in (90.0, 110.0)]
    spread = Claim(legs[0] - legs[1], 1.0)
    found = solve_heston(spread, MODEL)
    apart = [solve_heston(Claim(leg, 1.0), MODEL) for leg in legs]
    slack = sum(surface.error(SPOTS) for surface in [found, *apart])
    difference = apart[0].value(SPOTS) - apart[1].value(SPOTS)
    assert np.all(np.abs(found.value(SPOTS) - difference) <= slack)


def test_a_digital_is_a_derivative_of_calls_by_the_strike():
    digital = solve_heston(Claim(Payoff.cash_digital(Right.CALL, STRIKE), 1.0), MODEL)
    strikes = np.array([99.99, 100.01])[:, None]
    rates = {"rate": 0.03, "div_yield": 0.01}
    calls = heston(SPOTS, strikes, 1.0, variance=CALM, **rates).price
    np.testing.assert_allclose(digital.value(SPOTS), (calls[0] - calls[1]) / 0.02, atol=1e-4)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            dataclasses.replace(knock_out(Right.CALL, upper=120.0, knock=Knock.IN), **early),
            "what knocks in must be European",
        )
        for early in ({"exercise": Exercise.AMERICAN}, {"exercise_dates": (0.5,)})
    ]
    + [
        (Claim(Payoff.linear(1.0, 1.0), 1.0), "a payoff without a kink"),
    ],
)
def test_contracts_beyond_the_solver_are_refused(claim, message):
    with pytest.raises(ValueError, match=message):
        solve_heston(claim, MODEL)


def test_grids_that_do_not_fit_are_refused():
    claim = knock_out(Right.CALL, upper=120.0)
    grid = heston_grid(claim, MODEL)
    with pytest.raises(ValueError, match=r"must end at the barrier, 130.0"):
        solve_heston(knock_out(Right.CALL, upper=130.0), MODEL, grid=grid)
    with pytest.raises(ValueError, match=r"must end at the expiry, 2.0, got 1.0"):
        solve_heston(dataclasses.replace(claim, expiry=2.0), MODEL, grid=grid)
    with pytest.raises(ValueError, match="others of the grid must start at 0"):
        solve_heston(claim, MODEL, grid=PlaneGrid(grid.spots, grid.others + 0.01, grid.times))


PUT = Payoff.vanilla(Right.PUT, STRIKE)
LOOKS = (0.25, 0.5, 0.75, 1.0)
ON_DATES = {
    "bermudan": Claim(PUT, 1.0, exercise_dates=(0.25, 0.5, 0.75)),
    "looked at": knock_out(Right.CALL, upper=120.0, dates=LOOKS, rebate=2.0),
    "paid late": knock_out(
        Right.PUT, lower=80.0, dates=(0.3, 0.6), rebate=2.0, paid=Paid.AT_EXPIRY
    ),
    "both": Claim(
        PUT, 1.0, exercise_dates=(0.4, 0.8), barrier=Barrier(80.0, dates=(0.3, 0.6), rebate=2.0)
    ),
    "knocks in": knock_out(Right.CALL, lower=80.0, upper=120.0, knock=Knock.IN, rebate=3.0),
    "knocks in on a date": knock_out(Right.PUT, lower=80.0, knock=Knock.IN, dates=(0.5,)),
}


@pytest.mark.parametrize("time", [0.0, 0.35])
@pytest.mark.parametrize("claim", [pytest.param(c, id=name) for name, c in ON_DATES.items()])
def test_a_variance_that_stays_gives_what_one_dimension_gives(claim, time):
    surface, at = solve_heston(claim, still(0.2, 0.05, 0.02)), np.array([85.0, 100.0, 118.0])
    truth = solve(claim, BlackScholes(0.2, 0.05, 0.02)).value(at, time)
    assert np.all(np.abs(surface.value(at, time) - truth) <= surface.error(at, time))
    np.testing.assert_allclose(surface.value(at, time), truth, atol=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_more_dates_of_exercise_are_worth_more_and_less_than_all(seed):
    model, counts = random_model(seed), (0, 1, 3, 7)
    dates = [tuple(np.arange(1, n + 1) / (n + 1)) for n in counts]
    claims = [Claim(PUT, 1.0, exercise_dates=each) for each in dates]
    surfaces = [solve_heston(each, model) for each in [*claims, Claim(PUT, 1.0, Exercise.AMERICAN)]]
    found = np.array([surface.value(SPOTS) for surface in surfaces])
    slack = np.array([surface.error(SPOTS) for surface in surfaces])
    assert np.all(np.diff(found, axis=0) >= -slack[1:] - slack[:-1])


@pytest.mark.parametrize("dates", [(), LOOKS], ids=["always", "on dates"])
@pytest.mark.parametrize("seed", range(4))
def test_knocked_in_and_knocked_out_are_the_whole(seed, dates):
    model, barrier = random_model(seed), {"lower": 75.0, "upper": 140.0, "dates": dates}
    surfaces = [
        solve_heston(claim, model)
        for claim in (
            *(knock_out(Right.PUT, knock=knock, **barrier) for knock in Knock),
            Option(Right.PUT, STRIKE, 1.0),
        )
    ]
    out, into, whole = (surface.value(SPOTS) for surface in surfaces)
    assert np.all(into >= -surfaces[1].error(SPOTS))
    np.testing.assert_allclose(out + into, whole, rtol=0.0, atol=1e-10)


def test_more_looks_at_a_barrier_leave_less():
    counts = (1, 4, 16)
    dates = [tuple(np.arange(1, n + 1) / n) for n in counts]
    claims = [knock_out(Right.CALL, upper=120.0, dates=each) for each in dates]
    found = [solve_heston(each, MODEL).value(100.0) for each in claims]
    always = solve_heston(knock_out(Right.CALL, upper=120.0), MODEL).value(100.0)
    assert np.all(np.diff([*found, always]) < 0.0)


def test_a_grid_without_a_date_is_refused():
    claim = Claim(PUT, 1.0, exercise_dates=(0.4,))
    grid = heston_grid(Claim(PUT, 1.0), MODEL)
    with pytest.raises(ValueError, match=r"times of the grid must hold 0\.6, the time to expiry"):
        solve_heston(claim, MODEL, grid=grid)


@pytest.mark.parametrize("time", [0.0, 0.5, 1.0])
def test_a_contract_at_its_barrier_is_worth_the_rebate(time):
    surface = solve_heston(knock_out(Right.CALL, lower=80.0, upper=130.0, rebate=2.0), MODEL)
    np.testing.assert_allclose(surface.value([80.0, 130.0], time), 2.0, rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_strategies_between_barriers_lie_between_their_least_and_most(seed):
    draw = np.random.default_rng(seed)
    strikes = np.sort(draw.uniform(70.0, 140.0, 6))
    legs = [w * Payoff.vanilla(Right.CALL, k) for w, k in zip((1, -1) * 3, strikes, strict=True)]
    barrier = Barrier(lower=draw.uniform(60.0, 90.0), upper=draw.uniform(110.0, 160.0))
    surface = solve_heston(Claim(sum(legs[1:], legs[0]), 0.5, barrier=barrier), random_model(seed))
    spots = np.linspace(*surface.window[0], 41)
    slack, most = surface.error(spots), np.diff(strikes)[::2].sum()
    assert np.all(surface.value(spots) >= -slack)
    assert np.all(surface.value(spots) <= most + slack)

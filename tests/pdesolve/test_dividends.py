"""Dividends against an independent library, BENCHOP, limits and inequalities, and at edges."""

import numpy as np
import pytest
import QuantLib as ql

from benchmarks._benchop import problems
from pdesolve import (
    Barrier,
    BlackScholes,
    Claim,
    Dividend,
    EscrowedDividends,
    Exercise,
    Option,
    Payoff,
    Right,
    Shortfall,
    black_scholes,
    black_scholes_price,
    solve,
)
from pdesolve.dividends import ex_spots, shortfalls
from tests.pdesolve import quantlib

MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.01)
SPOTS = np.array([80.0, 90.0, 100.0, 110.0, 125.0])
DAYS, CASH = (73, 219), (2.0, 3.0)
DIVIDENDS = tuple(Dividend(d / 365.0, cash=c) for d, c in zip(DAYS, CASH, strict=True))
AMERICAN, EUROPEAN = Exercise.AMERICAN, Exercise.EUROPEAN
SPOT, ESCROWED = ql.FdBlackScholesVanillaEngine.Spot, ql.FdBlackScholesVanillaEngine.Escrowed
PUT = Payoff.vanilla(Right.PUT, 100.0)


def value(contract, dividends, model=MODEL, spots=SPOTS, **options):
    return np.asarray(solve(contract, model, dividends=dividends, **options).value(spots))


def close(found, exact, atol):
    np.testing.assert_allclose(found, exact, rtol=0.0, atol=atol)


def independent(spot, right, exercise, model):
    """The price by QuantLib's finite differences on 400 nodes and 400 steps."""
    quantlib.today()
    end, name = quantlib.date(1.0), right.name.lower()
    american = ql.AmericanExercise(quantlib.TODAY, end)
    style = american if exercise is AMERICAN else ql.EuropeanExercise(end)
    option = ql.VanillaOption(ql.PlainVanillaPayoff(quantlib.right(name), 100.0), style)
    process = quantlib.process(spot, MODEL.volatility, MODEL.rate, MODEL.dividend_yield)
    paid = ql.DividendVector([quantlib.date(d / 365.0) for d in DAYS], CASH)
    scheme = ql.FdmSchemeDesc.TrBDF2()
    engine = ql.FdBlackScholesVanillaEngine(process, paid, 400, 400, 0, scheme, False, -1.0, model)
    option.setPricingEngine(engine)
    return option.NPV()


@pytest.mark.parametrize("model", [SPOT, ESCROWED])
@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_another_library_agrees(right, exercise, model):
    # It is within 2e-3 of itself on 1600 steps.
    dividends = EscrowedDividends(DIVIDENDS) if model == ESCROWED else DIVIDENDS
    found = value(Option(right, 100.0, 1.0, exercise), dividends, spots=np.array([90.0, 110.0]))
    close(found, [independent(spot, right, exercise, model) for spot in (90.0, 110.0)], 2e-3)


@pytest.mark.parametrize("level", [70.0, 80.0])
def test_another_library_agrees_on_a_barrier_under_dividends(level):
    # Its barrier engine is of first order: 1e-2 on 800 nodes and steps.
    quantlib.today()
    process = quantlib.process(100.0, MODEL.volatility, MODEL.rate, MODEL.dividend_yield)
    paid = ql.DividendVector([quantlib.date(d / 365.0) for d in DAYS], CASH)
    payoff = ql.PlainVanillaPayoff(ql.Option.Put, 100.0)
    exercise = ql.EuropeanExercise(quantlib.date(1.0))
    option = ql.BarrierOption(ql.Barrier.DownOut, level, 0.0, payoff, exercise)
    option.setPricingEngine(ql.FdBlackScholesBarrierEngine(process, paid, 800, 800))
    claim = Claim(PUT, 1.0, barrier=Barrier(lower=level))
    close(value(claim, DIVIDENDS, spots=100.0), option.NPV(), 1e-2)


@pytest.mark.parametrize("name", ["2eu", "2am"])
def test_benchop_is_met(name):
    problem = problems()[name, "price"]
    exercise = AMERICAN if name == "2am" else EUROPEAN
    option = Option(Right.CALL, problem["strike"], problem["expiry"], exercise)
    model = BlackScholes(problem["vol"], problem["rate"])
    paid = (Dividend(0.4, share=problem["dividend"]),)
    found = value(option, paid, model, problem.spots)
    assert problem.relative_error(found) <= 1e-6


@pytest.mark.parametrize("right", Right)
def test_shares_only_lower_the_spot_of_a_european_option(right):
    shares = (Dividend(0.2, share=0.02), Dividend(0.6, share=0.05))
    surface = solve(Option(right, 100.0, 1.0), MODEL, dividends=shares)
    kept = 0.98 * 0.95
    exact = black_scholes(kept * SPOTS, 100.0, 1.0, vol=0.3, rate=0.05, div_yield=0.01, right=right)
    close(surface.value(SPOTS), exact.price, 1e-5)
    close(surface.delta(SPOTS), kept * exact.delta, 1e-6)
    close(surface.gamma(SPOTS), kept**2 * exact.gamma, 1e-6)


@pytest.mark.parametrize("right", Right)
def test_out_of_escrow_a_european_option_is_one_on_the_rest(right):
    surface = solve(Option(right, 100.0, 1.0), MODEL, dividends=EscrowedDividends(DIVIDENDS))
    ahead = sum(d.cash * np.exp(-0.04 * d.time) for d in DIVIDENDS)
    exact = black_scholes(
        SPOTS - ahead, 100.0, 1.0, vol=0.3, rate=0.05, div_yield=0.01, right=right
    )
    close(surface.value(SPOTS), exact.price, 1e-5)
    close(surface.theta(SPOTS), exact.theta - 0.04 * ahead * exact.delta, 1e-4)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("exercise", Exercise)
def test_dividends_to_zero_leave_the_option_without(right, exercise):
    option = Option(right, 100.0, 1.0, exercise)
    whole = value(option, ())
    apart = [
        np.abs(value(option, (Dividend(0.4, cash=cash),)) - whole).max()
        for cash in (1.0, 0.1, 0.01, 0.0)
    ]
    assert np.all(np.diff(apart) < 0.0)
    assert apart[-1] <= 2e-5


@pytest.mark.parametrize("right", Right)
def test_the_whole_volatility_is_worth_more_than_that_of_the_rest_and_not_much(right):
    # Both have one forward.  The volatility of the whole lies between that of the rest and more by
    # what is in escrow as a share of it; vega is at most S / sqrt(2 pi) over a year.
    option = Option(right, 100.0, 1.0)
    apart = value(option, DIVIDENDS) - value(option, EscrowedDividends(DIVIDENDS))
    assert np.all(apart > 0.0)
    ahead = sum(CASH)
    assert np.all(apart < SPOTS / np.sqrt(2.0 * np.pi) * 0.3 * ahead / (SPOTS - ahead))


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("seed", range(5))
def test_more_dividends_lower_calls_and_raise_puts(seed, exercise):
    draw = np.random.default_rng(seed).uniform
    model = BlackScholes(draw(0.1, 0.5), draw(0.0, 0.08), draw(0.0, 0.05))
    few = (Dividend(draw(0.1, 0.4), cash=draw(0.0, 3.0)), Dividend(0.5, share=draw(0.0, 0.03)))
    more = (*few, Dividend(draw(0.6, 0.9), cash=draw(0.5, 4.0)))
    for right in Right:
        option = Option(right, 100.0, 1.0, exercise)
        apart = value(option, more, model) - value(option, few, model)
        assert np.all(right * apart <= 1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_no_arbitrage_bounds_hold(seed):
    draw = np.random.default_rng(seed).uniform
    model = BlackScholes(draw(0.1, 0.5), draw(0.0, 0.08))
    paid = (Dividend(draw(0.1, 0.9), cash=draw(0.0, 8.0)),)
    european, american = (
        {right: value(Option(right, 100.0, 1.0, x), paid, model) for right in Right}
        for x in (EUROPEAN, AMERICAN)
    )
    cash = 100.0 * np.exp(-model.rate) + paid[0].cash * np.exp(-model.rate * paid[0].time)
    close(european[Right.CALL] - european[Right.PUT], SPOTS - cash, 5e-4)
    for right in Right:
        assert np.all(american[right] >= european[right] - 1e-4)
        assert np.all(american[right] >= np.maximum(right * (SPOTS - 100.0), 0.0))
    between = american[Right.CALL] - american[Right.PUT]
    assert np.all(between >= SPOTS - 100.0 - paid[0].cash - 1e-4)
    assert np.all(between <= SPOTS - 100.0 * np.exp(-model.rate) + 1e-4)


def test_a_call_is_exercised_just_before_a_dividend_or_never():
    model = BlackScholes(0.3, 0.05)
    surface = solve(Option(Right.CALL, 100.0, 1.0, AMERICAN), model, dividends=DIVIDENDS)
    last = DIVIDENDS[1].time
    (boundary,) = surface.exercise_boundaries(last)
    assert surface.exercise_boundary(last) == boundary
    assert surface.exercise_boundaries(last + 0.01).size == 0
    assert surface.exercise_boundaries(last - 0.01).size == 0
    spots = boundary * np.array([1.001, 1.5])
    np.testing.assert_array_equal(surface.value(spots, last), spots - 100.0)
    held = solve(Option(Right.CALL, 100.0, 1.0 - last), model)
    below = boundary * np.array([0.7, 0.99])
    close(surface.value(below, last), held.value(below - 3.0), 2e-5)


def test_a_put_waits_for_the_dividend():
    option = Option(Right.PUT, 100.0, 1.0, AMERICAN)
    surface = solve(option, BlackScholes(0.3, 0.05), dividends=(Dividend(0.5, cash=3.0),))
    # Three are more than the interest on a hundred over half a year.
    assert np.isnan(surface.exercise_boundary(0.1))
    assert 70.0 < surface.exercise_boundary(0.5 + 1e-6) < 100.0


def test_on_the_ex_date_what_holds_just_before_is_read():
    surface = solve(Option(Right.PUT, 100.0, 1.0), MODEL, dividends=(Dividend(0.4, cash=5.0),))
    after = surface.value(SPOTS - 5.0, 0.4 + 1e-10)
    close(surface.value(SPOTS, 0.4), after, 1e-6)
    close(surface.value(SPOTS, 0.4 - 1e-10), after, 1e-4)
    close(surface.delta(SPOTS, 0.4), surface.delta(SPOTS - 5.0, 0.4 + 1e-10), 1e-6)


@pytest.mark.parametrize("dates", [(), (0.3, 0.6)])
def test_a_drop_through_a_barrier_knocks_out(dates):
    claim = Claim(PUT, 1.0, barrier=Barrier(lower=75.0, rebate=1.0, dates=dates))
    paid = (Dividend(0.6, cash=10.0),)
    surface = solve(claim, MODEL, dividends=paid)
    known = 1.0 if not dates else surface.value(70.0, 0.6 + 1e-9)
    assert surface.value(80.0, 0.6) == pytest.approx(known, abs=1e-4)
    fine = solve(claim, MODEL, dividends=paid, tolerance=1e-4)
    close(surface.value(SPOTS), fine.value(SPOTS), 1e-4)


def test_dividends_of_one_date_are_paid_one_after_the_other():
    option = Option(Right.CALL, 100.0, 1.0, AMERICAN)
    one = value(option, (Dividend(0.4, cash=5.0),))
    close(value(option, (Dividend(0.4, cash=2.0), Dividend(0.4, cash=3.0))), one, 1e-9)
    close(value(option, (Dividend(0.4, cash=2.0), Dividend(0.4 + 1e-9, cash=3.0))), one, 1e-5)
    mixed = Dividend(0.4, cash=2.0, share=0.1)
    spots, slopes = ex_spots((mixed, Dividend(0.4, cash=1.0)), np.array([100.0, 2.0]))
    np.testing.assert_allclose(spots, [87.0, 0.0])
    np.testing.assert_allclose(slopes, [0.9, 0.0])


def test_cash_beyond_the_spot_takes_all_or_nothing():
    spots, _ = ex_spots((Dividend(0.5, cash=10.0),), np.array([5.0, 10.0, 15.0]))
    np.testing.assert_array_equal(spots, [0.0, 0.0, 5.0])
    skipped = Dividend(0.5, cash=10.0, shortfall=Shortfall.SKIP)
    np.testing.assert_array_equal(ex_spots((skipped,), np.array([5.0, 15.0]))[0], [5.0, 5.0])


@pytest.mark.parametrize("exercise", Exercise)
def test_a_spot_that_is_paid_out_whole_is_worth_nothing(exercise):
    option = Option(Right.PUT, 100.0, 1.0, exercise)
    found = value(option, (Dividend(0.5, cash=2000.0),))
    paid_at = 1.0 if exercise is EUROPEAN else 0.5
    close(found, 100.0 * np.exp(-0.05 * paid_at), 1e-6)


def test_a_payment_skipped_for_want_of_spot_leaves_the_option():
    skipped = (Dividend(0.5, cash=2000.0, shortfall=Shortfall.SKIP),)
    option = Option(Right.PUT, 100.0, 1.0)
    close(value(option, skipped), value(option, ()), 1e-5)


def by_quadrature(dividend, right, spots):
    """European values: the law of spot at the dividend against the closed form just after it."""
    terms = {"vol": MODEL.volatility, "rate": MODEL.rate, "div_yield": MODEL.dividend_yield}
    time, deviation = dividend.time, MODEL.volatility * np.sqrt(dividend.time)
    drift = (MODEL.rate - MODEL.dividend_yield) * time - 0.5 * deviation**2
    nodes, weights = np.polynomial.legendre.leggauss(200)
    found = []
    for spot in spots.tolist():
        seam = (np.log(shortfalls((dividend,))[0] / spot) - drift) / deviation
        parts = [(-9.0, seam), (seam, 9.0)]
        z = np.concatenate([0.5 * (a + b) + 0.5 * (b - a) * nodes for a, b in parts])
        law = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
        law *= np.concatenate([0.5 * (b - a) * weights for a, b in parts])
        after = ex_spots((dividend,), spot * np.exp(drift + deviation * z))[0]
        worth = black_scholes_price(after, 100.0, 1.0 - time, right=right, **terms)
        found.append(np.exp(-MODEL.rate * time) * law @ worth)
    return np.array(found)


@pytest.mark.parametrize("shortfall", Shortfall)
@pytest.mark.parametrize("terms", [{"cash": 60.0}, {"cash": 40.0, "share": 0.2}, {"cash": 75.0}])
@pytest.mark.parametrize("right", Right)
def test_a_shortfall_within_reach_is_met_by_quadrature(right, terms, shortfall):
    dividend, spots = Dividend(0.5, shortfall=shortfall, **terms), np.array([50.0, 70.0, 100.0])
    exact = by_quadrature(dividend, right, spots)
    close(value(Option(right, 100.0, 1.0), (dividend,), spots=spots), exact, 1e-5)


def test_a_shortfall_after_another_payment_is_found_before_both():
    paid = (Dividend(0.5, cash=5.0), Dividend(0.5, cash=9.0, share=0.1))
    np.testing.assert_allclose(shortfalls(paid), [5.0, 15.0])
    np.testing.assert_allclose(ex_spots(paid, np.array([15.0, 16.0]))[0], [0.0, 0.9], atol=1e-12)


def test_what_is_paid_after_expiry_does_not_matter():
    option = Option(Right.PUT, 100.0, 1.0, AMERICAN)
    np.testing.assert_array_equal(value(option, (Dividend(1.5, cash=5.0),)), value(option, ()))


@pytest.mark.parametrize("paid", [DIVIDENDS, EscrowedDividends(DIVIDENDS)])
@pytest.mark.parametrize("right", Right)
def test_a_tolerance_is_met(right, paid):
    option = Option(right, 100.0, 1.0, AMERICAN)
    surface, fine = (
        solve(option, MODEL, dividends=paid, tolerance=tolerance) for tolerance in (1e-3, 1e-4)
    )
    assert surface.converged
    close(surface.value(SPOTS), fine.value(SPOTS), 1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dividend(0.0, cash=1.0), "time of a dividend must be positive and finite, got 0"),
        (lambda: Dividend(0.5, cash=-1.0), "cash must be finite and not negative, got -1.0"),
        (lambda: Dividend(0.5, share=1.0), "share must be from 0 to below 1, got 1.0"),
        (lambda: Dividend(0.5, shortfall="skip"), "shortfall must be a Shortfall, got 'skip'"),
        (lambda: EscrowedDividends((Dividend(0.5, share=0.1),)), "must be cash, got share 0.1"),
        (lambda: value(Option(Right.PUT, 100.0, 1.0), (Dividend(1.0, 2.0),)), "must not be the ex"),
        (lambda: value(Option(Right.PUT, 100.0, 1.0), (2.0,)), "must be of Dividend, got 2.0"),
        (
            lambda: value(
                Claim(PUT, 1.0, barrier=Barrier(80.0)), EscrowedDividends((Dividend(0.5, 1.0),))
            ),
            "escrowed dividends must not meet a barrier",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

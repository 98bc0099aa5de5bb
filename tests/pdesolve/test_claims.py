"""Digitals, barriers and Bermudans against closed forms, limits and inequalities, and at edges."""

import dataclasses

import numpy as np
import pytest

from benchmarks._benchop import problems
from pdesolve import (
    Barrier,
    BlackScholes,
    Claim,
    Exercise,
    Grid,
    Knock,
    Option,
    Paid,
    Payoff,
    Right,
    Scheme,
    no_touch,
    one_touch,
    solve,
    spot_grid,
    time_grid,
)
from pdesolve.formulas.barriers import (
    BarrierTerms,
    barrier_price,
    double_knock_in_price,
    double_knock_out_price,
)
from pdesolve.formulas.digitals import (
    asset_digital_price,
    cash_digital_price,
    no_touch_price,
    one_touch_at_expiry_price,
    one_touch_price,
)

MODEL = BlackScholes(volatility=0.25, rate=0.05, dividend_yield=0.02)
TERMS = {"vol": 0.25, "rate": 0.05, "div_yield": 0.02}
SPOTS = np.array([87.0, 95.0, 100.0, 105.0, 113.0])
LIFE = 0.75
CALL, PUT = (Payoff.vanilla(right, 100.0) for right in Right)
AMERICAN = Exercise.AMERICAN
SIDES = {"up": {"upper": 120.0}, "down": {"lower": 85.0}}
LEVELS = {"up": 120.0, "down": 85.0}
KNOCKS = {"out": Knock.OUT, "in": Knock.IN}
# What the default grid leaves of a price of some tens: a hundredth of the estimate.
ERROR = 2e-6


def random_market(seed):
    draw = np.random.default_rng(seed).uniform
    model = BlackScholes(draw(0.1, 0.6), rate=draw(0.0, 0.1), dividend_yield=draw(0.0, 0.1))
    return model, draw(70.0, 95.0), draw(105.0, 140.0), draw(90.0, 110.0)


def value(contract, model=MODEL, spots=SPOTS, **options):
    return np.asarray(solve(contract, model, **options).value(spots))


def close(found, exact, atol=ERROR):
    np.testing.assert_allclose(found, exact, rtol=0.0, atol=atol)


@pytest.mark.parametrize("name", ["1a I", "1a II", "1b I", "1c I", "1c II"])
def test_benchop_is_met(name):
    problem = problems()[name, "price"]
    right = Right.parse(problem.right)
    exercise = AMERICAN if name.startswith("1b") else Exercise.EUROPEAN
    barrier = Barrier(upper=problem["barrier"]) if name.startswith("1c") else None
    payoff = Payoff.vanilla(right, problem["strike"])
    claim = Claim(payoff, problem["expiry"], exercise, barrier=barrier)
    model = BlackScholes(problem["vol"], problem["rate"])
    assert problem.relative_error(value(claim, model, problem.spots)) <= 1e-4


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("scheme", Scheme)
def test_digitals_match_the_closed_form(right, scheme):
    cash = value(Claim(Payoff.cash_digital(right, 100.0, 10.0), LIFE), scheme=scheme)
    asset = value(Claim(Payoff.asset_digital(right, 100.0), LIFE), scheme=scheme)
    # Crank–Nicolson leaves a little of what the jump excites, and what extrapolation makes of it.
    atol = {Scheme.TR_BDF2: ERROR, Scheme.CRANK_NICOLSON: 5e-5}[scheme]
    close(cash, 10.0 * cash_digital_price(SPOTS, 100.0, LIFE, right=right, **TERMS), atol)
    close(asset, asset_digital_price(SPOTS, 100.0, LIFE, right=right, **TERMS), atol)


@pytest.mark.parametrize("side", SIDES)
def test_touches_match_the_closed_form(side):
    exact = {"direction": side, **TERMS}
    at_expiry = one_touch(LIFE, paid=Paid.AT_EXPIRY, **SIDES[side])
    terms = (SPOTS, LEVELS[side], LIFE)
    close(value(one_touch(LIFE, **SIDES[side])), one_touch_price(*terms, **exact))
    close(value(at_expiry), one_touch_at_expiry_price(*terms, **exact))
    close(value(no_touch(LIFE, **SIDES[side])), no_touch_price(*terms, **exact))


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("knock", KNOCKS)
def test_one_barrier_matches_the_closed_form(right, side, knock):
    barrier = Barrier(**SIDES[side], knock=KNOCKS[knock], rebate=3.0)
    terms = BarrierTerms(LEVELS[side], f"{side}_{knock}", 3.0)
    exact = barrier_price(SPOTS, 100.0, LIFE, barrier=terms, right=right, **TERMS)
    close(value(Claim(Payoff.vanilla(right, 100.0), LIFE, barrier=barrier)), exact)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("knock", KNOCKS)
def test_two_barriers_match_the_series(right, knock):
    price = {"out": double_knock_out_price, "in": double_knock_in_price}[knock]
    claim = Claim(Payoff.vanilla(right, 100.0), LIFE, barrier=Barrier(85.0, 120.0, KNOCKS[knock]))
    exact = price(SPOTS, 100.0, LIFE, barriers=(85.0, 120.0), right=right, **TERMS)
    close(value(claim), exact)


@pytest.mark.parametrize("dates", [(), (0.1, 0.35, 0.75)])
@pytest.mark.parametrize("seed", range(4))
def test_knocked_in_and_knocked_out_are_the_whole(seed, dates):
    model, lower, upper, strike = random_market(seed)
    payoff = Payoff.vanilla(Right.CALL, strike) + Payoff.vanilla(Right.PUT, strike)
    barrier = Barrier(lower, upper, dates=dates)
    spots = np.linspace(lower, upper, 9)[1:-1]
    parts = sum(
        value(Claim(payoff, 0.75, barrier=dataclasses.replace(barrier, knock=knock)), model, spots)
        for knock in Knock
    )
    close(parts, value(Claim(payoff, 0.75), model, spots), atol=5e-5)


@pytest.mark.parametrize("seed", range(5))
def test_more_rights_are_worth_more(seed):
    model, _, _, strike = random_market(seed)
    right = Right.CALL if seed % 2 else Right.PUT
    payoff = Payoff.vanilla(right, strike)
    european = solve(Claim(payoff, 1.0), model)
    bermudan = solve(Claim(payoff, 1.0, exercise_dates=(0.25, 0.5, 0.75)), model)
    american = solve(Claim(payoff, 1.0, AMERICAN), model)
    slack = sum(surface.error(SPOTS) for surface in (european, bermudan, american))
    assert np.all(bermudan.value(SPOTS) >= european.value(SPOTS) - slack)
    assert np.all(american.value(SPOTS) >= bermudan.value(SPOTS) - slack)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("side", SIDES)
def test_a_knock_out_gains_as_its_barrier_recedes(side, exercise):
    away = (1.02, 1.1, 1.3, 2.0) if side == "up" else (0.98, 0.9, 0.75, 0.5)
    level = {"up": "upper", "down": "lower"}[side]
    claims = [
        Claim(CALL + PUT, LIFE, exercise, barrier=Barrier(**{level: share * LEVELS[side]}))
        for share in away
    ]
    values = np.array([value(claim) for claim in claims])
    assert np.all(np.diff(values, axis=0) >= -1e-4)
    assert np.all(values <= value(Claim(CALL + PUT, LIFE, exercise)) + 1e-4)


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_without_reach_of_its_barriers_a_claim_is_the_option(right, exercise):
    barrier = Barrier(1.0, 1e4)
    claim = Claim(Payoff.vanilla(right, 100.0), LIFE, exercise, barrier=barrier)
    close(value(claim), value(Option(right, 100.0, LIFE, exercise)), atol=5e-5)


def test_bermudans_of_many_dates_become_american():
    american = value(Option(Right.PUT, 100.0, LIFE, AMERICAN))
    lacking = [
        (american - value(Claim(PUT, LIFE, exercise_dates=tuple(np.arange(1, n) / n * LIFE)))).max()
        for n in (4, 16, 64)
    ]
    ratios = np.divide(lacking[:-1], lacking[1:])
    np.testing.assert_allclose(ratios, 4.0, rtol=0.15)  # falls with the time between dates


@pytest.mark.parametrize("rebate", [0.0, 3.0])
def test_looks_at_a_barrier_match_quadrature_from_date_to_date(rebate):
    # The value is smooth between dates, so that Gauss-Legendre quadrature against the normal law of
    # log spot is exact to rounding; a rebate is paid at the look that finds spot beyond.
    dates, step = (0.15, 0.3, 0.45, 0.6, 0.75), 0.15
    nodes, weights = np.polynomial.legendre.leggauss(120)
    parts = [np.log([20.0, 100.0]), np.log([100.0, 130.0]), np.log([130.0, 700.0])]
    x = np.concatenate([0.5 * (a + b) + 0.5 * (b - a) * nodes for a, b in parts])
    w = np.concatenate([0.5 * (b - a) * weights for a, b in parts])
    drift, deviation = (0.05 - 0.02 - 0.5 * 0.25**2) * step, 0.25 * np.sqrt(step)
    values = CALL(np.exp(x))
    for start in (x, x, x, x, np.log(SPOTS)):
        values = np.where(x >= np.log(130.0), rebate, values)
        z = (x - start[:, None] - drift) / deviation
        law = np.exp(-0.5 * z**2) / (deviation * np.sqrt(2.0 * np.pi))
        values = np.exp(-0.05 * step) * (law * w) @ values
    barrier = Barrier(upper=130.0, rebate=rebate, dates=dates)
    close(value(Claim(CALL, LIFE, barrier=barrier)), values)


def test_a_look_at_expiry_only_is_a_payoff():
    late = Claim(CALL, LIFE, barrier=Barrier(upper=120.0, dates=(LIFE,)))
    beyond = Payoff.vanilla(Right.CALL, 120.0) + Payoff.cash_digital(Right.CALL, 120.0, 20.0)
    close(value(late), value(Claim(CALL - beyond, LIFE)))


def test_a_digital_is_the_limit_of_spreads():
    digital = value(Claim(Payoff.cash_digital(Right.CALL, 100.0), LIFE))
    gaps = []
    for width in (8.0, 4.0, 2.0):
        low, high = (Payoff.vanilla(Right.CALL, 100.0 + side * width / 2) for side in (-1, 1))
        gaps.append(np.abs(value(Claim((low - high) * (1.0 / width), LIFE)) - digital).max())
    np.testing.assert_allclose(np.divide(gaps[:-1], gaps[1:]), 4.0, rtol=0.05)


@pytest.mark.parametrize("exercise", Exercise)
def test_a_strategy_is_one_contract(exercise):
    legs = {90.0: 1.0, 100.0: -2.0, 110.0: 1.0}
    payoff = sum((q * Payoff.vanilla(Right.CALL, k) for k, q in legs.items()), Payoff.linear(0, 0))
    surface = solve(Claim(payoff, LIFE, exercise), MODEL)
    each = sum(q * value(Option(Right.CALL, k, LIFE)) for k, q in legs.items())
    if exercise is AMERICAN:  # exercised around the middle strike only
        low, high = surface.exercise_boundaries()
        assert 90.0 < low <= 100.0 <= high < 110.0
        assert np.all(surface.value(SPOTS) >= np.maximum(each, payoff(SPOTS)) - 1e-4)
        assert surface.value(100.0) == 10.0
    else:
        close(surface.value(SPOTS), each, atol=2e-5)


def test_an_american_digital_is_a_touch():
    digital = Claim(Payoff.cash_digital(Right.CALL, 120.0), LIFE, AMERICAN)
    close(value(digital), one_touch_price(SPOTS, 120.0, LIFE, direction="up", **TERMS), atol=2e-5)


@pytest.mark.parametrize("rebate", [0.0, 8.0])
def test_an_american_knock_out_is_worth_its_exercise_up_to_the_barrier(rebate):
    claim = Claim(CALL, LIFE, AMERICAN, barrier=Barrier(upper=120.0, rebate=rebate))
    surface, spots = solve(claim, MODEL), np.linspace(60.0, 119.9, 40)
    assert np.all(surface.value(spots) >= CALL(spots))
    assert surface.value(119.999) == pytest.approx(20.0, abs=2e-3)
    assert surface.value(120.0) == rebate


def test_a_digital_that_dies_at_its_strike_is_worth_nothing():
    digital = Payoff.cash_digital(Right.CALL, 120.0)
    close(value(Claim(digital, LIFE, AMERICAN, barrier=Barrier(upper=120.0))), 0.0)


def test_an_american_put_digital_pays_up_to_its_strike():
    surface = solve(Claim(Payoff.cash_digital(Right.PUT, 90.0), LIFE, AMERICAN), MODEL)
    np.testing.assert_array_equal(surface.value([80.0, 90.0]), 1.0)
    spots = SPOTS[1:]
    close(surface.value(spots), one_touch_price(spots, 90.0, LIFE, direction="down", **TERMS))


def test_an_american_knock_in_waits_for_its_touch():
    surface = solve(Claim(PUT, LIFE, AMERICAN, barrier=Barrier(lower=85.0, knock=Knock.IN)), MODEL)
    vanilla = solve(Option(Right.PUT, 100.0, LIFE, AMERICAN), MODEL)
    below, above = np.array([70.0, 80.0, 85.0]), np.array([85.5, 95.0, 120.0])
    close(surface.value(below), vanilla.value(below), atol=1e-4)
    assert np.all(surface.value(above) < vanilla.value(above))
    european = value(Claim(PUT, LIFE, barrier=Barrier(lower=85.0, knock=Knock.IN)), spots=above)
    assert np.all(surface.value(above) >= european)


@pytest.mark.parametrize("side", SIDES)
def test_beyond_a_barrier_the_rebate_is_read(side):
    surface = solve(Claim(CALL, LIFE, barrier=Barrier(**SIDES[side], rebate=2.0)), MODEL)
    level, outwards = LEVELS[side], {"up": 1.3, "down": 0.7}[side]
    spots = level * np.array([1.0, outwards])
    np.testing.assert_array_equal(surface.value(spots), 2.0)
    np.testing.assert_array_equal(surface.delta(level * outwards), 0.0)
    assert surface.value(level * outwards, LIFE) == 2.0


def test_a_rebate_at_expiry_grows_at_the_rate():
    barrier = Barrier(upper=120.0, rebate=2.0, paid=Paid.AT_EXPIRY)
    surface = solve(Claim(CALL, LIFE, barrier=barrier), MODEL)
    worth = 2.0 * np.exp(-0.05 * (LIFE - 0.25))
    assert surface.value(130.0, 0.25) == pytest.approx(worth, rel=1e-14)
    assert surface.theta(130.0, 0.25) == pytest.approx(0.05 * worth, rel=1e-14)


@pytest.mark.parametrize(
    ("claim", "exact"),
    [
        (Claim(CALL, LIFE, barrier=Barrier(upper=100.0)), 0.0),
        (Claim(CALL, LIFE, barrier=Barrier(upper=90.0, rebate=1.0)), None),
        (Claim(PUT, LIFE, barrier=Barrier(upper=100.0)), None),
        (Claim(PUT, LIFE, barrier=Barrier(lower=100.0, knock=Knock.IN)), None),
        (Claim(CALL, LIFE, barrier=Barrier(lower=99.99)), None),
    ],
)
def test_a_strike_at_the_barrier_or_beyond_it_is_no_trouble(claim, exact):
    barrier, right = claim.barrier, Right.CALL if claim.payoff(200.0) else Right.PUT
    kind = f"{'up' if barrier.upper else 'down'}_{barrier.knock.value}"
    terms = BarrierTerms(barrier.levels[0], kind, barrier.rebate)
    expected = barrier_price(SPOTS, 100.0, LIFE, barrier=terms, right=right, **TERMS)
    close(value(claim), expected if exact is None else exact, atol=1e-5)


@pytest.mark.parametrize("rebate", [0.0, 500.0])
def test_a_narrow_corridor_is_left_at_once(rebate):
    found = value(Claim(CALL, LIFE, barrier=Barrier(99.99, 100.01, rebate=rebate)))
    close(found, rebate, atol=1e-4 * max(rebate, 1.0))


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3])
@pytest.mark.parametrize(
    "claim",
    [
        Claim(Payoff.cash_digital(Right.PUT, 100.0, 10.0), LIFE),
        Claim(CALL, LIFE, barrier=Barrier(upper=120.0, rebate=2.0)),
        Claim(CALL, LIFE, barrier=Barrier(upper=120.0, dates=(0.25, 0.5))),
        Claim(PUT, LIFE, AMERICAN, barrier=Barrier(lower=80.0, knock=Knock.IN)),
        Claim(PUT, LIFE, exercise_dates=(0.25, 0.5)),
        Claim(CALL + PUT, LIFE, AMERICAN),
    ],
)
def test_a_tolerance_is_met_by_estimate_and_by_error(claim, tolerance):
    surface, fine = (solve(claim, MODEL, tolerance=share * tolerance) for share in (1.0, 0.1))
    assert surface.converged
    assert np.abs(surface.value(SPOTS) - fine.value(SPOTS)).max() <= tolerance


@pytest.mark.parametrize("time", [0.0, 0.2, 0.6])
def test_greeks_of_a_digital_are_the_slopes_of_the_closed_form(time):
    surface, step = solve(Claim(Payoff.cash_digital(Right.CALL, 100.0, 100.0), LIFE), MODEL), 0.01
    low, mid, high = (
        100.0 * cash_digital_price(SPOTS + move, 100.0, LIFE - time, **TERMS)
        for move in (-step, 0.0, step)
    )
    close(surface.delta(SPOTS, time), (high - low) / (2.0 * step), atol=1e-4)
    close(surface.gamma(SPOTS, time), (high - 2.0 * mid + low) / step**2, atol=2e-4)


@pytest.mark.parametrize(
    "claim",
    [
        Claim(CALL, LIFE, barrier=Barrier(upper=120.0)),
        Claim(CALL, LIFE, barrier=Barrier(upper=120.0, dates=(0.25, 0.5))),
        Claim(PUT, LIFE, exercise_dates=(0.25, 0.5)),
        Claim(CALL + PUT, LIFE, AMERICAN),
    ],
)
def test_the_equation_holds_at_the_nodes(claim):
    residual = solve(claim, MODEL).residual(0.1)
    # Its terms are of the size of theta, some 5; a cell next to an exercise boundary keeps less.
    assert np.median(np.abs(residual)) <= 1e-3
    assert np.quantile(np.abs(residual), 0.99) <= 0.02


def test_on_a_date_what_holds_just_before_it_is_read():
    barrier = Barrier(upper=120.0, rebate=1.0, dates=(0.25,))
    surface = solve(Claim(CALL, LIFE, barrier=barrier), MODEL)
    np.testing.assert_array_equal(surface.value([120.0, 150.0], 0.25), 1.0)
    after = surface.value(119.0, 0.25 + 1e-9)
    assert surface.value(119.0, 0.25) == pytest.approx(after, abs=1e-5)
    bermudan = solve(Claim(PUT, LIFE, exercise_dates=(0.25,)), MODEL)
    (boundary,) = bermudan.exercise_boundaries(0.25)
    np.testing.assert_array_equal(
        bermudan.value([60.0, boundary - 0.1], 0.25), PUT([60.0, boundary - 0.1])
    )
    assert bermudan.delta(60.0, 0.25) == -1.0


def test_a_surface_of_a_claim_says_what_it_is():
    surface = solve(Claim(CALL, LIFE, barrier=Barrier(85.0, 120.0)), MODEL)
    assert repr(surface).startswith(
        "European claim, kinks at 100, knock-out at 85 and 120, 0.75 years to expiry: values on 641"
    )
    with pytest.raises(ValueError, match="exercise_boundary is of vanilla options"):
        surface.exercise_boundary()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Barrier(), "must be lower, upper or both, got neither"),
        (lambda: Barrier(120.0, 85.0), "lower barrier must be below the upper, got 120.0 and 85.0"),
        (lambda: Barrier(upper=-1.0), "upper barrier must be positive and finite, got -1.0"),
        (lambda: Barrier(1.0, rebate=-1.0), "rebate must be finite and not negative, got -1.0"),
        (lambda: Barrier(1.0, dates=(0.0,)), "dates of a barrier must be positive"),
        (lambda: Barrier(1.0, knock="out"), "knock must be Knock.OUT or Knock.IN"),
        (lambda: Barrier(1.0, paid="now"), "paid must be Paid.AT_HIT or Paid.AT_EXPIRY"),
        (lambda: Claim(CALL, -1.0), "expiry must be finite and not negative, got -1.0"),
        (lambda: Claim(CALL, 1.0, exercise_dates=(1.0,)), "must be before the expiry, 1.0"),
        (lambda: Claim(CALL, 1.0, AMERICAN, (0.5,)), "must be empty for an American contract"),
        (lambda: Claim(lambda s: s, 1.0), "payoff must be a Payoff"),
        (lambda: Claim(CALL, 1.0, barrier=Barrier(1.0, dates=(2.0,))), "must not be after the exp"),
        (lambda: solve(Claim(Payoff.linear(1.0, 0.0), 1.0), MODEL), "grid must be given"),
        (lambda: solve(Claim(CALL, 1.0), BlackScholes(0.0)), None),
        (lambda: solve(Claim(CALL + PUT, 1.0), BlackScholes(0.0)), "volatility must be positive"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    if message is None:  # a vanilla option, however it is written
        assert make().value(120.0) == 20.0
        return
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (Grid(spot_grid(100.0, 0.25), time_grid(1.0)), "must hold 0.5, the time to expiry"),
        (
            Grid(spot_grid(100.0, 0.25), time_grid(1.0, restarts=[0.5])),
            "must hold the barrier, 120.0, at an even number",
        ),
    ],
)
def test_a_grid_without_the_dates_or_barriers_is_refused(grid, message):
    dates = (0.5,) if "time" in message else ()
    claim = Claim(CALL, 1.0, barrier=Barrier(upper=120.0, dates=dates))
    with pytest.raises(ValueError, match=message):
        solve(claim, MODEL, grid=grid)


def test_a_grid_of_ones_own_may_reach_beyond_a_barrier():
    spots = spot_grid([100.0, 120.0], 0.25, n_cells=320)
    claim = Claim(CALL, LIFE, barrier=Barrier(upper=120.0))
    terms = BarrierTerms(120.0, "up_out")
    exact = barrier_price(SPOTS, 100.0, LIFE, barrier=terms, **TERMS)
    close(value(claim, grid=Grid(spots, time_grid(LIFE))), exact, atol=1e-5)

"""Prices under jumps, from the march: closed forms, order, limits, inequalities, a naive twin."""

import numpy as np
import pytest

from pdesolve import (
    Barrier,
    BlackScholes,
    BlackScholesCurves,
    Claim,
    Exercise,
    ExponentialJumps,
    Grid,
    JumpDiffusion,
    Knock,
    LocalVolatility,
    NormalJumps,
    Option,
    Payoff,
    PiecewiseConstant,
    Right,
    Scheme,
    solve,
    spot_grid,
    time_grid,
)
from pdesolve.formulas.jumps import kou, merton
from pdesolve.march.default_grid import default_grid
from pdesolve.march.marching import march
from pdesolve.march.problem import pose

SPOTS = np.array([60.0, 85.0, 100.0, 120.0, 170.0])
NORMAL = NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
MANY = NormalJumps(intensity=5.0, log_mean=-0.05, log_sd=0.15)
KOU = ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
NAMED = {"normal": NORMAL, "many": MANY, "kou": KOU}
LAWS = [pytest.param(law, id=name) for name, law in NAMED.items()]
DIFFUSION = BlackScholes(0.2, rate=0.05, dividend_yield=0.02)
JUMPING = JumpDiffusion(DIFFUSION, NORMAL)
LEAST_ORDER = 1.8
SEEDS = range(6)


def exact(law, right, expiry=1.0, diffusion=DIFFUSION, spots=SPOTS):
    price = merton if isinstance(law, NormalJumps) else kou
    terms = {"vol": diffusion.volatility, "rate": diffusion.rate}
    terms["div_yield"] = diffusion.dividend_yield
    return price(spots, 100.0, expiry, jumps=law, right=right, **terms)


def values(option, model, n_cells, scheme=Scheme.TR_BDF2):
    """Values at the spots of one march."""
    problem = pose(option, model, ())
    marched = march(problem, default_grid(problem, n_cells, n_cells // 4), scheme)
    return marched.read(marched.column(option.expiry), option.expiry, SPOTS)


def drawn(seed):
    draw = np.random.default_rng(seed).uniform
    law = NormalJumps(draw(0.1, 3.0), draw(-0.4, 0.2), draw(0.05, 0.5))
    if seed % 2:
        law = ExponentialJumps(draw(0.1, 3.0), draw(0.0, 1.0), draw(4.0, 30.0), draw(3.0, 30.0))
    return JumpDiffusion(BlackScholes(draw(0.1, 0.5), draw(0.0, 0.1), draw(0.0, 0.1)), law)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("law", LAWS)
def test_european_prices_and_greeks_meet_the_transform(law, right):
    surface = solve(Option(right, 100.0, 1.0), JumpDiffusion(DIFFUSION, law))
    found = exact(law, right)
    np.testing.assert_allclose(surface.value(SPOTS), found.price, atol=2e-5)
    np.testing.assert_allclose(surface.delta(SPOTS), found.delta, atol=1e-6)
    np.testing.assert_allclose(surface.gamma(SPOTS), found.gamma, atol=1e-6)
    np.testing.assert_allclose(surface.theta(SPOTS), found.theta, atol=5e-5)
    np.testing.assert_allclose(surface.vega(SPOTS), found.vega, atol=3e-3)
    np.testing.assert_allclose(surface.rho(SPOTS), found.rho, atol=3e-3)


@pytest.mark.parametrize(
    ("law", "published", "tolerance"),
    [
        # The problem of d'Halluin, Forsyth and Labahn, "A penalty method for American options with
        # jump diffusion processes", Numer. Math. 97 (2004), with values as later papers quote them:
        # from a grid, good to some units of the last digit.
        (NormalJumps(0.1, -0.9, 0.45), [10.003822, 3.241251, 1.419803], 5e-6),
        # The problem of Toivanen, SIAM J. Sci. Comput. 30 (2008), quoted likewise.
        (ExponentialJumps(0.1, 0.3445, 3.0465, 3.0775), [10.005071, 2.807879, 0.561876], 2e-6),
    ],
)
def test_american_puts_meet_published_values(law, published, tolerance):
    option = Option(Right.PUT, 100.0, 0.25, Exercise.AMERICAN)
    surface = solve(option, JumpDiffusion(BlackScholes(0.15, 0.05), law))
    np.testing.assert_allclose(surface.value([90.0, 100.0, 110.0]), published, atol=tolerance)


@pytest.mark.parametrize("law", LAWS)
def test_every_date_is_on_the_surface(law):
    surface = solve(Option(Right.PUT, 100.0, 1.0), JumpDiffusion(DIFFUSION, law))
    for time in (0.21, 0.5, 0.9):
        found = exact(law, Right.PUT, 1.0 - time).price
        np.testing.assert_allclose(surface.value(SPOTS, time), found, atol=5e-5)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("law", LAWS)
def test_a_march_is_of_second_order(law, scheme):
    n_cells = np.array([128, 256, 512])
    option, model = Option(Right.PUT, 100.0, 1.0), JumpDiffusion(DIFFUSION, law)
    truth = exact(law, Right.PUT).price
    errors = [np.abs(values(option, model, n, scheme) - truth).max() for n in n_cells.tolist()]
    assert -np.polyfit(np.log(n_cells), np.log(errors), 1)[0] > LEAST_ORDER


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("law", LAWS)
def test_an_american_march_is_of_second_order(law, right):
    n_cells = [96, 192, 384, 768]
    option = Option(right, 100.0, 1.0, Exercise.AMERICAN)
    model = JumpDiffusion(BlackScholes(0.2, rate=0.05, dividend_yield=0.06), law)
    found = np.array([values(option, model, n) for n in n_cells])
    changes = np.abs(np.diff(found, axis=0)).max(axis=1)
    assert -np.polyfit(np.log(n_cells[1:]), np.log(changes), 1)[0] > LEAST_ORDER


@pytest.mark.parametrize("exercise", Exercise)
@pytest.mark.parametrize("right", Right)
def test_without_jumps_it_is_black_scholes(right, exercise):
    option = Option(right, 100.0, 0.5, exercise)
    never = JumpDiffusion(DIFFUSION, NormalJumps(0.0, -0.1, 0.2))
    found, plain = (solve(option, model).value(SPOTS) for model in (never, DIFFUSION))
    np.testing.assert_allclose(found, plain, atol=2e-5)


@pytest.mark.parametrize("exercise", Exercise)
def test_jumps_of_no_size_change_nothing(exercise):
    option = Option(Right.PUT, 100.0, 0.5, exercise)
    still = JumpDiffusion(DIFFUSION, NormalJumps(2.0, 0.0, 0.0))
    found, plain = (solve(option, model).value(SPOTS) for model in (still, DIFFUSION))
    np.testing.assert_allclose(found, plain, atol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_early_exercise_is_never_worth_less(seed):
    model, right = drawn(seed), list(Right)[seed % 3 % 2]
    american, european = (
        solve(option := Option(right, 100.0, 0.7, exercise), model).value(SPOTS)
        for exercise in (Exercise.AMERICAN, Exercise.EUROPEAN)
    )
    assert np.all(american >= european - 1e-6)
    assert np.all(american >= option.payoff(SPOTS))


@pytest.mark.parametrize("seed", SEEDS)
def test_put_and_call_stay_in_parity(seed):
    model = drawn(seed)
    call, put = (solve(Option(right, 100.0, 0.7), model).value(SPOTS) for right in Right)
    diffusion = model.diffusion
    forward = SPOTS * np.exp(-0.7 * diffusion.dividend_yield)
    parity = forward - 100.0 * np.exp(-0.7 * diffusion.rate)
    np.testing.assert_allclose(call - put, parity, atol=1e-4)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("law", LAWS)
def test_policy_iteration_finds_the_same_value(law, scheme):
    # As a claim the put is exercised by policy iteration, which keeps the boundary on nodes.
    model, style = JumpDiffusion(DIFFUSION, law), Exercise.AMERICAN
    option, claim = Option(Right.PUT, 100.0, 0.7, style), Payoff.vanilla(Right.PUT, 100.0)
    one, other = (
        solve(contract, model, scheme=scheme) for contract in (option, Claim(claim, 0.7, style))
    )
    np.testing.assert_allclose(one.value(SPOTS), other.value(SPOTS), atol=5e-4)
    assert one.exercise_boundary() == pytest.approx(other.exercise_boundary(), rel=2e-3)


def test_a_put_on_what_jumps_is_exercised_later():
    put = Option(Right.PUT, 100.0, 1.0, Exercise.AMERICAN)
    models = JumpDiffusion(DIFFUSION, NORMAL), DIFFUSION
    jumping, plain = (solve(put, model).exercise_boundary(0.5) for model in models)
    assert jumping < plain


def by_dense_matrix(option, model, n_cells, n_steps):
    """American value by implicit Euler with the whole matrix, and exercise by repeated solves."""
    diffusion, law = model.diffusion, model.law
    x = np.linspace(-2.5, 2.5, n_cells + 1)
    h, m, spots = x[1] - x[0], x.size, 100.0 * np.exp(x)
    payoff, kappa = option.payoff(spots), model.jumps.mean_jump
    half = 0.5 * diffusion.volatility**2
    drift = diffusion.rate - diffusion.dividend_yield - half - law.intensity * kappa
    matrix = np.zeros((m, m))
    i = np.arange(1, m - 1)
    matrix[i, i - 1] = half / h**2 - drift / (2.0 * h)
    matrix[i, i + 1] = half / h**2 + drift / (2.0 * h)
    matrix[i, i] = -2.0 * half / h**2 - diffusion.rate - law.intensity
    gaps = x - x[:, None] - law.log_mean
    density = np.exp(-0.5 * (gaps / law.log_sd) ** 2) / (law.log_sd * np.sqrt(2.0 * np.pi))
    matrix[1:-1] += law.intensity * h * density[1:-1]
    # Below the nodes the put is its payoff, which jumps that end there bring.
    low = x[0] - h * np.arange(1, 4 * m)
    below = np.exp(-0.5 * ((low - x[:, None] - law.log_mean) / law.log_sd) ** 2)
    worth = below @ option.payoff(100.0 * np.exp(low)) * h / (law.log_sd * np.sqrt(2.0 * np.pi))
    values, dt = payoff.copy(), option.expiry / n_steps
    system = np.eye(m) - dt * matrix
    for _ in range(n_steps):
        known, held = values + dt * law.intensity * worth, np.zeros(m, bool)
        known[[0, -1]] = payoff[[0, -1]]
        for _ in range(20):
            rows, right = system.copy(), known.copy()
            rows[held], right[held] = np.eye(m)[held], payoff[held]
            values = np.linalg.solve(rows, right)
            now = system @ values - known > values - payoff
            if np.array_equal(now, held):
                break
            held = now
    return np.interp(SPOTS, spots, values)


def test_an_american_put_agrees_with_a_dense_and_slow_march():
    model = JumpDiffusion(DIFFUSION, NormalJumps(1.0, -0.2, 0.3))
    option = Option(Right.PUT, 100.0, 0.5, Exercise.AMERICAN)
    # First order in time, second in space: halving both leaves half the error of time.
    rough, finer = (by_dense_matrix(option, model, *size) for size in ((100, 8), (200, 32)))
    expected = finer + (finer - rough) / 3.0
    np.testing.assert_allclose(solve(option, model).value(SPOTS), expected, atol=2e-2)


def test_rates_over_time_and_jumps_go_together():
    # A European value depends on the integrals of rate and variance only.
    rate = PiecewiseConstant([0.4], [0.02, 0.07])
    curves = JumpDiffusion(BlackScholesCurves(0.2, rate, 0.02), NORMAL)
    found = solve(Option(Right.CALL, 100.0, 1.0), curves).value(SPOTS)
    np.testing.assert_allclose(found, exact(NORMAL, Right.CALL).price, atol=3e-5)


def test_local_volatility_and_jumps_go_together():
    flat = JumpDiffusion(LocalVolatility(lambda spots, times: 0.2, 0.05, 0.02), KOU)
    found = solve(Option(Right.CALL, 100.0, 1.0), flat).value(SPOTS)
    np.testing.assert_allclose(found, exact(KOU, Right.CALL).price, atol=3e-5)


@pytest.mark.parametrize("law", LAWS)
def test_a_far_barrier_does_not_matter_and_a_nearer_one_lowers_the_value(law):
    payoff, model = Payoff.vanilla(Right.PUT, 100.0), JumpDiffusion(DIFFUSION, law)
    levels = (1.0, 60.0, 80.0, 95.0)
    claims = [Claim(payoff, 1.0, barrier=Barrier(lower=level)) for level in levels]
    found = np.array([solve(claim, model).value(SPOTS[2:]) for claim in claims])
    np.testing.assert_allclose(found[0], exact(law, Right.PUT).price[2:], atol=1e-3)
    assert np.all(np.diff(found, axis=0) < 0.0)


@pytest.mark.parametrize("dates", [(), (0.25, 0.5, 0.75, 1.0)], ids=["always", "on dates"])
@pytest.mark.parametrize("levels", [{"lower": 80.0}, {"upper": 120.0}], ids=["down", "up"])
@pytest.mark.parametrize("law", LAWS)
def test_knocked_in_and_knocked_out_are_the_whole_under_jumps(law, levels, dates):
    payoff, model = Payoff.vanilla(Right.PUT, 100.0), JumpDiffusion(DIFFUSION, law)
    barriers = (Barrier(**levels, knock=knock, dates=dates) for knock in Knock)
    out, into = (solve(Claim(payoff, 1.0, barrier=barrier), model) for barrier in barriers)
    whole, spots = solve(Option(Right.PUT, 100.0, 1.0), model), SPOTS[1:3]
    np.testing.assert_allclose(out.value(spots) + into.value(spots), whole.value(spots), atol=1e-5)
    np.testing.assert_allclose(out.delta(spots) + into.delta(spots), whole.delta(spots), atol=1e-6)
    past = [75.0] if "lower" in levels else [130.0]
    if not dates:
        np.testing.assert_allclose(into.value(past), whole.value(past), atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_american_knock_in_under_jumps_lies_between_its_bounds(seed):
    model, payoff = drawn(seed), Payoff.vanilla(list(Right)[seed % 3 % 2], 100.0)
    barrier, spots = Barrier(upper=115.0, knock=Knock.IN), np.array([80.0, 100.0, 113.0])
    european, american = (
        solve(Claim(payoff, 0.7, style, barrier=barrier), model).value(spots) for style in Exercise
    )
    at_once = solve(Claim(payoff, 0.7, Exercise.AMERICAN), model).value(spots)
    assert np.all((european <= american + 1e-5) & (american <= at_once + 1e-5))


def test_a_rebate_of_a_knock_in_under_jumps_is_refused():
    barrier = Barrier(lower=80.0, knock=Knock.IN, rebate=1.0)
    with pytest.raises(ValueError, match="rebate of a knock-in must be 0 where spot jumps"):
        solve(Claim(Payoff.vanilla(Right.CALL, 100.0), 1.0, barrier=barrier), JUMPING)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_hundred_jumps_a_year_take_the_steps_they_need(scheme):
    law = NormalJumps(intensity=100.0, log_mean=-0.001, log_sd=0.02)
    surface = solve(Option(Right.PUT, 100.0, 1.0), JumpDiffusion(DIFFUSION, law), scheme=scheme)
    np.testing.assert_allclose(surface.value(SPOTS), exact(law, Right.PUT).price, atol=1e-4)


def test_steps_in_which_jumps_crowd_are_refused():
    law, put = NormalJumps(100.0, 0.0, 0.02), Option(Right.PUT, 100.0, 1.0)
    grid = Grid(spot_grid(100.0, 0.2, n_cells=64), time_grid(1.0, 64))
    with pytest.raises(ValueError, match=r"must be less than 0\.01 years from the next"):
        solve(put, JumpDiffusion(DIFFUSION, law), grid=grid)


def test_jumps_without_volatility_are_refused():
    with pytest.raises(ValueError, match="volatility must be positive, got 0"):
        solve(Option(Right.CALL, 100.0, 1.0), JumpDiffusion(BlackScholes(0.0), NORMAL))


def test_a_law_of_arrays_is_refused():
    with pytest.raises(ValueError, match="intensity must be a single number"):
        JumpDiffusion(DIFFUSION, NormalJumps([0.1, 0.2], 0.0, 0.1))

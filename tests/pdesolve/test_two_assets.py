"""Values on two assets against Margrabe, one-dimensional integrals, QuantLib and limits."""

import dataclasses

import numpy as np
import pytest
import QuantLib as ql
from scipy.special import ndtr

from pdesolve.contract import Exercise, Right
from pdesolve.formulas.exchange import kirk_approximate_price, margrabe_price
from pdesolve.plane.marching import march_plane
from pdesolve.two_assets.contract import BasketOption, exchange_option, spread_option
from pdesolve.two_assets.grid import two_asset_grid
from pdesolve.two_assets.model import TwoAssets
from pdesolve.two_assets.operator import averaged_payoff, two_asset_operator
from pdesolve.two_assets.solver import solve_two_assets
from tests.pdesolve import benchop, quantlib

AROUND = (100.0, 100.0)
SPOTS, OTHERS = np.meshgrid([85.0, 100.0, 120.0], [85.0, 100.0, 120.0])
MODEL = TwoAssets((0.2, 0.3), 0.4, rate=0.05, dividend_yields=(0.02, 0.01))


def integral(contract, model):
    """Value at SPOTS and OTHERS: Black and Scholes given the second asset, summed over that."""
    life, (w1, w2) = contract.expiry, contract.weights
    s1, s2 = np.array(model.volatilities) * np.sqrt(life)
    own, shared = s1 * np.sqrt(1.0 - model.correlation**2), s1 * model.correlation
    z = np.linspace(-9.0, 9.0, 40_001)
    weight = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) * (z[1] - z[0])
    growths = model.growths(life)
    first = growths[0] * SPOTS[..., None] * np.exp(shared * z - 0.5 * shared**2)
    second = growths[1] * OTHERS[..., None] * np.exp(s2 * z - 0.5 * s2**2)
    strike, sign = (contract.strike - w2 * second) / w1, np.sign(w1) * contract.right
    if own == 0.0:
        paid = np.maximum(sign * (first - strike), 0.0)
    else:
        d = np.log(first / np.maximum(strike, 1e-300)) / own + 0.5 * own
        paid = sign * (first * ndtr(sign * d) - np.maximum(strike, 0.0) * ndtr(sign * (d - own)))
        paid += np.where(strike < 0.0, np.maximum(sign, 0.0) * -strike, 0.0)
    return np.exp(-model.rate * life) * abs(w1) * (paid @ weight)


def random_case(seed, weights, *, correlation=None):
    draw = np.random.default_rng(seed).uniform
    chosen = draw(-0.95, 0.95) if correlation is None else correlation
    yields = (draw(0.0, 0.08), draw(0.0, 0.08))
    model = TwoAssets((draw(0.1, 0.5), draw(0.1, 0.5)), chosen, draw(0.0, 0.1), yields)
    strike = 100.0 * sum(weights) + draw(-20.0, 20.0)
    return BasketOption(Right(int(draw(0, 2)) * 2 - 1), strike, draw(0.1, 2.0), weights), model


@pytest.mark.parametrize("row", benchop.rows("margrabe"))
def test_benchop_is_met_to_its_bar(row):
    model = TwoAssets((row["vol"], row["vol"]), row["correlation"], rate=row["rate"])
    surface = solve_two_assets(exchange_option(row["expiry"]), model, AROUND)
    spots = row["spot"], row["other_spot"]
    assert surface.value(*spots) == pytest.approx(row["value"], rel=1e-4)
    assert abs(surface.value(*spots) - row["value"]) <= surface.error(*spots)


@pytest.mark.parametrize("weights", [(1.0, -1.0), (0.5, 0.5), (-1.0, 2.0), (0.3, 1.2)])
@pytest.mark.parametrize("seed", range(4))
def test_the_estimated_error_holds(seed, weights):
    contract, model = random_case(seed, weights)
    surface = solve_two_assets(contract, model, AROUND)
    found = np.abs(surface.value(SPOTS, OTHERS) - integral(contract, model))
    assert np.all(found <= surface.error(SPOTS, OTHERS))
    assert np.all(surface.error(SPOTS, OTHERS) <= 0.1)


@pytest.mark.parametrize("correlation", [-1.0, 1.0])
@pytest.mark.parametrize("weights", [(1.0, -1.0), (0.5, 0.5)])
def test_full_correlation_is_one_integral(correlation, weights):
    contract, model = random_case(5, weights, correlation=correlation)
    surface = solve_two_assets(contract, model, AROUND)
    found = np.abs(surface.value(SPOTS, OTHERS) - integral(contract, model))
    assert np.all(found <= surface.error(SPOTS, OTHERS) + 1e-6)


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.9])
def test_a_spread_without_a_strike_is_an_exchange(correlation):
    model = dataclasses.replace(MODEL, correlation=correlation)
    surface = solve_two_assets(spread_option(Right.CALL, 0.0, 1.0), model, AROUND)
    terms = {"vols": model.volatilities, "div_yields": model.dividend_yields}
    truth = margrabe_price(SPOTS, OTHERS, 1.0, correlation=correlation, **terms)
    found = np.abs(surface.value(SPOTS, OTHERS) - truth)
    assert np.all(found <= surface.error(SPOTS, OTHERS))


def test_a_small_strike_is_near_what_kirk_takes_it_for():
    # Kirk's own error at these terms is up to 0.006 % of the forward.
    model = TwoAssets((0.3, 0.2), 0.4, rate=0.05, dividend_yields=(0.05, 0.05))
    surface = solve_two_assets(spread_option(Right.CALL, 5.0, 1.0), model, AROUND)
    terms = {"vols": (0.3, 0.2), "correlation": 0.4, "rate": 0.05}
    kirk = kirk_approximate_price(SPOTS, OTHERS, 1.0, strike=5.0, **terms)
    found = np.abs(surface.value(SPOTS, OTHERS) - kirk)
    assert np.all(found <= 6e-5 * np.maximum(SPOTS, OTHERS) + surface.error(SPOTS, OTHERS))


def test_values_are_of_second_order_before_extrapolation():
    contract, refinements, errors = exchange_option(1.0), [2, 4, 8], []
    for refinement in refinements:
        grid = two_asset_grid(contract, MODEL, AROUND, refinement)
        values = march_plane(two_asset_operator(contract, MODEL, grid), grid.times).values(1.0)
        at = np.arange(14, 18) * refinement  # nodes that all grids share
        spots, heights = grid.spots[at], grid.others[at] - MODEL.rest_drift
        others = np.exp(heights + MODEL.slope * np.log(spots))  # forwards, as the spots
        truth = margrabe_price(spots, others, 1.0, vols=(0.2, 0.3), correlation=0.4)
        errors.append(np.abs(values[at, at] - truth).max())
    order = -np.polyfit(np.log(refinements), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("right", Right)
def test_greeks_are_differences_of_the_integral(right):
    contract, bump = BasketOption(right, 100.0, 1.0, (0.6, 0.4)), 0.05
    surface = solve_two_assets(contract, MODEL, AROUND)

    def value(up, right):
        return surface.value(100.0 + bump * up, 100.0 + bump * right)

    delta = (value(1, 0) - value(-1, 0)) / (2.0 * bump)
    gamma = (value(0, 1) - 2.0 * value(0, 0) + value(0, -1)) / bump**2
    cross = (value(1, 1) - value(1, -1) - value(-1, 1) + value(-1, -1)) / (4.0 * bump**2)
    assert surface.delta(*AROUND) == pytest.approx(delta, abs=1e-6)
    assert surface.other_gamma(*AROUND) == pytest.approx(gamma, abs=1e-6)
    assert surface.cross_gamma(*AROUND) == pytest.approx(cross, abs=1e-6)


def test_the_greeks_of_an_exchange_obey_its_scaling():
    # V is of degree one in both spots: S1 V_1 + S2 V_2 = V, S1 V_11 + S2 V_12 = 0.
    surface = solve_two_assets(exchange_option(1.0), MODEL, AROUND)
    read = {
        name: getattr(surface, name)(SPOTS, OTHERS)
        for name in ("value", "delta", "other_delta", "gamma", "cross_gamma", "other_gamma")
    }
    total = SPOTS * read["delta"] + OTHERS * read["other_delta"]
    np.testing.assert_allclose(total, read["value"], atol=2e-3)
    curve = SPOTS * read["gamma"] + OTHERS * read["cross_gamma"]
    np.testing.assert_allclose(curve, 0.0, atol=2e-4)
    curve = OTHERS * read["other_gamma"] + SPOTS * read["cross_gamma"]
    np.testing.assert_allclose(curve, 0.0, atol=2e-4)


@pytest.mark.parametrize("exercise", Exercise)
def test_theta_is_the_change_with_time(exercise):
    contract = spread_option(Right.PUT, 5.0, 1.0, exercise)
    surface, step = solve_two_assets(contract, MODEL, AROUND), 0.004
    now, soon, later = (surface.value(100.0, 105.0, 0.2 + k * step) for k in (-1, 0, 1))
    assert surface.theta(100.0, 105.0, 0.2) == pytest.approx((later - now) / (2 * step), rel=2e-3)
    assert now > soon > later


def test_any_date_is_read_off_one_surface():
    contract, time = exchange_option(1.0), 0.35
    surface = solve_two_assets(contract, MODEL, AROUND)
    terms = {"vols": (0.2, 0.3), "correlation": 0.4, "div_yields": (0.02, 0.01)}
    truth = margrabe_price(SPOTS, OTHERS, 1.0 - time, **terms)
    found = np.abs(surface.value(SPOTS, OTHERS, time) - truth)
    assert np.all(found <= surface.error(SPOTS, OTHERS, time))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("weights", [(1.0, -1.0), (0.5, 0.5)])
def test_early_exercise_is_never_worth_less(seed, weights):
    contract, model = random_case(seed, weights)
    european, american = (
        solve_two_assets(dataclasses.replace(contract, exercise=exercise), model, AROUND)
        for exercise in Exercise
    )
    slack = european.error(SPOTS, OTHERS) + american.error(SPOTS, OTHERS)
    values = american.value(SPOTS, OTHERS)
    assert np.all(values >= european.value(SPOTS, OTHERS) - slack)
    assert np.all(values >= contract.payoff(SPOTS, OTHERS))


@pytest.mark.parametrize("correlation", [-0.6, 0.3, 0.9])
def test_american_exchanges_are_american_options_in_units_of_the_other(correlation):
    # An exchange is a call on S1 / S2 with strike 1, rate q2 and yield q1 (Margrabe).
    model = TwoAssets((0.2, 0.3), correlation, rate=0.03, dividend_yields=(0.08, 0.02))
    surface = solve_two_assets(exchange_option(1.0, Exercise.AMERICAN), model, AROUND)
    quantlib.today()
    apart = np.sqrt(0.2**2 + 0.3**2 - 2.0 * correlation * 0.06)
    payoff = ql.PlainVanillaPayoff(ql.Option.Call, 1.0)
    exercise = ql.AmericanExercise(quantlib.TODAY, quantlib.date(1.0))
    for spot, other in ((90.0, 100.0), (100.0, 100.0), (105.0, 95.0)):
        option = ql.VanillaOption(payoff, exercise)
        process = quantlib.process(spot / other, apart, 0.02, 0.08)
        option.setPricingEngine(ql.QdFpAmericanEngine(process))
        found = abs(surface.value(spot, other) - other * option.NPV())
        assert found <= surface.error(spot, other) + 1e-5


def quantlib_basket(size):
    """An American put on the mean of two assets, by QuantLib."""
    legs = zip(MODEL.volatilities, MODEL.dividend_yields, strict=True)
    first, second = (quantlib.process(100.0, vol, 0.05, div) for vol, div in legs)
    payoff = ql.AverageBasketPayoff(ql.PlainVanillaPayoff(ql.Option.Put, 100.0), [0.5, 0.5])
    exercise = ql.AmericanExercise(quantlib.TODAY, quantlib.date(1.0))
    option = ql.BasketOption(payoff, exercise)
    option.setPricingEngine(
        ql.Fd2dBlackScholesVanillaEngine(first, second, 0.4, size, size, size // 2)
    )
    return option.NPV()


def test_an_american_basket_is_where_that_of_quantlib_goes():
    quantlib.today()
    contract = BasketOption(Right.PUT, 100.0, 1.0, (0.5, 0.5), Exercise.AMERICAN)
    surface = solve_two_assets(contract, MODEL, AROUND)
    rough, fine = quantlib_basket(50), quantlib_basket(100)
    # QuantLib projects after each step, of first order in time: 0.02 at first, 0.01 then.
    assert surface.value(100.0, 100.0) == pytest.approx(2.0 * fine - rough, abs=5e-3)


def test_put_and_call_differ_by_the_forward():
    terms = {"strike": 5.0, "expiry": 1.0, "weights": (1.0, -1.0)}
    call, put = (solve_two_assets(BasketOption(w, **terms), MODEL, AROUND) for w in Right)
    forward = SPOTS * np.exp(-0.02) - OTHERS * np.exp(-0.01) - 5.0 * np.exp(-0.05)
    found = call.value(SPOTS, OTHERS) - put.value(SPOTS, OTHERS)
    slack = call.error(SPOTS, OTHERS) + put.error(SPOTS, OTHERS)
    assert np.all(np.abs(found - forward) <= slack)


def test_a_basket_is_worth_more_the_higher_the_correlation():
    models = [dataclasses.replace(MODEL, correlation=each) for each in (-0.8, 0.0, 0.8)]
    basket = BasketOption(Right.CALL, 100.0, 1.0, (0.5, 0.5))
    values = [solve_two_assets(basket, model, AROUND).value(*AROUND) for model in models]
    assert values[0] < values[1] < values[2]


@pytest.mark.parametrize("weights", [(1.0, -1.0), (0.5, 0.5), (-1.0, 1.0)])
@pytest.mark.parametrize("right", Right)
def test_the_payoff_is_averaged_over_cells_as_by_brute_force(weights, right):
    contract = BasketOption(right, 2.0, 1.0, weights)
    logs, heights = np.linspace(-1.0, 1.5, 7), np.linspace(-1.2, 1.0, 7)
    found = averaged_payoff(contract, 0.3, np.exp(logs), heights)
    step, share = logs[1] - logs[0], heights[1] - heights[0]
    shifts = (np.arange(400) + 0.5) / 400.0 - 0.5
    for i, j in zip(*np.nonzero(found[1:-1, 1:-1] != 0.0), strict=True):
        spots = np.exp(logs[i + 1] + step * shifts)[:, None]
        others = np.exp(heights[j + 1] + share * shifts) * spots**0.3
        paid = contract.payoff(spots, others)
        if paid.min() == 0.0:  # elsewhere the payoff is taken at the node
            assert found[i + 1, j + 1] == pytest.approx(paid.mean(), abs=5e-4)


def test_a_tolerance_is_met_or_missed_out_loud():
    contract = spread_option(Right.CALL, 5.0, 0.5)
    rough, fine = (
        solve_two_assets(contract, MODEL, AROUND, tolerance=each) for each in (0.5, 1e-12)
    )
    assert rough.converged
    assert rough.largest_error() <= 0.5
    assert not fine.converged
    assert "misses the tolerance" in repr(fine)


@pytest.mark.parametrize("expiry", [0.0, 1e-8])
def test_short_lives_end_in_the_payoff(expiry):
    contract = spread_option(Right.CALL, 5.0, expiry)
    surface = solve_two_assets(contract, MODEL, AROUND)
    np.testing.assert_allclose(surface.value([90.0, 110.0], 100.0), [0.0, 5.0], atol=1e-5)


def test_at_expiry_greeks_are_those_of_the_payoff():
    surface = solve_two_assets(exchange_option(1.0), MODEL, AROUND)
    np.testing.assert_array_equal(surface.delta([90.0, 100.0, 110.0], 100.0, 1.0), [0, np.nan, 1])
    np.testing.assert_array_equal(surface.other_delta([90.0, 110.0], 100.0, 1.0), [0.0, -1.0])


@pytest.mark.parametrize("vols", [(0.0, 0.3), (0.2, 0.0)])
def test_an_asset_that_does_not_move_is_cash(vols):
    model = TwoAssets(vols, 0.5, rate=0.02)
    surface = solve_two_assets(exchange_option(1.0), model, AROUND)
    terms = {"vols": vols, "correlation": 0.5}
    truth = margrabe_price(SPOTS, OTHERS, 1.0, **terms)
    found = np.abs(surface.value(SPOTS, OTHERS) - truth)
    assert np.all(found <= surface.error(SPOTS, OTHERS))


@pytest.mark.parametrize("correlation", [-1.001, 1.5, np.nan])
def test_a_correlation_beyond_one_is_refused(correlation):
    with pytest.raises(ValueError, match="correlation must be"):
        TwoAssets((0.2, 0.3), correlation)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"volatilities": (0.2, -0.1)}, "volatilities must be finite and not negative"),
        ({"volatilities": (0.2,)}, "volatilities must be a pair"),
        ({"rate": np.nan}, "rate must be finite"),
        ({"dividend_yields": (0.0, np.inf)}, "dividend_yields must be finite"),
    ],
)
def test_models_that_make_no_sense_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(MODEL, **terms)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"right": "call"}, "right must be Right.CALL or Right.PUT"),
        ({"strike": np.nan}, "strike must be finite"),
        ({"expiry": -1.0}, "expiry must be finite and not negative"),
        ({"weights": (1.0, 0.0)}, "weights must be two finite numbers, not zero"),
        ({"exercise": "american"}, "exercise must be Exercise.EUROPEAN or"),
    ],
)
def test_contracts_that_make_no_sense_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(exchange_option(1.0), **terms)


def test_what_does_not_fit_together_is_refused():
    surface = solve_two_assets(exchange_option(0.5), MODEL, AROUND)
    with pytest.raises(ValueError, match="others must lie on the surface"):
        surface.value(100.0, 500.0)
    with pytest.raises(ValueError, match="spots must be positive and finite"):
        solve_two_assets(exchange_option(0.5), MODEL, (100.0, -1.0))
    with pytest.raises(ValueError, match="must end at the expiry"):
        solve_two_assets(exchange_option(1.0), MODEL, AROUND, grid=surface.grid)
    with pytest.raises(ValueError, match="tolerance must be positive"):
        solve_two_assets(exchange_option(0.5), MODEL, AROUND, tolerance=0.0)


def test_a_grid_elsewhere_is_not_read():
    contract = exchange_option(0.5)
    elsewhere = two_asset_grid(contract, MODEL, (50.0, 50.0))
    surface = solve_two_assets(contract, MODEL, (500.0, 500.0), grid=elsewhere)
    with pytest.raises(ValueError, match="points must lie on the nodes"):
        surface.value(600.0, 450.0)

"""Early exercise between two boundaries: against a binomial tree, symmetry and inequalities."""

import numpy as np
import pytest

from pdesolve import Contracts, Resolution, black_scholes_price, price, solve_many

TREE_STEPS = 1500
# What is left of the error of trees, of first order in the step, after extrapolation: measured on
# 3,000, 6,000 and 12,000 steps.
TREE_ERROR = 3e-4
CASES = [  # spot, expiry, volatility, rate, dividend yield
    (100.0, 1.0, 0.2, -0.01, -0.03),
    (95.0, 0.5, 0.15, -0.005, -0.02),
    (103.0, 2.0, 0.25, -0.02, -0.05),
]


def put_by_tree(spot, expiry, vol, rate, div_yield, n_steps):
    """American put of strike 100 on a Cox-Ross-Rubinstein tree."""
    dt = expiry / n_steps
    up = np.exp(vol * np.sqrt(dt))
    chance = (np.exp((rate - div_yield) * dt) - 1.0 / up) / (up - 1.0 / up)
    value = np.maximum(100.0 - spot * up ** (2.0 * np.arange(n_steps + 1) - n_steps), 0.0)
    for n in range(n_steps - 1, -1, -1):
        held = np.exp(-rate * dt) * (chance * value[1:] + (1.0 - chance) * value[:-1])
        value = np.maximum(held, 100.0 - spot * up ** (2.0 * np.arange(n + 1) - n))
    return value[0]


def american(right, spots, expiry, vol, rate, div_yield, **options):
    contract = Contracts(right, 100.0, expiry, vol, rate, div_yield, True)
    return solve_many(contract, spots=np.atleast_1d(spots), **options).values[0, 0]


@pytest.mark.parametrize("case", CASES)
def test_a_put_between_two_boundaries_agrees_with_a_tree(case):
    spot, *terms = case
    coarse, fine = (
        0.5 * (put_by_tree(spot, *terms, n_steps) + put_by_tree(spot, *terms, n_steps + 1))
        for n_steps in (TREE_STEPS, 2 * TREE_STEPS)
    )
    expected = 2.0 * fine - coarse
    assert american("put", spot, *terms)[0] == pytest.approx(expected, abs=TREE_ERROR)


@pytest.mark.parametrize("case", CASES)
def test_a_call_is_the_put_with_spot_and_strike_and_rates_exchanged(case):
    spot, expiry, vol, rate, div_yield = case
    put = american("put", spot, expiry, vol, rate, div_yield)[0]
    swapped = Contracts("call", spot, expiry, vol, div_yield, rate, True)
    call = solve_many(swapped, spots=[100.0]).values[0, 0, 0]
    assert call == pytest.approx(put, rel=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_exercise_pays_in_the_middle_and_not_deep_in_the_money(case):
    _, *terms = case
    spots = np.geomspace(2.0, 200.0, 60)
    value, intrinsic = american("put", spots, *terms), np.maximum(100.0 - spots, 0.0)
    european = black_scholes_price(
        spots, 100.0, terms[0], vol=terms[1], rate=terms[2], div_yield=terms[3], right="put"
    )
    assert np.all(value >= np.maximum(intrinsic, european) - 1e-4)
    assert value[0] > intrinsic[0] + 0.1


def test_the_error_falls_with_the_grid_and_is_estimated():
    spot, *terms = CASES[0]
    fine = american("put", spot, *terms, resolution=Resolution(640, 112))[0]
    surfaces = solve_many(Contracts("put", 100.0, *terms, True), spots=[spot])
    error = abs(surfaces.values[0, 0, 0] - fine)
    assert error <= surfaces.errors[0, 0, 0] <= 1e-3


def test_it_does_not_matter_which_contracts_stand_beside_it():
    one_sided = Contracts("put", 100.0, 1.0, 0.2, 0.05, 0.0, True)
    mixed = Contracts("put", 100.0, 1.0, 0.2, [0.05, -0.01, 0.05], [0.0, -0.03, 0.0], True)
    values = solve_many(mixed, spots=[90.0, 100.0]).values[:, 0]
    np.testing.assert_array_equal(values[0], values[2])
    np.testing.assert_array_equal(
        values[0], solve_many(one_sided, spots=[90.0, 100.0]).values[0, 0]
    )
    np.testing.assert_array_equal(values[1], american("put", [90.0, 100.0], *CASES[0][1:]))


def test_all_greeks_are_given():
    spot, expiry, vol, rate, div_yield = CASES[0]
    quote = price(
        spot=spot,
        strike=100.0,
        expiry=expiry,
        vol=vol,
        rate=rate,
        div_yield=div_yield,
        right="put",
        style="american",
    )
    ends = american("put", [spot - 0.5, spot + 0.5], expiry, vol, rate, div_yield)
    assert quote.delta == pytest.approx(ends[1] - ends[0], abs=2e-3)
    assert np.isfinite([quote.vega, quote.rho, quote.charm]).all()

"""Payoffs as sums of their legs, and their averages over cells against sums."""

import numpy as np
import pytest

from pdesolve import Option, Payoff, Right
from pdesolve.march.rows import Pieces, smoothed_maximum, smoothed_payoff

SPOTS = np.linspace(50.0, 150.0, 101)
CALL, PUT = (Payoff.vanilla(right, 100.0) for right in Right)
STEPPED = Pieces(np.log([0.9, 1.0, 1.02]), np.array([1.0, 0.2, -1.0, 0.5]), np.arange(4.0))


@pytest.mark.parametrize("right", Right)
def test_a_vanilla_payoff_is_that_of_the_option(right):
    np.testing.assert_array_equal(
        Payoff.vanilla(right, 100.0)(SPOTS), Option(right, 100.0, 1.0).payoff(SPOTS)
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_strategy_pays_what_its_legs_pay(seed):
    draw = np.random.default_rng(seed)
    legs = [
        (draw.normal(), Payoff.vanilla(Right(int(right)), strike))
        for right, strike in zip(draw.choice([1, -1], 6), draw.uniform(60, 140, 6), strict=True)
    ]
    whole = sum((quantity * leg for quantity, leg in legs), Payoff.linear(1.5, -0.25))
    each = sum(quantity * leg(SPOTS) for quantity, leg in legs) + 1.5 - 0.25 * SPOTS
    np.testing.assert_allclose(whole(SPOTS), each, rtol=0.0, atol=1e-12)
    assert whole.kinks.size == 6


def test_legs_that_cancel_leave_no_kink():
    assert (CALL - PUT).kinks.size == 0
    np.testing.assert_array_equal((CALL - PUT)(SPOTS), SPOTS - 100.0)


def test_a_digital_pays_from_its_strike_on():
    call, put = (Payoff.cash_digital(right, 100.0, 5.0) for right in Right)
    np.testing.assert_array_equal(call([99.0, 100.0, 101.0]), [0.0, 5.0, 5.0])
    np.testing.assert_array_equal((call + put)(SPOTS), 5.0)
    asset = Payoff.asset_digital(Right.CALL, 100.0) - 100.0 * Payoff.cash_digital(Right.CALL, 100.0)
    np.testing.assert_array_equal(asset(SPOTS), CALL(SPOTS))


def test_the_slope_is_none_at_a_kink():
    np.testing.assert_array_equal(CALL.slope([90.0, 100.0, 110.0]), [0.0, np.nan, 1.0])


@pytest.mark.parametrize("right", Right)
def test_a_vanilla_payoff_is_known_as_such(right):
    assert Payoff.vanilla(right, 90.0).strike_of(right) == 90.0
    assert (2.0 * Payoff.vanilla(right, 90.0)).strike_of(right) is None
    assert (CALL + PUT).strike_of(right) is None


@pytest.mark.parametrize("shift", [0.0, 1e-7, -0.004])
def test_next_to_kinks_and_jumps_cells_hold_their_averages(shift):
    places = np.linspace(-0.3, 0.3, 61) + shift
    smoothed, middles = smoothed_payoff(places, STEPPED), 0.5 * (places[1:] + places[:-1])
    for k in np.flatnonzero(smoothed != STEPPED(places)):
        cell = np.linspace(middles[k - 1], middles[k], 200_001)
        average = np.mean(STEPPED(0.5 * (cell[1:] + cell[:-1])))
        assert smoothed[k] == pytest.approx(average, abs=2e-5)  # jumps of 2 in 200,000 parts
    assert np.count_nonzero(smoothed != STEPPED(places)) == 3


def test_the_greater_of_two_rows_is_averaged_where_they_cross():
    places = np.linspace(-1.0, 1.0, 41)
    values, others = 0.3 * places, np.full(41, 0.0317)
    found = smoothed_maximum(places, values, others)
    k, root = int(np.argmin(np.abs(places - 0.0317 / 0.3))), 0.0317 / 0.3
    cell = places[k] + 0.05 * ((np.arange(100_000) + 0.5) / 100_000 - 0.5)
    assert found[k] == pytest.approx(np.mean(np.maximum(0.3 * cell, 0.0317)), abs=1e-9)
    away = np.abs(places - root) > 0.05
    np.testing.assert_array_equal(found[away], np.maximum(values, others)[away])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (([100.0], [0.0], [0.0, 1.0]), "must be one more than kinks"),
        (([100.0, 90.0], [0.0] * 3, [0.0] * 3), "kinks must ascend from above 0"),
        (([0.0], [0.0] * 2, [0.0] * 2), "kinks must ascend from above 0"),
        (([100.0], [0.0, np.inf], [0.0] * 2), "intercepts must be finite"),
    ],
)
def test_what_is_no_payoff_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Payoff(*fields)

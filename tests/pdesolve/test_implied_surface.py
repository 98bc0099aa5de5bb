"""Implied surfaces against scipy's spline, their promises, and arbitrage put there on purpose."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from pdesolve import ImpliedSurface, black_scholes_price
from pdesolve.local.arbitrage import Arbitrage, density_factor, violations

PLACES = np.linspace(-0.6, 0.6, 13)
EXPIRIES = np.array([0.25, 0.5, 1.0])
SEEDS = range(5)


def smile(places, time):
    """Total variance of a smile free of arbitrage (Gatheral and Jacquier 2014, theorem 4.3)."""
    return time * (0.04 + 0.02 * (-0.3 * places + np.sqrt(places**2 + 0.04)))


def surface(expiries=EXPIRIES):
    return ImpliedSurface(
        expiries, [PLACES] * len(expiries), [smile(PLACES, each) for each in expiries]
    )


@pytest.mark.kernels
@pytest.mark.parametrize("seed", SEEDS)
def test_a_smile_is_the_natural_spline_through_its_quotes(seed):
    draw = np.random.default_rng(seed)
    knots, values = np.sort(draw.uniform(-1.0, 1.0, 9)), draw.uniform(0.02, 0.2, 9)
    read = ImpliedSurface([0.5], [knots], [values]).read(at := np.linspace(*knots[[0, -1]]), 0.5)
    exact = CubicSpline(knots, values, bc_type="natural")
    for order, found in enumerate((read.value, read.slope, read.bend)):
        np.testing.assert_allclose(found, exact(at, order), rtol=1e-9, atol=1e-9)


def test_beyond_the_quotes_a_smile_goes_on_straight_and_smooth():
    end, step = PLACES[-1], 0.1
    inside, outside = (surface().read(np.array([end + by]), 0.5) for by in (0.0, step))
    assert outside.value[0] == pytest.approx(inside.value[0] + step * inside.slope[0], rel=1e-12)
    assert outside.slope[0] == pytest.approx(inside.slope[0], rel=1e-12)
    assert outside.bend[0] == 0.0


@pytest.mark.parametrize(("time", "share"), [(0.1, 0.4), (0.375, 1.5), (0.75, 3.0)])
def test_total_variance_is_linear_in_time_from_zero_today(time, share):
    # This smile is proportional to time, and so is what lies between its expiries.
    read = surface().read(PLACES, time)
    np.testing.assert_allclose(read.value, share * smile(PLACES, 0.25), rtol=1e-12)
    np.testing.assert_allclose(read.growth, smile(PLACES, 1.0), rtol=1e-12)


def test_volatilities_of_strikes_come_back():
    strikes, forwards = [[80.0, 100.0, 125.0], [70.0, 90.0, 105.0, 140.0]], [101.0, 102.0]
    vols = [[0.3, 0.25, 0.24], [0.28, 0.26, 0.25, 0.25]]
    made = ImpliedSurface.from_volatilities([0.5, 1.0], strikes, vols, forwards)
    for time, row, given, forward in zip([0.5, 1.0], strikes, vols, forwards, strict=True):
        found = made.volatility(np.log(np.array(row) / forward), time)
        np.testing.assert_allclose(found, given, rtol=1e-12)


def test_a_smooth_surface_allows_no_arbitrage():
    assert violations(surface()) == ()


def test_a_smile_that_falls_with_time_is_a_calendar_arbitrage():
    values = [smile(PLACES, 0.5), smile(PLACES, 1.0)]
    values[1][3] = values[0][3] - 0.002
    found = violations(ImpliedSurface([0.5, 1.0], [PLACES] * 2, values))
    (calendar,) = [each for each in found if each.arbitrage is Arbitrage.CALENDAR]
    assert calendar.time == 1.0
    assert calendar.lowest < PLACES[3] < calendar.highest
    assert calendar.amount == pytest.approx(0.002, rel=1e-12)
    assert calendar.log_moneyness == pytest.approx(PLACES[3], abs=0.02)


def test_a_spike_is_a_butterfly_arbitrage_where_prices_are_concave():
    values = smile(PLACES, 0.5)
    values[6] *= 1.3
    spiked = ImpliedSurface([0.5], [PLACES], [values])
    found = [each for each in violations(spiked) if each.time == 0.5]
    assert {each.arbitrage for each in found} == {Arbitrage.BUTTERFLY}
    worst = max(found, key=lambda each: each.amount)
    # Out of the money on either side of the spike calls are worth less than the chord.
    log_strikes = worst.log_moneyness + np.array([-1e-3, 0.0, 1e-3])
    vols = spiked.volatility(log_strikes, 0.5)
    calls = black_scholes_price(1.0, strikes := np.exp(log_strikes), 0.5, vol=vols)
    slopes = np.diff(calls) / np.diff(strikes)
    assert slopes[1] < slopes[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_records_of_arbitrage_are_where_the_density_is_negative(seed):
    values = smile(PLACES, 1.0) * np.random.default_rng(seed).uniform(0.8, 1.2, PLACES.size)
    rough = ImpliedSurface([1.0], [PLACES], [values])
    for each in violations(rough):
        at, time = np.array([each.log_moneyness]), np.array([each.time])
        assert density_factor(at, rough.read(at, time))[0] == pytest.approx(-each.amount, rel=1e-9)
        assert each.lowest <= each.log_moneyness <= each.highest


def test_a_record_tells_kind_amount_and_place():
    smiles = [[0.09, 0.04, 0.02], [0.08, 0.05, 0.04]]
    (found,) = violations(ImpliedSurface([0.5, 1.0], [[-0.4, 0.0, 0.4]] * 2, smiles))
    assert str(found) == "calendar arbitrage of 0.01 at 1 years and log-moneyness -0.4"


def test_what_does_not_overlap_is_not_compared():
    steep = ImpliedSurface([0.5, 1.0], [[-0.3, -0.2, -0.1], [0.1, 0.2, 0.3]], [[0.04] * 3] * 2)
    assert violations(steep) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5], [[0.0, 0.1]], [[0.1, 0.1]]), "at least 3 quotes for each expiry"),
        (([0.5], [[0.0, 0.2, 0.1]], [[0.1] * 3]), r"ascend, got 0\.1 after 0\.2"),
        (([0.5, 0.5], [PLACES] * 2, [PLACES + 1.0] * 2), r"expiries must ascend, got 0\.5 after"),
        (([0.5, 1.0], [PLACES], [PLACES + 1.0]), "a row for each of 2 expiries, got 1 and 1"),
        (([0.5], [PLACES], [PLACES]), r"total_variance must be positive and finite, got -0\.6"),
        (([0.0], [PLACES], [PLACES + 1.0]), r"expiries must be positive and finite, got 0\.0"),
    ],
)
def test_quotes_that_make_no_surface_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImpliedSurface(*arguments)


def test_a_time_beyond_the_last_expiry_is_refused():
    with pytest.raises(ValueError, match=r"time must not be beyond the last expiry, 1, got 1\.1"):
        surface().volatility(0.0, 1.1)


def test_negative_variance_far_beyond_the_quotes_is_refused():
    falling = ImpliedSurface([1.0], [[-0.1, 0.0, 0.1]], [[0.06, 0.04, 0.02]])
    with pytest.raises(ValueError, match=r"total variance must not be negative, got -0\.02 at log"):
        falling.volatility(0.3, 1.0)

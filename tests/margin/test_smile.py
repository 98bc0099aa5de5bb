"""Smiles against what they were made from, against arbitrage, and at their edges."""

import numpy as np
import pytest

from margin import Market, OptionContract, Smile, SmileSurface, Underlying, fit_smile, sticky_delta
from margin.files.readers.volatilities import smile_surface
from pdesolve import Exercise, Right, black_76
from tests.margin.readers.payloads import ASOF

STRIKES = np.linspace(60.0, 160.0, 21)
MADE = Smile(0.5, 100.0, a=0.01, b=0.12, rho=-0.4, m=0.02, sigma=0.15)
# Gatheral and Jacquier (2014), example 3.1, after Axel Vogt: known for its butterfly arbitrage.
VOGT = Smile(1.0, 100.0, a=-0.0410, b=0.1331, rho=0.3060, m=0.3586, sigma=0.4153)
SURFACE = SmileSurface(
    100.0,
    (
        Smile(0.25, 101.0, a=0.006, b=0.08, rho=-0.3, m=0.0, sigma=0.1),
        Smile(1.0, 104.0, a=0.03, b=0.12, rho=-0.3, m=0.0, sigma=0.2),
    ),
)


def test_a_slice_is_recovered_from_its_own_volatilities():
    fitted = fit_smile(STRIKES, MADE.volatility(STRIKES), years=0.5, forward=100.0)
    assert fitted.largest < 1e-6
    found = [getattr(fitted.smile, name) for name in ("a", "b", "rho", "m", "sigma")]
    assert found == pytest.approx([0.01, 0.12, -0.4, 0.02, 0.15], abs=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_a_fit_to_noise_has_no_butterfly_arbitrage(seed):
    draw = np.random.default_rng(seed)
    noisy = MADE.volatility(STRIKES) + draw.normal(0.0, 0.03, STRIKES.size)
    fitted = fit_smile(STRIKES, noisy, years=0.5, forward=100.0)
    assert fitted.butterfly.holds
    assert fitted.rms < 0.06


def test_the_published_slice_with_arbitrage_is_found_out():
    check = VOGT.butterfly()
    assert not check.holds
    # The paper's figure 2 shows the least of g just below zero near a log-moneyness of 0.8.
    assert -0.1 < check.least_density < 0.0
    assert 0.5 < check.at < 1.1


def test_a_fit_to_the_published_slice_takes_its_arbitrage_away():
    strikes = 100.0 * np.exp(np.linspace(-1.5, 1.5, 25))
    fitted = fit_smile(strikes, VOGT.volatility(strikes), years=1.0, forward=100.0)
    assert fitted.butterfly.holds
    assert 0.0 < fitted.largest < 0.02


@pytest.mark.parametrize("smile", [MADE, VOGT], ids=["sound", "with arbitrage"])
def test_negative_density_is_negative_butterfly_prices(smile):
    # g is the density of ln(S / F) times a positive number, so both change sign together.
    k = np.linspace(-0.6, 1.2, 61)
    strikes, step = 100.0 * np.exp(k), 0.02
    prices = [
        black_76(100.0, at, expiry=smile.years, vol=smile.volatility(at), right=Right.CALL).price
        for at in (strikes - step, strikes, strikes + step)
    ]
    butterflies = prices[0] - 2.0 * prices[1] + prices[2]
    clear = np.abs(smile.density(k)) > 1e-2
    np.testing.assert_array_equal(butterflies[clear] > 0.0, smile.density(k)[clear] > 0.0)


def test_steep_wings_are_arbitrage():
    assert not Smile(1.0, 100.0, a=0.01, b=1.5, rho=0.6, m=0.0, sigma=0.1).butterfly().holds


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_quotes_give_a_flat_slice(count):
    fitted = fit_smile(STRIKES[:count], np.full(count, 0.3), years=0.5, forward=100.0)
    np.testing.assert_allclose(fitted.smile.volatility(STRIKES), 0.3, rtol=1e-14)
    assert fitted.butterfly.holds


def test_a_heavier_quote_is_met_more_closely():
    vols = np.full(STRIKES.size, 0.3)
    vols[10] = 0.4
    weights = np.ones(STRIKES.size)
    light = fit_smile(STRIKES, vols, years=0.5, forward=100.0)
    weights[10] = 50.0
    heavy = fit_smile(STRIKES, vols, years=0.5, forward=100.0, weight=weights)
    errors = [abs(one.smile.volatility(STRIKES[10]) - 0.4) for one in (light, heavy)]
    assert errors[1] < 0.5 * errors[0]


def test_total_variance_is_linear_in_time_at_constant_moneyness():
    k, years = 0.1, np.array([0.25, 0.5, 0.75, 1.0])
    strikes = SURFACE.forward(years) * np.exp(k)
    total = SURFACE.volatility(strikes, years) ** 2 * years
    np.testing.assert_allclose(np.diff(total), np.diff(total)[0], rtol=1e-12)
    ends = [float(smile.total_variance(k)) for smile in SURFACE.smiles]
    assert [total[0], total[-1]] == pytest.approx(ends, rel=1e-12)


@pytest.mark.parametrize(("years", "nearest"), [(0.01, 0), (0.2, 0), (1.5, 1), (5.0, 1)])
def test_outside_the_expiries_volatility_stays_as_it_is(years, nearest):
    smile = SURFACE.smiles[nearest]
    found = SURFACE.volatility(SURFACE.forward(years) * 1.1, years)
    assert found == pytest.approx(float(smile.volatility(smile.forward * 1.1)), rel=1e-12)


def test_the_forward_goes_through_the_spot_and_every_expiry():
    found = SURFACE.forward([0.0, 0.25, 1.0, 2.0])
    assert found == pytest.approx([100.0, 101.0, 104.0, 100.0 * 1.04**2], rel=1e-12)


def test_calendar_arbitrage_is_found_where_it_is():
    assert all(check.holds for check in SURFACE.calendar())
    late = Smile(2.0, 108.0, a=0.001, b=0.12, rho=-0.3, m=0.0, sigma=0.2)
    checks = SmileSurface(100.0, (*SURFACE.smiles, late)).calendar()
    assert [check.holds for check in checks] == [True, False]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"a": -1.0}, "least total variance must be positive"),
        ({"sigma": 0.0}, "sigma must be positive"),
        ({"rho": 1.5}, "rho must lie from -1 to 1"),
        ({"years": 0.0}, "years must be positive"),
    ],
)
def test_a_slice_checks_its_numbers(changes, complaint):
    fields = {"years": 0.5, "forward": 100.0, "a": 0.01, "b": 0.1, "sigma": 0.1} | changes
    with pytest.raises(ValueError, match=complaint):
        Smile(**fields)


@pytest.mark.parametrize(
    ("strike", "vols", "complaint"),
    [([], [], "lists of one length"), ([1.0], [0.2, 0.3], "lists of one length"),
     ([1.0], [np.nan], "volatility must be positive"), ([-1.0], [0.2], "strike must be positive")],
)  # fmt: skip
def test_a_fit_checks_its_quotes(strike, vols, complaint):
    with pytest.raises(ValueError, match=complaint):
        fit_smile(strike, vols, years=1.0, forward=100.0)


def test_a_surface_refuses_strikes_and_times_that_are_none():
    with pytest.raises(ValueError, match="strike and years must be positive"):
        SURFACE.volatility(-1.0, 0.5)
    with pytest.raises(ValueError, match="at least one smile"):
        SmileSurface(100.0, ())


def contract(strike, right=Right.PUT, name="XYZ"):
    expiry = ASOF.replace(year=2027)
    return OptionContract(name, right, strike, expiry, Exercise.EUROPEAN)


@pytest.fixture
def market():
    vols = {contract(90.0): 0.4}
    return Market(ASOF, {"XYZ": Underlying(100.0)}, vols, {"XYZ": SURFACE})


def test_a_market_reads_its_smile_where_a_contract_has_no_volatility(market):
    assert market.volatility(contract(90.0)) == 0.4
    assert market.volatility(contract(95.0)) == float(SURFACE.volatility(95.0, 1.0))


def test_a_smile_of_an_unknown_underlying_is_refused():
    with pytest.raises(ValueError, match="underlyings must hold ABC"):
        Market(ASOF, {}, {}, {"ABC": SURFACE})


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.3])
def test_a_delta_keeps_its_volatility_when_the_spot_moves(market, factor):
    moved = sticky_delta(market, "XYZ", factor)
    assert moved.underlyings["XYZ"].spot == 100.0 * factor
    near, far = contract(95.0), contract(95.0 * factor)
    assert moved.volatility(far) == pytest.approx(market.volatility(near), rel=1e-12)
    own = float(SURFACE.volatility(90.0 / factor, 1.0) - SURFACE.volatility(90.0, 1.0))
    assert moved.volatility(contract(90.0)) == pytest.approx(0.4 + own, rel=1e-12)


def test_a_market_without_a_smile_has_nothing_to_move():
    with pytest.raises(ValueError, match="no SmileSurface of XYZ"):
        sticky_delta(Market(ASOF, {"XYZ": Underlying(100.0)}, {}), "XYZ", 1.1)


def test_of_a_call_and_a_put_the_one_out_of_the_money_counts():
    vols = {contract(90.0): 0.4, contract(90.0, Right.CALL): 0.9}
    market = Market(ASOF, {"XYZ": Underlying(100.0)}, vols)
    assert smile_surface(vols, market, "XYZ").volatility(90.0, 1.0) == pytest.approx(0.4)

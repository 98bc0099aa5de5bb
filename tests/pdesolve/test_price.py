"""`price` against closed form and an independent American engine on 200 contracts, and its manners.

The engine is QuantLib's QdFp at its highest precision (Andersen, Lake and Offengenden, 2016), good
to 1e-6 with a strike of 100; its Greeks are difference quotients.
"""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import QuantLib as ql

from pdesolve import Greeks, Right, black_scholes, price
from pdesolve.quote import UNITS

N = 200
TODAY, DAYS = ql.Date(20, 11, 2026), ql.Actual365Fixed()
LARGEST_ERROR = 1e-4
DESK = ("theta_day", "vega_pt", "rho_pt", "gamma_pct", "delta_cash")


def random_contracts(seed=0):
    draw = np.random.default_rng(seed).uniform
    return {
        "spot": draw(80.0, 120.0, N),
        "strike": np.full(N, 100.0),
        "expiry": np.ceil(365.0 * draw(0.1, 3.0, N)) / 365.0,  # the engine counts whole days
        "vol": draw(0.1, 0.6, N),
        "rate": draw(0.0, 0.1, N),
        "div_yield": draw(0.0, 0.08, N),
        "right": np.where(draw(size=N) < 0.5, 1, -1),
    }


def american_prices(contracts):
    """Prices by the engine."""
    names = ("spot", "strike", "expiry", "vol", "rate", "div_yield", "right")
    columns = np.broadcast_arrays(*(contracts[name] for name in names))
    return np.array([american_price(*row) for row in zip(*columns, strict=True)])


def american_price(spot, strike, expiry, vol, rate, div_yield, right):
    def curve(level):
        return ql.YieldTermStructureHandle(ql.FlatForward(TODAY, float(level), DAYS))

    variance = ql.BlackConstantVol(TODAY, ql.NullCalendar(), float(vol), DAYS)
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(float(spot))),
        curve(div_yield),
        curve(rate),
        ql.BlackVolTermStructureHandle(variance),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if right > 0 else ql.Option.Put, float(strike))
    option = ql.VanillaOption(payoff, ql.AmericanExercise(TODAY, TODAY + round(365.0 * expiry)))
    scheme = ql.QdFpAmericanEngine.highPrecisionScheme()
    option.setPricingEngine(ql.QdFpAmericanEngine(process, scheme))
    return option.NPV()


def slope(contracts, name, step):
    """Central difference quotient of the engine's prices."""
    up, down = (
        american_prices({**contracts, name: contracts[name] + move}) for move in (step, -step)
    )
    return (up - down) / (2.0 * step)


@pytest.fixture(scope="module", autouse=True)
def today():
    ql.Settings.instance().evaluationDate = TODAY


@pytest.mark.parametrize("seed", [0, 1])
def test_european_prices_and_all_greeks_match_the_closed_form(seed):
    contracts = random_contracts(seed)
    found, exact = price(**contracts), black_scholes(**contracts)
    for greek in ("price", "delta"):
        error = np.abs(getattr(found, greek) - getattr(exact, greek))
        assert error.max() <= LARGEST_ERROR
    # Others: a hundred-thousandth of their own size, which differs; volga divides by a bump twice.
    for name in (field.name for field in fields(Greeks)):
        error = np.abs(getattr(found, name) - getattr(exact, name))
        share = 1e-2 if name == "volga" else 1e-3
        assert error.max() <= share * np.abs(getattr(exact, name)).max()


def test_american_prices_match_the_independent_engine():
    contracts = random_contracts()
    found = price(**contracts, style="american").price
    assert np.abs(found - american_prices(contracts)).max() <= LARGEST_ERROR


def test_american_deltas_match_the_independent_engine():
    # A quotient over less than a cent, as delta bends at the exercise boundary.
    contracts = random_contracts()
    found = price(**contracts, style="american").delta
    assert np.abs(found - slope(contracts, "spot", 0.004)).max() <= LARGEST_ERROR


@pytest.mark.parametrize(
    ("greek", "name", "tolerance"),
    [("vega", "vol", 1e-2), ("rho", "rate", 5e-2), ("dividend_rho", "div_yield", 5e-2)],
)
def test_american_sensitivities_match_the_independent_engine(greek, name, tolerance):
    contracts = {key: column[:40] for key, column in random_contracts().items()}
    found = getattr(price(**contracts, style="american"), greek)
    np.testing.assert_allclose(found, slope(contracts, name, 2e-4), rtol=0.0, atol=tolerance)


def test_greeks_satisfy_the_equation_and_homogeneity():
    contracts = random_contracts()
    quote = price(**contracts, style="american")
    spot, rate, div_yield = (contracts[name] for name in ("spot", "rate", "div_yield"))
    exercised = quote.theta == 0.0
    flow = rate * quote.price - (rate - div_yield) * spot * quote.delta
    flow -= 0.5 * (contracts["vol"] * spot) ** 2 * quote.gamma
    np.testing.assert_allclose(quote.theta[~exercised], flow[~exercised], rtol=1e-9, atol=1e-9)
    # T dV/dT = sigma vega / 2 + r rho + q dividend_rho, for the life T enters with each only.
    by_life = (
        0.5 * contracts["vol"] * quote.vega + rate * quote.rho + div_yield * quote.dividend_rho
    )
    apart = np.abs(by_life + contracts["expiry"] * quote.theta)[~exercised]
    assert apart.max() <= 2e-2


@pytest.mark.parametrize("style", ["european", "american"])
def test_estimated_errors_are_not_below_the_errors(style):
    contracts = random_contracts()
    rough = price(**contracts, style=style, tolerance=1e-2)
    fine = price(**contracts, style=style, tolerance=1e-6)
    assert np.mean(np.abs(rough.price - fine.price) <= rough.error + fine.error) >= 0.99
    assert np.abs(rough.price - fine.price).max() <= 1e-2
    assert rough.converged.all()


def test_a_tolerance_out_of_reach_is_said_to_be_missed():
    contracts = {key: column[:3] for key, column in random_contracts().items()}
    assert not price(**contracts, style="american", tolerance=1e-12).converged.all()


@pytest.mark.parametrize(
    ("spot", "strike", "shape"),
    [
        (100.0, 100.0, ()),
        ([90.0, 110.0], 100.0, (2,)),
        ([[90.0], [110.0]], [95.0, 100.0, 105.0], (2, 3)),
        ([], 100.0, (0,)),
    ],
)
def test_arguments_broadcast(spot, strike, shape):
    quote = price(spot=spot, strike=strike, expiry=0.5, vol=0.3)
    assert np.shape(quote.price) == np.shape(quote.vega) == np.shape(quote.error) == shape
    assert shape or isinstance(quote.price, float)


def test_rights_and_styles_broadcast_too():
    table = price(
        spot=100.0, strike=110.0, expiry=0.5, vol=0.3, rate=0.1,
        right=[["call"], ["put"]], style=["european", "american"],
    ).price  # fmt: skip
    single = [
        [
            price(spot=100.0, strike=110.0, expiry=0.5, vol=0.3, rate=0.1, right=r, style=s).price
            for s in ("european", "american")
        ]
        for r in (Right.CALL, Right.PUT)
    ]
    np.testing.assert_array_equal(table, single)


@pytest.mark.parametrize(
    "spots",
    [
        [90, 100],
        np.array([90, 100]),
        np.array([90, 100], dtype=np.float32),
        pd.Series([90.0, 100.0]),
    ],
    ids=["list", "int", "float32", "Series"],
)
def test_any_kind_of_number_gives_the_same_values(spots):
    found = price(spot=spots, strike=100, expiry=1, vol=0.25, style="american", right="put").price
    expected = price(
        spot=np.array([90.0, 100.0]), strike=100.0, expiry=1.0, vol=0.25,
        style="american", right="put",
    ).price  # fmt: skip
    np.testing.assert_array_equal(found, expected)


def test_desk_greeks_are_the_raw_ones_in_other_units():
    quote = price(spot=95.0, strike=100.0, expiry=0.5, vol=0.3, rate=0.04, style="american")
    found = [getattr(quote, name) for name in DESK]
    assert found == pytest.approx(
        [
            quote.theta / 365.0,
            quote.vega / 100.0,
            quote.rho / 100.0,
            quote.gamma * 0.95,
            quote.delta * 95.0,
        ]
    )


def test_every_number_is_printed_with_its_unit():
    quote = price(spot=95.0, strike=100.0, expiry=0.5, vol=0.3)
    text = repr(quote)
    for name, unit in UNITS.items():
        assert any(line.startswith(name) and line.endswith(unit) for line in text.splitlines())
    assert "TR-BDF2 on 160 x 28 and 320 x 56, extrapolated" in text


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("style", ["european", "american"])
def test_at_expiry_the_price_is_the_payoff(right, style):
    spots = np.array([80.0, 100.0, 120.0])
    quote = price(spot=spots, strike=100.0, expiry=0.0, vol=0.3, right=right, style=style)
    np.testing.assert_allclose(
        quote.price, np.maximum(right * (spots - 100.0), 0.0), rtol=0.0, atol=1e-13
    )


@pytest.mark.parametrize("right", Right)
def test_without_volatility_the_price_is_that_of_the_best_certain_exercise(right):
    t = np.linspace(0.0, 1.0, 10_001)
    quote = price(
        spot=90.0, strike=100.0, expiry=1.0, vol=0.0, rate=0.03, div_yield=0.05,
        right=right, style="american",
    )  # fmt: skip
    worth = right * (90.0 * np.exp(-0.05 * t) - 100.0 * np.exp(-0.03 * t))
    assert quote.price == pytest.approx(max(worth.max(), 0.0), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spot": -1.0}, "spot must be positive and finite, got -1.0"),
        ({"strike": 0.0}, "strike must be positive and finite, got 0.0"),
        ({"expiry": np.nan}, "expiry must be finite and not negative, got nan"),
        ({"vol": 30.0}, "vol must be at most 5"),
        ({"rate": np.inf}, "rate must be finite, got inf"),
        ({"right": "straddle"}, "right must be"),
        ({"style": "asian"}, "exercise must be"),
        ({"tolerance": 0.0}, "tolerance must be positive and finite, got 0.0"),
        ({"strike": [90.0, 100.0], "vol": [0.2, 0.3, 0.4]}, "must broadcast together"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(change, message):
    arguments = {"spot": 100.0, "strike": 100.0, "expiry": 0.5, "vol": 0.3}
    with pytest.raises(ValueError, match=message):
        price(**arguments | change)

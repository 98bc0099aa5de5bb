"""Chains made from known volatilities and forwards: both come back; bad quotes are told apart."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from margin import chain_market
from margin.chains.parity import parity_fit
from margin.chains.quotes import Flaw, Side
from margin.files import AccountFileError
from pdesolve import Exercise, black_scholes_price, price
from tests.margin.readers.payloads import ASOF

STRIKES = np.arange(80.0, 121.0, 4.0)
EXPIRY = datetime(2027, 5, 21, 20, tzinfo=UTC)
YEARS = (EXPIRY - ASOF).total_seconds() / (365 * 86_400)
SPOT, RATE, YIELD, VOL = 100.0, 0.04, 0.015, 0.3
FORWARD = SPOT * np.exp((RATE - YIELD) * YEARS)


def chain(style="european", width=0.0, **more):
    rights = ["C", "P"] * STRIKES.size
    strikes = np.repeat(STRIKES, 2)
    terms = {"expiry": YEARS, "vol": VOL, "rate": RATE, "div_yield": YIELD, "right": rights}
    if style == "european":
        worth = black_scholes_price(SPOT, strikes, **terms)
    else:
        worth = price(spot=SPOT, strike=strikes, style=style, **terms).price
    count = strikes.size
    return {
        "right": rights,
        "strike": strikes.tolist(),
        "expiry": [EXPIRY] * count,
        "bid": (worth - width).tolist(),
        "ask": (worth + width).tolist(),
    } | {name: [value] * count for name, value in more.items()}


def found_in(columns, name="SPX", **given):
    return chain_market(columns, **{"underlying": name, "spot": SPOT, "asof": ASOF} | given)


def test_a_european_chain_gives_forward_rate_and_volatility():
    found = found_in(chain())
    (forward,) = found.forwards
    assert forward.forward == pytest.approx(FORWARD, rel=1e-12)
    assert (forward.rate, forward.dividend_yield) == pytest.approx((RATE, YIELD), abs=1e-10)
    np.testing.assert_allclose(found.volatilities, VOL, rtol=1e-9)
    assert set(found.flaws) == {None}


def test_an_american_chain_gives_the_forward_after_early_exercise_is_taken_off():
    found = found_in(chain("american"), "AAPL", rate=RATE)
    (forward,) = found.forwards
    # Solver values err by about 1e-6 of the strike, the volatilities of parity by a few times that.
    assert forward.forward == pytest.approx(FORWARD, rel=2e-5)
    np.testing.assert_allclose(found.volatilities[~np.isnan(found.volatilities)], VOL, rtol=2e-3)
    assert {contract.exercise for contract in found.market.vols} == {Exercise.AMERICAN}


@pytest.mark.parametrize(("side", "sign"), [(Side.BID, -1), (Side.MID, 0), (Side.ASK, 1)])
def test_the_side_of_the_quote_counts(side, sign):
    found = found_in(chain(width=0.2), side=side, rate=RATE)
    shift = np.nanmedian(found.volatilities) - VOL
    assert np.sign(round(shift, 6)) == sign


def test_forwards_come_from_their_column_where_there_is_one():
    found = found_in(chain(forward=101.0), rate=RATE)
    assert found.forwards[0].forward == 101.0
    assert found.forwards[0].stated


def test_coin_chains_are_quoted_in_coin():
    columns = chain()
    carry = np.exp((RATE - YIELD) * YEARS)
    terms = {"expiry": YEARS, "vol": VOL, "rate": np.log(carry) / YEARS, "right": columns["right"]}
    coin = black_scholes_price(SPOT, np.array(columns["strike"]), **terms) / SPOT
    columns |= {"bid": coin.tolist(), "ask": coin.tolist()}
    columns["symbol"] = ["BTC-21MAY27-80-C"] * coin.size
    found = found_in(columns, "BTC")
    assert found.forwards[0].forward == pytest.approx(FORWARD, rel=1e-12)
    np.testing.assert_allclose(found.volatilities, VOL, rtol=1e-9)


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [
        (Flaw.MISSING, {"bid": None}),
        (Flaw.MISSING, {"ask": 0.0}),
        (Flaw.MISSING, {"bid": float("nan")}),
        (Flaw.CROSSED, {"bid": 30.0, "ask": 20.0}),
        (Flaw.OUTSIDE, {"bid": 150.0, "ask": 160.0}),
        (Flaw.OUTSIDE, {"bid": 1.0, "ask": 1.0}),
        (Flaw.EXPIRED, {"expiry": "2020-01-01"}),
        (Flaw.STALE, {"quote_age": 3_600.0}),
    ],
)
def test_a_quote_that_cannot_be_used_has_its_flaw_and_hurts_no_other(flaw, changes):
    columns = chain(quote_age=1.0)
    for name, value in changes.items():
        columns[name] = [value, *columns[name][1:]]
    found = found_in(columns)
    assert found.flaws[0] is flaw
    assert set(found.flaws[1:]) == {None}
    assert np.isnan(found.volatilities[0])
    assert f"1 {flaw.value}" in str(found)


def test_rows_older_than_the_last_one_are_stale():
    columns = chain()
    count = len(columns["strike"])
    columns["asof"] = [ASOF - timedelta(hours=1)] + [ASOF] * (count - 1)
    found = chain_market(columns, underlying="SPX", spot=SPOT)
    assert (found.market.asof, found.flaws[0]) == (ASOF, Flaw.STALE)
    patient = chain_market(columns, underlying="SPX", spot=SPOT, stale_after=timedelta(days=1))
    assert patient.count(Flaw.STALE) == 0


def test_a_contract_that_is_not_quoted_takes_the_smile():
    found = found_in(chain())
    quoted = next(iter(found.market.vols))
    other = type(quoted)("SPX", quoted.right, 101.5, EXPIRY, quoted.exercise, quoted.settlement)
    assert found.market.volatility(other) == pytest.approx(VOL, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"strike": None}, "strike is missing"),
        ({"right": ["X"] * 22}, r'right\[0\]: got "X"'),
        ({"expiry": ["never"] * 22}, r'expiry\[0\]: got "never"'),
        ({"bid": ["dear"] * 22}, r'bid\[0\]: got "dear"'),
    ],
)
def test_a_chain_that_makes_no_sense_is_refused(changes, complaint):
    columns = {name: values for name, values in (chain() | changes).items() if values}
    with pytest.raises(AccountFileError, match=complaint):
        found_in(columns)


@pytest.mark.parametrize("name", ["spot", "asof"])
def test_what_neither_chain_nor_argument_states_is_asked_for(name):
    with pytest.raises(ValueError, match=f"{name} is missing"):
        found_in(chain(), **{name: None})


def test_a_chain_without_any_quote_is_refused():
    with pytest.raises(ValueError, match="no quote that can be used"):
        found_in(chain() | {"bid": [None] * 22})


def test_parity_withstands_a_quote_that_is_wrong():
    gaps = 0.98 * (101.0 - STRIKES)
    gaps[3] += 5.0
    fitted = parity_fit(STRIKES, gaps)
    assert fitted.forward == pytest.approx(101.0, abs=1e-6)
    assert fitted.discount == pytest.approx(0.98, abs=1e-6)


@pytest.mark.parametrize("strikes", [[], [100.0]])
def test_parity_needs_strikes(strikes):
    with pytest.raises(ValueError, match="parity needs at least 8 strikes"):
        parity_fit(strikes, strikes)

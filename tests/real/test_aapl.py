"""American options on Apple, June 2014: volatilities from mids, values against quotes."""

import numpy as np
import pytest

from examples.aapl_chain import (
    FIRST_CLOSE,
    FIRST_EX_DATE,
    RATE,
    SECOND_CLOSE,
    account_on,
    held_by,
    main,
    market_of,
    market_with_yields,
    out_of_the_money,
    over_dividends,
    quotes_on,
    share_within,
    solved,
    values,
)
from margin import State, requirement, thresholds
from margin.rules import TEN_POINT_EQUITY
from tests.real import chains

CLOSES = (FIRST_CLOSE, SECOND_CLOSE)
VOL_ERROR = 1e-8  # of american_implied_volatility, as it states
ROUNDING = 1e-12  # of a value, over spot
USUAL = 0.95  # share of values between bid and ask, where nothing is known to be missing


@pytest.fixture(scope="module")
def files():
    names = "aapl_chain_201406.parquet", "aapl_dividends_2014_2016.csv"
    return [chains.beside(name) for name in names]


@pytest.fixture(scope="module")
def markets(files):
    return {day: market_with_yields(quotes_on(day, files[0]), files[1]) for day in CLOSES}


@pytest.fixture(scope="module")
def real(files):
    """Markets with dividends on their dates, for the accounts."""
    quotes = {day: held_by(account_on(day), quotes_on(day, files[0])) for day in CLOSES}
    return {day: market_of(quotes[day], files[1]) for day in CLOSES}


@pytest.fixture(scope="module")
def rows(files, markets):
    return {day: solved(quotes_on(day, files[0]), markets[day]) for day in CLOSES}


@pytest.mark.parametrize("day", CLOSES)
def test_every_volatility_gives_its_mid_back(markets, rows, day):
    # No vega is above spot * sqrt(T / (2 pi)); 0.4 is rounded up to 1 for early exercise.
    part = rows[day]
    error = (values(part, markets[day], "vol") - part["mid"]).abs()
    allowed = part["spot_close"] * (VOL_ERROR * np.sqrt(part["years"]) + ROUNDING)
    assert np.all(error <= allowed)


@pytest.mark.parametrize("day", CLOSES)
@pytest.mark.parametrize("side", ["out", "in"])
def test_neighbouring_strikes_price_a_contract_within_its_quotes(markets, rows, day, side):
    out = out_of_the_money(rows[day])
    part = rows[day][(out if side == "out" else ~out) & rows[day]["neighbours"].notna()]
    assert share_within(part, values(part, markets[day], "neighbours")) >= USUAL


@pytest.mark.parametrize("day", CLOSES)
def test_the_other_right_prices_a_contract_within_its_quotes_before_the_dividend(
    markets, rows, day
):
    early = rows[day]["expiry"] < f"{FIRST_EX_DATE}"
    part = rows[day][early & ~out_of_the_money(rows[day]) & rows[day]["twin"].notna()]
    assert share_within(part, values(part, markets[day], "twin")) >= USUAL


@pytest.mark.parametrize(
    ("rate", "expiries"),
    [(0.004, ["2014-10-18", "2015-01-17", "2015-04-17"]), (0.006, ["2016-01-15"])],
)
def test_after_the_dividend_longer_rates_bring_values_within_the_quotes(files, rate, expiries):
    quotes = quotes_on(FIRST_CLOSE, files[0])
    market = market_with_yields(quotes, files[1], rate)
    found = solved(quotes[quotes["expiry"].isin(expiries)], market)
    found = found[~out_of_the_money(found) & found["twin"].notna()]
    assert share_within(found, values(found, market, "twin")) >= USUAL


@pytest.mark.parametrize("day", CLOSES)
def test_forwards_lose_the_dividends_to_come(markets, day):
    # Until January 2016 six dividends of the file go ex; their present value is the loss.
    underlying = markets[day].underlyings["AAPL"]
    paid = (7.0 if day == FIRST_CLOSE else 1.0) * (3 * 0.47 + 3 * 0.52)
    last = underlying.curve[-1]
    lost = -np.expm1(-last.dividend_yield * markets[day].years(last.expiry)) * underlying.spot
    assert paid * np.exp(-RATE * 1.7) < lost < paid
    assert underlying.curve[0].dividend_yield == 0.0


def test_dividends_on_their_dates_bring_august_within_its_quotes(files):
    # Nine days after the dividend; no rate does it with a yield in the place of the dividend.
    quotes = quotes_on(FIRST_CLOSE, files[0])
    found = over_dividends(quotes[quotes["expiry"] == "2014-08-16"], files[1], 0.002, 4)
    assert share_within(found, found["as yield"]) < 0.7
    assert share_within(found, found["on dates"]) == 1.0


def test_every_dividend_of_the_file_is_in_the_market(real):
    for day, paid in ((FIRST_CLOSE, 7 * 0.47), (SECOND_CLOSE, 0.47)):
        first, *_ = real[day].underlyings["AAPL"].dividends
        assert first.cash == pytest.approx(paid)
        assert first.date.date() == FIRST_EX_DATE


@pytest.mark.parametrize("day", CLOSES)
def test_requirement_and_thresholds_tell_the_same_state(real, day):
    needed = requirement(account_on(day), real[day], TEN_POINT_EQUITY)
    found = thresholds(account_on(day), real[day], TEN_POINT_EQUITY)
    assert needed.maintenance > 0.0
    assert needed.excess > 0.0
    assert found.state is State.SAFE
    assert found.certificate.complete
    assert found.below.spot < needed.spot < found.above.spot


@pytest.mark.parametrize("day", CLOSES)
def test_excess_changes_its_sign_at_every_threshold(real, day):
    account, market = account_on(day), real[day]
    for inside, outside in chains.around(thresholds(account, market, TEN_POINT_EQUITY)):
        assert chains.excess_at(account, market, TEN_POINT_EQUITY, spot=inside) < 0.0
        assert chains.excess_at(account, market, TEN_POINT_EQUITY, spot=outside) > 0.0


def test_the_example_runs(files, capsys):
    assert main([*(str(path) for path in files), "60"]) == 0
    assert "liquidation thresholds" in capsys.readouterr().out


def test_the_example_says_that_its_chain_is_missing(tmp_path, capsys):
    assert main([str(tmp_path / "none.parquet")]) == 2
    assert "no file" in capsys.readouterr().err

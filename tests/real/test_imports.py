"""Every example payload beside the checkout is read; quoted chains give what they were made of."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pytest

from margin import chain_market, requirement
from margin.chains.quotes import Flaw, Side
from margin.files import Defaults, load, read, write
from tests.real import chains

PAYLOADS = "account_format_examples.json"
ASOF = datetime(2021, 8, 30, 12, tzinfo=UTC)  # before the futures of the payloads expire
CLOSE = datetime(2026, 1, 30, 21, tzinfo=UTC)
DIVIDEND = date(2014, 8, 7)
HELD = {
    "deribit.get_account_summaries.segregated_sm": 0,
    "deribit.get_account_summaries.cross_pm": 0,
    "deribit.get_positions": 2,
    "bitmex.position": 1,
    "bybit.position.list": 2,
    "okx.account.positions": 1,
    "okx.account.balance": 0,
    "binance_futures.positionRisk": 1,
    "binance_futures.account": 0,
    "hyperliquid.clearinghouseState": 0,
    "derive.get_subaccount": 0,
    "derive.get_positions": 1,
    "kraken_futures.openpositions": 1,
}
STATEMENTS = {
    "ibkr_flex_options_example.xml": {("AAPL", 1.0, 100.0), ("TSLA", -2.0, 100.0)},
    "ibkr_flex_futures_example.xml": {("ES", 2.0, 50.0), ("NQ", -1.0, 20.0), ("GC", 1.0, 100.0)},
}
SPOTS = {"AAPL": 178.0, "TSLA": 230.0}  # the statements do not hold the shares


@pytest.fixture
def payload(tmp_path):
    tree = json.loads(chains.beside(PAYLOADS).read_text(encoding="utf-8"))

    def load_one(name):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(tree[name]["data"]), encoding="utf-8")
        return load(path, Defaults(asof=ASOF, currency="BTC"))

    return load_one


def test_every_payload_is_looked_at():
    tree = json.loads(chains.beside(PAYLOADS).read_text(encoding="utf-8"))
    assert tree.keys() == HELD.keys()


@pytest.mark.parametrize(("name", "count"), HELD.items())
def test_a_payload_of_a_venue_is_read(payload, name, count):
    assert len(payload(name).account.positions) == count


def test_the_deltas_of_deribit_are_those_of_its_positions(payload):
    # The file states delta = size / mark; the future's mark is the forward of this market.
    perpetual, future = payload("deribit.get_positions").account.positions
    assert perpetual.quantity / 48_160.55 == pytest.approx(0.004152776, abs=1e-9)
    assert future.quantity / 45_837.07 == pytest.approx(-0.001308984, abs=1e-9)


def test_the_balances_of_deribit_are_read(payload):
    assert payload("deribit.get_account_summaries.segregated_sm").account.cash == 302.61869214
    assert payload("deribit.get_account_summaries.cross_pm").account.cash == 25.710502678


@pytest.mark.parametrize(("name", "held"), STATEMENTS.items())
def test_a_flex_statement_is_read(name, held):
    found = load(chains.beside(name), Defaults(spots=SPOTS))
    rows = {
        (one.instrument.underlying, one.quantity, one.multiplier) for one in found.account.positions
    }
    assert rows == held


@pytest.mark.parametrize("name", ["deribit.get_positions", "binance_futures.positionRisk"])
def test_an_imported_payload_survives_being_written(payload, tmp_path, name):
    found = payload(name)
    write(tmp_path / "native.json", *found.parts)
    again = requirement(*read(tmp_path / "native.json"))
    assert again.maintenance == requirement(*found.parts).maintenance


def frame(name):
    return pytest.importorskip("pandas").read_parquet(chains.beside(name))


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_deribit_marks_give_the_volatilities_that_the_venue_states(coin):
    rows = frame("deribit_chain_202601_202602.parquet")
    rows = rows[(rows.snapshot_utc == rows.snapshot_utc.iloc[0]) & (rows.currency == coin)]
    found = chain_market(rows, underlying=coin, side=Side.MARK)
    error = np.abs(found.volatilities - rows.mark_iv.to_numpy())
    # Rows of a snapshot were collected over a minute, and marks are rounded to 1e-6 coin.
    assert np.nanmedian(error) < 5e-4
    assert found.count(None) > 0.9 * len(rows)
    assert all(one.butterfly.holds for one in found.smiles)


def test_parity_finds_the_forwards_of_the_coin_chain():
    rows = frame("deribit_chain_202601_202602.parquet")
    rows = rows[(rows.snapshot_utc == rows.snapshot_utc.iloc[0]) & (rows.currency == "BTC")]
    stated = rows.groupby("expiry_utc").underlying_price.median()
    found = chain_market(rows.drop(columns="underlying_price"), underlying="BTC")
    errors = [one.forward / stated[one.expiry] - 1.0 for one in found.forwards if one.pairs]
    assert np.median(np.abs(errors)) < 5e-4


def test_the_index_chain_agrees_with_its_published_forwards():
    rows = frame("spx_chain_20260130.parquet")
    days = sorted(rows.expiration.unique())[::8]
    rows = rows[rows.expiration.isin(days)]
    found = chain_market(rows, underlying="SPX", spot=6_939.03, asof=CLOSE)
    published = pytest.importorskip("pandas").read_csv(chains.beside("spx_forwards_20260130.csv"))
    stated = {(row.expiration, row.root): row.implied_forward for row in published.itertuples()}
    errors = [
        one.forward / stated.get((f"{one.expiry:%Y-%m-%d}", root), np.nan) - 1.0
        for one in found.forwards
        for root in ["SPX" if one.expiry.hour < 20 else "SPXW"]
    ]
    assert np.nanmax(np.abs(errors)) < 3e-4  # two index points; both fits are robust, not equal
    assert found.count(None) > 0.85 * len(rows)


def test_the_crossed_quote_of_the_index_chain_is_reported():
    rows = frame("spx_chain_20260130.parquet")
    bad = rows[(rows.bid > rows.ask) & (rows.ask > 0.0)]  # an ask of zero is none
    rows = rows[rows.expiration.isin(bad.expiration)]
    found = chain_market(rows, underlying="SPX", spot=6_939.03, asof=CLOSE, rate=0.04)
    assert found.count(Flaw.CROSSED) == len(bad) == 1


@pytest.mark.parametrize("day", ["2014-06-06", "2014-06-09"])
def test_the_american_chain_shows_its_dividend(day):
    rows = frame("aapl_chain_201406.parquet")
    found = chain_market(rows[rows.date == day], underlying="AAPL", rate=0.002)
    spot = found.market.underlyings["AAPL"].spot
    growth = [(one.expiry.date(), one.forward / spot - 1.0) for one in found.forwards]
    before = [value for expiry, value in growth if expiry < DIVIDEND]
    after = next(value for expiry, value in growth if expiry > DIVIDEND)
    # Forwards are flat until the dividend of August and 0.3 to 0.5 % lower behind it.
    assert np.abs(before).max() < 1e-3
    assert -5e-3 < after < -2e-3
    assert found.count(None) > 0.75 * len(found.flaws)

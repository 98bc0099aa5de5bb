"""Answers of Deribit: units, signs, currencies, and the equity that the venue states."""

import json
from datetime import UTC, datetime

import pytest

from margin import Future, OptionContract, Perpetual, Settlement, requirement
from margin.files import AccountFileError, Defaults, load
from margin.files.readers.days import day
from margin.files.readers.names import contract_name
from margin.rules import DERIBIT_PORTFOLIO_ETH, DeribitPortfolio, DeribitStandard
from pdesolve import Exercise, Right, black_76
from tests.margin.readers.payloads import ASOF, CALL, DERIBIT, POSITIONS, PUT, SUMMARY, TICKERS

EXPIRY = datetime(2027, 3, 26, 8, tzinfo=UTC)
DEFAULTS = Defaults(asof=ASOF)


@pytest.fixture
def loaded(tmp_path):
    def load_tree(tree, defaults=DEFAULTS):
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(tree), encoding="utf-8")
        return load(path, defaults)

    return load_tree


def test_an_account_is_its_positions_with_the_signs_and_units_of_the_venue(loaded):
    account = loaded(DERIBIT).account
    put, call, perpetual, future = account.positions
    assert put.instrument == OptionContract(
        "BTC", Right.PUT, 70_000.0, EXPIRY, Exercise.EUROPEAN, Settlement.INVERSE
    )
    assert (put.quantity, call.quantity, put.multiplier) == (-2.0, -1.0, 1.0)
    assert perpetual.instrument == Perpetual("BTC", Settlement.INVERSE)
    assert (perpetual.quantity, perpetual.entry_price) == (-50_000.0, 91_000.0)
    assert future.instrument == Future("BTC", EXPIRY, Settlement.INVERSE)


@pytest.mark.parametrize(
    "tree",
    [
        [{"jsonrpc": "2.0", "result": POSITIONS}, {"result": SUMMARY}, {"result": TICKERS}],
        [*POSITIONS, SUMMARY, *TICKERS],
        {"positions": [{"info": one, "symbol": "BTC/USD", "contracts": None} for one in POSITIONS],
         "balance": {"info": SUMMARY, "BTC": {"free": 1}}, "tickers": TICKERS},
        {"a": POSITIONS, "b": {"result": {"summaries": [SUMMARY], "username": "x"}}, "c": TICKERS},
    ],
    ids=["wrapped", "bare", "ccxt", "summaries"],
)  # fmt: skip
def test_wrapping_changes_nothing(loaded, tree):
    assert loaded(tree).parts == loaded(DERIBIT).parts


def test_volatility_and_forward_come_from_tickers(loaded):
    market = loaded(DERIBIT).market
    put, call = (held.instrument for held in loaded(DERIBIT).account.positions[:2])
    assert (market.volatility(put), market.volatility(call)) == (0.615, 0.55)
    assert market.asof == ASOF
    rate, dividend_yield = market.underlyings["BTC"].carry(EXPIRY, ASOF)
    assert (market.underlyings["BTC"].spot, dividend_yield) == (90_000.0, 0.0)
    forward = 90_000.0 * 2.718281828459045 ** (rate * market.years(EXPIRY))
    assert forward == pytest.approx(91_500.0, rel=1e-12)


def test_without_tickers_the_marks_tell_the_volatility(loaded):
    market = loaded(POSITIONS).market
    for contract, vol in market.vols.items():
        mark = {Right.PUT: 0.031, Right.CALL: 0.052}[contract.right]
        black = black_76(
            91_500.0, contract.strike, expiry=market.years(EXPIRY), vol=vol, right=contract.right
        )
        assert black.price / 91_500.0 == pytest.approx(mark, rel=1e-9)


def test_the_equity_is_the_one_that_the_venue_states(loaded):
    # The values of the solver err by some 1e-6 of the strike, here in coin.
    found = loaded([*POSITIONS, SUMMARY | {"margin_model": "segregated_pm"}])
    assert requirement(*found.parts).equity == pytest.approx(SUMMARY["equity"], abs=1e-5)


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("segregated_sm", DeribitStandard()),
        ("segregated_pm", DeribitPortfolio()),
        ("cross_sm", DeribitStandard()),
        ("cross_pm", DeribitPortfolio()),
    ],
)
def test_the_margin_model_names_the_rule(loaded, model, rule):
    summary = SUMMARY | {"margin_model": model, "total_equity_usd": 4.2 * 90_000.0}
    found = loaded([*POSITIONS, summary])
    assert found.rule == rule
    assert found.account.currency == "BTC"


def test_ether_has_parameters_of_its_own(loaded):
    summary = SUMMARY | {"currency": "ETH", "margin_model": "segregated_pm"}
    assert loaded([summary]).rule == DERIBIT_PORTFOLIO_ETH


def test_the_currency_chooses_among_accounts_margined_apart(loaded):
    ether = {**POSITIONS[2], "instrument_name": "ETH-PERPETUAL", "index_price": 3_000.0}
    tree = [*POSITIONS, ether, SUMMARY, SUMMARY | {"currency": "ETH", "equity": 9.0}]
    with pytest.raises(AccountFileError, match='"BTC" or "ETH" are margined apart'):
        loaded(tree)
    found = loaded(tree, Defaults(asof=ASOF, currency="ETH"))
    assert (found.account.currency, len(found.account.positions)) == ("ETH", 1)


def test_linear_contracts_stand_in_dollars_and_coins(loaded):
    perpetual = {
        **POSITIONS[2],
        "instrument_name": "BTC_USDC-PERPETUAL",
        "size": -9_000.0,
        "size_currency": -0.1,
    }
    option = {**POSITIONS[0], "instrument_name": "BTC_USDC-26MAR27-70000-P", "mark_price": 2_800.0}
    summary = SUMMARY | {"currency": "USDC", "equity": 50_000.0}
    found = loaded([perpetual, option, summary])
    held = found.account.positions
    assert found.account.currency == "USDC"
    assert [one.quantity for one in held] == [-0.1, -2.0]
    assert {one.instrument.settlement for one in held} == {Settlement.CASH}
    # Equity is cash, profit since the entry at 91,000, and the options.
    assert found.account.cash == pytest.approx(50_000.0 - 0.1 * 1_000.0 + 2.0 * 2_800.0)


def test_collateral_of_a_cross_account_counts_at_its_price(loaded):
    perpetual = {**POSITIONS[2], "instrument_name": "BTC_USDC-PERPETUAL", "size": -0.1}
    total = 50_000.0 + 2.0 * 90_000.0 + 7.0
    cross = {"margin_model": "cross_sm", "margin_balance": 1.0, "total_equity_usd": total}
    rows = [{"currency": name, "equity": amount} | cross
            for name, amount in (("USDC", 50_000.0), ("BTC", 2.0), ("SOL", 0.05))]  # fmt: skip
    account = loaded([perpetual, *rows]).account
    assert [(one.asset, one.amount, one.price) for one in account.collateral] == [("BTC", 2, None)]
    assert account.cash == pytest.approx(50_007.0 - 0.1 * 1_000.0)


def test_a_contract_without_a_quote_takes_the_smile_of_the_others(loaded):
    held = [{"instrument_name": PUT, "size": -1, "index_price": 90_000.0}]
    quotes = [
        {"instrument_name": f"BTC-26MAR27-{strike}-C", "mark_price": 0.1, "mark_iv": iv,
         "underlying_price": 91_500.0}
        for strike, iv in ((60_000, 66), (80_000, 58), (90_000, 55), (100_000, 54), (120_000, 56))
    ]  # fmt: skip
    found = loaded([*held, *quotes])
    (vol,) = found.market.vols.values()
    assert 0.58 < vol < 0.66
    assert any("smile" in sentence for sentence in found.assumptions)


def test_what_the_file_does_not_say_is_listed(loaded):
    found = loaded(POSITIONS)
    told = "\n".join((*found.assumptions, *found.warnings))
    assert "margined apart under standard margin" in told
    assert "no cash" in told
    assert told.splitlines()[0] in str(found)


def test_closed_positions_and_unknown_fields_are_left_alone(loaded):
    closed = {"instrument_name": CALL, "size": 0, "direction": "zero", "anything": {"new": [1]}}
    assert loaded([*POSITIONS, closed]).parts == loaded(POSITIONS).parts


def test_the_file_date_serves_where_nothing_else_tells_the_time(loaded):
    found = loaded(POSITIONS, Defaults())
    assert any(sentence.startswith("valued at") for sentence in found.assumptions)


@pytest.mark.parametrize(
    ("name", "strike", "currency"),
    [("BTC-1JAN27-95000-C", 95_000.0, "BTC"), ("XRP_USDC-1JAN27-0d55-P", 0.55, "USDC"),
     ("ETH_USDC-1JAN27-2500-P", 2_500.0, "USDC")],
)  # fmt: skip
def test_a_name_states_strike_and_currency(name, strike, currency):
    found = contract_name(name)
    assert (found.strike, found.currency) == (strike, currency)
    assert found.expiry == datetime(2027, 1, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2027-01-15", "20270115", "15JAN27", "15-Jan-2027", "15 January 2027", "Jan 15, 2027"]
)
def test_a_day_may_be_written_in_many_ways(text):
    assert day(text).isoformat() == "2027-01-15"


@pytest.mark.parametrize("text", ["01/02/2027", "1.2.27", "31FEB27", "99999999", "soon", ""])
def test_a_day_that_could_be_another_is_refused(text):
    with pytest.raises(ValueError, match=r"must be|day|month"):
        day(text)

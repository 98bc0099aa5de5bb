"""Flex queries and activity statements: two papers of the same account say the same."""

import pytest

from margin import OptionContract, Settlement, requirement
from margin.files import AccountFileError, Defaults, load
from margin.rules import STRATEGY_EQUITY, TEN_POINT_EQUITY
from pdesolve import Exercise
from tests.margin.readers.payloads import FLEX, STATEMENT


@pytest.fixture
def loaded(tmp_path):
    def load_text(text, suffix, defaults=None):
        path = tmp_path / f"paper{suffix}"
        path.write_text(text, encoding="utf-8")
        return load(path, defaults)

    return load_text


def test_both_papers_describe_the_same_account(loaded):
    flex, statement = loaded(FLEX, ".xml"), loaded(STATEMENT, ".csv")
    assert flex.account.positions == statement.account.positions
    assert flex.account.cash == statement.account.cash == 12_000.5
    assert flex.market == statement.market


def test_shares_give_the_price_and_marks_the_volatility(loaded):
    found = loaded(FLEX, ".xml")
    shares, call = found.account.positions
    assert (shares.quantity, call.quantity, call.multiplier) == (200.0, -2.0, 100.0)
    assert found.market.underlyings["AAPL"].spot == 268.0
    # Equity is cash, shares and options at their marks; the solver errs by 1e-6 of the strike.
    expected = 12_000.5 + 200 * 268.0 - 200 * 9.4
    assert requirement(*found.parts).equity == pytest.approx(expected, abs=200 * 280e-6)


def test_options_on_shares_are_american_and_the_file_says_so(loaded):
    found = loaded(FLEX, ".xml")
    (call,) = (one.instrument for one in found.account.positions[1:])
    assert isinstance(call, OptionContract)
    assert (call.exercise, call.settlement) == (Exercise.AMERICAN, Settlement.PHYSICAL)
    assert "options settled by delivery are American (AAPL)" in found.assumptions


@pytest.mark.parametrize("root", ["SPX", "SPXW", "NDX", "RUT"])
def test_options_on_indices_are_european(loaded, root):
    text = FLEX.replace("AAPL  270115C", f"{root:<6}270115C").replace('"AAPL"', f'"{root}"')
    call = loaded(text, ".xml").account.positions[1].instrument
    assert (call.exercise, call.settlement) == (Exercise.EUROPEAN, Settlement.CASH)
    assert call.underlying == root.removesuffix("W")


@pytest.mark.parametrize(
    ("words", "rule"), [("Portfolio Margin", TEN_POINT_EQUITY), ("Margin", STRATEGY_EQUITY)]
)
def test_the_kind_of_the_account_points_to_its_rule(loaded, words, rule):
    assert loaded(FLEX.replace("Portfolio Margin", words), ".xml").rule == rule


def test_single_lots_add_up_where_there_are_no_summaries(loaded):
    found = loaded(FLEX.replace('"SUMMARY"', '"LOT"'), ".xml")
    assert [one.quantity for one in found.account.positions] == [200.0, -2.0, -2.0]


def test_an_underlying_without_a_price_is_asked_for(loaded):
    text = FLEX.replace('assetCategory="STK" symbol="AAPL"', 'assetCategory="STK" symbol="MSFT"')
    with pytest.raises(AccountFileError, match="no price of AAPL"):
        loaded(text, ".xml")
    found = loaded(text, ".xml", Defaults(spots={"AAPL": 270.0}))
    assert "its price is 270, as given (AAPL)" in found.assumptions


def test_futures_count_their_profit_from_the_mark(loaded):
    future = FLEX.replace('"OPT"', '"FUT"').replace('multiplier="100"', 'multiplier="50"')
    held = loaded(future, ".xml").account.positions[1]
    assert (held.multiplier, held.entry_price) == (50.0, 9.4)


def test_options_on_futures_are_american_on_the_future(loaded):
    text = FLEX.replace('"OPT"', '"FOP"').replace(
        'assetCategory="STK" symbol="AAPL"', 'assetCategory="FUT" symbol="AAPL" expiry="20270319"'
    )
    call = loaded(text, ".xml").account.positions[1].instrument
    assert (call.exercise, call.settlement) == (Exercise.AMERICAN, Settlement.CASH)


def test_another_currency_counts_at_its_rate(loaded):
    old = 'currency="USD" fxRateToBase="1" position="-2"'
    found = loaded(FLEX.replace(old, 'currency="EUR" fxRateToBase="1.1" position="-2"'), ".xml")
    assert found.account.positions[1].multiplier == pytest.approx(110.0)
    assert any("EUR count at 1.1" in sentence for sentence in found.warnings)


def test_a_statement_may_leave_the_multiplier_to_its_table_of_instruments(loaded):
    text = STATEMENT.replace(",Mult,", ",Other,").replace(",-2,100,8", ",-2,,8")
    text += (
        "Financial Instrument Information,Header,Asset Category,Symbol,Underlying,Multiplier,"
        "Expiry,Type,Strike\n"
        "Financial Instrument Information,Data,Equity and Index Options,AAPL 15JAN27 280 C,AAPL,"
        "10,2027-01-15,C,280\n"
    )
    assert loaded(text, ".csv").account.positions[1].multiplier == 10.0


@pytest.mark.parametrize("old", ["fxRateToBase", "levelOfDetail", "reportDate"])
def test_fields_that_are_not_there_are_not_missed(loaded, old):
    assert loaded(FLEX.replace(old, "other"), ".xml").account.positions

"""Dividends and claims in account files: what they mean, what is refused and on which line."""

from datetime import UTC, datetime

import pytest

from margin import AccountFileError, ContractBarrier, Dividend, read, write
from margin.dividends import forward_line
from pdesolve import Knock, Paid, Payoff, Right

HEAD = """\
schema: 1
currency: USD
asof: 2026-11-20T21:00Z
cash: 1000
underlyings:
  X:
    spot: 100
    rate: 0.03
    dividends:
      - {date: 2026-12-10, cash: 1.5}
      - {date: 2027-02-10T14:30Z, share: 0.01}
positions:
"""
CLAIM = (
    "  - {kind: claim, underlying: X, quantity: -1, multiplier: 10, expiry: 2027-01-15, vol: 0.3"
)


@pytest.fixture
def account_of(tmp_path):
    def reading(text):
        path = tmp_path / "account.yaml"
        path.write_text(text, encoding="utf-8")
        return read(path)

    return reading


@pytest.fixture
def complaints(account_of):
    def told(text):
        with pytest.raises(AccountFileError) as caught:
            account_of(text)
        return str(caught.value)

    return told


def test_a_day_begins_an_ex_date(account_of):
    _, market, _ = account_of(HEAD.replace("positions:", "positions: []"))
    assert market.underlyings["X"].dividends == (
        Dividend(datetime(2026, 12, 10, tzinfo=UTC), cash=1.5),
        Dividend(datetime(2027, 2, 10, 14, 30, tzinfo=UTC), share=0.01),
    )


def test_forwards_contain_the_dividends(account_of):
    forwards = "    forwards: [{expiry: 2027-01-15, forward: 98.0}]\npositions: []"
    _, market, _ = account_of(HEAD.replace("positions:", forwards))
    underlying, expiry = market.underlyings["X"], datetime(2027, 1, 15, 21, tzinfo=UTC)
    rate, dividend_yield = underlying.carry(expiry, market.asof)
    growth = rate - dividend_yield
    intercept, slope = forward_line(underlying.dividends, market.asof, expiry, growth=growth)
    assert intercept + 100.0 * slope == pytest.approx(98.0, abs=1e-10)


@pytest.mark.parametrize(
    ("fields", "payoff"),
    [
        ("right: call, strike: 90", Payoff.vanilla(Right.CALL, 90.0)),
        ("right: p, strike: 90, pays: cash, cash: 5", Payoff.cash_digital(Right.PUT, 90.0, 5.0)),
        ("right: call, strike: 90, pays: asset", Payoff.asset_digital(Right.CALL, 90.0)),
        (
            "payoff: {kinks: [90, 110], intercepts: [0, -90, 20], slopes: [0, 1, 0]}",
            Payoff.vanilla(Right.CALL, 90.0) - Payoff.vanilla(Right.CALL, 110.0),
        ),
    ],
)
def test_a_payoff_is_stated_in_short_or_piece_by_piece(account_of, fields, payoff):
    account, market, _ = account_of(f"{HEAD}{CLAIM}, {fields}}}\n")
    contract = account.positions[0].instrument
    assert contract.payoff == payoff
    assert market.volatility(contract) == 0.3


def test_a_barrier_is_read_and_written(account_of, tmp_path):
    terms = "lower: 80, knock: IN, rebate: 2, paid: at expiry, dates: [2026-12-15], touched: true"
    parts = account_of(f"{HEAD}{CLAIM}, right: put, strike: 90, barrier: {{{terms}}}}}\n")
    look = (datetime(2026, 12, 15, 21, tzinfo=UTC),)
    barrier = parts[0].positions[0].instrument.barrier
    assert barrier == ContractBarrier(80.0, None, Knock.IN, 2.0, Paid.AT_EXPIRY, look, touched=True)
    write(tmp_path / "copy.yaml", *parts)
    assert read(tmp_path / "copy.yaml") == parts


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ("right: call", "13: positions[0].strike: missing; give right and strike, or payoff"),
        ("right: call, strike: 90, payoff: {}", "right: the payoff states it already"),
        ("payoff: {intercepts: [0, 1], slopes: [0]}", "intercepts and slopes must be one more"),
        ("payoff: {intercepts: [a], slopes: [0]}", "intercepts: got a list; use a list of finite"),
        ("right: call, strike: 9, barrier: {knock: out}", "barrier: a barrier must be lower"),
        ("right: call, strike: 9, barrier: {upper: 99}", 'barrier.knock: missing; give "in"'),
        ("right: call, strike: 9, barrier: up", 'barrier: got "up"; use a map with the fields'),
        ("right: call, strike: 9, exercise_dates: [x]", "exercise_dates: got a list; use a list"),
        ("right: call, strike: 9, mark_price: 3", "mark_price: unknown field"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(complaints, fields, complaint):
    assert complaint in complaints(f"{HEAD}{CLAIM}, {fields}}}\n")


@pytest.mark.parametrize(
    ("dividend", "complaint"),
    [
        ("{date: 2026-12-10}", "10: underlyings.X.dividends[0]: a dividend must have cash or"),
        ("{date: 2026-12-10, cash: -1}", "cash: got -1; use a number, not negative"),
        ("{cash: 1}", "10: underlyings.X.dividends[0].date: missing"),
        ("{date: 2026-12-10, cash: 1, share: 2}", "share: got 2, which looks like percent"),
        ("{date: 2027-02-10T14:30Z, cash: 1}", "dividends must hold a date once"),
    ],
)
def test_a_dividend_that_makes_no_sense_is_refused(complaints, dividend, complaint):
    text = HEAD.replace("{date: 2026-12-10, cash: 1.5}", dividend)
    assert complaint in complaints(text.replace("positions:", "positions: []"))


def test_inverse_options_do_not_read_forwards_with_dividends(complaints):
    forwards = "    forwards: [{expiry: 2027-01-15, forward: 98.0}]\npositions:\n"
    text = HEAD.replace("    rate: 0.03\n", "").replace("positions:\n", forwards)
    text += "  - {kind: option, underlying: X, quantity: 1, multiplier: 1, right: call, strike: 90,"
    text += " expiry: 2027-01-15, settle: inverse, vol: 0.3}\n"
    assert "inverse options read forwards as rates; remove one of both" in complaints(text)

"""The records of an account: each refuses what it cannot mean, and says so."""

import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from margin import (
    Account,
    Asset,
    Collateral,
    Future,
    OptionContract,
    Perpetual,
    Position,
    Settlement,
)
from pdesolve import Exercise, Right

EXPIRY = datetime(2026, 3, 27, 8, tzinfo=UTC)
NEW_YORK = timezone(timedelta(hours=-5))
NOT_NUMBERS = [float("nan"), float("inf"), -float("inf"), "3", [1.0], True, 1 + 2j]


def put(**changes):
    fields = {
        "underlying": "BTC",
        "right": Right.PUT,
        "strike": 80_000.0,
        "expiry": EXPIRY,
        "exercise": Exercise.EUROPEAN,
        "settlement": Settlement.INVERSE,
    }
    return OptionContract(**fields | changes)


@pytest.mark.parametrize(
    ("instrument", "text"),
    [
        (put(), "BTC 2026-03-27 80000 put"),
        (put(strike=0.125, right=Right.CALL), "BTC 2026-03-27 0.125 call"),
        (put(strike=1e22), "BTC 2026-03-27 1e+22 put"),
        (Future("ES", EXPIRY), "ES 2026-03-27 future"),
        (Perpetual("BTC"), "BTC perpetual"),
        (Asset("AAPL"), "AAPL"),
        (Position(Asset("AAPL"), 500), "+500 × AAPL"),
        (Position(put(), -3, 10), "-3 × 10 × BTC 2026-03-27 80000 put"),
        (Position(Perpetual("BTC"), 2, entry_price=61_250.5), "+2 × BTC perpetual from 61250.5"),
        (Collateral("USDC", 9.5, 0.025, 1.0), "9.5 USDC at 1, haircut 2.5 %"),
        (Collateral("BTC", 2), "2 BTC at spot, haircut 0 %"),
        (Account("demo", "USD", 1e6, ()), "demo: 1000000 USD, 0 positions"),
        (Account("demo", "USD", -1, [Position(Asset("X"), 1)]), "demo: -1 USD, 1 position"),
    ],
)
def test_a_record_reads_as_one_line(instrument, text):
    assert str(instrument) == text


def test_equal_contracts_are_one_key_wherever_their_clocks_stand():
    there = put(strike=80_000, expiry=EXPIRY.astimezone(NEW_YORK), underlying=" BTC ")
    assert {put(): 0.6}[there] == 0.6
    assert there.expiry.tzinfo is UTC
    assert type(there.strike) is float


@pytest.mark.parametrize(
    "change",
    [
        {"underlying": "ETH"},
        {"right": Right.CALL},
        {"strike": 80_001.0},
        {"expiry": EXPIRY + timedelta(seconds=1)},
        {"exercise": Exercise.AMERICAN},
        {"settlement": Settlement.CASH},
    ],
)
def test_contracts_that_differ_in_anything_are_two_keys(change):
    assert len({put(), put(**change)}) == 2


@pytest.mark.parametrize("value", [*NOT_NUMBERS, 0.0, -1.0])
@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("strike", lambda value: put(strike=value)),
        ("multiplier", lambda value: Position(Asset("X"), 1.0, multiplier=value)),
        ("entry_price", lambda value: Position(Perpetual("X"), 1.0, entry_price=value)),
        ("price", lambda value: Collateral("X", 1.0, price=value)),
    ],
)
def test_a_price_that_is_not_positive_is_refused_by_name_and_value(name, build, value):
    with pytest.raises(ValueError, match=f"{name} must be positive and finite, got "):
        build(value)


@pytest.mark.parametrize("value", NOT_NUMBERS)
@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("quantity", lambda value: Position(Asset("X"), value)),
        ("cash", lambda value: Account("a", "USD", value, ())),
        ("amount", lambda value: Collateral("X", value)),
    ],
)
def test_an_amount_that_is_no_number_is_refused_by_name_and_value(name, build, value):
    with pytest.raises(ValueError, match=f"{name} must be a finite number, got "):
        build(value)


@pytest.mark.parametrize("quantity", [0, -0.0, np.float64(2.5), np.int64(-3), np.float32(1.5)])
def test_any_finite_quantity_is_held_zero_included(quantity):
    assert Position(Asset("X"), quantity).quantity == float(quantity)


@pytest.mark.parametrize("haircut", [-0.01, 1.01, float("nan")])
def test_a_haircut_outside_zero_to_one_is_refused(haircut):
    with pytest.raises(ValueError, match="haircut must lie from 0 to 1, got"):
        Collateral("X", 1.0, haircut)


@pytest.mark.parametrize("build", [lambda at: put(expiry=at), lambda at: Future("X", at)])
@pytest.mark.parametrize(
    ("expiry", "remedy"),
    [
        (datetime(2026, 3, 27, 8), r"write 2026-03-27 08:00:00\+00:00 if it is UTC"),
        (date(2026, 3, 27), "for example datetime"),
        ("2026-03-27", "for example datetime"),
        (None, "for example datetime"),
    ],
)
def test_a_date_without_a_time_zone_is_refused_with_the_remedy(build, expiry, remedy):
    with pytest.raises(ValueError, match=f"expiry must .*{remedy}"):
        build(expiry)


@pytest.mark.parametrize("text", ["", "  ", None, 3])
@pytest.mark.parametrize(
    "build",
    [Asset, Perpetual, lambda text: Collateral(text, 1), lambda text: Account(text, "USD", 0, ())],
)
def test_an_empty_name_is_refused(build, text):
    with pytest.raises(ValueError, match="must be text and not empty"):
        build(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("right", "put"), ("right", 1), ("exercise", "american"), ("settlement", "cash")],
)
def test_text_in_place_of_an_enumeration_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be of type"):
        put(**{field: value})


def test_the_profit_of_a_future_needs_its_entry_price():
    with pytest.raises(ValueError, match="entry_price of BTC perpetual is missing"):
        Position(Perpetual("BTC"), 1)


@pytest.mark.parametrize("instrument", [put(), Asset("AAPL")])
def test_what_is_paid_in_full_has_no_entry_price(instrument):
    with pytest.raises(ValueError, match="has left the cash of the account"):
        Position(instrument, 1, entry_price=10.0)


def test_negative_collateral_is_a_debt_and_is_refused():
    with pytest.raises(ValueError, match="a debt is a position of negative quantity"):
        Collateral("BTC", -1.0)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"positions": ["XYZ"]}, r"positions\[0\] must be of type Position, got 'XYZ'"),
        ({"positions": (), "collateral": [1]}, r"collateral\[0\] must be of type Collateral"),
    ],
)
def test_an_account_holds_positions_and_collateral_only(fields, complaint):
    with pytest.raises(ValueError, match=complaint):
        Account("demo", "USD", 0.0, **fields)


def test_a_position_holds_an_instrument_only():
    with pytest.raises(ValueError, match="instrument must be an OptionContract, Future"):
        Position("BTC", 1.0)


def test_records_survive_pickling():
    account = Account("demo", "USD", 1.0, (Position(put(), -1),), (Collateral("BTC", 2),))
    assert pickle.loads(pickle.dumps(account)) == account

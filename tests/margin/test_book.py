"""Thresholds of a book against those of its accounts alone, and against what they mean."""

import json

import numpy as np
import pytest

from margin import (
    Account,
    Asset,
    Future,
    Perpetual,
    Position,
    Settlement,
    thresholds_of_book,
)
from margin.account import Collateral
from margin.liquidation import thresholds_of
from margin.rules import (
    TEN_POINT_EQUITY,
    BybitOption,
    Scenario,
    ScenarioRule,
    excess_at,
    revalue_for,
    scenario_grid,
)
from pdesolve import Exercise
from tests.margin.by_hand import after, call, market, put

SPOT = 50.0
CONTRACTS = [
    kind(strike, days, exercise=Exercise.AMERICAN)
    for kind in (put, call)
    for strike in (42.5, 47.5, 50.0, 55.0, 60.0)
    for days in (7, 45)
]
COINS = [kind(at, 30, settlement=Settlement.INVERSE) for kind in (put, call) for at in (45.0, 56.0)]
AT = market(SPOT, {leg: 0.3 + 0.01 * i for i, leg in enumerate(CONTRACTS)}, dividend_yield=0.01)
COIN_MARKET = market(SPOT, dict.fromkeys(COINS, 0.6), rate=0.0)
EXTREME = (*scenario_grid((-0.1, 0.0, 0.1), (-0.25, 0.0, 0.4)), Scenario(-0.4, 0.2, weight=0.3))
RULES = [
    TEN_POINT_EQUITY,
    ScenarioRule("grid", scenario_grid((-0.15, 0.0, 0.1), (-0.25, 0.0, 0.4))),
    ScenarioRule("weighted", EXTREME, minimum_per_short_option=0.2),
]
# Root isolation is the same but for the order of roundings; a level is divided by a move.
ROUNDING = 1e-11
ENDS = ("below", "above", "recovery_below", "recovery_above")


def random_accounts(count, seed, contracts=CONTRACTS, currency="USD"):
    rng = np.random.default_rng(seed)
    accounts = []
    for index in range(count):
        held = rng.choice(len(contracts), rng.integers(1, len(contracts)), replace=False)
        sizes = rng.integers(-5, 6, held.size).astype(float)
        legs = [Position(contracts[i], size, 100) for i, size in zip(held, sizes, strict=True)]
        if index % 3 == 0 and currency == "USD":
            legs.append(Position(Asset("X"), float(rng.integers(-300, 300))))
        cash = float(rng.uniform(-5e3, 2e4)) / (1.0 if currency == "USD" else SPOT)
        accounts.append(Account(f"account {index}", currency, cash, tuple(legs)))
    return accounts


def alone(account, at, rule, found, underlying="X"):
    span = found.lowest, found.highest
    known = revalue_for(rule, account, at, underlying=underlying, spots=span)
    return thresholds_of(known, rule, lowest=span[0], highest=span[1])


def assert_same_as_alone(accounts, at, rule):
    found = thresholds_of_book(accounts, at, rule)
    known = revalue_for(rule, _all(accounts), at, spots=(found.lowest, found.highest))
    for index, account in enumerate(accounts):
        one = thresholds_of(
            known.with_account(account), rule, lowest=found.lowest, highest=found.highest
        )
        assert found.state[index] == one.state.value
        assert found.intervals[index] == len(one.intervals)
        assert found.undecided[index] == len(one.certificate.undecided)
        assert found.lower_open[index] == one.certificate.lower_open
        assert found.upper_open[index] == one.certificate.upper_open
        for name in ENDS:
            level = getattr(one, name)
            wanted = (np.nan, np.nan) if level is None else (level.spot, level.error)
            told = getattr(found, name)[index], getattr(found, f"{name}_error")[index]
            np.testing.assert_allclose(told[0], wanted[0], rtol=ROUNDING)
            np.testing.assert_allclose(told[1], wanted[1], rtol=1e-6, atol=ROUNDING * SPOT)


def _all(accounts):
    held = {each.instrument: each for one in accounts for each in one.positions}
    return Account("all", accounts[0].currency, 0.0, tuple(held.values()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("seed", range(3))
def test_every_account_has_the_thresholds_that_it_has_alone(rule, seed):
    assert_same_as_alone(random_accounts(60, seed), AT, rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_accounts_kept_in_coin_have_the_thresholds_that_they_have_alone(rule):
    assert_same_as_alone(random_accounts(40, 1, COINS, "X"), COIN_MARKET, rule)


def test_a_rule_that_is_no_scenario_rule_is_followed_account_by_account():
    contracts = [put(45.0, 30), call(55.0, 30)]
    at = market(SPOT, dict.fromkeys(contracts, 0.4))
    assert_same_as_alone(random_accounts(6, 2, contracts), at, BybitOption())


def test_futures_perpetuals_and_collateral_count_as_in_an_account_alone():
    legs = Position(Future("X", after(60)), 3, 10, 49.0), Position(Perpetual("X"), -50, 1, 51.0)
    pledged = Collateral("X", 20.0, haircut=0.1), Collateral("USDC", 500.0, price=1.0)
    short = Position(CONTRACTS[2], -2, 100)
    accounts = [Account("both", "USD", 2_000.0, (*legs, short), pledged)] * 2
    found = thresholds_of_book(accounts, AT, TEN_POINT_EQUITY)
    one = alone(accounts[0], AT, TEN_POINT_EQUITY, found)
    levels = [np.nan if level is None else level.spot for level in (one.below, one.above)]
    np.testing.assert_allclose([found.below[1], found.above[1]], levels, rtol=1e-9)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_computed_again_flips_beyond_the_error_of_each_level(rule):
    accounts = random_accounts(40, 5)
    found = thresholds_of_book(accounts, AT, rule)
    for index in np.flatnonzero(np.isfinite(found.below)):
        known = revalue_for(rule, accounts[index], AT, spots=(found.lowest, found.highest))
        off = 2.0 * found.below_error[index] + 1e-9 * SPOT
        lost, safe = excess_at(rule, known, found.below[index] + off * np.array([-1.0, 1.0]))
        assert lost < 0.0 < safe


@pytest.mark.parametrize("threads", [2, 3])
def test_the_number_of_threads_changes_no_bit(threads):
    accounts = random_accounts(200, 4)
    one, many = (thresholds_of_book(accounts, AT, RULES[1], threads=n) for n in (1, threads))
    for name in (*ENDS, "intervals"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))


def test_an_account_with_more_zones_than_there_is_room_for_is_looked_at_alone(monkeypatch):
    accounts = random_accounts(30, 7)
    whole = thresholds_of_book(accounts, AT, TEN_POINT_EQUITY)
    monkeypatch.setattr("margin.book.add_negative", _overflow)
    again = thresholds_of_book(accounts, AT, TEN_POINT_EQUITY)
    for name in ("below", "above"):
        np.testing.assert_allclose(getattr(again, name), getattr(whole, name), rtol=ROUNDING)


def _overflow(valued, lines, factors, span, found, overflow):
    overflow[:] = True


def test_accounts_without_positions_are_safe_or_short_everywhere():
    empty = [Account("rich", "USD", 1.0, ()), Account("poor", "USD", -1.0, ())]
    found = thresholds_of_book(empty, AT, RULES[2], underlying="X")
    assert found.state.tolist() == ["safe", "liquidated"]
    assert found.intervals.tolist() == [0, 1]
    assert np.isnan([found.below, found.above, found.recovery_above]).all()
    assert found.lower_open.tolist() == found.upper_open.tolist() == [False, True]


def test_a_book_is_written_as_plain_values_and_as_a_frame():
    found = thresholds_of_book(random_accounts(4, 3), AT, TEN_POINT_EQUITY)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["accounts"] == list(found.accounts)
    assert plain["complete"] == found.complete.tolist()
    frame = found.to_dataframe()
    assert len(frame) == len(found) == 4
    np.testing.assert_array_equal(frame["below"], found.below)
    assert frame.attrs["units"]["below"] == "quote currency"


@pytest.mark.parametrize(
    ("accounts", "options", "message"),
    [
        ([], {}, "at least, got none"),
        ([Account("a", "USD", 1.0, ()), Account("b", "EUR", 1.0, ())], {}, r"accounts\[1\], EUR"),
        (random_accounts(1, 0), {"lowest": 60.0}, "lowest <= spot <= highest"),
    ],
)
def test_books_that_make_no_sense_are_refused(accounts, options, message):
    with pytest.raises(ValueError, match=message):
        thresholds_of_book(accounts, AT, TEN_POINT_EQUITY, **options)

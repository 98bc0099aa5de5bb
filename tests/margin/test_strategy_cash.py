"""Cash accounts: what they may hold and what that requires, by hand; and what they refuse."""

import pytest

from margin import Asset, Position, Settlement
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.rules.strategy import CASH_ACCOUNT, STRATEGY_EQUITY, CashRule
from pdesolve import Exercise
from tests.margin.by_hand import ASOF, account, call, market, put

AMERICAN = {"exercise": Exercise.AMERICAN}


def grouped(held, spot=100.0, shares=0.0, rule=CASH_ACCOUNT):
    positions = [Position(contract, number, 100) for contract, number, _ in held]
    prices = {contract: price for contract, _, price in held}
    stock = [Position(Asset("X"), shares)]
    return rule.grouping(positions + stock, prices, spot=spot, asof=ASOF)


@pytest.mark.parametrize(
    ("held", "shares", "needed", "deposit"),
    [
        pytest.param([(put(95, **AMERICAN), -1, 2.0)], 0.0, 9_500.0, 9_300.0, id="secured put"),
        pytest.param([(put(95, **AMERICAN), -5, 2.0)], 0.0, 47_500.0, 46_500.0, id="five of them"),
        pytest.param([(call(100, 600), 1, 5.0)], 0.0, 0.0, 500.0, id="long call of 20 months"),
        pytest.param([], 100.0, 10_000.0, 10_000.0, id="stock"),
        pytest.param([(call(90), -1, 12.0)], 100.0, 10_000.0, 8_800.0, id="covered call"),
        pytest.param([(put(90), 1, 1.0)], 100.0, 10_000.0, 10_100.0, id="married put"),
        pytest.param([(put(100), -1, 5.0), (put(90), 1, 1.0)], 0.0, 1_000.0, 600.0, id="spread"),
        pytest.param([(call(90), 1, 11.0), (call(100), -1, 4.0)], 0.0, 0.0, 700.0, id="debit"),
        pytest.param(
            [(put(85), 1, 0.4), (put(90), -1, 1.0), (call(110), -1, 1.1), (call(115), 1, 0.5)],
            0.0,
            500.0,
            380.0,
            id="iron condor",
        ),
        pytest.param(
            [(call(100), 1, 6.0), (call(110), -1, 1.2), (put(110), 1, 6.5), (put(100), -1, 1.5)],
            0.0,
            0.0,
            980.0,
            id="long box",
        ),
        pytest.param(
            [(call(100), -1, 6.0), (call(110), 1, 1.2), (put(110), -1, 6.5), (put(100), 1, 1.5)],
            0.0,
            1_000.0,
            20.0,
            id="short box",
        ),
    ],
)
def test_what_a_cash_account_may_hold_is_paid_in_full(held, shares, needed, deposit):
    found = grouped(held, shares=shares)
    assert (found.needed, found.deposit) == pytest.approx((needed, deposit))


def test_shares_cover_calls_and_european_longs_the_others():
    held = [(call(100), -2, 4.0), (call(110), 1, 1.0)]
    found = grouped(held, shares=100.0)
    assert found.needed == pytest.approx(10_000.0 + 1_000.0)
    assert {group.name for group in found.groups} == {"short option covered by stock", "vertical"}


def test_american_options_of_a_spread_are_held_apart():
    held = [(put(100, **AMERICAN), -1, 5.0), (put(90, **AMERICAN), 1, 1.0)]
    assert grouped(held).needed == pytest.approx(10_000.0)


def test_a_cash_account_never_requires_less_than_a_margin_account():
    held = [(put(100), -2, 5.0), (put(90), 1, 1.0), (put(95), -1, 2.0)]
    margin = STRATEGY_EQUITY.maintenance_grouping(
        [Position(contract, number, 100) for contract, number, _ in held],
        {contract: price for contract, _, price in held},
        spot=100.0,
        asof=ASOF,
    )
    assert grouped(held).needed >= margin.needed


def test_the_grouping_explains_what_it_needs():
    found = grouped([(put(100), -2, 5.0), (put(90), 1, 1.0)])
    assert [group.name for group in found.groups] == ["vertical", "uncovered"]
    assert found.apart - found.saved == pytest.approx(found.needed)
    assert found.saved == pytest.approx(10_000.0 - 1_000.0)


@pytest.mark.parametrize(
    ("held", "shares", "message"),
    [
        ([(call(110), -2, 1.0)], 100.0, "X .* 110 call must be covered .*, got -1 that are not; "),
        ([(call(110), -1, 1.0)], 99.0, "hold 100 shares for each or a European call of the same"),
        (
            [(call(110, **AMERICAN), -1, 1.0), (call(120, **AMERICAN), 1, 0.3)],
            0.0,
            r"110 call .*\(an American option may not be spread in a cash account\), buy it back",
        ),
        (
            [(call(110, 30), -1, 1.0), (call(110, 60), 1, 2.0)],
            0.0,
            "European call of the same expiry, settled in cash, buy it back, or keep it in a mar",
        ),
        (
            [
                (call(110, settlement=Settlement.PHYSICAL), -1, 1.0),
                (call(120, settlement=Settlement.PHYSICAL), 1, 0.3),
            ],
            0.0,
            r"110 call .*\(only options settled in cash may be spread",
        ),
        ([], -100.0, "stock must not be short in a cash account, got -100 shares; buy it back"),
    ],
)
def test_what_a_cash_account_may_not_hold_is_refused_with_a_remedy(held, shares, message):
    with pytest.raises(ValueError, match=message):
        grouped(held, shares=shares)


def test_an_expired_option_is_refused_by_name():
    with pytest.raises(ValueError, match=r"X 2026-11-19 95 put expired before .*; remove the pos"):
        grouped([(put(95, -1), -1, 2.0)])


def test_an_account_is_refused_as_its_positions_are():
    held = account(5_000.0, Position(call(110, **AMERICAN), -1, 100))
    at = market(100.0, {call(110, **AMERICAN): 0.3})
    with pytest.raises(ValueError, match="110 call must be covered in a cash account"):
        requirement(held, at, CASH_ACCOUNT)


def test_the_excess_of_a_secured_put_is_the_cash_that_is_left():
    contract = put(95)
    held = account(10_000.0, Position(contract, -1, 100))
    found = requirement(held, market(100.0, {contract: 0.3}), CASH_ACCOUNT)
    assert found.excess == pytest.approx(500.0)
    assert found.initial == pytest.approx(found.maintenance)
    assert sum(line.amount for line in found.terms) == pytest.approx(found.maintenance)


def test_a_paid_cash_account_has_no_threshold():
    contract = call(110)
    held = account(1_000.0, Position(contract, -1, 100), Position(Asset("X"), 100.0))
    found = thresholds(held, market(100.0, {contract: 0.3}), CASH_ACCOUNT)
    assert found.below is None
    assert found.above is None


def test_a_rule_needs_a_name():
    with pytest.raises(ValueError, match="name must be text"):
        CashRule(name="")

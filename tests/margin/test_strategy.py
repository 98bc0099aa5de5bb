"""Strategy rules against the worked examples of the rule book."""

from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Perpetual, Position, Settlement
from margin.rules.strategy import (
    STRATEGY_BROAD_INDEX,
    STRATEGY_CURRENCY,
    STRATEGY_EQUITY,
    InitialStock,
    MaintenanceStock,
    OptionTerms,
    StrategyRule,
)
from pdesolve import Exercise
from tests.margin.by_hand import ASOF, call, put

CENT = 0.005  # the examples are printed to cents


def legs(*held):
    """Positions of 100 units each and prices, from contract, number and price."""
    prices = {contract: price for contract, _, price in held}
    return [Position(contract, number, 100) for contract, number, _ in held], prices


def maintenance(held, spot, rule=STRATEGY_EQUITY, shares=0.0):
    positions, prices = legs(*held)
    stock = [Position(Asset("X"), shares)]
    return rule.maintenance_grouping(positions + stock, prices, spot=spot, asof=ASOF)


def initial(held, spot, rule=STRATEGY_EQUITY, shares=0.0):
    positions, prices = legs(*held)
    stock = [Position(Asset("X"), shares)]
    return rule.initial_grouping(positions + stock, prices, spot=spot, asof=ASOF)


IRON = [(put(45), 1, 0.55), (put(50), -1, 1.90), (call(60), -1, 1.40), (call(65), 1, 0.50)]
FUND = StrategyRule(OptionTerms(percent=0.15, leverage=3.0))


@pytest.mark.parametrize(
    ("held", "spot", "rule", "required"),
    [
        pytest.param([(put(50), -2, 1.35)], 52.3, STRATEGY_EQUITY, 1_902.0, id="1.6.1 naked put"),
        pytest.param(
            [(put(48), -3, 0.9), (call(55), -3, 1.1)],
            51.2,
            STRATEGY_EQUITY,
            2_712.0,
            id="1.6.2 three strangles",
        ),
        pytest.param(IRON, 55.0, STRATEGY_EQUITY, 500.0, id="1.6.3 iron condor"),
        pytest.param([(call(42), -1, 1.6)], 38.0, FUND, 1_470.0, id="1.6.4 leveraged fund"),
        pytest.param(
            [(put(4_800), -1, 22.0)], 5_100.0, STRATEGY_BROAD_INDEX, 50_200.0, id="1.6.5 index put"
        ),
        pytest.param(
            [(call(50), -1, 4.0), (call(52.5), 1, 2.6), (call(55), -1, 1.6), (call(60), 1, 0.6)],
            52.0,
            STRATEGY_EQUITY,
            750.0,
            id="1.5 correct search",
        ),
        pytest.param(
            [(put(95), -5, 2.0), (call(105), -5, 2.0)],
            100.0,
            STRATEGY_EQUITY,
            9_500.0,
            id="12 five strangles",
        ),
        pytest.param(
            [
                (call(100, 30), -1, 4.0),
                (call(110, 30), 1, 1.0),
                (call(100, 60), 1, 5.0),
                (call(110, 60), -1, 2.0),
            ],
            100.0,
            STRATEGY_EQUITY,
            1_000.0,
            id="12 spreads of two expiries",
        ),
    ],
)
def test_the_examples_of_the_rule_book_are_met(held, spot, rule, required):
    assert maintenance(held, spot, rule).needed == pytest.approx(required, abs=CENT)


@pytest.mark.parametrize(
    ("held", "required"),
    [
        pytest.param([(call(95), 1), (call(105), -1)], 0.0, id="debit vertical"),
        pytest.param([(call(95), -1), (call(105), 1)], 1_000.0, id="credit vertical"),
        pytest.param([(call(90), 1), (call(100), -2), (call(110), 1)], 0.0, id="long butterfly"),
        pytest.param([(put(90), 1), (put(100), -2), (put(105), 1)], 500.0, id="broken wing"),
        pytest.param([(call(90), -1), (call(100), 2), (call(110), -1)], 1_000.0, id="short fly"),
        pytest.param(
            [(call(85), 1), (call(90), -1), (call(100), -1), (call(105), 1)], 0.0, id="long condor"
        ),
        pytest.param(
            [(put(90), 1), (put(100), -1), (call(100), -1), (call(115), 1)], 1_500.0, id="iron fly"
        ),
        pytest.param(
            [(call(95), -1), (call(105), 1), (put(105), -1), (put(95), 1)], 1_000.0, id="short box"
        ),
    ],
)
def test_spreads_require_the_largest_loss_of_their_payoff(held, required):  # 1.2
    priced = [(contract, number, 20.0) for contract, number in held]  # dear, so none stays naked
    assert maintenance(priced, 100.0).needed == pytest.approx(required)


def test_a_spread_requires_no_more_than_its_short_alone():  # 1.2, the lesser of both
    held = [(put(100), -1, 4.0), (put(60), 1, 0.1)]
    assert maintenance(held, 100.0).needed == pytest.approx(2_400.0)


def test_currency_options_have_percentages_of_their_own():  # 1.1
    found = maintenance([(put(98), -1, 1.0)], 100.0, STRATEGY_CURRENCY)
    assert found.needed == pytest.approx(100.0 * (1.0 + 4.0 - 2.0))


def test_contracts_of_another_size_require_in_proportion():  # 12
    contract = put(50)
    found = STRATEGY_EQUITY.maintenance_grouping(
        [Position(contract, -2, 10)], {contract: 1.35}, spot=52.3, asof=ASOF
    )
    assert found.needed == pytest.approx(190.2)


def test_the_cheapest_pairing_is_not_the_greedy_one():  # 12: 300 for the spread, 1,150 for the 90
    found = maintenance([(put(100), -1, 5.0), (put(90), -1, 1.5), (put(95), 1, 3.0)], 100.0)
    assert (found.requirement, found.deposit + 150.0) == pytest.approx((1_650.0, 1_450.0))


def test_what_an_iron_condor_earns_is_part_of_its_deposit():  # 1.6.3
    assert maintenance(IRON, 55.0).deposit == pytest.approx(275.0)


def test_a_correct_search_saves_on_the_naked_alternative():  # 1.5
    held = [(call(50), -1, 4.0), (call(52.5), 1, 2.6), (call(55), -1, 1.6), (call(60), 1, 0.6)]
    found = maintenance(held, 52.0)
    assert (found.apart, found.saved) == pytest.approx((2_340.0, 1_590.0))


@pytest.mark.parametrize(
    ("held", "spot", "maintained", "opened"),
    [
        pytest.param([(call(100), -1, 21.0)], 120.0, 4_500.0, 7_000.0, id="1.6.6 covered call"),
        pytest.param(
            [(put(78), 1, 1.0), (call(88), -1, 1.0)], 81.4, 1_120.0, 4_070.0, id="1.6.7 collar"
        ),
        pytest.param(
            [(put(80), 1, 1.0), (call(80), -1, 3.0)], 81.4, 800.0, 4_140.0, id="1.6.8 conversion"
        ),
    ],
)
def test_stock_with_options_meets_the_examples(held, spot, maintained, opened):
    found = maintenance(held, spot, shares=100.0)
    assert found.requirement == pytest.approx(maintained, abs=CENT)
    assert initial(held, spot, shares=100.0).needed == pytest.approx(opened, abs=CENT)


def test_a_conversion_is_opened_more_cheaply_as_a_covered_call():  # 1.6.8 prints 4,210
    spot, strike = np.array([81.4]), np.array([80.0])
    stock = InitialStock()
    found = [stock.collar(strike, strike, spot)[0], stock.covered_call(strike, spot)[0]]
    assert found == pytest.approx([42.1, 41.4])
    held = [(put(80), 1, 1.0), (call(80), -1, 3.0)]
    names = {group.name for group in initial(held, 81.4, shares=100.0).groups}
    assert names == {"short option covered by stock", "long, paid in full"}


def test_a_conversion_withholds_what_its_call_is_in_the_money():  # 1.6.8, as a broker states it
    held = [(put(80), 1, 1.0), (call(80), -1, 3.0)]
    assert maintenance(held, 81.4, shares=100.0).needed == pytest.approx(940.0)


@pytest.mark.parametrize(
    ("held", "shares", "spot", "maintained", "opened"),
    [
        pytest.param([], 100.0, 80.0, 2_000.0, 4_000.0, id="long stock"),
        pytest.param([], -100.0, 80.0, 2_400.0, 4_000.0, id="short stock"),
        pytest.param([], -100.0, 10.0, 500.0, 500.0, id="short stock at five a share"),
        pytest.param([], -100.0, 2.0, 250.0, 100.0, id="short stock, cheap"),
        pytest.param([(put(75), 1, 1.0)], 100.0, 80.0, 1_250.0, 4_000.0, id="married put"),
        pytest.param([(call(85), 1, 1.0)], -100.0, 80.0, 1_350.0, 4_000.0, id="protective call"),
        pytest.param([(put(85), -1, 6.0)], -100.0, 80.0, 2_900.0, 4_500.0, id="covered put"),
        pytest.param(
            [(put(85), -1, 6.0), (call(85), 1, 1.0)], -100.0, 80.0, 1_350.0, 4_500.0, id="reversal"
        ),
    ],
)
def test_stock_is_required_by_its_table(held, shares, spot, maintained, opened):  # 1.4
    found = maintenance(held, spot, shares=shares), initial(held, spot, shares=shares)
    assert [each.needed for each in found] == pytest.approx([maintained, opened])


@pytest.mark.parametrize(
    ("held", "shares", "uncovered"),
    [
        pytest.param([(put(75), -1, 1.0)], 100.0, 1, id="long stock and a short put"),
        pytest.param([(call(85), -1, 1.0)], -100.0, 1, id="short stock and a short call"),
        pytest.param([(call(85), -1, 1.0)], 99.0, 1, id="too few shares"),
        pytest.param([(call(85), -3, 1.0)], 250.0, 1, id="shares for two of three"),
    ],
)
def test_stock_that_does_not_cover_leaves_options_uncovered(held, shares, uncovered):
    found = maintenance(held, 80.0, shares=shares)
    counts = [group.members[0][1] for group in found.groups if group.name == "uncovered"]
    assert sum(counts) == -uncovered


def test_a_long_box_costs_what_was_paid_and_is_lent_against_if_european():  # 12, 1.2
    kinds = [
        [
            *((call(100, exercise=style), 1, 6.0), (call(110, exercise=style), -1, 1.2)),
            *((put(110, exercise=style), 1, 6.5), (put(100, exercise=style), -1, 1.5)),
        ]
        for style in (Exercise.AMERICAN, Exercise.EUROPEAN)
    ]
    assert [maintenance(box, 100.0).deposit for box in kinds] == pytest.approx([980.0, 500.0])


def test_a_short_box_requires_the_difference_of_its_strikes():
    box = [(call(100), -1, 6.0), (call(110), 1, 1.2), (put(110), -1, 6.5), (put(100), 1, 1.5)]
    assert maintenance(box, 100.0).needed == pytest.approx(1_000.0)


@pytest.mark.parametrize(("days", "share"), [(120, 1.0), (273, 1.0), (274, 0.75), (600, 0.75)])
def test_a_long_option_is_lent_against_after_nine_months(days, share):  # 1.1, 12
    assert initial([(call(100, days), 1, 5.0)], 100.0).deposit == pytest.approx(500.0 * share)


@pytest.mark.parametrize(
    ("near", "far", "required"),
    [((100, 30), (100, 60), 0.0), ((100, 30), (105, 60), 500.0), ((100, 60), (100, 30), 2_400.0)],
)
def test_calendars_and_diagonals_go_by_the_order_of_expiries(near, far, required):  # 1.2
    held = [(call(*near), -1, 4.0), (call(*far), 1, 3.0)]
    assert maintenance(held, 100.0).needed == pytest.approx(required)


def test_american_and_european_options_make_no_spread():
    held = [(put(100), -1, 4.0), (put(95, exercise=Exercise.AMERICAN), 1, 2.0)]
    assert maintenance(held, 100.0).needed == pytest.approx(2_400.0)


def test_a_parameter_that_is_changed_is_used():
    rule = replace(STRATEGY_EQUITY, maintenance_stock=MaintenanceStock(long=0.3))
    assert maintenance([], 80.0, rule, shares=100.0).needed == pytest.approx(2_400.0)


def test_a_grouping_says_what_it_grouped_and_saved():
    text = repr(maintenance([(put(100), -1, 5.0), (put(90), -1, 1.5), (put(95), 1, 3.0)], 100.0))
    assert text.splitlines() == [
        "requirement 1,650.00 at a spot of 100",
        "  vertical: -1 X 2027-01-19 100 put, +1 X 2027-01-19 95 put: 500.00, saves 2,000.00",
        "  uncovered: -1 X 2027-01-19 90 put: 1,150.00, saves 0.00",
    ]


@pytest.mark.parametrize(
    ("position", "message"),
    [
        (Position(put(50, -1), -1, 100), "X 2026-11-19 50 put expired before .*; remove the pos"),
        (Position(put(55), -1, 100), "X 2027-01-19 55 put has no market price; give one per unit"),
        (Position(put(50), -0.5, 100), "quantity of X .* 50 put must be whole, got -0.5"),
        (Position(Perpetual("X"), 1.0, 1.0, 50.0), "knows options and stock, got X perpetual"),
        (Position(put(50, settlement=Settlement.INVERSE), -1), "must be settled in quote curr"),
        (Position(Asset("Y"), 5.0), "positions must be on one underlying, got X .* and Y"),
    ],
)
def test_what_has_no_strategy_is_refused_by_name(position, message):
    prices = {put(50): 1.0, put(50, -1): 1.0}
    with pytest.raises(ValueError, match=message):
        STRATEGY_EQUITY.maintenance_grouping(
            [Position(put(50), -1, 100), position], prices, spot=52.0, asof=ASOF
        )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: OptionTerms(percent=20.0), "percent must lie from 0 to 1, got 20"),
        (lambda: OptionTerms(floor=0.3), "floor must not be above percent"),
        (lambda: OptionTerms(long_months=-1), "long_months must be a whole number"),
        (lambda: MaintenanceStock(long=2.0), "long must lie from 0 to 1"),
        (lambda: InitialStock(short=-0.1), "short must lie from 0 to 1"),
        (lambda: StrategyRule(maintenance_stock=0.25), "maintenance_stock must be of type"),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()

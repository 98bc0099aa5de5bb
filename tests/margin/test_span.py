"""SPAN from risk arrays against the worked examples, naive twins, and what it must obey."""

from dataclasses import replace

import numpy as np
import pytest

from margin.rules.span.charges import (
    CalendarSpread,
    Delivery,
    InterSpread,
    MonthTier,
    OptionStyle,
    RiskArray,
    ShortCount,
    SpanBook,
    SpanCommodity,
    SpanKind,
    SpanPosition,
    SpreadLeg,
    span_requirement,
)
from margin.rules.span.spreads import TierDeltas, calendar_spreads

ROUNDING = 1e-9  # sums of a few thousand
PRINTED = 0.01 * 2  # two lots of numbers printed to cents
THIRDS = [third for third in (0, 1, -1, 2, -2, 3, -3) for _ in range(2)]

# Rule book 3.5, example 1: gains per long contract.
CALL = [36.02, -37.65, 77.70, -0.65, -0.35, -67.69, 124.74, 43.60, -31.55, -91.30, 177.07, 95.15]
CALL += [-57.83, -109.21, 184.77, -46.77]
PUT = [34.25, -36.12, 2.86, -63.44, 70.38, -2.69, -24.16, -85.36, 111.56, 37.44, -47.21, -102.63]
PUT += [158.06, 84.72, -45.41, 175.06]


def future(month=0, scan=300.0, extreme=0.99, name="future"):
    losses = [-scan / 3 * third for third in THIRDS] + [-extreme * scan, extreme * scan]
    return RiskArray(f"{name} {month}", SpanKind.FUTURE, tuple(losses), 1.0, 100.0, 50.0, month)


def option(kind, gains, price, delta=0.0):
    losses = tuple(-gain for gain in gains)
    return RiskArray(kind.value, kind, losses, delta, price, value_factor=50.0)


CALL_105 = option(SpanKind.CALL, CALL, 2.930266, 0.3667)
PUT_95 = option(SpanKind.PUT, PUT, 3.056899, -0.3233)


def statement(*held, credits=(), **parameters):
    positions = tuple(SpanPosition(array, quantity) for array, quantity in held)
    return span_requirement([SpanBook(SpanCommodity("A", **parameters), positions)], credits)


def random_array(rng, month=0):
    kind = list(SpanKind)[rng.integers(3)]
    losses = tuple(rng.normal(0.0, 100.0, 16))
    return RiskArray(
        str(rng.integers(1e9)), kind, losses, rng.uniform(-1, 1), rng.uniform(0, 9), 10.0, month
    )


def test_a_short_strangle_needs_what_is_printed():
    found = statement((CALL_105, -2), (PUT_95, -2), short_option_minimum=20.0)
    (risk,) = found.commodities
    assert (risk.active, risk.minimum) == (14, 80.0)
    assert risk.scan == pytest.approx(278.73, abs=PRINTED)
    assert found.option_value == pytest.approx(-598.72, abs=0.005)
    assert found.maintenance == pytest.approx(877.45, abs=PRINTED)


def test_a_covered_book_needs_what_is_printed():
    found = statement((future(), 2), (CALL_105, -2))
    printed = [72, -75.3, -44.6, -201.3, 199.3, 64.6, -150.5, -312.8, 336.9, 217.4, -245.9, -409.7]
    printed += [484.3, 381.6, -224.5, 500.5]
    assert found.commodities[0].losses == pytest.approx(printed, abs=0.05 + PRINTED)
    assert (found.commodities[0].active, found.risk) == (15, pytest.approx(500.45, abs=PRINTED))
    assert found.maintenance == pytest.approx(793.48, abs=PRINTED)


def test_calendar_and_inter_commodity_spreads_give_what_is_printed():
    tiers = MonthTier(1, 202703, 202703), MonthTier(2, 202706, 202706)
    first = SpanCommodity("A", tiers, (CalendarSpread.between(1, 2, charge=60.0),))
    held = SpanPosition(future(202703), 10), SpanPosition(future(202706), -8)
    books = [
        SpanBook(first, held),
        SpanBook(SpanCommodity("B"), (SpanPosition(future(name="B"), -3),)),
    ]
    credit = InterSpread((SpreadLeg("A", 1.0, 1), SpreadLeg("B", 1.0, -1)), credit=0.6)
    found = span_requirement(books, [credit])
    lines = [(risk.scan, risk.calendar, risk.credit) for risk in found.commodities]
    assert lines == [(600.0, 480.0, 360.0), (900.0, 0.0, 360.0)]
    assert (found.maintenance, found.credited) == (1_260.0, (2.0,))


@pytest.mark.parametrize(
    ("count", "needed"), [(ShortCount.SUM, 5 * 20.0), (ShortCount.LARGER, 3 * 20.0)]
)
def test_the_minimum_counts_short_options_both_ways(count, needed):
    quiet = [replace(array, losses=(0.0,) * 16, price=0.0) for array in (CALL_105, PUT_95)]
    minimum = {"short_option_minimum": 20.0, "short_count": count}
    held = (quiet[0], -3), (quiet[1], -2), (quiet[1], 4), (quiet[1], -4)  # the last two net
    assert statement(*held, **minimum).maintenance == needed


def test_no_credit_goes_below_the_minimum():
    book = SpanBook(SpanCommodity("A", short_option_minimum=500.0), (SpanPosition(CALL_105, -1),))
    other = SpanBook(SpanCommodity("B"), (SpanPosition(future(), 1),))
    credit = InterSpread((SpreadLeg("A", 1.0, 1), SpreadLeg("B", 1.0, -1)), credit=1.0)
    found = span_requirement([book, other], [credit])
    assert found.commodities[0].credit > 0.0
    assert found.commodities[0].risk == 500.0


def test_option_value_is_set_against_the_risk_once_and_never_beyond_it():
    found = statement((CALL_105, 2))
    assert found.risk == pytest.approx(2 * 109.21)
    assert found.option_value == pytest.approx(293.0266)
    assert found.maintenance == 0.0
    assert found.maintenance_from_marks == pytest.approx(293.0266)


def test_options_paid_day_by_day_have_no_value_to_set_off():
    found = statement((CALL_105, -2), style=OptionStyle.FUTURES)
    assert (found.option_value, found.maintenance) == (0.0, found.risk)


def test_the_initial_factor_is_of_the_risk_and_not_of_the_premium():
    found = statement((CALL_105, -2), initial_factor=1.1)
    assert found.initial == pytest.approx(1.1 * found.risk - found.option_value)


def test_spreads_are_formed_in_the_order_of_priority():
    deltas = TierDeltas({1: 10.0, 2: 0.0, 3: 0.0}, {1: 0.0, 2: 6.0, 3: 8.0})
    cheap, dear = (
        CalendarSpread.between(1, far, charge=charge) for far, charge in ((3, 5), (2, 9))
    )
    assert calendar_spreads(deltas, [cheap, dear]).counts == (8.0, 2.0)
    found = calendar_spreads(deltas, [dear, cheap])
    assert (found.counts, found.charges) == ((6.0, 4.0), (54.0, 20.0))
    assert found.left == {1: 0.0, 2: 0.0, 3: 4.0}


def test_a_spread_is_formed_either_way_and_by_its_ratios():
    legs = SpreadLeg(1, 1.0, 1), SpreadLeg(2, 2.0, -1), SpreadLeg(3, 1.0, 1)
    butterfly = CalendarSpread(legs, charge=10.0)
    deltas = TierDeltas({1: 0.0, 2: 10.0, 3: 0.0}, {1: 4.0, 2: 0.0, 3: 7.0})
    assert calendar_spreads(deltas, [butterfly]).counts == (4.0,)


def test_months_of_one_tier_can_be_spread_against_each_other():
    tiers = (MonthTier(1, 202701, 202712),)
    inside = (CalendarSpread.between(1, 1, charge=7.0),)
    found = statement((future(202703), 5), (future(202709), -3), tiers=tiers, calendar=inside)
    assert found.commodities[0].calendar == 21.0


def test_delivery_charges_what_is_spread_and_what_is_left():
    tiers = MonthTier(1, 202703, 202703), MonthTier(2, 202706, 202706)
    found = statement(
        (future(202703), 10),
        (future(202706), -8),
        tiers=tiers,
        calendar=(CalendarSpread.between(1, 2, charge=60.0),),
        deliveries=(Delivery(1, spread_charge=3.0, outright_charge=11.0),),
    )
    assert found.commodities[0].delivery == 8 * 3.0 + 2 * 11.0


def test_price_risk_averages_a_scenario_with_its_volatility_twin():
    losses = np.zeros(16)
    losses[[0, 1, 12, 13]] = [40.0, -20.0, 300.0, 200.0]
    array = RiskArray("x", SpanKind.FUTURE, tuple(losses), 1.0)
    books = [
        SpanBook(SpanCommodity(name), (SpanPosition(array, q),))
        for name, q in zip("AB", (1, -1), strict=True)
    ]
    credit = InterSpread((SpreadLeg("A", 1.0, 1), SpreadLeg("B", 1.0, -1)), credit=0.5)
    found = span_requirement(books, [credit])
    assert found.commodities[0].credit == 0.5 * (250.0 - 10.0)


@pytest.mark.parametrize("seed", range(20))
def test_scan_risk_of_two_books_together_is_at_most_their_sum(seed):
    rng = np.random.default_rng(seed)
    books = [[(random_array(rng), rng.integers(-5, 6)) for _ in range(4)] for _ in range(2)]
    apart = sum(statement(*book).commodities[0].scan for book in books)
    assert statement(*books[0], *books[1]).commodities[0].scan <= apart + ROUNDING


@pytest.mark.parametrize("seed", range(10))
def test_a_requirement_is_not_negative_and_grows_with_the_number_of_lots(seed):
    rng = np.random.default_rng(seed)
    book = [(random_array(rng, 202703), rng.integers(-5, 6)) for _ in range(4)]
    terms = {"tiers": (MonthTier(1, 202703, 202703),), "short_option_minimum": 5.0}
    once = statement(*book, **terms)
    thrice = statement(*((array, 3 * quantity) for array, quantity in book), **terms)
    assert once.maintenance >= 0.0
    assert thrice.maintenance == pytest.approx(3.0 * once.maintenance, abs=ROUNDING)


def test_the_statement_prints_every_line_and_they_add_up():
    found = statement((CALL_105, -2), (PUT_95, -2), short_option_minimum=100.0)
    assert "up to the short-option minimum" in str(found)
    assert sum(value for _, value in found.commodities[0].lines) == pytest.approx(found.risk)
    assert str(found).splitlines()[-1].split()[-1] == f"{found.initial:,.2f}"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RiskArray("x", SpanKind.CALL, (1.0,) * 15, 0.5), "losses of x must be 16, got 15"),
        (lambda: MonthTier(1, 202706, 202703), "tier 1 must ascend"),
        (lambda: SpreadLeg(1, 1.0, 2), "side must be 1 or -1, got 2"),
        (lambda: CalendarSpread((SpreadLeg(1, 1.0, 1),)), "must have both sides"),
        (
            lambda: SpanCommodity("A", calendar=(CalendarSpread.between(1, 2),)),
            "tiers of A must hold 1, 2",
        ),
        (lambda: SpanCommodity("A", initial_factor=0.9), "initial_factor must lie from 1"),
        (
            lambda: SpanBook(SpanCommodity("A", short_option_rate=0.03), ()),
            "price of A must be positive",
        ),
        (
            lambda: span_requirement([SpanBook(SpanCommodity("A"), ())] * 2),
            "hold a commodity once, got A twice",
        ),
        (
            lambda: span_requirement(
                [SpanBook(SpanCommodity(n, currency=n), ()) for n in ("EUR", "USD")]
            ),
            "in one currency, got EUR, USD",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

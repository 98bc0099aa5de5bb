"""What time adds to cash, against formulas, simulated paths and at its edges."""

from datetime import timedelta

import numpy as np
import pytest

from margin import Asset, Collateral, Perpetual, Position, Settlement, liquidation_map
from margin.maps.accrual import Accrual, Funding, Payment, mean_spot
from margin.maps.events import EventKind
from margin.maps.funding_gap import funding_gaps
from margin.rules import PerpetualRule, Scenario, ScenarioRule, continuous_tiers
from tests.margin.by_hand import ASOF, account, after, market

RULE = PerpetualRule(continuous_tiers((0.0,), (0.05,)))
SHARES = ScenarioRule("shares", (Scenario(-0.15), Scenario(0.15)))
LONG = Position(Perpetual("X"), 2.0, entry_price=100.0)


def mapped(held, rule=RULE, days=60, **kind):
    return liquidation_map(held, market(100.0), rule, horizon=timedelta(days=days), **kind)


def bridges(end, years, volatility, paths=20_000, steps=200):
    """Means over time of log-normal bridges from 100 to ``end``."""
    rng = np.random.default_rng(5)
    x = (np.arange(steps) + 0.5) / steps
    walk = np.cumsum(rng.standard_normal((paths, 2 * steps)), axis=1) * np.sqrt(0.5 / steps)
    tied = walk[:, ::2] - x * walk[:, -1:]
    return (100.0 * (end / 100.0) ** x * np.exp(volatility * np.sqrt(years) * tied)).mean(axis=1)


@pytest.mark.parametrize(("end", "volatility"), [(100.0, 0.6), (70.0, 0.8), (160.0, 0.4)])
def test_the_mean_spot_and_its_deviation_are_those_of_simulated_bridges(end, volatility):
    drawn = bridges(end, 0.25, volatility)
    mean, _ = mean_spot(100.0, np.array([end]), 0.25, volatility)
    assert mean[0] == pytest.approx(drawn.mean(), abs=4.0 * drawn.std() / np.sqrt(drawn.size))
    spread = Funding(0.4, volatility).deviation(2.0, 100.0, end, 0.25)
    # First order in the volatility; its square is a few percent here.
    assert spread == pytest.approx(0.4 * 2.0 * 0.25 * drawn.std(), rel=0.05)


@pytest.mark.parametrize("end", [40.0, 99.0, 250.0])
def test_without_volatility_the_mean_is_the_logarithmic_one(end):
    mean, slope = mean_spot(100.0, np.array([end, end + 1e-4, end - 1e-4]), 1.0, 0.0)
    assert mean[0] == pytest.approx((end - 100.0) / np.log(end / 100.0), rel=1e-12)
    assert slope[0] == pytest.approx((mean[1] - mean[2]) / 2e-4, rel=1e-6)


@pytest.mark.parametrize("units", [2.0, -3.0])
def test_the_curve_of_funding_is_the_formula_within_its_error(units):
    funding = Funding(0.3, 0.7)
    curve = funding.paid(units, 100.0, 0.2, span=(20.0, 500.0))
    spots = np.geomspace(20.0, 500.0, 3_001)
    exact = 0.3 * units * 0.2 * mean_spot(100.0, spots, 0.2, 0.7)[0]
    assert np.abs(curve(spots) - exact).max() <= 1.5 * curve.error.max() <= 1e-6


def test_funding_moves_the_threshold_of_a_perpetual():
    held = account(60.0, LONG)
    found = mapped(held).accruing(funding=Funding(0.5, 0.0))
    end = found.intervals(after(60))[0].upper
    years = 60.0 / 365.0
    paid = 0.5 * 2.0 * years * (end - 100.0) / np.log(end / 100.0)
    assert 60.0 + 2.0 * (end - 100.0) - paid == pytest.approx(0.05 * 2.0 * end, abs=1e-8)
    assert found.thresholds(after(60)).bankruptcy.intervals[0].upper < end


def test_the_gap_of_funding_says_what_a_deviation_moves():
    found = mapped(account(60.0, LONG)).accruing(funding=Funding(0.5, 0.6))
    (gap,) = funding_gaps(found, after(30))
    assert gap.spot == found.intervals(after(30))[0].upper
    # 1.9 units are left of the excess per unit of spot, and a little funding.
    assert gap.shift == pytest.approx(gap.deviation / 1.9, rel=0.03)
    assert 0.0 < gap.deviation < 0.2 * gap.paid
    assert funding_gaps(found, ASOF)[0].deviation == 0.0


def test_a_coupon_of_collateral_counts_from_its_date_and_bears_interest():
    pledged = (Collateral("BOND", 1.0, haircut=0.1, price=100.0),)
    held = account(-4_000.0, Position(Asset("X"), 100), collateral=pledged)
    coupon = Payment(after(20.5), 300.0)
    found = mapped(held, SHARES).accruing(interest=0.1, payments=[coupon])
    for day, paid in ((20, 0.0), (21, 300.0 * np.exp(0.1 * 0.5 / 365.0))):
        debt = 4_000.0 * np.exp(0.1 * day / 365.0) - paid - 90.0
        assert found.intervals(after(day))[0].upper == pytest.approx(debt / 85.0, rel=1e-12)


def test_a_payment_that_liquidates_is_an_event_on_its_date():
    held = account(12.5, LONG)
    found = mapped(held).accruing(payments=[Payment(after(10.25), -5.0)])
    (event,) = [each for each in found.events() if each.kind is EventKind.LIQUIDATION]
    assert abs(event.date - after(10.25)) <= timedelta(minutes=1)


def test_no_accrual_leaves_the_cash_as_it_is():
    assert Accrual().cash(123.0, 0.5, ()) == 123.0


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Funding(np.inf, 0.5), "rate must be a finite number"),
        (lambda: Funding(0.1, -0.5), "volatility must lie from 0 to inf"),
        (lambda: Payment(after(1), np.nan), "amount must be a finite number"),
        (lambda: Accrual(payments=(5.0,)), r"payments\[0\] must be of type Payment"),
        (lambda: funding_gaps(mapped(account(60.0, LONG)), ASOF), "found must accrue funding"),
    ],
)
def test_what_has_no_meaning_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_funding_of_a_fixed_notional_is_income():
    inverse = Position(Perpetual("X", Settlement.INVERSE), 50.0, entry_price=100.0)
    found = mapped(account(1.0, inverse, currency="X")).accruing(funding=Funding(0.1, 0.5))
    with pytest.raises(ValueError, match="must be stated as income"):
        found.intervals(after(5))

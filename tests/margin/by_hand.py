"""Accounts of European options valued by closed form, and rules applied move by move."""

from datetime import UTC, datetime, timedelta

import numpy as np

from margin import Account, Market, OptionContract, Perpetual, Settlement, Underlying
from margin.rules import ScenarioRule
from pdesolve import Exercise, Right, black_scholes_price

ASOF = datetime(2026, 11, 20, 21, tzinfo=UTC)
NAME = "X"


def after(days):
    return ASOF + timedelta(days=days)


def option(right, strike, days, exercise=Exercise.EUROPEAN, settlement=Settlement.CASH):
    return OptionContract(NAME, right, strike, after(days), exercise, settlement)


def call(strike, days=60, **kind):
    return option(Right.CALL, strike, days, **kind)


def put(strike, days=60, **kind):
    return option(Right.PUT, strike, days, **kind)


def market(spot, vols=None, *, rate=0.04, dividend_yield=0.0):
    return Market(ASOF, {NAME: Underlying(spot, rate, dividend_yield)}, vols or {})


def account(cash, *positions, currency="USD", collateral=()):
    return Account("test", currency, cash, positions, collateral)


def in_coin(held):
    return held.currency == NAME


def value(position, market, spot, vol_move=0.0):
    """Value of one position in quote currency."""
    instrument, units = position.instrument, position.quantity * position.multiplier
    if isinstance(instrument, OptionContract):
        carry = market.underlyings[NAME]
        return units * black_scholes_price(
            spot=spot,
            strike=instrument.strike,
            expiry=market.years(instrument.expiry),
            vol=market.volatility(instrument) * (1.0 + vol_move),
            rate=carry.rate,
            div_yield=carry.dividend_yield,
            right=instrument.right,
        )
    if isinstance(instrument, Perpetual) and instrument.settlement is Settlement.INVERSE:
        return units * (spot / position.entry_price - 1.0)
    return units * (spot - (position.entry_price or 0.0))


def equity(held, market, spot, vol_move=0.0):
    """Equity in the currency of the account, at any spots."""
    spot = np.asarray(spot, dtype=float)
    values = sum((value(position, market, spot, vol_move) for position in held.positions), 0.0)
    return held.cash + values / (spot if in_coin(held) else 1.0)


def maintenance(held, market, rule: ScenarioRule, spot, vol_move=0.0):
    """Requirement of a scenario rule without a minimum, in the currency of the account."""
    losses = [np.zeros_like(np.asarray(spot, dtype=float))]
    now = equity(held, market, spot, vol_move)
    for scenario in rule.scenarios:
        vol_after = (1.0 + vol_move) * (1.0 + scenario.vol_move) - 1.0
        then = equity(held, market, spot * (1.0 + scenario.spot_move), vol_after)
        losses.append(scenario.weight * (now - then))
    return np.max(losses, axis=0)

"""Accounts in an underlying that pays dividends, and an independent value of their options."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import QuantLib as ql

import pdesolve
from margin import (
    Account,
    Asset,
    ClaimContract,
    ContractBarrier,
    Dividend,
    Market,
    OptionContract,
    Position,
    Underlying,
)
from pdesolve import BlackScholes, Exercise, Knock, Option, Payoff, Right
from tests.pdesolve import quantlib

NOW = datetime(2026, 11, 20, tzinfo=UTC)
RATE = 0.03
EX_DAYS, CASH = (25, 70), (1.5, 2.0)
DIVIDENDS = tuple(
    Dividend(NOW + timedelta(days=day), cash=cash) for day, cash in zip(EX_DAYS, CASH, strict=True)
)


def instant(days):
    return NOW + timedelta(days=days)


def option(right, strike, days, exercise=Exercise.AMERICAN):
    return OptionContract("X", right, strike, instant(days), exercise)


def claim(payoff, days, **terms):
    return ClaimContract("X", payoff, instant(days), **terms)


def up_and_out(strike, barrier, days, **terms):
    terms = ContractBarrier(upper=barrier, **terms)
    return claim(Payoff.vanilla(Right.CALL, strike), days, barrier=terms)


def down_and_in(strike, barrier, days, **terms):
    terms = ContractBarrier(lower=barrier, knock=Knock.IN, **terms)
    return claim(Payoff.vanilla(Right.PUT, strike), days, barrier=terms)


def market(vols, spot=100.0, dividends=DIVIDENDS, asof=NOW):
    return Market(asof, {"X": Underlying(spot, RATE, dividends=dividends)}, vols)


def account(cash, *positions):
    return Account("paying", "USD", cash, positions)


def covered_call(cash=-7_000.0, shares=100):
    short = option(Right.CALL, 105.0, 91)
    held = Position(Asset("X"), shares), Position(short, -shares / 100, 100)
    return account(cash, *held), market({short: 0.3})


def alone(contract, vol, **terms):
    """A contract solved by itself, with the dividends ahead of it."""
    years = (contract.expiry - NOW) / timedelta(days=365)
    paid = tuple(
        pdesolve.Dividend(day / 365.0, cash) for day, cash in zip(EX_DAYS, CASH, strict=True)
    )
    if isinstance(contract, ClaimContract):
        what = contract.claim(NOW)
    else:
        what = Option(contract.right, contract.strike, years, contract.exercise)
    return pdesolve.solve(what, BlackScholes(vol, RATE), dividends=paid, **terms)


@cache
def independent(right, strike, days, vol, spot):
    """An American option by QuantLib's finite differences with dividends on their dates."""
    quantlib.today()
    exercise = ql.AmericanExercise(quantlib.TODAY, quantlib.TODAY + days)
    kind = ql.Option.Call if right is Right.CALL else ql.Option.Put
    made = ql.VanillaOption(ql.PlainVanillaPayoff(kind, strike), exercise)
    paid = ql.DividendVector([quantlib.TODAY + day for day in EX_DAYS], list(CASH))
    process = quantlib.process(spot, vol, RATE, 0.0)
    made.setPricingEngine(ql.FdBlackScholesVanillaEngine(process, paid, 400, 400))
    return made.NPV()


def random_book(rng, legs=4):
    """Options, claims with barriers and shares around 100, and cash from too little to ample."""
    makers = (
        lambda k, d: option(Right.CALL, k, d),
        lambda k, d: option(Right.PUT, k, d),
        lambda k, d: up_and_out(k, float(np.round(k * rng.uniform(1.1, 1.4), 1)), d),
        lambda k, d: down_and_in(k, float(np.round(k * rng.uniform(0.7, 0.9), 1)), d),
    )
    vols = {}
    for _ in range(legs):
        strike = float(np.round(100.0 * np.exp(rng.normal(0.0, 0.15)), 1))
        made = makers[rng.integers(len(makers))](strike, int(rng.integers(30, 120)))
        vols[made] = float(rng.uniform(0.2, 0.5))
    positions = [Position(each, float(rng.integers(-3, 4))) for each in vols]
    positions.append(Position(Asset("X"), float(rng.integers(-2, 3))))
    return account(float(rng.uniform(-100.0, 300.0)), *positions), market(vols)

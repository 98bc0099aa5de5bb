"""What an account must hold: its initial and maintenance requirement, leg by leg."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from margin.account import Account
from margin.market import Market
from margin.revaluation import Revaluation
from margin.rules import (
    Explained,
    RequirementLine,
    Rule,
    SampledStages,
    Staged,
    initial_factor,
    leg_profit,
    refuse_claims,
    revalue_for,
)
from margin.statement import Leg, Requirement

__all__ = ["initial_requirement", "requirement"]


def requirement(
    account: Account,
    market: Market,
    rule: Rule,
    *,
    underlying: str | None = None,
    revaluation: Revaluation | None = None,
) -> Requirement:
    """Initial and maintenance requirement of an account, now.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities.
    rule : Rule
        Whose requirement it is, a `ScenarioRule` or a `PerpetualRule`.
    underlying : str, optional
        Whose spot the deltas are against; needed only if the account has several.
    revaluation : Revaluation, optional
        One that holds the contracts of the account in this market at the volatility moves of the
        rule, so that nothing is priced again.

    Returns
    -------
    Requirement

    Raises
    ------
    ValueError
        If the account cannot be valued in this market or under this rule, or the revaluation is
        of another market, date or underlying or lacks a move.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.requirements import requirement
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = requirement(account, market, TEN_POINT_EQUITY)
    >>> found.equity, found.maintenance, found.worst_scenario
    (4000.0, 1200.0, 'spot -15 %')
    """
    if revaluation is None:
        revaluation = revalue_for(rule, account, market, underlying=underlying)
    else:
        _refuse_stranger(revaluation, market, underlying)
        revaluation = revaluation.with_account(account)
        refuse_claims(rule, account)
    spot = revaluation.spot
    unit = spot if revaluation.in_coin else 1.0
    branches = rule.excess_branches(revaluation)
    equity = float(revaluation.equity()(spot)) / unit
    excesses = [float(branch.curve(spot)) / unit for branch in branches]
    worst = int(np.argmin(excesses))
    maintenance = equity - excesses[worst]
    lines = tuple(_leg(part, rule, worst) for part in _parts(revaluation))
    found = Requirement(
        account=account.name,
        rule=rule.name,
        currency=account.currency,
        underlying=revaluation.underlying,
        asof=market.asof,
        spot=spot,
        equity=equity,
        maintenance=maintenance,
        initial=initial_requirement(rule, revaluation, maintenance=maintenance),
        error=max(float(branch.error(spot)) for branch in branches) / unit,
        scenarios=tuple(branch.label for branch in branches),
        profits=tuple(excess - equity for excess in excesses),
        worst=worst,
        lines=lines,
    )
    return replace(found, terms=tuple(_terms(found, rule, revaluation)))


def _terms(found: Requirement, rule: Rule, revaluation: Revaluation) -> Iterator[RequirementLine]:
    """What maintenance is made of: as the rule says, or leg by leg."""
    if isinstance(rule, Explained):
        lines = list(rule.maintenance_lines(revaluation))
    else:
        lines = [RequirementLine(leg.holding, -leg.profit) for leg in found.lines if leg.profit]
        if found.together:
            lines.append(RequirementLine("held together", -found.together))
    yield from lines
    if found.worst == 0 and lines:
        yield RequirementLine("not below zero", found.maintenance - sum(x.amount for x in lines))


def initial_requirement(rule: Rule, revaluation: Revaluation, *, maintenance: float) -> float:
    """The initial requirement: a multiple of maintenance, or what the rule has branches for.

    Parameters
    ----------
    rule : Rule
        Whose requirement it is.
    revaluation : Revaluation
        The account, revalued for it.
    maintenance : float
        The maintenance requirement now, in the currency of the account.

    Returns
    -------
    float
        In the currency of the account, now, at the present spot.
    """
    if not isinstance(rule, Staged):
        return initial_factor(rule) * maintenance
    spot = revaluation.spot
    if isinstance(rule, SampledStages):
        excess = float(rule.initial_values(revaluation, np.array([spot])).min())
    else:
        excess = min(float(branch.curve(spot)) for branch in rule.initial_branches(revaluation))
    return (float(revaluation.equity()(spot)) - excess) / (spot if revaluation.in_coin else 1.0)


def _refuse_stranger(revaluation: Revaluation, market: Market, underlying: str | None) -> None:
    """Refuse a revaluation that is not of this market, now, along the underlying asked for."""
    if revaluation.market != market:
        raise ValueError("revaluation must be of the market given, got one of another market")
    if revaluation.dates[0] != market.asof:
        raise ValueError(
            f"revaluation must begin at {market.asof}, got one that begins at "
            f"{revaluation.dates[0]}"
        )
    if underlying not in (None, revaluation.underlying):
        raise ValueError(
            f"revaluation must move {underlying}, got one that moves {revaluation.underlying}"
        )


def _parts(revaluation: Revaluation) -> Iterator[tuple[str, float, float, Revaluation]]:
    """Name, quantity and units of every holding, and the revaluation of an account of it alone."""
    account = revaluation.account
    empty = replace(account, cash=0.0, positions=(), collateral=())
    if account.cash:
        cash = replace(empty, cash=account.cash)
        yield "cash", account.cash, account.cash, revaluation.with_account(cash)
    for held in account.positions:
        if held.quantity:
            alone = revaluation.with_account(replace(empty, positions=(held,)))
            yield str(held.instrument), held.quantity, held.quantity * held.multiplier, alone
    for pledged in account.collateral:
        if pledged.amount:
            alone = revaluation.with_account(replace(empty, collateral=(pledged,)))
            yield f"{pledged.asset} pledged", pledged.amount, pledged.amount, alone


def _leg(part: tuple[str, float, float, Revaluation], rule: Rule, worst: int) -> Leg:
    """The part of one holding in equity and in the worst scenario."""
    holding, quantity, units, revaluation = part
    spot = revaluation.spot
    unit = spot if revaluation.in_coin else 1.0
    equity = revaluation.equity()
    value = float(equity(spot)) / unit
    return Leg(
        holding=holding,
        quantity=quantity,
        unit_value=value / units,
        value=value,
        delta=float(equity.derivative(spot)),
        profit=leg_profit(rule, revaluation, worst) / unit,
    )

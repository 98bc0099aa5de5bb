"""Greeks of a requirement: its derivatives by spot, volatility and every holding."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from margin.account import Account
from margin.greeks_statement import HoldingGreeks, MarginGreeks, Slope
from margin.market import Market
from margin.revaluation import Revaluation
from margin.rules import Branch, Rule, StrategyRule, revalue_for

__all__ = ["margin_greeks"]

Floats = NDArray[np.float64]

# Relative step of volatilities; differences are of the second order.
VOLATILITY_STEP = 0.002
# Relative step of a holding: requirements are linear in it between changes of what binds.
HOLDING_STEP = 1e-5
# Relative distance of two branches, and of two slopes, that rounding alone may cause; and rounding
# of an amount, which a difference divides by its step.
TIE, SAME, ROUNDING = 1e-9, 1e-4, 1e-12


class _State(NamedTuple):
    """Requirement and excess in one state, in the currency of the account."""

    requirement: float
    excess: float


def margin_greeks(
    account: Account, market: Market, rule: Rule, *, underlying: str | None = None
) -> MarginGreeks:
    """Derivatives of requirement and excess by spot, volatility and every holding.

    Where what binds changes just here, the derivatives to both sides are given.  By spot they are
    those of the curves themselves; by volatility differences of the second order; by holdings
    differences over a hundred-thousandth of each, which are exact up to rounding wherever the
    requirement is linear in the quantities.  A `StrategyRule` counts whole contracts: its
    differences are over one contract fewer and one more.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities now.
    rule : Rule
        Whose requirement it is.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.

    Returns
    -------
    MarginGreeks

    Raises
    ------
    ValueError
        If the account cannot be valued in this market or under this rule.

    References
    ----------
    Tasche, "Capital allocation to business units and sub-portfolios: the Euler principle",
    arXiv:0708.2542 (2007).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.greeks import margin_greeks
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = margin_greeks(account, market, TEN_POINT_EQUITY)
    >>> print(found.spot_requirement, found.spot_excess, found.holdings[0].requirement)
    15 85 12
    """
    moves = tuple(VOLATILITY_STEP * step for step in (0, -2, -1, 1, 2))
    revaluation = revalue_for(rule, account, market, underlying=underlying, vol_moves=moves)
    now = _state(rule, revaluation)
    by_spot = _by_spot(rule, revaluation, now)
    by_volatility = _by_volatility([_state(rule, revaluation, move) for move in moves])
    return MarginGreeks(
        account=account.name,
        rule=rule.name,
        currency=account.currency,
        underlying=revaluation.underlying,
        asof=market.asof,
        spot=revaluation.spot,
        maintenance=now.requirement,
        spot_requirement=by_spot[0],
        spot_excess=by_spot[1],
        volatility_requirement=by_volatility[0],
        volatility_excess=by_volatility[1],
        holdings=tuple(_holdings(rule, revaluation, now)),
    )


def _state(rule: Rule, revaluation: Revaluation, vol_move: float = 0.0) -> _State:
    spot = revaluation.spot
    unit = spot if revaluation.in_coin else 1.0
    branches = rule.excess_branches(revaluation, 0, vol_move)
    excess = min(float(branch.curve(spot)) for branch in branches) / unit
    equity = float(revaluation.equity(0, vol_move)(spot)) / unit
    return _State(equity - excess, excess)


def _by_spot(rule: Rule, revaluation: Revaluation, now: _State) -> tuple[Slope, Slope]:
    """Derivatives of requirement and excess by spot."""
    spot = revaluation.spot
    equity = revaluation.equity()
    excess = _least(rule.excess_branches(revaluation), spot)
    whole = Slope(float(equity.derivative(np.nextafter(spot, 0.0))), float(equity.derivative(spot)))
    below = np.array([whole.below - excess.below, excess.below])
    above = np.array([whole.above - excess.above, excess.above])
    if revaluation.in_coin:
        below, above = (below - now) / spot, (above - now) / spot
    return _slopes(below, above, room=ROUNDING)


def _least(branches: tuple[Branch, ...], spot: float) -> Slope:
    """Derivatives of the least of some branches: the steepest of those that bind."""
    values = np.array([float(branch.curve(spot)) for branch in branches])
    room = TIE * max(float(np.abs(values).max()), spot)
    binding = [branches[index].curve for index in np.flatnonzero(values <= values.min() + room)]
    below = max(float(curve.derivative(np.nextafter(spot, 0.0))) for curve in binding)
    return Slope(below, min(float(curve.derivative(spot)) for curve in binding))


def _by_volatility(states: list[_State]) -> tuple[Slope, Slope]:
    """Derivatives of requirement and excess, from the states at 0 and at -2, -1, 1, 2 steps."""
    now, lowest, lower, higher, highest = np.array(states)
    below = (3.0 * now - 4.0 * lower + lowest) / (2.0 * VOLATILITY_STEP)
    above = (4.0 * higher - 3.0 * now - highest) / (2.0 * VOLATILITY_STEP)
    return _slopes(below, above, room=ROUNDING * float(np.abs(now).max()) / VOLATILITY_STEP)


def _slopes(below: Floats, above: Floats, *, room: float) -> tuple[Slope, Slope]:
    """Derivatives of requirement and excess, from pairs of one-sided ones.

    A pair that differs by no more than ``room`` or a small part of itself is one derivative.
    """
    size = np.maximum(np.abs(below), np.abs(above))
    same = np.abs(above - below) <= np.maximum(SAME * size, room)
    middle = 0.5 * (below + above)
    pairs = np.stack([np.where(same, middle, below), np.where(same, middle, above)], axis=1)
    required, excess = pairs.tolist()
    return Slope(*required), Slope(*excess)


def _holdings(rule: Rule, revaluation: Revaluation, now: _State) -> Iterator[HoldingGreeks]:
    """Derivatives by the quantity of every position, then by the amount of every pledged asset."""
    account = revaluation.account
    held = [(str(position.instrument), position.quantity) for position in account.positions]
    held += [(f"{pledged.asset} pledged", pledged.amount) for pledged in account.collateral]
    whole = isinstance(rule, StrategyRule)
    for index, (name, quantity) in enumerate(held):
        step = 1.0 if whole else HOLDING_STEP * (abs(quantity) or 1.0)
        fewer, more = (
            _state(rule, revaluation.with_account(_moved(account, index, change)))
            for change in (-step, step)
        )
        below, above = np.subtract(now, fewer) / step, np.subtract(more, now) / step
        room = ROUNDING * float(np.abs(now).max()) / step
        required, excess = _slopes(below, above, room=room)
        share = quantity * required.above if required.unique else None
        yield HoldingGreeks(name, quantity, required, excess, share)


def _moved(account: Account, index: int, change: float) -> Account:
    """The account with ``change`` more of a holding; pledged assets come after positions."""
    positions, collateral = list(account.positions), list(account.collateral)
    if index < len(positions):
        held = positions[index]
        positions[index] = replace(held, quantity=held.quantity + change)
    else:
        pledged = collateral[index - len(positions)]
        collateral[index - len(positions)] = replace(pledged, amount=pledged.amount + change)
    return replace(account, positions=tuple(positions), collateral=tuple(collateral))

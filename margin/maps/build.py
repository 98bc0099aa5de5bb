"""The liquidation map: where, when and under which volatility an account is liquidated."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from margin import _check
from margin.account import Account
from margin.maps.dates import checked_dates, map_dates
from margin.maps.record import LiquidationMap
from margin.market import Market
from margin.revaluation import moving_underlying
from margin.rules import Rule, revalue_for

__all__ = ["LiquidationMap", "liquidation_map"]

# The range searched if none is given, as multiples of the present spot.
LOWEST_MULTIPLE, HIGHEST_MULTIPLE = 0.2, 5.0


def liquidation_map(
    account: Account,
    market: Market,
    rule: Rule,
    *,
    horizon: timedelta,
    dates: Sequence[datetime] | None = None,
    vol_moves: Iterable[float] = (0.0,),
    spots: tuple[float, float] | None = None,
    underlying: str | None = None,
) -> LiquidationMap:
    """Where an account is liquidated: every spot of a range, dates, volatility moves.

    Every option is solved backward once per volatility move, in one batch; each date and move is
    then a slice whose set of spots is proven complete.  Spot, volatilities (by strike) and
    positions stay; legs that expire are settled at the spot considered.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities now.
    rule : Rule
        Whose requirement it is.
    horizon : timedelta
        How far ahead to look, positive.
    dates : sequence of datetime, optional
        Dates instead of `map_dates`, none before now nor after the horizon; now is added.
    vol_moves : iterable of float
        Relative moves of all volatilities to solve besides 0; `under` gives their maps.
    spots : tuple of float, optional
        Lowest and highest spot searched, in quote currency; a fifth of and five times the present
        one if not given.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.

    Returns
    -------
    LiquidationMap

    Raises
    ------
    ValueError
        If the horizon is not positive, a date lies outside it, the range does not hold the spot,
        or the account cannot be valued in this market or under this rule.

    Examples
    --------
    A ratio spread that is safe today and is not a week later, spot and volatilities unchanged.

    >>> from datetime import UTC, datetime, timedelta
    >>> from pdesolve import Exercise, Right
    >>> from margin import Account, Market, OptionContract, Position, Underlying
    >>> from margin.maps.build import liquidation_map
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> now = datetime(2026, 11, 20, 21, tzinfo=UTC)
    >>> calls = [
    ...     OptionContract("X", Right.CALL, strike, now + timedelta(days=30), Exercise.EUROPEAN)
    ...     for strike in (50.0, 55.0)
    ... ]
    >>> market = Market(now, {"X": Underlying(50.0, rate=0.03)}, dict.fromkeys(calls, 0.3))
    >>> legs = Position(calls[0], -10, 100), Position(calls[1], 20, 100)
    >>> account = Account("backspread", "USD", 3_000.0, legs)
    >>> found = liquidation_map(account, market, TEN_POINT_EQUITY, horizon=timedelta(days=29))
    >>> found.intervals(now)
    ()
    """
    name = moving_underlying(account, market, underlying)
    spot = market.underlyings[name].spot
    low, high = spots or (LOWEST_MULTIPLE * spot, HIGHEST_MULTIPLE * spot)
    low, high = _check.positive("spots", low), _check.positive("spots", high)
    if not low <= spot <= high or low == high:
        raise ValueError(f"spots must hold the spot {spot}, got {low} to {high}")
    even = map_dates(account, market.asof, horizon)
    asked = even if dates is None else checked_dates((market.asof, *dates), market.asof)
    if asked[-1] > even[-1]:
        raise ValueError(f"dates must not be after the horizon {even[-1]}, got {asked[-1]}")
    moves = tuple(dict.fromkeys([0.0, *(_check.finite("vol_moves", move) for move in vol_moves)]))
    revaluation = revalue_for(
        rule,
        account,
        market,
        underlying=name,
        spots=(low, high),
        vol_moves=moves,
        dates=asked,
    )
    return LiquidationMap(revaluation, rule, low, high, moves)

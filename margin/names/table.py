"""Equity and requirement along a path of several underlyings, as a margin table."""

from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike

from margin.account import Account
from margin.margin_table import MarginTable
from margin.market import Market
from margin.names.excess import joint_excess
from margin.names.path import Direction, present_spots
from margin.names.rules import JointRule
from margin.rules import Rule

__all__ = ["table_along"]


def table_along(
    account: Account,
    market: Market,
    rule: Rule | JointRule,
    direction: Direction,
    *,
    spots: ArrayLike,
    date: datetime | None = None,
) -> MarginTable:
    """Equity and maintenance requirement at spots of the first name of a path.

    Parameters
    ----------
    account : Account
        Kept in quote currency.
    market : Market
        Spots, carry and volatilities.
    rule : Rule, NameByName or MovedTogether
        Whose requirement it is.
    direction : Direction
        Which names move, and how far.
    spots : array-like
        ``k`` spots of the first name, in quote currency.
    date : datetime, optional
        When; now if not given.

    Returns
    -------
    MarginTable
        One date, volatilities unmoved.

    Raises
    ------
    ValueError
        As for `thresholds_along`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.names.path import Direction
    >>> from margin.names.table import table_along
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> spots = {"AAPL": Underlying(100.0), "MSFT": Underlying(200.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> held = Position(Asset("AAPL"), 2.0), Position(Asset("MSFT"), 1.0)
    >>> account = Account("shares", "USD", 0.0, held)
    >>> way = Direction({"AAPL": 1.0, "MSFT": 1.0})
    >>> table_along(account, market, TEN_POINT_EQUITY, way, spots=[50.0, 100.0]).excess[0, 0]
    array([170., 340.])
    """
    asked = np.atleast_1d(np.asarray(spots, dtype=np.float64))
    along = direction.spots(present_spots(market, direction), asked)
    ranges = {name: (float(at.min()), float(at.max())) for name, at in along.items()}
    joint = joint_excess(account, market, rule, spots=ranges, date=date)
    at = {name: np.full(asked.size, spot) for name, spot in joint.spots.items()} | along
    equity, excess, error = (found(at)[None, None] for found in (joint.equity, joint, joint.error))
    return MarginTable(
        account=joint.account,
        rule=joint.rule,
        currency=joint.currency,
        underlying=str(direction),
        spot=joint.spots[direction.lead],
        dates=(joint.date,),
        vol_moves=np.zeros(1),
        spots=asked,
        equity=equity,
        maintenance=equity - excess,
        error=error,
    )

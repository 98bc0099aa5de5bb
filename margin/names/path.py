"""Thresholds of an account with several underlyings along a path: which names move, and how far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Account
from margin.danger import danger_set
from margin.liquidation import HIGHEST_MULTIPLE, LOWEST_MULTIPLE
from margin.market import Market
from margin.names.compose import composed
from margin.names.excess import JointExcess, joint_excess
from margin.names.rules import JointRule
from margin.names.terms import Term
from margin.piecewise import PiecewiseCubic, combine
from margin.rules import Rule
from margin.threshold import Thresholds

__all__ = ["Direction", "equity_along", "excess_along", "present_spots", "thresholds_along"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Direction:
    """Which underlyings move, and how far for each log move of the first.

    Attributes
    ----------
    moves : mapping of str to float
        Log moves, in proportion: one name for a move of it alone, all names with their betas, or
        any vector.  The first leads and must move; names left out stay.

    Raises
    ------
    ValueError
        If no name is given, a move is not finite, or the first is 0.

    Examples
    --------
    >>> from margin.names.path import Direction
    >>> direction = Direction({"BTC": 1.0, "ETH": 1.3})
    >>> str(direction), direction.lead, direction.exponent("ETH"), direction.exponent("SOL")
    ('BTC, ETH × 1.3', 'BTC', 1.3, 0.0)
    """

    moves: Mapping[str, float]

    def __post_init__(self) -> None:
        moves = {name: _check.finite(f"moves[{name!r}]", move) for name, move in self.moves.items()}
        if not moves or next(iter(moves.values())) == 0.0:
            raise ValueError(f"moves must begin with a name that moves, got {self.moves!r}")
        object.__setattr__(self, "moves", moves)

    @property
    def lead(self) -> str:
        """The underlying by whose spot the path is told."""
        return next(iter(self.moves))

    def exponent(self, name: str) -> float:
        """Log move of an underlying per log move of the first."""
        return self.moves.get(name, 0.0) / self.moves[self.lead]

    def spots(self, present: Mapping[str, float], at: Floats) -> dict[str, Floats]:
        """Spots of all underlyings where that of the first is ``at``, in quote currency."""
        ratio = np.asarray(at) / present[self.lead]
        return {name: spot * ratio ** self.exponent(name) for name, spot in present.items()}

    def __str__(self) -> str:
        others = (name for name in self.moves if name != self.lead and self.moves[name])
        return ", ".join([self.lead, *(f"{name} × {self.exponent(name):g}" for name in others)])


def thresholds_along(
    account: Account,
    market: Market,
    rule: Rule | JointRule,
    direction: Direction,
    *,
    span: tuple[float, float] | None = None,
    date: datetime | None = None,
) -> Thresholds:
    """All thresholds of an account along a path of several underlyings, told by the first of them.

    Parameters
    ----------
    account : Account
        Kept in quote currency.
    market : Market
        Spots, carry and volatilities.
    rule : Rule, NameByName or MovedTogether
        Whose requirement it is; a rule for one underlying margins each by itself.
    direction : Direction
        Which names move, and how far.
    span : tuple of float, optional
        Lowest and highest spot of the first name, in quote currency; a fifth of and five times
        the present one if not given.
    date : datetime, optional
        When; now if not given.

    Returns
    -------
    Thresholds
        In spots of the first name.

    Raises
    ------
    ValueError
        If the span does not hold the present spot, a name of the direction is not held, or the
        account cannot be valued.

    Examples
    --------
    A loan of ether on bitcoin: bitcoin falls alone, and both fall in proportion.

    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Collateral, Market, Position, Underlying
    >>> from margin.names.path import Direction, thresholds_along
    >>> from margin.rules import PerpetualRule
    >>> spots = {"BTC": Underlying(60_000.0), "ETH": Underlying(3_000.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> debt, pledged = Position(Asset("ETH"), -10.0), Collateral("BTC", 1.0, haircut=0.3)
    >>> account = Account("loan", "USD", 0.0, (debt,), (pledged,))
    >>> alone, both = Direction({"BTC": 1.0}), Direction({"BTC": 1.0, "ETH": 0.5})
    >>> for way in (alone, both):
    ...     print(way, thresholds_along(account, market, PerpetualRule(), way).below.spot)
    BTC 42857.142857
    BTC, ETH × 0.5 30612.24490
    """
    present = present_spots(market, direction)
    spot = present[direction.lead]
    low, high = span or (LOWEST_MULTIPLE * spot, HIGHEST_MULTIPLE * spot)
    if not 0.0 < low <= spot <= high or low == high:
        raise ValueError(f"span must hold the spot {spot}, got {low} to {high}")
    ends = direction.spots(present, np.array([low, high]))
    spots = {name: (float(at.min()), float(at.max())) for name, at in ends.items()}
    joint = joint_excess(account, market, rule, spots=spots, date=date)
    short = excess_along(joint, direction, (low, high))
    broke = [equity_along(joint, direction, (low, high))]
    return Thresholds(
        account=joint.account,
        rule=joint.rule,
        underlying=str(direction),
        date=joint.date,
        spot=spot,
        volatility=joint.volatilities[direction.lead],
        liquidation=danger_set(short, lowest=low, highest=high),
        bankruptcy=danger_set(broke, lowest=low, highest=high),
    )


def excess_along(
    joint: JointExcess, direction: Direction, span: tuple[float, float]
) -> list[PiecewiseCubic]:
    """Curves against the spot of the first name whose least is the excess along a path.

    Parameters
    ----------
    joint : JointExcess
        Solved over the spots that the path reaches.
    direction : Direction
        Which names move, and how far.
    span : tuple of float
        Lowest and highest spot of the first name, in quote currency.

    Returns
    -------
    list of PiecewiseCubic
        In quote currency.
    """
    return [_along(term, joint, direction, span) for term in joint.terms]


def equity_along(
    joint: JointExcess, direction: Direction, span: tuple[float, float]
) -> PiecewiseCubic:
    """Equity along a path; as for `excess_along`."""
    return _along(joint.equity, joint, direction, span)


def _along(
    term: Term, joint: JointExcess, direction: Direction, span: tuple[float, float]
) -> PiecewiseCubic:
    """One sum of functions of the names as a function of the spot of the first."""
    start = joint.spots[direction.lead]
    curves = [
        composed(curve, joint.spots[name], start, exponent=direction.exponent(name), span=span)
        for name, curve in term.curves.items()
    ]
    return combine([1.0] * len(curves), curves)


def present_spots(market: Market, direction: Direction) -> dict[str, float]:
    """Present spots of the names of a path, all of which the market must hold."""
    missing = sorted(set(direction.moves) - set(market.underlyings))
    if missing:
        raise ValueError(f"moves must name underlyings of the market, got {', '.join(missing)}")
    return {name: market.underlyings[name].spot for name in direction.moves}

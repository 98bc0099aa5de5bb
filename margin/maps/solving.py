"""How a liquidation map is solved: on dates, after moves, and at the volatilities of more spots."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from margin.danger import DangerSet
from margin.liquidation import nearest_volatility
from margin.maps.accrual import Accrual
from margin.maps.dates import checked_dates
from margin.maps.dynamics import VolDynamics
from margin.maps.levels import followed_span, level_spots, moved_market
from margin.maps.reading import DiagonalReading, FixedReading, Reading
from margin.revaluation import Revaluation
from margin.rules import Rule, revalue_for
from margin.threshold import Thresholds

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["following", "placed", "reading_of", "solve", "thresholds_on"]

Span = tuple[float, float]


def solve(
    rule: Rule,
    known: Revaluation,
    dates: Sequence[datetime],
    *,
    span: tuple[float, float],
    moves: tuple[float, ...],
) -> Revaluation:
    """What a rule reads of a known account on other dates, after other moves, on another range."""
    return revalue_for(
        rule,
        known.account,
        known.market,
        underlying=known.underlying,
        spots=span,
        vol_moves=moves,
        dates=checked_dates(dates, known.market.asof),
    )


def following(found: "LiquidationMap", dynamics: VolDynamics) -> "LiquidationMap":
    """The map with volatilities that move with the spot, over the range for which they do."""
    span = followed_span(dynamics, found.spot, (found.lowest, found.highest))
    moving = replace(found, dynamics=dynamics)
    return placed(moving, found.revaluation, found.vol_moves, span)


def placed(
    found: "LiquidationMap", known: Revaluation, moves: tuple[float, ...], span: Span
) -> "LiquidationMap":
    """The map on what was solved elsewhere; if volatilities move, at those of more spots."""
    levels: tuple[Revaluation, ...] = ()
    if found.dynamics is not None:
        markets = (
            moved_market(known, found.dynamics, spot)
            for spot in level_spots(found.dynamics, span).tolist()
        )
        levels = tuple(
            solve(found.rule, replace(known, market=market), known.dates, span=span, moves=moves)
            for market in markets
        )
    return replace(
        found,
        revaluation=known,
        levels=levels,
        lowest=span[0],
        highest=span[1],
        vol_moves=moves,
        vol_move=found.vol_move if found.vol_move in moves else moves[0],
    )


def reading_of(found: "LiquidationMap", index: int) -> Reading:
    """Equity and excess on one of the dates of a map, with the cash of that date."""
    if found.dynamics is None:
        return _fixed(found, found.revaluation, index)
    span = found.lowest, found.highest
    levels = tuple(_fixed(found, level, index) for level in found.levels)
    return DiagonalReading(levels, level_spots(found.dynamics, span), span)


def thresholds_on(
    found: "LiquidationMap", date: datetime, liquidation: DangerSet, bankruptcy: DangerSet
) -> Thresholds:
    """The sets of a date with distances from the present spot."""
    volatility = nearest_volatility(found.revaluation, date)
    return Thresholds(
        account=found.revaluation.account.name,
        rule=found.rule.name,
        underlying=found.revaluation.underlying,
        date=date,
        spot=found.spot,
        volatility=None if volatility is None else volatility * (1.0 + found.vol_move),
        liquidation=liquidation,
        bankruptcy=bankruptcy,
    )


def _fixed(found: "LiquidationMap", known: Revaluation, index: int) -> FixedReading:
    """One of the dates of a revaluation, with the cash of that date."""
    if found.accrual == Accrual():
        return FixedReading(found.rule, known, index, found.vol_move)
    date, accrual = known.dates[index], found.accrual
    cash = accrual.cash_on(known.account, known.market, date)
    earned = replace(known, account=replace(known.account, cash=cash))
    if accrual.funding is None:
        return FixedReading(found.rule, earned, index, found.vol_move)
    units = accrual.funded_units(known.account, known.underlying)
    years, span = known.market.years(date), (found.lowest, found.highest)
    paid = accrual.funding.paid(units, known.spot, years, span=span)
    return FixedReading(found.rule, earned, index, found.vol_move, paid)

"""Charges and minimum of SPAN as functions of spot, the deltas of all months moving with it."""

from collections.abc import Iterable

import numpy as np

from margin.account import Position
from margin.instrument import Instrument, OptionContract
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.envelope import greater, lesser, negated, slope_curve, times_spot
from margin.rules.span.arrays import NONE, contract_month, living, option_curves
from margin.rules.span.charges import counted_shorts
from margin.rules.span.commodity import CalendarSpread, SpanCommodity
from margin.rules.span.scan import DELTA_POINTS, DELTA_WEIGHTS, SpanScan
from pdesolve import Right

__all__ = ["charges", "exposure", "short_minimum"]

Sides = dict[int, dict[int | str, PiecewiseCubic]]


def charges(
    revaluation: Revaluation,
    scan: SpanScan,
    commodity: SpanCommodity,
    *,
    date_index: int = 0,
    vol_move: float = 0.0,
) -> PiecewiseCubic | None:
    """Calendar and delivery charges against spot, in quote currency; None if there can be none.

    Composite deltas are parabolas in the spot; so are the numbers of spreads, whose changes from
    one scarcest leg to another become knots.

    Parameters
    ----------
    revaluation : Revaluation
        The account.
    scan : SpanScan
        The range over which deltas are averaged.
    commodity : SpanCommodity
        Tiers, spreads and deliveries.
    date_index : int
        Which of the dates.
    vol_move : float
        Relative move of all volatilities that has happened before.

    Returns
    -------
    PiecewiseCubic or None
    """
    if not commodity.calendar and not commodity.deliveries:
        return None
    months = _months(revaluation, scan, date_index=date_index, vol_move=vol_move)
    left = _tiers(months, commodity)
    before = _both_sides(left)
    parts = [_charge(left, spread, revaluation) for spread in commodity.calendar]
    after = _both_sides(left)
    for each in commodity.deliveries:
        if each.tier in before:
            weights = each.spread_charge, each.outright_charge - each.spread_charge
            parts.append(combine(weights, (before[each.tier], after[each.tier])))
    return combine([1.0] * len(parts), parts) if parts else _level(revaluation, 0.0)


def short_minimum(
    revaluation: Revaluation, commodity: SpanCommodity, date_index: int = 0
) -> PiecewiseCubic:
    """The short-option minimum against spot, in quote currency.

    Parameters
    ----------
    revaluation : Revaluation
        The account; short options count in units of the underlying, net by contract.
    commodity : SpanCommodity
        Rate and count.
    date_index : int
        Which of the dates.

    Returns
    -------
    PiecewiseCubic
    """
    shorts = {Right.CALL: 0.0, Right.PUT: 0.0}
    for contract, units in _net(living(revaluation, date_index)).items():
        if isinstance(contract, OptionContract):
            shorts[contract.right] += max(0.0, -units)
    counted = counted_shorts(shorts[Right.CALL], shorts[Right.PUT], commodity.short_count)
    fixed, rate = commodity.short_option_minimum, commodity.short_option_rate
    return _line(revaluation, counted * fixed, counted * rate)


def exposure(revaluation: Revaluation, rate: float, date_index: int = 0) -> PiecewiseCubic:
    """A share of the notional of futures and short options against spot, in quote currency.

    Parameters
    ----------
    revaluation : Revaluation
        The account.
    rate : float
        Share of the notional.
    date_index : int
        Which of the dates.

    Returns
    -------
    PiecewiseCubic
    """
    notional = 0.0
    for instrument, units in _net(living(revaluation, date_index)).items():
        if isinstance(instrument, OptionContract):
            notional += max(0.0, -units)
        else:
            notional += abs(units)
    return _line(revaluation, 0.0, rate * notional)


def _net(positions: Iterable[Position]) -> dict[Instrument, float]:
    """Units held through each instrument."""
    units: dict[Instrument, float] = {}
    for held in positions:
        before = units.get(held.instrument, 0.0)
        units[held.instrument] = before + held.quantity * held.multiplier
    return units


def _months(
    revaluation: Revaluation, scan: SpanScan, *, date_index: int, vol_move: float
) -> dict[int, PiecewiseCubic]:
    """Composite delta of every contract month against spot."""
    curves = option_curves(revaluation, scan, date_index=date_index, vol_move=vol_move)
    positions = list(living(revaluation, date_index))
    months = sorted({contract_month(held) for held in positions} - {0})
    found = {}
    for month in months:
        members = [held for held in positions if contract_month(held) == month]
        contracts = {held.instrument for held in members}
        chosen = np.array([contract in contracts for contract in revaluation.contracts], dtype=bool)
        units = np.where(chosen, revaluation.units, 0.0)
        slope = slope_curve(curves.total(NONE, units))
        linear = sum(
            held.quantity * held.multiplier
            for held in members
            if not isinstance(held.instrument, OptionContract)
        )
        points = [slope.stretched(1.0 + point * scan.price_range) for point in DELTA_POINTS]
        weights = [weight / sum(DELTA_WEIGHTS) for weight in DELTA_WEIGHTS]
        found[month] = combine([*weights, 1.0], [*points, _level(revaluation, linear)])
    return found


def _tiers(months: dict[int, PiecewiseCubic], commodity: SpanCommodity) -> Sides:
    """Long and short deltas of every tier that holds a month, each not negative."""
    sides: Sides = {1: {}, -1: {}}
    for month, delta in months.items():
        tier = next((each.number for each in commodity.tiers if month in each), None)
        if tier is None:
            continue
        nothing = combine((0.0,), (delta,))
        for side, signed in ((1, delta), (-1, negated(delta))):
            part = greater(signed, nothing)
            known = sides[side].get(tier)
            sides[side][tier] = part if known is None else combine((1.0, 1.0), (known, part))
    return sides


def _both_sides(left: Sides) -> dict[int | str, PiecewiseCubic]:
    """Long and short deltas of every tier together."""
    return {tier: combine((1.0, 1.0), (left[1][tier], left[-1][tier])) for tier in left[1]}


def _charge(left: Sides, spread: CalendarSpread, revaluation: Revaluation) -> PiecewiseCubic:
    """What one spread costs, formed both ways; what it uses is taken from ``left``."""
    total = _level(revaluation, 0.0)
    for way in (1, -1):
        needed: dict[tuple[int, int | str], float] = {}
        for leg in spread.legs:
            key = way * leg.side, leg.of
            needed[key] = needed.get(key, 0.0) + leg.ratio
        if any(tier not in left[side] for side, tier in needed):
            continue
        count = None
        for (side, tier), ratio in needed.items():
            share = combine((1.0 / ratio,), (left[side][tier],))
            count = share if count is None else lesser(count, share)
        assert count is not None  # a spread has two legs at least
        for (side, tier), ratio in needed.items():
            left[side][tier] = combine((1.0, -ratio), (left[side][tier], count))
        price = spread.charge, spread.rate
        total = combine((1.0, *price), (total, count, times_spot(count)))
    return total


def _line(revaluation: Revaluation, intercept: float, slope: float) -> PiecewiseCubic:
    return line(intercept, slope, lowest=revaluation.lowest, highest=revaluation.highest)


def _level(revaluation: Revaluation, value: float) -> PiecewiseCubic:
    return _line(revaluation, value, 0.0)

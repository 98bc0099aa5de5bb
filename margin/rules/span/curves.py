"""Charges and minimum of SPAN as functions of spot, the deltas of all months moving with it."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from margin.account import Position
from margin.instrument import Instrument, OptionContract
from margin.piecewise import PiecewiseCubic, combine, line
from margin.readings import read_shifted
from margin.revaluation import Revaluation
from margin.rules.kinked import greater, lesser
from margin.rules.slopes import slope_curve, times_spot
from margin.rules.span.arrays import NONE, contract_month, living, option_curves
from margin.rules.span.charges import counted_shorts
from margin.rules.span.commodity import SpanCommodity
from margin.rules.span.scan import DELTA_POINTS, DELTA_WEIGHTS, SpanScan
from margin.rules.span.spread_charges import Algebra, spread_charges
from pdesolve import Right

__all__ = ["charge_values", "charges", "exposure", "short_minimum"]

Floats = NDArray[np.float64]


def _weighted(weights: Sequence[float], values: Sequence[Floats]) -> Floats:
    """The weighted sum of arrays."""
    return np.tensordot(weights, values, axes=1)


CURVES = Algebra(combine, greater, lesser, times_spot)
"""The charges as curves with proven kinks."""


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
    level = _level(revaluation, 0.0)
    return spread_charges(months, commodity, level, algebra=CURVES)


def charge_values(
    revaluation: Revaluation,
    scan: SpanScan,
    commodity: SpanCommodity,
    *,
    spots: Floats,
    at: tuple[int, float] = (0, 0.0),
) -> Floats:
    """`charges` at spots: (k,), 0 if there can be none.  ``at`` is a date and a volatility move."""
    nothing = np.zeros_like(spots)
    if not commodity.calendar and not commodity.deliveries:
        return nothing
    every = _values_by_month(revaluation, scan, date_index=at[0], vol_move=at[1])
    if not every:
        return nothing
    slopes = [slope_curve(value) for value, _ in every.values()]
    factors = 1.0 + scan.price_range * np.array(DELTA_POINTS)
    which = np.repeat(np.arange(len(slopes)), factors.size)
    deltas = read_shifted(slopes, which, np.tile(factors, len(slopes)), spots)
    composite = np.array(DELTA_WEIGHTS) @ deltas.reshape(len(slopes), factors.size, -1)
    composite /= sum(DELTA_WEIGHTS)
    months = {
        month: delta + linear
        for (month, (_, linear)), delta in zip(every.items(), composite, strict=True)
    }
    algebra = Algebra(_weighted, np.maximum, np.minimum, lambda values: spots * values)
    return spread_charges(months, commodity, nothing, algebra=algebra)


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
    found = {}
    every = _values_by_month(revaluation, scan, date_index=date_index, vol_move=vol_move)
    for month, (value, linear) in every.items():
        slope = slope_curve(value)
        points = [slope.stretched(1.0 + point * scan.price_range) for point in DELTA_POINTS]
        weights = [weight / sum(DELTA_WEIGHTS) for weight in DELTA_WEIGHTS]
        found[month] = combine([*weights, 1.0], [*points, _level(revaluation, linear)])
    return found


def _values_by_month(
    revaluation: Revaluation, scan: SpanScan, *, date_index: int, vol_move: float
) -> dict[int, tuple[PiecewiseCubic, float]]:
    """Of every contract month the value of its options, and the units of its futures."""
    curves = option_curves(revaluation, scan, date_index=date_index, vol_move=vol_move)
    positions = list(living(revaluation, date_index))
    alive = np.where(revaluation.curves[date_index].alive, revaluation.units, 0.0)
    expiries = [contract.expiry for contract in revaluation.contracts]
    of_month = np.array([100 * expiry.year + expiry.month for expiry in expiries])
    found = {}
    for month in sorted({contract_month(held) for held in positions} - {0}):
        linear = sum(
            held.quantity * held.multiplier
            for held in positions
            if contract_month(held) == month and not isinstance(held.instrument, OptionContract)
        )
        found[month] = curves.total(NONE, np.where(of_month == month, alive, 0.0)), linear
    return found


def _line(revaluation: Revaluation, intercept: float, slope: float) -> PiecewiseCubic:
    return line(intercept, slope, lowest=revaluation.lowest, highest=revaluation.highest)


def _level(revaluation: Revaluation, value: float) -> PiecewiseCubic:
    return _line(revaluation, value, 0.0)

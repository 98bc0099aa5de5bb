"""How far each threshold moves with cash, quantities, volatility, rates and time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from margin.account import Account
from margin.carry import YEAR_SECONDS
from margin.maps.dates import breaks_of
from margin.maps.path import ThresholdSide
from margin.piecewise import PiecewiseCubic

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["Sensitivity", "ends_on", "least_excess", "sensitivities", "threshold_ends"]

Floats = NDArray[np.float64]

# Steps of the differences: their own error is theirs squared relative to the life of an option,
# and the error of values hardly changes from one point to the next.
VOLATILITY_STEP = 0.005
TIME_STEP = timedelta(hours=2)
RATE_STEP = 1e-3
# A date before an expiry is left alone by steps of a quarter of the time between.
SHARE = 0.25
# Quantities enter linearly until another branch binds, so a small step loses digits only.
QUANTITY_STEP = 1e-4
# Range revalued around the thresholds.
ROOM = 0.02
DAYS_A_YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Derivatives of one threshold ``S*``, by the implicit function theorem ``-f_x / f_S``.

    ``f`` is the excess of equity over the maintenance requirement.

    Attributes
    ----------
    spot : float
        The threshold, in quote currency.
    side : ThresholdSide
        Which end of a danger interval it is.
    slope : float
        ``f_S``, the excess won per unit of spot: negative at a lower end, positive at an upper.
    cash : float
        Quote currency of spot per unit of cash in the currency of the account.
    quantities : tuple of float
        Quote currency of spot per contract, one for each position of the account.
    volatility : float
        Quote currency of spot per relative move of all volatilities by 1, that is, doubled.
    time : float
        Quote currency of spot per year that passes, spot and volatilities unchanged.
    rate : float
        Quote currency of spot per move of all rates of the underlying by 1, yields unchanged.

    Examples
    --------
    >>> from margin.maps.path import ThresholdSide
    >>> from margin.maps.sensitivity import Sensitivity
    >>> end = Sensitivity(47.06, ThresholdSide.UPPER, 85.0, -0.0118, (-0.47,), 0.0, 3.65)
    >>> round(end.per_day, 4)
    0.01
    """

    spot: float
    side: ThresholdSide
    slope: float
    cash: float
    quantities: tuple[float, ...]
    volatility: float
    time: float
    rate: float = 0.0

    @property
    def per_day(self) -> float:
        """Quote currency of spot per day that passes."""
        return self.time / DAYS_A_YEAR


def sensitivities(found: "LiquidationMap", date: datetime) -> tuple[Sensitivity, ...]:
    """Derivatives of every threshold of a date, in ascending order of the thresholds.

    Cash and quantities are taken from what is revalued; volatility, rates and time from further
    revaluations near the thresholds, by differences of the second order.

    Parameters
    ----------
    found : LiquidationMap
        The map.
    date : datetime
        Within its horizon.

    Returns
    -------
    tuple of Sensitivity
        Empty if there is no threshold inside the range searched.

    Raises
    ------
    ValueError
        If the date lies outside the horizon.
    """
    sides = [side for _, side in ends_on(found, date)]
    spots, slopes = threshold_ends(found, date)
    if not sides:
        return ()
    by_cash = spots if found.revaluation.in_coin else np.ones_like(spots)
    by_quantity = _by_quantity(found, date, spots)
    by_volatility, by_time = _by_volatility_and_time(found, date, spots)
    by_rate = _by_rate(found, date, spots)
    return tuple(
        Sensitivity(
            spot=float(spots[k]),
            side=side,
            slope=float(slopes[k]),
            cash=-float(by_cash[k] / slopes[k]),
            quantities=tuple((-by_quantity[:, k] / slopes[k]).tolist()),
            volatility=-float(by_volatility[k] / slopes[k]),
            time=-float(by_time[k] / slopes[k]),
            rate=-float(by_rate[k] / slopes[k]),
        )
        for k, side in enumerate(sides)
    )


def ends_on(found: "LiquidationMap", date: datetime) -> list[tuple[float, ThresholdSide]]:
    """Thresholds of a date inside the range searched, ascending, and which ends they are."""
    return [
        (spot, side)
        for interval in found.intervals(date)
        for spot, side, is_open in (
            (interval.lower, ThresholdSide.LOWER, interval.lower_open),
            (interval.upper, ThresholdSide.UPPER, interval.upper_open),
        )
        if not is_open
    ]


def threshold_ends(found: "LiquidationMap", date: datetime) -> tuple[Floats, Floats]:
    """Thresholds of a date, ascending in quote currency, and the slope of the excess at each."""
    ends = ends_on(found, date)
    spots = np.array([spot for spot, _ in ends])
    if not ends:
        return spots, spots
    return spots, _slopes(found.excess_curves(date), spots)


def least_excess(curves: Sequence[PiecewiseCubic], spots: Floats) -> Floats:
    """The least of some curves at spots, in quote currency."""
    lowest: Floats = np.min([curve(spots) for curve in curves], axis=0)
    return lowest


def _slopes(curves: Sequence[PiecewiseCubic], spots: Floats) -> Floats:
    """Slope of the branch that crosses zero at each spot."""
    binding = np.argmin([np.abs(curve(spots)) for curve in curves], axis=0)
    return np.array(
        [
            float(curves[branch].derivative(spot))
            for branch, spot in zip(binding.tolist(), spots.tolist(), strict=True)
        ]
    )


def _by_quantity(found: "LiquidationMap", date: datetime, spots: Floats) -> Floats:
    """Derivative of the excess by each quantity, (positions, k)."""
    account = found.revaluation.account
    rows = [np.zeros((0, spots.size))]
    for index, held in enumerate(account.positions):
        step = QUANTITY_STEP * max(abs(held.quantity), 1.0)
        up, down = (
            least_excess(
                found.with_account(_resized(account, index, change)).excess_curves(date), spots
            )
            for change in (step, -step)
        )
        rows.append((up - down)[None] / (2.0 * step))
    return np.concatenate(rows)


def _resized(account: Account, index: int, change: float) -> Account:
    """The account with another quantity of one position."""
    positions = list(account.positions)
    held = positions[index]
    positions[index] = replace(held, quantity=held.quantity + change)
    return replace(account, positions=tuple(positions))


def _by_volatility_and_time(
    found: "LiquidationMap", date: datetime, spots: Floats
) -> tuple[Floats, Floats]:
    """Derivatives of the excess by a relative move of volatility and by time in years, (k,)."""
    step, weights = _time_stencil(found, date)
    dates = [date + step * offset for offset in weights]
    down, up = (
        found.vol_move + k * (1.0 + found.vol_move) for k in (-VOLATILITY_STEP, VOLATILITY_STEP)
    )
    near = found.elsewhere(
        (date, *dates),
        vol_moves=(found.vol_move, down, up),
        spots=(float(spots.min()) * (1.0 - ROOM), float(spots.max()) * (1.0 + ROOM)),
    )
    low, high = (least_excess(near.under(move).excess_curves(date), spots) for move in (down, up))
    by_time = sum(
        weight * least_excess(near.excess_curves(at), spots)
        for at, weight in zip(dates, weights.values(), strict=True)
    )
    years = step.total_seconds() / YEAR_SECONDS
    return (high - low) / (2.0 * VOLATILITY_STEP), np.asarray(by_time / years)


def _by_rate(found: "LiquidationMap", date: datetime, spots: Floats) -> Floats:
    """Derivative of the excess by a move of all rates of the underlying, (k,)."""
    span = float(spots.min()) * (1.0 - ROOM), float(spots.max()) * (1.0 + ROOM)
    down, up = (
        _with_rates(found, move).elsewhere((date,), spots=span) for move in (-RATE_STEP, RATE_STEP)
    )
    low, high = (least_excess(each.excess_curves(date), spots) for each in (down, up))
    return np.asarray((high - low) / (2.0 * RATE_STEP))


def _with_rates(found: "LiquidationMap", move: float) -> "LiquidationMap":
    """The map, not yet solved, in a market whose rates have moved."""
    market, name = found.revaluation.market, found.revaluation.underlying
    known = market.underlyings[name]
    curve = tuple(replace(carry, rate=carry.rate + move) for carry in known.curve)
    moved = replace(known, rate=known.rate + move, curve=curve)
    there = replace(market, underlyings={**market.underlyings, name: moved})
    return replace(found, revaluation=replace(found.revaluation, market=there))


def _time_stencil(found: "LiquidationMap", date: datetime) -> tuple[timedelta, dict[int, float]]:
    """Step and weights by offset of a derivative by time that crosses no expiry or ex-date."""
    revaluation = found.revaluation
    ends = breaks_of(revaluation)
    step = min([TIME_STEP, *((end - date) * SHARE for end in ends if end > date)])
    start = max([revaluation.market.asof, *(end for end in ends if end <= date)])
    if date - step >= start:
        return step, {-1: -0.5, 1: 0.5}
    return step, {0: -1.5, 1: 2.0, 2: -0.5}

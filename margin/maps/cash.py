"""The least excess over all spots and dates, and the cash that lifts it to zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from margin.piecewise import PiecewiseCubic

__all__ = ["CashFloor", "cash_floor", "least"]

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

Floats = NDArray[np.float64]

# Rounds of Dinkelbach's method, which doubles the digits of a ratio in each.
ROUNDS = 60


@dataclass(frozen=True, slots=True)
class CashFloor:
    """The cash at which an account is nowhere liquidated, on no date and at no spot of a range.

    Attributes
    ----------
    cash : float
        Cash of the account at which it is just never liquidated, in the currency of the account.
    extra : float
        How much of it is missing; negative if so much may be taken out.
    error : float
        How far both may be off, in the currency of the account.
    date : datetime
        The date that decides.
    spot : float
        The spot that decides, in quote currency.
    at_end : bool
        Whether that spot is an end of the range searched, so that a wider range may need more.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.maps.cash import CashFloor
    >>> CashFloor(1_100.0, 100.0, 0.01, datetime(2026, 11, 20, tzinfo=UTC), 55.0, at_end=False)
    CashFloor(cash=1100.0, extra=100.0, error=0.01, date=..., spot=55.0, at_end=False)
    """

    cash: float
    extra: float
    error: float
    date: datetime
    spot: float
    at_end: bool


def cash_floor(found: "LiquidationMap") -> CashFloor:
    """The cash at which no spot of the range liquidates on any date of a map."""
    in_coin, span = found.revaluation.in_coin, (found.lowest, found.highest)
    lows = [least(found.excess_curves(date), span, per_spot=in_coin) for date in found.dates]
    growth = [
        exp(found.accrual.interest * found.revaluation.market.years(date)) for date in found.dates
    ]
    worst = min(range(len(lows)), key=lambda index: lows[index][0] / growth[index])
    value, spot, error = lows[worst]
    value, error = value / growth[worst], error / growth[worst]
    cash = found.revaluation.account.cash - value
    return CashFloor(cash, -value, error, found.dates[worst], spot, at_end=spot in span)


def least(
    curves: Sequence[PiecewiseCubic], span: tuple[float, float], *, per_spot: bool
) -> tuple[float, float, float]:
    """The least value of some cubics over a range, where it is, and its error bound.

    Per spot, it is the least of ``f(S) / S``, which cash in coin lifts: Dinkelbach's method finds
    the least of ``f(S) - level S`` until that is zero.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        At least one, each covering the range.
    span : tuple of float
        Range, in quote currency.
    per_spot : bool
        Whether the values are divided by the spot.

    Returns
    -------
    value, spot, error : float
        In quote currency; value and error in units of the underlying if per spot.

    References
    ----------
    Dinkelbach, "On nonlinear fractional programming", *Management Science* 13 (1967).

    Examples
    --------
    >>> from margin.maps.cash import least
    >>> from margin.piecewise import line
    >>> least([line(-50.0, 1.0, lowest=1, highest=90)], (10.0, 80.0), per_spot=True)[:2]
    (-4.0, 10.0)
    """
    candidates = [_turning_points(curve, span) for curve in curves]
    level, spot, error = 0.0, span[0], 0.0
    for _ in range(ROUNDS if per_spot else 1):
        lowest = np.inf
        for curve, fixed in zip(curves, candidates, strict=True):
            where = np.append(fixed, _turning_points(curve, span, level)) if level else fixed
            heights = curve(where) - level * where
            if heights.min() < lowest:
                lowest, spot = float(heights.min()), float(where[heights.argmin()])
                error = _error(curve, spot)
        unit = spot if per_spot else 1.0
        before, level = level, level + lowest / unit
        if level == before:
            break
    return level, spot, error / unit


def _turning_points(curve: PiecewiseCubic, span: tuple[float, float], tilt: float = 0.0) -> Floats:
    """Knots and stationary points of ``f(S) - tilt S`` in a range, and its ends."""
    width = np.diff(curve.knots)
    first, second, third = (np.diff(curve.bernstein, axis=1) - tilt * width[:, None] / 3.0).T
    # The derivative by t is 3 (a t^2 + 2 b t + first).
    a, b = first - 2.0 * second + third, second - first
    root = np.sqrt(np.maximum(b * b - a * first, 0.0))
    q = -(b + np.copysign(root, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.concatenate([q / a, first / q])
    inside = np.where((inside > 0.0) & (inside < 1.0), inside, 0.0)
    at = np.tile(curve.knots[:-1], 2) + inside * np.tile(width, 2)
    at = np.concatenate([at, np.nextafter(curve.knots[1:], 0.0)])  # where it jumps
    return np.append(at[(at > span[0]) & (at < span[1])], span)


def _error(curve: PiecewiseCubic, spot: float) -> float:
    """Bound on the error at a spot: that of the cell, or of both at a knot."""
    cell = np.searchsorted(curve.knots, [spot, np.nextafter(spot, 0.0)], side="right") - 1
    return float(curve.error[np.clip(cell, 0, curve.error.size - 1)].max())

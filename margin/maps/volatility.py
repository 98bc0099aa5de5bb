"""The move of volatility that liquidates on its own, spot unchanged."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from margin import _check

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["VolThreshold", "vol_threshold"]

Read = Callable[[Iterable[float]], list[tuple[float, float]]]

# Moves at which the sign is looked at: from a tenth of today's volatility to three times it.
LEVELS = (-0.9, -0.75, -0.6, -0.45, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)
# A bracket is divided into this many parts at a time, so often; the rest is a straight line.
PARTS, ROUNDS = 6, 4
ROOM = 1e-3


@dataclass(frozen=True, slots=True)
class VolThreshold:
    """The relative moves of all volatilities at which an account is liquidated at one spot.

    Attributes
    ----------
    spot : float
        Where, in quote currency.
    date : datetime
        When.
    rise, fall : float or None
        The nearest moves up and down at which the excess changes its sign; None if no move
        looked at, from ``lowest`` to ``highest``, changes it.
    rise_error, fall_error : float
        How far they may be off, to first order error of the excess over its derivative.
    lowest, highest : float
        The moves between which was looked.
    liquidated : bool
        Whether the account is liquidated without any move, so that ``rise`` and ``fall`` recover.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.maps.volatility import VolThreshold
    >>> now = datetime(2026, 11, 20, tzinfo=UTC)
    >>> print(VolThreshold(100.0, now, 0.31, None, 1e-7, 0.0, -0.9, 2.0, liquidated=False))
    liquidated if volatilities rise by 31.0 %; no fall to -90 % does
    """

    spot: float
    date: datetime
    rise: float | None
    fall: float | None
    rise_error: float
    fall_error: float
    lowest: float
    highest: float
    liquidated: bool

    def __str__(self) -> str:
        verb = "saved" if self.liquidated else "liquidated"
        rise = (
            f"no rise to {100 * self.highest:+.0f} % does"
            if self.rise is None
            else f"{verb} if volatilities rise by {100 * self.rise:.1f} %"
        )
        fall = (
            f"no fall to {100 * self.lowest:+.0f} % does"
            if self.fall is None
            else f"{verb} if volatilities fall by {-100 * self.fall:.1f} %"
        )
        if self.rise is None and self.fall is None:
            return (
                f"not {verb} by any move of volatilities from {100 * self.lowest:+.0f} % "
                f"to {100 * self.highest:+.0f} %"
            )
        return f"{fall}; {rise}" if self.rise is None else f"{rise}; {fall}"


def vol_threshold(found: "LiquidationMap", spot: float, date: datetime) -> VolThreshold:
    """The nearest moves of all volatilities at which the excess at a spot changes its sign.

    The sign is looked at for sixteen moves from -90 % to +200 %; the first change on each side is
    then refined.  Two changes between neighbouring moves are not seen.

    Parameters
    ----------
    found : LiquidationMap
        The map, whose own move comes before these.
    spot : float
        Where, in quote currency.
    date : datetime
        When, within the horizon of the map.

    Returns
    -------
    VolThreshold

    Raises
    ------
    ValueError
        If the spot is not positive or the date lies outside the horizon.
    """
    at = _check.positive("spot", spot)

    def read(moves: Iterable[float]) -> list[tuple[float, float]]:
        levels = [found.vol_move + move + found.vol_move * move for move in moves]
        near = found.elsewhere(
            (date,), vol_moves=tuple(levels), spots=(at * (1.0 - ROOM), at * (1.0 + ROOM))
        )
        return [near.under(level).excess(at, date) for level in levels]

    excesses = dict(zip(LEVELS, read(LEVELS), strict=True))
    below = [move for move in LEVELS if move <= 0.0][::-1]
    above = [move for move in LEVELS if move >= 0.0]
    rise, rise_error = _nearest(read, above, excesses)
    fall, fall_error = _nearest(read, below, excesses)
    return VolThreshold(
        spot=at,
        date=date,
        rise=rise,
        fall=fall,
        rise_error=rise_error,
        fall_error=fall_error,
        lowest=LEVELS[0],
        highest=LEVELS[-1],
        liquidated=excesses[0.0][0] < 0.0,
    )


def _nearest(
    read: Read, moves: list[float], excesses: dict[float, tuple[float, float]]
) -> tuple[float | None, float]:
    """The first change of sign along some moves, and its error; None and 0 if there is none."""
    for near, far in pairwise(moves):
        if (excesses[near][0] < 0.0) is not (excesses[far][0] < 0.0):
            return _refined(read, near, far)
    return None, 0.0


def _refined(read: Read, near: float, far: float) -> tuple[float, float]:
    """A root between two moves: the bracket divided again and again, then a straight line."""
    for _ in range(ROUNDS):
        moves = np.linspace(near, far, PARTS + 1).tolist()
        excesses = read(moves)
        change = next(
            index
            for index, (one, other) in enumerate(pairwise(excesses))
            if (one[0] < 0.0) is not (other[0] < 0.0)
        )
        near, far = moves[change], moves[change + 1]
        (start, error), (stop, _) = excesses[change], excesses[change + 1]
    slope = (stop - start) / (far - near)
    return near - start / slope, error / abs(slope) if slope else inf

"""Thresholds as curves in time, and the life of one danger interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from margin.danger import Interval
from margin.maps.slices import Links, Slice, links

__all__ = ["ThresholdCurve", "ThresholdSide", "curves_of", "extent", "joined"]

Floats = NDArray[np.float64]


class ThresholdSide(Enum):
    """Which end of a danger interval a threshold is.

    Examples
    --------
    >>> from margin.maps.path import ThresholdSide
    >>> ThresholdSide.LOWER.value
    'lower'
    """

    LOWER = "lower"
    """Danger lies above it."""
    UPPER = "upper"
    """Danger lies below it."""


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdCurve:
    """One threshold through time, from where it appears to where it vanishes.

    Attributes
    ----------
    side : ThresholdSide
        Which end of a danger interval it is.
    dates : tuple of datetime
        ``n`` dates, ascending, in UTC.
    spots : (n,) array
        The threshold at each, in quote currency.
    errors : (n,) array
        How far the true threshold may be off, in quote currency.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from margin.maps.path import ThresholdCurve, ThresholdSide
    >>> dates = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    >>> falling = ThresholdCurve(ThresholdSide.LOWER, dates, np.array([90, 80.0]), np.zeros(2))
    >>> falling.at(datetime(2026, 11, 21, tzinfo=UTC))
    87.5
    """

    side: ThresholdSide
    dates: tuple[datetime, ...]
    spots: Floats
    errors: Floats

    def at(self, date: datetime) -> float:
        """The threshold at a date of its life, in quote currency; linear between its dates.

        Raises
        ------
        ValueError
            If it does not exist at the date.
        """
        first, last = self.dates[0], self.dates[-1]
        if not first <= date <= last:
            raise ValueError(f"date must lie from {first} to {last}, got {date}")
        seconds = [(each - first).total_seconds() for each in self.dates]
        return float(np.interp((date - first).total_seconds(), seconds, self.spots))


Points = list[tuple[int, float, float]]
Ends = dict[tuple[ThresholdSide, int], Points]


def curves_of(slices: Sequence[Slice]) -> tuple[ThresholdCurve, ...]:
    """Join the ends of intervals of neighbouring slices into curves.

    Where intervals merge, the outer ends go on and the inner ones end; where one divides, the
    outer ends go on and inner ones begin.  An end outside the range searched is no threshold.

    Parameters
    ----------
    slices : sequence of Slice
        Ascending dates.

    Returns
    -------
    tuple of ThresholdCurve
        In the order in which they appear.
    """
    pairs = [(), *(links(before, after) for before, after in pairwise(slices))]
    every = joined(pairs, [each.intervals for each in slices])
    return tuple(_curve(side, points, slices) for side, points in every)


def joined(
    pairs: Sequence[Links], intervals: Sequence[Sequence[Interval]]
) -> list[tuple[ThresholdSide, Points]]:
    """Ends of intervals joined from set to set: the side, then set, spot and error of each point.

    Parameters
    ----------
    pairs : sequence of Links
        For each set, which of its intervals continue which of the set before.
    intervals : sequence of sequence of Interval
        The sets.

    Returns
    -------
    list
        In the order in which they appear.
    """
    every: list[tuple[ThresholdSide, Points]] = []
    running: Ends = {}
    for index, now in enumerate(intervals):
        going: Ends = {}
        for j, interval in enumerate(now):
            for side, spot, error in _closed(interval):
                old = _continued(pairs[index], j, side)
                points = running.get((side, old), []) if old is not None else []
                if not points:
                    every.append((side, points))
                points.append((index, spot, error))
                going[side, j] = points
        running = going
    return every


def extent(slices: Sequence[Slice], first: int, interval: int) -> tuple[float, float]:
    """Lowest and highest spot that an interval of slice ``first`` reaches in the later ones."""
    members = {interval}
    lowest = slices[first].intervals[interval].lower
    highest = slices[first].intervals[interval].upper
    for before, after in pairwise(slices[first:]):
        members = {j for i, j in links(before, after) if i in members}
        for j in members:
            lowest = min(lowest, after.intervals[j].lower)
            highest = max(highest, after.intervals[j].upper)
    return lowest, highest


def _closed(interval: Interval) -> list[tuple[ThresholdSide, float, float]]:
    """The ends of an interval that lie inside the range searched."""
    lower = (ThresholdSide.LOWER, interval.lower, interval.lower_error)
    upper = (ThresholdSide.UPPER, interval.upper, interval.upper_error)
    return [lower] * (not interval.lower_open) + [upper] * (not interval.upper_open)


def _continued(pairs: Links, new: int, side: ThresholdSide) -> int | None:
    """The earlier interval whose end on this side goes on as that of interval ``new``."""
    pick = min if side is ThresholdSide.LOWER else max
    parents = [i for i, j in pairs if j == new]
    if not parents:
        return None
    parent = pick(parents)
    return parent if pick(j for i, j in pairs if i == parent) == new else None


def _curve(side: ThresholdSide, points: Points, slices: Sequence[Slice]) -> ThresholdCurve:
    at, spots, errors = zip(*points, strict=True)
    dates = tuple(slices[index].date for index in at)
    return ThresholdCurve(side, dates, np.array(spots), np.array(errors))

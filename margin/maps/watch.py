"""Between two dates of a map: where something may happen and be over before the second is seen.

An interval that is born and vanishes between two dates leaves no trace on either.  It can do so
only where the excess turns: at a lowest point that is still positive, or, for a gap within
danger, at a highest one that is still negative.  At those spots the course of the excess in time is
followed by parabolas through neighbouring dates, and more dates are looked at wherever it may reach
zero in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from margin.curve_shape import error_at, turning_spots
from margin.maps.slices import MINUTE, ROUNDS, Slice

__all__ = ["watched"]

Floats = NDArray[np.float64]

DAY_SECONDS = 86_400.0
# Where between two dates the parabolas are read.
SHARES = np.linspace(0.1, 0.9, 9)[:, None]
# The course may stray from the lower parabola by this many times the distance of the two.
DOUBT = 2.0


def watched(
    slices: Sequence[Slice],
    spot: float,
    look: Callable[[Sequence[datetime]], Sequence[Slice]],
    *,
    breaks: Sequence[datetime] = (),
) -> tuple[Slice, ...]:
    """The slices, and more of them wherever the excess may change its sign unseen.

    Parameters
    ----------
    slices : sequence of Slice
        Ascending dates.
    spot : float
        The present spot, which is watched too, in quote currency.
    look : callable
        Gives the slices of dates.
    breaks : sequence of datetime
        Expiries, over which the excess may jump.

    Returns
    -------
    tuple of Slice
    """
    known = {each.date for each in slices}
    missing = [at for at in breaks if slices[0].date < at < slices[-1].date and at not in known]
    found = sorted([*slices, *(look(missing) if missing else ())], key=lambda each: each.date)
    settled: set[tuple[datetime, datetime]] = set()
    for _ in range(ROUNDS):
        dates = []
        for index, (before, after) in enumerate(pairwise(found)):
            if after.date - before.date <= MINUTE or (before.date, after.date) in settled:
                continue
            if after.date in breaks or _doubtful(_around(found, index, breaks), spot):
                dates.append(before.date + (after.date - before.date) / 2)
            else:
                settled.add((before.date, after.date))
        if not dates:
            break
        found = sorted([*found, *look(dates)], key=lambda each: each.date)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Gap:
    """Slices around a gap that no expiry divides; the gap begins at the one of index ``start``."""

    slices: tuple[Slice, ...]
    start: int


def _around(found: Sequence[Slice], index: int, breaks: Sequence[datetime]) -> _Gap:
    """A gap with the neighbours before and after it, as far as no expiry lies between."""
    first = index - (index > 0 and found[index].date not in breaks)
    last = index + 1
    if last + 1 < len(found) and found[last + 1].date not in breaks:
        last += 1
    return _Gap(tuple(found[first : last + 1]), index - first)


def _doubtful(gap: _Gap, spot: float) -> bool:
    """Whether the excess may reach zero within a gap at a spot where it does not at its ends."""
    lowest, highest = gap.slices[0].searched
    turns = (turning_spots(each.least(), lowest, highest) for each in gap.slices)
    spots = np.unique(np.concatenate([*turns, [spot]]))
    values = np.array([each.least()(spots) for each in gap.slices])
    ends = values[gap.start : gap.start + 2]
    error = np.max([error_at(each.least(), spots) for each in gap.slices], axis=0)
    same = (np.sign(ends[0]) == np.sign(ends[1])) & (np.abs(ends).min(axis=0) > error)
    if not same.any():
        return False
    heights = np.sign(ends[0, same]) * values[:, same]
    return bool(np.any(_lowest(gap, heights) < error[same]))


def _lowest(gap: _Gap, heights: Floats) -> Floats:
    """The least height within a gap at each spot, by parabolas less what they leave in doubt."""
    days = np.array([(each.date - gap.slices[0].date).total_seconds() for each in gap.slices])
    days /= DAY_SECONDS
    k = gap.start
    chord = heights[k] + SHARES * (heights[k + 1] - heights[k])
    sag = SHARES * (1.0 - SHARES) * (days[k + 1] - days[k]) ** 2
    bends = [
        sag * _second_difference(days[j : j + 3], heights[j : j + 3])
        for j in (k - 1, k)
        if 0 <= j <= len(days) - 3
    ]
    if not bends:
        return np.asarray(heights[k : k + 2].min(axis=0) - np.abs(heights[k + 1] - heights[k]))
    doubt = np.abs(bends[0] - bends[1]) if len(bends) == 2 else np.abs(bends[0])
    return np.asarray((chord - np.max(bends, axis=0) - DOUBT * doubt).min(axis=0))


def _second_difference(days: Floats, heights: Floats) -> Floats:
    """The coefficient of the square of a parabola through three dates."""
    slopes = np.diff(heights, axis=0) / np.diff(days)[:, None]
    return np.asarray((slopes[1] - slopes[0]) / (days[2] - days[0]))

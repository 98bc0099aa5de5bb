"""Danger sets on neighbouring dates: which interval goes on as which, and where that changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from margin.curve_shape import error_at
from margin.danger import DangerSet, Interval
from margin.piecewise import PiecewiseCubic

__all__ = ["MINUTE", "ROUNDS", "Links", "Slice", "links", "overlapping", "refined", "steady"]

Links = tuple[tuple[int, int], ...]

# Events are dated to a minute.
MINUTE = timedelta(minutes=1)
# A gap with an event inside is divided into this many parts at a time: every round solves the
# options once, whatever the number of dates.
PARTS = 5
# Enough for a minute out of a century.
ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Slice:
    """Where an account is in danger on one date.

    ``danger`` is the set; ``least`` gives the excess against spot as one curve, in quote currency.
    """

    date: datetime
    danger: DangerSet
    least: Callable[[], PiecewiseCubic]

    @property
    def searched(self) -> tuple[float, float]:
        """Lowest and highest spot searched, in quote currency."""
        return self.danger.certificate.lowest, self.danger.certificate.highest

    def excess(self, spot: float) -> tuple[float, float]:
        """Excess and its error bound at a spot, in quote currency."""
        return float(self.least()(spot)), float(error_at(self.least(), spot))

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The intervals of the set, ascending."""
        return self.danger.intervals

    def holds(self, spot: float) -> bool:
        """Whether a spot lies in the set."""
        return any(found.lower < spot < found.upper for found in self.intervals)


def overlapping(old: Sequence[Interval], new: Sequence[Interval]) -> Links:
    """Pairs of intervals that overlap, by their indices in both."""
    return tuple(
        (i, j)
        for i, before in enumerate(old)
        for j, after in enumerate(new)
        if before.lower <= after.upper and after.lower <= before.upper
    )


def links(before: Slice, after: Slice) -> Links:
    """Pairs of intervals of two slices that overlap: the later one continues the earlier."""
    return overlapping(before.intervals, after.intervals)


def steady(before: Slice, after: Slice, spot: float) -> bool:
    """Whether every interval goes on as exactly one, and the spot stays inside or outside."""
    pairs = links(before, after)
    one_each = tuple((i, i) for i in range(len(before.intervals)))
    same_ends = [(old.lower_open, old.upper_open) for old in before.intervals] == [
        (new.lower_open, new.upper_open) for new in after.intervals
    ]
    one_to_one = pairs == one_each and len(after.intervals) == len(pairs)
    return one_to_one and same_ends and before.holds(spot) is after.holds(spot)


def refined(
    slices: Sequence[Slice],
    spot: float,
    look: Callable[[Sequence[datetime]], Sequence[Slice]],
) -> tuple[Slice, ...]:
    """The slices, and more of them between, until each change lies between two within a minute.

    ``look`` gives the slices of dates.
    """
    found = list(slices)
    for _ in range(ROUNDS):
        dates = [
            before.date + (after.date - before.date) * part / PARTS
            for before, after in pairwise(found)
            if after.date - before.date > MINUTE and not steady(before, after, spot)
            for part in range(1, PARTS)
        ]
        if not dates:
            break
        found = sorted([*found, *look(dates)], key=lambda each: each.date)
    return tuple(found)

"""Danger sets on neighbouring dates: which interval goes on as which, and where that changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from margin.danger import DangerSet, Interval

__all__ = ["Links", "Slice", "links", "refined", "steady"]

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

    ``danger`` is the set; ``excess`` gives the excess and its error bound at a spot on that date,
    both in quote currency.
    """

    date: datetime
    danger: DangerSet
    excess: Callable[[float], tuple[float, float]]

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The intervals of the set, ascending."""
        return self.danger.intervals

    def holds(self, spot: float) -> bool:
        """Whether a spot lies in the set."""
        return any(found.lower < spot < found.upper for found in self.intervals)


def links(before: Slice, after: Slice) -> Links:
    """Pairs of intervals of two slices that overlap: the later one continues the earlier."""
    return tuple(
        (i, j)
        for i, old in enumerate(before.intervals)
        for j, new in enumerate(after.intervals)
        if old.lower <= new.upper and new.lower <= old.upper
    )


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

"""What happens to danger intervals as time passes: they are born, merge, split and vanish."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import pairwise
from math import inf

from margin.account import Account
from margin.claim_contract import ClaimContract
from margin.danger import Interval
from margin.dividends import Dividend
from margin.instrument import Future, Settlement, Solvable
from margin.maps.dates import looks
from margin.maps.slices import Slice, links

__all__ = ["Event", "EventKind", "days_to_liquidation", "events_of"]

DAY_SECONDS = 86_400.0
PAYMENT = {
    Settlement.CASH: "paid in cash",
    Settlement.PHYSICAL: "delivered, valued as if paid in cash",
    Settlement.INVERSE: "paid in coin",
}


class EventKind(Enum):
    """What changes.

    Examples
    --------
    >>> from margin.maps.events import EventKind
    >>> EventKind("birth").name
    'BIRTH'
    """

    BIRTH = "birth"
    """An interval appears."""
    DEATH = "death"
    """An interval vanishes."""
    MERGE = "merge"
    """Two neighbouring intervals become one."""
    SPLIT = "split"
    """One interval becomes two."""
    OPENING = "opening"
    """An end of an interval leaves the range searched."""
    CLOSING = "closing"
    """An end of an interval comes into the range searched."""
    LIQUIDATION = "liquidation"
    """The present spot comes to lie in the set: time alone liquidates."""
    RECOVERY = "recovery"
    """The present spot comes to lie outside the set."""
    EXPIRY = "expiry"
    """Legs expire and are settled."""
    DIVIDEND = "dividend"
    """The underlying goes ex: holders are paid, and who is short pays."""
    LOOK = "look"
    """Spot is held against the barrier of a claim."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the danger set, while spot and volatilities stay.

    Attributes
    ----------
    kind : EventKind
        What changes.
    date : datetime
        When, in UTC: the first instant at which the change was seen, at most a minute late.
    error_days : float
        How far the true date may be off by the error of the excess, to first order error over
        time derivative; and the minute.  0 for an expiry, infinite if the excess stands still.
    spot : float
        Where, in quote currency: the middle of an interval that is born or dies, of the gap that
        closes or opens, the end that leaves or comes, the present spot.
    words : str
        The same in words.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.maps.events import Event, EventKind
    >>> noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    >>> print(Event(EventKind.BIRTH, noon, 0.001, 71_250.0, "danger is born at 71,250.00"))
    2026-11-28 12:00 UTC: danger is born at 71,250.00
    """

    kind: EventKind
    date: datetime
    error_days: float
    spot: float
    words: str

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d %H:%M} UTC: {self.words}"


def events_of(
    slices: Sequence[Slice], spot: float, account: Account, dividends: Sequence[Dividend] = ()
) -> tuple[Event, ...]:
    """Every change between neighbouring slices, and what happens on dates, by date.

    Parameters
    ----------
    slices : sequence of Slice
        Ascending dates; a change lies between two of them that are a minute apart at most.
    spot : float
        The present spot, in quote currency.
    account : Account
        Whose legs expire.
    dividends : sequence of Dividend
        Of the underlying.

    Returns
    -------
    tuple of Event
    """
    found = [*_settled(account, slices, spot), *_dated(account, slices, spot, dividends)]
    expired = {event.date for event in found}
    for before, after in pairwise(slices):
        for kind, where, words in _changes(before, after, spot):
            error = 0.0 if after.date in expired else _date_error(before, after, where)
            found.append(Event(kind, after.date, error, where, words))
    return tuple(sorted(found, key=lambda event: event.date))


def days_to_liquidation(slices: Sequence[Slice], spot: float) -> float | None:
    """Days until the danger set first holds a spot, 0 if it does now, None if it never does."""
    reached = next((each.date for each in slices if each.holds(spot)), None)
    return None if reached is None else (reached - slices[0].date).total_seconds() / DAY_SECONDS


def _changes(before: Slice, after: Slice, spot: float) -> Iterator[tuple[EventKind, float, str]]:
    """What changes between two slices: kind, where, and words."""
    pairs = links(before, after)
    old, new = [i for i, _ in pairs], [j for _, j in pairs]
    for j, interval in enumerate(after.intervals):
        if j not in new:
            yield EventKind.BIRTH, _middle(interval), f"danger is born at {_at(_middle(interval))}"
    for i, interval in enumerate(before.intervals):
        if i not in old:
            yield EventKind.DEATH, _middle(interval), f"danger ends at {_at(_middle(interval))}"
    for first, second in pairwise(pairs):
        if first[1] == second[1]:
            where = _between(before.intervals[first[0]], before.intervals[second[0]])
            yield EventKind.MERGE, where, f"two dangers become one at {_at(where)}"
        if first[0] == second[0]:
            where = _between(after.intervals[first[1]], after.intervals[second[1]])
            yield EventKind.SPLIT, where, f"danger divides at {_at(where)}"
    yield from _at_the_ends(before, after)
    if before.holds(spot) is not after.holds(spot):
        kind = EventKind.LIQUIDATION if after.holds(spot) else EventKind.RECOVERY
        verb = "reaches" if after.holds(spot) else "leaves"
        yield kind, spot, f"danger {verb} the present spot {_at(spot)}"


def _at_the_ends(before: Slice, after: Slice) -> Iterator[tuple[EventKind, float, str]]:
    """Ends of intervals that leave the range searched or come into it."""
    for side, index in (("lower", 0), ("upper", -1)):
        if not (before.intervals and after.intervals):
            return
        old, new = before.intervals[index], after.intervals[index]
        was, now = getattr(old, f"{side}_open"), getattr(new, f"{side}_open")
        if was is not now:
            kind = EventKind.OPENING if now else EventKind.CLOSING
            where = getattr(new, side)
            verb = "leaves" if now else "comes into"
            yield kind, where, f"the {side} end of danger {verb} the range searched at {_at(where)}"


def _settled(account: Account, slices: Sequence[Slice], spot: float) -> Iterator[Event]:
    """The expiries within the slices, after the first, and how their legs are settled."""
    first, last = slices[0].date, slices[-1].date
    legs: dict[datetime, dict[str, list[str]]] = {}
    for held in account.positions:
        contract = held.instrument
        if not isinstance(contract, Solvable | Future) or not held.quantity:
            continue
        if first < contract.expiry <= last:
            paid = legs.setdefault(contract.expiry, {}).setdefault(PAYMENT[contract.settlement], [])
            paid += [str(contract)] * (str(contract) not in paid)
    for date, alike in legs.items():
        words = "; ".join(f"{_listed(names)}, {paid}" for paid, names in alike.items())
        yield Event(EventKind.EXPIRY, date, 0.0, spot, words)


def _dated(
    account: Account, slices: Sequence[Slice], spot: float, dividends: Sequence[Dividend]
) -> Iterator[Event]:
    """The ex-dates and the looks at barriers within the slices, after the first."""
    first, last = slices[0].date, slices[-1].date
    for dividend in dividends:
        if first < dividend.date <= last:
            yield Event(EventKind.DIVIDEND, dividend.date, 0.0, spot, f"goes ex {dividend}")
    for held in account.positions:
        contract = held.instrument
        if isinstance(contract, ClaimContract) and held.quantity:
            for date in looks(contract):
                if first < date <= last:
                    words = f"the barrier of {contract} is looked at"
                    yield Event(EventKind.LOOK, date, 0.0, spot, words)


def _listed(names: list[str]) -> str:
    """One leg by its name, several counted first."""
    if len(names) == 1:
        return f"{names[0]} expires"
    return f"{len(names)} legs expire ({'; '.join(names)})"


def _date_error(before: Slice, after: Slice, spot: float) -> float:
    """Days by which the error of the excess may move a change, and the days between slices."""
    (old, error), (new, _) = before.excess(spot), after.excess(spot)
    gap = (after.date - before.date).total_seconds() / DAY_SECONDS
    return gap + error * gap / abs(new - old) if new != old else inf


def _middle(interval: Interval) -> float:
    return 0.5 * (interval.lower + interval.upper)


def _between(lower: Interval, upper: Interval) -> float:
    """The middle of the gap between two intervals."""
    return 0.5 * (lower.upper + upper.lower)


def _at(spot: float) -> str:
    return f"{spot:,.6g}"

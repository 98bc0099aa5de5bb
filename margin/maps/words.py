"""A liquidation map in one sentence, in lines for a terminal, and as plain values."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import groupby, pairwise
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from margin.danger import Interval, figure
from margin.maps.events import EventKind
from margin.maps.path import extent
from margin.maps.slices import links

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["moved", "plain", "sentence", "text"]


# Width of an event; the day's count stands behind it.
WIDTH = 72


def sentence(found: "LiquidationMap") -> str:
    """Today and the next change in words.

    An interval that is yet to be born is told by the lowest and the highest spot that it reaches
    until the horizon.

    Parameters
    ----------
    found : LiquidationMap
        The map.

    Returns
    -------
    str
        As "no threshold today; danger 66,762 to 100,015 from 28 November".
    """
    return f"{_today(found)}; {_next(found)}"


def moved(found: "LiquidationMap") -> str:
    """What volatilities do, to be written behind a name; nothing if they stay."""
    shift = f", volatilities {100.0 * found.vol_move:+g} %" if found.vol_move else ""
    return shift if found.dynamics is None else f"{shift}, {found.dynamics.name}"


def text(found: "LiquidationMap") -> str:
    """The map as lines of at most 88 characters: the sentence, the ladder of today, the events."""
    return "\n".join(_lines(found))


def plain(found: "LiquidationMap") -> dict[str, Any]:
    """The map as values that JSON can hold; dates in ISO form, spots in quote currency."""
    revaluation = found.revaluation
    return {
        "account": revaluation.account.name,
        "rule": found.rule.name,
        "underlying": revaluation.underlying,
        "spot": found.spot,
        "vol_move": found.vol_move,
        "volatility": "sticky strike" if found.dynamics is None else found.dynamics.name,
        "words": sentence(found),
        "searched": [found.lowest, found.highest],
        "dates": [
            {
                "date": date.isoformat(),
                "complete": found.danger(date).certificate.complete,
                "undecided": found.danger(date).certificate.undecided,
                "intervals": [asdict(each) for each in found.intervals(date)],
            }
            for date in found.dates
        ],
        "events": [
            asdict(event) | {"kind": event.kind.value, "date": event.date.isoformat()}
            for event in found.events()
        ],
    }


def _today(found: "LiquidationMap") -> str:
    """What holds on the first date."""
    today = found.danger(found.dates[0])
    if any(each.lower < found.spot < each.upper for each in today.intervals):
        return f"liquidated today at {figure(found.spot)}"
    if today.intervals:
        return f"danger today {' and '.join(map(_range, today.intervals))}"
    return "no threshold today" if today.certificate.complete else "no certain threshold today"


def _next(found: "LiquidationMap") -> str:
    """The first birth, liquidation or recovery, or that there is none."""
    born = _first_born(found)
    kinds = (EventKind.LIQUIDATION, EventKind.RECOVERY)
    crossed = next((event for event in found.events() if event.kind in kinds), None)
    if crossed and not (born and born[0] < crossed.date):
        return f"{crossed.words} on {_day(found, crossed.date)}"
    if born:
        return f"danger {born[1]} from {_day(found, born[0])}"
    until = _day(found, found.dates[-1])
    return f"no danger until {until}" if not found.path() else f"none is born until {until}"


def _first_born(found: "LiquidationMap") -> tuple[datetime, str] | None:
    """When the first interval after today is born, and the spots it reaches."""
    slices = found.slices()
    for index, (before, after) in enumerate(pairwise(slices)):
        known = {j for _, j in links(before, after)}
        for j, interval in enumerate(after.intervals):
            if j not in known:
                lower, upper = extent(slices, index + 1, j)
                return after.date, _range(
                    Interval(
                        lower,
                        upper,
                        interval.lower_error,
                        interval.upper_error,
                        lower_open=lower <= found.lowest,
                        upper_open=upper >= found.highest,
                    )
                )
    return None


def _range(interval: Interval) -> str:
    """An interval with six digits."""
    if interval.lower_open is interval.upper_open:
        return f"{interval.lower:,.6g} to {interval.upper:,.6g}"
    if interval.lower_open:
        return f"below {interval.upper:,.6g}"
    return f"above {interval.lower:,.6g}"


def _day(found: "LiquidationMap", date: datetime) -> str:
    """Day and month, and the year if it is not that of the first date."""
    year = "" if date.year == found.dates[0].year else f" {date.year}"
    return f"{date.day} {date:%B}{year}"


def _lines(found: "LiquidationMap") -> Iterator[str]:
    """The map for reading."""
    revaluation, first = found.revaluation, found.dates[0]
    yield f"{revaluation.account.name}: liquidation map, {found.rule.name}{moved(found)}"
    yield f"{first:%Y-%m-%d %H:%M} UTC, {revaluation.underlying} at {figure(found.spot)}"
    yield sentence(found)
    yield ""
    yield from str(found.ladder(first)).splitlines()
    yield ""
    yield from _grouped(found)
    dates = [found.danger(date).certificate for date in found.dates]
    proven = sum(each.complete for each in dates)
    yield f"{proven} of {len(dates)} dates complete, {sum(each.cells for each in dates):,} cells"


def _grouped(found: "LiquidationMap") -> Iterator[str]:
    """The events, of several of a kind on one day the first and how many there are."""
    for _, alike in groupby(found.events(), key=lambda event: (event.date.date(), event.kind)):
        events = list(alike)
        others = f" ({len(events)} on this day)" if len(events) > 1 else ""
        yield f"{shorten(str(events[0]), WIDTH, placeholder=' …')}{others}"

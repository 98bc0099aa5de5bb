"""Entries of ``underlyings`` in a file: spot, and the carry to every date."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import time
from functools import partial
from typing import NamedTuple

from margin.carry import Carry, forward_carry, inverse_carry
from margin.dividends import Dividend, dividend_carry
from margin.files.errors import Report
from margin.files.explain import attempt, checked
from margin.files.moments import resolved
from margin.files.positions import Holding
from margin.files.schema import (
    CarryEntry,
    DividendEntry,
    ForwardEntry,
    Header,
    UnderlyingEntry,
)
from margin.instrument import OptionContract, Settlement
from margin.market import Underlying

__all__ = ["underlying_entries", "underlyings_of"]


def underlying_entries(content: Mapping[str, object], report: Report) -> dict[str, UnderlyingEntry]:
    """The well-formed entries of the map ``underlyings``.

    Parameters
    ----------
    content : mapping of str to object
        The map as it stands in the file.
    report : Report
        Grows by everything that is not well formed.

    Returns
    -------
    dict of str to UnderlyingEntry
    """
    entries = {
        name: checked(UnderlyingEntry, item, report.at(name)) for name, item in content.items()
    }
    return {name: entry for name, entry in entries.items() if entry is not None}


def underlyings_of(
    entries: Mapping[str, UnderlyingEntry],
    header: Header,
    report: Report,
    *,
    held: Sequence[Holding],
) -> dict[str, Underlying]:
    """Underlyings of all entries that can stand.

    Forwards become rates if the account holds inverse options on the underlying, and dividend
    yields otherwise.

    Parameters
    ----------
    entries : mapping of str to UnderlyingEntry
        Entries by name.
    header : Header
        The file they stand in.
    report : Report
        Grows by what cannot stand.
    held : sequence of Holding
        What the account holds.

    Returns
    -------
    dict of str to Underlying
    """
    found = {
        name: _underlying(entry, _settlements(name, held), header, report.at(name))
        for name, entry in entries.items()
    }
    return {name: underlying for name, underlying in found.items() if underlying is not None}


def _settlements(underlying: str, held: Sequence[Holding]) -> set[Settlement]:
    """How the options held on an underlying settle."""
    held_instruments = (holding.position.instrument for holding in held)
    return {
        instrument.settlement
        for instrument in held_instruments
        if isinstance(instrument, OptionContract) and instrument.underlying == underlying
    }


def _underlying(
    entry: UnderlyingEntry, settlements: Set[Settlement], header: Header, report: Report
) -> Underlying | None:
    before = len(report.findings)
    _refuse_two_carries(entry, settlements, report)
    rate = header.rate if entry.rate is None else entry.rate
    implied = Settlement.INVERSE in settlements
    dividends = tuple(_dividends(entry, report))
    stated = _Stated(entry.spot, None if implied else rate, dividends)
    curve = tuple(_curve(entry, stated, header, report))
    if len(report.findings) > before:
        return None
    dividend_yield = 0.0 if entry.div_yield is None else entry.div_yield
    build = partial(Underlying, entry.spot, rate, dividend_yield, curve, dividends)
    return attempt(build, report)


class _Stated(NamedTuple):
    """What forwards are read with; a rate of None stands for the convention of inverse options."""

    spot: float
    rate: float | None
    dividends: tuple[Dividend, ...]


def _dividends(entry: UnderlyingEntry, report: Report) -> Iterator[Dividend]:
    """Dividends in their order; an ex-date without a time of day begins with the day in UTC."""
    found = []
    for index, item in enumerate(entry.dividends):
        here = report.at("dividends", index)
        one = checked(DividendEntry, item, here)
        if one is not None:
            date = resolved(one.date, time(0))
            found.append(attempt(partial(Dividend, date, one.cash, one.share), here))
    yield from sorted((one for one in found if one is not None), key=lambda one: one.date)


def _refuse_two_carries(
    entry: UnderlyingEntry, settlements: Set[Settlement], report: Report
) -> None:
    """The carry must not be stated in two ways."""
    if not entry.forwards:
        return
    if entry.curve:
        report.at("curve").add("the forwards state it already; remove one.")
    if entry.div_yield is not None:
        report.at("div_yield").add("the forwards state it already; remove one.")
    if Settlement.INVERSE not in settlements:
        return
    if entry.dividends:
        report.at("dividends").add("inverse options read forwards as rates; remove one of both.")
    if entry.rate is not None:
        report.at("rate").add("the forwards of inverse options state it already; remove one.")
    if len(settlements) > 1:
        report.at("forwards").add(
            "inverse options read them as rates and other options as dividend yields; "
            "use curve, or one file for each."
        )


def _curve(entry: UnderlyingEntry, stated: _Stated, header: Header, report: Report) -> list[Carry]:
    """Carry to every date given."""
    curve = []
    for index, item in enumerate(entry.forwards):
        here = report.at("forwards", index)
        forward = checked(ForwardEntry, item, here)
        if forward is not None:
            build = partial(_from_forward, forward, stated, header)
            curve.append(attempt(build, here))
    for index, item in enumerate(entry.curve):
        point = checked(CarryEntry, item, report.at("curve", index))
        if point is not None:
            expiry = resolved(point.expiry, header.expiry_time)
            curve.append(Carry(expiry, point.rate, point.div_yield))
    return [carry for carry in curve if carry is not None]


def _from_forward(point: ForwardEntry, stated: _Stated, header: Header) -> Carry:
    asof = resolved(header.asof, header.expiry_time)
    expiry = resolved(point.expiry, header.expiry_time)
    spot, rate, dividends = stated
    if rate is None:
        return inverse_carry(expiry, spot=spot, forward=point.forward, asof=asof)
    if any(asof < each.date < expiry for each in dividends):
        terms = {"spot": spot, "forward": point.forward, "rate": rate}
        return dividend_carry(expiry, asof=asof, dividends=dividends, **terms)
    return forward_carry(expiry, spot=spot, forward=point.forward, asof=asof, rate=rate)

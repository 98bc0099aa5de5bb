"""Entries of ``positions`` in a file, and the positions that they stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from margin.account import Position
from margin.files.claims import claim_of
from margin.files.errors import Report
from margin.files.explain import attempt, checked, one_of, show
from margin.files.moments import resolved
from margin.files.osi import osi_fields
from margin.files.schema import (
    ClaimEntry,
    FutureEntry,
    Header,
    HoldingEntry,
    OptionEntry,
    PerpetualEntry,
    SpotEntry,
)
from margin.instrument import Asset, Future, Instrument, OptionContract, Perpetual, Settlement
from pdesolve import Exercise, Right

__all__ = ["Holding", "holding_entries", "holdings"]

KINDS: dict[str, type[HoldingEntry]] = {
    "option": OptionEntry,
    "future": FutureEntry,
    "perpetual": PerpetualEntry,
    "spot": SpotEntry,
    "claim": ClaimEntry,
}

Placed = tuple[Report, HoldingEntry]
"""An entry, and where it stands."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A position with the entry that it came from, and where that stands."""

    report: Report
    entry: HoldingEntry
    position: Position


def holding_entries(content: Sequence[object], report: Report) -> list[Placed]:
    """The entries of the list ``positions`` that are well formed, each with its place.

    Parameters
    ----------
    content : sequence of object
        The list as it stands in the file.
    report : Report
        Grows by everything that is not well formed.

    Returns
    -------
    list of tuple
    """
    entries = [
        (report.at(index), _entry(item, report.at(index))) for index, item in enumerate(content)
    ]
    return [(here, entry) for here, entry in entries if entry is not None]


def _entry(item: object, report: Report) -> HoldingEntry | None:
    if not isinstance(item, dict):
        report.add(f"got {show(item)}; use a map with kind, underlying, quantity and so on.")
        return None
    fields = dict(item)
    if "symbol" in fields and not _spell_out(fields, report):
        return None
    if "kind" not in fields:
        report.at("kind").add(f"missing; give {one_of(KINDS)}.")
        return None
    kind = str(fields["kind"]).strip().lower()
    if kind not in KINDS:
        report.at("kind").add(f"got {show(fields['kind'])}; use {one_of(KINDS)}.")
        return None
    return checked(KINDS[kind], fields, report)


def _spell_out(fields: dict[str, object], report: Report) -> bool:
    """Replace an OSI symbol by the fields it states; an underlying given beside it stays."""
    stated = attempt(partial(osi_fields, str(fields.pop("symbol"))), report.at("symbol"))
    if stated is None:
        return False
    twice = [name for name in ("right", "strike", "expiry") if name in fields]
    for name in twice:
        report.at(name).add("the symbol states it already; remove one.")
    fields |= {"kind": "option"} | stated | {name: fields[name] for name in fields}
    return not twice


def holdings(entries: Sequence[Placed], header: Header) -> list[Holding]:
    """Positions of all entries that can stand: alive, and on an underlying of the file.

    Parameters
    ----------
    entries : sequence of tuple
        Entries with their reports, which grow by what cannot stand.
    header : Header
        The file they stand in.

    Returns
    -------
    list of Holding
    """
    found = []
    for report, entry in entries:
        if entry.underlying not in header.underlyings:
            known = one_of(header.underlyings)
            report.at("underlying").add(f"got {show(entry.underlying)}; use {known}.")
            continue
        instrument = _instrument(entry, header, report)
        position = None if instrument is None else _position(instrument, entry, report)
        if position is not None:
            found.append(Holding(report, entry, position))
    return found


def _instrument(entry: HoldingEntry, header: Header, report: Report) -> Instrument | None:
    if isinstance(entry, SpotEntry):
        return Asset(entry.underlying)
    if isinstance(entry, PerpetualEntry):
        return Perpetual(entry.underlying, Settlement(entry.settle))
    if not isinstance(entry, OptionEntry | ClaimEntry | FutureEntry):
        raise TypeError(f"there is no instrument for {entry!r}")
    expiry = resolved(entry.expiry, header.expiry_time)
    asof = resolved(header.asof, header.expiry_time)
    if expiry <= asof:
        report.at("expiry").add(
            f"{expiry:%Y-%m-%d %H:%M} UTC is not after asof {asof:%Y-%m-%d %H:%M} UTC; "
            "remove the leg, or correct one of the two."
        )
        return None
    if isinstance(entry, FutureEntry):
        return Future(entry.underlying, expiry, Settlement(entry.settle))
    if isinstance(entry, ClaimEntry):
        return claim_of(entry, expiry, header, report)
    return _option(entry, expiry, report)


def _option(entry: OptionEntry, expiry: datetime, report: Report) -> OptionContract | None:
    """A style left out follows from how the option settles: delivery is American."""
    if entry.style is None and entry.settle is None:
        report.at("style").add(
            'missing; give "american" (options on shares and funds) or "european" (on indices and '
            "coins)."
        )
        return None
    style = entry.style or ("american" if entry.settle == "physical" else "european")
    return OptionContract(
        entry.underlying,
        Right[entry.right.upper()],
        entry.strike,
        expiry,
        Exercise[style.upper()],
        Settlement(entry.settle or "cash"),
    )


def _position(instrument: Instrument, entry: HoldingEntry, report: Report) -> Position | None:
    stated = ("multiplier", "entry_price")
    fields = {name: getattr(entry, name) for name in stated if name in type(entry).model_fields}
    return attempt(partial(Position, instrument, entry.quantity, **fields), report)

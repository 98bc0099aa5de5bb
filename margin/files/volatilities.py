"""The volatility of every option of a file: from its position, its mark, or its underlying."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from margin.claim_contract import ClaimContract
from margin.files.errors import Report
from margin.files.explain import attempt, checked, show
from margin.files.moments import resolved
from margin.files.positions import Holding
from margin.files.schema import ClaimEntry, Header, OptionEntry, UnderlyingEntry, VolEntry
from margin.instrument import OptionContract, Solvable
from margin.market import HIGHEST_VOLATILITY, Underlying
from margin.marks import volatilities_from_marks

__all__ = ["volatilities_of"]

LOWEST_PERCENT = 1.0
"""Below 1 a volatility in percent is taken for a decimal."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """An option held, and what its position says of its volatility: ``vol`` or ``mark_price``."""

    report: Report
    contract: OptionContract
    field: str
    value: float | None


@dataclass(frozen=True, slots=True)
class _Quoted:
    """Volatilities of the underlyings: one for all, or one by name, expiry and strike.

    What cannot be read stands in ``flat`` or ``single`` as None, and has its complaint.
    """

    flat: dict[str, float | None]
    single: dict[tuple[str, datetime, float], float | None]


def volatilities_of(
    held: Sequence[Holding],
    header: Header,
    report: Report,
    *,
    entries: Mapping[str, UnderlyingEntry],
    underlyings: Mapping[str, Underlying],
) -> dict[Solvable, float]:
    """Volatility of every option and claim held.

    A position's own ``vol`` or ``mark_price`` comes first, then the entry of its underlying with
    the same expiry and strike, then the one volatility of its underlying.

    Parameters
    ----------
    held : sequence of Holding
        What the account holds; their reports grow by every option without a volatility.
    header : Header
        The file it stands in.
    report : Report
        Of the map ``underlyings``; grows by every volatility there that looks wrong.
    entries : mapping of str to UnderlyingEntry
        Entries of the underlyings.
    underlyings : mapping of str to Underlying
        The underlyings themselves, which marks need.

    Returns
    -------
    dict of OptionContract or ClaimContract to float
        Decimals per root year.
    """
    legs = _legs(held)
    stated = _stated(legs)
    quoted = _quoted(entries, header, report)
    marks: list[_Leg] = []
    vols: dict[Solvable, float | None] = {}
    for leg in legs:
        source = stated.get(leg.contract)
        if source is None:
            vols[leg.contract] = _looked_up(leg, quoted)
        elif source.field == "vol":
            vols[leg.contract] = _decimal(source.value, header, source.report.at("vol"))
        elif source is leg and leg.contract.underlying in underlyings:
            marks.append(leg)
    for contract, vol in _solved(marks, header, underlyings).items():
        vols[contract] = vol
    for holding in held:
        entry, claim = holding.entry, holding.position.instrument
        if isinstance(entry, ClaimEntry) and isinstance(claim, ClaimContract):
            vols[claim] = _decimal(entry.vol, header, holding.report.at("vol"))
    return {each: vol for each, vol in vols.items() if vol is not None}


def _legs(held: Sequence[Holding]) -> list[_Leg]:
    legs = []
    for holding in held:
        entry, contract = holding.entry, holding.position.instrument
        if not isinstance(entry, OptionEntry) or not isinstance(contract, OptionContract):
            continue
        if entry.vol is not None and entry.mark_price is not None:
            complaint = "vol states the volatility already; remove one."
            holding.report.at("mark_price").add(complaint)
        field = "mark_price" if entry.vol is None else "vol"
        legs.append(_Leg(holding.report, contract, field, getattr(entry, field)))
    return legs


def _stated(legs: Sequence[_Leg]) -> dict[OptionContract, _Leg]:
    """The leg that states the volatility or the mark of each contract, if one does."""
    stated: dict[OptionContract, _Leg] = {}
    for leg in legs:
        if leg.value is None:
            continue
        first = stated.setdefault(leg.contract, leg)
        if (first.field, first.value) != (leg.field, leg.value):
            leg.report.at(leg.field).add(
                f"got {leg.value:g}, but positions[{first.report.place[-1]}].{first.field} gives "
                f"{first.value:g} to the same contract; give one of them."
            )
    return stated


def _decimal(value: object, header: Header, report: Report) -> float | None:
    """A volatility of the file as a decimal, unless it looks wrong."""
    if isinstance(value, bool) or not isinstance(value, float | int) or not 0.0 < value < math.inf:
        complaint = f"got {show(value)}; use a positive number, or a list of expiry, strike, vol."
    elif header.vol_unit == "decimal" and value <= HIGHEST_VOLATILITY:
        return float(value)
    elif header.vol_unit == "decimal":
        complaint = (
            f"got {value:g}, which looks like percent ({100.0 * value:g} %); "
            f"write {value / 100.0:g}, or set vol_unit: percent."
        )
    elif value < LOWEST_PERCENT:
        complaint = (
            f"got {value:g}, which looks like a decimal while vol_unit is percent; "
            f"write {100.0 * value:g}, or set vol_unit: decimal."
        )
    elif value <= 100.0 * HIGHEST_VOLATILITY:
        return value / 100.0
    else:
        complaint = f"got {value:g}; use at most {100.0 * HIGHEST_VOLATILITY:g} percent."
    report.add(complaint)
    return None


def _quoted(entries: Mapping[str, UnderlyingEntry], header: Header, report: Report) -> _Quoted:
    unread = dict.fromkeys(header.underlyings.keys() - entries.keys())
    quoted = _Quoted(unread, {})
    for name, entry in entries.items():
        here = report.at(name, "vol")
        if isinstance(entry.vol, list):
            points = _points(entry.vol, header, here)
            quoted.single.update({(name, *key): vol for key, vol in points.items()})
            if len(points) < len(entry.vol):
                quoted.flat[name] = None
        elif entry.vol is not None:
            quoted.flat[name] = _decimal(entry.vol, header, here)
    return quoted


def _points(
    content: Sequence[object], header: Header, report: Report
) -> dict[tuple[datetime, float], float | None]:
    """Volatilities of a list by expiry and strike; what cannot be read is left out."""
    points: dict[tuple[datetime, float], float | None] = {}
    for index, item in enumerate(content):
        here = report.at(index)
        point = checked(VolEntry, item, here)
        if point is None:
            continue
        key = (resolved(point.expiry, header.expiry_time), point.strike)
        if key in points:
            here.add("this expiry and strike stand twice; remove one.")
        points[key] = _decimal(point.vol, header, here.at("vol"))
    return points


def _looked_up(leg: _Leg, quoted: _Quoted) -> float | None:
    """Volatility of a leg from its underlying; None if there is a complaint about it."""
    contract = leg.contract
    key = (contract.underlying, contract.expiry, contract.strike)
    if key in quoted.single:
        return quoted.single[key]
    if contract.underlying in quoted.flat:
        return quoted.flat[contract.underlying]
    leg.report.add(
        f"no volatility for {contract} ({contract.expiry:%H:%M} UTC); give vol or mark_price here, "
        f"or vol in underlyings.{contract.underlying}."
    )
    return None


def _solved(
    legs: Sequence[_Leg], header: Header, underlyings: Mapping[str, Underlying]
) -> dict[OptionContract, float]:
    """Volatilities from marks, all at once; if that fails, one by one for the complaints."""
    asof = resolved(header.asof, header.expiry_time)
    marks = {leg.contract: leg.value for leg in legs if leg.value is not None}
    try:
        return volatilities_from_marks(marks, asof, underlyings)
    except ValueError:
        pass
    for leg in legs:
        mark = {leg.contract: marks[leg.contract]}
        attempt(
            partial(volatilities_from_marks, mark, asof, underlyings), leg.report.at("mark_price")
        )
    return {}

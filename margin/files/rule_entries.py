"""Rules of venues as a file states them: a name, and the numbers that differ."""

from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from functools import partial
from math import isfinite
from typing import Any

from margin.files.errors import Report
from margin.files.explain import attempt, show, unknown
from margin.rules import (
    CASH_ACCOUNT,
    DERIBIT_PORTFOLIO_ETH,
    NSE_INDEX,
    NSE_STOCK,
    STRATEGY_BROAD_INDEX,
    STRATEGY_EQUITY,
    STRATEGY_NARROW_INDEX,
    BybitOption,
    DeltaFloor,
    DeribitPortfolio,
    DeribitStandard,
    DerivePortfolio,
    DeriveSkew,
    DeriveStandard,
    NakedVault,
    ParadexXM,
    Rule,
)

__all__ = ["SYSTEMS", "System", "changed", "differences", "is_stated"]


@dataclass(frozen=True, slots=True)
class System:
    """A rule that a file names, and the date of its numbers.

    Attributes
    ----------
    rule : Rule
        With its published numbers.
    date : str
        When the numbers held, as its source states it; empty if it states no date.

    Examples
    --------
    >>> from margin.files.rule_entries import SYSTEMS
    >>> SYSTEMS["nse_index"].date
    '2025'
    """

    rule: Rule
    date: str = ""


SYSTEMS = {
    "deribit_standard": System(DeribitStandard(), "2025"),
    "deribit_portfolio": System(DeribitPortfolio(), "2024"),
    "deribit_portfolio_eth": System(DERIBIT_PORTFOLIO_ETH, "2026"),
    "derive_standard": System(DeriveStandard(), "2025"),
    "derive_portfolio": System(DerivePortfolio(), "2025"),
    "derive_skew": System(DeriveSkew(), "2025"),
    "nse_index": System(NSE_INDEX, NSE_INDEX.asof),
    "nse_stock": System(NSE_STOCK, NSE_STOCK.asof),
    "naked_vault": System(NakedVault()),
    "bybit_option": System(BybitOption()),
    "paradex_xm": System(ParadexXM()),
    "paradex_delta": System(DeltaFloor()),
    "cash_account": System(CASH_ACCOUNT),
    "strategy_equity": System(STRATEGY_EQUITY),
    "strategy_narrow_index": System(STRATEGY_NARROW_INDEX),
    "strategy_broad_index": System(STRATEGY_BROAD_INDEX),
}
"""Rules of venues by the name that they have in a file."""


def is_stated(field: Field[Any]) -> bool:
    """Whether a file may state a field of a rule: it is a number, or a record of numbers.

    Parameters
    ----------
    field : Field
        Of a dataclass.

    Returns
    -------
    bool

    Examples
    --------
    >>> from dataclasses import fields
    >>> from margin.files.rule_entries import is_stated
    >>> from margin.rules import NakedVault
    >>> [field.name for field in fields(NakedVault) if is_stated(field)]
    ['shock', 'dust']
    """
    return field.type in (int, float) or is_dataclass(field.type)


def changed(record: Any, given: object, report: Report) -> Any:
    """A record with some of its numbers replaced, or None with the faults reported.

    Parameters
    ----------
    record : dataclass
        A rule, or a record inside one.
    given : object
        A map of its fields to numbers, and of its records to such maps.
    report : Report
        Where the map stands; grows by one finding for each fault.

    Returns
    -------
    dataclass or None
        Of the same kind.

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.rule_entries import changed
    >>> from margin.rules import NSE_INDEX
    >>> changed(NSE_INDEX, {"scan": {"price_range": 0.08}}, Report()).scan.price_range
    0.08
    """
    accepted = {field.name: field for field in fields(record) if is_stated(field)}
    if not isinstance(given, dict):
        report.add(f"got {show(given)}; use a map with the fields {', '.join(accepted)}.")
        return None
    before = len(report.findings)
    changes = {}
    for name, value in given.items():
        here = report.at(str(name))
        if name not in accepted:
            here.add(unknown(str(name), accepted))
        elif is_dataclass(accepted[name].type):
            changes[name] = changed(getattr(record, name), value, here)
        else:
            changes[name] = _number(value, here, whole=accepted[name].type is int)
    return None if len(report.findings) > before else _replaced(record, changes, report)


def _number(value: object, report: Report, *, whole: bool) -> float | None:
    """A number of a file as a field takes it, or None with the fault reported."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if isinstance(value, int | float) and number and not (whole and value % 1.0):
        return int(value) if whole else float(value)
    report.add(f"got {show(value)}; use a {'whole' if whole else 'finite'} number.")
    return None


def _replaced(record: Any, changes: dict[str, Any], report: Report) -> Any:
    """The record after all changes; a change that it refuses is reported at its own place."""
    built = attempt(partial(replace, record, **changes), Report())
    if built is not None:
        return built
    before = len(report.findings)
    for name, value in changes.items():
        attempt(partial(replace, record, **{name: value}), report.at(name))
    if len(report.findings) == before:  # each will do, but not all of them together
        attempt(partial(replace, record, **changes), report)
    return None


def differences(record: Any, default: Any) -> dict[str, Any] | None:
    """The numbers by which a record differs from another, as `changed` takes them.

    Parameters
    ----------
    record, default : dataclass
        Of one kind, as a rule.

    Returns
    -------
    dict or None
        None if the records differ in what a file cannot state.

    Examples
    --------
    >>> from margin.files.rule_entries import differences
    >>> from margin.rules import NakedVault
    >>> differences(NakedVault(shock=0.7), NakedVault())
    {'shock': 0.7}
    >>> differences(NakedVault(name="ours"), NakedVault()) is None
    True
    """
    if type(record) is not type(default):
        return None
    found = dict(_differing(record, default))
    return None if None in found.values() else found


def _differing(record: Any, default: Any) -> Iterator[tuple[str, Any]]:
    """Fields that differ, and how; None where a file cannot state it."""
    for field in fields(record):
        value, usual = getattr(record, field.name), getattr(default, field.name)
        if value == usual:
            continue
        if is_dataclass(field.type):
            yield field.name, differences(value, usual)
        else:
            yield field.name, value if is_stated(field) else None

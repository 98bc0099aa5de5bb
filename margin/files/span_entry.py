"""The parameters of one combined commodity of a SPAN file, as a rule of an account takes them."""

from dataclasses import replace
from functools import partial

from margin.files.errors import Report
from margin.files.explain import attempt, checked
from margin.files.schema import Entry, Name, Number
from margin.files.span.file import read_span
from margin.rules import SpanCommodity

__all__ = ["span_commodity"]


class SpanFileEntry(Entry):
    """Where the parameters of a commodity are, and how large its contracts are."""

    path: Name
    commodity: Name
    units: Number = 1.0


def span_commodity(content: object, report: Report) -> SpanCommodity | None:
    """The commodity that the entry ``file`` of a SPAN rule names.

    Amounts of a SPAN file are per contract, those of the rule per unit of the underlying; they are
    divided by ``units``.

    Parameters
    ----------
    content : object
        A map with ``path`` of the SPAN file, ``commodity`` and ``units`` per contract.
    report : Report
        Grows by everything that is wrong with it.

    Returns
    -------
    SpanCommodity or None

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.span_entry import span_commodity
    >>> report = Report()
    >>> span_commodity({"path": "absent.pa2", "commodity": "ES"}, report)
    >>> print(report.findings[0])
    path: absent.pa2 cannot be read: No such file or directory.
    """
    entry = checked(SpanFileEntry, content, report)
    if entry is None:
        return None
    return attempt(partial(_commodity, entry), report.at("path"))


def _commodity(entry: SpanFileEntry) -> SpanCommodity:
    """The commodity, per unit of the underlying.

    Raises
    ------
    ValueError
        If the file cannot be read, has no such commodity, or states charges that are not read.
    """
    if entry.units <= 0.0:
        raise ValueError(f"units must be positive, got {entry.units}")
    try:
        file = read_span(entry.path)
    except OSError as error:
        raise ValueError(f"{entry.path} cannot be read: {error.strerror}") from error
    if entry.commodity not in file.commodities:
        known = ", ".join(sorted(file.commodities))
        raise ValueError(f"{file.source} has no commodity {entry.commodity}; use one of {known}")
    if file.unread.get(entry.commodity):
        raise ValueError(
            f"{file.source} states of {entry.commodity}: {'; '.join(file.unread[entry.commodity])};"
            " this is not read, so state the commodity in full"
        )
    return _per_unit(file.commodities[entry.commodity], 1.0 / entry.units)


def _per_unit(commodity: SpanCommodity, share: float) -> SpanCommodity:
    """All amounts of a commodity at a share."""
    deliveries = (
        replace(
            each,
            spread_charge=share * each.spread_charge,
            outright_charge=share * each.outright_charge,
        )
        for each in commodity.deliveries
    )
    return replace(
        commodity,
        calendar=tuple(replace(each, charge=share * each.charge) for each in commodity.calendar),
        deliveries=tuple(deliveries),
        short_option_minimum=share * commodity.short_option_minimum,
    )

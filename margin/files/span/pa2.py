"""The expanded fixed-column form of SPAN files, ``.pa2``.

Columns follow the exchange's layout of the expanded unpacked format.  Read are the records 0, 2,
3, 4, 6, P, B, T, 81 and 82, and 83 and 84, which are 81 and 82 with wider values; groups, record
5, order reports only.  Calendar spreads stand in records C and E, whose columns are not read: a
commodity that has them is noted.
"""

from collections.abc import Callable

from margin.files.span.columns import Columns
from margin.files.span.halves import read_first, read_second, store_array
from margin.files.span.parameters import (
    read_combined,
    read_credit,
    read_currency,
    read_delivery,
    read_elsewhere,
    read_header,
    read_price,
    read_scan,
    read_tiers,
)
from margin.files.span.reading import CommodityTerms, Reading
from margin.files.span.tables import SpanFileError, SpanLayout, SpanTables
from margin.rules.span.charges import Delivery, MonthTier, SpanCommodity

__all__ = ["parse_pa2"]

RECORDS: dict[str, Callable[[Reading, Columns], None]] = {
    "0": read_header,
    "T": read_currency,
    "2": read_combined,
    "3": read_tiers,
    "4": read_delivery,
    "6": read_credit,
    "P": read_price,
    "B": read_scan,
    "C": read_elsewhere,
    "E": read_elsewhere,
    "81": read_first,
    "82": read_second,
    "83": read_first,
    "84": read_second,
}

GROUPS = "5"


def parse_pa2(text: str, source: str, layout: SpanLayout) -> SpanTables:
    """The tables of a file in fixed columns.

    Parameters
    ----------
    text : str
        Content of the file.
    source : str
        Its name, for errors.
    layout : SpanLayout
        What the published layout leaves open.

    Returns
    -------
    SpanTables

    Raises
    ------
    SpanFileError
        If a field that is needed cannot be read, or records do not fit together.
    """
    reading = Reading(source, layout)
    for number, line in enumerate(text.splitlines(), start=1):
        _read(reading, Columns(source, number, line))
    for row in reading.firsts.values():
        raise row.error(1, 2, f"record {row.text(1, 2)} has no second half with the same key")
    for first, second in reading.pairs:
        store_array(reading, first, second)
    for name, known in reading.commodities.items():
        reading.tables.commodities[name] = _finished(name, known, reading.tables)
    return reading.tables


def _read(reading: Reading, row: Columns) -> None:
    """Read one line, if its record is one that is read."""
    record = row.text(1, 2)
    if record in ("", GROUPS):
        return
    read = RECORDS.get(record)
    if read is None:
        reading.tables.skipped[record] += 1
        return
    try:
        read(reading, row)
    except SpanFileError:
        raise
    except ValueError as reason:
        raise SpanFileError(row.source, row.number, f"record {record}", str(reason)) from reason


def _finished(name: str, known: CommodityTerms, tables: SpanTables) -> SpanCommodity:
    """The parameters of a commodity, delivery months in tiers of their own."""
    tiers, deliveries = list(known.tiers), []
    for month, (spread, outright) in known.deliveries.items():
        tier = next((each for each in tiers if month in each), None)
        if tier is None:
            tier = MonthTier(1 + max((each.number for each in tiers), default=0), month, month)
            tiers.append(tier)
        if tier.first == tier.last:
            deliveries.append(Delivery(tier.number, spread, outright))
        else:
            tables.note(name, f"a delivery charge of {month}, a month among others in its tier")
    return SpanCommodity(
        name,
        tuple(tiers),
        deliveries=tuple(deliveries),
        short_option_minimum=known.minimum,
        short_count=known.count,
        style=known.style,
        initial_factor=known.factor,
        currency=known.currency,
    )

"""Risk arrays of a ``.pa2`` file, each in two records: 81 and 82, or the wider 83 and 84."""

from margin.files.span.columns import Columns
from margin.files.span.reading import Reading, contract_month
from margin.files.span.tables import SpanKey
from margin.rules.span.charges import RiskArray, SpanKind

__all__ = ["read_first", "read_second", "store_array"]

VALUES = 55
"""Column at which the array values begin."""

WIDTHS = {"81": 5, "83": 8}
KINDS = {"": SpanKind.FUTURE, "C": SpanKind.CALL, "P": SpanKind.PUT}


def read_first(reading: Reading, row: Columns) -> None:
    """Keep the first half of an array, until its second half comes."""
    key = row.line[2:54]
    if key in reading.firsts:
        raise row.error(3, 54, "a record of this key stands before without its second half")
    reading.firsts[key] = row


def read_second(reading: Reading, row: Columns) -> None:
    """Pair the second half of an array with its first."""
    first = reading.firsts.pop(row.line[2:54], None)
    if first is None or first.line[:1] + chr(ord(first.line[1]) + 1) != row.line[:2]:
        raise row.error(3, 54, "no first half with the same key stands before")
    reading.pairs.append((first, row))


def store_array(reading: Reading, first: Columns, second: Columns) -> None:
    """Join two halves into the risk array of a contract.

    Losses carry the decimals that record 2 states for the product; the price and the strike those
    of record P.
    """
    width = WIDTHS[first.text(1, 2)]
    tail = VALUES + 7 * (width + 1)
    product = first.text(3, 5), first.needed(6, 15), first.needed(26, 28)
    if product not in reading.prices or product not in reading.tables.products:
        record = "P" if product not in reading.prices else "2"
        raise first.error(3, 28, f"no record {record} states the product {' '.join(product)}")
    if first.text(29, 29) not in KINDS:
        raise first.error(29, 29, f"got {first.text(29, 29)!r}; use C or P, or leave it blank")
    terms = reading.prices[product]
    scale = reading.array_decimals[product]
    months = contract_month(first, 30), contract_month(first, 39)
    strike_sign = -1.0 if second.text(tail + 22, tail + 22) == "-" else 1.0
    right = first.text(29, 29)
    strike = first.decimal(48, 54, terms.strike_decimals) if right else 0.0
    key = SpanKey(*product, months[0], right, months[1] if right else "", strike_sign * strike)
    if key in reading.tables.arrays:
        raise first.error(3, 54, f"{key} stands twice")
    scan = reading.tables.scans.get(SpanKey(*product, months[0], expiry=months[1]))
    reading.tables.arrays[key] = RiskArray(
        name=" ".join(filter(None, (product[1], *months, f"{strike:g}{right}" if right else ""))),
        kind=KINDS[right],
        losses=(*_losses(first, 9, width, scale), *_losses(second, 7, width, scale)),
        composite_delta=second.decimal(
            tail, tail + 4, reading.layout.delta_decimals, sign=tail + 5
        ),
        price=_price(reading, first, second, width),
        value_factor=terms.factor,
        month=int((months[0] or months[1])[:6] or 0),
        scaling=scan.scaling if scan else 1.0,
    )


def _losses(row: Columns, count: int, width: int, scale: int) -> list[float]:
    starts = range(VALUES, VALUES + count * (width + 1), width + 1)
    return [row.decimal(at, at + width - 1, scale, sign=at + width) for at in starts]


def _price(reading: Reading, first: Columns, second: Columns, width: int) -> float:
    """The settlement price, from its precise field only if it stands nowhere else."""
    precise = VALUES + 9 * (width + 1)
    if first.text(precise + 14, precise + 14) == "Y":
        decimals = reading.layout.precise_decimals
        if decimals is None:
            raise first.error(
                precise, precise + 13, "is the only price; state its decimals in the layout"
            )
        return first.decimal(precise, precise + 13, decimals)
    product = first.text(3, 5), first.text(6, 15), first.text(26, 28)
    at = VALUES + 7 * (width + 1) + 14
    return second.decimal(at, at + 6, reading.prices[product].decimals, sign=at + 7)

"""Activity statements of Interactive Brokers in CSV: many tables in one file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from margin.files.errors import Place, Report
from margin.files.moments import END_OF_DAY
from margin.files.readers.days import day
from margin.files.readers.fields import Fields
from margin.files.readers.ibkr import account_rule, broker_leg, note_underlying
from margin.files.readers.leg import Draft

__all__ = ["is_statement", "read_statement"]

KINDS_OF_ROW = {"Header", "Data", "Total", "SubTotal", "Notes"}

CATEGORIES = {
    "Stocks": "STK",
    "Equity and Index Options": "OPT",
    "Options On Futures": "FOP",
    "Futures": "FUT",
    "Crypto": "CRYPTO",
    "Funds": "FUND",
}
"""Words for asset categories in statements, with the codes of Flex queries."""

NAMES = {
    "assetCategory": "Asset Category",
    "currency": "Currency",
    "symbol": "Symbol",
    "position": "Quantity",
    "multiplier": "Mult",
    "markPrice": "Close Price",
}
"""Attributes of a position in Flex queries, with the columns of statements."""

INFORMATION = {
    "multiplier": "Multiplier",
    "expiry": "Expiry",
    "strike": "Strike",
    "putCall": "Type",
}
"""The same, for the table of instruments."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table, its columns by name."""

    table: str
    index: int
    line: int
    content: dict[str, object]


def is_statement(rows: list[list[str]]) -> bool:
    """Whether the rows of a CSV file are those of a statement.

    Parameters
    ----------
    rows : list of list of str
        Cells of the file.

    Returns
    -------
    bool

    Examples
    --------
    >>> from margin.files.readers.ibkr_statement import is_statement
    >>> is_statement([["Statement", "Header", "Field Name", "Field Value"]])
    True
    """
    filled = [row for row in rows if row]
    return bool(filled) and all(len(row) > 1 and row[1] in KINDS_OF_ROW for row in filled[:3])


def read_statement(rows: list[tuple[int, list[str]]]) -> tuple[Draft, dict[Place, int]]:
    """What an activity statement says of an account.

    Parameters
    ----------
    rows : list of tuple
        Line and cells of every row of the file.

    Returns
    -------
    tuple of Draft and dict
        The draft, and the line of every place.

    Examples
    --------
    >>> from margin.files.readers.ibkr_statement import read_statement
    >>> header = "Open Positions,Header,Asset Category,Currency,Symbol,Quantity,Mult,Close Price"
    >>> row = "Open Positions,Data,Equity and Index Options,USD,AAPL 15JAN27 280 C,-2,100,9.4"
    >>> draft, _ = read_statement([(1, header.split(",")), (2, row.split(","))])
    >>> draft.legs[0].strike, draft.legs[0].quantity
    (280.0, -2.0)
    """
    draft, lines = Draft("Interactive Brokers, activity statement"), dict[Place, int]()
    tables: dict[str, list[_Row]] = {}
    for row in _tables(rows):
        lines[row.table, row.index] = row.line
        tables.setdefault(row.table, []).append(row)
    _account(tables, draft)
    stated = _instruments(tables.get("Financial Instrument Information", []))
    if "Open Positions" not in tables:
        draft.report.at("Open Positions").add(
            "missing; download the statement in English with its open positions."
        )
    for row in tables.get("Open Positions", []):
        if str(row.content.get("DataDiscriminator", "Summary")) == "Summary":
            _add(_position(row, stated, draft.report), draft)
    return draft, lines


def _tables(rows: Iterable[tuple[int, list[str]]]) -> Iterator[_Row]:
    """Rows of data, each under the last header of its table."""
    headers: dict[str, list[str]] = {}
    count: dict[str, int] = {}
    for line, cells in rows:
        if len(cells) < 3:
            continue
        table, kind, *values = cells
        if kind == "Header":
            headers[table] = values
        elif kind == "Data" and table in headers:
            index = count.setdefault(table, 0)
            count[table] += 1
            content: dict[str, object] = dict(zip(headers[table], values, strict=False))
            yield _Row(table, index, line, content)


def _account(tables: dict[str, list[_Row]], draft: Draft) -> None:
    """Name, currency, day, cash and kind of the account."""
    stated = {
        str(row.content.get("Field Name")): row.content.get("Field Value")
        for table in ("Statement", "Account Information")
        for row in tables.get(table, [])
    }
    fields = Fields(stated, draft.report.at("Account Information"))
    draft.name, draft.currency = fields.text("Account"), fields.text("Base Currency")
    draft.rule = account_rule(fields, draft)
    period = str(stated.get("Period") or "").rpartition(" - ")[2]
    if period:
        _close_of(period, draft)
    for row in tables.get("Cash Report", []):
        if row.content.get("Currency Summary") == "Ending Cash" and "Base" in str(
            row.content.get("Currency")
        ):
            here = draft.report.at(row.table, row.index)
            draft.cash = Fields(row.content, here).number("Total")


def _close_of(period: str, draft: Draft) -> None:
    try:
        last = day(period)
    except ValueError:
        draft.report.at("Statement", "Period").add(f'got "{period}"; use a day in English.')
        return
    draft.notes.assume("prices are those of the close in New York, at 21:00 UTC")
    draft.known(datetime.combine(last, END_OF_DAY, UTC))


def _instruments(rows: list[_Row]) -> dict[object, dict[str, object]]:
    """What the table of instruments says of each symbol."""
    found = {}
    for row in rows:
        stated = {name: row.content.get(column) for name, column in INFORMATION.items()}
        if row.content.get("Asset Category") != "Stocks":
            stated["underlyingSymbol"] = row.content.get("Underlying")
            found[row.content.get("Symbol")] = stated
    return found


def _position(row: _Row, stated: dict[object, dict[str, object]], report: Report) -> Fields:
    """A row in the words of Flex queries."""
    content = dict(stated.get(row.content.get("Symbol"), {}))
    for name, column in NAMES.items():
        if row.content.get(column):
            content[name] = row.content[column]
    category = str(content.get("assetCategory", ""))
    content["assetCategory"] = CATEGORIES.get(category, category)
    return Fields(content, report.at(row.table, row.index))


def _add(fields: Fields, draft: Draft) -> None:
    note_underlying(fields, draft)
    leg = broker_leg(fields, draft)
    if leg is not None:
        draft.legs.append(leg)

"""Flex queries of Interactive Brokers in XML: open positions, cash and account information."""

from datetime import UTC, datetime
from xml.parsers import expat

from margin.files.errors import AccountFileError, Finding, Place, Report
from margin.files.moments import END_OF_DAY as CLOSE
from margin.files.readers.fields import Fields
from margin.files.readers.ibkr import account_rule, broker_leg, note_underlying
from margin.files.readers.leg import Draft

__all__ = ["elements", "read_flex"]

READ = (
    "FlexStatement",
    "AccountInformation",
    "EquitySummaryByReportDateInBase",
    "CashReportCurrency",
    "OpenPosition",
)
"""Elements that are read; all others are left alone."""

SUMMARY_LEVELS = ("", "SUMMARY", "CONTRACT")

Elements = dict[str, list[tuple[int, dict[str, str]]]]
"""Line and attributes of every element, by its tag."""


def elements(text: str, source: str) -> Elements:
    """Line and attributes of every element of a Flex query that is read.

    Parameters
    ----------
    text : str
        The document.
    source : str
        Name of the file, for messages.

    Returns
    -------
    dict
        By tag, in the order of the document.

    Raises
    ------
    AccountFileError
        If it is not well formed, states an entity, or holds no Flex statement.

    Examples
    --------
    >>> from margin.files.readers.ibkr_flex import elements
    >>> elements('<FlexStatement><OpenPosition symbol="ES"/></FlexStatement>', "flex.xml")
    {'FlexStatement': [(1, {})], 'OpenPosition': [(1, {'symbol': 'ES'})]}
    """
    found: Elements = {}
    parser = expat.ParserCreate()

    def started(tag: str, attributes: dict[str, str]) -> None:
        if tag in READ:
            found.setdefault(tag, []).append((parser.CurrentLineNumber, attributes))

    def declared(*_: object) -> None:
        raise ValueError("entities are not read; remove the declaration of the document type")

    parser.StartElementHandler = started
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        complaint = f"not valid XML: {words} (line {error.lineno}, column {error.offset + 1})."
    except ValueError as error:
        complaint = f"not read: {error}."
    else:
        if "FlexStatement" in found:
            return found
        complaint = "no Flex query of Interactive Brokers: it holds no FlexStatement."
    raise AccountFileError(source, [Finding((), complaint)], {})


def read_flex(text: str, source: str) -> tuple[Draft, dict[Place, int]]:
    """What a Flex query says of an account.

    Rows of the level ``SUMMARY`` count; where there are none, single lots are added up.

    Parameters
    ----------
    text : str
        The document.
    source : str
        Name of the file, for messages.

    Returns
    -------
    tuple of Draft and dict
        The draft, and the line of every place.

    Raises
    ------
    AccountFileError
        If the document is no Flex query.

    Examples
    --------
    >>> from margin.files.readers.ibkr_flex import read_flex
    >>> position = '<OpenPosition assetCategory="STK" symbol="ES" position="1" markPrice="268"/>'
    >>> text = f'<FlexStatement accountId="U1" toDate="20261120">{position}</FlexStatement>'
    >>> draft, _ = read_flex(text, "flex.xml")
    >>> draft.name, draft.legs[0].underlying, draft.legs[0].quantity
    ('U1', 'ES', 1.0)
    """
    found = elements(text, source)
    draft = Draft("Interactive Brokers, Flex query")
    lines: dict[Place, int] = {}
    parts = {tag: _fields(tag, rows, draft.report, lines) for tag, rows in found.items()}
    _statement(parts["FlexStatement"], draft)
    rows = parts.get("OpenPosition", [])
    for fields in _counted(rows):
        note_underlying(fields, draft)
        leg = broker_leg(fields, draft)
        if leg is not None:
            draft.legs.append(leg)
    _money(parts, draft)
    return draft, lines


def _fields(
    tag: str, rows: list[tuple[int, dict[str, str]]], report: Report, lines: dict[Place, int]
) -> list[Fields]:
    found = []
    for index, (line, attributes) in enumerate(rows):
        lines[tag, index] = line
        found.append(Fields(attributes, report.at(tag, index)))
    return found


def _statement(rows: list[Fields], draft: Draft) -> None:
    names = {fields.text("accountId") for fields in rows}
    if len(names) > 1:
        rows[1].report.at("accountId").add("a second account begins; query one account at a time.")
    draft.name = rows[0].text("accountId")
    to = rows[0].day("toDate")
    if to is not None and not isinstance(to, datetime):
        draft.notes.assume("prices are those of the close in New York, at 21:00 UTC")
        to = datetime.combine(to, CLOSE, UTC)
    draft.known(to)


def _counted(rows: list[Fields]) -> list[Fields]:
    """Rows that add up to the account: summaries if there are any, else lots."""
    summaries = [
        fields for fields in rows if str(fields.content.get("levelOfDetail", "")) in SUMMARY_LEVELS
    ]
    return summaries or rows


def _money(parts: dict[str, list[Fields]], draft: Draft) -> None:
    """Cash in the base currency, and the kind of the account."""
    for fields in parts.get("AccountInformation", []):
        draft.currency = fields.text("currency") or draft.currency
        draft.rule = account_rule(fields, draft)
    summaries = parts.get("EquitySummaryByReportDateInBase", [])
    dated = [fields for fields in summaries if fields.has("cash")]
    if dated:
        last = max(dated, key=lambda fields: str(fields.content.get("reportDate", "")))
        draft.cash = last.number("cash")
        draft.currency = last.text("currency") or draft.currency
        return
    for fields in parts.get("CashReportCurrency", []):
        if fields.text("currency") == "BASE_SUMMARY":
            draft.cash = fields.number("endingCash")

"""Records of a ``.pa2`` file that hold parameters: each reads one line into the tables."""

from margin.files.span.columns import Columns
from margin.files.span.reading import PriceTerms, Reading, contract_month, one_of
from margin.files.span.tables import RATIOS, SpanKey, SpanScanRecord
from margin.rules.span.charges import InterSpread, MonthTier, OptionStyle, ShortCount, SpreadLeg

__all__ = [
    "read_combined",
    "read_credit",
    "read_currency",
    "read_delivery",
    "read_elsewhere",
    "read_header",
    "read_price",
    "read_scan",
    "read_tiers",
]

PRODUCTS = range(23, 118, 16)
TIERS = range(11, 66, 14)
DELIVERY_MONTHS = (13, 35)
LEGS = range(17, 72, 18)
SPREAD_RECORDS = {"C": "calendar spreads by tier", "E": "calendar spreads by series"}
SIDES = {"A": 1, "B": -1}
STYLES = {"": OptionStyle.PREMIUM, "P": OptionStyle.PREMIUM, "F": OptionStyle.FUTURES}
COUNTS = {"": ShortCount.SUM, "2": ShortCount.SUM, "1": ShortCount.LARGER}
FACTOR_DECIMALS, RATIO_DECIMALS = 7, 4
PERCENT_DECIMALS = 6
"""Percent with four decimals, as a share."""


def read_header(reading: Reading, row: Columns) -> None:
    """Read record 0: clearing organisation, business date, stage and form."""
    tables = reading.tables
    tables.clearing_org, tables.business_date = row.text(3, 8), row.needed(9, 16)
    tables.stage, tables.form = row.text(17, 17), row.text(36, 37)


def read_currency(reading: Reading, row: Columns) -> None:
    """Read record T: what one unit of a currency is in another."""
    reading.tables.rates[row.needed(3, 5), row.needed(7, 9)] = row.decimal(11, 20, 6)


def read_combined(reading: Reading, row: Columns) -> None:
    """Read record 2: currency, option style and products of a combined commodity."""
    known, name = reading.commodity(row, 7, 12), row.needed(7, 12)
    known.currency = row.text(14, 16)
    known.style = one_of(row, 18, STYLES)
    for start in PRODUCTS:
        code = row.text(start, start + 9)
        if code:
            product = row.text(3, 5), code, row.needed(start + 10, start + 12)
            reading.tables.products[product] = name
            sign = -1 if row.text(start + 14, start + 14) == "-" else 1
            reading.array_decimals[product] = sign * row.locator(start + 13, start + 13)


def read_tiers(reading: Reading, row: Columns) -> None:
    """Read record 3: tiers of contract months, and the ratio of initial to maintenance."""
    known = reading.commodity(row, 3, 8)
    known.tiers = tuple(
        MonthTier(
            int(row.decimal(start, start + 1)),
            int(row.decimal(start + 2, start + 7)),
            int(row.decimal(start + 8, start + 13)),
        )
        for start in TIERS
        if row.text(start, start + 13).strip("0 ")
    )
    ratio = row.decimal_or(*RATIOS[reading.layout.account], 3, 0.0)
    known.factor = ratio or 1.0


def read_delivery(reading: Reading, row: Columns) -> None:
    """Read record 4: delivery charges and the short-option minimum."""
    known, name = reading.commodity(row, 3, 8), row.needed(3, 8)
    known.minimum = row.decimal_or(63, 69, 0, 0.0)
    known.count = one_of(row, 79, COUNTS)
    if row.text(9, 10) == "11":
        if row.decimal_or(21, 27, 0, 0.0):
            reading.tables.note(name, "a basis risk charge (record 4, method 11)")
        return
    for start in DELIVERY_MONTHS:
        month = int(row.decimal_or(start + 2, start + 7, 0, 0.0))
        costs = tuple(row.decimal_or(start + k, start + k + 6, 0, 0.0) for k in (8, 15))
        if month and any(costs):
            known.deliveries[month] = costs[0], costs[1]


def read_credit(reading: Reading, row: Columns) -> None:
    """Read record 6: a spread between commodities."""
    odd = row.text(101, 101) == "F" or row.text(122, 122) == "Y" or row.text(102, 109).strip("0 ")
    if odd or row.text(89, 90) == "04" or row.text(110, 110) == "S":
        reading.tables.note("", "spreads between commodities by tier, by leg, flat or by scan")
        return
    legs = [
        SpreadLeg(
            row.needed(start + 4, start + 9),
            row.decimal(start + 10, start + 16, RATIO_DECIMALS),
            one_of(row, start + 17, SIDES),
        )
        for start in LEGS
        if row.text(start + 4, start + 9)
    ]
    spread = InterSpread(tuple(legs), row.decimal(10, 16, PERCENT_DECIMALS))
    reading.tables.credits.append((int(row.decimal(6, 9)), spread))


def read_price(reading: Reading, row: Columns) -> None:
    """Read record P: decimals and contract value of a product."""
    exponent = row.locator(74, 75) * (-1 if row.text(73, 73) == "-" else 1)
    factor = row.decimal(42, 55, FACTOR_DECIMALS) * 10.0**exponent
    price = PriceTerms(row.locator(34, 36), row.locator(37, 39), factor)
    reading.prices[row.text(3, 5), row.needed(6, 15), row.needed(16, 18)] = price


def read_scan(reading: Reading, row: Columns) -> None:
    """Read record B: how the arrays of a contract month were made."""
    key = SpanKey(
        row.text(3, 5),
        row.needed(6, 15),
        row.needed(16, 18),
        contract_month(row, 19),
        expiry=contract_month(row, 28),
    )
    reading.tables.scans[key] = SpanScanRecord(
        volatility=row.decimal_or(37, 44, 6, 0.0),
        vol_range=row.decimal_or(45, 52, 6, 0.0),
        price_range=row.decimal_or(53, 57, 0, 0.0),
        extreme_multiple=row.decimal_or(58, 62, 3, 0.0),
        cover=row.decimal_or(63, 67, 4, 0.0),
        rate=row.decimal_or(68, 72, 4, 0.0),
        years=row.decimal_or(73, 79, 6, 0.0),
        look_ahead_years=row.decimal_or(80, 85, 6, 0.0),
        scaling=row.decimal_or(86, 91, 4, 1.0),
        model=row.text(110, 111),
    )


def read_elsewhere(reading: Reading, row: Columns) -> None:
    """Note a record C or E: calendar spreads, whose columns are not read."""
    record = row.text(1, 2)
    reading.tables.skipped[record] += 1
    reading.tables.note(row.needed(3, 8), f"{SPREAD_RECORDS[record]} (records {record})")

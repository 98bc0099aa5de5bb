"""The state of one reading of a SPAN file in fixed columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from margin.files.span.columns import Columns
from margin.files.span.tables import SpanLayout, SpanTables
from margin.rules.span.charges import MonthTier, OptionStyle, ShortCount

__all__ = ["CommodityTerms", "PriceTerms", "Reading", "contract_month", "one_of"]

Choice = TypeVar("Choice")


@dataclass(slots=True)
class CommodityTerms:
    """What the records of one combined commodity have said so far."""

    currency: str = ""
    style: OptionStyle = OptionStyle.PREMIUM
    tiers: tuple[MonthTier, ...] = ()
    factor: float = 1.0
    minimum: float = 0.0
    count: ShortCount = ShortCount.SUM
    deliveries: dict[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """How prices, strikes and values of one product are written."""

    decimals: int
    strike_decimals: int
    factor: float


@dataclass(slots=True)
class Reading:
    """The state of one reading."""

    source: str
    layout: SpanLayout
    tables: SpanTables = field(default_factory=SpanTables)
    commodities: dict[str, CommodityTerms] = field(default_factory=dict)
    array_decimals: dict[tuple[str, str, str], int] = field(default_factory=dict)
    prices: dict[tuple[str, str, str], PriceTerms] = field(default_factory=dict)
    firsts: dict[str, Columns] = field(default_factory=dict)
    pairs: list[tuple[Columns, Columns]] = field(default_factory=list)

    def commodity(self, row: Columns, first: int, last: int) -> CommodityTerms:
        """The combined commodity that a record names."""
        return self.commodities.setdefault(row.needed(first, last), CommodityTerms())


def contract_month(row: Columns, first: int) -> str:
    """Contract month as 202606, with the day or week behind it if there is one; "" if none."""
    month, day = row.text(first, first + 5), row.text(first + 6, first + 7)
    if not month.strip("0"):
        return ""
    return month + day if day.strip("0") else month


def one_of(row: Columns, column: int, choices: Mapping[str, Choice]) -> Choice:
    """What the code in a column stands for."""
    code = row.text(column, column)
    if code not in choices:
        known = ", ".join(choice or "blank" for choice in choices)
        raise row.error(column, column, f"got {code!r}; use one of {known}")
    return choices[code]

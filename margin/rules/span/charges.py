"""The SPAN requirement from risk arrays and parameters, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.rules.span.array import RiskArray, SpanKind, SpanPosition
from margin.rules.span.commodity import (
    CalendarSpread,
    Delivery,
    InterSpread,
    MonthTier,
    OptionStyle,
    ShortCount,
    SpanCommodity,
    SpreadLeg,
)
from margin.rules.span.spreads import calendar_spreads, credited_spreads, tier_deltas
from margin.rules.span.statement import CommodityRisk, SpanStatement

__all__ = [
    "CalendarSpread",
    "CommodityRisk",
    "Delivery",
    "InterSpread",
    "MonthTier",
    "OptionStyle",
    "RiskArray",
    "ShortCount",
    "SpanBook",
    "SpanCommodity",
    "SpanKind",
    "SpanPosition",
    "SpanStatement",
    "SpreadLeg",
    "counted_shorts",
    "span_requirement",
]

Floats = NDArray[np.float64]

TWIN = (1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 14, 15)
"""The scenario of the same price move and the other volatility move; an extreme one is its own."""


@dataclass(frozen=True, slots=True)
class SpanBook:
    """All positions in one combined commodity, and its parameters.

    Attributes
    ----------
    commodity : SpanCommodity
        Parameters.
    positions : tuple of SpanPosition
        What is held; positions in the same contract are netted.
    price : float
        Price of the underlying, for parameters that are a share of it; 0 if there is none.

    Raises
    ------
    ValueError
        If a parameter is a share of the price and the price is not positive.

    Examples
    --------
    >>> from margin.rules.span.charges import SpanBook, SpanCommodity
    >>> SpanBook(SpanCommodity("A"), ()).positions
    ()
    """

    commodity: SpanCommodity
    positions: tuple[SpanPosition, ...]
    price: float = 0.0

    def __post_init__(self) -> None:
        net: dict[RiskArray, float] = {}
        for held in self.positions:
            net[held.array] = net.get(held.array, 0.0) + held.quantity
        positions = tuple(SpanPosition(array, quantity) for array, quantity in net.items())
        object.__setattr__(self, "positions", positions)
        rates = [spread.rate for spread in self.commodity.calendar]
        if any([*rates, self.commodity.short_option_rate]):
            _check.positive(f"price of {self.commodity.name}", self.price)

    @property
    def losses(self) -> Floats:
        """Loss of all positions together in every scenario, in currency: (16,)."""
        rows = [held.quantity * np.array(held.array.losses) for held in self.positions]
        return np.sum(rows, axis=0) if rows else np.zeros(len(TWIN))

    @property
    def delta(self) -> float:
        """Net scaled composite delta."""
        return sum(held.delta for held in self.positions)

    @property
    def option_value(self) -> float:
        """Value of all options, short ones negative; 0 if they are paid day by day."""
        if self.commodity.style is OptionStyle.FUTURES:
            return 0.0
        return sum(held.quantity * held.array.option_value for held in self.positions)


def span_requirement(
    books: Sequence[SpanBook], credits: Sequence[InterSpread] = ()
) -> SpanStatement:
    """The SPAN requirement of positions in one or several commodities.

    For every commodity ``risk = max(scan + calendar + delivery - credit, minimum)`` with

    - scan risk, the largest loss over sixteen scenarios, and not below 0;
    - calendar spreads by tier and priority, and delivery charges;
    - credit for spreads between commodities, from weighted futures price risk: half the sum of
      the first two losses is time risk; the mean loss of the active scenario and its volatility
      twin (an extreme move is its own), less time risk, is price risk;
    - the short-option minimum, below which no credit goes.

    The total is the sum of the risks less the sum of the net option values, and not below 0.

    Parameters
    ----------
    books : sequence of SpanBook
        One per commodity, all in one currency.
    credits : sequence of InterSpread
        In the order of priority; one that names an absent commodity is not formed.

    Returns
    -------
    SpanStatement

    Raises
    ------
    ValueError
        If a commodity occurs twice, or their currencies differ.

    References
    ----------
    Chicago Mercantile Exchange, *SPAN methodology*.

    Examples
    --------
    >>> from margin.rules.span.array import RiskArray, SpanKind, SpanPosition
    >>> from margin.rules.span.charges import SpanBook, SpanCommodity, span_requirement
    >>> losses = [-100 * third for third in (0, 1, -1, 2, -2, 3, -3) for _ in range(2)]
    >>> future = RiskArray("future", SpanKind.FUTURE, (*losses, -297, 297), 1.0)
    >>> found = span_requirement([SpanBook(SpanCommodity("A"), (SpanPosition(future, 2),))])
    >>> found.maintenance, found.commodities[0].active
    (600.0, 12)
    """
    _refuse_mixture(books)
    active = {book.commodity.name: int(book.losses.argmax()) for book in books}
    deltas = {book.commodity.name: book.delta for book in books}
    price_risk = {
        book.commodity.name: _price_risk(book.losses, active[book.commodity.name]) for book in books
    }
    formed, credit = credited_spreads(deltas, price_risk, credits)
    risks = (_risk(book, active, credit) for book in books)
    return SpanStatement(tuple(risks), tuple(formed))


def counted_shorts(calls: float, puts: float, count: ShortCount) -> float:
    """Short options that the minimum counts, of so many short calls and puts.

    Examples
    --------
    >>> from margin.rules.span.charges import ShortCount, counted_shorts
    >>> counted_shorts(3, 2, ShortCount.SUM), counted_shorts(3, 2, ShortCount.LARGER)
    (5, 3)
    """
    return calls + puts if count is ShortCount.SUM else max(calls, puts)


def _risk(book: SpanBook, active: Mapping[str, int], credit: Mapping[str, float]) -> CommodityRisk:
    """All lines of one commodity."""
    commodity, losses = book.commodity, book.losses
    spreads = calendar_spreads(
        tier_deltas(book.positions, commodity), commodity.calendar, book.price
    )
    delivery = sum(
        each.spread_charge * spreads.used[each.tier]
        + each.outright_charge * spreads.left[each.tier]
        for each in commodity.deliveries
    )
    return CommodityRisk(
        name=commodity.name,
        losses=tuple(losses.tolist()),
        active=active[commodity.name],
        scan=max(0.0, float(losses.max())),
        calendar=sum(spreads.charges),
        delivery=delivery,
        credit=credit[commodity.name],
        minimum=_minimum(book),
        spreads=spreads,
        option_value=book.option_value,
        initial_factor=commodity.initial_factor,
    )


def _minimum(book: SpanBook) -> float:
    """The short-option minimum, in currency."""
    shorts = {
        kind: sum(
            max(0.0, -held.quantity) * held.array.scaling
            for held in book.positions
            if held.array.kind is kind
        )
        for kind in (SpanKind.CALL, SpanKind.PUT)
    }
    commodity = book.commodity
    rate = commodity.short_option_minimum + commodity.short_option_rate * book.price
    return rate * counted_shorts(shorts[SpanKind.CALL], shorts[SpanKind.PUT], commodity.short_count)


def _price_risk(losses: Floats, active: int) -> float:
    """Loss of the active scenario and its volatility twin on average, less time risk."""
    adjusted = 0.5 * (losses[active] + losses[TWIN[active]])
    return max(0.0, float(adjusted - 0.5 * (losses[0] + losses[1])))


def _refuse_mixture(books: Sequence[SpanBook]) -> None:
    """Refuse a commodity that occurs twice, and amounts that cannot be added."""
    names = [book.commodity.name for book in books]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"books must hold a commodity once, got {', '.join(twice)} twice")
    currencies = sorted({book.commodity.currency for book in books} - {""})
    if len(currencies) > 1:
        raise ValueError(f"books must be in one currency, got {', '.join(currencies)}; convert")

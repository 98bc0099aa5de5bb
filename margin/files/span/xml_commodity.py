"""Combined commodities of an XML SPAN file: tiers, spreads, charges and minimum."""

from margin.files.span.element import Element
from margin.files.span.tables import SpanFileError, SpanLayout, SpanTables
from margin.rules.span.charges import (
    CalendarSpread,
    Delivery,
    InterSpread,
    MonthTier,
    OptionStyle,
    ShortCount,
    SpanCommodity,
    SpreadLeg,
)

__all__ = ["commodity_of", "credits_of", "product_links"]

COUNTS = {"": ShortCount.SUM, "GROSS": ShortCount.SUM, "MAX": ShortCount.LARGER}
SIDES = {"A": 1, "B": -1}
FLAT = ("", "F")


def product_links(definition: Element) -> list[tuple[str, str, str]]:
    """The products of a combined commodity: exchange, code and type."""
    return [
        (link.text("exch"), link.needed("pfCode"), link.needed("pfType"))
        for link in definition.all("pfLink")
    ]


def commodity_of(definition: Element, style: OptionStyle, tables: SpanTables) -> SpanCommodity:
    """The parameters of a combined commodity.

    Parameters
    ----------
    definition : Element
        A ``ccDef``.
    style : OptionStyle
        How its options are paid for.
    tables : SpanTables
        Take notes of what is stated and not read.

    Returns
    -------
    SpanCommodity
    """
    name = definition.needed("cc")
    method = definition.text("somMeth").upper()
    if method not in COUNTS:
        raise definition.error(f"<somMeth> is {method!r}; use MAX or GROSS")
    tiers = _tiers(definition, "intraTiers")
    calendar = [_calendar(spread, tiers, name, tables) for spread in _by_priority(definition)]
    deliveries = [_delivery(rate, tiers, name, tables) for rate in definition.all("spotRate")]
    try:
        return SpanCommodity(
            name,
            tuple(tiers),
            tuple(spread for spread in calendar if spread is not None),
            tuple(each for each in deliveries if each is not None),
            short_option_minimum=_minimum(definition, name, tables),
            short_count=COUNTS[method],
            style=style,
            currency=definition.text("currency"),
        )
    except ValueError as reason:
        raise definition.error(str(reason)) from reason


def credits_of(
    spreads: Element, layout: SpanLayout, tables: SpanTables
) -> list[tuple[int, InterSpread]]:
    """Spreads between commodities and their priorities.

    Parameters
    ----------
    spreads : Element
        An ``interSpreads``.
    layout : SpanLayout
        What a credit rate of 1 is.
    tables : SpanTables
        Take notes of what is stated and not read.

    Returns
    -------
    list of (int, InterSpread)
    """
    found = []
    for child in spreads.children:
        if child.tag != "dSpread":
            tables.note("", f"spreads between commodities in <{child.tag}>")
            continue
        legs = tuple(_leg(leg, leg.needed("cc")) for leg in child.all("tLeg"))
        rate = _rate(child) * layout.credit_unit
        try:
            found.append((int(child.number("spread")), InterSpread(legs, rate)))
        except SpanFileError:
            raise
        except ValueError as reason:
            raise child.error(str(reason)) from reason
    return found


def _tiers(definition: Element, tag: str) -> list[MonthTier]:
    """Tiers of contract months; one without months holds all of them."""
    around = definition.first(tag)
    found = []
    for tier in () if around is None else around.all("tier"):
        first, last = tier.text("sPe") or "1", tier.text("ePe") or "999999"
        found.append(MonthTier(int(tier.number("tn")), int(first[:6]), int(last[:6])))
    return found


def _by_priority(definition: Element) -> list[Element]:
    return sorted(definition.all("dSpread"), key=lambda spread: spread.number("spread"))


def _calendar(
    spread: Element, tiers: list[MonthTier], name: str, tables: SpanTables
) -> CalendarSpread | None:
    """A calendar spread with a flat charge, of tiers or of months that get tiers of their own."""
    if spread.text("chargeMeth") not in FLAT:
        tables.note(name, f"calendar spreads charged by method {spread.text('chargeMeth')}")
        return None
    legs = [_leg(leg, int(leg.number("tn"))) for leg in spread.all("tLeg")]
    for leg in spread.all("pLeg"):
        number = _own_tier(tiers, int(leg.needed("pe")[:6]))
        if number is None:
            tables.note(name, "calendar spreads of months among others in their tiers")
            return None
        legs.append(_leg(leg, number))
    try:
        return CalendarSpread(tuple(legs), _rate(spread))
    except SpanFileError:
        raise
    except ValueError as reason:
        raise spread.error(str(reason)) from reason


def _delivery(
    rate: Element, tiers: list[MonthTier], name: str, tables: SpanTables
) -> Delivery | None:
    """Delivery charges of a month, if there are any."""
    costs = rate.number("sprd", 0.0), rate.number("outr", 0.0)
    if not any(costs):
        return None
    month = int(rate.needed("pe")[:6])
    number = _own_tier(tiers, month)
    if number is None:
        tables.note(name, f"a delivery charge of {month}, a month among others in its tier")
        return None
    return Delivery(number, *costs)


def _own_tier(tiers: list[MonthTier], month: int) -> int | None:
    """The tier that holds a month and no other, made if none holds it; None if it has others."""
    tier = next((each for each in tiers if month in each), None)
    if tier is None:
        tier = MonthTier(1 + max((each.number for each in tiers), default=0), month, month)
        tiers.append(tier)
    return tier.number if tier.first == tier.last else None


def _minimum(definition: Element, name: str, tables: SpanTables) -> float:
    """Short-option minimum per option; one that differs by tier is noted."""
    around = definition.first("somTiers")
    rates = [] if around is None else [_rate(tier) for tier in around.all("tier")]
    if len(set(rates)) > 1:
        tables.note(name, "a short-option minimum that differs by tier")
        return 0.0
    return rates[0] if rates else 0.0


def _leg(leg: Element, of: int | str) -> SpreadLeg:
    side = leg.needed("rs")
    if side not in SIDES:
        raise leg.error(f"<rs> is {side!r}; use A or B")
    ratio = leg.number("i", 1.0)
    if ratio <= 0.0:
        raise leg.error(f"<i> is {ratio:g}; use a positive number")
    return SpreadLeg(of, ratio, SIDES[side])


def _rate(element: Element) -> float:
    """The number in the first rate of an element."""
    rate = element.first("rate")
    if rate is None:
        raise element.error("has no <rate>; one is needed")
    return rate.number("val")

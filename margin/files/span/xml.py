"""The XML form of SPAN files, file format 4.

Elements that the notes on the format name, and those that a public reader's types name, are read;
the numbers of one rate element are taken, the first.
"""

from margin.files.span.element import Element, parse_elements
from margin.files.span.tables import (
    SpanFileError,
    SpanKey,
    SpanLayout,
    SpanScanRecord,
    SpanTables,
)
from margin.files.span.xml_commodity import commodity_of, credits_of, product_links
from margin.rules.span.charges import OptionStyle, RiskArray, SpanKind

__all__ = ["parse_xml"]

PORTFOLIOS = {"futPf": "FUT", "phyPf": "PHY", "cmbPf": "CMB", "equityPf": "EQT"}
OPTIONS = {"oofPf": "OOF", "oopPf": "OOP", "oocPf": "OOC", "ooePf": "OOE"}
CONTRACTS = ("fut", "phy", "cmb", "equity")
RIGHTS = {"C": SpanKind.CALL, "P": SpanKind.PUT}
KNOWN = {*PORTFOLIOS, *OPTIONS, "exch", "name"}

Months = dict[tuple[str, str], str]


def parse_xml(content: bytes, source: str, layout: SpanLayout) -> SpanTables:
    """The tables of a file in XML.

    Parameters
    ----------
    content : bytes
        The file.
    source : str
        Its name, for errors.
    layout : SpanLayout
        What the format leaves open.

    Returns
    -------
    SpanTables

    Raises
    ------
    SpanFileError
        If it is no XML of this kind, or an element that is needed is missing or no number.
    """
    root = parse_elements(content, source)
    if root.tag != "spanFile":
        raise root.error("is not <spanFile>; use a SPAN file of format 4")
    tables = SpanTables(form=root.text("fileFormat"))
    points = list(root.all("pointInTime"))
    if len(points) != 1:
        raise root.error(f"holds {len(points)} <pointInTime>; one is read")
    tables.business_date = points[0].needed("date")
    tables.stage = "S" if points[0].text("isSetl") == "1" else "I"
    for house in points[0].all("clearingOrg"):
        _read_house(house, tables, layout)
    return tables


def _read_house(house: Element, tables: SpanTables, layout: SpanLayout) -> None:
    """Everything of one clearing organisation."""
    tables.clearing_org = house.text("ec")
    for rate in house.all("curConv"):
        tables.rates[rate.needed("fromCur"), rate.needed("toCur")] = rate.number("factor")
    futures_style = _futures_style(house)
    for definition in house.all("ccDef"):
        name = definition.needed("cc")
        links = product_links(definition)
        tables.products.update(dict.fromkeys(links, name))
        daily = any(link in futures_style for link in links)
        style = OptionStyle.FUTURES if daily else OptionStyle.PREMIUM
        tables.commodities[name] = commodity_of(definition, style, tables)
    for spreads in house.all("interSpreads"):
        tables.credits += credits_of(spreads, layout, tables)
    for exchange in house.all("exchange"):
        _read_exchange(exchange, tables)


def _futures_style(house: Element) -> set[tuple[str, str, str]]:
    """Option products that are paid for day by day."""
    return {
        (exchange.text("exch"), portfolio.needed("pfCode"), OPTIONS[portfolio.tag])
        for exchange in house.all("exchange")
        for portfolio in exchange.all(*OPTIONS)
        if portfolio.text("valueMeth").startswith("FUT")
    }


def _read_exchange(exchange: Element, tables: SpanTables) -> None:
    """Risk arrays of one exchange."""
    name = exchange.text("exch")
    months: Months = {}
    for portfolio in exchange.all(*PORTFOLIOS):
        product = name, portfolio.needed("pfCode"), PORTFOLIOS[portfolio.tag]
        for contract in portfolio.all(*CONTRACTS):
            months[portfolio.text("pfId"), contract.text("cId")] = contract.text("pe")
            key = SpanKey(*product, contract.text("pe"))
            _store(tables, key, SpanKind.FUTURE, (contract, portfolio))
    for portfolio in exchange.all(*OPTIONS):
        product = name, portfolio.needed("pfCode"), OPTIONS[portfolio.tag]
        for series in portfolio.all("series"):
            _read_series(tables, product, (series, portfolio), months)
    for child in exchange.children:
        if child.tag not in KNOWN:
            tables.skipped[child.tag] += 1


def _read_series(
    tables: SpanTables,
    product: tuple[str, str, str],
    nest: tuple[Element, Element],
    months: Months,
) -> None:
    """All options of one expiry; their deltas count in the month of what they are on."""
    series, portfolio = nest
    under = series.first("undC")
    month = "" if under is None else months.get((under.text("pfId"), under.text("cId")), "")
    for option in series.all("opt"):
        right = option.needed("o")
        if right not in RIGHTS:
            raise option.error(f"<o> is {right!r}; use C or P")
        key = SpanKey(*product, month, right, series.needed("pe"), option.number("k"))
        _store(tables, key, RIGHTS[right], (option, series, portfolio))


def _store(tables: SpanTables, key: SpanKey, kind: SpanKind, nest: tuple[Element, ...]) -> None:
    """The risk array of a contract; what it does not state, the elements around it do."""
    contract = nest[0]
    array = contract.first("ra")
    if array is None:
        tables.skipped[f"{contract.tag} without ra"] += 1
        return
    if key in tables.arrays:
        raise contract.error(f"{key} stands twice")
    losses = [_value(each) for each in array.all("a")]
    try:
        tables.arrays[key] = RiskArray(
            name=" ".join(filter(None, (key.code, key.month, key.expiry, _strike(key)))),
            kind=kind,
            losses=tuple(losses),
            composite_delta=array.number("d"),
            price=contract.number("p"),
            value_factor=_inherited(nest, "cvf"),
            month=int((key.month or key.expiry)[:6] or 0),
            scaling=_inherited(nest, "sc"),
        )
    except SpanFileError:
        raise
    except ValueError as reason:
        raise array.error(str(reason)) from reason
    _store_scan(tables, key, nest)


def _store_scan(tables: SpanTables, key: SpanKey, nest: tuple[Element, ...]) -> None:
    """Scan ranges that stand in the contract or in the elements around it."""
    around = next((each for each in nest if each.first("scanRate")), None)
    if around is None:
        return
    rates = around.first("scanRate")
    assert rates is not None  # it was looked for
    interest = around.first("intrRate")
    tables.scans[key] = SpanScanRecord(
        volatility=nest[0].number("v", 0.0),
        vol_range=rates.number("volScan", 0.0),
        price_range=rates.number("priceScan", 0.0),
        rate=0.0 if interest is None else interest.number("val", 0.0),
        years=around.number("t", 0.0),
        scaling=_inherited(nest, "sc"),
    )


def _inherited(nest: tuple[Element, ...], tag: str) -> float:
    """A number of the innermost element that states it; 1 if none does."""
    return next((each.number(tag) for each in nest if each.text(tag)), 1.0)


def _value(element: Element) -> float:
    try:
        return float(element.content)
    except ValueError:
        raise element.error(f"is {element.content.strip()!r}; use a number") from None


def _strike(key: SpanKey) -> str:
    return f"{key.strike:g}{key.right}" if key.right else ""

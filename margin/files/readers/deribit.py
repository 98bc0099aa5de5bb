"""Answers of Deribit: positions, account summaries, tickers, instruments; wrapped or bare."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from margin.files.explain import show
from margin.files.readers.deribit_balances import balances
from margin.files.readers.fields import Fields
from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Draft, Kind, Leg, PriceSource
from margin.files.readers.names import ContractName, contract_name
from margin.files.readers.records import maps, records
from margin.instrument import Settlement
from pdesolve import Exercise

__all__ = ["is_deribit", "read_deribit"]

RECORDS = {
    "position": ("instrument_name", "size"),
    "summary": ("currency", "equity", "margin_balance"),
    "instrument": ("instrument_name", "expiration_timestamp"),
    "ticker": ("instrument_name", "mark_price"),
}
"""Fields that show what a record of Deribit is."""

DIRECTIONS = {"buy": 1.0, "sell": -1.0, "zero": 0.0}
STAMPS = ("timestamp", "creation_timestamp", "usOut")


@dataclass(frozen=True, slots=True)
class _Position:
    """A position and the currency in which it is margined."""

    leg: Leg
    currency: str


def is_deribit(tree: Any) -> bool:
    """Whether a tree holds a position, a summary or a ticker of Deribit.

    Parameters
    ----------
    tree : object
        Maps and lists in one another.

    Returns
    -------
    bool

    Examples
    --------
    >>> from margin.files.readers.deribit import is_deribit
    >>> is_deribit({"result": [{"instrument_name": "BTC-PERPETUAL", "size": 10}]})
    True
    """
    keys = [set(names) for names in RECORDS.values()]
    return any(content.keys() >= names for _, content in maps(tree) for names in keys)


def read_deribit(tree: Any, defaults: Defaults) -> Draft:
    """What answers of Deribit say of an account.

    Any number of answers may lie in one another, in lists or maps; they are told by their fields.
    An answer's wrapping and the unified fields of ccxt, whose ``info`` is such an answer, are
    left alone.

    Parameters
    ----------
    tree : object
        Maps and lists in one another.
    defaults : Defaults
        Its currency chooses among currencies that are margined apart.

    Returns
    -------
    Draft

    Examples
    --------
    >>> from margin.files.readers.deribit import read_deribit
    >>> from margin.files.readers.imported import Defaults
    >>> answer = {"result": [{"instrument_name": "BTC-PERPETUAL", "size": -60, "direction": "sell",
    ...     "average_price": 47_182.76, "mark_price": 45_837.07, "index_price": 45_800.0}]}
    >>> draft = read_deribit(answer, Defaults())
    >>> draft.currency, draft.legs[0].quantity
    ('BTC', -60.0)
    """
    draft = Draft("Deribit")
    found = records(tree, RECORDS, draft.report)
    for place, content in maps(tree):
        fields = Fields(content, draft.report.at(*place))
        for stamp in STAMPS:
            if isinstance(content.get(stamp), int | float):
                draft.known(fields.day(stamp))
    quotes = _quotes(found["ticker"], draft)
    positions = [_position(fields, quotes, draft) for fields in found["position"]]
    held = [position for position in positions if position is not None]
    draft.legs = [one.leg for one in held]
    chosen = balances(found["summary"], {one.currency for one in held}, draft, defaults)
    draft.legs = [one.leg for one in held if chosen is None or one.currency in chosen]
    names = {leg.underlying for leg in draft.legs}
    marked = {fields.text("instrument_name") for fields in found["position"]}
    draft.quotes = [
        leg for name, leg in quotes.items() if leg.underlying in names and name not in marked
    ]
    _count_equity(draft)
    return draft


def _name(fields: Fields) -> ContractName | None:
    """What the instrument's name states; a name of no known form is reported."""
    text = fields.text("instrument_name")
    if text is None:
        return None
    try:
        found = contract_name(text)
    except ValueError as error:
        fields.report.at("instrument_name").add(f"{error}.")
        return None
    if found is None or found.currency is None:
        fields.report.at("instrument_name").add(
            f"got {show(text)}; use an option, a future or a perpetual, such as "
            "BTC-27SEP24-40000-C, BTC-27SEP24 or BTC-PERPETUAL."
        )
        return None
    return found


def _quotes(tickers: list[Fields], draft: Draft) -> dict[str, Leg]:
    """Contracts that are quoted, by name; prices and forwards go to the draft."""
    quotes = {}
    for fields in tickers:
        name = _name(fields)
        if name is None:
            continue
        draft.price(name.underlying, fields.positive("index_price", "estimated_delivery_price"))
        if isinstance(name.expiry, datetime):
            forward = fields.positive("underlying_price")
            if name.kind is Kind.FUTURE:
                forward = fields.positive("mark_price")
            draft.forward(name.underlying, name.expiry, forward)
        leg = _leg(name, fields, quantity=0.0)
        if name.kind is Kind.OPTION:
            quotes[str(fields.text("instrument_name"))] = replace(
                leg, vol=fields.percent("mark_iv")
            )
    return quotes


def _leg(name: ContractName, fields: Fields, *, quantity: float) -> Leg:
    return Leg(
        fields.report,
        name.kind,
        name.underlying,
        quantity,
        multiplier=1.0,
        right=name.right,
        strike=name.strike,
        expiry=name.expiry,
        style=Exercise.EUROPEAN,
        settle=name.settle,
        mark=fields.positive("mark_price"),
    )


def _position(fields: Fields, quotes: dict[str, Leg], draft: Draft) -> _Position | None:
    if fields.content.get("kind") == "spot" or not fields.content.get("size"):
        return None  # coins held stand in the summaries; closed positions have no size
    name = _name(fields)
    quantity = _quantity(name, fields)
    if name is None or quantity is None or name.currency is None:
        return None
    index = fields.positive("index_price")
    draft.price(name.underlying, index)
    leg = replace(_leg(name, fields, quantity=quantity), entry=fields.positive("average_price"))
    if name.kind is Kind.OPTION:
        quote = quotes.get(str(fields.text("instrument_name")))
        if quote is not None:
            leg = replace(leg, vol=quote.vol, mark=leg.mark or quote.mark)
    elif isinstance(name.expiry, datetime):
        draft.forward(name.underlying, name.expiry, leg.mark)
        draft.price(name.underlying, leg.mark, PriceSource.FUTURE)
    else:
        draft.price(name.underlying, leg.mark, PriceSource.PERPETUAL)
    return _Position(leg, name.currency)


def _quantity(name: ContractName | None, fields: Fields) -> float | None:
    """Signed contracts of one coin, or of one dollar for inverse futures."""
    size = fields.needed("size")
    linear = name is not None and name.kind is not Kind.OPTION and name.settle is Settlement.CASH
    if linear and fields.has("size_currency"):
        size = fields.number("size_currency")
    sign = fields.word("direction", DIRECTIONS)
    if size is None or not isinstance(sign, float) or sign * size >= 0.0:
        return size
    fields.report.at("direction").add(
        f"got {show(fields.content['direction'])} with a size of {size:g}; a long position has a "
        "positive size, a short one a negative."
    )
    return None


def _count_equity(draft: Draft) -> None:
    """Equity holds the value of options, which the account counts by itself."""
    if draft.equity is None:
        return
    for leg in draft.legs:
        if leg.kind is Kind.OPTION:
            if leg.mark is None:
                leg.report.at("mark_price").add("missing; the equity of the account needs it.")
            draft.equity -= leg.quantity * (leg.mark or 0.0)

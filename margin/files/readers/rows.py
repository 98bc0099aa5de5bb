"""Rows of positions, from a spreadsheet or a data frame."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from margin.files.errors import Report
from margin.files.explain import show
from margin.files.moments import END_OF_DAY, resolved
from margin.files.readers.columns import meanings, renamed
from margin.files.readers.fields import Fields
from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Draft, Kind, Leg, PriceSource
from margin.files.readers.names import RIGHTS, ContractName, contract_name
from margin.instrument import Settlement
from margin.market import HIGHEST_VOLATILITY
from pdesolve import Exercise, Right

__all__ = ["CASH", "is_position_table", "read_rows"]

CASH = "cash"
"""The kind of a row that holds money: its quantity is the amount."""

KINDS: dict[str, object] = {
    "option": Kind.OPTION,
    "options": Kind.OPTION,
    "opt": Kind.OPTION,
    "equity option": Kind.OPTION,
    "index option": Kind.OPTION,
    "future": Kind.FUTURE,
    "futures": Kind.FUTURE,
    "fut": Kind.FUTURE,
    "perpetual": Kind.PERPETUAL,
    "perp": Kind.PERPETUAL,
    "swap": Kind.PERPETUAL,
    "spot": Kind.SPOT,
    "stock": Kind.SPOT,
    "stk": Kind.SPOT,
    "share": Kind.SPOT,
    "equity": Kind.SPOT,
    "etf": Kind.SPOT,
    "crypto": Kind.SPOT,
    CASH: CASH,
}
STYLES = {style.value: style for style in Exercise} | {
    "a": Exercise.AMERICAN,
    "e": Exercise.EUROPEAN,
}
SETTLEMENTS = {settle.value: settle for settle in Settlement}
SIDES = {"long": 1.0, "buy": 1.0, "b": 1.0, "l": 1.0, "short": -1.0, "sell": -1.0, "s": -1.0}


def is_position_table(columns: Sequence[str]) -> bool:
    """Whether columns of these names hold positions.

    Parameters
    ----------
    columns : sequence of str
        Their names.

    Returns
    -------
    bool

    Examples
    --------
    >>> from margin.files.readers.rows import is_position_table
    >>> is_position_table(["symbol", "qty"]), is_position_table(["strike", "bid", "ask"])
    (True, False)
    """
    found = meanings(columns, Report())
    return "quantity" in found and ("symbol" in found or "underlying" in found)


def read_rows(rows: Sequence[Mapping[str, object]], defaults: Defaults, format: str) -> Draft:
    """What a table of positions says of an account.

    A row holds an option if it has a right or a strike, a future if it has an expiry alone, and
    the underlying itself otherwise, unless its ``kind`` says so; a row of the kind ``cash`` holds
    money.  A symbol states underlying, expiry, right and strike if it is an OSI symbol or the
    name of a contract of a coin venue.

    Parameters
    ----------
    rows : sequence of mapping
        Values by column.
    defaults : Defaults
        Its currency is that of rows that state none.
    format : str
        What the table is.

    Returns
    -------
    Draft

    Examples
    --------
    >>> from margin.files.readers.imported import Defaults
    >>> from margin.files.readers.rows import read_rows
    >>> rows = [{"Symbol": "AAPL  270115C00280000", "Qty": "-2", "Price": "9.4"}]
    >>> leg = read_rows(rows, Defaults(), "positions").legs[0]
    >>> leg.underlying, leg.strike, leg.quantity, leg.mark
    ('AAPL', 280.0, -2.0, 9.4)
    """
    draft = Draft(format)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    found = meanings(columns, draft.report)
    if not is_position_table(columns):
        draft.report.at("columns").add(
            "a table of positions needs the columns quantity and symbol, or quantity, underlying, "
            "right, strike and expiry. A table of quotes is read by margin.chain_market."
        )
    unread = [str(name) for name in columns if name not in found.values()]
    if unread:
        draft.notes.assume(f"columns not read: {', '.join(unread[:10])}")
    if draft.report.findings:
        return draft
    currencies: set[str] = set()
    for index, row in enumerate(rows):
        fields = Fields(renamed(row, found), draft.report.at("rows", index))
        if any(fields.has(name) for name in found):
            _read(fields, draft, currencies)
    _settle_currency(currencies, draft, defaults)
    return draft


def _read(fields: Fields, draft: Draft, currencies: set[str]) -> None:
    """One row, which grows the draft."""
    stamp = fields.day("asof")
    if stamp is not None:
        draft.known(resolved(stamp))
        if not isinstance(stamp, datetime):
            draft.notes.assume(f"a day without a time of day is valued at {END_OF_DAY:%H:%M} UTC")
    draft.name = draft.name or fields.text("account")
    currency = fields.text("currency")
    currencies |= {currency.upper()} if currency else set()
    kind = fields.word("kind", KINDS)
    quantity = _signed(fields)
    if kind == CASH:
        draft.cash = (draft.cash or 0.0) + (quantity or 0.0)
        return
    name = _name(fields)
    leg = None if quantity is None or name is None else _leg(fields, name, quantity, kind=kind)
    if leg is None or not leg.quantity:
        return
    _note_prices(leg, fields, draft)
    if name is not None and name.settle is Settlement.INVERSE:
        currencies |= {leg.underlying}
    draft.legs.append(leg)


def _signed(fields: Fields) -> float | None:
    quantity, side = fields.needed("quantity"), fields.word("side", SIDES)
    if quantity is None or not isinstance(side, float):
        return quantity
    if side * quantity < 0.0 and side > 0.0:
        fields.report.at("side").add(
            f"got {show(fields.content['side'])} with a quantity of {quantity:g}; they disagree."
        )
        return None
    return side * abs(quantity)


def _name(fields: Fields) -> ContractName | None:
    """What symbol and underlying state; None with a finding if neither says anything."""
    symbol, underlying = fields.text("symbol"), fields.text("underlying")
    try:
        stated = contract_name(symbol) if symbol else None
    except ValueError as error:
        fields.report.at("symbol").add(f"got {show(symbol)}: {error}.")
        return None
    if stated is not None:
        return replace(stated, underlying=underlying or stated.underlying)
    name = underlying or symbol
    if name is None:
        fields.report.at("underlying").add("missing; give the underlying, or a symbol.")
        return None
    return ContractName(Kind.SPOT, name.upper())


def _right(fields: Fields) -> Right | None:
    """From its own column, or from one called type that holds calls and puts."""
    found = fields.word("right", RIGHTS)
    if found is None and str(fields.content.get("type")).strip().lower() in RIGHTS:
        found = fields.word("type", RIGHTS)
    return found if isinstance(found, Right) else None


def _leg(fields: Fields, name: ContractName, quantity: float, *, kind: object) -> Leg | None:
    right = name.right or _right(fields)
    strike = name.strike or fields.positive("strike")
    expiry = name.expiry or fields.day("expiry")
    what = kind if isinstance(kind, Kind) else _kind(fields, name, right, strike)
    style, settle = fields.word("style", STYLES), fields.word("settle", SETTLEMENTS)
    leg = Leg(
        fields.report,
        what,
        name.underlying,
        quantity,
        multiplier=_multiplier(fields, name),
        expiry=expiry,
        settle=settle if isinstance(settle, Settlement) else name.settle,
        mark=_mark(fields),
        vol=_volatility(fields),
        entry=fields.positive("entry"),
    )
    if what is not Kind.OPTION:
        return replace(leg, expiry=None) if what is not Kind.FUTURE else leg
    for field, value in (("right", right), ("strike", strike), ("expiry", expiry)):
        if value is None and not fields.has(field):
            fields.report.at(field).add("missing; an option needs right, strike and expiry.")
    if right is None or strike is None or expiry is None:
        return None
    style = style if isinstance(style, Exercise) else None
    return replace(leg, right=right, strike=strike, style=style)


def _multiplier(fields: Fields, name: ContractName) -> float | None:
    """Contracts that a coin venue names are on one coin, or one dollar."""
    stated = fields.positive("multiplier")
    return stated or (1.0 if name.currency is not None else None)


def _kind(fields: Fields, name: ContractName, right: Right | None, strike: float | None) -> Kind:
    """What a row holds that does not say so."""
    word = str(fields.content.get("type")).strip().lower()
    stated = KINDS.get(word)
    if isinstance(stated, Kind):
        return stated
    if right is not None or strike is not None:
        return Kind.OPTION
    if name.kind is not Kind.SPOT:
        return name.kind
    return Kind.FUTURE if fields.has("expiry") else Kind.SPOT


def _mark(fields: Fields) -> float | None:
    mark, bid, ask = (fields.positive(name) for name in ("mark", "bid", "ask"))
    if mark is not None or bid is None or ask is None:
        return mark
    return 0.5 * (bid + ask) if bid <= ask else None


def _volatility(fields: Fields) -> float | None:
    percent, vol = fields.percent("vol_percent"), fields.positive("vol")
    if vol is None or vol <= HIGHEST_VOLATILITY:
        return vol or percent
    fields.report.at("vol").add(
        f"got {vol:g}, which looks like percent ({100.0 * vol:g} %); write {vol / 100.0:g}, or "
        "call the column vol_percent."
    )
    return None


def _note_prices(leg: Leg, fields: Fields, draft: Draft) -> None:
    """Prices of the underlying: stated, or that at which it is held or its future is marked."""
    spot, forward = fields.positive("spot"), fields.positive("forward")
    rate, dividend_yield = fields.number("rate"), fields.number("dividend_yield")
    draft.rate = rate if rate is not None else draft.rate
    draft.dividend_yield = dividend_yield if dividend_yield is not None else draft.dividend_yield
    draft.price(leg.underlying, spot)
    sources = {Kind.PERPETUAL: PriceSource.PERPETUAL, Kind.FUTURE: PriceSource.FUTURE}
    if leg.kind is Kind.SPOT:
        draft.price(leg.underlying, leg.mark)
    elif leg.kind in sources:
        draft.price(leg.underlying, leg.mark, sources[leg.kind])
    if forward is not None and isinstance(leg.expiry, datetime):
        draft.forward(leg.underlying, leg.expiry, forward)
        draft.price(leg.underlying, forward, PriceSource.FORWARD)
    elif forward is not None:
        draft.price(leg.underlying, forward)
        draft.notes.assume("the column of the underlying's price is its spot", leg.underlying)


def _settle_currency(currencies: set[str], draft: Draft, defaults: Defaults) -> None:
    if len(currencies) > 1:
        draft.report.at("columns").add(
            f"rows pay in {' and '.join(sorted(currencies))}; write one account per file."
        )
    draft.currency = next(iter(currencies), defaults.currency)
    if draft.currency is None:
        draft.notes.assume("the currency is USD")

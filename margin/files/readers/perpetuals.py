"""Positions and balances of venues for perpetuals."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from margin.files.explain import one_of
from margin.files.readers.conventions import DOLLARS
from margin.files.readers.fields import Fields
from margin.files.readers.house_rules import FLAT_RATE, flat_rule
from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Draft, Kind, Leg, PriceSource
from margin.files.readers.perpetual_names import coin_of, is_inverse
from margin.files.readers.records import maps, records
from margin.files.readers.venues import Venue
from margin.instrument import Settlement
from margin.rules import PerpetualRule

__all__ = ["read_perpetuals"]


SIDES = {"buy": 1.0, "sell": -1.0, "long": 1.0, "short": -1.0, "net": 0.0, "both": 0.0}
SIDE_FIELDS = ("side", "posSide", "positionSide")


def read_perpetuals(tree: Any, venue: Venue, defaults: Defaults) -> Draft:
    """What the answers of a venue for perpetuals say of an account.

    Parameters
    ----------
    tree : object
        Maps and lists in one another.
    venue : Venue
        How it writes them.
    defaults : Defaults
        Its currency chooses among coins that are margined apart.

    Returns
    -------
    Draft

    Examples
    --------
    >>> from margin.files.readers.imported import Defaults
    >>> from margin.files.readers.perpetuals import read_perpetuals
    >>> from margin.files.readers.venues import venue_of
    >>> answer = [{"symbol": "BTCUSDT", "positionAmt": "-0.1", "entryPrice": "50000",
    ...     "markPrice": "51000"}]
    >>> draft = read_perpetuals(answer, venue_of(answer), Defaults())
    >>> draft.legs[0].underlying, draft.legs[0].quantity
    ('BTC', -0.1)
    """
    draft = Draft(venue.name)
    wanted = {"account": venue.account, "position": venue.position}
    found = records(tree, {kind: keys for kind, keys in wanted.items() if keys}, draft.report)
    _stamp(tree, venue, draft)
    held = [leg for fields in found["position"] if (leg := _leg(fields, venue, draft))]
    draft.currency = _currency(held, draft, defaults)
    draft.legs = [leg for leg in held if _pays_in(leg) == draft.currency]
    draft.name = venue.name
    _cash(found.get("account", []), venue, draft)
    rate = _rate(found["position"], venue)
    if rate is None:
        draft.notes.assume(f"maintenance is {FLAT_RATE:g} of the notional")
    else:
        draft.notes.assume(f"maintenance is {rate:.6g} of the notional, as for all positions now")
    draft.rule = defaults.rule or _rule(draft, rate or FLAT_RATE)
    return draft


def _rule(draft: Draft, rate: float) -> PerpetualRule:
    """One rate; what is needed for all coins but the largest position's does not move."""
    notionals: dict[str, float] = {}
    for leg in draft.legs:
        price = leg.mark or leg.entry or 0.0
        worth = abs(leg.quantity) * (leg.multiplier or 1.0) * price
        notionals[leg.underlying] = notionals.get(leg.underlying, 0.0) + worth
    rule = flat_rule(rate, f"{draft.format}, one rate")
    if len(notionals) < 2:
        return rule
    largest = max(notionals, key=lambda coin: notionals[coin])
    others = rate * (sum(notionals.values()) - notionals[largest])
    draft.notes.warn(
        f"the rule holds while {largest} moves: {others:.10g} is needed for the others, fixed"
    )
    return replace(rule, other_maintenance=others)


def _stamp(tree: Any, venue: Venue, draft: Draft) -> None:
    for place, content in maps(tree):
        for stamp in venue.stamps:
            fields = Fields(content, draft.report.at(*place))
            if fields.content.get(stamp) not in (None, "", 0, "0"):
                text = content[stamp]
                number = int(text) if isinstance(text, str) and text.isdigit() else text
                draft.known(Fields({stamp: number}, fields.report).day(stamp))


def _leg(fields: Fields, venue: Venue, draft: Draft) -> Leg | None:
    """A position; None if it is closed or cannot be read."""
    size = fields.needed(venue.size)
    symbol = fields.text(venue.symbol)
    if not size or symbol is None:
        return None
    coin = coin_of(symbol)
    if coin is None:
        fields.report.at(venue.symbol).add(
            f'got "{symbol}"; only perpetuals are read from {venue.name}, such as BTCUSDT.'
        )
        return None
    sign = next((fields.word(name, SIDES) for name in SIDE_FIELDS if fields.has(name)), None)
    if isinstance(sign, float) and sign:
        size = sign * abs(size)
    settle = Settlement.INVERSE if is_inverse(symbol) else Settlement.CASH
    mark = _mark(fields, venue, size)
    entry = fields.positive(venue.entry)
    if entry is None and not fields.has(venue.entry):
        fields.report.at(venue.entry).add("missing; give a positive number.")
    draft.price(coin, mark, PriceSource.PERPETUAL)
    draft.price(coin, entry if mark is None else None, PriceSource.ENTRY)
    multiplier = _units(fields, venue, draft, size=size, mark=mark, settle=settle)
    return Leg(
        fields.report,
        Kind.PERPETUAL,
        coin,
        size,
        multiplier=multiplier,
        settle=settle,
        mark=mark,
        entry=entry,
    )


def _mark(fields: Fields, venue: Venue, size: float) -> float | None:
    if venue.mark:
        return fields.positive(venue.mark)
    worth = fields.positive(venue.notional) if venue.notional else None
    return worth / abs(size) if worth else None


def _units(
    fields: Fields,
    venue: Venue,
    draft: Draft,
    *,
    size: float,
    mark: float | None,
    settle: Settlement,
) -> float:
    """Coins per contract, or dollars per inverse contract."""
    if not venue.per_contract:
        return 1.0
    worth = fields.positive(venue.notional)
    if worth is None or mark is None:
        draft.notes.warn("one contract is taken to be one unit", str(fields.text(venue.symbol)))
        return 1.0
    return worth / abs(size) / (1.0 if settle is Settlement.INVERSE else mark)


def _currency(held: list[Leg], draft: Draft, defaults: Defaults) -> str | None:
    """USD for linear contracts, the coin for inverse ones."""
    choices = {_pays_in(leg) for leg in held}
    if defaults.currency in choices or len(choices) < 2:
        return defaults.currency if defaults.currency in choices else next(iter(choices), "USD")
    draft.report.at("currency").add(
        f"{one_of(sorted(choices))} are margined apart; choose one by Defaults(currency=...) to "
        "margin.files.load."
    )
    return None


def _pays_in(leg: Leg) -> str:
    return leg.underlying if leg.settle is Settlement.INVERSE else "USD"


def _cash(rows: list[Fields], venue: Venue, draft: Draft) -> None:
    if not rows:
        return
    inner: Mapping[str, object] = rows[0].content
    summary = inner.get("crossMarginSummary")
    fields = rows[0]
    if isinstance(summary, dict):
        fields = Fields(summary, fields.report.at("crossMarginSummary"))
    if draft.currency not in DOLLARS:
        draft.notes.warn("the balance is in dollars and does not count in a coin account")
    elif venue.cash:
        draft.cash = fields.needed(*venue.cash)
    else:
        draft.equity = fields.needed(*venue.equity)


def _rate(rows: list[Fields], venue: Venue) -> float | None:
    """Maintenance over notional of all positions together."""
    if venue.rate:
        rates = [rate for fields in rows if (rate := fields.positive(venue.rate))]
        return max(rates) if rates and max(rates) < 1.0 else None
    needed = worth = 0.0
    for fields in rows:
        part = fields.positive(venue.maintenance) if venue.maintenance else None
        whole = fields.number(venue.notional) if venue.notional else None
        if part and whole:
            needed, worth = needed + part, worth + abs(whole)
    return needed / worth if 0.0 < needed < worth else None

"""Positions as Interactive Brokers states them, in Flex queries and in statements."""

from margin.files.explain import show
from margin.files.readers.conventions import INDEX_ROOTS
from margin.files.readers.fields import Fields
from margin.files.readers.leg import Draft, Kind, Leg, PriceSource
from margin.files.readers.names import RIGHTS, ContractName, contract_name
from margin.instrument import Settlement
from margin.rules import STRATEGY_EQUITY, TEN_POINT_EQUITY, Rule
from pdesolve import Exercise, Right

__all__ = ["account_rule", "broker_leg", "note_underlying"]

CATEGORIES = {
    "STK": Kind.SPOT,
    "FUND": Kind.SPOT,
    "CRYPTO": Kind.SPOT,
    "FUT": Kind.FUTURE,
    "OPT": Kind.OPTION,
    "FOP": Kind.OPTION,
    "FSFOP": Kind.OPTION,
    "FSOPT": Kind.OPTION,
}
"""Asset categories that are read, in the codes of Flex queries."""

PORTFOLIO, REG_T = "portfolio", ("margin", "reg t")
SIDES = {"long": 1.0, "short": -1.0}


def broker_leg(fields: Fields, draft: Draft) -> Leg | None:
    """A row of open positions as a leg.

    Parameters
    ----------
    fields : Fields
        The attributes of ``OpenPosition``.
    draft : Draft
        Grows by what is assumed.

    Returns
    -------
    Leg or None
        None with a finding if the row cannot be read, and without one for cash balances.
    """
    category = str(fields.content.get("assetCategory", "")).strip().upper()
    kind = CATEGORIES.get(category)
    if kind is None:
        fields.report.at("assetCategory").add(
            f"got {show(fields.content.get('assetCategory'))}; only shares, futures and options "
            f"({', '.join(CATEGORIES)}) are read. Leave it out of the query."
        )
        return None
    quantity = _signed(fields)
    underlying = _underlying(fields, kind)
    if quantity is None or underlying is None:
        return None
    mark = fields.positive("markPrice")
    multiplier = _in_base(fields, draft, fields.positive("multiplier"))
    leg = Leg(fields.report, kind, underlying, quantity, multiplier=multiplier, mark=mark)
    if kind is Kind.OPTION:
        return _option(leg, fields, draft, category)
    return _future(leg, fields, draft) if kind is Kind.FUTURE else leg


def _signed(fields: Fields) -> float | None:
    quantity = fields.needed("position")
    side = fields.word("side", SIDES)
    if quantity is None or not isinstance(side, float) or side * quantity >= 0.0:
        return quantity
    fields.report.at("side").add(
        f"got {show(fields.content['side'])} with a position of {quantity:g}; they disagree."
    )
    return None


def _underlying(fields: Fields, kind: Kind) -> str | None:
    name = fields.text("symbol") if kind is Kind.SPOT else fields.text("underlyingSymbol")
    if name is None and kind is Kind.OPTION:
        stated = _name(fields)
        name = stated.underlying if stated else None
    if name is None and kind is Kind.FUTURE:
        name = fields.text("symbol")
    if name is None:
        fields.report.at("underlyingSymbol").add("missing; give the name of the underlying.")
        return None
    return INDEX_ROOTS.get(name, name)


def _name(fields: Fields) -> ContractName | None:
    try:
        return contract_name(fields.text("symbol") or "")
    except ValueError:
        return None


def _in_base(fields: Fields, draft: Draft, multiplier: float | None) -> float | None:
    """A multiplier that turns amounts of another currency into those of the account."""
    rate = fields.positive("fxRateToBase")
    if rate is None or rate == 1.0:
        return multiplier
    currency = fields.content.get("currency")
    draft.notes.warn(
        f"amounts in {currency} count at {rate:.10g} of the account's currency, which would not "
        "move",
        str(fields.content.get("symbol")),
    )
    return rate * (multiplier or 1.0)


def _option(leg: Leg, fields: Fields, draft: Draft, category: str) -> Leg | None:
    stated = _name(fields)
    right = fields.word("putCall", RIGHTS)
    strike, expiry = fields.positive("strike"), fields.day("expiry")
    if stated is not None:
        right, strike = right or stated.right, strike or stated.strike
        expiry = expiry or stated.expiry
    for name, value in (("putCall", right), ("strike", strike), ("expiry", expiry)):
        if value is None and not fields.has(name):
            fields.report.at(name).add("missing; give it, or an OSI symbol.")
    if not isinstance(right, Right) or strike is None or expiry is None:
        return None
    style, settle = None, None
    if category == "FOP":
        style, settle = Exercise.AMERICAN, Settlement.CASH
        draft.notes.assume("options on futures are American and valued in cash", leg.underlying)
    return Leg(
        leg.report,
        Kind.OPTION,
        leg.underlying,
        leg.quantity,
        multiplier=leg.multiplier,
        right=right,
        strike=strike,
        expiry=expiry,
        style=style,
        settle=settle,
        mark=leg.mark,
    )


def _future(leg: Leg, fields: Fields, draft: Draft) -> Leg | None:
    expiry = fields.day("expiry")
    if expiry is None or leg.mark is None:
        for name in ("expiry", "markPrice"):
            if not fields.has(name):
                fields.report.at(name).add("missing; a future needs it.")
        return None
    draft.price(leg.underlying, leg.mark, PriceSource.FUTURE)
    draft.notes.assume("futures are settled every day: profit counts from the mark", leg.underlying)
    return Leg(
        leg.report,
        Kind.FUTURE,
        leg.underlying,
        leg.quantity,
        multiplier=leg.multiplier,
        expiry=expiry,
        mark=leg.mark,
        entry=leg.mark,
    )


def note_underlying(fields: Fields, draft: Draft) -> None:
    """Take the price of an underlying from a row that holds it.

    Parameters
    ----------
    fields : Fields
        The attributes of ``OpenPosition``.
    draft : Draft
        Grows by the price.
    """
    category = str(fields.content.get("assetCategory", "")).strip().upper()
    name = fields.text("symbol")
    if CATEGORIES.get(category) is Kind.SPOT and name is not None:
        draft.price(INDEX_ROOTS.get(name, name), fields.positive("markPrice"))


def account_rule(fields: Fields, draft: Draft) -> Rule | None:
    """The rule that an account's capabilities point to.

    Parameters
    ----------
    fields : Fields
        The account's information.
    draft : Draft
        Grows by the rule that is assumed.

    Returns
    -------
    Rule or None
        None if they say nothing of margin.
    """
    stated = (fields.text("accountCapabilities", "Account Capabilities") or "").lower()
    if PORTFOLIO in stated:
        rule: Rule = TEN_POINT_EQUITY
    elif any(word in stated for word in REG_T):
        rule = STRATEGY_EQUITY
    else:
        return None
    draft.notes.assume(f"an account with {stated} stands under the rule {rule.name}")
    return rule

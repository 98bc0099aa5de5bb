"""What Deribit's account summaries say: currencies margined apart, or all together."""

from collections.abc import Sequence, Set

from margin.account import Collateral
from margin.files.explain import one_of, show
from margin.files.readers.conventions import DOLLARS
from margin.files.readers.fields import Fields
from margin.files.readers.house_rules import deribit_rule
from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Draft

__all__ = ["balances"]

MODELS = {name: name for name in ("segregated_sm", "segregated_pm", "cross_sm", "cross_pm")}


def balances(
    summaries: Sequence[Fields], held: Set[str], draft: Draft, defaults: Defaults
) -> set[str] | None:
    """Give the draft its currency, its cash and its rule.

    Parameters
    ----------
    summaries : sequence of Fields
        One for each currency.
    held : set of str
        Currencies in which positions are margined.
    draft : Draft
        Grows by what the summaries say.
    defaults : Defaults
        Its currency chooses among those that are margined apart.

    Returns
    -------
    set of str or None
        Currencies whose positions belong to the account; None for all.
    """
    by_currency = {str(fields.text("currency")): fields for fields in summaries}
    model = _model(summaries, draft)
    if model.startswith("cross"):
        return _together(by_currency, held, draft, model=model)
    return _apart(by_currency, held, draft, defaults, model=model)


def _model(summaries: Sequence[Fields], draft: Draft) -> str:
    stated = {fields.word("margin_model", MODELS) for fields in summaries} - {None}
    if not stated and any(
        fields.content.get("portfolio_margining_enabled") is True for fields in summaries
    ):
        return "segregated_pm"
    if len(stated) > 1:
        draft.report.at("margin_model").add("differs between currencies; read one account.")
    if not stated:
        draft.notes.assume("each currency is margined apart under standard margin")
    return str(min(stated, key=str)) if stated else "segregated_sm"


def _apart(
    by_currency: dict[str, Fields],
    held: Set[str],
    draft: Draft,
    defaults: Defaults,
    *,
    model: str,
) -> set[str] | None:
    """The account of one currency."""
    funded = {name for name, fields in by_currency.items() if fields.number("equity")}
    choices = sorted(held or funded or by_currency.keys())
    currency = defaults.currency if defaults.currency in {*held, *by_currency} else None
    if currency is None and len(choices) != 1:
        draft.report.at("currency").add(
            f"{one_of(choices)} are margined apart; choose one by Defaults(currency=...) to "
            "margin.files.load."
            if choices
            else "there is neither a position nor a summary."
        )
        return None
    currency = currency or choices[0]
    draft.currency, draft.name = currency, f"Deribit {currency}"
    draft.rule = deribit_rule(model, currency)
    if currency in by_currency:
        draft.equity = by_currency[currency].needed("equity")
    return {currency}


def _together(
    by_currency: dict[str, Fields], held: Set[str], draft: Draft, *, model: str
) -> set[str] | None:
    """One account of all currencies: in the coin if it holds contracts in one coin only."""
    coins = held - DOLLARS
    if len(held) > 1:
        draft.report.at("currency").add(
            f"contracts in {one_of(sorted(held))} are margined together; no rule here takes them "
            "in one account. Read one of them with its own summary."
        )
        return None
    total = next(iter(by_currency.values())).number("total_equity_usd")
    draft.currency = next(iter(coins), "USD")
    draft.name, draft.rule = "Deribit", deribit_rule(model, draft.currency)
    if coins:
        _in_coin(by_currency, draft, total)
    else:
        _in_dollars(by_currency, draft, total)
    return None


def _in_coin(by_currency: dict[str, Fields], draft: Draft, total: float | None) -> None:
    """Equity of one coin; that of the others counts in the coin, at its present price."""
    own = by_currency.get(str(draft.currency))
    draft.equity = (own.number("equity") if own else None) or 0.0
    stated = [
        price for prices in draft.prices.get(str(draft.currency), {}).values() for price in prices
    ]
    if not stated:
        return
    spot = stated[0]
    rest = _dollars(by_currency) if total is None else total - draft.equity * spot
    if rest:
        draft.equity += rest / spot
        draft.notes.warn(
            f"{rest:.10g} USD of other collateral counts as {rest / spot:.10g} {draft.currency}, "
            "which would not move with its price"
        )


def _in_dollars(by_currency: dict[str, Fields], draft: Draft, total: float | None) -> None:
    """Coins whose price is in the file are collateral; the rest counts as its worth in dollars."""
    held, pledged = {leg.underlying for leg in draft.legs}, 0.0
    for name, fields in by_currency.items():
        amount = fields.number("equity") or 0.0
        if name in DOLLARS or not amount:
            continue
        price = draft.stated_price(name)
        if price is not None and amount > 0.0:
            draft.collateral.append(Collateral(name, amount, 0.0, None if name in held else price))
            draft.notes.assume("collateral has no haircut", name)
            pledged += amount * price
        elif total is None:
            fields.report.at("equity").add(
                f"got {show(fields.content['equity'])}; its worth in dollars is not in the file, "
                "neither as its price nor as total_equity_usd."
            )
        else:
            draft.notes.warn("its worth in dollars counts, which would not move", name)
    draft.equity = _dollars(by_currency) if total is None else total - pledged


def _dollars(by_currency: dict[str, Fields]) -> float:
    found = (fields.number("equity") for name, fields in by_currency.items() if name in DOLLARS)
    return sum(amount for amount in found if amount is not None)

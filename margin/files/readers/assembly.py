"""From what a file says to an account, its market and its rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from margin.account import Account, Position
from margin.files.explain import attempt
from margin.files.readers.conventions import completed
from margin.files.readers.house_rules import usual_rule
from margin.files.readers.imported import Defaults, Imported
from margin.files.readers.leg import Draft, Kind, Leg
from margin.files.readers.underlyings import underlyings_of
from margin.files.readers.volatilities import Quoted, volatilities_of
from margin.holdings import moving_line
from margin.instrument import Asset, Future, Instrument, OptionContract, Perpetual
from margin.market import Market, Underlying
from pdesolve import Exercise, Right

__all__ = ["assembled"]


@dataclass(frozen=True, slots=True)
class _Held:
    """A leg without gaps, and what it is in."""

    leg: Leg
    instrument: Instrument


def assembled(
    draft: Draft, defaults: Defaults, *, name: str, changed: datetime | None = None
) -> Imported | None:
    """The account that a draft describes, with its gaps filled.

    Parameters
    ----------
    draft : Draft
        What a file says; its report grows by what cannot be used, its notes by what is assumed.
    defaults : Defaults
        What is taken where it says nothing.
    name : str
        Of the account, if it has none.
    changed : datetime or None
        When the file was last changed; None for none, which needs an ``asof``.

    Returns
    -------
    Imported or None
        None if anything is wrong.
    """
    asof = _asof(draft, defaults, changed)
    if asof is None or draft.report.findings:
        return None
    held = _alive(draft, draft.legs, asof)
    quoted = [at for at in _instruments(draft, draft.quotes) if _lives(at.instrument, asof)]
    if draft.report.findings:
        return None
    underlyings = underlyings_of(draft, defaults, [at.leg for at in (*held, *quoted)], asof=asof)
    if draft.report.findings:
        return None
    market = _market(draft, defaults, (held, quoted), asof=asof, underlyings=underlyings)
    positions = [_position(at, market) for at in held]
    cash = _cash(draft, defaults, positions, market)
    account = Account(
        draft.name or name,
        draft.currency or defaults.currency or "USD",
        cash,
        tuple(positions),
        tuple(draft.collateral),
    )
    rule = draft.rule or usual_rule(defaults, [at.leg for at in held], draft.notes)
    notes = draft.notes
    return Imported(account, market, rule, draft.format, notes.assumptions, notes.warnings)


def _asof(draft: Draft, defaults: Defaults, changed: datetime | None) -> datetime | None:
    if draft.asof is not None:
        return draft.asof
    if defaults.asof is not None:
        return defaults.asof
    if changed is None:
        draft.report.at("asof").add("missing; give an instant, or a column of it.")
        return None
    draft.notes.assume(f"valued at {changed:%Y-%m-%d %H:%M} UTC, when the file was last changed")
    return changed


def _instruments(draft: Draft, legs: Sequence[Leg]) -> list[_Held]:
    """Legs without gaps, with their instruments; what is no instrument is reported."""
    found = []
    for leg in legs:
        whole = completed(leg, draft.notes)
        instrument = attempt(partial(_instrument, whole), leg.report)
        if instrument is not None:
            found.append(_Held(whole, instrument))
    return found


def _instrument(leg: Leg) -> Instrument:
    settle = leg.settle
    assert settle is not None  # a completed leg has one
    if leg.kind is Kind.SPOT:
        return Asset(leg.underlying)
    if leg.kind is Kind.PERPETUAL:
        return Perpetual(leg.underlying, settle)
    expiry = leg.expiry
    if not isinstance(expiry, datetime):
        raise ValueError("expiry is missing")
    if leg.kind is Kind.FUTURE:
        return Future(leg.underlying, expiry, settle)
    right, strike, style = leg.right, leg.strike, leg.style
    if not isinstance(right, Right) or strike is None or not isinstance(style, Exercise):
        raise ValueError("an option needs right, strike and expiry")
    return OptionContract(leg.underlying, right, strike, expiry, style, settle)


def _lives(instrument: Instrument, asof: datetime) -> bool:
    return not isinstance(instrument, OptionContract | Future) or instrument.expiry > asof


def _alive(draft: Draft, legs: Sequence[Leg], asof: datetime) -> list[_Held]:
    """What is held and has not expired; what has is reported."""
    found = _instruments(draft, legs)
    for at in found:
        if not _lives(at.instrument, asof):
            at.leg.report.at("expiry").add(
                f"{at.instrument} has expired at {asof:%Y-%m-%d %H:%M} UTC; remove it, or state "
                "the time for which the file holds."
            )
    return found


def _market(
    draft: Draft,
    defaults: Defaults,
    contracts: tuple[Sequence[_Held], Sequence[_Held]],
    *,
    asof: datetime,
    underlyings: dict[str, Underlying],
) -> Market:
    held, quoted = (
        [Quoted(at.leg, at.instrument) for at in part if isinstance(at.instrument, OptionContract)]
        for part in contracts
    )
    bare = Market(asof, underlyings, {})
    vols, smiles = volatilities_of(held, quoted, bare, notes=draft.notes, defaults=defaults)
    return Market(asof, underlyings, vols, smiles)


def _position(at: _Held, market: Market) -> Position:
    leg, multiplier = at.leg, at.leg.multiplier or 1.0
    if isinstance(at.instrument, OptionContract | Asset):
        return Position(at.instrument, leg.quantity, multiplier)
    spot = market.underlyings[leg.underlying].spot
    return Position(at.instrument, leg.quantity, multiplier, leg.entry or leg.mark or spot)


def _cash(draft: Draft, defaults: Defaults, positions: Sequence[Position], market: Market) -> float:
    """Cash as stated; or equity less what futures have earned, which is counted again."""
    if draft.equity is not None:
        return draft.equity - _earned(draft, positions, market)
    if draft.cash is not None:
        return draft.cash
    if positions and not defaults.cash:
        draft.notes.warn("the file states no cash, which counts as 0")
    elif positions:
        draft.notes.assume(f"cash is {defaults.cash:.10g}")
    return defaults.cash


def _earned(draft: Draft, positions: Sequence[Position], market: Market) -> float:
    """Profit of futures and perpetuals since their entry, in the currency of the account."""
    currency, total = draft.currency or "USD", 0.0
    for held in positions:
        if isinstance(held.instrument, OptionContract | Asset):
            continue
        name = held.instrument.underlying
        spot = market.underlyings[name].spot
        alone = Account("one", "quote", 0.0, (held,))
        line = moving_line(alone, market, name, market.asof)
        worth = line.intercept + line.slope * spot
        total += worth / spot if currency == name else worth
    return total

"""Spots and carries of the underlyings of a file."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from statistics import median

from margin.carry import Carry, forward_carry, inverse_carry
from margin.files.explain import attempt
from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Draft, Kind, Leg, PriceSource
from margin.instrument import Settlement
from margin.market import Underlying

__all__ = ["underlyings_of"]


def underlyings_of(
    draft: Draft, defaults: Defaults, legs: Sequence[Leg], *, asof: datetime
) -> dict[str, Underlying]:
    """Every underlying of the legs, with its spot and its carry.

    Forwards become rates where a contract is inverse, as venues mark those, and dividend yields
    at the rate stated elsewhere.

    Parameters
    ----------
    draft : Draft
        Prices and forwards; its report grows by every underlying without a price.
    defaults : Defaults
        Prices and rates where the file has none.
    legs : sequence of Leg
        All contracts, held and quoted.
    asof : datetime
        Now.

    Returns
    -------
    dict of str to Underlying
    """
    by_name: dict[str, list[Leg]] = {}
    for leg in legs:
        by_name.setdefault(leg.underlying, []).append(leg)
    found = {}
    for name, group in by_name.items():
        spot = _spot(draft, defaults, group[0])
        build = partial(_underlying, draft, defaults, group, spot=spot or 0.0, asof=asof)
        underlying = None if spot is None else attempt(build, group[0].report)
        if underlying is not None:
            found[name] = underlying
    return found


def _spot(draft: Draft, defaults: Defaults, leg: Leg) -> float | None:
    name = leg.underlying
    prices = draft.prices.get(name, {})
    for source in PriceSource:
        if source in prices and (source is PriceSource.STATED or name not in defaults.spots):
            if source is not PriceSource.STATED:
                draft.notes.assume(f"its price is {source.value}", name)
            return median(prices[source])
    if name in defaults.spots:
        draft.notes.assume(f"its price is {defaults.spots[name]:.10g}, as given", name)
        return defaults.spots[name]
    leg.report.at("underlying").add(
        f'the file states no price of {name}; give it as Defaults(spots={{"{name}": ...}}) to '
        "margin.files.load, or in the file."
    )
    return None


def _underlying(
    draft: Draft, defaults: Defaults, legs: Sequence[Leg], *, spot: float, asof: datetime
) -> Underlying:
    name = legs[0].underlying
    forwards = {
        expiry: median(values)
        for (at, expiry), values in draft.forwards.items()
        if at == name and expiry > asof
    }
    inverse = any(leg.settle is Settlement.INVERSE for leg in legs)
    if inverse and forwards:
        curve = [
            inverse_carry(expiry, spot=spot, forward=forward, asof=asof)
            for expiry, forward in forwards.items()
        ]
        return Underlying(spot, curve=tuple(curve))
    rate = _rate(draft, defaults, legs)
    dividend_yield = draft.dividend_yield
    if dividend_yield is None:
        dividend_yield = defaults.dividend_yield
    curve = [_dated(expiry, spot, forward, asof, rate) for expiry, forward in forwards.items()]
    if not curve and draft.dividend_yield is None and any(_is_dated(leg) for leg in legs):
        draft.notes.assume(f"dividend yield {dividend_yield:g} per year", name)
    return Underlying(spot, rate, dividend_yield, tuple(curve))


def _dated(expiry: datetime, spot: float, forward: float, asof: datetime, rate: float) -> Carry:
    return forward_carry(expiry, spot=spot, forward=forward, asof=asof, rate=rate)


def _is_dated(leg: Leg) -> bool:
    return leg.kind in (Kind.OPTION, Kind.FUTURE)


def _rate(draft: Draft, defaults: Defaults, legs: Sequence[Leg]) -> float:
    if draft.rate is not None:
        return draft.rate
    if any(_is_dated(leg) for leg in legs):
        draft.notes.assume(f"interest rate {defaults.rate:g} per year", legs[0].underlying)
    return defaults.rate

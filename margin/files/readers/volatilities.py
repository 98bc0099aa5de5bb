"""The volatility of every option held: stated, from its mark, from a smile, or taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp

from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Leg
from margin.files.readers.notes import Notes
from margin.instrument import OptionContract
from margin.market import HIGHEST_VOLATILITY, Market
from margin.marks import volatilities_from_marks
from margin.smile_fit import fit_smile
from margin.smile_surface import SmileSurface

__all__ = ["Quoted", "smile_surface", "volatilities_of"]

Vols = dict[OptionContract, float]


@dataclass(frozen=True, slots=True)
class Quoted:
    """An option, and what the file says of it."""

    leg: Leg
    contract: OptionContract


def volatilities_of(
    held: Sequence[Quoted],
    quoted: Sequence[Quoted],
    market: Market,
    *,
    notes: Notes,
    defaults: Defaults,
) -> tuple[Vols, dict[str, SmileSurface]]:
    """Volatility of every option held, and the smiles from which gaps were filled.

    Parameters
    ----------
    held, quoted : sequence of Quoted
        Options that need a volatility, and options that may help to find one.
    market : Market
        Spots and carries.
    notes : Notes
        Grows by every volatility that is not stated or marked.
    defaults : Defaults
        Volatility of last resort.

    Returns
    -------
    tuple of dict
        Volatilities by contract, smiles by underlying.
    """
    known = _stated((*quoted, *held))
    marks = _marks((*quoted, *held), known)
    known |= _solved(marks, market, notes, {at.contract for at in held})
    missing = [at.contract for at in held if at.contract not in known]
    smiles = {
        name: smile_surface(known, market, name)
        for name in {contract.underlying for contract in missing}
        if any(contract.underlying == name for contract in known)
    }
    vols = {at.contract: known[at.contract] for at in held if at.contract in known}
    for contract in missing:
        vols[contract] = _filled(contract, market, smiles, notes=notes, defaults=defaults)
    return vols, smiles


def _stated(options: Sequence[Quoted]) -> Vols:
    return {at.contract: at.leg.vol for at in options if at.leg.vol is not None}


def _marks(options: Sequence[Quoted], known: Vols) -> dict[OptionContract, float]:
    return {
        at.contract: at.leg.mark
        for at in options
        if at.leg.mark is not None and at.contract not in known
    }


def _solved(
    marks: Mapping[OptionContract, float],
    market: Market,
    notes: Notes,
    held: set[OptionContract],
) -> Vols:
    """Volatilities from marks, all at once; if that fails, one by one."""
    try:
        return volatilities_from_marks(marks, market.asof, market.underlyings)
    except ValueError:
        pass
    found: Vols = {}
    for contract, mark in marks.items():
        try:
            found |= volatilities_from_marks({contract: mark}, market.asof, market.underlyings)
        except ValueError as error:
            if contract in held:
                notes.warn(f"no volatility gives its mark: {_short(error)}")
    return found


def _short(error: ValueError) -> str:
    """A complaint without its remedy."""
    return str(error).partition("; correct the mark")[0]


def _filled(
    contract: OptionContract,
    market: Market,
    smiles: Mapping[str, SmileSurface],
    *,
    notes: Notes,
    defaults: Defaults,
) -> float:
    if contract.underlying in smiles:
        years = market.years(contract.expiry)
        volatility = float(smiles[contract.underlying].volatility(contract.strike, years))
        if 0.0 < volatility <= HIGHEST_VOLATILITY:
            notes.assume("volatility from the smile of the other quotes", str(contract))
            return volatility
    notes.warn(f"no quote; volatility {defaults.volatility:g} is taken", str(contract))
    return defaults.volatility


def smile_surface(vols: Mapping[OptionContract, float], market: Market, name: str) -> SmileSurface:
    """Smiles of one underlying, each fitted to the volatilities of its expiry.

    Of a call and a put with the same strike, the one out of the money counts.

    Parameters
    ----------
    vols : mapping of OptionContract to float
        Volatilities, decimals per root year; at least one is on the underlying.
    market : Market
        Spot and carry.
    name : str
        The underlying.

    Returns
    -------
    SmileSurface

    Examples
    --------
    >>> from margin.files import read
    >>> from margin.files.readers.volatilities import smile_surface
    >>> _, market, _ = read("examples/short_strangle.yaml")
    >>> len(smile_surface(market.vols, market, "XYZ").smiles)
    1
    """
    underlying = market.underlyings[name]
    by_expiry: dict[datetime, list[OptionContract]] = {}
    for contract in vols:
        if contract.underlying == name:
            by_expiry.setdefault(contract.expiry, []).append(contract)
    smiles = []
    for expiry, contracts in by_expiry.items():
        years = market.years(expiry)
        rate, dividend_yield = underlying.carry(expiry, market.asof)
        forward = underlying.spot * exp((rate - dividend_yield) * years)
        chosen = _out_of_the_money(contracts, forward)
        strikes = [contract.strike for contract in chosen]
        quoted = [vols[contract] for contract in chosen]
        smiles.append(fit_smile(strikes, quoted, years=years, forward=forward).smile)
    return SmileSurface(underlying.spot, tuple(smiles))


def _out_of_the_money(contracts: Sequence[OptionContract], forward: float) -> list[OptionContract]:
    """One contract for every strike, the one out of the money if there is a choice."""
    chosen: dict[float, OptionContract] = {}
    for contract in sorted(contracts, key=lambda one: one.right.value * (one.strike - forward)):
        chosen[contract.strike] = contract
    return list(chosen.values())

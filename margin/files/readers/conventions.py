"""What listed contracts are where a file does not say: style, settlement, multiplier, hour."""

from dataclasses import replace
from datetime import datetime, time

from margin.files.moments import END_OF_DAY, resolved
from margin.files.readers.leg import Kind, Leg
from margin.files.readers.notes import Notes
from margin.instrument import Settlement
from pdesolve import Exercise

__all__ = ["COINS", "COIN_EXPIRY_TIME", "DOLLARS", "INDEX_ROOTS", "completed", "family"]

INDEX_ROOTS = {
    "DJX": "DJX",
    "MRUT": "MRUT",
    "MXEA": "MXEA",
    "MXEF": "MXEF",
    "NDX": "NDX",
    "NDXP": "NDX",
    "NQX": "NQX",
    "RUT": "RUT",
    "RUTW": "RUT",
    "SPX": "SPX",
    "SPXW": "SPX",
    "VIX": "VIX",
    "VIXW": "VIX",
    "XEO": "XEO",
    "XND": "XND",
    "XSP": "XSP",
}
"""Roots of index options that are European and paid in cash, with their index."""

COINS = frozenset(
    "ADA APT ARB AVAX BCH BNB BTC DOGE DOT ETH HYPE LINK LTC MATIC NEAR OP PAXG POL SOL SUI TON "
    "TRX UNI XRP".split()
)
"""Coins that options and perpetuals are listed on."""

DOLLARS = frozenset("BUSD DAI FDUSD PYUSD USD USDC USDE USDT".split())
"""Coins that count as one dollar."""

COIN_EXPIRY_TIME = time(8)
"""Time of day in UTC at which contracts of coin venues expire."""

LISTED_MULTIPLIER = 100.0
"""Shares, or units of an index, per listed option."""


def family(underlying: str) -> str:
    """Whether an underlying is an ``index``, a ``coin`` or a ``share``, by its name.

    Parameters
    ----------
    underlying : str
        Its name.

    Returns
    -------
    str

    Examples
    --------
    >>> from margin.files.readers.conventions import family
    >>> family("SPX"), family("ETH"), family("AAPL")
    ('index', 'coin', 'share')
    """
    if underlying.upper() in INDEX_ROOTS:
        return "index"
    return "coin" if underlying.upper() in COINS else "share"


def completed(leg: Leg, notes: Notes) -> Leg:
    """A leg with its gaps filled by convention, and every convention noted.

    Parameters
    ----------
    leg : Leg
        As the file states it.
    notes : Notes
        Grows by every convention that was needed.

    Returns
    -------
    Leg
        With settlement, multiplier, and for options style; its expiry has a time of day.
    """
    settle = leg.settle or _settlement(leg, notes)
    whole = replace(leg, settle=settle, multiplier=leg.multiplier or _multiplier(leg, notes))
    if leg.kind is Kind.OPTION and leg.style is None:
        whole = replace(whole, style=_style(leg, settle, notes))
    if leg.expiry is not None and not isinstance(leg.expiry, datetime):
        whole = replace(whole, expiry=resolved(leg.expiry, _hour(leg, notes)))
    return whole


def _settlement(leg: Leg, notes: Notes) -> Settlement:
    """Options on shares deliver; everything else is paid in cash."""
    if leg.kind is not Kind.OPTION:
        return Settlement.CASH
    if family(leg.underlying) == "share" and leg.style is not Exercise.EUROPEAN:
        notes.assume("options on shares and funds are settled by delivery", leg.underlying)
        return Settlement.PHYSICAL
    notes.assume("options on indices and coins are settled in cash", leg.underlying)
    return Settlement.CASH


def _style(leg: Leg, settle: Settlement, notes: Notes) -> Exercise:
    if settle is Settlement.PHYSICAL:
        notes.assume("options settled by delivery are American", leg.underlying)
        return Exercise.AMERICAN
    notes.assume("options settled in cash or coin are European", leg.underlying)
    return Exercise.EUROPEAN


def _multiplier(leg: Leg, notes: Notes) -> float:
    if leg.kind is Kind.OPTION and family(leg.underlying) != "coin":
        notes.assume(f"one option is on {LISTED_MULTIPLIER:g} units", leg.underlying)
        return LISTED_MULTIPLIER
    if leg.kind is Kind.FUTURE:
        notes.warn("one future is taken to be on 1 unit; state its multiplier", leg.underlying)
    elif leg.kind is not Kind.SPOT:
        notes.assume("one contract is on 1 unit", leg.underlying)
    return 1.0


def _hour(leg: Leg, notes: Notes) -> time:
    coin = family(leg.underlying) == "coin"
    at = COIN_EXPIRY_TIME if coin else END_OF_DAY
    notes.assume(f"expiries without a time of day are at {at:%H:%M} UTC", leg.underlying)
    return at

"""Names of contracts: OSI symbols, those of coin venues, and those of broker statements."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from margin.files.osi import osi_fields
from margin.files.readers.conventions import COIN_EXPIRY_TIME, INDEX_ROOTS
from margin.files.readers.days import day
from margin.files.readers.leg import Kind
from margin.instrument import Settlement
from pdesolve import Right

__all__ = ["RIGHTS", "ContractName", "contract_name"]

RIGHTS = {"c": Right.CALL, "p": Right.PUT, "call": Right.CALL, "put": Right.PUT}
"""Rights by the words that files have for them."""

# BTC-27SEP24-40000-C, XRP_USDC-27SEP24-0d55-P, BTC-27SEP24, BTC-PERPETUAL
_COIN = re.compile(
    r"(?P<base>[A-Z0-9]+)(?:_(?P<quote>[A-Z]+))?-(?:(?P<perpetual>PERPETUAL|PERP)|"
    r"(?P<expiry>\d{1,2}[A-Z]{3}\d\d|20\d{6})(?:-(?P<strike>\d+(?:[D.]\d+)?)-(?P<right>[CP]))?)"
)
# AAPL 17JAN25 180 C
_BROKER = re.compile(
    r"(?P<root>\S+) (?P<expiry>\d\d[A-Z]{3}\d\d) (?P<strike>[\d.]+) (?P<right>[CP])"
)


@dataclass(frozen=True, slots=True)
class ContractName:
    """What the name of a contract states.

    Attributes
    ----------
    kind : Kind
        What it is.
    underlying : str
        Name of the underlying.
    expiry : date or None
        None for a perpetual.
    right : Right or None
        Of an option.
    strike : float or None
        Of an option, in quote currency.
    settle : Settlement or None
        Where the name says it.
    currency : str or None
        In which the contract pays, where the name says it.

    Examples
    --------
    >>> from margin.files.readers.names import contract_name
    >>> name = contract_name("XRP_USDC-27SEP24-0d55-P")
    >>> name.underlying, name.strike, name.settle.value, name.currency
    ('XRP', 0.55, 'cash', 'USDC')
    """

    kind: Kind
    underlying: str
    expiry: date | None = None
    right: Right | None = None
    strike: float | None = None
    settle: Settlement | None = None
    currency: str | None = None


def contract_name(text: str) -> ContractName | None:
    """What the name of a contract states, or None if it is of no form that is known.

    Parameters
    ----------
    text : str
        Such as ``SPY   261218P00500000``, ``BTC-27SEP24-40000-C``, ``ETH-PERPETUAL`` or
        ``AAPL 17JAN25 180 C``.

    Returns
    -------
    ContractName or None

    Raises
    ------
    ValueError
        If the form is known, and its date or strike cannot be.

    Examples
    --------
    >>> from margin.files.readers.names import contract_name
    >>> contract_name("SPXW  261218P05000000").underlying
    'SPX'
    >>> contract_name("AAPL") is None
    True
    """
    name = " ".join(text.upper().split())
    if found := _COIN.fullmatch(name):
        return _coin(found)
    if found := _BROKER.fullmatch(name):
        strike = float(found["strike"])
        return _option(_index(found["root"]), day(found["expiry"]), found["right"], strike)
    if re.fullmatch(r".*\d{6}[CP]\d{8}", name):
        stated = osi_fields(name)
        root, right = str(stated["underlying"]), str(stated["right"])[0]
        expiry = date.fromisoformat(str(stated["expiry"]))
        return _option(_index(root), expiry, right, float(stated["strike"]))
    return None


def _index(root: str) -> str:
    """The index that a root is on; a root of no index is its own underlying."""
    return INDEX_ROOTS.get(root, root)


def _option(underlying: str, expiry: date, right: str, strike: float) -> ContractName:
    if strike <= 0.0:
        raise ValueError(f"the strike must be positive, got {strike:g}")
    return ContractName(Kind.OPTION, underlying, expiry, RIGHTS[right.lower()], strike)


def _coin(found: re.Match[str]) -> ContractName:
    """Without a second currency the contract pays in the coin itself."""
    base, currency = found["base"], found["quote"] or found["base"]
    settle = Settlement.INVERSE if currency == base else Settlement.CASH
    if found["perpetual"]:
        return ContractName(Kind.PERPETUAL, base, settle=settle, currency=currency)
    expiry = datetime.combine(day(found["expiry"]), COIN_EXPIRY_TIME, UTC)
    if not found["strike"]:
        return ContractName(Kind.FUTURE, base, expiry, settle=settle, currency=currency)
    strike = float(found["strike"].replace("D", "."))
    option = _option(base, expiry, found["right"], strike)
    return ContractName(Kind.OPTION, base, expiry, option.right, strike, settle, currency)

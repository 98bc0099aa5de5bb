"""Symbols of perpetuals, as venues write them."""

import re

__all__ = ["coin_of", "is_inverse"]

ALIASES = {"XBT": "BTC"}

# BTCUSDT, BTC-USDT-SWAP, PI_XBTUSD, PF_ETHUSD, ETH-PERP, BTC
_SYMBOL = re.compile(
    r"(?P<kind>P[IF]_)?(?P<coin>[A-Z0-9]{2,10}?)[-_/]?(?P<quote>USDT|USDC|FDUSD|BUSD|USD)?"
    r"(?:[-_](?:SWAP|PERP|PERPETUAL))?"
)


def coin_of(symbol: str) -> str | None:
    """The coin that a perpetual is on.

    Parameters
    ----------
    symbol : str
        Of the contract.

    Returns
    -------
    str or None
        None if it is the symbol of no perpetual.

    Examples
    --------
    >>> from margin.files.readers.perpetual_names import coin_of
    >>> [coin_of(name) for name in ("ETHUSDT", "BTC-USD-SWAP", "PI_XBTUSD", "ETH-PERP", "SOL")]
    ['ETH', 'BTC', 'BTC', 'ETH', 'SOL']
    >>> coin_of("BTC-USD-240927-40000-C") is None
    True
    """
    found = _SYMBOL.fullmatch(symbol.upper())
    return None if found is None else ALIASES.get(found["coin"], found["coin"])


def is_inverse(symbol: str) -> bool:
    """Whether a perpetual pays in its coin: it is quoted in plain dollars.

    Parameters
    ----------
    symbol : str
        Of the contract.

    Returns
    -------
    bool

    Examples
    --------
    >>> from margin.files.readers.perpetual_names import is_inverse
    >>> [is_inverse(name) for name in ("XBTUSD", "BTC-USD-SWAP", "BTCUSDT", "PF_XBTUSD")]
    [True, True, False, False]
    """
    found = _SYMBOL.fullmatch(symbol.upper())
    return found is not None and found["quote"] == "USD" and found["kind"] != "PF_"

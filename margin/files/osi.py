"""OSI symbols of listed options: root, expiry, right and strike in 21 characters."""

import re
from datetime import date

__all__ = ["osi_fields"]

# Root of one to six characters, often padded by blanks; YYMMDD; C or P; strike × 1000 in 8 digits.
_OSI = re.compile(r"([A-Z0-9.^]{1,6}) *(\d\d)(\d\d)(\d\d)([CP])(\d{8})")


def osi_fields(symbol: str) -> dict[str, str | float]:
    """The fields of an option position that its OSI symbol states.

    Parameters
    ----------
    symbol : str
        Such as ``"SPY   261218P00500000"``; the blanks may be missing.

    Returns
    -------
    dict
        ``underlying`` (the root), ``expiry`` (ISO date), ``right`` and ``strike``.

    Raises
    ------
    ValueError
        If it is no such symbol.

    References
    ----------
    Options Clearing Corporation, *Options Symbology Initiative* (2008).

    Examples
    --------
    >>> from margin.files.osi import osi_fields
    >>> osi_fields("SPY   261218P00500000")
    {'underlying': 'SPY', 'expiry': '2026-12-18', 'right': 'put', 'strike': 500.0}
    """
    found = _OSI.fullmatch(symbol.strip().upper())
    if found is None:
        raise ValueError(f'must be an OSI symbol such as "SPY   261218P00500000", got {symbol!r}')
    root, year, month, day, right, strike = found.groups()
    expiry = date(2000 + int(year), int(month), int(day)).isoformat()
    side = "call" if right == "C" else "put"
    return {"underlying": root, "expiry": expiry, "right": side, "strike": int(strike) / 1000.0}

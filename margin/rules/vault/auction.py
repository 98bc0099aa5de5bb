"""How a vault of the Opyn kind is sold off, and how it rounds what it requires."""

from decimal import ROUND_CEILING, Decimal
from math import inf

from margin import _check
from margin.instrument import OptionContract
from pdesolve import Right

__all__ = ["auction_price", "rounded_up"]


def rounded_up(amount: float, decimals: int = 8) -> float:
    """A required amount rounded up to the units in which a vault counts.

    Examples
    --------
    >>> from margin.rules.vault.naked import rounded_up
    >>> rounded_up(1.852625000001), rounded_up(2396.7)
    (1.85262501, 2396.7)
    """
    unit = Decimal(1).scaleb(-decimals)
    return float(Decimal(repr(float(amount))).quantize(unit, rounding=ROUND_CEILING))


def auction_price(
    option: OptionContract,
    spot: float,
    collateral: float,
    *,
    debt: float,
    elapsed: float,
    deviation: float = 0.05,
    duration: float = 3_600.0,
) -> float:
    """What a liquidator is paid per unit, some time into the auction of a vault.

    It rises from ``max(cash value - deviation S, 0)`` to ``collateral / debt``.  For calls both
    are in units of the underlying.

    Parameters
    ----------
    option : OptionContract
        The short option.
    spot : float
        Price of the oracle when the auction began, in quote currency.
    collateral : float
        Of the vault, in its own units.
    debt : float
        Short units of the underlying.
    elapsed, duration : float
        Seconds since the auction began, and until the price is at its end.
    deviation : float
        Share of the spot below cash value at which it begins.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the debt, the spot or the duration is not positive, or the elapsed time is negative.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import OptionContract
    >>> from margin.rules.vault.naked import auction_price
    >>> from pdesolve import Exercise, Right
    >>> expiry = datetime(2026, 12, 1, tzinfo=UTC)
    >>> put = OptionContract("ETH", Right.PUT, 1_800.0, expiry, Exercise.EUROPEAN)
    >>> auction_price(put, 1_650.0, 500.0, debt=1.0, elapsed=900.0)
    175.625
    """
    spot, debt = _check.positive("spot", spot), _check.positive("debt", debt)
    passed = _check.within("elapsed", elapsed, 0.0, inf) / _check.positive("duration", duration)
    payoff = max(0.0, option.right.value * (spot - option.strike))
    start = max(payoff - deviation * spot, 0.0)
    if option.right is Right.CALL:
        start /= spot
    end = collateral / debt
    return min(end, start + (end - start) * passed)

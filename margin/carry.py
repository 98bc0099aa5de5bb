"""What money and an underlying yield from now to a date, and the years between two dates."""

import math
from dataclasses import dataclass
from datetime import datetime

from margin import _check

__all__ = ["YEAR_SECONDS", "Carry", "forward_carry", "inverse_carry", "years_between"]

YEAR_SECONDS = 365.0 * 86_400.0
"""Seconds in a year of 365 days."""


def years_between(start: datetime, end: datetime) -> float:
    """Years of 365 days from one instant to another, to the second and finer.

    Parameters
    ----------
    start, end : datetime
        Two instants that know their time zones.

    Returns
    -------
    float
        Years, negative if ``end`` is the earlier.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.carry import years_between
    >>> years_between(datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC))
    1.0
    """
    return (end - start).total_seconds() / YEAR_SECONDS


@dataclass(frozen=True, slots=True)
class Carry:
    """What money and the underlying yield from now to one date.

    Attributes
    ----------
    expiry : datetime
        The date, kept in UTC.
    rate, dividend_yield : float
        Continuously compounded per year, from now to the date.

    Raises
    ------
    ValueError
        If a number is not finite or the date has no time zone.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.carry import Carry
    >>> Carry(datetime(2027, 1, 15, 21, tzinfo=UTC), rate=0.04, dividend_yield=0.01).rate
    0.04
    """

    expiry: datetime
    rate: float
    dividend_yield: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "expiry", _check.instant("expiry", self.expiry))
        object.__setattr__(self, "rate", _check.finite("rate", self.rate))
        dividend_yield = _check.finite("dividend_yield", self.dividend_yield)
        object.__setattr__(self, "dividend_yield", dividend_yield)


def forward_carry(
    expiry: datetime, *, spot: float, forward: float, asof: datetime, rate: float
) -> Carry:
    """The carry to an expiry whose forward is quoted.

    The dividend yield is ``rate - ln(forward / spot) / T``, so that
    ``forward = spot exp((rate - dividend_yield) T)``.

    Parameters
    ----------
    expiry : datetime
        Date of the forward.
    spot, forward : float
        Prices in quote currency.
    asof : datetime
        Now.
    rate : float
        Continuously compounded per year.

    Returns
    -------
    Carry

    Raises
    ------
    ValueError
        If a price is not positive, or the expiry is not after ``asof``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.carry import forward_carry
    >>> now, then = datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC)
    >>> forward_carry(then, spot=100.0, forward=102.0, asof=now, rate=0.03).dividend_yield
    0.01020
    """
    return Carry(expiry, rate, rate - _growth(expiry, spot=spot, forward=forward, asof=asof))


def inverse_carry(expiry: datetime, *, spot: float, forward: float, asof: datetime) -> Carry:
    """The carry under which an option paid in coin is marked as the venues mark it.

    The rate is ``ln(forward / spot) / T`` and the yield is zero.  The value in quote currency
    divided by the spot is then Black's undiscounted value divided by the forward.

    Parameters
    ----------
    expiry : datetime
        Date of the forward.
    spot, forward : float
        Prices in quote currency.
    asof : datetime
        Now.

    Returns
    -------
    Carry

    Raises
    ------
    ValueError
        If a price is not positive, or the expiry is not after ``asof``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.carry import inverse_carry
    >>> now, then = datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC)
    >>> inverse_carry(then, spot=60_000.0, forward=63_000.0, asof=now).rate
    0.04879
    """
    return Carry(expiry, _growth(expiry, spot=spot, forward=forward, asof=asof), 0.0)


def _growth(expiry: datetime, *, spot: float, forward: float, asof: datetime) -> float:
    """``ln(forward / spot) / T``, per year."""
    years = years_between(_check.instant("asof", asof), _check.instant("expiry", expiry))
    if years <= 0.0:
        raise ValueError(f"expiry {expiry} must be after asof {asof}")
    spot, forward = _check.positive("spot", spot), _check.positive("forward", forward)
    return math.log(forward / spot) / years

"""Volatility shocks that grow as the life left falls, with floors on the volatility after them."""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check

__all__ = ["TenorShock"]

Floats = NDArray[np.float64]

DAYS_A_YEAR = 365.0
REFERENCE_DAYS = 30.0
# A volatility of zero is no volatility for a solver; over a year this one moves a forward by
# a thousandth of a percent.
SMALLEST_VOLATILITY = 1e-5


@dataclass(frozen=True, slots=True)
class TenorShock:
    """A relative move of volatility that scales with a power of the days left.

    With ``m = (30 / max(days, shortest_days)) ** power``::

        volatility -> max(volatility * max(0, 1 + size * m), least)

    Attributes
    ----------
    size : float
        Relative move at 30 days: 0.5 up, -0.25 down.
    short_power, long_power : float
        Power up to 30 days and beyond.
    shortest_days : float
        Days below which the move no longer grows; above 0.
    least : float
        Least volatility after the move, also where it was below before.

    Raises
    ------
    ValueError
        If a power or the least volatility is negative, or the shortest days are not positive.

    Examples
    --------
    A fortnight before expiry, Deribit's shock up and down of a volatility of 55 %:

    >>> import numpy as np
    >>> from margin.rules import TenorShock
    >>> shocks = TenorShock(0.5, least=0.5), TenorShock(-0.25)
    >>> [float(shock.moved(np.array(0.55), np.array(14 / 365)).round(6)) for shock in shocks]
    [0.895645, 0.377177]
    """

    size: float
    short_power: float = 0.30
    long_power: float = 0.13
    shortest_days: float = 1.0
    least: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", _check.finite("size", self.size))
        for name in ("short_power", "long_power", "least"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))
        days = _check.positive("shortest_days", self.shortest_days)
        object.__setattr__(self, "shortest_days", days)

    def multiplier(self, years: Floats) -> Floats:
        """What a volatility is multiplied by, for options with ``years`` left; not negative."""
        ratio = REFERENCE_DAYS / np.maximum(DAYS_A_YEAR * years, self.shortest_days)
        power = np.where(DAYS_A_YEAR * years <= REFERENCE_DAYS, self.short_power, self.long_power)
        factor: Floats = np.maximum(0.0, 1.0 + self.size * ratio**power)
        return factor

    def moved(self, volatility: Floats, years: Floats) -> Floats:
        """Volatilities after the move, decimals per root year and positive.

        Parameters
        ----------
        volatility : array
            Before the move.
        years : array
            Life left of each option.
        """
        floor = max(self.least, SMALLEST_VOLATILITY)
        after: Floats = np.maximum(volatility * self.multiplier(years), floor)
        return after

"""What stock requires under strategy rules, alone and with options, per share.

Balance convention: the balance holds stock at market value, short stock negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.rules.strategy.option_terms import in_the_money

__all__ = ["InitialStock", "MaintenanceStock", "StockTerms"]

Floats = NDArray[np.float64]
Lines = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class MaintenanceStock:
    """Maintenance of stock, alone and with options, per share.

    Attributes
    ----------
    long, short : float
        Shares of the market value that long and short stock require.
    short_per_share, cheap_per_share, cheap_below : float
        Short stock requires at least ``short_per_share`` if it costs ``cheap_below`` or more, and
        else its value or ``cheap_per_share``, whichever is more; in quote currency.
    hedged : float
        Share of the strike that stock hedged by a long option requires.

    Raises
    ------
    ValueError
        If a share lies outside 0 to 1 or an amount is negative.

    References
    ----------
    FINRA Rule 4210(c) and (f)(2); Cboe Rule 10.3(c)(5)(C).

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules.strategy import MaintenanceStock
    >>> stock, strike, spot = MaintenanceStock(), np.array([100.0]), np.array([120.0])
    >>> stock.covered_call(strike, spot)
    array([45.])
    """

    long: float = 0.25
    short: float = 0.30
    short_per_share: float = 5.0
    cheap_per_share: float = 2.5
    cheap_below: float = 5.0
    hedged: float = 0.10

    def __post_init__(self) -> None:
        for name in ("long", "short", "hedged"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))
        for name in ("short_per_share", "cheap_per_share", "cheap_below"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))

    def long_stock(self, spots: Floats) -> Floats:
        """Requirement of long stock."""
        return self.long * spots

    def short_stock(self, spots: Floats) -> Floats:
        """Requirement of short stock above the value it is short."""
        usual = np.maximum(self.short * spots, self.short_per_share)
        found: Floats = np.where(
            spots >= self.cheap_below, usual, np.maximum(spots, self.cheap_per_share)
        )
        return found

    def covered_call(self, strike: Floats, spots: Floats) -> Floats:
        """Long stock and a short call: the stock is lent against up to the strike only."""
        return spots - (1.0 - self.long) * np.minimum(spots, strike)

    def covered_put(self, strike: Floats, spots: Floats) -> Floats:
        """Short stock and a short put: that of the short stock."""
        return np.broadcast_to(self.short_stock(spots), np.broadcast(strike, spots).shape)

    def married_put(self, strike: Floats, spots: Floats) -> Floats:
        """Long stock and a long put."""
        out = in_the_money(1.0, strike, spots)
        found: Floats = np.minimum(self.hedged * strike + out, self.long_stock(spots))
        return found

    def protective_call(self, strike: Floats, spots: Floats) -> Floats:
        """Short stock and a long call."""
        out = in_the_money(-1.0, strike, spots)
        found: Floats = np.minimum(self.hedged * strike + out, self.short_stock(spots))
        return found

    def collar(self, put: Floats, call: Floats, spots: Floats) -> Floats:
        """Long stock, a long put and a short call at or above it; equal strikes: a conversion."""
        out = in_the_money(1.0, put, spots)
        fully = np.where(put == call, self.hedged * call, self.hedged * put + out)
        found: Floats = np.where(put == call, fully, np.minimum(fully, self.long * call))
        return found

    def reverse_conversion(self, strike: Floats, spots: Floats) -> Floats:
        """Short stock, a short put and a long call at one strike."""
        return self.hedged * strike + in_the_money(-1.0, strike, spots)

    def withheld(self, right: Floats, strike: Floats, spots: Floats) -> Floats:
        """What the balance loses when stock is delivered against a short option.

        The stock stands in it at market value; this is taken off beside the requirement.
        """
        return in_the_money(right, strike, spots)

    def kinks(self, strike: Floats) -> Floats:
        """Spots at which a requirement of stock may bend: a few that do not bend are among them."""
        alone: Lines = (
            (0.0, self.long),
            (0.0, self.short),
            (self.short_per_share, 0.0),
            (self.cheap_per_share, 0.0),
            (0.0, 1.0),
        )
        found = [np.array([self.cheap_below, *_crossings(alone)]), strike]
        for k in np.unique(strike):
            near = self.hedged * k
            hedges: Lines = ((near, 0.0), (near - k, 1.0), (near + k, -1.0), (self.long * k, 0.0))
            found.append(_crossings((*alone, *hedges)))
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class InitialStock:
    """Initial requirement of stock, alone and with options, per share, at the price of the trade.

    Attributes
    ----------
    long, short : float
        Shares of the market value that long and short stock require.

    Raises
    ------
    ValueError
        If a share lies outside 0 to 1.

    References
    ----------
    Regulation T, section 220.12 (12 CFR 220.12).

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules.strategy import InitialStock
    >>> strike, spot = np.array([80.0]), np.array([81.4])
    >>> float(InitialStock().collar(strike, strike, spot)[0]).__round__(4)
    42.1
    """

    long: float = 0.50
    short: float = 0.50

    def __post_init__(self) -> None:
        for name in ("long", "short"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))

    def long_stock(self, spots: Floats) -> Floats:
        """Requirement of long stock."""
        return self.long * spots

    def short_stock(self, spots: Floats) -> Floats:
        """Requirement of short stock above the value it is short."""
        return self.short * spots

    def covered_call(self, strike: Floats, spots: Floats) -> Floats:
        """Long stock and a short call: the stock is lent against up to the strike only."""
        return spots - (1.0 - self.long) * np.minimum(spots, strike)

    def covered_put(self, strike: Floats, spots: Floats) -> Floats:
        """Short stock and a short put: that of the stock, and what the put is in the money."""
        return self.short_stock(spots) + in_the_money(-1.0, strike, spots)

    def married_put(self, strike: Floats, spots: Floats) -> Floats:
        """Long stock and a long put: that of the stock."""
        return np.broadcast_to(self.long_stock(spots), np.broadcast(strike, spots).shape)

    def protective_call(self, strike: Floats, spots: Floats) -> Floats:
        """Short stock and a long call: that of the stock."""
        return np.broadcast_to(self.short_stock(spots), np.broadcast(strike, spots).shape)

    def collar(self, put: Floats, call: Floats, spots: Floats) -> Floats:
        """Long stock, a long put and a short call: that of the stock, and the call in the money."""
        return self.long_stock(spots) + in_the_money(1.0, call, spots)

    def reverse_conversion(self, strike: Floats, spots: Floats) -> Floats:
        """Short stock, a short put and a long call: that of the stock, and the put in the money."""
        return self.short_stock(spots) + in_the_money(-1.0, strike, spots)

    def withheld(self, right: Floats, strike: Floats, spots: Floats) -> Floats:
        """Nothing is taken off beside the requirement."""
        return np.zeros(np.broadcast(right, strike, spots).shape)

    def kinks(self, strike: Floats) -> Floats:
        """Spots at which a requirement bends."""
        return strike


StockTerms = MaintenanceStock | InitialStock


def _crossings(lines: Lines) -> Floats:
    """Spots at which two of some lines, of intercept and slope each, meet."""
    found = [(a[0] - b[0]) / (b[1] - a[1]) for a, b in combinations(lines, 2) if a[1] != b[1]]
    return np.array(found)

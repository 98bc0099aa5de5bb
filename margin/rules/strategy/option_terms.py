"""What single options require under strategy rules, per unit of the underlying.

Balance convention: the balance holds cash and stock at market value, options at nothing.  The
present value of a short option is part of what it requires.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.rules.strategy.admitted import Admitted

__all__ = ["CashTerms", "OptionTerms", "Terms", "in_the_money"]

Floats = NDArray[np.float64]
# A short call that nothing covers requires so many times spot and strike in a cash account: more
# than any cover, so that as few as can be are left.
BEYOND = 100.0


def in_the_money(right: Floats | float, strike: Floats, spots: Floats) -> Floats:
    """``max(right (S - K), 0)``, right 1 for a call and -1 for a put; arrays broadcast."""
    found: Floats = np.maximum(right * (spots - strike), 0.0)
    return found


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """Percentages of uncovered short options, and what long options may be lent against.

    An uncovered short option requires, per unit, its own value and::

        max(leverage percent S - OTM, leverage floor X),   X = S for a call and K for a put

    Attributes
    ----------
    percent, floor : float
        Shares of the underlying, and the least share left after the amount out of the money.
    leverage : float
        Size of the factor of a leveraged or inverse fund; multiplies both shares.
    long_rate : float
        Share of the value of a long option with more than ``long_months`` to run that must be
        paid; the rest is lent.
    long_months : int
        Calendar months up to which a long option is paid in full.
    box_rate : float
        Share of the difference of strikes that a long box of European options requires; its value
        then counts.

    Raises
    ------
    ValueError
        If a share lies outside its range.

    References
    ----------
    Cboe Rule 10.3(c)(5); FINRA Rule 4210(f)(2), in force since 26 October 2012 for spreads of any
    number of legs (Regulatory Notice 12-44); FINRA Regulatory Notice 09-53 for leveraged funds.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules.strategy import OptionTerms
    >>> put, strike, spot = np.array([-1.0]), np.array([50.0]), np.array([52.3])
    >>> round(float(OptionTerms().naked(put, strike, spot)[0]), 4)
    8.16
    """

    percent: float = 0.20
    floor: float = 0.10
    leverage: float = 1.0
    long_rate: float = 0.75
    long_months: int = 9
    box_rate: float = 0.50

    def __post_init__(self) -> None:
        for name in ("percent", "floor", "long_rate", "box_rate"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))
        object.__setattr__(self, "leverage", _check.positive("leverage", self.leverage))
        if not isinstance(self.long_months, int) or self.long_months < 0:
            raise ValueError(f"long_months must be a whole number, got {self.long_months!r}")
        if self.floor > self.percent:
            raise ValueError(f"floor must not be above percent, got {self.floor}, {self.percent}")

    @property
    def admitted(self) -> Admitted:
        """What may be grouped in a margin account: everything."""
        return Admitted()

    def uncovered(self, right: Floats, strike: Floats, spots: Floats, premiums: Floats) -> Floats:
        """Requirement of uncovered short options, their values included, per unit.

        Parameters
        ----------
        right, strike, spots, premiums : array
            1 for calls and -1 for puts; strikes, spots and values in quote currency; they
            broadcast.

        Returns
        -------
        array
            In quote currency.
        """
        return self.naked(right, strike, spots) + premiums

    def naked(self, right: Floats, strike: Floats, spots: Floats) -> Floats:
        """Requirement of uncovered short options without their values, per unit.

        Parameters
        ----------
        right, strike, spots : array
            1 for calls and -1 for puts, strikes and spots in quote currency; they broadcast.

        Returns
        -------
        array
            In quote currency.
        """
        share, least = self.leverage * self.percent, self.leverage * self.floor
        out = in_the_money(-right, strike, spots)
        floor = least * np.where(right > 0.0, spots, strike)
        found: Floats = np.maximum(share * spots - out, floor)
        return found

    def kinks(self, right: Floats, strike: Floats) -> Floats:
        """Spots at which `naked` bends: the strikes, and where the floor begins to bind.

        For a put it binds far out of the money, and far in the money too.
        """
        share, least = self.leverage * self.percent, self.leverage * self.floor
        calls, puts = strike[right > 0.0], strike[right < 0.0]
        found = [strike, calls / (1.0 + share - least)]
        if share < 1.0:
            found.append(puts * (1.0 - least) / (1.0 - share))
        if share > 0.0:
            found.append(puts * least / share)
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class CashTerms:
    """What options require in a cash account, where nothing is lent.

    A long option is paid in full.  A short put requires its strike in cash, a short call the shares
    themselves.  European options settled in cash that expire together may be spread, and require
    their largest loss.  Nothing else may be short.

    References
    ----------
    Regulation T, section 220.8 (12 CFR 220.8); FINRA Rule 4210(f)(2) and Cboe Rule 10.3(c)(5) on
    cash accounts.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules.strategy import CashTerms
    >>> put, strike, spot = np.array([-1.0]), np.array([50.0]), np.array([52.3])
    >>> CashTerms().uncovered(put, strike, spot, np.array([1.35]))
    array([50.])
    """

    long_rate: ClassVar[float] = 1.0
    long_months: ClassVar[int] = 0
    box_rate: ClassVar[float] = 1.0

    @property
    def admitted(self) -> Admitted:
        """Spreads of European options settled in cash, and nothing that needs a loan."""
        return Admitted(straddles=False, lends=False, any_spread=False)

    def uncovered(self, right: Floats, strike: Floats, spots: Floats, premiums: Floats) -> Floats:
        """Cash that short puts require per unit; for short calls an amount beyond all others.

        Parameters
        ----------
        right, strike, spots, premiums : array
            As for `OptionTerms.uncovered`.

        Returns
        -------
        array
            In quote currency.
        """
        found: Floats = np.where(right > 0.0, BEYOND * (strike + spots), strike + 0.0 * premiums)
        return found

    def kinks(self, right: Floats, strike: Floats) -> Floats:
        """Spots at which a requirement bends: the strikes."""
        return strike


Terms = OptionTerms | CashTerms

"""What the underlying pays on dates of its life."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dividend", "EscrowedDividends", "Shortfall", "ex_spots", "shortfalls"]

Floats = NDArray[np.float64]


class Shortfall(Enum):
    """What is paid where spot is below the cash of a dividend.

    ``LIQUIDATE``: all of the spot, which is then zero for good; ``SKIP``: nothing (the liquidator
    and the survivor of Haug, Haug and Lewis, *Wilmott* (September 2003)).
    """

    LIQUIDATE = "liquidate"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Dividend:
    """A payment of the underlying, by which spot drops.

    From ``S`` just before to ``S (1 - share) - cash`` just after.

    Parameters
    ----------
    time : float
        Ex-date in years from today, positive.
    cash : float
        Quote currency per unit of the underlying, not negative.
    share : float
        Of the spot, from 0 to below 1.
    shortfall : Shortfall
        What is paid where the cash is more than there is.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> Dividend(0.25, cash=1.5)
    Dividend(time=0.25, cash=1.5, share=0.0, shortfall=<Shortfall.LIQUIDATE: 'liquidate'>)
    """

    time: float
    cash: float = 0.0
    share: float = 0.0
    shortfall: Shortfall = Shortfall.LIQUIDATE

    def __post_init__(self) -> None:
        if not 0.0 < self.time < math.inf:
            raise ValueError(
                f"time of a dividend must be positive and finite, got {self.time}: what is paid "
                "today or was paid before is in the spot already"
            )
        if not 0.0 <= self.cash < math.inf:
            raise ValueError(f"cash must be finite and not negative, got {self.cash}")
        if not 0.0 <= self.share < 1.0:
            raise ValueError(f"share must be from 0 to below 1, got {self.share}")
        if not isinstance(self.shortfall, Shortfall):
            raise ValueError(f"shortfall must be a Shortfall, got {self.shortfall!r}")


@dataclass(frozen=True, slots=True)
class EscrowedDividends:
    """Cash dividends held in escrow: the spot less their present value is what moves.

    Discounted at the rate less the yield, as forwards grow.  The forward is that of spot drops, but
    the volatility is of a smaller number, so that options are worth less than with the same
    volatility of the whole spot.

    Parameters
    ----------
    dividends : tuple of Dividend
        Cash only.

    Raises
    ------
    ValueError
        If a dividend has a share.

    Examples
    --------
    >>> EscrowedDividends((Dividend(0.25, cash=1.5),)).dividends[0].cash
    1.5
    """

    dividends: tuple[Dividend, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "dividends", tuple(self.dividends))
        for dividend in self.dividends:
            if dividend.share != 0.0:
                raise ValueError(f"escrowed dividends must be cash, got share {dividend.share}")


def ex_spots(dividends: tuple[Dividend, ...], spots: Floats) -> tuple[Floats, Floats]:
    """Spots just after dividends of one date, and their derivative by those just before.

    Parameters
    ----------
    dividends : tuple of Dividend
        Paid one after the other.
    spots : array
        Just before, in quote currency.

    Returns
    -------
    spots, slopes : array
        In the shape of ``spots``.
    """
    slopes = np.ones(spots.shape)
    for dividend in dividends:
        left = spots * (1.0 - dividend.share) - dividend.cash
        pays = left > 0.0
        if dividend.shortfall is Shortfall.SKIP:
            slopes = np.where(pays, slopes * (1.0 - dividend.share), slopes)
            spots = np.where(pays, left, spots)
        else:
            slopes = np.where(pays, slopes * (1.0 - dividend.share), 0.0)
            spots = np.maximum(left, 0.0)
    return spots, slopes


def shortfalls(dividends: tuple[Dividend, ...]) -> tuple[float, ...]:
    """Spots just before dividends of one date up to which one of them has not enough to pay.

    Parameters
    ----------
    dividends : tuple of Dividend
        Paid one after the other.

    Returns
    -------
    tuple of float
        Quote currency.
    """
    found = []
    for number, dividend in enumerate(dividends):
        spot = dividend.cash / (1.0 - dividend.share)
        for before in reversed(dividends[:number]):
            spot = (spot + before.cash) / (1.0 - before.share)
        found.append(spot)
    return tuple(spot for spot in found if spot > 0.0)

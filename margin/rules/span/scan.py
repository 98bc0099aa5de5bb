"""The sixteen scenarios of a SPAN risk array, and how far each moves price and volatility."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.rules.rule import compounded
from margin.vol_move import VolMove

__all__ = ["DELTA_POINTS", "DELTA_WEIGHTS", "ScanPoint", "SpanScan", "VolRange", "scan_points"]

Floats = NDArray[np.float64]

THIRDS = (0, 1, -1, 2, -2, 3, -3)
"""Price moves of the scenarios in thirds of the price scan range, two scenarios each."""

DELTA_POINTS = (0.0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1.0, -1.0)
"""Price moves at which a composite delta is read, in price scan ranges."""

DELTA_WEIGHTS = (0.270, 0.217, 0.217, 0.110, 0.110, 0.037, 0.037)
"""Their weights, which add up to 0.998 and are normalised; not confirmed in a primary text."""


class VolRange(Enum):
    """What a volatility scan range is a range of.

    Examples
    --------
    >>> from margin.rules.span.scan import VolRange
    >>> VolRange("relative").name
    'RELATIVE'
    """

    ABSOLUTE = "absolute"
    """Volatility itself: 0.04 takes 0.25 to 0.29 and 0.21."""
    RELATIVE = "relative"
    """A share of it: 0.04 takes 0.25 to 0.26 and 0.24."""


@dataclass(frozen=True, slots=True)
class ScanPoint:
    """One scenario of a risk array.

    Attributes
    ----------
    price : float
        Move of the price in price scan ranges.
    vol : int
        Move of volatility in volatility scan ranges: 1, -1, or 0 in an extreme move.
    weight : float
        Share of the loss that counts.

    Examples
    --------
    >>> from margin.rules.span.scan import ScanPoint
    >>> print(ScanPoint(-2 / 3, 1))
    price -2/3, vol up
    """

    price: float
    vol: int
    weight: float = 1.0

    def __str__(self) -> str:
        thirds = round(3.0 * self.price)
        price = f"{thirds:+d}/3" if thirds else "0"
        if self.vol == 0:
            price = f"{self.price:+.3g} ranges"
        vol = {1: ", vol up", -1: ", vol down", 0: ""}[self.vol]
        share = "" if self.weight == 1.0 else f", {100.0 * self.weight:.3g} % of the loss"
        return f"price {price}{vol}{share}"


@lru_cache(maxsize=64)
def scan_points(extreme_multiple: float = 2.0, cover: float = 0.35) -> tuple[ScanPoint, ...]:
    """The sixteen scenarios in their order: up before down, volatility up before down.

    Parameters
    ----------
    extreme_multiple : float
        Extreme move in price scan ranges; 2 or 3 by exchange.
    cover : float
        Share of the loss in an extreme move that counts; 0.30 to 0.35 by exchange.

    Returns
    -------
    tuple of ScanPoint

    Examples
    --------
    >>> from margin.rules.span.scan import scan_points
    >>> points = scan_points(3.0, 0.33)
    >>> len(points), str(points[2]), str(points[15])
    (16, 'price +1/3, vol up', 'price -3 ranges, 33 % of the loss')
    """
    normal = [ScanPoint(third / 3.0, vol) for third in THIRDS for vol in (1, -1)]
    extreme = [ScanPoint(side * extreme_multiple, 0, cover) for side in (1.0, -1.0)]
    return (*normal, *extreme)


@dataclass(frozen=True, slots=True)
class VolShift:
    """A move of volatility by an absolute number, which does not take it below ``lowest``."""

    shift: float
    lowest: float

    def moved(self, volatility: Floats, years: Floats) -> Floats:
        """Volatilities after the move; the life left, in ``years``, does not matter."""
        del years
        return np.maximum(volatility + self.shift, self.lowest)


@dataclass(frozen=True, slots=True)
class SpanScan:
    """How far a risk array scans one underlying.

    Attributes
    ----------
    price_range : float
        Price scan range as a share of the price; it stays that share as the spot moves.  Of a
        range in points that is ``points / price``.
    vol_range : float
        Volatility scan range.
    vol_unit : VolRange
        Whether it is a range of volatility itself, or a share of it.
    look_ahead_days : float
        Days by which all options are older in a scenario.
    extreme_multiple, cover : float
        Extreme move in price scan ranges, and the share of its loss that counts.
    lowest_volatility : float
        Below this an absolute move does not take a volatility.

    Raises
    ------
    ValueError
        If a number is out of its range, or an extreme fall would leave nothing of the price.

    References
    ----------
    Chicago Mercantile Exchange, *SPAN methodology*; NSE Clearing, *NSCCL SPAN*.

    Examples
    --------
    >>> from margin.rules.span.scan import SpanScan
    >>> scan = SpanScan(price_range=6.0 / 100.0, vol_range=0.04, extreme_multiple=3.0, cover=0.33)
    >>> [round(move, 2) for move in scan.price_moves[8:12]], round(scan.price_moves[15], 2)
    ([-0.04, -0.04, 0.06, 0.06], -0.18)
    """

    price_range: float
    vol_range: float
    vol_unit: VolRange = VolRange.ABSOLUTE
    look_ahead_days: float = 1.0
    extreme_multiple: float = 2.0
    cover: float = 0.35
    lowest_volatility: float = 0.01

    def __post_init__(self) -> None:
        _check.instance("vol_unit", self.vol_unit, VolRange)
        widest = 1.0 if self.vol_unit is VolRange.RELATIVE else inf
        limits = {
            "price_range": (0.0, 1.0),
            "vol_range": (0.0, widest),
            "look_ahead_days": (0.0, inf),
            "extreme_multiple": (1.0, inf),
            "cover": (0.0, 1.0),
        }
        for name, (lowest, highest) in limits.items():
            value = _check.within(name, getattr(self, name), lowest, highest)
            object.__setattr__(self, name, value)
        lowest = _check.positive("lowest_volatility", self.lowest_volatility)
        object.__setattr__(self, "lowest_volatility", lowest)
        if self.price_range * self.extreme_multiple >= 1.0:
            raise ValueError(
                "price_range times extreme_multiple must be below 1, "
                f"got {self.price_range} and {self.extreme_multiple}"
            )

    @property
    def points(self) -> tuple[ScanPoint, ...]:
        """The sixteen scenarios."""
        return scan_points(self.extreme_multiple, self.cover)

    @property
    def price_moves(self) -> tuple[float, ...]:
        """Relative move of the price in each scenario."""
        return tuple(point.price * self.price_range for point in self.points)

    def vol_moves(self, before: float = 0.0) -> tuple[VolMove, VolMove, VolMove]:
        """Moves of volatility: none, up and down, all after a relative move ``before``.

        Parameters
        ----------
        before : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of VolMove
        """
        up, down = (self._vol_move(side * self.vol_range) for side in (1.0, -1.0))
        return before, compounded(before, up), compounded(before, down)

    def _vol_move(self, size: float) -> VolMove:
        if self.vol_unit is VolRange.RELATIVE:
            return size
        return VolShift(size, self.lowest_volatility)

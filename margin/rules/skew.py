"""Skew shocks: volatilities that move by how far a strike lies from the forward."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.instrument import OptionContract
from margin.piecewise import PiecewiseCubic, from_hermite
from margin.revaluation import Revaluation
from margin.rules.derive.scenario import VolDirection
from pdesolve import black_scholes

__all__ = ["SkewShock", "skewed_value"]

Floats = NDArray[np.float64]

# A cubic with exact values and slopes strays most near the middle of its cell; the true distance
# there is measured and taken this many times.
ERROR_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class SkewShock:
    """A move of volatility that grows with the log moneyness ``k = ln(K / F)`` up to a cap.

    With ``t`` years left (``abs(k)`` in place of ``k`` for the absolute skew)::

        k* = max(least_width, sqrt(t) width (vol_static + sqrt(t) vol_slope))
        cap = base_cap + slope sqrt(t)
        multiplier = max(0, 1 + clip(k cap / k*, -cap, cap))

    Attributes
    ----------
    linear_cap, abs_cap : float
        Caps for options about to expire.
    linear_slope, abs_slope : float
        What the caps change by per root year.
    least_width, width : float
        Least ``k*``, and its size in standard deviations.
    vol_static, vol_slope : float
        Volatility by which the width is measured, and its change per root year.

    Raises
    ------
    ValueError
        If a number is not finite, or the least width is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules import SkewShock, VolDirection
    >>> shock = SkewShock(0.15, 0.15, linear_slope=-0.05, abs_slope=-0.05, vol_slope=-0.1)
    >>> shock.multiplier(np.array([-0.1, 0.1]), 0.25, VolDirection.LINEAR).round(4)
    array([0.9886, 1.0114])
    """

    linear_cap: float = 0.25
    abs_cap: float = 0.25
    linear_slope: float = -0.10
    abs_slope: float = -0.10
    least_width: float = 0.01
    width: float = 4.0
    vol_static: float = 0.6
    vol_slope: float = 0.0

    def __post_init__(self) -> None:
        for name in ("linear_slope", "abs_slope", "vol_static", "vol_slope"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))
        for name in ("linear_cap", "abs_cap", "width"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))
        object.__setattr__(self, "least_width", _check.positive("least_width", self.least_width))

    def reach(self, years: float) -> float:
        """``k*``, the log moneyness from which on the move no longer grows."""
        root = sqrt(years)
        return max(self.least_width, root * self.width * (self.vol_static + root * self.vol_slope))

    def cap(self, years: float, way: VolDirection) -> float:
        """Largest relative move of a volatility."""
        if way is VolDirection.LINEAR:
            return self.linear_cap + self.linear_slope * sqrt(years)
        return self.abs_cap + self.abs_slope * sqrt(years)

    def multiplier(self, log_moneyness: Floats, years: float, way: VolDirection) -> Floats:
        """What volatilities are multiplied by, not negative."""
        k = log_moneyness if way is VolDirection.LINEAR else np.abs(log_moneyness)
        cap = self.cap(years, way)
        move = k * cap / self.reach(years)
        clipped = np.where(k >= 0.0, np.minimum(cap, move), np.maximum(-cap, move))
        factor: Floats = np.maximum(0.0, 1.0 + clipped)
        return factor

    def kinks(self, years: float, way: VolDirection) -> Floats:
        """Log moneyness at which the multiplier has a kink."""
        cap, reach = self.cap(years, way), self.reach(years)
        kinks = [0.0, -reach, reach]
        if way is VolDirection.LINEAR and abs(cap) > 1.0:
            kinks.append(-reach / cap)
        return np.array(kinks)


def skewed_value(
    revaluation: Revaluation,
    held: Mapping[OptionContract, float],
    shock: SkewShock,
    *,
    way: VolDirection,
    date_index: int,
    vol_move: float,
) -> PiecewiseCubic:
    """Value of European options of one expiry after a skew shock, against spot.

    The forward moves with the spot, and with it the volatility of every strike; the values are
    closed forms at the knots of the revaluation and at all kinks.

    Parameters
    ----------
    revaluation : Revaluation
        Whose contracts they are.
    held : mapping of OptionContract to float
        Units of each, all of one expiry.
    shock : SkewShock
        The shock.
    way : VolDirection
        Linear or absolute skew.
    date_index : int
        Which of the dates of the revaluation, before the expiry.
    vol_move : float
        Relative move of all volatilities before the shock.

    Returns
    -------
    PiecewiseCubic
        In quote currency, discounted as the market discounts.
    """
    market, expiry = revaluation.market, next(iter(held)).expiry
    years = market.years(expiry) - market.years(revaluation.dates[date_index])
    carry = market.underlyings[revaluation.underlying].carry(expiry, market.asof)
    growth = exp((carry[0] - carry[1]) * years)
    strikes = np.array([contract.strike for contract in held])[:, None]
    kinks = strikes / growth * np.exp(-shock.kinks(years, way))
    knots = revaluation.curves[date_index].knots
    inside = (kinks > knots[0]) & (kinks < knots[-1])
    spots = np.union1d(knots, kinks[inside])
    middle = 0.5 * (spots[:-1] + spots[1:])
    units = np.array(list(held.values()))
    vols = np.array([market.volatility(contract) for contract in held])[:, None] * (1.0 + vol_move)
    rights = np.array([int(contract.right) for contract in held])[:, None]

    def read(at: Floats, where: Floats) -> tuple[Floats, Floats]:
        """Value and slope at spots, on the side of the kinks on which ``where`` lies."""
        moneyness = np.log(strikes / (growth * at))
        factor = shock.multiplier(moneyness, years, way)
        steepness = _steepness(shock, np.log(strikes / (growth * where)), years, way=way)
        greeks = black_scholes(
            at, strikes, years, vol=vols * factor, rate=carry[0], div_yield=carry[1], right=rights
        )
        slopes = np.nan_to_num(greeks.delta) - np.nan_to_num(greeks.vega) * vols * steepness / at
        return units @ greeks.price, units @ slopes

    values, left = read(spots[:-1], middle)
    ends, right = read(spots[1:], middle)
    knotted = np.append(values, ends[-1])
    exact, _ = read(middle, middle)
    smooth = from_hermite(spots, knotted, left, right_slopes=right, error=0.0)
    error = ERROR_FACTOR * np.abs(smooth(middle) - exact)
    return PiecewiseCubic(smooth.knots, smooth.bernstein, error)


def _steepness(shock: SkewShock, k: Floats, years: float, *, way: VolDirection) -> Floats:
    """Derivative of the multiplier by log moneyness, off the kinks."""
    cap, reach = shock.cap(years, way), shock.reach(years)
    sloped = (np.abs(k) < reach) & (shock.multiplier(k, years, way) > 0.0)
    sign = 1.0 if way is VolDirection.LINEAR else np.sign(k)
    steepness: Floats = np.where(sloped, sign * cap / reach, 0.0)
    return steepness

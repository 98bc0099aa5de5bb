"""Skew shocks: volatilities that move by how far a strike lies from the forward."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import exp, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, unchecked
from margin.revaluation import Revaluation
from margin.rules.claims import vanilla
from margin.rules.derive.scenario import VolDirection
from margin.solved_family import SolvedFamily
from pdesolve import black_scholes

__all__ = ["SkewShock", "skewed_value"]

Floats = NDArray[np.float64]

# A cubic with exact values and slopes strays most near the middle of its cell; the true distance
# there is measured and taken this many times.
ERROR_FACTOR = 2.0
AT_MIDDLE = np.array([0.125, 0.375, 0.375, 0.125])
"""Weights of the coefficients of a cubic in its value at the middle of its cell."""

KEPT = 64
"""Shocked expiries that are kept; each belongs to one account with all its subsets."""


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


Shocked = tuple[datetime, SkewShock, VolDirection]
"""An expiry, the shock, and its direction: linear or absolute skew."""


def skewed_value(
    revaluation: Revaluation, units: Floats, shocked: Shocked, *, at: tuple[int, float] = (0, 0.0)
) -> PiecewiseCubic:
    """Value of European options of one expiry after a skew shock, against spot.

    The forward moves with the spot, and with it the volatility of every strike; the values are
    closed forms at the knots of the revaluation and at all kinks.  They are computed once for a
    revaluation and all accounts that are derived from it.

    Parameters
    ----------
    revaluation : Revaluation
        Whose contracts they are.
    units : (l,) array
        Units of its contracts; those of other expiries do not count.
    shocked : (datetime, SkewShock, VolDirection)
        The expiry, after the date; the shock; linear or absolute skew.
    at : (int, float)
        Which of the dates, and the relative move of all volatilities before the shock.

    Returns
    -------
    PiecewiseCubic
        In quote currency, discounted as the market discounts.
    """
    chosen, (knots, cells, error) = _unit_curves(SolvedFamily(revaluation), shocked, at)
    held = units[chosen]
    total = (held @ cells.reshape(held.size, -1)).reshape(-1, 4)
    return unchecked(knots, total, np.abs(held) @ error)


@lru_cache(maxsize=KEPT)
def _unit_curves(
    family: SolvedFamily, shocked: Shocked, at: tuple[int, float]
) -> tuple[list[int], tuple[Floats, Floats, Floats]]:
    """Which contracts expire then, and knots (n + 1,), cubics (l, n, 4), errors (l, n) of each."""
    (expiry, shock, way), (date_index, vol_move) = shocked, at
    known = family.revaluation
    market, contracts = known.market, known.contracts
    chosen = [index for index, each in enumerate(contracts) if each.expiry == expiry]
    held = [vanilla(contracts[index]) for index in chosen]
    years = market.years(expiry) - market.years(known.dates[date_index])
    underlying, date = market.underlyings[known.underlying], known.dates[date_index]
    underlying.refuse_dividends(date, expiry, what="a shock of the skew")
    carry = underlying.carry(expiry, market.asof)
    growth = exp((carry[0] - carry[1]) * years)
    strikes = np.array([contract.strike for contract in held])[:, None]
    kinks = strikes / growth * np.exp(-shock.kinks(years, way))
    knots = known.curves[date_index].knots
    spots = np.union1d(knots, kinks[(kinks > knots[0]) & (kinks < knots[-1])])
    middle = 0.5 * (spots[:-1] + spots[1:])
    vols = np.array([market.volatility(contract) for contract in held])[:, None] * (1.0 + vol_move)
    rights = np.array([int(contract.right) for contract in held])[:, None]

    def read(where: Floats) -> tuple[Floats, Floats]:
        """Value and slope (l, k) at spots, on the side of the kinks on which the middles lie."""
        factor = shock.multiplier(np.log(strikes / (growth * where)), years, way)
        steepness = _steepness(shock, np.log(strikes / (growth * middle)), years, way=way)
        greeks = black_scholes(
            where,
            strikes,
            years,
            vol=vols * factor,
            rate=carry[0],
            div_yield=carry[1],
            right=rights,
        )
        slopes = np.nan_to_num(greeks.delta) - np.nan_to_num(greeks.vega) * vols * steepness / where
        return np.asarray(greeks.price), slopes

    (start, left), (end, right), (exact, _) = read(spots[:-1]), read(spots[1:]), read(middle)
    third = np.diff(spots) / 3.0
    cells = np.stack([start, start + left * third, end - right * third, end], axis=-1)
    error = np.abs(cells @ AT_MIDDLE - exact)
    return chosen, (spots, cells, ERROR_FACTOR * error)


def _steepness(shock: SkewShock, k: Floats, years: float, *, way: VolDirection) -> Floats:
    """Derivative of the multiplier by log moneyness, off the kinks."""
    cap, reach = shock.cap(years, way), shock.reach(years)
    sloped = (np.abs(k) < reach) & (shock.multiplier(k, years, way) > 0.0)
    sign = 1.0 if way is VolDirection.LINEAR else np.sign(k)
    steepness: Floats = np.where(sloped, sign * cap / reach, 0.0)
    return steepness

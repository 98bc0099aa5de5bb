"""Local volatility from an implied surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdesolve import arguments
from pdesolve.local.arbitrage import density_factor, violations
from pdesolve.local.implied_surface import ImpliedSurface
from pdesolve.local.local_volatility import LocalVolatility
from pdesolve.model import as_curve
from pdesolve.term_structure import Curve

__all__ = ["DupireVolatility", "dupire"]

Floats = NDArray[np.float64]

# Total variance vanishes today, but its ratios do not: they are read at this share of the first
# expiry.
SOONEST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class DupireVolatility:
    """Local volatility of an implied surface, as a function of spot and time.

    By Gatheral's form of Dupire's formula, in total variance ``w(k, T)`` of log-moneyness
    ``k = ln(S / F(T))``,

        sigma^2 = dw/dT / g,      g = (1 - k w' / (2 w))^2 - w'^2 / 4 (1 / w + 1 / 4) + w'' / 2.

    Beyond the quotes it stays what it is at the last of them.

    Attributes
    ----------
    surface : ImpliedSurface
        Implied variance.
    spot : float
        Spot today, quote currency.
    rates, yields : Curve
        Over time.
    """

    surface: ImpliedSurface
    spot: float
    rates: Curve
    yields: Curve

    def __call__(self, spots: Floats, times: Floats) -> Floats:
        """Return local volatilities, decimals per root year.

        Parameters
        ----------
        spots, times : array
            Quote currency and years from today, which broadcast.

        Returns
        -------
        array

        Raises
        ------
        ValueError
            If a time is beyond the last expiry, or local variance is not positive there.
        """
        soonest = SOONEST * self.surface.expiries[0]
        when = np.maximum(times, soonest)
        today = np.zeros(np.shape(when))
        growth = self.rates.integral(today, when) - self.yields.integral(today, when)
        low, high = self.surface.quoted(when)
        place = np.clip(np.log(spots / self.spot) - growth, low, high)
        smile = self.surface.read(place, when)
        variance = smile.growth / density_factor(place, smile)
        if not np.all(variance > 0.0):
            i = int(np.argmin(np.where(np.isnan(variance), -np.inf, variance)))
            place, when = np.broadcast_arrays(place, when)
            raise ValueError(
                f"local variance must be positive, got {variance.flat[i]:.3g} at log-moneyness "
                f"{place.flat[i]:.3g} and {when.flat[i]:g} years"
            )
        return np.sqrt(variance)


def dupire(
    surface: ImpliedSurface,
    *,
    spot: float,
    rate: float | Curve = 0.0,
    dividend_yield: float | Curve = 0.0,
) -> LocalVolatility:
    """Return the local volatility under which European options have their implied volatilities.

    Parameters
    ----------
    surface : ImpliedSurface
        Implied variance, free of arbitrage as far as strikes are quoted.
    spot : float
        Spot today, quote currency.
    rate, dividend_yield : float or Curve
        Continuously compounded per year.  The forward that they give to an expiry, from this spot,
        is where log-moneyness is zero.

    Returns
    -------
    LocalVolatility
        For contracts up to the last expiry of the surface.

    Raises
    ------
    ValueError
        If the spot is not positive, or the surface allows arbitrage, by `violations`: local
        variance would be negative there.

    References
    ----------
    Dupire, "Pricing with a smile", *Risk* 7 (1994); Gatheral, *The Volatility Surface* (2006),
    equation 1.10.

    Examples
    --------
    A surface without a smile gives back its volatility:

    >>> from pdesolve import ImpliedSurface, Option, Right, dupire, solve
    >>> flat = ImpliedSurface([0.5, 1.0], [[-0.5, 0.0, 0.5]] * 2, [[0.02] * 3, [0.04] * 3])
    >>> surface = solve(Option(Right.CALL, strike=100.0, expiry=1.0), dupire(flat, spot=100.0))
    >>> round(surface.value(100.0), 4)
    7.9656
    """
    arguments.positive("spot", spot)
    found = violations(surface)
    if found:
        others = f", and {len(found) - 1} more" if len(found) > 1 else ""
        worst = max(found, key=lambda violation: violation.amount)
        raise ValueError(f"surface must be free of arbitrage, got {worst}{others}")
    curves = as_curve("rate", rate), as_curve("dividend_yield", dividend_yield)
    function = DupireVolatility(surface, spot, *curves)
    dates = tuple(surface.expiries.tolist())
    return LocalVolatility(function, rate, dividend_yield, dates=dates)

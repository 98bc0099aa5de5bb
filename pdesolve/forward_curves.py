"""Curves of time that give what is quoted for each expiry."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.term_structure import Curve, PiecewiseConstant

__all__ = ["forward_rates", "forward_volatilities", "forward_yields"]

Floats = NDArray[np.float64]


def forward_volatilities(expiries: ArrayLike, vols: ArrayLike) -> PiecewiseConstant:
    """Volatility over time that gives the implied volatility of each expiry.

    Between two expiries the variance per year is ``(T2 vol2**2 - T1 vol1**2) / (T2 - T1)``.

    Parameters
    ----------
    expiries : (k,) array-like
        Years from today, positive, ascending.
    vols : (k,) array-like
        Implied volatilities, decimals per root year.

    Returns
    -------
    PiecewiseConstant

    Raises
    ------
    ValueError
        If total variance falls from one expiry to the next: that is an arbitrage, and no model of
        this kind gives such prices.

    Examples
    --------
    >>> forward_volatilities([0.25, 1.0], [0.3, 0.24]).levels.round(4)
    array([0.3   , 0.2163])
    """
    times, levels = _by_expiry("vols", expiries, vols)
    variances = _between(times, times * levels**2)
    if np.any(variances < 0.0):
        i = int(np.argmax(variances < 0.0))
        raise ValueError(
            "total variance vol**2 T must not fall from one expiry to the next, got "
            f"{times[i] * levels[i] ** 2:g} at {times[i]:g} after "
            f"{times[i - 1] * levels[i - 1] ** 2:g} at {times[i - 1]:g}"
        )
    return PiecewiseConstant(times[:-1], np.sqrt(variances))


def forward_rates(expiries: ArrayLike, rates: ArrayLike) -> PiecewiseConstant:
    """Rate over time that gives the zero rate of each expiry, ``-ln(discount factor) / T``.

    Parameters
    ----------
    expiries : (k,) array-like
        Years from today, positive, ascending.
    rates : (k,) array-like
        Zero rates, continuously compounded per year.

    Returns
    -------
    PiecewiseConstant

    Examples
    --------
    >>> forward_rates([0.5, 1.0], [0.02, 0.03]).levels.round(4)
    array([0.02, 0.04])
    """
    times, levels = _by_expiry("rates", expiries, rates)
    return PiecewiseConstant(times[:-1], _between(times, times * levels))


def forward_yields(
    spot: float, expiries: ArrayLike, forwards: ArrayLike, rates: Curve
) -> PiecewiseConstant:
    """Dividend yield over time that gives the forward of each expiry.

    Parameters
    ----------
    spot : float
        Quote currency.
    expiries : (k,) array-like
        Years from today, positive, ascending.
    forwards : (k,) array-like
        Forward prices in quote currency.
    rates : Curve
        Rate over time.

    Returns
    -------
    PiecewiseConstant

    Examples
    --------
    >>> from pdesolve.term_structure import Flat
    >>> forward_yields(100.0, [0.5, 1.0], [100.0, 102.0], Flat(0.03)).levels.round(4)
    array([ 0.03  , -0.0096])
    """
    times, levels = _by_expiry("forwards", expiries, forwards)
    if not 0.0 < spot < np.inf:
        raise ValueError(f"spot must be positive and finite, got {spot}")
    if np.any(levels <= 0.0):
        raise ValueError(f"forwards must be positive, got {levels}")
    carried = rates.integral(np.zeros(times.size), times) - np.log(levels / spot)
    return PiecewiseConstant(times[:-1], _between(times, carried))


def _by_expiry(name: str, expiries: ArrayLike, numbers: ArrayLike) -> tuple[Floats, Floats]:
    times, levels = np.array(expiries, dtype=float), np.array(numbers, dtype=float)
    if times.ndim != 1 or times.size == 0 or levels.shape != times.shape:
        raise ValueError(f"{name} must be one for each expiry, got {levels.shape}, {times.shape}")
    if not (np.all(np.isfinite(times)) and np.all(np.diff(times, prepend=0.0) > 0.0)):
        raise ValueError(f"expiries must be finite and ascend from above 0, got {times}")
    if not np.all(np.isfinite(levels)):
        raise ValueError(f"{name} must be finite, got {levels}")
    return times, levels


def _between(times: Floats, totals: Floats) -> Floats:
    """Rates per year at which totals grow from one time to the next."""
    return np.asarray(np.diff(totals, prepend=0.0) / np.diff(times, prepend=0.0))

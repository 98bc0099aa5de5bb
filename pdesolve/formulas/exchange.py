"""Options on two assets: the exchange of one for the other exactly, their spread nearly.

The right to receive ``S1`` for ``S2`` at ``T`` is a call on ``S1`` in units of ``S2`` (Margrabe):

    V = S1 exp(-q1 T) N(d1) - S2 exp(-q2 T) N(d2),
    d1, d2 = log(S1 exp(-q1 T) / (S2 exp(-q2 T))) / s +- s / 2,
    s**2 = (sigma1**2 + sigma2**2 - 2 rho sigma1 sigma2) T,

whatever the rate.  With a strike, Kirk takes ``F2 + K`` for log-normal, which it is not: his price
is an approximation, exact only where the strike or the second volatility is zero.

References
----------
Margrabe, "The value of an option to exchange one asset for another", *J. Finance* 33 (1978); Kirk,
"Correlation in the energy markets", in *Managing Energy Price Risk* (Risk Publications, 1995);
Haug, *The Complete Guide to Option Pricing Formulas*, 2nd ed. (2007), chapter 5.
"""

import numpy as np
from numpy.typing import ArrayLike

from pdesolve import arguments
from pdesolve.arguments import Array, Number, Rights
from pdesolve.formulas.columns import priced, within
from pdesolve.kernels import closed_form as kernels

__all__ = ["kirk_approximate_price", "margrabe_price"]

Pair = tuple[ArrayLike, ArrayLike]


def margrabe_price(
    spot: ArrayLike,
    other_spot: ArrayLike,
    expiry: ArrayLike,
    *,
    vols: Pair,
    correlation: ArrayLike,
    div_yields: Pair = (0.0, 0.0),
) -> Number:
    """Price of European rights to receive one asset and give another.

    The right to receive the other asset is that with the two exchanged; it is worth
    ``S1 exp(-q1 T) - S2 exp(-q2 T)`` less.

    Parameters
    ----------
    spot, other_spot : array-like
        ``S1``, received, and ``S2``, given, in quote currency; both positive.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    vols : pair of array-like
        ``sigma1`` and ``sigma2`` in decimals per root year; zero is allowed.
    correlation : array-like
        ``rho`` of the two log spots, -1 to 1.
    div_yields : pair of array-like
        ``q1`` and ``q2``, continuously compounded per year.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        If a spot is not positive, an expiry or volatility is negative, a volatility is above 5, a
        correlation is outside -1 to 1, a number is not finite, a yield times expiry is beyond 500
        either way, something is no pair, or the shapes do not broadcast.

    Examples
    --------
    BENCHOP problem 6:

    >>> round(margrabe_price(100.0, 90.0, 1.0, vols=(0.15, 0.15), correlation=0.5), 10)
    12.0217274256
    """
    yields = _pair("div_yields", div_yields)
    named = {
        "spot": arguments.positive("spot", spot),
        "strike": arguments.positive("other_spot", other_spot),
        "expiry": arguments.not_negative("expiry", expiry),
        "vol": _relative_vol(vols, correlation, np.ones(())),
        "rate": arguments.finite("second div_yield", yields[1]),
        "div_yield": arguments.finite("first div_yield", yields[0]),
        "right": np.ones(()),
    }
    return priced(_price_many, named)


def kirk_approximate_price(
    forward: ArrayLike,
    other_forward: ArrayLike,
    expiry: ArrayLike,
    *,
    strike: ArrayLike,
    vols: Pair,
    correlation: ArrayLike,
    rate: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Approximate price of European options on the difference of two forwards.

    A call pays ``max(F1 - F2 - K, 0)`` at expiry.  With ``w = F2 / (F2 + K)`` the price is that of
    Black-76 on ``F1`` with strike ``F2 + K`` and volatility
    ``sqrt(sigma1**2 - 2 rho sigma1 sigma2 w + (sigma2 w)**2)``.  The error grows with
    the strike, the volatilities and the expiry: with volatilities of 30 and 20 %, over a year, it
    is up to 0.006 % of the forward at a strike of 5 % of it, and up to 0.04 % at one of 20 %, which
    is 2 % of the price (`validation/closed_form_models.py`).

    Parameters
    ----------
    forward, other_forward : array-like
        ``F1`` and ``F2`` for delivery at expiry, in quote currency; both positive.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    strike : array-like
        ``K`` in quote currency, of either sign as long as ``F2 + K`` is positive.
    vols : pair of array-like
        ``sigma1`` and ``sigma2`` in decimals per root year; zero is allowed.
    correlation : array-like
        ``rho`` of the two log forwards, -1 to 1.
    rate : array-like
        ``r``, continuously compounded per year; it only discounts.
    right : str, Right or array of them
        "call", "c", "put", "p" in any case, or a `Right`.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `margrabe_price`; also if a second forward and strike together are not positive, a
        rate times expiry is beyond 500 either way, or a right is unknown.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 61:

    >>> terms = {"strike": 7.0, "vols": (0.29, 0.36), "correlation": 0.42, "rate": 0.05}
    >>> round(kirk_approximate_price(28.0, 20.0, 0.25, **terms), 4)
    2.1670
    """
    second = arguments.positive("other_forward", other_forward)
    paid = arguments.positive(
        "other_forward and strike", second + arguments.finite("strike", strike)
    )
    named = {
        "spot": arguments.positive("forward", forward),
        "strike": paid,
        "expiry": arguments.not_negative("expiry", expiry),
        "vol": _relative_vol(vols, correlation, second / paid),
        "rate": arguments.finite("rate", rate),
        "div_yield": arguments.finite("rate", rate),
        "right": arguments.signs(right),
    }
    return priced(_price_many, named)


def _price_many(columns: tuple[Array, ...], out: Array) -> None:
    kernels.price_many(*[*columns, out])


def _relative_vol(vols: Pair, correlation: ArrayLike, share: Array) -> Array:
    """Return the volatility of one log price less a share of another."""
    first, second = _pair("vols", vols)
    own = arguments.volatility("first vol", first)
    other = share * arguments.volatility("second vol", second)
    apart = 1.0 - within("correlation", correlation, -1.0, 1.0)
    return np.asarray(np.sqrt((own - other) ** 2 + 2.0 * apart * own * other))


def _pair(name: str, both: Pair) -> Pair:
    try:
        first, second = both
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a pair, got {both!r}") from None
    return first, second

"""European options in closed form: Black–Scholes on a spot, Black-76 on a forward.

The value ``V`` of an option on a spot ``S`` with strike ``K`` and time to expiry ``T`` is

    V = w (S exp(-q T) N(w d1) - K exp(-r T) N(w d2)),
    d1 = (log(S / K) + (r - q) T) / (sigma sqrt(T)) + sigma sqrt(T) / 2,
    d2 = d1 - sigma sqrt(T),

with ``w = 1`` for a call and ``-1`` for a put, volatility ``sigma``, rate ``r``, dividend yield
``q`` and the normal distribution function ``N``.  Every number is as exact as rounding of the
arguments allows (`validation/closed_form_greeks.py`); far out of the money it is right in its
own digits, not only in those of the spot.

At expiry, and at zero volatility, the value is that of exercise along the forward and the Greeks
are its derivatives: a step in delta, no gamma and no vega.  Exactly at the kink, where the forward
is the strike, these do not exist, and every Greek is NaN.

References
----------
Black and Scholes, *J. Political Economy* 81 (1973); Merton, *Bell J. Economics* 4 (1973); Black,
*J. Financial Economics* 3 (1976).  Greeks: Haug, *The Complete Guide to Option Pricing Formulas*,
2nd ed. (2007), chapter 2.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number, Rights
from pdesolve.kernels import closed_form as kernels

__all__ = ["Greeks", "black_76", "black_scholes", "black_scholes_price"]


@dataclass(frozen=True, slots=True)
class Greeks:
    """Price of an option and its plain partial derivatives, each a float or an array.

    Per unit of the underlying; ``S`` is the spot, or the forward for `black_76`, ``t`` is calendar
    time in years.

    Parameters
    ----------
    price : float or array
        ``V`` in quote currency.
    delta : float or array
        ``dV/dS``, units of the underlying.
    gamma : float or array
        ``d2V/dS2``, units of the underlying per unit of quote currency.
    theta : float or array
        ``dV/dt``, quote currency per year; divide by 365 for a day.
    vega : float or array
        ``dV/dsigma``, quote currency per 1.00 of volatility; divide by 100 for a point.
    rho : float or array
        ``dV/dr``, quote currency per 1.00 of rate; at fixed spot, for `black_76` at fixed forward.
    dividend_rho : float or array
        ``dV/dq``, quote currency per 1.00 of yield; 0 for `black_76`.
    vanna : float or array
        ``d2V/(dS dsigma)``, units of the underlying per 1.00 of volatility.
    volga : float or array
        ``d2V/dsigma2``, quote currency per 1.00 of volatility squared.
    charm : float or array
        ``d2V/(dS dt)``, units of the underlying per year.
    """

    price: Number
    delta: Number
    gamma: Number
    theta: Number
    vega: Number
    rho: Number
    dividend_rho: Number
    vanna: Number
    volga: Number
    charm: Number


def black_scholes(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Greeks:
    """Price and Greeks of European options on a spot.

    Parameters
    ----------
    spot : array-like
        ``S`` in quote currency; zero is allowed.
    strike : array-like
        ``K`` in quote currency.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    vol : array-like
        ``sigma`` in decimals per root year; zero is allowed.
    rate, div_yield : array-like
        ``r`` and ``q``, continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put", "p" in any case, or a `Right`.

    Returns
    -------
    Greeks
        Floats if all arguments are single numbers, else arrays in the shape to which the
        arguments broadcast.  NaN, all but the price, where ``sigma sqrt(T) = 0`` and the forward
        is the strike.

    Raises
    ------
    ValueError
        If a spot, expiry or volatility is negative, a strike is not positive, a number is not
        finite, a volatility is above 5, a rate or yield times expiry is beyond 500 either way, a
        right is unknown, or the shapes do not broadcast.

    Examples
    --------
    Hull, *Options, Futures, and Other Derivatives*, example 15.6 (0.81), and its delta:

    >>> put = black_scholes(42.0, 40.0, 0.5, vol=0.2, rate=0.1, right="put")
    >>> round(put.price, 2), round(put.delta, 4)
    (0.81, -0.2209)
    >>> black_scholes([90.0, 110.0], 100.0, 0.0, vol=0.2).delta
    array([0., 1.])
    """
    shape, columns = _columns(
        spot, strike, expiry, vol=vol, rate=rate, div_yield=div_yield, right=right
    )
    out = np.empty((len(fields(Greeks)), columns[0].size))
    kernels.greeks_many(*[*columns, out])
    return Greeks(*(arguments.shaped(row, shape) for row in out))


def black_scholes_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of European options on a spot: `black_scholes` without the Greeks, in half the time.

    Parameters
    ----------
    spot, strike, expiry, vol, rate, div_yield, right
        As for `black_scholes`.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `black_scholes`.

    Examples
    --------
    >>> black_scholes_price(42.0, 40.0, 0.5, vol=0.2, rate=0.1, right=["call", "put"]).round(2)
    array([4.76, 0.81])
    """
    shape, columns = _columns(
        spot, strike, expiry, vol=vol, rate=rate, div_yield=div_yield, right=right
    )
    out = np.empty(columns[0].size)
    kernels.price_many(*[*columns, out])
    return arguments.shaped(out, shape)


def black_76(
    forward: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    right: Rights = "call",
) -> Greeks:
    """Price and Greeks of European options on a forward or a future.

    The price is ``exp(-r T) w (F N(w d1) - K N(w d2))``, that of `black_scholes` on a spot ``F``
    whose yield is the rate.  Derivatives are with respect to the forward, and the forward stays
    fixed when the rate or the time changes: ``rho = -T V`` and ``theta`` holds no drift of ``F``.

    Parameters
    ----------
    forward : array-like
        ``F`` at the expiry of the option, in quote currency; zero is allowed.
    strike, expiry, vol, rate, right
        As for `black_scholes`; the rate only discounts.

    Returns
    -------
    Greeks
        As for `black_scholes`; ``dividend_rho`` is 0.

    Raises
    ------
    ValueError
        As for `black_scholes`.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 7:

    >>> round(black_76(19.0, 19.0, 0.75, vol=0.28, rate=0.1, right="put").price, 4)
    1.7011
    """
    forward = arguments.not_negative("forward", forward)
    greeks = black_scholes(forward, strike, expiry, vol=vol, rate=rate, div_yield=rate, right=right)
    years = np.asarray(expiry, dtype=float)
    return replace(greeks, rho=-years * greeks.price, dividend_rho=0.0 * greeks.price)


def _columns(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    vol: ArrayLike,
    rate: ArrayLike,
    div_yield: ArrayLike,
    right: Rights,
) -> tuple[tuple[int, ...], list[NDArray[np.float64]]]:
    """Return the shape of the arguments and one checked column for each, in the kernels' order."""
    shape, columns = arguments.aligned(
        {
            "spot": arguments.not_negative("spot", spot),
            "strike": arguments.positive("strike", strike),
            "expiry": arguments.not_negative("expiry", expiry),
            "vol": arguments.volatility("vol", vol),
            "rate": arguments.finite("rate", rate),
            "div_yield": arguments.finite("div_yield", div_yield),
            "right": arguments.signs(right),
        }
    )
    _, _, years, _, rates, yields, _ = columns
    arguments.discounting("rate", rates, years, shape)
    arguments.discounting("div_yield", yields, years, shape)
    return shape, columns

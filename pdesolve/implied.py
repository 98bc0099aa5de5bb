"""Implied volatility: the volatility at which the model gives a price."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number, Rights
from pdesolve.kernels import implied as kernels

__all__ = ["implied_volatility"]


def implied_volatility(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    *,
    expiry: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Volatility at which European options have the prices given.

    Solves ``V(sigma) = price`` for `black_scholes_price` to rounding, however far in a wing.  The
    price itself determines the volatility to the error of the price divided by vega: a price of
    100 held in double precision, with a vega of 0.001, gives seven digits after the point.  Where
    only the time value is known exactly, price the option of the other right, which is out of the
    money.

    Parameters
    ----------
    price : array-like
        ``V`` in quote currency.
    spot : array-like
        ``S`` in quote currency; for options on a forward the forward, with ``div_yield = rate``.
    strike : array-like
        ``K`` in quote currency.
    expiry : array-like
        ``T`` in years of 365 days, positive.
    rate, div_yield : array-like
        ``r`` and ``q``, continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put", "p" in any case, or a `Right`.

    Returns
    -------
    float or array
        ``sigma`` in decimals per root year, in the shape to which the arguments broadcast.  Zero
        if the price is its lower bound, for an option in the money within rounding (1e-15 of the
        larger of ``S exp(-q T)`` and ``K exp(-r T)``).

    Raises
    ------
    ValueError
        If no volatility gives the price: it is below the value of exercise along the forward, or
        not below ``S exp(-q T)`` for a call and ``K exp(-r T)`` for a put.  Also if a price is
        negative or a spot, strike or expiry is not positive, a number is not finite, a rate or
        yield times expiry is beyond 500 either way, a right is unknown, or the shapes do not
        broadcast.

    References
    ----------
    Manaster and Koehler, "The calculation of implied variances from the Black–Scholes model",
    *J. Finance* 37 (1982); Jaeckel, "By implication", *Wilmott* (2006).

    Examples
    --------
    >>> round(implied_volatility(4.76, 42.0, 40.0, expiry=0.5, rate=0.1), 4)
    0.2001
    """
    shape, columns = arguments.aligned(
        {
            "price": arguments.not_negative("price", price),
            "spot": arguments.positive("spot", spot),
            "strike": arguments.positive("strike", strike),
            "expiry": arguments.positive("expiry", expiry),
            "rate": arguments.finite("rate", rate),
            "div_yield": arguments.finite("div_yield", div_yield),
            "right": arguments.signs(right),
        }
    )
    _, _, _, years, rates, yields, _ = columns
    arguments.discounting("rate", rates, years, shape)
    arguments.discounting("div_yield", yields, years, shape)

    out = np.empty(columns[0].size)
    bad = kernels.implied_volatility_many(*[*columns, out])
    if bad >= 0:
        raise ValueError(_refusal(columns, bad, shape))
    return arguments.shaped(out, shape)


def _refusal(columns: list[NDArray[np.float64]], bad: int, shape: tuple[int, ...]) -> str:
    """Return why the price of one option has no implied volatility."""
    price, spot, strike, expiry, rate, div_yield, sign = (float(column[bad]) for column in columns)
    spot_value = spot * np.exp(-div_yield * expiry)
    strike_value = strike * np.exp(-rate * expiry)
    lower = max(sign * (spot_value - strike_value), 0.0)
    upper = spot_value if sign > 0.0 else strike_value
    got = f"got {price}{arguments.place(bad, shape)}"
    if lower <= price < upper:
        return f"implied volatility did not converge for price, {got}"
    return f"price must be at least {lower:.6g} and below {upper:.6g}, {got}"

"""Digital options in closed form: cash or the asset at expiry, cash when a barrier is touched.

With ``d1`` and ``d2`` of the Black–Scholes formula and ``w = 1`` for a call, ``-1`` for a put,

    cash at expiry    exp(-r T) N(w d2),
    asset at expiry   S exp(-q T) N(w d1).

A barrier ``H`` is ``a = |log(H / S)| / (sigma sqrt(T))`` deviations away, and log spot drifts
``m`` deviations towards it over the life of the option.  Then, watched at every instant,

    cash at the touch             exp(a (m - g)) N(g - a) + exp(a (m + g)) N(-a - g),
    cash at expiry if touched     exp(-r T) (N(m - a) + exp(2 a m) N(-m - a)),
    cash at expiry if untouched   exp(-r T) (N(a - m) - exp(2 a m) N(-m - a)),

with ``g**2 = m**2 + 2 r T``; where that is negative, the first is the integral of a smooth
function.  Rounding is all the error of each, in units of the cash or the asset.

At expiry, and at zero volatility, spot moves along its forward.  A spot on the strike is in the
money for a call, so that a digital call and put together are certain; a spot on a barrier, or
beyond it, has touched.

References
----------
Rubinstein and Reiner, "Unscrambling the binary code", *Risk* 4 (9), 1991; Haug, *The Complete
Guide to Option Pricing Formulas*, 2nd ed. (2007), chapter 4, binary options.
"""

from collections.abc import Callable

from numpy.typing import ArrayLike

from pdesolve import arguments
from pdesolve.arguments import Array, Number, Rights
from pdesolve.formulas.columns import Words, chosen, growing_slowly, market, priced
from pdesolve.kernels import digitals as kernels

__all__ = [
    "asset_digital_price",
    "cash_digital_price",
    "no_touch_price",
    "one_touch_at_expiry_price",
    "one_touch_price",
]

# Where spot is before it touches: 1 above the barrier, -1 below it.
SIDES = {"up": -1.0, "down": 1.0}


def cash_digital_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of one unit of cash at expiry, if the option is then in the money (cash-or-nothing).

    Parameters
    ----------
    spot, strike : array-like
        ``S`` and ``K`` in quote currency; the spot may be zero.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    vol : array-like
        ``sigma`` in decimals per root year; zero is allowed.
    rate, div_yield : array-like
        ``r`` and ``q``, continuously compounded per year.
    right : str, Right or array of them
        A call pays at spots from the strike up, a put below it.

    Returns
    -------
    float or array
        Share of the cash, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        If a spot, expiry or volatility is negative, a strike is not positive, a number is not
        finite, a volatility is above 5, a rate or yield times expiry is beyond 500 either way, a
        right is unknown, or the shapes do not broadcast.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 88, for cash of 10:

    >>> terms = {"vol": 0.35, "rate": 0.06, "div_yield": 0.06}
    >>> round(10.0 * cash_digital_price(100.0, 80.0, 0.75, right="put", **terms), 4)
    2.671
    """
    ends = _struck(spot, strike)
    terms = market(expiry, vol, rate, div_yield)
    return priced(kernels.cash_many, ends | terms | {"right": arguments.signs(right)})


def asset_digital_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of the asset at expiry, if the option is then in the money (asset-or-nothing).

    Parameters
    ----------
    spot, strike, expiry, vol, rate, div_yield, right
        As for `cash_digital_price`.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `cash_digital_price`.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 90:

    >>> terms = {"vol": 0.27, "rate": 0.07, "div_yield": 0.05}
    >>> round(asset_digital_price(70.0, 65.0, 0.5, right="put", **terms), 4)
    20.2069
    """
    ends = _struck(spot, strike)
    terms = market(expiry, vol, rate, div_yield)
    return priced(kernels.asset_many, ends | terms | {"right": arguments.signs(right)})


def one_touch_price(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    *,
    direction: Words,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
) -> Number:
    """Price of one unit of cash paid at the instant at which spot first touches a barrier.

    This is the American digital: a call for "up", a put for "down".

    Parameters
    ----------
    spot, barrier : array-like
        ``S`` and ``H`` in quote currency, both positive.
    expiry, vol, rate, div_yield
        As for `cash_digital_price`.
    direction : str or array of str
        "up" if spot has to rise to the barrier, "down" if it has to fall.

    Returns
    -------
    float or array
        Share of the cash, in the shape to which the arguments broadcast; 1 where spot is at the
        barrier or beyond it.

    Raises
    ------
    ValueError
        If a spot or barrier is not positive, an expiry or volatility is negative, a number is not
        finite, a volatility is above 5, a rate times expiry is below -8 (cash would cost more
        than 3000 times itself) or a rate or yield times expiry beyond 500 either way, a direction
        is unknown, or the shapes do not broadcast.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 95, for cash of 15:

    >>> terms = {"direction": "down", "vol": 0.2, "rate": 0.1}
    >>> round(15.0 * one_touch_price(105.0, 100.0, 0.5, **terms), 4)
    9.7264
    """
    terms = market(expiry, vol, rate, div_yield)
    growing_slowly(terms["rate"], terms["expiry"])
    return _touch(kernels.touch_many, spot, barrier, direction, terms)


def one_touch_at_expiry_price(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    *,
    direction: Words,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
) -> Number:
    """Price of one unit of cash at expiry, if spot has touched a barrier by then.

    Parameters
    ----------
    spot, barrier, expiry, direction, vol, rate, div_yield
        As for `one_touch_price`.

    Returns
    -------
    float or array
        Share of the cash, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `one_touch_price`, but any rate times expiry from -500 to 500 will do.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 95, for cash of 15:

    >>> terms = {"direction": "down", "vol": 0.2, "rate": 0.1}
    >>> round(15.0 * one_touch_at_expiry_price(105.0, 100.0, 0.5, **terms), 4)
    9.3604
    """
    terms = market(expiry, vol, rate, div_yield)
    return _touch(kernels.touched_many, spot, barrier, direction, terms)


def no_touch_price(
    spot: ArrayLike,
    barrier: ArrayLike,
    expiry: ArrayLike,
    *,
    direction: Words,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
) -> Number:
    """Price of one unit of cash at expiry, if spot has not touched a barrier by then.

    Parameters
    ----------
    spot, barrier, expiry, direction, vol, rate, div_yield
        As for `one_touch_price`.

    Returns
    -------
    float or array
        Share of the cash, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `one_touch_at_expiry_price`.

    Examples
    --------
    >>> terms = {"direction": "up", "vol": 0.2}
    >>> touched = one_touch_at_expiry_price(90.0, 100.0, 1.0, **terms)
    >>> round(touched + no_touch_price(90.0, 100.0, 1.0, **terms), 12)
    1.0
    """
    terms = market(expiry, vol, rate, div_yield)
    return _touch(kernels.untouched_many, spot, barrier, direction, terms)


def _struck(spot: ArrayLike, strike: ArrayLike) -> dict[str, Array]:
    return {
        "spot": arguments.not_negative("spot", spot),
        "strike": arguments.positive("strike", strike),
    }


def _touch(
    kernel: Callable[..., None],
    spot: ArrayLike,
    barrier: ArrayLike,
    direction: Words,
    terms: dict[str, Array],
) -> Number:
    """Return what a kernel of touches makes of its arguments."""
    ends = {
        "spot": arguments.positive("spot", spot),
        "barrier": arguments.positive("barrier", barrier),
    }
    return priced(kernel, ends | terms | {"direction": chosen("direction", direction, SIDES)})

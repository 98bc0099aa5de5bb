"""Barrier options in closed form, the barriers watched at every instant.

A path that starts at ``S`` and has met the barrier ``H`` counts as one that starts at the image
``H**2 / S`` (reflection).  With ``U(S)`` the Black–Scholes value of what the option pays if spot
ends on the living side of the barrier, and ``B(S)`` of what it pays beyond,

    knock-out  = U(S) - (H / S)**(2 mu) U(H**2 / S),      mu = (r - q) / sigma**2 - 1/2,
    knock-in   = B(S) + (H / S)**(2 mu) U(H**2 / S),

so that in and out together are the vanilla option.  A rebate is paid at the touch by a knock-out,
and at expiry by a knock-in that was never touched.  Between two barriers the images go on without
end; where they converge slowly, the sine modes of the heat equation are summed instead.  Rounding
is all the error, in units of spot and strike.

A spot on a barrier, or beyond it, has touched.  At expiry, and at zero volatility, spot moves
along its forward.

References
----------
Merton, *Bell J. Economics* 4 (1973); Reiner and Rubinstein, "Breaking down the barriers", *Risk* 4
(8), 1991; Haug, *The Complete Guide to Option Pricing Formulas*, 2nd ed. (2007), 4.17.  Two
barriers: Kunitomo and Ikeda, *Mathematical Finance* 2 (1992); Pelsser, *Finance and Stochastics* 4
(2000).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pdesolve import arguments
from pdesolve.arguments import Array, Number, Rights
from pdesolve.closed_form import black_scholes_price
from pdesolve.formulas.columns import Words, chosen, filled, growing_slowly, market, priced
from pdesolve.kernels import barriers as kernels
from pdesolve.kernels.double_barriers import double_knock_out_many

__all__ = [
    "BarrierTerms",
    "barrier_price",
    "double_knock_in_price",
    "double_knock_out_price",
]

# Where spot is before it touches, 1 above the barrier and -1 below it; whether the option dies.
SIDES = {"up_out": -1.0, "up_in": -1.0, "down_out": 1.0, "down_in": 1.0}
DIES = {"up_out": 1.0, "up_in": 0.0, "down_out": 1.0, "down_in": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class BarrierTerms:
    """A barrier watched at every instant, and what touching it does; numbers or arrays.

    Parameters
    ----------
    level : array-like
        ``H`` in quote currency.
    kind : str or array of str
        "up_out", "up_in", "down_out" or "down_in": where spot goes to touch it, and whether the
        option then dies or begins to live.
    rebate : array-like
        Paid at the touch if the option dies, and at expiry if it has not begun to live; in quote
        currency, not negative.

    Raises
    ------
    ValueError
        If a level is not positive and finite, a kind is unknown, or a rebate is negative or not
        finite.

    Examples
    --------
    >>> BarrierTerms(125.0, "up_out")
    BarrierTerms(level=125.0, kind='up_out', rebate=0.0)
    """

    level: ArrayLike
    kind: Words
    rebate: ArrayLike = 0.0

    def __post_init__(self) -> None:
        arguments.positive("level", self.level)
        chosen("kind", self.kind, SIDES)
        arguments.not_negative("rebate", self.rebate)


def barrier_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    barrier: BarrierTerms,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of European options that one barrier knocks in or out.

    Parameters
    ----------
    spot, strike : array-like
        ``S`` and ``K`` in quote currency, both positive.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    barrier : BarrierTerms
        Level, kind and rebate.
    vol : array-like
        ``sigma`` in decimals per root year; zero is allowed.
    rate, div_yield : array-like
        ``r`` and ``q``, continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put", "p" in any case, or a `Right`.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.  At the barrier and beyond,
        the rebate of a knock-out and the vanilla price of a knock-in.

    Raises
    ------
    ValueError
        If a spot or strike is not positive, an expiry or volatility is negative, a number is not
        finite, a volatility is above 5, a rate times expiry is below -8 or a rate or yield times
        expiry beyond 500 either way, a right is unknown, or the shapes do not broadcast.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 72:

    >>> down_out = BarrierTerms(95.0, "down_out", rebate=3.0)
    >>> terms = {"vol": 0.25, "rate": 0.08, "div_yield": 0.04}
    >>> round(barrier_price(100.0, 90.0, 0.5, barrier=down_out, **terms), 4)
    9.0246
    """
    terms = market(expiry, vol, rate, div_yield)
    growing_slowly(terms["rate"], terms["expiry"])
    option = {
        "strike": arguments.positive("strike", strike),
        "level": arguments.positive("level", barrier.level),
        "side": chosen("kind", barrier.kind, SIDES),
        "right": arguments.signs(right),
        "rebate": arguments.not_negative("rebate", barrier.rebate),
    }
    dies = {"dies": chosen("kind", barrier.kind, DIES)}
    named = {"spot": arguments.positive("spot", spot)} | terms | option | dies
    shape, columns = filled(named)
    return arguments.shaped(_knocked(columns), shape)


def double_knock_out_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    barriers: tuple[ArrayLike, ArrayLike],
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of European options that die when either of two barriers is touched.

    Parameters
    ----------
    spot, strike, expiry, vol, rate, div_yield, right
        As for `barrier_price`.
    barriers : pair of array-like
        The lower and the upper barrier in quote currency.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast; 0 where spot is not between
        the barriers.

    Raises
    ------
    ValueError
        As for `barrier_price`, but any rate times expiry from -500 to 500 will do; also if a lower
        barrier is not positive, or not below the upper one.

    Examples
    --------
    Haug, *Option Pricing Formulas* (1998), page 75:

    >>> terms = {"barriers": (50.0, 150.0), "vol": 0.15, "rate": 0.1}
    >>> round(double_knock_out_price(100.0, 100.0, 0.25, **terms), 4)
    4.3515
    """
    named = {"spot": arguments.positive("spot", spot)} | market(expiry, vol, rate, div_yield)
    option = {"strike": arguments.positive("strike", strike)} | _corridor(barriers)
    named |= option | {"right": arguments.signs(right)}
    return priced(double_knock_out_many, named)


def double_knock_in_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    barriers: tuple[ArrayLike, ArrayLike],
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of European options that begin to live when either of two barriers is touched.

    What the vanilla option is worth more than `double_knock_out_price`, never less than nothing.

    Parameters
    ----------
    spot, strike, expiry, barriers, vol, rate, div_yield, right
        As for `double_knock_out_price`.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `double_knock_out_price`.

    Examples
    --------
    >>> terms = {"vol": 0.15, "rate": 0.1}
    >>> round(double_knock_in_price(100.0, 100.0, 0.25, barriers=(90.0, 110.0), **terms), 4)
    3.1460
    """
    terms: dict[str, Any] = {"vol": vol, "rate": rate, "div_yield": div_yield, "right": right}
    out = double_knock_out_price(spot, strike, expiry, barriers=barriers, **terms)
    lacking = black_scholes_price(spot, strike, expiry, **terms) - out
    return np.maximum(lacking, 0.0) if isinstance(lacking, np.ndarray) else max(lacking, 0.0)


def _knocked(columns: dict[str, Array]) -> Array:
    """Return the prices of knock-outs and knock-ins, each from its own kernel."""
    dies = columns.pop("dies") > 0.0
    dead, living = np.empty(dies.sum()), np.empty((~dies).sum())
    kernels.knock_out_many(tuple(column[dies] for column in columns.values()), dead)
    kernels.knock_in_many(tuple(column[~dies] for column in columns.values()), living)
    out = np.empty(dies.size)
    out[dies], out[~dies] = dead, living
    return out


def _corridor(barriers: tuple[ArrayLike, ArrayLike]) -> dict[str, Array]:
    """Return both barriers, checked."""
    try:
        lower, upper = barriers
    except (TypeError, ValueError):
        raise ValueError(f"barriers must be a lower and an upper one, got {barriers!r}") from None
    pair = {
        "lower": arguments.positive("lower barrier", lower),
        "upper": arguments.positive("upper barrier", upper),
    }
    _, (lows, highs) = arguments.aligned(pair)
    if not (lows < highs).all():
        first = int(np.argmin(lows < highs))
        raise ValueError(
            f"lower barrier must be below the upper, got {lows[first]} and {highs[first]}"
        )
    return pair

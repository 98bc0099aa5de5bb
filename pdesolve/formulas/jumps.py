"""European options on a spot that jumps: Merton's series, and Merton and Kou by a transform.

Between jumps spot is a geometric Brownian motion; jumps come with intensity ``lambda`` per year
and multiply spot by ``exp(J)``, and the drift makes up for them:

    dS / S = (r - q - lambda k) dt + sigma dW + (exp(J) - 1) dN,      k = E exp(J) - 1.

Merton's ``J`` is normal, Kou's is exponential either way.  Merton's price is a sum of positive
Black–Scholes prices over the number of jumps.  For both,

    log E (S_T / F)**p = sigma**2 T p (p - 1) / 2 + lambda T (E exp(p J) - 1 - p k)

is integrated to price and Greeks.

References
----------
Merton, "Option pricing when underlying stock returns are discontinuous", *J. Financial Economics*
3 (1976), equation 16; Kou, "A jump-diffusion model for option pricing", *Management Science* 48
(2002); Lewis, *Option Valuation under Stochastic Volatility* (2000), chapter 2.
"""

import numpy as np
from numpy.typing import ArrayLike

from pdesolve import arguments
from pdesolve.arguments import Array, Number, Rights
from pdesolve.formulas import transform
from pdesolve.formulas.columns import filled, market, priced
from pdesolve.formulas.transform import ModelGreeks
from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps, jump_law
from pdesolve.kernels import jumps as kernels

__all__ = ["ExponentialJumps", "NormalJumps", "kou", "merton", "merton_price"]

MOST_JUMPS = 10_000.0  # the series has about as many terms


def merton_price(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    jumps: NormalJumps,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> Number:
    """Price of European options on a spot with normal jumps, by Merton's series.

    Parameters
    ----------
    spot, strike : array-like
        ``S`` and ``K`` in quote currency; the spot may be zero.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    jumps : NormalJumps
        Intensity, mean and deviation.
    vol : array-like
        ``sigma`` between jumps, in decimals per root year; zero is allowed.
    rate, div_yield : array-like
        ``r`` and ``q``, continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put", "p" in any case, or a `Right`.

    Returns
    -------
    float or array
        Quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        If a spot, expiry or volatility is negative, a strike is not positive, a number is not
        finite, a volatility is above 5, a rate or yield times expiry is beyond 500 either way,
        more than 10000 jumps are expected (weighted by their size or not), a right is unknown, or
        the shapes do not broadcast.

    Examples
    --------
    BENCHOP problem 5:

    >>> jumps = NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
    >>> round(merton_price(100.0, 100.0, 1.0, jumps=jumps, vol=0.15, rate=0.03), 12)
    14.336250885311
    """
    terms = market(expiry, vol, rate, div_yield)
    named = {"spot": arguments.not_negative("spot", spot)} | terms
    named["strike"] = arguments.positive("strike", strike)
    named["right"] = arguments.signs(right)
    _few(terms["expiry"], jumps.columns())
    return priced(kernels.merton_many, named | jumps.columns())


def merton(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    jumps: NormalJumps,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> ModelGreeks:
    """Price and Greeks of European options on a spot with normal jumps, by a transform.

    Its price and `merton_price` have no step in common.

    Parameters
    ----------
    spot, strike, expiry, jumps, vol, rate, div_yield, right
        As for `merton_price`, but the spot positive, and the volatility where there are jumps.

    Returns
    -------
    ModelGreeks
        In the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `merton_price`; also if an integral does not settle, which needs a volatility that
        is small beside the jumps.

    Examples
    --------
    >>> jumps = NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
    >>> round(merton(100.0, 100.0, 1.0, jumps=jumps, vol=0.15, rate=0.03).price, 10)
    14.3362508853
    """
    return _transformed(spot, strike, jumps, market(expiry, vol, rate, div_yield), right)


def kou(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    jumps: ExponentialJumps,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> ModelGreeks:
    """Price and Greeks of European options on a spot with exponential jumps, by a transform.

    Parameters
    ----------
    spot, strike, expiry, vol, rate, div_yield, right
        As for `merton`.
    jumps : ExponentialJumps
        Intensity, share of jumps upwards, and rates.

    Returns
    -------
    ModelGreeks
        In the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As for `merton`.

    Examples
    --------
    Kou (2002), page 1095, footnote 9:

    >>> jumps = ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
    >>> round(kou(100.0, 98.0, 0.5, jumps=jumps, vol=0.16, rate=0.05).price, 5)
    9.14732
    """
    return _transformed(spot, strike, jumps, market(expiry, vol, rate, div_yield), right)


def _transformed(
    spot: ArrayLike,
    strike: ArrayLike,
    jumps: NormalJumps | ExponentialJumps,
    terms: dict[str, Array],
    right: Rights,
) -> ModelGreeks:
    """Return price and Greeks under jumps of either kind."""
    ends = {
        "spot": arguments.positive("spot", spot),
        "strike": arguments.positive("strike", strike),
    }
    named = ends | terms | jumps.columns() | {"right": arguments.signs(right)}
    shape, columns = filled(named)
    spread = columns["vol"] ** 2 + columns["intensity"]
    return transform.greeks(columns, shape, columns["expiry"] * spread > 0.0, jump_law(columns))


def _few(expiry: Array, jumps: dict[str, Array]) -> None:
    """Refuse more jumps than a series can have terms."""
    growth = jumps["log_mean"] + 0.5 * jumps["log_sd"] ** 2
    with np.errstate(over="ignore"):
        rate = np.max(jumps["intensity"] * np.exp(np.maximum(growth, 0.0)), initial=0.0)
        most = float(rate * np.max(expiry, initial=0.0))
    if not most <= MOST_JUMPS:
        rule = f"at most {MOST_JUMPS:g}, also if multiplied by the mean of exp(J)"
        raise ValueError(f"intensity times expiry must be {rule}, got {most:g}")

"""Implied volatility of European options from the closed form.

Call and put share a time value ``c``, and its bound ``L`` is the smaller present value of spot and
strike; the total volatility ``s`` solves ``u(s) = c / L``, where ``u`` is
`pdesolve.kernels.closed_form.time_value_share` at the distance ``x = |log(forward / strike)|``.
``u`` is convex up to ``s = sqrt(2 x)`` and concave above (Manaster and Koehler, *J. Finance* 37,
1982).  From that point Newton's method runs on a function that is nearly straight to the left of
it, and on another to the right; logarithms keep every digit of a price far in a wing (after
Jaeckel, "By implication", *Wilmott*, 2006).  No price that a double holds takes more than 14 steps.
"""

import math

from pdesolve._jit import njit
from pdesolve.kernels.closed_form import (
    intrinsic,
    log_moneyness,
    mills_gap,
    narrow,
    time_value_share,
)
from pdesolve.kernels.normal import ROOT_TWO_PI, mills, pdf

# Newton's method squares the error, so a step of this relative size leaves none.
LAST_STEP = 1e-9
NEWTON_STEPS = 30  # twice what any price needs
# Rounding of a price at its lower bound, relative to the spot and strike it is made of.
ROUNDING = 1e-15


@njit
def below_inflection(x, share):
    """Return the ``s <= sqrt(2 x)`` at which the time value is ``share`` of its bound.

    Newton's method for ``log u`` as a function of ``v = 1 / s**2``, which falls almost in a line,
    ``-x**2 v / 2``.  It is convex where ``s < 2``, so that iterates rise to the root.  NaN if
    `NEWTON_STEPS` are not enough.
    """
    target = math.log(share * ROOT_TWO_PI)
    v = 0.5 / x
    for _ in range(NEWTON_STEPS):
        s = 1.0 / math.sqrt(v)
        gap = mills_gap(x / s, s)
        a = x / s - 0.5 * s
        step = (math.log(gap) - 0.5 * a * a - target) * 2.0 * gap / (s * s * s)
        v += step
        if abs(step) <= LAST_STEP * v:
            return 1.0 / math.sqrt(v)
    return math.nan


@njit
def log_shortfall(x, s):
    """Return ``log(1 - u)`` and ``(1 - u) / u'`` at ``s >= sqrt(2 x)``."""
    h = x / s
    a = h - 0.5 * s
    if narrow(h, s):
        share = pdf(a) * mills_gap(h, s)
        return math.log1p(-share), (1.0 - share) / pdf(a)
    ratios = mills(-a) + mills(h + 0.5 * s)
    return math.log(ratios / ROOT_TWO_PI) - 0.5 * a * a, ratios


@njit
def above_inflection(x, share, inflection_share):
    """Return the ``s >= sqrt(2 x)`` at which the time value is ``share`` of its bound.

    Newton's method for ``-log(1 - u)`` as a function of ``s``, which is convex; the first step
    from the left end passes the root, and from there the iterates fall to it.  NaN if
    `NEWTON_STEPS` are not enough.
    """
    target = math.log1p(-share)
    rest = 1.0 - inflection_share
    s = math.sqrt(2.0 * x) + (math.log(rest) - target) * rest * ROOT_TWO_PI
    for _ in range(NEWTON_STEPS):
        log_rest, inverse_slope = log_shortfall(x, s)
        step = (log_rest - target) * inverse_slope
        s += step
        if abs(step) <= LAST_STEP * s:
            return s
    return math.nan


@njit
def total_volatility(x, share):
    """Return the ``s > 0`` at which the time value is ``0 < share < 1`` of its bound."""
    inflection_share = time_value_share(math.sqrt(0.5 * x), math.sqrt(2.0 * x))
    if share < inflection_share:
        return below_inflection(x, share)
    return above_inflection(x, share, inflection_share)


@njit
def implied_volatility(price, spot, strike, expiry, rate, div_yield, sign):
    """Return the volatility of one option at ``price``, or NaN where none was found."""
    spot_value = spot * math.exp(-div_yield * expiry)
    strike_value = strike * math.exp(-rate * expiry)
    x = log_moneyness(spot, strike, (rate - div_yield) * expiry)
    time_value = price - intrinsic(spot_value, strike_value, x, sign)
    if sign * x > 0.0 and abs(time_value) <= ROUNDING * max(spot_value, strike_value):
        return 0.0
    if not 0.0 <= time_value < min(spot_value, strike_value):
        return math.nan
    if time_value == 0.0:
        return 0.0
    share = time_value / min(spot_value, strike_value)
    return total_volatility(abs(x), share) / math.sqrt(expiry)


@njit
def implied_volatility_many(price, spot, strike, expiry, rate, div_yield, sign, out):
    """Fill ``out`` (c,) with `implied_volatility`; return the first index of a NaN, or -1.

    Every array is (c,).
    """
    first = -1
    for c in range(out.size):
        out[c] = implied_volatility(
            price[c], spot[c], strike[c], expiry[c], rate[c], div_yield[c], sign[c]
        )
        if first < 0 and math.isnan(out[c]):
            first = c
    return first

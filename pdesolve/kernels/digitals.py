"""Digital options: cash or the asset at expiry, and cash when a barrier is touched.

``side`` is 1 for a barrier below the spot and -1 for one above it.
"""

import math

import numpy as np

from pdesolve._jit import njit
from pdesolve.kernels.closed_form import distance, log_moneyness
from pdesolve.kernels.images import tail
from pdesolve.kernels.normal import cdf, mills, pdf

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
# Deviations beyond which a normal density weighs nothing, and decay lengths of an exponential.
REACH = 9.0
LENGTHS = 40.0


@njit
def cash(spot, strike, expiry, vol, rate, div_yield, sign):
    """Return the value of one unit of cash at expiry, if the option is then in the money."""
    s = vol * math.sqrt(expiry)
    x = log_moneyness(spot, strike, (rate - div_yield) * expiry)
    return math.exp(-rate * expiry) * cdf(sign * (distance(x, s) - 0.5 * s))


@njit
def asset(spot, strike, expiry, vol, rate, div_yield, sign):
    """Return the value of the underlying at expiry, if the option is then in the money."""
    s = vol * math.sqrt(expiry)
    x = log_moneyness(spot, strike, (rate - div_yield) * expiry)
    return spot * math.exp(-div_yield * expiry) * cdf(sign * (distance(x, s) + 0.5 * s))


@njit
def certain_touch(h, carry):
    """Return the share of its life after which a certain path meets ``h``, infinity if never.

    ``h`` is the log of barrier over spot, ``carry`` the rise of log spot over the life.
    """
    return h / carry if h * carry > 0.0 and abs(h) <= abs(carry) else math.inf


@njit
def oscillating_tail(a, frequency):
    """Return the real part of the Mills ratio of ``a + i frequency``, for ``a >= 0``.

    The integral over positive ``t`` of ``exp(-t**2 / 2 - a t) cos(frequency t)``.
    """
    half = 0.5 * min(REACH, LENGTHS / max(a, 1.0))
    total = 0.0
    for k in range(NODES.size):
        t = half * (1.0 + NODES[k])
        total += WEIGHTS[k] * math.exp(-(0.5 * t + a) * t) * math.cos(frequency * t)
    return half * total


@njit
def touch_discount(a, m, growth):
    """Return the expected discount factor at the first passage, 0 if there is none.

    The barrier is ``a`` deviations away, the drift towards it ``m`` deviations, and ``growth`` is
    the rate times expiry.  With ``g**2 = m**2 + 2 growth`` it is (Rubinstein and Reiner, *Risk* 4
    (8), 1991)

        exp(a (m - g)) N(g - a) + exp(a (m + g)) N(-a - g);

    both terms are put in Mills ratios times ``exp(-growth) n(a - m)``, which cannot overflow.
    """
    square = m * m + 2.0 * growth
    density = math.exp(-growth) * pdf(a - m)
    if square < 0.0:
        return 2.0 * density * oscillating_tail(a, math.sqrt(-square))
    g = math.sqrt(square)
    if a >= g:
        return density * (mills(a - g) + mills(a + g))
    slowness = m - g if m <= 0.0 else -2.0 * growth / (m + g)
    return math.exp(a * slowness) * cdf(g - a) + density * mills(a + g)


@njit
def touch(spot, barrier, expiry, vol, rate, div_yield, side):
    """Return the value of one unit of cash paid when the barrier is first touched."""
    if side * (spot - barrier) <= 0.0:
        return 1.0
    h, carry = -log_moneyness(spot, barrier, 0.0), (rate - div_yield) * expiry
    s = vol * math.sqrt(expiry)
    if s == 0.0:
        return math.exp(-rate * expiry * certain_touch(h, carry)) if touches(h, carry) else 0.0
    return touch_discount(abs(h) / s, -side * (carry / s - 0.5 * s), rate * expiry)


@njit
def touches(h, carry):
    """Whether a certain path meets the barrier."""
    return certain_touch(h, carry) < math.inf


@njit
def touched(spot, barrier, expiry, vol, rate, div_yield, side):
    """Return the value of one unit of cash at expiry if the barrier has been touched by then."""
    discount = math.exp(-rate * expiry)
    if side * (spot - barrier) <= 0.0:
        return discount
    h, carry = -log_moneyness(spot, barrier, 0.0), (rate - div_yield) * expiry
    s = vol * math.sqrt(expiry)
    if s == 0.0:
        return discount if touches(h, carry) else 0.0
    m = carry / s - 0.5 * s
    return discount * (tail(h, 0.0, m, s, -side) + tail(h, 2.0 * h, m, s, side))


@njit
def untouched(spot, barrier, expiry, vol, rate, div_yield, side):
    """Return the value of one unit of cash at expiry if the barrier has not been touched."""
    discount = math.exp(-rate * expiry)
    if side * (spot - barrier) <= 0.0:
        return 0.0
    h, carry = -log_moneyness(spot, barrier, 0.0), (rate - div_yield) * expiry
    s = vol * math.sqrt(expiry)
    if s == 0.0:
        return 0.0 if touches(h, carry) else discount
    m = carry / s - 0.5 * s
    return discount * max(tail(h, 0.0, m, s, side) - tail(h, 2.0 * h, m, s, side), 0.0)


@njit
def cash_many(columns, out):
    """`cash` of ``c`` options: ``columns`` holds its arguments, every array is (c,)."""
    spot, strike, expiry, vol, rate, div_yield, sign = columns
    for c in range(out.size):
        out[c] = cash(spot[c], strike[c], expiry[c], vol[c], rate[c], div_yield[c], sign[c])


@njit
def asset_many(columns, out):
    """`asset` of ``c`` options: ``columns`` holds its arguments, every array is (c,)."""
    spot, strike, expiry, vol, rate, div_yield, sign = columns
    for c in range(out.size):
        out[c] = asset(spot[c], strike[c], expiry[c], vol[c], rate[c], div_yield[c], sign[c])


@njit
def touch_many(columns, out):
    """`touch` of ``c`` options: ``columns`` holds its arguments, every array is (c,)."""
    spot, barrier, expiry, vol, rate, div_yield, side = columns
    for c in range(out.size):
        out[c] = touch(spot[c], barrier[c], expiry[c], vol[c], rate[c], div_yield[c], side[c])


@njit
def touched_many(columns, out):
    """`touched` of ``c`` options: ``columns`` holds its arguments, every array is (c,)."""
    spot, barrier, expiry, vol, rate, div_yield, side = columns
    for c in range(out.size):
        out[c] = touched(spot[c], barrier[c], expiry[c], vol[c], rate[c], div_yield[c], side[c])


@njit
def untouched_many(columns, out):
    """`untouched` of ``c`` options: ``columns`` holds its arguments, every array is (c,)."""
    spot, barrier, expiry, vol, rate, div_yield, side = columns
    for c in range(out.size):
        out[c] = untouched(spot[c], barrier[c], expiry[c], vol[c], rate[c], div_yield[c], side[c])

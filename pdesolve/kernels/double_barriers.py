"""Knock-outs between two barriers, by images where little reaches them and by modes elsewhere."""

import math

from pdesolve._jit import njit
from pdesolve.kernels.barriers import at_expiry
from pdesolve.kernels.closed_form import log_moneyness
from pdesolve.kernels.digitals import touches
from pdesolve.kernels.images import mass

# Deviation of log spot, as a share of the distance between the barriers, above which modes are
# summed and below which images are: either then leaves out less than 1e-20.
SPREAD_OUT = 0.5
IMAGES = 3
MODES = 8


@njit
def image_sum(low, high, start, end, m, s):
    """Return the mass of surviving paths that end between ``start`` and ``end``.

    Kunitomo and Ikeda, *Mathematical Finance* 2 (1992), theorem 3.1 with flat barriers at
    ``low < 0`` and ``high > 0``.
    """
    period = 2.0 * (high - low)
    total = mass(start, end, 0.0, m, s)
    for n in range(IMAGES):
        away = n * period
        total -= mass(start, end, 2.0 * low - away, m, s)
        total -= mass(start, end, 2.0 * high + away, m, s)
        total += mass(start, end, -away - period, m, s)
        total += mass(start, end, away + period, m, s)
    return total


@njit
def mode_integral(y, frequency, low, m, s):
    """Return an integral of ``exp(m y / s - m**2 / 2) sin(frequency (y - low))`` over ``y``."""
    angle, growth = frequency * (y - low), m / s
    wave = growth * math.sin(angle) - frequency * math.cos(angle)
    square = growth * growth + frequency * frequency
    return math.exp(growth * y - 0.5 * m * m) * wave / square


@njit
def mode_sum(low, high, start, end, m, s):
    """Return the mass of `image_sum` from the sine modes of the heat equation.

    Pelsser, *Finance and Stochastics* 4 (2000), equation 9.
    """
    width = high - low
    total = 0.0
    for k in range(1, MODES + 1):
        frequency = k * math.pi / width
        shape = mode_integral(end, frequency, low, m, s) - mode_integral(
            start, frequency, low, m, s
        )
        decay = math.exp(-0.5 * (frequency * s) ** 2)
        total += decay * math.sin(-frequency * low) * shape
    return 2.0 / width * total


@njit
def surviving(low, high, start, end, m, s):
    """Return the mass of paths that never leave ``low`` to ``high`` and end in a part of it."""
    if s > SPREAD_OUT * (high - low):
        return mode_sum(low, high, start, end, m, s)
    return image_sum(low, high, start, end, m, s)


@njit
def double_knock_out(market, option):
    """Return the value of an option that dies on leaving the space between two barriers.

    ``market`` holds spot, expiry, vol, rate and yield; ``option`` the strike, the lower and the
    upper barrier, and the sign.
    """
    spot, expiry, vol, rate, div_yield = market
    strike, lower, upper, sign = option
    if spot <= lower or spot >= upper:
        return 0.0
    low, high = -log_moneyness(spot, lower, 0.0), -log_moneyness(spot, upper, 0.0)
    edge = min(max(-log_moneyness(spot, strike, 0.0), low), high)
    start, end = (edge, high) if sign > 0.0 else (low, edge)
    carry, s = (rate - div_yield) * expiry, vol * math.sqrt(expiry)
    if s == 0.0:
        dead = touches(low, carry) or touches(high, carry)
        return 0.0 if dead else at_expiry(spot, strike, expiry, rate, div_yield, sign)
    m = carry / s - 0.5 * s
    spots = spot * math.exp(-div_yield * expiry) * surviving(low, high, start, end, m + s, s)
    strikes = strike * math.exp(-rate * expiry) * surviving(low, high, start, end, m, s)
    return max(sign * (spots - strikes), 0.0)


@njit
def double_knock_out_many(columns, out):
    """`double_knock_out` of ``c`` options.

    ``columns`` holds spot, expiry, vol, rate, yield, strike, both barriers and sign; every array
    is (c,).
    """
    spot, expiry, vol, rate, div_yield, strike, lower, upper, sign = columns
    for c in range(out.size):
        market = spot[c], expiry[c], vol[c], rate[c], div_yield[c]
        out[c] = double_knock_out(market, (strike[c], lower[c], upper[c], sign[c]))
